r"""A power law through a few measurements, and how sure its exponent is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class PowerLaw:
    r"""The law loss = coefficient * size ** -exponent.

    Args:
        coefficient: Loss at size 1.
        exponent: How fast the loss falls.
        exponent_error: Standard error of the exponent; NaN for two points,
            through which a line always goes.

    Examples:
        >>> PowerLaw(8.0, 0.5, 0.0)(4.0)
        4.0
    """

    coefficient: float
    exponent: float
    exponent_error: float

    def __call__(self, size: float) -> float:
        r"""Predict the loss.

        Args:
            size: Positive number.

        Returns:
            The loss.
        """
        return self.coefficient * size**-self.exponent


def fit_power_law(sizes: Sequence[float], losses: Sequence[float]) -> PowerLaw:
    r"""Draw the straight line through logarithms that fits best.

    Args:
        sizes: Numbers of parameters, of samples or of operations.
        losses: One for each size.

    Returns:
        The law, by least squares of log loss on log size.

    Raises:
        ValueError: If there are not as many losses as sizes, fewer than two
            different sizes, or numbers that are not positive.

    Examples:
        >>> law = fit_power_law([1, 10, 100], [4.0, 2.0, 1.0])
        >>> round(law.coefficient, 6), round(law.exponent, 4)
        (4.0, 0.301)

    References:
        J. Kaplan et al., Scaling Laws for Neural Language Models (2020),
        section 1.2.
    """
    x, y = (
        torch.tensor(list(v), dtype=torch.float64) for v in (sizes, losses)
    )
    if len(x) != len(y) or len(set(x.tolist())) < 2:
        raise ValueError(
            "sizes and losses must be equally many, with two different sizes"
            f" or more, got {len(x)} and {len(y)}; measure at more sizes"
        )
    good = (x > 0) & (y > 0) & x.isfinite() & y.isfinite()
    if not bool(good.all()):
        first = int((~good).nonzero()[0])
        raise ValueError(
            "sizes and losses must be positive and finite, got"
            f" {x[first].item():g} and {y[first].item():g}; a logarithm needs"
            " them so"
        )
    return _line(x.log(), y.log())


def _line(x: Tensor, y: Tensor) -> PowerLaw:
    across = x - x.mean()
    spread = across.square().sum()
    slope = (across * y).sum() / spread
    start = y.mean() - slope * x.mean()
    freedom = len(x) - 2
    error = float("nan")
    if freedom > 0:
        missed = (y - start - slope * x).square().sum() / freedom
        error = (missed / spread).sqrt().item()
    return PowerLaw(start.exp().item(), -slope.item(), error)
