r"""How good a segmentation is where it is hard: along the boundaries."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from deepbook.checks import check_range
from deepbook.components.model.checks import check_whole


def boundary_band(classes: Tensor, width: int) -> Tensor:
    r"""Find the pixels that have another class near them.

    Args:
        classes: `(N, H, W)` int64.
        width: How far to look, in pixels, up, down, sideways and diagonally.

    Returns:
        `(N, H, W)` bool. The border of the picture is no boundary.

    Raises:
        TypeError: If the classes are not int64.
        ValueError: If their shape is another one, or width is below 1.

    Examples:
        >>> boundary_band(torch.tensor([[[0, 0, 0, 1, 1, 1]]]), 1).int()
        tensor([[[0, 0, 1, 1, 0, 0]]], dtype=torch.int32)
    """
    _check(classes)
    check_whole(width=width)
    labels = classes[:, None].float()  # (N, 1, H, W), exact up to 2^24
    around = 2 * width + 1
    most = F.max_pool2d(labels, around, stride=1, padding=width)
    least = -F.max_pool2d(-labels, around, stride=1, padding=width)
    return (most != least)[:, 0]


def boundary_f(
    prediction: Tensor, target: Tensor, classes: int, tolerance: int
) -> Tensor:
    r"""Compare the outlines of each class, forgiving a few pixels: the boundary F-measure.

    An outline is the pixels of the class that touch another class. Precision
    is the share of the predicted outline that has true outline within the
    tolerance, recall the reverse; F is their harmonic mean.

    Args:
        prediction: Classes 0 to K - 1, `(N, H, W)`, int64.
        target: Same shape, int64.
        classes: Number of classes K.
        tolerance: Pixels, up, down, sideways and diagonally.

    Returns:
        `(N, K)` float64 in [0, 1]; NaN where neither has an outline.

    Raises:
        TypeError: If a tensor is not int64.
        ValueError: If the shapes differ, a class is out of range, or a
            number is below 1.

    Examples:
        An outline one pixel aside is forgiven:

        >>> truth = torch.tensor([[[0, 0, 0, 1, 1, 1]]])
        >>> guess = torch.tensor([[[0, 0, 1, 1, 1, 1]]])
        >>> boundary_f(guess, truth, 2, tolerance=1)
        tensor([[1., 1.]], dtype=torch.float64)

    References:
        G. Csurka et al., What is a Good Evaluation Measure for Semantic
        Segmentation? (2013), with squares for the circles of distance.
    """
    check_whole(classes=classes, tolerance=tolerance)
    _check(prediction)
    _check(target)
    for value in (prediction, target):
        inside = (value >= 0) & (value < classes)
        check_range("classes", value, inside, f"0 to {classes - 1}")
    if prediction.shape != target.shape:
        raise ValueError(
            f"prediction must have the shape of target, {tuple(target.shape)},"
            f" got {tuple(prediction.shape)}"
        )
    guess, truth = (_outlines(c, classes) for c in (prediction, target))
    precision = _near(guess, truth, tolerance)
    recall = _near(truth, guess, tolerance)
    both = precision + recall
    f = torch.where(both > 0, 2 * precision * recall / both, 0.0)
    return torch.where(guess.any((2, 3)) | truth.any((2, 3)), f, torch.nan)


def _outlines(classes: Tensor, count: int) -> Tensor:
    own = F.one_hot(classes, count).movedim(3, 1)  # (N, K, H, W)
    edge = boundary_band(own.flatten(0, 1), 1).view_as(own)
    return (own == 1) & edge


def _near(these: Tensor, those: Tensor, tolerance: int) -> Tensor:
    r"""Share of these pixels that have one of those near them, `(N, K)`; 0 where there are none."""
    reach = F.max_pool2d(
        those.float(), 2 * tolerance + 1, stride=1, padding=tolerance
    )
    found = (these & (reach > 0)).sum((2, 3)).double()
    return found / these.sum((2, 3)).clamp(min=1)


def _check(classes: Tensor) -> None:
    if classes.dtype != torch.int64:
        raise TypeError(
            f"classes must be int64, got {classes.dtype}; take .argmax(1) of"
            " scores"
        )
    if classes.ndim != 3 or 0 in classes.shape:
        raise ValueError(
            "classes must have shape (N, H, W), none of them 0, got"
            f" {tuple(classes.shape)}; for one picture write classes[None]"
        )
