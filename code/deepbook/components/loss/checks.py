r"""What the losses demand of their input, and the reduction they share."""

from __future__ import annotations

from torch import Tensor, finfo

from deepbook.checks import check_filled, check_floating, check_range

REDUCTIONS = ("none", "mean", "sum")
"""What becomes of the losses of a batch: nothing, their mean, their sum."""


def reduce(loss: Tensor, reduction: str) -> Tensor:
    r"""Reduce the losses of a batch, in the unit of the loss.

    Args:
        loss: Any shape, floating point.
        reduction: "none", "mean" or "sum".

    Returns:
        `loss` itself for "none", otherwise a scalar in the same unit.

    Raises:
        ValueError: If `reduction` is unknown.

    Examples:
        >>> import torch
        >>> reduce(torch.tensor([1.0, 2.0, 6.0]), "mean")
        tensor(3.)
    """
    check_reduction(reduction)
    if reduction == "mean":
        return loss.mean()
    return loss.sum() if reduction == "sum" else loss


def check_reduction(reduction: str, *more: str) -> None:
    r"""Refuse a reduction that is not one of `REDUCTIONS` or `more`.

    Args:
        reduction: The name given by the caller.
        more: Further names that this loss knows.

    Raises:
        ValueError: If `reduction` is none of them.

    Examples:
        >>> check_reduction("average")
        Traceback (most recent call last):
        ValueError: reduction must be one of none, mean, sum, got 'average'
    """
    known = (*REDUCTIONS, *more)
    if reduction not in known:
        raise ValueError(
            f"reduction must be one of {', '.join(known)}, got {reduction!r}"
        )


def check_pair(
    prediction: Tensor, target: Tensor, name: str = "prediction"
) -> None:
    r"""Refuse a prediction and a target that do not lie one on the other.

    Args:
        prediction: `(B, ...)`, floating point.
        target: Same shape, floating point.
        name: Name of the first argument, for the message.

    Raises:
        TypeError: If one is no floating-point tensor.
        ValueError: If the shapes differ or nothing is in them.

    Examples:
        >>> import torch
        >>> check_pair(torch.zeros(3, 1), torch.zeros(3))
        Traceback (most recent call last):
        ValueError: target must have the shape of prediction, (3, 1), got (3,); reshape one of them, no broadcasting is done
    """
    check_floating(name, prediction)
    check_floating("target", target)
    if prediction.shape != target.shape:
        raise ValueError(
            f"target must have the shape of {name}, {tuple(prediction.shape)}, got {tuple(target.shape)}; "
            "reshape one of them, no broadcasting is done"
        )
    check_filled(name, prediction)


def check_classes(name: str, value: Tensor) -> None:
    r"""Refuse a tensor without a dimension of classes after the batch.

    Args:
        name: Name of the argument, for the message.
        value: `(B, C, ...)`, floating point.

    Raises:
        TypeError: If `value` is no floating-point tensor.
        ValueError: If it has fewer than two dimensions or no elements.

    Examples:
        >>> import torch
        >>> check_classes("logits", torch.zeros(5))
        Traceback (most recent call last):
        ValueError: logits must have shape (B, C, ...), got (5,); one sample needs logits.unsqueeze(0)
    """
    check_floating(name, value)
    if value.dim() < 2:
        raise ValueError(
            f"{name} must have shape (B, C, ...), got {tuple(value.shape)}; one sample needs {name}.unsqueeze(0)"
        )
    check_filled(name, value)


def check_probabilities(name: str, value: Tensor, dim: int = 1) -> None:
    r"""Refuse what is no probability distribution over a dimension.

    Args:
        name: Name of the argument, for the message.
        value: `(B, C, ...)`, floating point.
        dim: Dimension of the classes, C.

    Raises:
        ValueError: If an element is negative, or a sum over C is not 1
            within `sum_tolerance`.

    Examples:
        >>> import torch
        >>> check_probabilities("p", torch.tensor([0.5, 0.5]), dim=-1)
        >>> check_probabilities("target", torch.tensor([[0.5, 0.2]]))
        Traceback (most recent call last):
        ValueError: target must sum to 1 over dimension 1, got 0.7; normalize it, for example with .softmax(dim=1)
    """
    check_range(name, value, value >= 0, "probabilities, none negative")
    total = value.sum(dim=dim)
    if not bool(((total - 1).abs() <= sum_tolerance(value)).all()):
        worst = total.flatten()[(total - 1).abs().argmax()].item()
        raise ValueError(
            f"{name} must sum to 1 over dimension {dim}, got {worst:g}; normalize it, for example with .softmax(dim={dim})"
        )


def sum_tolerance(value: Tensor) -> float:
    r"""How far probabilities in the dtype of `value` may be from a sum of 1.

    Args:
        value: Any shape, floating point.

    Returns:
        0.001, or eight times the machine epsilon where that is more: 0.06 for bfloat16, whose logarithms are that coarse.

    Examples:
        >>> import torch
        >>> sum_tolerance(torch.zeros(2)), sum_tolerance(torch.zeros(2).bfloat16())
        (0.001, 0.0625)
    """
    return max(1e-3, 8 * finfo(value.dtype).eps)
