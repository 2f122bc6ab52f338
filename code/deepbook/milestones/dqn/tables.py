r"""Small worlds whose values fit in a table: value iteration, and Q-learning that never looks at the rules."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from deepbook.checks import check_number


@dataclass(frozen=True)
class World:
    r"""A world with S states and A actions whose rules are known (a Markov decision process).

    Args:
        chances: `(S, A, S)`: the probability that an action in a state leads
            to each state.
        rewards: `(S, A)`: the mean reward of an action in a state.
        ends: `(S,)` bool: states in which the game is over; their values are
            0.

    Raises:
        ValueError: If shapes do not fit or chances do not sum to 1.

    Examples:
        >>> world = corridor(3)
        >>> world.chances.shape, world.ends.tolist()
        (torch.Size([3, 2, 3]), [False, False, True])
    """

    chances: Tensor
    rewards: Tensor
    ends: Tensor

    def __post_init__(self):
        shape = tuple(self.chances.shape)
        if len(shape) != 3 or shape[0] != shape[2]:
            raise ValueError(f"chances must be (S, A, S), got {shape}")
        if self.rewards.shape != shape[:2] or self.ends.shape != shape[:1]:
            raise ValueError(
                f"rewards must be {shape[:2]} and ends {shape[:1]}, got "
                f"{tuple(self.rewards.shape)} and {tuple(self.ends.shape)}"
            )
        sums = self.chances.sum(2)
        if (
            not torch.allclose(sums, torch.ones_like(sums))
            or (self.chances < 0).any()
        ):
            raise ValueError(
                "chances must be 0 or more and sum to 1 over next states, "
                f"got sums from {sums.min():g} to {sums.max():g}"
            )


def corridor(length: int, slip: float = 0.0) -> World:
    r"""Build a corridor: left or right, 1 point for stepping onto the last cell, where it ends.

    Args:
        length: Cells S, at least 2.
        slip: Probability of going the other way than intended, 0 to 1.

    Returns:
        The `World`; action 0 is left, 1 is right.

    Raises:
        ValueError: If length or slip is out of range.
    """
    check_number("length", length, length >= 2, "2 or more")
    check_number("slip", slip, 0 <= slip <= 1, "from 0 to 1")
    chances = torch.zeros(length, 2, length, dtype=torch.float64)
    for cell in range(length):
        left, right = max(0, cell - 1), min(length - 1, cell + 1)
        for action, (meant, other) in enumerate(
            ((left, right), (right, left))
        ):
            chances[cell, action, meant] += 1 - slip
            chances[cell, action, other] += slip
    ends = torch.zeros(length, dtype=torch.bool)
    ends[-1] = True
    return World(chances, chances[..., -1] * ~ends[:, None], ends)


def value_iteration(
    world: World, discount: float, tolerance: float = 1e-12
) -> Tensor:
    r"""Compute the best values of all actions from the rules of a world.

    Repeats Q(s, a) = r(s, a) + discount * sum_s' P(s' | s, a) max_a' Q(s', a')
    until nothing moves.

    Args:
        world: Its rules.
        discount: What a point in the next step is worth now, from 0 to less
            than 1.
        tolerance: Largest change, in units of reward, that counts as none.

    Returns:
        Q `(S, A)` float64, in units of reward.

    Raises:
        ValueError: If discount or tolerance is out of range.

    Examples:
        One step from the end is worth 1, two steps 1/2, three 1/4.

        >>> value_iteration(corridor(4), 0.5)[:, 1].tolist()
        [0.25, 0.5, 1.0, 0.0]

    References:
        V. Mnih et al. (2015), Methods, Algorithm (the Bellman equation).
    """
    good = 0 <= discount < 1
    check_number("discount", discount, good, "from 0 to less than 1")
    check_number("tolerance", tolerance, tolerance > 0, "positive")
    values = torch.zeros_like(world.rewards)
    while True:
        best = values.amax(1).masked_fill(world.ends, 0.0)
        updated = world.rewards + discount * world.chances @ best
        updated = updated.masked_fill(world.ends[:, None], 0.0)
        if (updated - values).abs().max() < tolerance:
            return updated
        values = updated


def q_learning(
    world: World,
    discount: float,
    steps: int,
    generator: torch.Generator,
    rate: float | None = None,
) -> Tensor:
    r"""Learn the values of all actions by playing at random.

    The learner sees only where it was, what it did, what it earned and where
    it came to: Q(s, a) moves towards r + discount * max_a' Q(s', a').

    Args:
        world: Played, not read.
        discount: What a point in the next step is worth now, from 0 to less
            than 1.
        steps: Actions to try; after an end the game starts in a random state.
        generator: Source of randomness.
        rate: Learning rate in (0, 1]; if None, the n-th visit of a state and
            action moves it by n^-0.7, which converges.

    Returns:
        Q `(S, A)` float64, in units of reward.

    Raises:
        ValueError: If a setting is out of range.

    References:
        C. Watkins and P. Dayan, Q-learning (1992).
    """
    good = 0 <= discount < 1
    check_number("discount", discount, good, "from 0 to less than 1")
    check_number("steps", steps, steps >= 1, "1 or more")
    if rate is not None:
        check_number("rate", rate, 0 < rate <= 1, "in (0, 1]")
    states, actions = world.rewards.shape
    rewards, ends = world.rewards.tolist(), world.ends.tolist()
    sums = world.chances.cumsum(2).reshape(-1, states)
    # what chance brings, drawn for all states and actions at once
    tried = torch.randint(actions, (steps,), generator=generator).tolist()
    fresh = torch.randint(states, (steps,), generator=generator).tolist()
    luck = torch.rand(steps, generator=generator, dtype=torch.float64)
    values = [[0.0] * actions for _ in range(states)]
    visits = [[0] * actions for _ in range(states)]
    state = fresh[0]
    for action, start, chance in zip(tried, fresh, luck, strict=True):
        if ends[state]:
            state = start
            continue
        row = sums[state * actions + action]
        following = min(int(torch.searchsorted(row, chance)), states - 1)
        future = 0.0 if ends[following] else max(values[following])
        visits[state][action] += 1
        step = rate or visits[state][action] ** -0.7
        target = rewards[state][action] + discount * future
        values[state][action] += step * (target - values[state][action])
        state = following
    return torch.tensor(values, dtype=torch.float64)
