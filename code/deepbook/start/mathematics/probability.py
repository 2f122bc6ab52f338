r"""A bell curve, an error bar and Bayes' rule."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from deepbook.checks import check_floating, check_number, check_range
from deepbook.components.loss.checks import check_probabilities


def gaussian_log_density(
    x: Tensor, mean: float | Tensor = 0.0, spread: float | Tensor = 1.0
) -> Tensor:
    r"""Logarithm of the Gaussian density, in nats.

    Args:
        x: Any shape, floating point.
        mean: Center; a number or a tensor that broadcasts with `x`.
        spread: Standard deviation, likewise, positive and finite.

    Returns:
        Shape of `x` and the others, broadcast.

    Raises:
        TypeError: If `x` is no floating-point tensor.
        ValueError: If `spread` is not positive and finite.

    Examples:
        >>> top = gaussian_log_density(torch.zeros(1)).exp()
        >>> (top.square() * 2 * torch.pi).round(decimals=5)
        tensor([1.])

    References:
        Goodfellow et al., Deep Learning (2016), section 3.9.
    """
    check_floating("x", x)
    spread = torch.as_tensor(spread, dtype=x.dtype)
    good = (spread > 0) & spread.isfinite()
    check_range("spread", spread, good, "positive finite numbers")
    z = (x - mean) / spread
    return -0.5 * z.square() - spread.log() - 0.5 * math.log(2 * math.pi)


def standard_error(values: Tensor, dim: int = 0) -> Tensor:
    r"""How far a mean of draws lies from the truth, in units of the values.

    Args:
        values: Independent draws along `dim`, floating point.
        dim: Dimension that a mean would average.

    Returns:
        `values` without `dim`: their standard deviation by the square
        root of their number.

    Raises:
        TypeError: If `values` is no floating-point tensor.
        ValueError: If there are fewer than two draws.

    Examples:
        >>> standard_error(torch.tensor([1.0, 2.0, 3.0])).square()  # 1 / 3
        tensor(0.3333)
    """
    check_floating("values", values)
    n = values.shape[dim] if values.dim() else 1
    check_number("number of draws", n, n >= 2, "2 or more")
    return values.std(dim=dim) / n**0.5


def posterior(prior: Tensor, likelihood: Tensor) -> Tensor:
    r"""Probabilities after an observation, by Bayes' rule.

    Args:
        prior: `(..., K)`, floating point, probabilities of K hypotheses.
        likelihood: Same shape, 0 or more: the probability (density) of
            what was observed under each hypothesis.

    Returns:
        Same shape, probabilities over the last dimension.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes differ, `prior` is no distribution, a
            likelihood is negative, or the observation is impossible.

    Examples:
        >>> prior = torch.tensor([0.5, 0.5])
        >>> posterior(prior, torch.tensor([0.3, 0.1]))
        tensor([0.7500, 0.2500])

    References:
        Goodfellow et al., Deep Learning (2016), section 3.11.
    """
    check_floating("prior", prior)
    check_floating("likelihood", likelihood)
    if prior.shape != likelihood.shape or prior.dim() == 0:
        raise ValueError(
            f"likelihood must have the shape of prior, {tuple(prior.shape)}, "
            f"got {tuple(likelihood.shape)}; one number for each hypothesis"
        )
    check_probabilities("prior", prior, dim=-1)
    good = (likelihood >= 0) & likelihood.isfinite()
    check_range("likelihood", likelihood, good, "finite numbers, 0 or more")
    joint = prior * likelihood
    evidence = joint.sum(dim=-1, keepdim=True)
    if not bool((evidence > 0).all()):
        raise ValueError(
            "likelihood must be above 0 for a hypothesis that prior allows, "
            "got an observation that is impossible under all of them"
        )
    return joint / evidence
