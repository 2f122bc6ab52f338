r"""Train many copies of one small problem at once, each with its own seed, optimizer and settings."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import vmap

from deepbook.components.optimizer import Optimizer

Contestant = tuple[
    Callable[[list[Tensor]], Optimizer], Mapping[str, Sequence[float]]
]
"""From parameters to an optimizer of this book, and settings such as `lr` with R numbers each."""


@dataclass(frozen=True)
class Problem:
    r"""Something to minimize: where to start, a loss, and the data that it is measured on.

    Args:
        start: From a generator to the first parameters.
        loss: `loss(parameters, *data)` of one copy, a scalar; it must be fit for `torch.func.vmap`.
        data: Tensors with N samples each; none if the loss needs none.
        batch_size: Samples a step.

    Examples:
        >>> bowl = Problem(lambda generator: (torch.ones(2),), lambda p: p[0].square().sum())
        >>> bowl.loss(bowl.start(torch.Generator())).item()
        2.0
    """

    start: Callable[[torch.Generator], tuple[Tensor, ...]]
    loss: Callable[..., Tensor]
    data: tuple[Tensor, ...] = ()
    batch_size: int = 16


@dataclass(frozen=True)
class Runs:
    r"""What one contestant came to, from S seeds with R settings.

    Args:
        steps: Steps after which the loss was taken, the first of them 0.
        losses: Loss on all the data, `(len(steps), S, R)`.
        parameters: The parameters at the end, each `(S, R, ...)`.
    """

    steps: tuple[int, ...]
    losses: Tensor
    parameters: tuple[Tensor, ...]


def sweep(
    problem: Problem,
    contestants: Mapping[str, Contestant],
    *,
    seeds: Sequence[int],
    steps: int,
    records: int = 1,
) -> dict[str, Runs]:
    r"""Train a problem with every setting of every contestant from every seed, all in one go.

    A seed decides the start and the mini-batches, and all runs of a seed share them: they can be compared in pairs. The
    optimizers of this book treat each number by itself, so copies that lie side by side in one tensor are trained as if
    alone, and a setting may be a tensor with one number for each.

    Args:
        problem: What to minimize.
        contestants: Names, and for each an optimizer and R settings of it.
        seeds: S seeds.
        steps: Number of steps.
        records: How often to take the loss on all the data, evenly spread, the start not counted.

    Returns:
        The `Runs` of each contestant.

    Raises:
        ValueError: If there are no contestants or seeds, settings are empty or differ in length, or `steps` is no multiple
            of `records`.

    Examples:
        w^2 from w = 1: with learning rate 0.25 a step halves w, with 0.5 it lands on 0.

        >>> from deepbook.components.optimizer import SGD
        >>> bowl = Problem(lambda generator: (torch.ones(1),), lambda p: p[0].square().sum())
        >>> runs = sweep(bowl, {"SGD": (SGD, {"lr": [0.25, 0.5]})}, seeds=[0], steps=2, records=2)
        >>> runs["SGD"].losses[:, 0].tolist()
        [[1.0, 1.0], [0.25, 0.0], [0.0625, 0.0]]
    """
    _check(contestants, seeds, steps, records)
    starts = [problem.start(torch.Generator().manual_seed(s)) for s in seeds]
    shapes = [p.shape for p in starts[0]]
    sizes = [math.prod(shape) for shape in shapes]
    first = torch.stack([torch.cat([p.flatten() for p in s]) for s in starts])
    parts, optimizers = [], []
    for make, settings in contestants.values():
        copies = len(next(iter(settings.values())))
        part = first.unsqueeze(1).repeat(1, copies, 1).requires_grad_()
        optimizer = make([part])  # (S, R, P)
        for name, values in settings.items():
            numbers = torch.as_tensor(values, dtype=part.dtype)
            optimizer.param_groups[0][name] = numbers.unsqueeze(1)  # (R, 1)
        parts.append(part)
        optimizers.append(optimizer)

    def one(vector: Tensor, *data: Tensor) -> Tensor:
        return problem.loss(_shaped(vector, sizes, shapes), *data)

    shared = (None,) * len(problem.data)
    copies_of_seed = vmap(one, in_dims=(0, *shared))
    on_batch = vmap(copies_of_seed)
    on_all = vmap(copies_of_seed, in_dims=(0, *shared))
    order = [torch.Generator().manual_seed(1000 + s) for s in seeds]
    every = steps // records
    losses = []
    for step in range(steps + 1):
        if step % every == 0:
            with torch.no_grad():
                losses.append(on_all(torch.cat(parts, 1), *problem.data))
        if step == steps:
            break
        batch = _batch(problem, order)
        total = on_batch(torch.cat(parts, 1), *batch).sum()
        gradients = torch.autograd.grad(total, parts)
        for part, gradient, optimizer in zip(
            parts, gradients, optimizers, strict=True
        ):
            part.grad = gradient
            optimizer.step()
    table = torch.stack(losses).split([p.shape[1] for p in parts], dim=2)
    steps_taken = tuple(range(0, steps + 1, every))
    return {
        name: Runs(steps_taken, rows, _shaped(part.detach(), sizes, shapes))
        for name, rows, part in zip(contestants, table, parts, strict=True)
    }


def measure(
    function: Callable[..., Tensor],
    parameters: tuple[Tensor, ...],
    *data: Tensor,
) -> Tensor:
    r"""Compute something of every copy, such as its accuracy on other data.

    Args:
        function: `function(parameters, *data)` of one copy, a scalar.
        parameters: As in `Runs`, each `(S, R, ...)`.
        data: The same for all copies.

    Returns:
        `(S, R)`.

    Examples:
        >>> measure(lambda p, x: (p[0] * x).sum(), (torch.arange(3.0).view(1, 3),), torch.ones(2))
        tensor([[0., 2., 4.]])
    """
    shared = (None,) * len(data)
    return vmap(vmap(function, in_dims=(0, *shared)), in_dims=(0, *shared))(
        parameters, *data
    )


def _shaped(flat: Tensor, sizes, shapes) -> tuple[Tensor, ...]:
    pieces = flat.split(sizes, dim=-1)
    before = flat.shape[:-1]
    return tuple(
        p.reshape(before + shape)
        for p, shape in zip(pieces, shapes, strict=True)
    )


def _batch(problem: Problem, order) -> tuple[Tensor, ...]:
    if not problem.data:
        return ()
    count, size = len(problem.data[0]), problem.batch_size
    rows = [torch.randint(count, (size,), generator=g) for g in order]
    return tuple(d[torch.stack(rows)] for d in problem.data)  # (S, B, ...)


def _check(contestants, seeds, steps: int, records: int) -> None:
    if not contestants or len(seeds) == 0:
        raise ValueError(
            "contestants and seeds must hold at least one each, "
            f"got {len(contestants)} and {len(seeds)}; try seeds=range(3)"
        )
    for name, (_, settings) in contestants.items():
        lengths = {key: len(values) for key, values in settings.items()}
        if len(set(lengths.values())) != 1 or 0 in lengths.values():
            raise ValueError(
                f"settings of {name} must be one or more with equally many "
                f"numbers, got {lengths}; repeat a number that stays"
            )
    if records < 1 or steps < records or steps % records:
        raise ValueError(
            f"steps must be a multiple of records, got {steps} steps and "
            f"{records} records; try records=1"
        )
