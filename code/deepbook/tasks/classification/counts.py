r"""What is taken for what: confusion matrix, precision, recall and F1."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from deepbook.checks import check_filled, check_number
from deepbook.tasks.classification.checks import (
    check_flags,
    check_labels,
    check_same_length,
)


def confusion_matrix(
    predictions: Tensor, labels: Tensor, classes: int
) -> Tensor:
    r"""Count the samples of each pair of true and predicted class.

    Args:
        predictions: Classes `(N,)` int64 in [0, classes).
        labels: `(N,)` int64 in [0, classes).
        classes: Number of classes K.

    Returns:
        `(K, K)` int64; row is the true class, column the predicted one.

    Raises:
        TypeError: If predictions or labels are not int64.
        ValueError: If they differ in length, are empty or out of range, or
            classes is below 2.

    Examples:
        >>> labels = torch.tensor([0, 0, 0, 1, 1, 2])
        >>> guesses = torch.tensor([0, 0, 1, 1, 1, 0])
        >>> confusion_matrix(guesses, labels, classes=3)
        tensor([[2, 1, 0],
                [0, 2, 0],
                [1, 0, 0]])
    """
    check_number("classes", classes, classes >= 2, "2 or more")
    check_labels("predictions", predictions, classes)
    check_labels("labels", labels, classes)
    check_same_length(predictions=predictions, labels=labels)
    pair = labels * classes + predictions  # one number for each pair
    counts = pair.bincount(minlength=classes * classes)
    return counts.view(classes, classes)


@dataclass(frozen=True)
class Counts:
    r"""Hits, alarms and cases of each class, and the ratios made of them.

    A ratio whose denominator is 0, as the precision of a class that is
    never predicted, counts as 0.

    Args:
        hits: `(K,)` int64, samples of the class that were predicted so.
        predicted: `(K,)` int64, samples predicted to be of the class.
        actual: `(K,)` int64, samples of the class.

    Raises:
        TypeError: If a tensor is not int64, as shares instead of counts.
        ValueError: If shapes differ, nothing is in them, or there are more
            hits than samples.

    Examples:
        Nine of the first class, one of the second, which is never found:

        >>> counts = Counts.of_confusion(torch.tensor([[9, 0], [1, 0]]))
        >>> counts.recall
        tensor([1., 0.], dtype=torch.float64)
        >>> counts.macro["recall"], counts.micro["recall"]
        (0.5, 0.9)

    References:
        scikit-learn, `sklearn.metrics.precision_recall_fscore_support` with
        `zero_division=0`.
    """

    hits: Tensor
    predicted: Tensor
    actual: Tensor

    def __post_init__(self) -> None:
        for name in ("hits", "predicted", "actual"):
            value = getattr(self, name)
            if value.dtype != torch.int64:
                raise TypeError(
                    f"{name} must be int64, got {value.dtype}; give counts, "
                    "not shares of them"
                )
            check_filled(name, value)
        shapes = {tuple(t.shape) for t in (self.hits, self.predicted)}
        if shapes != {tuple(self.actual.shape)} or self.hits.ndim != 1:
            raise ValueError(
                "hits, predicted and actual must have one shape (K,), got "
                f"{tuple(self.hits.shape)}, {tuple(self.predicted.shape)} "
                f"and {tuple(self.actual.shape)}; count each class once"
            )
        most = torch.minimum(self.predicted, self.actual)
        if bool(((self.hits < 0) | (self.hits > most)).any()):
            raise ValueError(
                "hits must lie between 0 and both predicted and actual, got "
                f"{self.hits.tolist()}; hits are part of the other two"
            )

    @classmethod
    def of_confusion(cls, matrix: Tensor) -> Counts:
        r"""Read the counts off a confusion matrix `(K, K)`."""
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
            raise ValueError(
                "matrix must have shape (K, K), got "
                f"{tuple(matrix.shape)}; confusion_matrix makes one"
            )
        return cls(matrix.diagonal(), matrix.sum(0), matrix.sum(1))

    @classmethod
    def of_flags(cls, said: Tensor, true: Tensor) -> Counts:
        r"""Count where a sample may have several labels, or none: both `(N, K)` bool."""
        check_flags("said", said)
        check_flags("true", true)
        if said.ndim != 2 or said.shape != true.shape:
            raise ValueError(
                "said and true must have one shape (N, K), got "
                f"{tuple(said.shape)} and {tuple(true.shape)}; one column "
                "for each class"
            )
        return cls((said & true).sum(0), said.sum(0), true.sum(0))

    @property
    def precision(self) -> Tensor:
        r"""Of those predicted, the share that is of the class, `(K,)`."""
        return _ratio(self.hits, self.predicted)

    @property
    def recall(self) -> Tensor:
        r"""Of those of the class, the share that was found, `(K,)`."""
        return _ratio(self.hits, self.actual)

    @property
    def f1(self) -> Tensor:
        r"""Harmonic mean of precision and recall, `(K,)`."""
        return _ratio(2 * self.hits, self.predicted + self.actual)

    @property
    def macro(self) -> dict[str, float]:
        r"""Means over the classes: every class counts the same."""
        names = ("precision", "recall", "f1")
        return {name: getattr(self, name).mean().item() for name in names}

    @property
    def micro(self) -> dict[str, float]:
        r"""Ratios of the summed counts: every sample counts the same."""
        columns = (self.hits, self.predicted, self.actual)
        return Counts(*(t.sum().view(1) for t in columns)).macro


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    return part.double() / whole.clamp(min=1)  # 0 / 0 counts as 0
