r"""Train a translator with the right words before it, and score what it says alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from deepbook.components.model.checks import check_whole
from deepbook.milestones.seq2seq.bleu import bleu
from deepbook.milestones.seq2seq.network import Translator
from deepbook.milestones.seq2seq.search import greedy
from deepbook.milestones.seq2seq.tokens import PAD, Vocabulary, trim
from deepbook.tokens import check_known


def token_loss(logits: Tensor, gold: Tensor) -> Tensor:
    r"""Mean cross-entropy of the right next tokens, in nats a token.

    Args:
        logits: `(B, T, K)`.
        gold: `(B, T)` int64; where it is `PAD` nothing is asked.

    Returns:
        A scalar.

    Raises:
        ValueError: If the shapes do not fit, or a token is not 0 to K - 1.

    Examples:
        Two words alike: log 2, whatever stands under the padding.

        >>> gold = torch.tensor([[1, PAD]])
        >>> token_loss(torch.zeros(1, 2, 2), gold)
        tensor(0.6931)
    """
    if logits.ndim != 3 or logits.shape[:-1] != gold.shape:
        raise ValueError(
            "logits and gold must be (B, T, K) and (B, T), got "
            f"{tuple(logits.shape)} and {tuple(gold.shape)}; ask for the "
            "token after each word"
        )
    check_known("gold", gold, logits.shape[-1])
    return F.cross_entropy(
        logits.flatten(0, 1), gold.flatten(), ignore_index=PAD
    )


def fit(
    model: Translator,
    source: Tensor,
    target: Tensor,
    generator: torch.Generator,
    *,
    steps: int = 400,
    batch_size: int = 32,
    rate: float = 0.01,
) -> list[float]:
    r"""Train with teacher forcing: the decoder reads the right words.

    Adam; the learning rate rises over the first tenth of the steps and
    falls to zero in a line; a gradient longer than 1 is cut to length 1.

    Args:
        model: Trained in place.
        source: `(N, S)` int64, padded at the end.
        target: `(N, T)` int64, beginning with `BOS`, padded at the end.
        generator: Draws the batches.
        steps: Steps of the optimizer.
        batch_size: Pairs a step.
        rate: Highest learning rate.

    Returns:
        The loss of each step, in nats a token.

    Raises:
        ValueError: If there are not as many targets as sources, or a number
            is below 1.
    """
    check_whole(steps=steps, batch_size=batch_size)
    if len(source) != len(target):
        raise ValueError(
            f"target must have a row for each source ({len(source)}), got "
            f"{len(target)}"
        )
    adam = torch.optim.Adam(model.parameters(), lr=rate)
    warm = max(1, steps // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        adam,
        lambda step: min(
            (step + 1) / warm, (steps - step) / (steps - warm + 1)
        ),
    )
    losses = []
    for _ in range(steps):
        rows = torch.randint(len(source), (batch_size,), generator=generator)
        x, y = trim(source[rows]), trim(target[rows])
        loss = token_loss(model(x, y[:, :-1]), y[:, 1:])
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        schedule.step()
        losses.append(loss.item())
    return losses


def translate(
    model: Translator, source: Tensor, words: Vocabulary, most: int = 60
) -> list[str]:
    r"""Translate by greedy search.

    Args:
        model: Left as it is.
        source: `(B, S)` int64, padded at the end.
        words: Vocabulary of the target.
        most: Most tokens of a translation.

    Returns:
        B texts.
    """
    return [words.decode(row) for row in greedy(model, source, most)]


def score(
    said: Sequence[str], wanted: Sequence[str], words: Vocabulary
) -> tuple[float, float]:
    r"""Share of translations that are right to the letter, and BLEU.

    Args:
        said: Translations.
        wanted: The right ones.
        words: Vocabulary of the target; what it does not know is one token.

    Returns:
        Exact match and BLEU, both in [0, 1].

    Raises:
        ValueError: If there are not as many translations, or none.

    Examples:
        >>> words = Vocabulary.of(["a b c d e"])
        >>> score(["a b c d e", "a b c d d"], ["a b c d e"] * 2, words)[0]
        0.5
    """
    if len(said) != len(wanted) or not wanted:
        raise ValueError(
            f"said must be as many as wanted, at least 1, got {len(said)} "
            f"for {len(wanted)}; pair them up"
        )
    exact = sum(a == b for a, b in zip(said, wanted, strict=True))
    pieces = [
        [words.pieces(words.encode(t)) for t in texts]
        for texts in (said, wanted)
    ]
    return exact / len(wanted), bleu(*pieces)
