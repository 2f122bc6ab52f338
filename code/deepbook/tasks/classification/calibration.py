r"""Whether stated probabilities come true, and one number to mend them."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

import torch
from torch import Tensor
from torch.nn import functional as F

from deepbook.checks import check_floating, check_number, check_range
from deepbook.components.loss.checks import (
    check_classes,
    check_probabilities,
)
from deepbook.tasks.classification.checks import (
    check_flags,
    check_labels,
    check_list,
    check_same_length,
)


@dataclass(frozen=True)
class Reliability:
    r"""What was stated and what came true, bin by bin.

    Args:
        counts: `(M,)` int64, samples in each bin.
        stated: `(M,)` float64, mean probability stated there; 0 if empty.
        came_true: `(M,)` float64, share that came true; 0 if empty.
    """

    counts: Tensor
    stated: Tensor
    came_true: Tensor

    @property
    def error(self) -> float:
        r"""Mean distance of the two, weighted by the samples, in [0, 1]."""
        gaps = (self.stated - self.came_true).abs()
        return ((self.counts * gaps).sum() / self.counts.sum()).item()


def reliability(
    stated: Tensor, true: Tensor, bins: int = 15, equal_mass: bool = False
) -> Reliability:
    r"""Sort predictions into bins by the probability they state.

    Args:
        stated: `(N,)`, floating point in [0, 1].
        true: `(N,)` bool, whether it came true.
        bins: Number of bins M.
        equal_mass: Bins with as many samples each (within 1), instead of
            bins of one width, ((m - 1) / M, m / M].

    Returns:
        The `Reliability` of the M bins.

    Raises:
        TypeError: If a dtype is wrong.
        ValueError: If shapes do not fit, a probability is out of range, or
            bins is below 1 (or above N for bins of equal mass).

    Examples:
        >>> stated = torch.tensor([0.9, 0.9, 0.9, 0.9, 0.6])
        >>> true = torch.tensor([True, True, True, False, True])
        >>> table = reliability(stated, true, bins=2)
        >>> table.counts, table.came_true
        (tensor([0, 5]), tensor([0.0000, 0.8000], dtype=torch.float64))

    References:
        Guo et al., On Calibration of Modern Neural Networks (2017),
        section 2.
    """
    check_floating("stated", stated)
    check_list("stated", stated)
    check_flags("true", true)
    check_same_length(stated=stated, true=true)
    inside = (stated >= 0) & (stated <= 1)
    check_range("stated", stated, inside, "probabilities in [0, 1]")
    most = len(stated) if equal_mass else float("inf")
    wanted = "1 or more, and no more than there are samples"
    check_number("bins", bins, 1 <= bins <= most, wanted)
    if equal_mass:
        rank = stated.argsort(stable=True).argsort()
        place = rank * bins // len(stated)
    else:
        edges = torch.linspace(0, 1, bins + 1, dtype=torch.float64)[1:-1]
        place = torch.bucketize(stated.double(), edges)
    counts = place.bincount(minlength=bins)
    sums = [
        torch.bincount(place, weights=value.double(), minlength=bins)
        for value in (stated, true)
    ]
    return Reliability(counts, *(s / counts.clamp(min=1) for s in sums))


def expected_calibration_error(
    probabilities: Tensor,
    labels: Tensor,
    bins: int = 15,
    equal_mass: bool = False,
) -> float:
    r"""Compute how far confidence is from accuracy, on average, in [0, 1].

    Only the largest probability of each sample is looked at.

    Args:
        probabilities: `(N, K)`, floating point, each row adds up to 1.
        labels: `(N,)` int64 in [0, K).
        bins: Number of bins M.
        equal_mass: See `reliability`.

    Returns:
        The mean over the samples of |accuracy - confidence| of their bin.

    Raises:
        TypeError: If a dtype is wrong.
        ValueError: If shapes do not fit, a value is out of range, or bins
            is; see `reliability`.

    Examples:
        Sure to 0.8 four times, right three times:

        >>> p = torch.tensor([[0.8, 0.2]]).repeat(4, 1)
        >>> error = expected_calibration_error(p, torch.tensor([0, 0, 0, 1]))
        >>> round(error, 6)
        0.05

    References:
        Naeini et al., Obtaining Well Calibrated Probabilities Using Bayesian
        Binning (2015).
    """
    _check_rows("probabilities", probabilities, labels)
    check_probabilities("probabilities", probabilities)
    stated, guesses = probabilities.max(1)
    stated = stated.clamp(max=1)  # 1 + 1e-7 is rounding
    return reliability(stated, guesses == labels, bins, equal_mass).error


def brier_score(probabilities: Tensor, labels: Tensor) -> float:
    r"""Compute the mean squared distance from probabilities to the truth, in [0, 2].

    Args:
        probabilities: `(N, K)`, floating point, each row adds up to 1.
        labels: `(N,)` int64 in [0, K).

    Returns:
        Mean over the samples of the sum over the classes.

    Raises:
        TypeError: If a dtype is wrong.
        ValueError: If shapes do not fit or a value is out of range.

    Examples:
        (0.75 - 1)^2 + (0.25 - 0)^2:

        >>> brier_score(torch.tensor([[0.75, 0.25]]), torch.tensor([0]))
        0.125

    References:
        Brier, Verification of Forecasts Expressed in Terms of Probability
        (1950).
    """
    _check_rows("probabilities", probabilities, labels)
    check_probabilities("probabilities", probabilities)
    truth = F.one_hot(labels, probabilities.shape[1])
    squares = (probabilities.double() - truth).square()
    return squares.sum(1).mean().item()


def fit_temperature(
    logits: Tensor, labels: Tensor, low: float = 0.01, high: float = 100.0
) -> float:
    r"""Find the T for which softmax(logits / T) has the least cross-entropy.

    In 1 / T the cross-entropy is convex. Its slope is the mean, over the
    samples, of the logit that the model expects less that of the label.

    Args:
        logits: `(N, K)`, floating point, of samples not used in training.
        labels: `(N,)` int64 in [0, K).
        low, high: Where to look, 0 < low < high.

    Returns:
        T, to about seven digits; above 1, the model was too sure.

    Raises:
        TypeError: If a dtype is wrong.
        ValueError: If shapes do not fit, a logit is not finite, a label is
            out of range, or the best T lies outside of `low` to `high`.

    Examples:
        Three of four are right. With K = 2 the best probability is 3 / 4,
        whose logits differ by log 3; the given ones differ by log 9.

        >>> logits = torch.tensor([[log(9.0), 0.0]]).repeat(4, 1)
        >>> round(fit_temperature(logits, torch.tensor([0, 0, 0, 1])), 5)
        2.0

    References:
        Guo et al., On Calibration of Modern Neural Networks (2017),
        section 4.2.
    """
    _check_rows("logits", logits, labels)
    check_range("logits", logits, logits.isfinite(), "finite numbers")
    check_number("low", low, 0 < low < high, "between 0 and high")
    check_number("high", high, high < float("inf"), "finite")
    z = logits.double()
    labelled = z.gather(1, labels[:, None]).mean()

    def too_sure(t: float) -> bool:
        expected = ((z / t).softmax(1) * z).sum(1).mean()
        return bool(expected > labelled)

    if not too_sure(low) or too_sure(high):
        raise ValueError(
            f"no temperature between {low:g} and {high:g} is best; where "
            "every label has the largest logit (or few have), give more "
            "samples"
        )
    below, above = log(low), log(high)
    for _ in range(40):  # halve the interval: 9.2 / 2 ** 40
        middle = (below + above) / 2
        if too_sure(exp(middle)):
            below = middle
        else:
            above = middle
    return exp((below + above) / 2)


def _check_rows(name: str, rows: Tensor, labels: Tensor) -> None:
    check_classes(name, rows)
    if rows.ndim != 2:
        raise ValueError(
            f"{name} must have shape (N, K), got {tuple(rows.shape)}; one "
            "row for each sample"
        )
    check_labels("labels", labels, rows.shape[1])
    check_same_length(**{name: rows, "labels": labels})
