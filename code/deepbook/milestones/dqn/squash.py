r"""A pixel game small enough to be solved in a minute: a ball, three walls and a paddle, with the interface of `gymnasium`."""

from __future__ import annotations

import torch
from torch import Tensor

SIDE = 8
"""Height and width of the screen in pixels."""
PADDLE = 2
"""Width of the paddle in pixels."""
ACTIONS = ("left", "stay", "right")


class Squash:
    r"""N games of squash on 8x8 pixels, side by side.

    The ball moves one row a step and up to two columns, and bounces off the
    ceiling and the side walls. The paddle in the lowest row moves one column
    a step. Sending the ball back earns 1 point, missing it costs 1 and ends
    the game. Off the paddle the ball leaves in a random direction. After
    `limit` returns the game is cut off. A game that has ended starts anew
    with the next step's frame.

    Args:
        games: Games N.
        limit: Returns after which a game is cut off.
        generator: Source of all randomness; a new one if None.

    Raises:
        ValueError: If games or limit is below 1.

    Examples:
        >>> game = Squash(games=2)
        >>> frames, _ = game.reset(seed=0)
        >>> frames.shape, int((frames[0] > 0).sum())
        (torch.Size([2, 8, 8]), 3)
        >>> frames, rewards, ended, cut, _ = game.step(torch.tensor([1, 1]))
        >>> rewards, ended
        (tensor([0., 0.]), tensor([False, False]))
    """

    actions = len(ACTIONS)
    size = SIDE

    def __init__(
        self,
        games: int = 1,
        limit: int = 20,
        generator: torch.Generator | None = None,
    ):
        for name, value in (("games", games), ("limit", limit)):
            if value < 1:
                raise ValueError(f"{name} must be 1 or more, got {value}")
        self.games, self.limit = games, limit
        self.generator = generator or torch.Generator()
        self.row = torch.zeros(games, dtype=torch.long)
        self.column, self.paddle = self.row.clone(), self.row.clone()
        self.down, self.slide = self.row.clone(), self.row.clone()
        self.returns = self.row.clone()
        self.over = torch.ones(games, dtype=torch.bool)

    def reset(self, seed: int | None = None) -> tuple[Tensor, dict]:
        r"""Start all games.

        Args:
            seed: Where given, the games depend on it alone.

        Returns:
            Frames `(N, 8, 8)` uint8, 0 or 255, and an empty dictionary.
        """
        if seed is not None:
            self.generator.manual_seed(seed)
        self._start(torch.ones(self.games, dtype=torch.bool))
        return self.render(), {}

    def step(
        self, actions: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, dict]:
        r"""Play one step of every game.

        Args:
            actions: `(N,)` int64: 0 left, 1 stay, 2 right. What is given for
                a game that ended in the step before does not matter: the
                game starts.

        Returns:
            Frames `(N, 8, 8)` uint8; rewards `(N,)` in points; whether each
            game ended and whether it was cut off, both `(N,)` bool; and an
            empty dictionary.

        Raises:
            ValueError: If an action is missing or is none of the three.
        """
        actions = torch.as_tensor(actions)
        if (
            actions.shape != (self.games,)
            or not ((0 <= actions) & (actions < self.actions)).all()
        ):
            raise ValueError(
                f"actions must be {self.games} numbers from 0 to 2, got "
                f"{actions.tolist()}"
            )
        fresh = self.over.clone()
        moved = self.paddle + actions - 1
        self.paddle = moved.clamp(0, SIDE - PADDLE)
        column = self.column + self.slide
        out = (column < 0) | (column >= SIDE)
        column = torch.where(column < 0, -column, column)
        column = torch.where(column >= SIDE, 2 * (SIDE - 1) - column, column)
        self.column = column
        self.slide = torch.where(out, -self.slide, self.slide)
        self.row = self.row + self.down
        self.down = torch.where(self.row == 0, 1, self.down)
        low = self.row == SIDE - 1
        offset = self.column - self.paddle
        caught = low & (0 <= offset) & (offset < PADDLE) & ~fresh
        missed = low & ~caught & ~fresh
        self.down = torch.where(caught, -1, self.down)
        self.slide = torch.where(caught, self._direction(), self.slide)
        self.returns = self.returns + caught
        cut = (self.returns >= self.limit) & caught
        self.over = missed | cut
        self._start(fresh)
        return self.render(), caught.float() - missed.float(), missed, cut, {}

    def render(self) -> Tensor:
        r"""Draw the games as they stand, `(N, 8, 8)` uint8."""
        frames = torch.zeros(self.games, SIDE, SIDE, dtype=torch.uint8)
        every = torch.arange(self.games)
        for pixel in range(PADDLE):
            frames[every, SIDE - 1, self.paddle + pixel] = 255
        frames[every, self.row, self.column] = 255
        return frames

    def _random(self, high: int) -> Tensor:
        return torch.randint(high, (self.games,), generator=self.generator)

    def _direction(self) -> Tensor:
        return torch.tensor([-2, -1, 1, 2])[self._random(4)]

    def _start(self, which: Tensor) -> None:
        if not which.any():
            return
        draws = {
            "row": 0 * self.row,
            "column": self._random(SIDE),
            "down": 0 * self.row + 1,
            "slide": self._direction(),
            "paddle": self._random(SIDE - PADDLE + 1),
            "returns": 0 * self.row,
        }
        for name, value in draws.items():
            setattr(self, name, torch.where(which, value, getattr(self, name)))
        self.over = self.over & ~which


def gymnasium_squash(limit: int = 20):
    r"""Wrap one game as a `gymnasium.Env`, so that other libraries can play it. Needs `deepbook[atari]`.

    Args:
        limit: Returns after which the game is cut off.

    Returns:
        The environment: observations `(8, 8)` uint8, actions 0 to 2.

    Raises:
        ModuleNotFoundError: If `gymnasium` is not installed.

    Examples:
        >>> env = gymnasium_squash()
        >>> frame, _ = env.reset(seed=0)
        >>> frame.shape, int(env.action_space.n)
        ((8, 8), 3)
    """
    from deepbook.milestones.dqn.atari import gymnasium

    library = gymnasium()

    class Environment(library.Env):
        observation_space = library.spaces.Box(0, 255, (SIDE, SIDE), "uint8")
        action_space = library.spaces.Discrete(len(ACTIONS))

        def __init__(self):
            self.game = Squash(limit=limit)

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            drawn = int(self.np_random.integers(2**31))
            frames, info = self.game.reset(drawn)
            return frames[0].numpy(), info

        def step(self, action):
            played = self.game.step(torch.tensor([int(action)]))
            frames, rewards, ended, cut, info = played
            return (
                frames[0].numpy(), float(rewards), bool(ended), bool(cut), info
            )  # fmt: skip

    return Environment()
