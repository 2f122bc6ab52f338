r"""How good a segmentation is, read off one table for each picture."""

from __future__ import annotations

import torch
from torch import Tensor

from deepbook.components.model.checks import check_whole


def confusion_matrices(
    prediction: Tensor,
    target: Tensor,
    classes: int,
    ignore: int | None = None,
) -> Tensor:
    r"""Count the pixels of each picture by true and predicted class.

    Args:
        prediction: Classes 0 to K - 1, `(N, ...)`, int64.
        target: Same shape, int64.
        classes: Number of classes K.
        ignore: A value of the target whose pixels are not counted.

    Returns:
        `(N, K, K)` int64, rows the truth, columns the prediction; `.sum(0)`
        is the table of the whole set.

    Raises:
        TypeError: If a tensor is not int64.
        ValueError: If the shapes differ, nothing is in them, they are not
            pictures, classes is below 1, or a class is out of range.

    Examples:
        >>> truth = torch.tensor([[0, 0, 1, 1]])
        >>> confusion_matrices(torch.tensor([[0, 1, 1, 1]]), truth, 2)
        tensor([[[1, 1],
                 [0, 2]]])
    """
    for name, value in (("prediction", prediction), ("target", target)):
        if value.dtype != torch.int64:
            raise TypeError(
                f"{name} must hold classes of int64, got {value.dtype}; take"
                " .argmax(1) of scores"
            )
    check_whole(classes=classes)
    if prediction.shape != target.shape or target.numel() == 0:
        raise ValueError(
            "prediction must have the shape of target,"
            f" {tuple(target.shape)}, with at least one pixel, got"
            f" {tuple(prediction.shape)}"
        )
    if target.ndim < 2:
        raise ValueError(
            f"target must have shape (N, ...), got {tuple(target.shape)};"
            " for one picture write target[None]"
        )
    truth, guess = target.flatten(1), prediction.flatten(1)
    counted = torch.ones_like(truth, dtype=torch.bool)
    if ignore is not None:
        counted = truth != ignore
    for name, value in (("prediction", guess), ("target", truth)):
        wrong = counted & ((value < 0) | (value >= classes))
        if wrong.any():
            raise ValueError(
                f"{name} must hold classes 0 to {classes - 1}, got"
                f" {value[wrong][0]}; give ignore for pixels without label"
            )
    picture = torch.arange(len(truth))[:, None].to(truth)
    cell = (picture * classes + truth) * classes + guess
    size = len(truth) * classes * classes
    return cell[counted].bincount(minlength=size).view(-1, classes, classes)


def class_iou(matrices: Tensor) -> Tensor:
    r"""Compute the IoU of each class, the overlap over the union.

    Args:
        matrices: `(..., K, K)`, as `confusion_matrices` gives them.

    Returns:
        `(..., K)` float64 in [0, 1]; NaN for a class that neither the truth
        nor the prediction has.

    Raises:
        ValueError: If the last two axes are not the same.

    Examples:
        >>> class_iou(torch.tensor([[1, 1, 0], [0, 2, 0], [0, 0, 0]]))
        tensor([0.5000, 0.6667,    nan], dtype=torch.float64)
    """
    right, truth, guess = _sides(matrices)
    return right / (truth + guess - right)


def class_dice(matrices: Tensor) -> Tensor:
    r"""Compute the Dice of each class, the overlap over the mean area.

    Args:
        matrices: `(..., K, K)`, as `confusion_matrices` gives them.

    Returns:
        `(..., K)` float64 in [0, 1]; NaN as in `class_iou`.

    Raises:
        ValueError: If the last two axes are not the same.

    Examples:
        >>> class_dice(torch.tensor([[1, 1], [0, 2]]))
        tensor([0.6667, 0.8000], dtype=torch.float64)
    """
    right, truth, guess = _sides(matrices)
    return 2 * right / (truth + guess)


def mean_iou(matrices: Tensor) -> Tensor:
    r"""Compute the mean IoU of the classes that occur, in [0, 1].

    Args:
        matrices: `(..., K, K)`: one table for the whole set, or one for each
            picture.

    Returns:
        `(...)` float64.

    Raises:
        ValueError: If the last two axes are not the same.

    Examples:
        >>> mean_iou(torch.tensor([[1, 1, 0], [0, 2, 0], [0, 0, 0]]))
        tensor(0.5833, dtype=torch.float64)

    References:
        J. Long et al., Fully Convolutional Networks for Semantic Segmentation
        (2015), section 5: the mean over all classes, the ground among them.
    """
    return class_iou(matrices).nanmean(-1)


def _sides(matrices: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    if matrices.ndim < 2 or matrices.shape[-1] != matrices.shape[-2]:
        raise ValueError(
            "matrices must have shape (..., K, K), got"
            f" {tuple(matrices.shape)}; confusion_matrices makes them"
        )
    counts = matrices.double()
    right = counts.diagonal(dim1=-2, dim2=-1)
    return right, counts.sum(-1), counts.sum(-2)
