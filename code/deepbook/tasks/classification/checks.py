r"""What the measures of a classifier demand of their arguments."""

from __future__ import annotations

import torch
from torch import Tensor

from deepbook.checks import check_filled, check_range


def check_labels(name: str, value: Tensor, classes: int) -> None:
    r"""Refuse anything but a list of classes.

    Args:
        name: Name of the argument, for the message.
        value: `(N,)` int64 in [0, classes).
        classes: Number of classes K, 1 or more.

    Raises:
        TypeError: If `value` is not int64.
        ValueError: If it is not `(N,)`, empty, or holds another class.

    Examples:
        >>> check_labels("labels", torch.tensor([0, 3]), classes=3)
        Traceback (most recent call last):
        ValueError: labels must hold classes 0 to 2, got 3
    """
    if value.dtype != torch.int64:
        raise TypeError(
            f"{name} must be int64, got {value.dtype}; convert it with .long()"
        )
    check_list(name, value)
    inside = (value >= 0) & (value < classes)
    check_range(name, value, inside, f"classes 0 to {classes - 1}")


def check_flags(name: str, value: Tensor) -> None:
    r"""Refuse anything but a tensor of truth values with something in it.

    Args:
        name: Name of the argument, for the message.
        value: Any shape, bool.

    Raises:
        TypeError: If `value` is not bool.
        ValueError: If it is empty.

    Examples:
        >>> check_flags("positive", torch.tensor([0, 1]))
        Traceback (most recent call last):
        TypeError: positive must be bool, got torch.int64; write labels == k
    """
    if value.dtype != torch.bool:
        raise TypeError(
            f"{name} must be bool, got {value.dtype}; write labels == k"
        )
    check_filled(name, value)


def check_list(name: str, value: Tensor) -> None:
    r"""Refuse a tensor that is no list of samples, or an empty one.

    Args:
        name: Name of the argument, for the message.
        value: `(N,)`.

    Raises:
        ValueError: If `value` is not `(N,)` with N of 1 or more.

    Examples:
        >>> check_list("scores", torch.zeros(3, 1))
        Traceback (most recent call last):
        ValueError: scores must have shape (N,), got (3, 1); squeeze it or pick a column
    """
    if value.ndim != 1:
        raise ValueError(
            f"{name} must have shape (N,), got {tuple(value.shape)}; "
            "squeeze it or pick a column"
        )
    check_filled(name, value)


def check_same_length(**tensors: Tensor) -> None:
    r"""Refuse tensors of which not all have the same number of samples.

    Args:
        tensors: Names and tensors, two or more.

    Raises:
        ValueError: If their first sizes differ.

    Examples:
        >>> check_same_length(first=torch.zeros(2), second=torch.zeros(3))
        Traceback (most recent call last):
        ValueError: first and second must have as many samples each, got 2 and 3; pair them up
    """
    sizes = [len(tensor) for tensor in tensors.values()]
    if min(sizes) != max(sizes):
        raise ValueError(
            f"{' and '.join(tensors)} must have as many samples each, got "
            f"{' and '.join(map(str, sizes))}; pair them up"
        )
