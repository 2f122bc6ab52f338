r"""How sure a score is, and whether one model beats another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import torch
from torch import Tensor

from deepbook.checks import check_number
from deepbook.tasks.classification.checks import (
    check_flags,
    check_list,
    check_same_length,
)


def bootstrap_interval(
    statistic: Callable[..., float],
    data: Sequence[Tensor],
    generator: torch.Generator,
    draws: int = 1000,
    confidence: float = 0.95,
) -> tuple[float, float]:
    r"""Find where a score might have fallen with other test samples.

    N samples are drawn from the N at hand, with replacement, again and
    again; the interval holds the middle share of the scores of the draws.

    Args:
        statistic: From tensors like those in `data` to a number.
        data: Tensors with N samples each, drawn together.
        generator: Source of randomness.
        draws: Number of test sets to draw.
        confidence: Share of the draws in the interval.

    Returns:
        Lower and upper end, in the unit of the statistic.

    Raises:
        ValueError: If the tensors are missing, empty or differ in length,
            draws is below 2, or confidence is not between 0 and 1.

    Examples:
        The mean of 400 coin flips, half heads: 0.5 +- 1.96 * 0.025, with
        some noise of the draws.

        >>> flips = torch.arange(400) % 2
        >>> low, high = bootstrap_interval(
        ...     lambda x: x.double().mean().item(), [flips],
        ...     torch.Generator().manual_seed(0),
        ... )
        >>> abs(low - 0.451) < 0.01, abs(high - 0.549) < 0.01
        (True, True)

    References:
        Efron, Bootstrap Methods: Another Look at the Jackknife (1979).
    """
    if not data or len(data[0]) == 0:
        raise ValueError("data must hold tensors with at least one sample")
    named = {f"data[{i}]": tensor for i, tensor in enumerate(data)}
    check_same_length(**named)
    check_number("draws", draws, draws >= 2, "2 or more")
    good = 0 < confidence < 1
    check_number("confidence", confidence, good, "between 0 and 1")
    count = len(data[0])
    values = []
    for _ in range(draws):
        index = torch.randint(count, (count,), generator=generator)
        values.append(float(statistic(*(tensor[index] for tensor in data))))
    tails = torch.tensor([1 - confidence, 1 + confidence]).double() / 2
    ends = torch.tensor(values, dtype=torch.float64).quantile(tails)
    low, high = ends.tolist()
    return low, high


@dataclass(frozen=True)
class McNemar:
    r"""How two models differ on the same samples.

    Args:
        only_first: Samples that only the first model has right.
        only_second: Samples that only the second model has right.
        p_value: Chance of a split as uneven as this, or more, if either
            model were as likely to be the right one.
    """

    only_first: int
    only_second: int
    p_value: float


def mcnemar(first: Tensor, second: Tensor) -> McNemar:
    r"""Test whether two models are right equally often.

    Samples that both have right, or both wrong, say nothing of which model
    is better. Of the others, each is a flip of a fair coin if the models
    are equally good.

    Args:
        first: `(N,)` bool, whether the first model is right.
        second: `(N,)` bool, the same samples.

    Returns:
        The counts and the exact two-sided p-value.

    Raises:
        TypeError: If a tensor is not bool.
        ValueError: If shapes do not fit or nothing is in them.

    Examples:
        Five flips that all fall on one side: 2 / 2^5.

        >>> first = torch.tensor([True] * 9)
        >>> second = torch.tensor([False] * 5 + [True] * 4)
        >>> mcnemar(first, second)
        McNemar(only_first=5, only_second=0, p_value=0.0625)

    References:
        McNemar, Note on the Sampling Error of the Difference Between
        Correlated Proportions or Percentages (1947); Dietterich,
        Approximate Statistical Tests for Comparing Supervised
        Classification Learning Algorithms (1998).
    """
    for name, value in (("first", first), ("second", second)):
        check_flags(name, value)
        check_list(name, value)
    check_same_length(first=first, second=second)
    only_first = int((first & ~second).sum())
    only_second = int((second & ~first).sum())
    differ, fewer = only_first + only_second, min(only_first, only_second)
    ways = sum(comb(differ, k) for k in range(fewer + 1))
    return McNemar(only_first, only_second, min(1.0, 2 * ways / 2**differ))
