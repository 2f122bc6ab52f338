r"""Learning rate schedules in closed form: the rate at step t, from the rate given to the optimizer."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.optim.lr_scheduler import LRScheduler

from deepbook.checks import check_number


class StepLR(LRScheduler):
    r"""Multiply the rate by `gamma` every `step_size` steps.

    Args:
        optimizer: Any `torch.optim.Optimizer`.
        step_size: Steps between two drops.
        gamma: Factor of a drop.
        last_epoch: Step from which to go on; -1 to begin.

    Raises:
        ValueError: If `step_size` is below 1 or `gamma` is not positive.

    Examples:
        >>> from deepbook.components.optimizer import SGD
        >>> sgd = SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = StepLR(sgd, step_size=2, gamma=0.5)
        >>> rates(schedule, 5)
        [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        step_size: int,
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        good = step_size >= 1
        check_number("step_size", step_size, good, "1 or more")
        good = 0 < gamma < float("inf")
        check_number("gamma", gamma, good, "positive and finite")
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        r"""Give the rate of every group at this step."""
        factor = self.gamma ** (self.last_epoch // self.step_size)
        return [base * factor for base in self.base_lrs]


class CosineAnnealingLR(LRScheduler):
    r"""Lower the rate along half a cosine.

    Args:
        optimizer: Any `torch.optim.Optimizer`.
        T_max: Steps until the lowest rate.
        eta_min: The lowest rate.
        last_epoch: Step from which to go on; -1 to begin.

    Raises:
        ValueError: If `T_max` is below 1 or `eta_min` is negative.

    Examples:
        >>> from deepbook.components.optimizer import SGD
        >>> sgd = SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = CosineAnnealingLR(sgd, T_max=4)
        >>> [round(rate, 4) for rate in rates(schedule, 5)]
        [1.0, 0.8536, 0.5, 0.1464, 0.0]

    References:
        Loshchilov and Hutter, SGDR (2016).
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        T_max: int,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        check_number("T_max", T_max, T_max >= 1, "1 or more")
        good = 0 <= eta_min < float("inf")
        check_number("eta_min", eta_min, good, "0 or more and finite")
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        r"""Give the rate of every group at this step."""
        share = self.last_epoch / self.T_max
        return [between(b, self.eta_min, share) for b in self.base_lrs]


class LinearLR(LRScheduler):
    r"""Warm up: raise the rate in a straight line, then hold it.

    Args:
        optimizer: Any `torch.optim.Optimizer`.
        start_factor: Factor on the rate at the first step, in (0, 1].
        end_factor: Factor after `total_iters` steps, in [0, 1].
        total_iters: Steps of the line.
        last_epoch: Step from which to go on; -1 to begin.

    Raises:
        ValueError: If a factor or the number of steps is out of range.

    Examples:
        >>> from deepbook.components.optimizer import SGD
        >>> sgd = SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        >>> schedule = LinearLR(sgd, start_factor=0.25, total_iters=3)
        >>> rates(schedule, 5)
        [0.25, 0.5, 0.75, 1.0, 1.0]

    References:
        Goyal et al., Accurate, Large Minibatch SGD (2017), for warm-up.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        good = 0 < start_factor <= 1
        check_number("start_factor", start_factor, good, "in (0, 1]")
        good = 0 <= end_factor <= 1
        check_number("end_factor", end_factor, good, "in [0, 1]")
        good = total_iters >= 1
        check_number("total_iters", total_iters, good, "1 or more")
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        r"""Give the rate of every group at this step."""
        share = min(self.last_epoch, self.total_iters) / self.total_iters
        rise = self.end_factor - self.start_factor
        return [b * (self.start_factor + share * rise) for b in self.base_lrs]


class OneCycleLR(LRScheduler):
    r"""Raise the rate to `max_lr`, then lower it almost to zero.

    Momentum goes the other way: low where the rate is high.

    Args:
        optimizer: Any `torch.optim.Optimizer`.
        max_lr: The highest rate.
        total_steps: Steps of the whole training.
        pct_start: Share of the steps in which the rate rises.
        cycle_momentum: Whether to change momentum as well.
        base_momentum: Momentum at the highest rate.
        max_momentum: Momentum at both ends.
        div_factor: The first rate is `max_lr / div_factor`.
        final_div_factor: The last rate is the first one over this.
        last_epoch: Step from which to go on; -1 to begin.

    Raises:
        ValueError: If a setting is out of range, the optimizer has no
            momentum to change, or a step follows the last one.

    Examples:
        >>> from deepbook.components.optimizer import SGD
        >>> sgd = SGD([torch.zeros(1, requires_grad=True)], momentum=0.9)
        >>> schedule = OneCycleLR(sgd, 1.0, total_steps=5, pct_start=0.6)
        >>> [round(rate, 4) for rate in rates(schedule, 5)]
        [0.04, 0.52, 1.0, 0.5, 0.0]

    References:
        Smith and Topin, Super-Convergence (2017).
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        max_lr: float,
        total_steps: int,
        *,
        pct_start: float = 0.3,
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        last_epoch: int = -1,
    ) -> None:
        good = 0 < max_lr < float("inf")
        check_number("max_lr", max_lr, good, "positive and finite")
        good = total_steps >= 2
        check_number("total_steps", total_steps, good, "2 or more")
        good = 1 < pct_start * total_steps < total_steps
        wanted = f"between {1 / total_steps:g} and 1, for a rise and a fall"
        check_number("pct_start", pct_start, good, wanted)
        if cycle_momentum and "momentum" not in optimizer.defaults:
            name = type(optimizer).__name__
            raise ValueError(
                "cycle_momentum must be False for an optimizer without "
                f"momentum, got True for {name}"
            )
        first = max_lr / div_factor
        self.rates = (first, max_lr, first / final_div_factor)
        self.momenta = (max_momentum, base_momentum, max_momentum)
        self.peak = pct_start * total_steps - 1  # step of the highest rate
        self.last = total_steps - 1
        self.cycle_momentum = cycle_momentum
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        r"""Give the rate of every group at this step; set its momentum."""
        if self.last_epoch > self.last:
            raise ValueError(
                f"a one-cycle schedule must end after {self.last + 1} steps, "
                f"got step {self.last_epoch + 1}; raise total_steps"
            )
        for group in self.optimizer.param_groups:
            if self.cycle_momentum:
                group["momentum"] = self._at(self.momenta)
        return [self._at(self.rates) for _ in self.optimizer.param_groups]

    def _at(self, ends: tuple[float, float, float]) -> float:
        first, peak, last = ends
        if self.last_epoch <= self.peak:
            return between(first, peak, self.last_epoch / self.peak)
        share = (self.last_epoch - self.peak) / (self.last - self.peak)
        return between(peak, last, share)


def between(start: float, end: float, share: float) -> float:
    r"""Go from one number to another along half a cosine.

    Args:
        start: Value at share 0.
        end: Value at share 1.
        share: Part of the way, in [0, 1].

    Returns:
        The value there.

    Examples:
        >>> between(4.0, 2.0, 0.5)
        3.0
    """
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def rates(schedule: Any, steps: int) -> list[float]:
    r"""List the rates of the first group over the next steps, which are taken with the parameters where they are.

    Args:
        schedule: Any schedule of PyTorch or of this module.
        steps: How many rates to list, the present one first.

    Returns:
        `steps` rates.

    Examples:
        >>> sgd = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        >>> rates(torch.optim.lr_scheduler.ExponentialLR(sgd, 0.5), 3)
        [1.0, 0.5, 0.25]
    """
    found = []
    for left in reversed(range(steps)):
        found.append(schedule.get_last_lr()[0])
        schedule.optimizer.step()  # no gradients, so nothing moves
        if left:
            schedule.step()
    return found
