r"""Checks of a training program that take seconds and need no reference: run them before a long training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

Measure = Callable[[Tensor, Tensor], Tensor]
"""From inputs and targets to the loss of the batch, a scalar."""
Step = Callable[[Tensor, Tensor], float]
"""One whole training step on inputs and targets; returns the loss before it."""


@dataclass(frozen=True)
class Checkup:
    r"""What `check_up` found.

    Args:
        initial_loss: Loss of the batch before training, nats or the unit of the loss.
        unmoved: Names of the parameters that the first step did not change.
        gradient_error: Relative error of the gradient that the second step left.
        memorized_loss: Loss of the batch after many steps on nothing but it.
        repeats: Whether two predictions from one input are equal.
    """

    initial_loss: float
    unmoved: tuple[str, ...]
    gradient_error: float
    memorized_loss: float
    repeats: bool


def check_up(
    model: nn.Module,
    loss: Measure,
    step: Step,
    predict: Callable[[Tensor], Tensor],
    inputs: Tensor,
    targets: Tensor,
    steps: int = 300,
) -> Checkup:
    r"""Examine a fresh training program on one batch; its model is trained by it.

    Args:
        model: Holds all parameters of the program.
        loss: The loss that the program means to lower.
        step: One training step of the program.
        predict: How the program predicts after training.
        inputs: One batch `(B, ...)`.
        targets: Its targets `(B, ...)`.
        steps: Steps on the batch, at least 3.

    Returns:
        The `Checkup`.

    Raises:
        ValueError: If `steps` is below 3.

    Examples:
        One weight, loss (w - 2)^2 and learning rate 0.25: w halves its distance from 2 at each step.

        >>> model = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.zeros_(model.weight)
        >>> sgd = torch.optim.SGD(model.parameters(), lr=0.25)
        >>> def loss(x, y):
        ...     return nn.functional.mse_loss(model(x), y)
        >>> def step(x, y):
        ...     sgd.zero_grad()
        ...     value = loss(x, y)
        ...     value.backward()
        ...     sgd.step()
        ...     return value.item()
        >>> one, two = torch.tensor([[1.0]]), torch.tensor([[2.0]])
        >>> found = check_up(model, loss, step, model, one, two, steps=3)
        >>> found.initial_loss, found.unmoved, found.memorized_loss
        (4.0, (), 0.0625)
        >>> found.gradient_error < 0.01, found.repeats
        (True, True)
    """
    if steps < 3:
        raise ValueError(
            f"steps must be 3 or more, got {steps}; the second one is examined"
        )
    initial = loss(inputs, targets).item()
    before = _copies(model)
    step(inputs, targets)
    unmoved = tuple(
        name
        for name, parameter in model.named_parameters()
        if torch.equal(parameter, before[name])
    )
    before = _copies(model)
    with _fixed_randomness():
        step(inputs, targets)
    after = _copies(model)
    _put(model, before)
    error = gradient_error(model, lambda: loss(inputs, targets))
    _put(model, after)
    for _ in range(steps - 2):
        step(inputs, targets)
    memorized = loss(inputs, targets).item()
    repeats = torch.equal(predict(inputs), predict(inputs))
    return Checkup(initial, unmoved, error, memorized, repeats)


@torch.no_grad()
def gradient_error(
    model: nn.Module, loss: Callable[[], Tensor], directions: int = 16
) -> float:
    r"""Compare the gradients in a model with slopes measured by moving the parameters.

    The slope along a random direction v is measured by (L(p + h v) - L(p - h v)) / 2h and claimed to be v times the gradient.
    Both are compared over several directions; a gradient that is right errs by about a hundredth, from rounding and from the
    bends of the loss. Global randomness, as in dropout, starts from seed 0 at each measurement.

    Args:
        model: Its parameters stand where their `grad` was computed.
        loss: Computes the loss at the present parameters.
        directions: Number of random directions.

    Returns:
        Norm of the differences over the norm of the measured slopes: 0 for a right gradient, 1 for a missing one.

    Raises:
        ValueError: If `directions` is below 1.

    Examples:
        >>> model = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.ones_(model.weight)
        >>> model(torch.ones(1)).square().backward()
        >>> gradient_error(model, lambda: model(torch.ones(1)).square()) < 1e-3
        True
        >>> model.weight.grad *= 2  # a stale gradient was left in
        >>> round(gradient_error(model, lambda: model(torch.ones(1)).square()), 2)
        1.0
    """
    if directions < 1:
        raise ValueError(f"directions must be 1 or more, got {directions}")
    generator = torch.Generator().manual_seed(0)
    slopes = []
    for _ in range(directions):
        way = {
            name: torch.randn(p.shape, generator=generator).to(p)
            for name, p in model.named_parameters()
        }
        slopes.append(slopes_along(model, loss, way))
    measured, claimed = torch.tensor(slopes).T
    return ((claimed - measured).norm() / measured.norm()).item()


@torch.no_grad()
def slopes_along(
    model: nn.Module,
    loss: Callable[[], Tensor],
    way: dict[str, Tensor],
    h: float = 1e-2,
) -> tuple[float, float]:
    r"""Measure the slope of the loss along a direction; ask the gradients too.

    Args:
        model: Its parameters come back to where they stand.
        loss: Computes the loss at the present parameters.
        way: The direction, a tensor for each named parameter; its length
            does not count.
        h: How far the parameters move to either side.

    Returns:
        The measured slope, and the one that the gradients claim.

    Raises:
        ValueError: If `way` names other parameters than the model has.

    Examples:
        The slope of w^2 at 1 is 2; no gradient was computed, which claims 0.

        >>> model = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.ones_(model.weight)
        >>> way = {"weight": torch.ones(1, 1)}
        >>> slopes_along(model, lambda: model.weight.square().sum(), way, 0.5)
        (2.0, 0)
    """
    start = _copies(model)
    if way.keys() != start.keys():
        raise ValueError(
            f"way must hold a tensor for each of {', '.join(start)}, got "
            f"{', '.join(way) or 'none'}"
        )
    size = sum(part.square().sum() for part in way.values()).sqrt()
    ends = []
    for side in (h, -h):
        _put(model, {n: p + side * way[n] / size for n, p in start.items()})
        with _fixed_randomness():
            ends.append(loss().item())
    _put(model, start)
    claimed = sum(
        ((p.grad * way[n]).sum() / size).item()
        for n, p in model.named_parameters()
        if p.grad is not None
    )
    return (ends[0] - ends[1]) / (2 * h), claimed


@contextmanager
def _fixed_randomness() -> Iterator[None]:
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        torch.manual_seed(0)
        yield


def _copies(model: nn.Module) -> dict[str, Tensor]:
    return {name: p.detach().clone() for name, p in model.named_parameters()}


@torch.no_grad()
def _put(model: nn.Module, values: dict[str, Tensor]) -> None:
    for name, parameter in model.named_parameters():
        parameter.copy_(values[name])
