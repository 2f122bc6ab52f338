r"""The loop in which an agent plays and learns, and the count of its points."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from deepbook.milestones.dqn.learning import Agent
from deepbook.milestones.dqn.replay import ReplayBuffer


def train(
    agent: Agent,
    game,
    replay: ReplayBuffer,
    moments: int,
    on_moment: Callable[[int, Tensor, Tensor], None] | None = None,
) -> None:
    r"""Play and learn, a moment after the other.

    Args:
        agent: Learns in place.
        game: N games with `reset()` and `step(actions)` as `Squash` has them.
        replay: Where the moments go; an empty one, or one that holds what
            was played before.
        moments: Moments to play in all; those in `replay` count.
        on_moment: Called after each with the number of moments, the rewards
            `(N,)` and which games are over `(N,)`.
    """
    settings = agent.settings
    frames, _ = game.reset()
    first = torch.ones(replay.games, dtype=torch.bool)
    over = torch.zeros_like(first)
    while replay.time < moments:
        replay.observe(frames, first)
        warm = replay.time > settings.warm_up
        epsilon = settings.epsilon_at(replay.time - settings.warm_up)
        actions = agent.act(replay.state(), epsilon if warm else 1.0)
        frames, rewards, ended, cut, _ = game.step(actions)
        replay.record(actions, rewards, ended)
        first, over = over, ended | cut
        if warm and replay.time % settings.update_every == 0:
            size = settings.batch_size
            agent.learn(
                replay.sample(size, agent.generator)
                if settings.replay
                else replay.latest(size)
            )
        if on_moment is not None:
            on_moment(replay.time, rewards, over)


def scores(act: Callable[[Tensor], Tensor], game, stack: int) -> Tensor:
    r"""Play N games to their end and add up what each earned.

    Args:
        act: From states `(N, F, H, W)` to actions `(N,)`.
        game: N games, as in `train`; each is played once.
        stack: Frames F in a state.

    Returns:
        Points `(N,)`.
    """
    frames, _ = game.reset()
    count = len(frames)
    replay = ReplayBuffer(stack + 2, count, tuple(frames.shape[1:]), stack)
    first = torch.ones(count, dtype=torch.bool)
    done, total = ~first, torch.zeros(count)
    while not done.all():
        replay.observe(frames, first)
        frames, rewards, ended, cut, _ = game.step(act(replay.state()))
        first = torch.zeros_like(first)
        total += rewards * ~done
        done |= ended | cut
    return total
