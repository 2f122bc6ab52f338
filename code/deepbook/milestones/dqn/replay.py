r"""A replay buffer that keeps every frame once and cuts stacks out of it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor


class Batch(NamedTuple):
    r"""Transitions: what was seen, done, earned and seen next.

    Args:
        states: `(B, F, H, W)` uint8.
        actions: `(B,)` int64.
        rewards: `(B,)` float32, in the game's points.
        next_states: `(B, F, H, W)` uint8; without meaning where the game
            ended.
        terminated: `(B,)` bool: whether the game ended with this action.
    """

    states: Tensor
    actions: Tensor
    rewards: Tensor
    next_states: Tensor
    terminated: Tensor


class ReplayBuffer:
    r"""The last moments of N games played side by side.

    A moment is a frame of each game, then what was done there and what came
    of it. States are stacks of the last F frames; frames before the start of
    a game are zero. Every frame is stored once, not once for each stack.

    Args:
        capacity: Moments T that are kept; each holds one frame of each game.
        games: Games N side by side.
        frame_shape: Height and width (H, W) of a frame in pixels.
        stack: Frames F in a state.
        folder: Where to keep the memory in files, so that it outlives the
            process; in memory if None.

    Raises:
        ValueError: If a size is below 1, or capacity does not exceed stack.

    Examples:
        >>> replay = ReplayBuffer(8, games=1, frame_shape=(1, 1), stack=2)
        >>> yes, no = torch.tensor([True]), torch.tensor([False])
        >>> for gray in (10, 20, 30):
        ...     frame = torch.full((1, 1, 1), gray, dtype=torch.uint8)
        ...     replay.observe(frame, first=yes if gray == 10 else no)
        ...     replay.record(torch.tensor([1]), torch.tensor([0.5]), no)
        >>> replay.state().flatten().tolist()
        [20, 30]
        >>> replay.at(torch.tensor([0]), torch.tensor([0])).states.tolist()
        [[[[0]], [[10]]]]

    References:
        V. Mnih et al. (2013), section 4 and algorithm 1.
    """

    def __init__(
        self,
        capacity: int,
        games: int,
        frame_shape: tuple[int, int],
        stack: int,
        folder: Path | None = None,
    ):
        for name, value in (
            ("games", games), ("stack", stack), ("height", frame_shape[0]),
            ("width", frame_shape[1]),
        ):  # fmt: skip
            if value < 1:
                raise ValueError(f"{name} must be 1 or more, got {value}")
        if capacity <= stack + 1:
            raise ValueError(
                f"capacity must exceed stack + 1 = {stack + 1}, got "
                f"{capacity}; a transition needs that many frames"
            )
        self.capacity, self.games, self.stack = capacity, games, stack
        self.time = 0  # moments observed so far
        self.floor = 0  # moments before this one are lost
        shapes = {
            "clock": ((1,), torch.int64),
            "frames": ((capacity, games, *frame_shape), torch.uint8),
            "first": ((capacity, games), torch.bool),
            "actions": ((capacity, games), torch.int64),
            "rewards": ((capacity, games), torch.float32),
            "terminated": ((capacity, games), torch.bool),
        }
        for name, (shape, dtype) in shapes.items():
            setattr(self, name, _memory(name, shape, dtype, folder))

    def observe(self, frames: Tensor, first: Tensor) -> None:
        r"""Add a new moment.

        Args:
            frames: `(N, H, W)` uint8.
            first: `(N,)` bool: whether the frame begins a game.

        Raises:
            ValueError: If the shapes or the dtype of the frames are others.
        """
        wanted = self.frames.shape[1:]
        if frames.shape != wanted or frames.dtype != torch.uint8:
            raise ValueError(
                f"frames must be uint8 {tuple(wanted)}, got {frames.dtype} "
                f"{tuple(frames.shape)}"
            )
        where = self.time % self.capacity
        self.frames[where] = frames
        self.first[where] = first
        self.time += 1
        self.clock[0] = self.time

    def record(
        self, actions: Tensor, rewards: Tensor, terminated: Tensor
    ) -> None:
        r"""Add to the newest moment what was done there and what came of it.

        Args:
            actions: `(N,)` int64.
            rewards: `(N,)` in the game's points.
            terminated: `(N,)` bool: whether the game ended.

        Raises:
            ValueError: If there is no moment yet.
        """
        if self.time == 0:
            raise ValueError(
                "record needs a moment, got none; call observe before"
            )
        where = (self.time - 1) % self.capacity
        self.actions[where] = actions
        self.rewards[where] = rewards
        self.terminated[where] = terminated

    def resume(self, time: int) -> None:
        r"""Go back to an earlier moment of a memory in files, as after a kill.

        What was played after that moment is forgotten, and with it the old
        moments that it had taken the place of.

        Args:
            time: Moments observed by then.

        Raises:
            ValueError: If the files have not come so far.
        """
        clock = int(self.clock)
        if not 0 <= time <= clock:
            raise ValueError(
                f"time must be from 0 to {clock}, how far the memory is, got "
                f"{time}"
            )
        self.time, self.floor = time, max(0, clock - self.capacity)

    def state(self) -> Tensor:
        r"""Return what the agent sees now, `(N, F, H, W)` uint8."""
        times = torch.full((self.games,), self.time - 1)
        return self._stacks(times, torch.arange(self.games))

    def at(self, times: Tensor, games: Tensor) -> Batch:
        r"""Cut out transitions.

        Args:
            times: `(B,)` int64, counted from the first moment ever observed.
            games: `(B,)` int64, which of the N games.

        Returns:
            The `Batch`.
        """
        where = times % self.capacity
        both = self._stacks(times, games, ahead=1)
        return Batch(
            both[:, :-1],
            self.actions[where, games],
            self.rewards[where, games],
            both[:, 1:],
            self.terminated[where, games],
        )

    def sample(self, batch_size: int, generator: torch.Generator) -> Batch:
        r"""Draw transitions, each with the same probability.

        From the last frame of a game to the first of the next there is no
        transition, and none is drawn.

        Args:
            batch_size: Transitions B to draw, with replacement.
            generator: Decides which.

        Returns:
            The `Batch`.

        Raises:
            ValueError: If batch_size is below 1 or nothing can be drawn yet.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more, got {batch_size}")
        oldest, newest = self._oldest(), self.time - 1
        if newest <= oldest:
            raise ValueError(
                f"the buffer must hold a transition, got {self.time} moments;"
                " play a little first"
            )
        found: list[Tensor] = []
        while sum(map(len, found)) < batch_size:
            draw = torch.randint(
                oldest * self.games, newest * self.games, (batch_size,),
                generator=generator,
            )  # fmt: skip
            found.append(
                draw[self._whole(draw // self.games, draw % self.games)]
            )
        drawn = torch.cat(found)[:batch_size]
        return self.at(drawn // self.games, drawn % self.games)

    def latest(self, batch_size: int) -> Batch:
        r"""Return the newest transitions in the order in which they came.

        Args:
            batch_size: The most transitions to return.

        Returns:
            The `Batch`.

        Raises:
            ValueError: If there is no transition yet.
        """
        moments = -(-batch_size // self.games) + 1
        oldest = self._oldest()
        flat = torch.arange(
            max(oldest, self.time - 1 - moments) * self.games,
            max(self.time - 1, 0) * self.games,
        )
        times, games = flat // self.games, flat % self.games
        keep = self._whole(times, games)
        if not keep.any():
            raise ValueError(
                f"the buffer must hold a transition, got {self.time} moments;"
                " play a little first"
            )
        return self.at(times[keep][-batch_size:], games[keep][-batch_size:])

    def _oldest(self) -> int:
        # the frames before it in its stack must be there still
        floor = max(self.floor, self.time - self.capacity)
        return floor + self.stack - 1 if floor else 0

    def _whole(self, times: Tensor, games: Tensor) -> Tensor:
        return ~self.first[(times + 1) % self.capacity, games]

    def _stacks(self, times: Tensor, games: Tensor, ahead: int = 0) -> Tensor:
        size = self.stack
        every = times[:, None] + torch.arange(1 - size, 1 + ahead)
        where, games = every % self.capacity, games[:, None]
        # frames before the last start of a game, or before all, are zero
        begins = self.first[where, games][:, :size].flip(1).long()
        keep = (begins.cumsum(1) - begins == 0).flip(1)
        keep &= every[:, :size] >= 0
        frames = self.frames[where, games]  # (B, F + ahead, H, W)
        frames[:, :size] *= keep[..., None, None]
        return frames


def _memory(name, shape, dtype, folder):
    if folder is None:
        return torch.zeros(shape, dtype=dtype)
    folder.mkdir(parents=True, exist_ok=True)
    count = torch.Size(shape).numel()
    # a file of the right size that is there already is kept
    return torch.from_file(
        str(folder / f"{name}.bin"), shared=True, size=count, dtype=dtype
    ).view(shape)
