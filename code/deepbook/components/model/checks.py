r"""What the models demand of their arguments."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from deepbook.checks import check_floating


def check_sizes(sizes: Sequence[int], least: int) -> None:
    r"""Refuse sizes of layers that make no model.

    Args:
        sizes: Units of each layer, from the input on.
        least: Smallest number of sizes.

    Raises:
        ValueError: If there are fewer sizes, or one is below 1.

    Examples:
        >>> check_sizes([64], least=2)
        Traceback (most recent call last):
        ValueError: sizes must be 2 or more whole numbers from 1 on, got [64]
    """
    whole = all(isinstance(size, int) and size >= 1 for size in sizes)
    if len(sizes) < least or not whole:
        raise ValueError(
            f"sizes must be {least} or more whole numbers from 1 on, got"
            f" {list(sizes)}"
        )


def check_whole(**settings: int) -> None:
    r"""Refuse settings that are no whole numbers from 1 on.

    Args:
        settings: Names and values.

    Raises:
        ValueError: If one of them is not.

    Examples:
        >>> check_whole(hidden_size=0)
        Traceback (most recent call last):
        ValueError: hidden_size must be a whole number from 1 on, got 0
    """
    for name, value in settings.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(
                f"{name} must be a whole number from 1 on, got {value}"
            )


def check_last(name: str, value: Tensor, size: int) -> None:
    r"""Refuse a tensor whose last axis has another size.

    Args:
        name: Name of the argument, for the message.
        value: Any shape.
        size: What the last axis must be.

    Raises:
        ValueError: If it is not.

    Examples:
        >>> import torch
        >>> check_last("x", torch.zeros(2, 3), 4)
        Traceback (most recent call last):
        ValueError: x must have 4 numbers along its last axis, got shape (2, 3)
    """
    if value.shape[-1] != size:
        raise ValueError(
            f"{name} must have {size} numbers along its last axis, got shape"
            f" {tuple(value.shape)}"
        )


def check_axes(name: str, value: Tensor, axes: str) -> None:
    r"""Refuse anything but a floating-point tensor with the named axes.

    Args:
        name: Name of the argument, for the message.
        value: What the caller gave.
        axes: Letters of the axes, as in "B, T, D".

    Raises:
        TypeError: If `value` is no floating-point tensor.
        ValueError: If it has another number of axes, or an axis of size 0.

    Examples:
        >>> import torch
        >>> check_axes("x", torch.zeros(3), "B, T, D")
        Traceback (most recent call last):
        ValueError: x must have shape (B, T, D), none of them 0, got (3,)
    """
    check_floating(name, value)
    if value.ndim != axes.count(",") + 1 or 0 in value.shape:
        raise ValueError(
            f"{name} must have shape ({axes}), none of them 0, got"
            f" {tuple(value.shape)}"
        )
