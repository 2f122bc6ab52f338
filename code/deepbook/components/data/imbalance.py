r"""Rare classes: a score that counts each class alike, weights for the loss, and drawing rare samples more often."""

from __future__ import annotations

import torch
from torch import Tensor

from deepbook.training import matches


def balanced_accuracy(predictions: Tensor, labels: Tensor) -> float:
    r"""Compute the mean of the recalls of the classes that occur, in [0, 1].

    Args:
        predictions: Scores `(N, K)`, of which the largest decides, or classes `(N,)`.
        labels: `(N,)` int64.

    Returns:
        A float.

    Raises:
        ValueError: If there are not as many predictions as labels, or none.

    Examples:
        Nine of ten right, but none of the rare class: (1 + 0) / 2.

        >>> labels = torch.tensor([0] * 9 + [1])
        >>> balanced_accuracy(torch.zeros(10, dtype=torch.int64), labels)
        0.5
    """
    right = matches(predictions, labels).double()
    recalls = [right[labels == k].mean() for k in labels.unique()]
    return torch.stack(recalls).mean().item()


def class_weights(labels: Tensor, classes: int) -> Tensor:
    r"""Compute weights with which every class counts the same in a mean over the samples.

    Args:
        labels: `(N,)` int64 in [0, classes).
        classes: Number of classes K.

    Returns:
        N / (K n_k) for a class with n_k samples, `(K,)` float32; the mean over the samples is 1.

    Raises:
        ValueError: If a class has no sample, or a label is out of range.

    Examples:
        >>> class_weights(torch.tensor([0, 0, 0, 1]), 2)
        tensor([0.6667, 2.0000])

    References:
        scikit-learn, `sklearn.utils.class_weight.compute_class_weight`, "balanced".
    """
    counts = _counts(labels, classes)
    return len(labels) / (classes * counts.float())


def oversample(
    labels: Tensor, classes: int, generator: torch.Generator
) -> Tensor:
    r"""Draw samples with replacement so that every class comes equally often.

    Use it on the training side only, after the split: copies on both sides would be a leak.

    Args:
        labels: `(N,)` int64 in [0, classes).
        classes: Number of classes K.
        generator: Source of randomness.

    Returns:
        Positions `(N,)` int64.

    Raises:
        ValueError: If a class has no sample, or a label is out of range.

    Examples:
        >>> labels = torch.tensor([0] * 900 + [1] * 100)
        >>> index = oversample(labels, 2, torch.Generator().manual_seed(0))
        >>> bool((labels[index].bincount() - 500).abs().max() < 60)
        True
    """
    chance = 1 / _counts(labels, classes)[labels]
    return torch.multinomial(
        chance.double(), len(labels), replacement=True, generator=generator
    )


def _counts(labels: Tensor, classes: int) -> Tensor:
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"labels must hold classes 0 to {classes - 1}, at least one, got {labels.unique().tolist()}; check `classes`"
        )
    counts = labels.bincount(minlength=classes)
    if counts.min() == 0:
        raise ValueError(
            f"every class must have a sample, got none of class {int(counts.argmin())}; weigh only classes that occur"
        )
    return counts
