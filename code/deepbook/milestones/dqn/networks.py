r"""The networks of DQN: from a stack of frames to a value for each action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class QConfig:
    r"""Sizes of a Q-network.

    Args:
        actions: Number of actions A, so of outputs.
        stack: Number of frames F in a state.
        size: Height and width of a frame in pixels.
        convolutions: One triple (channels, kernel, stride) for each layer.
        hidden: Width of the hidden layer after the convolutions; 0 for none.

    Raises:
        ValueError: If a size is below 1, or a kernel does not fit.

    Examples:
        >>> QConfig(4, convolutions=((16, 8, 4), (32, 4, 2)), hidden=256).flat
        2592
        >>> QConfig(0)
        Traceback (most recent call last):
        ValueError: actions must be a whole number, at least 1, got 0
    """

    actions: int
    stack: int = 4
    size: int = 84
    convolutions: Sequence[tuple[int, int, int]] = ()
    hidden: int = 0

    def __post_init__(self):
        for name in ("actions", "stack", "size", "hidden"):
            value, least = getattr(self, name), int(name != "hidden")
            if not isinstance(value, int) or value < least:
                raise ValueError(
                    f"{name} must be a whole number, at least {least}, "
                    f"got {value}"
                )
        for layer in self.convolutions:
            if len(layer) != 3 or min(layer) < 1:
                raise ValueError(
                    "convolutions must be triples (channels, kernel, stride) "
                    f"of 1 or more, got {layer}"
                )
        if self.flat < 1:
            raise ValueError(
                f"size must leave a pixel after {self.convolutions}, got "
                f"{self.size}; use smaller kernels or strides"
            )

    @property
    def flat(self) -> int:
        r"""How many numbers the convolutions leave."""
        channels, side = self.stack, self.size
        for channels, kernel, stride in self.convolutions:  # noqa: B007
            if side < kernel:
                return 0
            side = (side - kernel) // stride + 1
        return channels * side * side


class QNetwork(nn.Module):
    r"""From a stack of frames to one value for each action.

    Args:
        config: Sizes; without convolutions and hidden layer it is a linear
            learner.

    Examples:
        >>> network = QNetwork(CONFIGS["dqn-2013"])
        >>> frames = torch.zeros(2, 4, 84, 84, dtype=torch.uint8)
        >>> network(frames).shape
        torch.Size([2, 4])

    References:
        V. Mnih et al., Playing Atari with Deep Reinforcement Learning (2013),
        section 4.1; Human-level control through deep reinforcement learning
        (2015), Methods.
    """

    def __init__(self, config: QConfig):
        super().__init__()
        self.config = config
        layers: list[nn.Module] = []
        channels = config.stack
        for width, kernel, stride in config.convolutions:
            layers += [nn.Conv2d(channels, width, kernel, stride), nn.ReLU()]
            channels = width
        layers.append(nn.Flatten())
        features = config.flat
        if config.hidden:
            layers += [nn.Linear(features, config.hidden), nn.ReLU()]
            features = config.hidden
        self.layers = nn.Sequential(
            *layers, nn.Linear(features, config.actions)
        )

    def forward(self, frames: Tensor) -> Tensor:
        r"""Compute the values of all actions in one pass.

        Args:
            frames: `(B, F, H, W)`, uint8 from 0 to 255.

        Returns:
            Values `(B, A)`, in units of reward.

        Raises:
            TypeError: If the frames are not uint8.
            ValueError: If their shape is another.
        """
        side = self.config.size
        if frames.dtype != torch.uint8:
            raise TypeError(
                f"frames must be uint8 from 0 to 255, got {frames.dtype}; "
                "the network divides by 255 itself"
            )
        if frames.ndim != 4 or frames.shape[1:] != (
            self.config.stack, side, side
        ):  # fmt: skip
            raise ValueError(
                f"frames must be (B, {self.config.stack}, {side}, {side}), "
                f"got {tuple(frames.shape)}"
            )
        return self.layers(frames.to(self.layers[-1].weight.dtype) / 255)


NIPS = ((16, 8, 4), (32, 4, 2))
"""Convolutions of the paper of 2013: (channels, kernel, stride)."""
NATURE = ((32, 8, 4), (64, 4, 2), (64, 3, 1))
"""Convolutions of the paper of 2015."""

CONFIGS = {
    "miniature": QConfig(3, 2, 8, ((16, 3, 1),), hidden=128),
    "linear": QConfig(3, 2, 8),
    "dqn-2013": QConfig(4, convolutions=NIPS, hidden=256),
    "dqn-2013-18": QConfig(18, convolutions=NIPS, hidden=256),
    "dqn-2015": QConfig(4, convolutions=NATURE, hidden=512),
    "dqn-2015-18": QConfig(18, convolutions=NATURE, hidden=512),
}
"""For the chapter's own game; and as published, with 4 and 18 actions."""

PUBLISHED_PARAMETERS = {
    "dqn-2013": 677_172,
    "dqn-2013-18": 680_770,
    "dqn-2015": 1_686_180,
    "dqn-2015-18": 1_693_362,
}
"""Parameters counted from the papers' descriptions; the papers print none."""
