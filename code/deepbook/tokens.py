r"""What models that read tokens demand of their arguments."""

from __future__ import annotations

import torch
from torch import Tensor


def check_tokens(
    name: str, value: Tensor, vocabulary: int | None = None
) -> None:
    r"""Refuse anything but token numbers with shape `(B, T)`.

    Args:
        name: Name of the argument, for the message.
        value: What the caller gave.
        vocabulary: Number of tokens V; None where any number will do.

    Raises:
        TypeError: If `value` is no tensor of int64 or int32.
        ValueError: If it has another number of axes, or one of size 0, or
            holds a number that is not 0 to V - 1.

    Examples:
        >>> check_tokens("source", torch.zeros(2, 3))
        Traceback (most recent call last):
        TypeError: source must hold token numbers, got torch.float32; ...
    """
    if not isinstance(value, Tensor):
        kind = type(value).__name__
        raise TypeError(
            f"{name} must be a tensor of token numbers, got {kind}; wrap it"
            " in torch.tensor(...)"
        )
    if value.dtype not in (torch.int64, torch.int32):
        raise TypeError(
            f"{name} must hold token numbers, got {value.dtype}; encode the"
            " text with its vocabulary first, as int64"
        )
    if value.ndim != 2 or 0 in value.shape:
        raise ValueError(
            f"{name} must have shape (B, T), neither of them 0, got"
            f" {tuple(value.shape)}"
        )
    if vocabulary is not None:
        check_known(name, value, vocabulary)


def check_known(
    name: str,
    numbers: Tensor,
    count: int,
    cure: str = "encode the text with the vocabulary of the model",
) -> None:
    r"""Refuse numbers that a table of `count` rows does not hold.

    Takes a few microseconds for a batch. Tensors on the meta device hold no
    numbers and pass.

    Args:
        name: Name of the argument, for the message.
        numbers: Integers of any shape.
        count: Rows of the table, as the tokens of a vocabulary.
        cure: What to do, for the message.

    Raises:
        ValueError: If a number is not 0 to `count` - 1.

    Examples:
        >>> check_known("source", torch.tensor([[0, 7]]), 7)
        Traceback (most recent call last):
        ValueError: source must hold numbers 0 to 6, got 7; encode the text ...
    """
    if numbers.is_meta or numbers.numel() == 0:
        return
    low, high = (int(number) for number in numbers.aminmax())
    if low < 0 or high >= count:
        raise ValueError(
            f"{name} must hold numbers 0 to {count - 1}, got"
            f" {low if low < 0 else high}; {cure}"
        )
