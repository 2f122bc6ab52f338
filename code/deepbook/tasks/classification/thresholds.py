r"""Where to cut a score: every threshold at once, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from deepbook.checks import (
    check_floating,
    check_not_negative,
    check_range,
)
from deepbook.tasks.classification.checks import (
    check_flags,
    check_list,
    check_same_length,
)


@dataclass(frozen=True)
class ThresholdSweep:
    r"""Hits and false alarms at every threshold that makes a difference.

    A sample raises an alarm where its score is at least the threshold.

    Args:
        thresholds: `(M,)`, falling; the first is infinite, without alarms.
        hits: `(M,)` int64, positives at or above the threshold.
        alarms: `(M,)` int64, negatives at or above it: false alarms.

    Examples:
        Two positives and two negatives; three of the four pairs of one
        each are in the right order, so the area under the ROC curve is 3/4.

        >>> scores = torch.tensor([0.9, 0.8, 0.4, 0.1])
        >>> positive = torch.tensor([True, False, True, False])
        >>> sweep = ThresholdSweep.of(scores, positive)
        >>> sweep.hits.tolist(), sweep.alarms.tolist()
        ([0, 1, 1, 2, 2], [0, 0, 1, 1, 2])
        >>> sweep.roc_area
        0.75

    References:
        Hanley and McNeil, The Meaning and Use of the Area under a Receiver
        Operating Characteristic (ROC) Curve (1982).
    """

    thresholds: Tensor
    hits: Tensor
    alarms: Tensor

    @classmethod
    def of(cls, scores: Tensor, positive: Tensor) -> ThresholdSweep:
        r"""Lower a threshold past all scores.

        Args:
            scores: `(N,)`, floating point: the larger, the more likely
                positive.
            positive: `(N,)` bool.

        Returns:
            The sweep, with one threshold for each different score.

        Raises:
            TypeError: If a dtype is wrong.
            ValueError: If shapes do not fit, a score is not finite, or one
                of the two kinds is missing.
        """
        check_floating("scores", scores)
        check_list("scores", scores)
        check_flags("positive", positive)
        check_same_length(scores=scores, positive=positive)
        check_range("scores", scores, scores.isfinite(), "finite numbers")
        if not 0 < int(positive.sum()) < len(positive):
            raise ValueError(
                "positive must hold both kinds, got "
                f"{int(positive.sum())} of {len(positive)}; no curve can be "
                "drawn from one kind"
            )
        order = scores.argsort(descending=True, stable=True)
        ranked, found = scores[order], positive[order].cumsum(0)
        # samples of equal score cannot be told apart: cut behind the last
        last = torch.cat([ranked.diff() != 0, torch.ones(1).bool()])
        count = torch.arange(1, len(scores) + 1)
        zero = torch.zeros(1, dtype=torch.int64)
        infinite = ranked.new_full((1,), torch.inf)
        return cls(
            torch.cat([infinite, ranked[last]]),
            torch.cat([zero, found[last]]),
            torch.cat([zero, (count - found)[last]]),
        )

    @property
    def recall(self) -> Tensor:
        r"""Share of the positives that is found, `(M,)`: the y of an ROC curve."""
        return self.hits.double() / self.hits[-1]

    @property
    def false_alarm_rate(self) -> Tensor:
        r"""Share of the negatives that raises an alarm, `(M,)`: its x."""
        return self.alarms.double() / self.alarms[-1]

    @property
    def precision(self) -> Tensor:
        r"""Share of the alarms that is right, `(M,)`; 1 where there is none."""
        raised = self.hits + self.alarms
        share = self.hits.double() / raised.clamp(min=1)
        return torch.where(raised > 0, share, 1.0)

    @property
    def roc_area(self) -> float:
        r"""Area under the ROC curve: the chance that a positive scores above a negative, ties counted half."""
        return torch.trapezoid(self.recall, self.false_alarm_rate).item()

    @property
    def average_precision(self) -> float:
        r"""Area under the precision-recall curve, in steps: precision weighted by the gain in recall."""
        return (self.recall.diff() * self.precision[1:]).sum().item()

    def cost(self, miss: float, alarm: float) -> Tensor:
        r"""Compute the mean cost of a sample at each threshold, `(M,)`.

        Args:
            miss: Cost of a positive below the threshold.
            alarm: Cost of a negative at or above it, in the same unit.

        Raises:
            ValueError: If a cost is negative or infinite.
        """
        check_not_negative(miss=miss, alarm=alarm)
        missed = self.hits[-1] - self.hits
        total = self.hits[-1] + self.alarms[-1]
        return (miss * missed + alarm * self.alarms).double() / total
