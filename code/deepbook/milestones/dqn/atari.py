r"""Real Atari games, seen as the papers saw them. Needs `deepbook[atari]`."""

from __future__ import annotations

import importlib

import torch
from torch import Tensor
from torch.nn import functional

SIZE = 84
"""Height and width of what the network sees, in pixels."""
LUMINANCE = (0.299, 0.587, 0.114)
"""How bright red, green and blue look (ITU-R BT.601)."""


def gymnasium():
    r"""Import `gymnasium` with the games of `ale_py`, needed here alone.

    Returns:
        The module.

    Raises:
        ModuleNotFoundError: If either is missing.
    """
    try:
        module = importlib.import_module("gymnasium")
        games = importlib.import_module("ale_py")
        games.ALEInterface.setLoggerMode(games.LoggerMode.Error)
        module.register_envs(games)
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            f"Atari needs gymnasium and ale-py, but {missing.name} is not "
            "installed; install them with: pip install 'deepbook[atari]'"
        ) from missing
    return module


def gray(screens: Tensor) -> Tensor:
    r"""Turn colours into brightness.

    Args:
        screens: `(..., H, W, 3)` uint8: red, green, blue.

    Returns:
        `(..., H, W)` float32 from 0 to 255.

    Raises:
        ValueError: If the last axis is not 3 long or the dtype is not uint8.

    Examples:
        >>> gray(torch.tensor([100, 0, 0], dtype=torch.uint8)).round().item()
        30.0
    """
    if screens.shape[-1:] != (3,) or screens.dtype != torch.uint8:
        raise ValueError(
            "screens must be uint8 (..., H, W, 3), got "
            f"{screens.dtype} {tuple(screens.shape)}"
        )
    return screens.float() @ torch.tensor(LUMINANCE)


def preprocess(screens: Tensor) -> Tensor:
    r"""Make of the last screens one frame that the network sees.

    The brightest value of each pixel over the screens, since some objects
    are drawn only in every other one; then brightness; then 84x84.

    Args:
        screens: `(T, H, W, 3)` uint8, usually T = 2.

    Returns:
        `(84, 84)` uint8.

    Raises:
        ValueError: If the shape or dtype is another.

    Examples:
        >>> screens = torch.zeros(2, 210, 160, 3, dtype=torch.uint8)
        >>> screens[1] = 200
        >>> preprocess(screens).shape, preprocess(screens).unique()
        (torch.Size([84, 84]), tensor([200], dtype=torch.uint8))

    References:
        V. Mnih et al. (2015), Methods, Preprocessing.
    """
    if screens.ndim != 4 or len(screens) == 0:
        raise ValueError(
            "screens must be (T, H, W, 3) with T of 1 or more, got "
            f"{tuple(screens.shape)}"
        )
    bright = gray(screens.amax(0))[None, None]
    small = functional.interpolate(bright, (SIZE, SIZE), mode="area")
    return small[0, 0].round().clamp(0, 255).to(torch.uint8)


class Atari:
    r"""One Atari game with the interface of `Squash`, in 84x84 gray frames.

    An action is held for `skip` screens, and the frame is made of the last
    two. Points add up over the screens. While learning, the loss of a life
    counts as the end of a game, as in the papers.

    Args:
        name: Name of the game, such as `"Pong"` or `"SpaceInvaders"`.
        skip: Screens for which an action is held, 1 or more.
        no_ops: At most so many screens of doing nothing at the start, so that
            games differ.
        life_ends: Whether losing a life counts as an end.
        seed: Decides the games.

    Raises:
        ModuleNotFoundError: If the extra `atari` is not installed.
        ValueError: If there is no such game, or a setting is out of range.

    References:
        V. Mnih et al. (2015), Methods, Training details.
    """

    size = SIZE

    def __init__(
        self,
        name: str,
        skip: int = 4,
        no_ops: int = 30,
        life_ends: bool = False,
        seed: int = 0,
    ):
        if skip < 1 or no_ops < 0:
            raise ValueError(
                f"skip must be 1 or more and no_ops 0 or more, got {skip} "
                f"and {no_ops}"
            )
        library = gymnasium()
        if f"ALE/{name}-v5" not in library.registry:
            raise ValueError(
                f"name must be an Atari game such as Pong or SpaceInvaders, "
                f"got {name!r}"
            )
        self.env = library.make(
            f"ALE/{name}-v5",
            frameskip=1,
            repeat_action_probability=0.0,
            max_num_frames_per_episode=108_000,
        )
        self.actions = int(self.env.action_space.n)
        self.skip, self.no_ops, self.life_ends = skip, no_ops, life_ends
        self.generator = torch.Generator().manual_seed(seed)
        self.seed: int | None = seed
        self.over = self.dead = True
        self.lives = 0

    def close(self) -> None:
        r"""Let go of the emulator."""
        self.env.close()

    def reset(self, seed: int | None = None) -> tuple[Tensor, dict]:
        r"""Start a game.

        Args:
            seed: Where given, the games depend on it alone.

        Returns:
            Frames `(1, 84, 84)` uint8 and what `gymnasium` says.
        """
        if seed is not None:
            self.generator.manual_seed(seed)
            self.seed = seed
        screen, info = self.env.reset(seed=self.seed)
        self.seed = None  # later games go on from where chance stands
        waits = torch.randint(self.no_ops + 1, (), generator=self.generator)
        for _ in range(int(waits)):
            screen, _, ended, cut, info = self.env.step(0)
            if ended or cut:
                screen, info = self.env.reset()
        self.over = self.dead = False
        self.lives = info.get("lives", 0)
        return preprocess(torch.as_tensor(screen)[None])[None], info

    def step(
        self, actions: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, dict]:
        r"""Hold an action for `skip` screens; after an end, start anew.

        Args:
            actions: `(1,)` int64.

        Returns:
            Frames `(1, 84, 84)` uint8; rewards `(1,)` in the game's points;
            whether the game ended and whether it was cut off, both `(1,)`
            bool; and what `gymnasium` says.

        Raises:
            ValueError: If the action is not one of the game's.
        """
        action = int(torch.as_tensor(actions).reshape(-1)[0])
        if not 0 <= action < self.actions:
            raise ValueError(
                f"actions must be from 0 to {self.actions - 1}, got {action}"
            )
        no = torch.tensor([False])
        if self.over:
            frames, info = self.reset()
            return frames, torch.zeros(1), no, no, info
        if self.dead:  # a life was lost, the game goes on
            action, self.dead = 0, False
        screens, total, cut = [], 0.0, False
        for _ in range(self.skip):
            screen, reward, ended, cut, info = self.env.step(action)
            screens.append(torch.as_tensor(screen))
            total += float(reward)
            self.over = ended or cut
            if self.over:
                break
        frame = preprocess(torch.stack(screens[-2:]))
        lost = info.get("lives", 0) < self.lives
        self.lives = info.get("lives", 0)
        self.dead = self.life_ends and lost and not self.over
        ended = torch.tensor([ended or self.dead])
        return frame[None], torch.tensor([total]), ended, no | cut, info
