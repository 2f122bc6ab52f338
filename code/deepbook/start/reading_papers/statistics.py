r"""How sure a reported number is, and how many runs it takes."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, comb, inf, sqrt
from statistics import NormalDist, fmean, stdev

from scipy.special import stdtrit

from deepbook.checks import check_number


def wilson_interval(
    correct: int, total: int, confidence: float = 0.95
) -> tuple[float, float]:
    r"""Wilson's interval for an accuracy measured on finitely many samples.

    Args:
        correct: Samples that were right.
        total: Samples in the test set.
        confidence: Share of such intervals that hold the true accuracy.

    Returns:
        Lower and upper end, in [0, 1].

    Raises:
        ValueError: If `correct` is not within 0 and `total`, `total` is
            below 1, or `confidence` is not within 0 and 1.

    Examples:
        Ten of ten right do not prove an accuracy of 1; with z = 1.96 the
        lower end is 10 / (10 + z^2).

        >>> low, high = wilson_interval(10, 10)
        >>> round(low, 4), high
        (0.7225, 1.0)

    References:
        E. B. Wilson, Probable Inference, the Law of Succession, and
        Statistical Inference (1927).
    """
    check_number("total", total, total >= 1, "1 or more")
    wanted = f"between 0 and total ({total})"
    check_number("correct", correct, 0 <= correct <= total, wanted)
    z = _normal_quantile(confidence)
    share = correct / total
    center = share + z**2 / (2 * total)
    reach = z * sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    scale = 1 + z**2 / total
    low, high = (center - reach) / scale, (center + reach) / scale
    return max(low, 0.0), min(high, 1.0)


def prediction_interval(
    values: Sequence[float], runs: int = 1, confidence: float = 0.95
) -> tuple[float, float]:
    r"""Where the next result would fall, judging by those at hand.

    The values are taken as draws from one normal distribution whose mean
    and spread are unknown, which gives Student's t.

    Args:
        values: Results of N runs that differ in the seed alone.
        runs: The next result is the mean of so many runs.
        confidence: Share of next results that the interval holds.

    Returns:
        Lower and upper end, in the unit of the values.

    Raises:
        ValueError: If there are fewer than two values, `runs` is below 1,
            or `confidence` is not within 0 and 1.

    Examples:
        Of -1 and 1 the mean is 0 and the standard deviation sqrt(2); t for
        one degree of freedom is 12.706, times sqrt(2) sqrt(1 + 1 / 2).

        >>> low, high = prediction_interval([-1.0, 1.0])
        >>> round(low, 3), round(high, 3)
        (-22.008, 22.008)
    """
    count = len(values)
    wanted = "2 or more, since one run shows no spread"
    check_number("number of values", count, count >= 2, wanted)
    check_number("runs", runs, runs >= 1, "1 or more")
    _check_share("confidence", confidence)
    t = stdtrit(count - 1, (1 + confidence) / 2)
    reach = float(t) * stdev(values) * sqrt(1 / runs + 1 / count)
    mean = fmean(values)
    return mean - reach, mean + reach


def expected_best(
    values: Sequence[float], tries: int, largest: bool = True
) -> float:
    r"""Mean of the best of several runs, over all ways to draw them.

    Args:
        values: Results of N runs.
        tries: Runs out of which the best is reported, 1 to N.
        largest: Whether the best is the largest.

    Returns:
        Mean of the best, in the unit of the values.

    Raises:
        ValueError: If `tries` is not between 1 and N.

    Examples:
        The pairs of 1, 2 and 3 have the maxima 2, 3 and 3.

        >>> expected_best([3.0, 1.0, 2.0], tries=2)
        2.6666666666666665
        >>> expected_best([3.0, 1.0, 2.0], tries=2, largest=False)
        1.3333333333333333
    """
    count = len(values)
    wanted = f"between 1 and the number of values ({count})"
    check_number("tries", tries, 1 <= tries <= count, wanted)
    ordered = sorted(values, reverse=not largest)
    # The value at place i is the best where the other tries lie before it.
    ways = [comb(i, tries - 1) for i in range(count)]
    total = sum(w * float(v) for w, v in zip(ways, ordered, strict=True))
    return total / comb(count, tries)


def seeds_needed(
    difference: float,
    spread: float,
    power: float = 0.8,
    confidence: float = 0.95,
) -> int:
    r"""Runs for each of two methods so that a difference is likely seen.

    Args:
        difference: True difference of the means that one wants to see.
        spread: Standard deviation over seeds, in the same unit.
        power: Chance of seeing it.
        confidence: One minus the chance of seeing one where none is.

    Returns:
        Number of runs a method, by the normal approximation; at least 2.

    Raises:
        ValueError: If `difference` or `spread` is not positive and finite,
            or `power` or `confidence` is not within 0 and 1.

    Examples:
        A difference of one standard deviation: 2 (1.960 + 0.842)^2 = 15.7.

        >>> seeds_needed(0.5, 0.5)
        16
    """
    for name, value in (("difference", difference), ("spread", spread)):
        check_number(name, value, 0 < value < inf, "positive and finite")
    _check_share("power", power)
    z = _normal_quantile(confidence) + NormalDist().inv_cdf(power)
    return max(2, ceil(2 * (z * spread / difference) ** 2))


def _normal_quantile(confidence: float) -> float:
    _check_share("confidence", confidence)
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _check_share(name: str, value: float) -> None:
    wanted = "between 0 and 1, both excluded, such as 0.95"
    check_number(name, value, 0 < value < 1, wanted)
