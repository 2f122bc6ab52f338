r"""Losses that count overlap instead of pixels: soft Dice and soft Jaccard."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from deepbook.checks import check_number
from deepbook.components.loss.classification import check_target


def dice_loss(
    logits: Tensor, target: Tensor, first: int = 0, smooth: float = 1.0
) -> Tensor:
    r"""One minus the mean soft Dice of the classes, in [0, 1].

    Args:
        logits: `(B, K, ...)`, floating point.
        target: Classes 0 to K - 1, `(B, ...)`, int64.
        first: First class that counts; 1 leaves the ground out.
        smooth: Pixels added to both sides of the fraction, so that a class
            that is nowhere in the batch counts as found.

    Returns:
        Scalar. Overlaps are counted over the whole batch.

    Raises:
        TypeError: If a dtype is wrong.
        ValueError: If shapes or values do not fit, or a setting is out of
            range.

    Examples:
        Two pixels, one of each class, and a net that cannot tell: each class
        overlaps by 1/2, of 1 + 1 pixels in all.

        >>> logits = torch.zeros(1, 2, 2)
        >>> dice_loss(logits, torch.tensor([[0, 1]]), smooth=1e-9)
        tensor(0.5000)

    References:
        F. Milletari et al., V-Net (2016), section 3, with p instead of p^2
        in the denominator.
    """
    overlap, total = _soft_counts(logits, target, first, smooth)
    return 1 - ((2 * overlap + smooth) / (total + smooth)).mean()


def jaccard_loss(
    logits: Tensor, target: Tensor, first: int = 0, smooth: float = 1.0
) -> Tensor:
    r"""One minus the mean soft IoU of the classes, in [0, 1].

    Args:
        logits: `(B, K, ...)`, floating point.
        target: Classes 0 to K - 1, `(B, ...)`, int64.
        first: First class that counts; 1 leaves the ground out.
        smooth: Pixels added to both sides of the fraction.

    Returns:
        Scalar. Overlaps are counted over the whole batch.

    Raises:
        TypeError: If a dtype is wrong.
        ValueError: If shapes or values do not fit, or a setting is out of
            range.

    Examples:
        Overlap 1/2 of a union of 1 + 1 - 1/2 for each class: IoU 1/3.

        >>> logits = torch.zeros(1, 2, 2)
        >>> jaccard_loss(logits, torch.tensor([[0, 1]]), smooth=1e-9)
        tensor(0.6667)

    References:
        M. A. Rahman and Y. Wang, Optimizing Intersection-Over-Union in Deep
        Neural Networks for Image Segmentation (2016).
    """
    overlap, total = _soft_counts(logits, target, first, smooth)
    return 1 - ((overlap + smooth) / (total - overlap + smooth)).mean()


def _soft_counts(
    logits: Tensor, target: Tensor, first: int, smooth: float
) -> tuple[Tensor, Tensor]:
    r"""Overlap, and sum of prediction and truth, `(K - first,)` pixels."""
    check_target(logits, target)
    if target.is_floating_point():
        raise TypeError(
            "target must be classes (B, ...) of int64, got"
            f" {target.dtype}; take .argmax(1) of probabilities"
        )
    classes = logits.shape[1]
    check_number("first", first, 0 <= first < classes, f"0 to {classes - 1}")
    check_number(
        "smooth", smooth, 0 < smooth < float("inf"), "positive and finite"
    )
    p = logits.softmax(1).flatten(2)  # (B, K, pixels)
    truth = F.one_hot(target.flatten(1), classes).transpose(1, 2).to(p)
    overlap = torch.einsum("bkn,bkn->k", p, truth)
    total = p.sum((0, 2)) + truth.sum((0, 2))
    return overlap[first:], total[first:]
