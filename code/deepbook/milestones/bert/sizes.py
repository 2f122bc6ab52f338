r"""Sizes: the miniature of the book, and those that were published."""

from __future__ import annotations

from deepbook.milestones.bert.network import Config

CONFIGS = {
    "miniature": Config(
        vocabulary=225,
        layers=2,
        size=64,
        num_heads=4,
        inner_size=256,
        longest=16,
        dropout=0.0,
        spread=0.07,
    ),
    "base": Config(vocabulary=30_522),
    "large": Config(
        vocabulary=30_522,
        layers=24,
        size=1024,
        num_heads=16,
        inner_size=4096,
    ),
}
"""The spread of the miniature's first weights is 0.02 times the root of
768 / 64, so that sums over a row are as large as in the base model."""

PUBLISHED_PARAMETERS = {
    "base": (109_482_240, "110e6"),
    "large": (335_141_888, "340e6"),
}
"""Counted with the vocabulary of 30,522 pieces of the published English model
in lower case and with the pooler, without the heads of pre-training; and as
Devlin et al. (2018), section 3, print them."""
