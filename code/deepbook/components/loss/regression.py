r"""Losses for numbers: what to pay for an error of a given size and sign."""

from __future__ import annotations

import torch
from torch import Tensor

from deepbook.checks import check_number
from deepbook.components.loss.checks import (
    check_pair,
    reduce,
)


def mean_squared_error(
    prediction: Tensor,
    target: Tensor,
    reduction: str = "mean",
) -> Tensor:
    r"""Squared error, in squared units of the target.

    Args:
        prediction: `(B, ...)`, floating point.
        target: Same shape as `prediction`, floating point.
        reduction: "none", "mean" or "sum".

    Returns:
        Scalar, or `(B, ...)` for "none"; squared units of the target.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes differ, the batch is empty, or `reduction`
            is unknown.

    Examples:
        >>> guess = torch.tensor([4.0, 4.0])
        >>> truth = torch.tensor([1.0, 9.0])
        >>> mean_squared_error(guess, truth)  # (3 ** 2 + 5 ** 2) / 2
        tensor(17.)

    References:
        Goodfellow et al., Deep Learning (2016), section 5.5.1.
    """
    check_pair(prediction, target)
    return reduce((prediction - target).square(), reduction)


def mean_absolute_error(
    prediction: Tensor,
    target: Tensor,
    reduction: str = "mean",
) -> Tensor:
    r"""Absolute error, in units of the target.

    Args:
        prediction: `(B, ...)`, floating point.
        target: Same shape as `prediction`, floating point.
        reduction: "none", "mean" or "sum".

    Returns:
        Scalar, or `(B, ...)` for "none"; units of the target.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes differ, the batch is empty, or `reduction`
            is unknown.

    Examples:
        >>> guess = torch.tensor([4.0, 4.0])
        >>> truth = torch.tensor([1.0, 9.0])
        >>> mean_absolute_error(guess, truth)  # (3 + 5) / 2
        tensor(4.)

    References:
        Gneiting, Making and Evaluating Point Forecasts (2011).
    """
    check_pair(prediction, target)
    return reduce((prediction - target).abs(), reduction)


def huber_loss(
    prediction: Tensor,
    target: Tensor,
    delta: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    r"""Parabola up to `delta` and a line beyond, in squared units.

    Args:
        prediction: `(B, ...)`, floating point.
        target: Same shape as `prediction`, floating point.
        delta: Error where the line begins, in units of the target.
        reduction: "none", "mean" or "sum".

    Returns:
        Scalar, or `(B, ...)` for "none"; squared units of the target.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes differ, the batch is empty, `reduction` is
            unknown, or `delta` is not positive and finite.

    Examples:
        >>> guess = torch.tensor([0.0, 0.0])
        >>> truth = torch.tensor([1.0, 4.0])
        >>> huber_loss(guess, truth, delta=2.0, reduction="none")
        tensor([0.5000, 6.0000])

    References:
        Huber, Robust Estimation of a Location Parameter (1964).
    """
    check_pair(prediction, target)
    good = 0 < delta < float("inf")
    check_number("delta", delta, good, "positive and finite")
    error = (prediction - target).abs()
    parabola = 0.5 * error.square()
    line = delta * (error - 0.5 * delta)  # same value and slope at delta
    loss = torch.where(error <= delta, parabola, line)
    return reduce(loss, reduction)


def quantile_loss(
    prediction: Tensor,
    target: Tensor,
    quantile: float,
    reduction: str = "mean",
) -> Tensor:
    r"""Quantile (pinball) loss, in units of the target.

    Args:
        prediction: `(B, ...)`, floating point.
        target: Same shape as `prediction`, floating point.
        quantile: Share of targets that should lie below the prediction.
        reduction: "none", "mean" or "sum".

    Returns:
        Scalar, or `(B, ...)` for "none"; units of the target.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes differ, the batch is empty, `reduction` is
            unknown, or `quantile` is not between 0 and 1.

    Examples:
        >>> guess = torch.tensor([5.0, 5.0])
        >>> truth = torch.tensor([7.0, 3.0])
        >>> quantile_loss(guess, truth, quantile=0.75, reduction="none")
        tensor([1.5000, 0.5000])

    References:
        Koenker and Bassett, Regression Quantiles (1978).
    """
    check_pair(prediction, target)
    good = 0 < quantile < 1
    check_number("quantile", quantile, good, "between 0 and 1")
    shortfall = target - prediction  # positive: predicted too little
    loss = torch.maximum(quantile * shortfall, (quantile - 1) * shortfall)
    return reduce(loss, reduction)
