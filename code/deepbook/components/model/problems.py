r"""Six small problems, each a table of 12 x 12 numbers with one of ten labels.

One shape for all, so that the same model, unchanged, can be given every
problem: what differs is the structure hidden in the table. Not every problem
uses all ten labels.
"""

from __future__ import annotations

import math

import torch
from sklearn.datasets import load_digits
from torch import Tensor

from deepbook.components.model.checks import check_whole

SIDE = 12
CLASSES = 10

Split = tuple[Tensor, Tensor]
"""Tables `(N, 12, 12)` float32 and labels `(N,)` int64."""


def linear_problem(count: int, generator: torch.Generator) -> Split:
    r"""Draw tables of noise, labelled by the largest of ten weighted sums.

    The weights are the same whatever the generator.

    Args:
        count: Number of tables N.
        generator: Source of randomness.

    Returns:
        Tables `(N, 12, 12)` and labels 0 to 9.

    Raises:
        ValueError: If count is below 1.

    Examples:
        >>> x, y = linear_problem(4, torch.Generator().manual_seed(0))
        >>> tuple(x.shape), y.dtype
        ((4, 12, 12), torch.int64)
    """
    check_whole(count=count)
    weight = torch.randn(SIDE * SIDE, CLASSES, generator=_fixed(1))
    x = torch.randn(count, SIDE, SIDE, generator=generator)
    return x, (x.flatten(1) @ weight).argmax(dim=1)


def spiral_problem(count: int, generator: torch.Generator) -> Split:
    r"""Draw points on three arms of a spiral, seen by 144 instruments.

    Each number of the table is a weighted sum of the two coordinates, plus a
    little noise; the weights are the same whatever the generator.

    Args:
        count: Number of tables N.
        generator: Source of randomness.

    Returns:
        Tables `(N, 12, 12)` and labels 0 to 2, the arm.

    Raises:
        ValueError: If count is below 1.

    Examples:
        >>> spiral_problem(4, torch.Generator().manual_seed(0))[1].max() < 3
        tensor(True)
    """
    check_whole(count=count)
    label = torch.randint(3, (count,), generator=generator)
    radius = torch.rand(count, generator=generator).sqrt()
    angle = 2 * math.pi * (label / 3 + 0.75 * radius)
    points = torch.stack([angle.cos(), angle.sin()], 1) * radius[:, None]
    instruments = torch.randn(2, SIDE * SIDE, generator=_fixed(2))
    x = 2 * points @ instruments
    x = x + 0.1 * torch.randn(x.shape, generator=generator)
    return x.unflatten(1, (SIDE, SIDE)), label


def shifted_digits(
    count: int,
    generator: torch.Generator,
    test: bool = False,
    shift: int = 2,
) -> Split:
    r"""Put handwritten digits of 8 x 8 pixels at random places of the table.

    Args:
        count: Number of tables N.
        generator: Source of randomness.
        test: Take the 597 digits kept for testing, not the 1,200 others.
        shift: Largest distance from the middle, in pixels, 0 to 2.

    Returns:
        Tables `(N, 12, 12)`, values 0 to 1, and labels 0 to 9.

    Raises:
        ValueError: If count is below 1, or shift not 0, 1 or 2.

    Examples:
        >>> x, y = shifted_digits(4, torch.Generator().manual_seed(0))
        >>> tuple(x.shape), bool(x.max() <= 1)
        ((4, 12, 12), True)
    """
    check_whole(count=count)
    if shift not in (0, 1, 2):
        raise ValueError(f"shift must be 0, 1 or 2, got {shift}")
    bunch = load_digits()
    order = torch.randperm(1797, generator=_fixed(3))
    own = order[1200:] if test else order[:1200]
    pick = own[torch.randint(len(own), (count,), generator=generator)]
    if count <= len(own):  # as many different ones as there are
        pick = own[torch.randperm(len(own), generator=generator)[:count]]
    digits = torch.tensor(bunch.images / 16, dtype=torch.float32)[pick]
    ends = 2 - shift, 3 + shift
    top, left = torch.randint(*ends, (2, count), generator=generator)
    row = torch.arange(8) + top[:, None]  # (N, 8)
    column = torch.arange(8) + left[:, None]
    x = torch.zeros(count, SIDE, SIDE)
    x[torch.arange(count)[:, None, None], row[:, :, None], column[:, None]] = (
        digits
    )
    return x, torch.tensor(bunch.target)[pick]


def shuffle_pixels(x: Tensor) -> Tensor:
    r"""Move the numbers of each table about, in all tables alike.

    No information is lost: the same permutation backwards restores them.

    Args:
        x: `(N, ...)`.

    Returns:
        Same shape.

    Raises:
        ValueError: If there are no tables, or they are empty.

    Examples:
        >>> x = torch.arange(9.0).view(1, 3, 3)
        >>> sorted(shuffle_pixels(x).flatten().tolist()) == list(range(9))
        True
    """
    if x.ndim < 2 or x.numel() == 0:
        raise ValueError(
            f"x must have shape (N, ...), none of them 0, got {tuple(x.shape)}"
        )
    order = torch.randperm(x[0].numel(), generator=_fixed(4))
    return x.flatten(1)[:, order].view_as(x)


def corridor_problem(count: int, generator: torch.Generator) -> Split:
    r"""Walk twelve steps in a corridor of five places; where does it end?

    Row t of the table holds a 1 in column 0 for a step to the left, in
    column 1 for a step to the right. A step into a wall does not move. The
    walk begins in the middle.

    Args:
        count: Number of tables N.
        generator: Source of randomness.

    Returns:
        Tables `(N, 12, 12)` and labels 0 to 4, the last place.

    Raises:
        ValueError: If count is below 1.

    Examples:
        >>> x, y = corridor_problem(500, torch.Generator().manual_seed(0))
        >>> right = x[:, :, 1].sum(dim=1)  # steps to the right
        >>> y[right == 12].tolist(), sorted(set(y.tolist()))
        ([], [0, 1, 2, 3, 4])
    """
    check_whole(count=count)
    right = torch.randint(2, (count, SIDE), generator=generator)
    x = torch.zeros(count, SIDE, SIDE)
    x[:, :, :2] = torch.nn.functional.one_hot(right, 2).float()
    place = torch.full((count,), 2)
    for step in right.unbind(dim=1):
        place = (place + 2 * step - 1).clamp(0, 4)
    return x, place


def lookup_problem(count: int, generator: torch.Generator) -> Split:
    r"""Look up, among six entries at random rows, the one that is asked for.

    An entry is a row with a 1 for its key in columns 0 to 5 and a 1 for its
    value in columns 6 to 11. The last row holds a key alone; the label is
    the value that stands beside this key.

    Args:
        count: Number of tables N.
        generator: Source of randomness.

    Returns:
        Tables `(N, 12, 12)` and labels 0 to 5, the value.

    Raises:
        ValueError: If count is below 1.

    Examples:
        >>> x, y = lookup_problem(1, torch.Generator().manual_seed(0))
        >>> key = x[0, 11, :6]
        >>> beside = x[0, :11, :6] @ key  # 1 in the row of this key
        >>> bool((beside @ x[0, :11, 6:]).argmax() == y[0])
        True
    """
    check_whole(count=count)
    noise = torch.rand(count, SIDE - 1, generator=generator)
    rows = noise.argsort(dim=1)[:, :6]  # row of each key
    values = torch.randint(6, (count, 6), generator=generator)
    asked = torch.randint(6, (count,), generator=generator)
    sample = torch.arange(count)
    x = torch.zeros(count, SIDE, SIDE)
    x[sample[:, None], rows, torch.arange(6)] = 1
    x[sample[:, None], rows, 6 + values] = 1
    x[sample, SIDE - 1, asked] = 1
    return x, values[sample, asked]


def _fixed(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
