r"""Cutting a data set into training, validation and test sets so that the score is honest, and looking for leaks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def split(
    count: int,
    fractions: Sequence[float],
    generator: torch.Generator,
    *,
    labels: Tensor | None = None,
    groups: Tensor | None = None,
) -> tuple[Tensor, ...]:
    r"""Deal samples out to several sides, each sample to one side.

    Args:
        count: Number of samples N.
        fractions: Share of each side; they add up to 1.
        generator: Source of randomness.
        labels: `(N,)` int64; where given, each class is dealt out in these shares as nearly as can be (stratified).
        groups: `(N,)` int64, the source that a sample comes from; where given, samples of one source stay on one side. The
            shares are then met as nearly as whole groups allow.

    Returns:
        For each side the positions of its samples, int64, in random order.

    Raises:
        ValueError: If the fractions do not add up to 1, if labels or groups are not `(N,)`, if a class (or the data) has fewer
            samples, or the data fewer groups, than there are sides.

    Examples:
        >>> seed = torch.Generator().manual_seed(0)
        >>> labels = torch.tensor([0] * 8 + [1] * 4)
        >>> train, test = split(12, (0.75, 0.25), seed, labels=labels)
        >>> labels[test].bincount()  # a quarter of each class
        tensor([2, 1])
        >>> groups = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])
        >>> train, test = split(12, (0.75, 0.25), seed, groups=groups)
        >>> len(test), len(groups[test].unique())  # one whole group
        (3, 1)
    """
    shares = torch.tensor(fractions, dtype=torch.float64)
    if len(shares) < 2 or (shares <= 0).any() or abs(shares.sum() - 1) > 1e-6:
        raise ValueError(
            f"fractions must be two or more positive numbers that add up to 1, got {tuple(fractions)}; write (0.8, 0.2)"
        )
    for name, value in (("labels", labels), ("groups", groups)):
        if value is not None and value.shape != (count,):
            raise ValueError(
                f"{name} must have shape ({count},), one for each sample, got {tuple(value.shape)}"
            )
    strata = (
        torch.zeros(count, dtype=torch.int64)
        if labels is None
        else labels.unique(return_inverse=True)[1]
    )
    if groups is not None:
        side = _deal_groups(strata, groups, shares, generator)
    else:
        side = _deal_samples(strata, shares, generator, labels)
    order = torch.randperm(count, generator=generator)
    return tuple(order[side[order] == k] for k in range(len(shares)))


def nearest(known: Tensor, new: Tensor) -> tuple[Tensor, Tensor]:
    r"""Find for each new sample the known sample most like it: a very small distance betrays a copy.

    Args:
        known: `(N, ...)` float, such as the training images.
        new: `(Q, ...)` float, such as the test images.

    Returns:
        Root mean square difference to the nearest known sample `(Q,)`, and its position `(Q,)`.

    Raises:
        ValueError: If the samples differ in shape, or there are none.

    Examples:
        >>> distance, position = nearest(torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.tensor([[1.0, 0.9]]))
        >>> round(distance.item(), 4), position.item()
        (0.0707, 1)
    """
    if known.shape[1:] != new.shape[1:] or 0 in (len(known), len(new)):
        raise ValueError(
            f"known and new must hold samples of one shape, got {tuple(known.shape)} and {tuple(new.shape)}; check the data"
        )
    distances = torch.cdist(
        new.flatten(1),
        known.flatten(1),
        compute_mode="donot_use_mm_for_euclid_dist",  # exact for copies
    )
    smallest = distances.min(1)
    return smallest.values / new[0].numel() ** 0.5, smallest.indices


def _deal_samples(
    strata: Tensor,
    shares: Tensor,
    generator: torch.Generator,
    labels: Tensor | None,
) -> Tensor:
    side = torch.empty_like(strata)
    sizes = strata.bincount()
    if sizes.min() < len(shares):
        rare = int(sizes.argmin())
        what = "count" if labels is None else f"class {labels.unique()[rare]}"
        raise ValueError(
            f"{what} must have at least {len(shares)} samples, one for each side, got {sizes[rare]}; "
            "merge rare classes or ask for fewer sides"
        )
    for stratum, size in enumerate(sizes.tolist()):
        members = (strata == stratum).nonzero()[:, 0]
        members = members[torch.randperm(size, generator=generator)]
        exact = shares * size
        parts = exact.floor().long().clamp(min=1)
        while parts.sum() > size:
            parts[parts.argmax()] -= 1
        # The samples left over go where they are owed most; ties by chance, so that no side gains from many small classes
        owed = (
            exact - parts + 1e-6 * torch.rand(len(shares), generator=generator)
        )
        parts[owed.argsort(descending=True)[: size - int(parts.sum())]] += 1
        for k, part in enumerate(members.split(parts.tolist())):
            side[part] = k
    return side


def _deal_groups(
    strata: Tensor,
    groups: Tensor,
    shares: Tensor,
    generator: torch.Generator,
) -> Tensor:
    # Groups in random order, the large ones first, each to the side that lacks most of what the group holds.
    names, member = groups.unique(return_inverse=True)
    if len(names) < len(shares):
        raise ValueError(
            f"groups must be at least {len(shares)}, one for each side, got {len(names)}; ask for fewer sides"
        )
    held = torch.zeros(len(names), int(strata.max()) + 1, dtype=torch.float64)
    held.index_put_(
        (member, strata), torch.ones(len(groups)).double(), accumulate=True
    )
    wanted = shares[:, None] * held.sum(0)  # (sides, classes)
    got = torch.zeros_like(wanted)
    side_of = torch.full((len(names),), -1)
    order = torch.randperm(len(names), generator=generator)
    sizes = held.sum(1)[order]
    order = order[sizes.argsort(descending=True, stable=True)]
    for left, group in zip(
        range(len(order), 0, -1), order.tolist(), strict=True
    ):
        empty = torch.stack([(side_of != k).all() for k in range(len(shares))])
        lack = ((wanted - got) / wanted.clamp(min=1e-9) * held[group]).sum(1)
        if left <= int(empty.sum()):  # every side gets a group
            lack = lack.masked_fill(~empty, -torch.inf)
        k = int(lack.argmax())
        side_of[group] = k
        got[k] += held[group]
    return side_of[member]
