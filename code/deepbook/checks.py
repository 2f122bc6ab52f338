r"""What public functions demand of their arguments; each message says what was wanted, what came and, where there is one, the cure."""

from __future__ import annotations

from torch import Tensor


def check_number(name: str, value: float, good: bool, wanted: str) -> None:
    r"""Refuse a setting that is out of its range.

    Args:
        name: Name of the argument, for the message.
        value: What the caller gave.
        good: Whether `value` is in range; False for NaN by itself.
        wanted: The range in words, for the message.

    Raises:
        ValueError: If `good` is false.

    Examples:
        >>> check_number("delta", -1.0, good=False, wanted="positive and finite")
        Traceback (most recent call last):
        ValueError: delta must be positive and finite, got -1.0
    """
    if not good:
        raise ValueError(f"{name} must be {wanted}, got {value}")


def check_not_negative(**settings: float) -> None:
    r"""Refuse settings that are negative, infinite or NaN.

    Args:
        settings: Names and values.

    Raises:
        ValueError: If one of them is.

    Examples:
        >>> check_not_negative(lr=0.1, eps=-1e-8)
        Traceback (most recent call last):
        ValueError: eps must be 0 or more and finite, got -1e-08
    """
    for name, value in settings.items():
        check_number(
            name, value, 0 <= value < float("inf"), "0 or more and finite"
        )


def check_floating(name: str, value: Tensor) -> None:
    r"""Refuse anything but a tensor of floating-point numbers.

    Args:
        name: Name of the argument, for the message.
        value: What the caller gave.

    Raises:
        TypeError: If `value` is no tensor, or a tensor of another dtype.

    Examples:
        >>> import torch
        >>> check_floating("target", torch.tensor([1, 2]))
        Traceback (most recent call last):
        TypeError: target must be floating point, got torch.int64; convert it with .float()
    """
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{name} must be a tensor, got {type(value).__name__}; wrap it in torch.tensor(...)"
        )
    if not value.is_floating_point():
        raise TypeError(
            f"{name} must be floating point, got {value.dtype}; convert it with .float()"
        )


def check_filled(name: str, value: Tensor) -> None:
    r"""Refuse an empty batch, whose mean would be NaN.

    Args:
        name: Name of the argument, for the message.
        value: Any tensor.

    Raises:
        ValueError: If `value` has no elements.

    Examples:
        >>> import torch
        >>> check_filled("logits", torch.zeros(0, 3))
        Traceback (most recent call last):
        ValueError: logits must have at least one element, got shape (0, 3); skip empty batches
    """
    if value.numel() == 0:
        raise ValueError(
            f"{name} must have at least one element, got shape {tuple(value.shape)}; skip empty batches"
        )


def check_range(name: str, value: Tensor, good: Tensor, wanted: str) -> None:
    r"""Refuse a tensor of which an element is out of range.

    Args:
        name: Name of the argument, for the message.
        value: Any shape.
        good: Same shape, bool: which elements are in range.
        wanted: The range in words, for the message.

    Raises:
        ValueError: If an element of `good` is false.

    Examples:
        >>> import torch
        >>> labels = torch.tensor([0, 7])
        >>> check_range("target", labels, labels < 3, "labels 0 to 2")
        Traceback (most recent call last):
        ValueError: target must hold labels 0 to 2, got 7
    """
    if not bool(good.all()):
        raise ValueError(
            f"{name} must hold {wanted}, got {value[~good].flatten()[0].item():g}"
        )
