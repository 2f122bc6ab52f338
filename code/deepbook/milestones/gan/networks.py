r"""Generators and discriminators: multilayer perceptrons, several side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from deepbook.checks import check_number


@dataclass(frozen=True)
class GANConfig:
    r"""Sizes of a generator and its discriminator.

    Args:
        latent_size: Numbers of noise that the generator gets.
        data_size: Numbers in a sample.
        generator_hidden: Widths of its hidden layers.
        discriminator_hidden: Widths of its hidden layers.
        bounded: Whether samples lie in [0, 1], as pixels do.

    Raises:
        ValueError: If a size is below 1.

    Examples:
        >>> CONFIGS["ring"].data_size, CONFIGS["digits"].data_size
        (2, 64)
    """

    latent_size: int
    data_size: int
    generator_hidden: tuple[int, ...]
    discriminator_hidden: tuple[int, ...]
    bounded: bool = False

    def __post_init__(self) -> None:
        for name in ("latent_size", "data_size"):
            size = getattr(self, name)
            check_number(name, size, size >= 1, "1 or more")
        for name in ("generator_hidden", "discriminator_hidden"):
            for size in getattr(self, name):
                check_number(name, size, size >= 1, "widths of 1 or more")


CONFIGS = {
    "ring": GANConfig(8, 2, (64, 64), (64, 64)),
    "digits": GANConfig(16, 64, (128, 128), (128, 128), bounded=True),
}
"""The miniatures of the chapter."""


class Networks(nn.Module):
    r"""R multilayer perceptrons side by side, which do not touch.

    Weights are `(R, in, out)`, so that one product of matrices serves every
    run. A run gets the same weights alone and in company.

    Args:
        sizes: Numbers in the input, the hidden layers and the output.
        generators: Sources of randomness, one a run.
        slope: Slope of the activation below zero; 0 is ReLU.
        bounded: Whether a sigmoid ends the network.

    Raises:
        ValueError: If there are fewer than two sizes, or no generators;
            when called, if the input has another shape.

    Examples:
        >>> two = [torch.Generator().manual_seed(s) for s in (0, 1)]
        >>> networks = Networks([8, 16, 2], two)
        >>> networks(torch.zeros(2, 5, 8)).shape
        torch.Size([2, 5, 2])
    """

    def __init__(
        self,
        sizes: Sequence[int],
        generators: Sequence[torch.Generator],
        *,
        slope: float = 0.0,
        bounded: bool = False,
    ) -> None:
        super().__init__()
        if len(sizes) < 2:
            raise ValueError(
                f"sizes must be two numbers or more, got {list(sizes)}; "
                "name the input and the output"
            )
        if not generators:
            raise ValueError(
                "generators must be one for each run, got none; pass a list"
            )
        self.slope, self.bounded = slope, bounded
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for fan_in, fan_out in zip(sizes, sizes[1:], strict=False):
            drawn = [
                torch.randn(fan_in, fan_out, generator=g) for g in generators
            ]
            scale = math.sqrt(2 / fan_in)
            self.weights.append(scale * torch.stack(drawn))
            self.biases.append(torch.zeros(len(generators), 1, fan_out))

    def forward(self, x: Tensor) -> Tensor:
        runs, fan_in, _ = self.weights[0].shape
        if x.ndim != 3 or x.shape[0] != runs or x.shape[2] != fan_in:
            raise ValueError(
                f"x must have shape (R, B, in), here ({runs}, B, {fan_in}), "
                f"got {tuple(x.shape)}; give every run a batch"
            )
        last = len(self.weights) - 1
        for i, weight in enumerate(self.weights):
            x = torch.baddbmm(self.biases[i], x, weight)  # (R, B, out)
            if i < last:
                x = functional.leaky_relu(x, self.slope)
        return x.sigmoid() if self.bounded else x


class Generator(Networks):
    r"""Noise `(R, B, latent_size)` to samples `(R, B, data_size)`.

    Args:
        config: Sizes.
        generators: Sources of randomness, one a run.

    Examples:
        >>> g = Generator(CONFIGS["ring"], [torch.Generator()])
        >>> g(torch.randn(1, 3, 8)).shape
        torch.Size([1, 3, 2])
    """

    def __init__(
        self, config: GANConfig, generators: Sequence[torch.Generator]
    ) -> None:
        sizes = (
            config.latent_size,
            *config.generator_hidden,
            config.data_size,
        )
        super().__init__(sizes, generators, bounded=config.bounded)


class Discriminator(Networks):
    r"""Samples `(R, B, data_size)` to logits `(R, B)`: is this one real?

    Args:
        config: Sizes.
        generators: Sources of randomness, one a run.

    Examples:
        >>> d = Discriminator(CONFIGS["ring"], [torch.Generator()])
        >>> d(torch.zeros(1, 3, 2)).shape
        torch.Size([1, 3])
    """

    def __init__(
        self, config: GANConfig, generators: Sequence[torch.Generator]
    ) -> None:
        sizes = (config.data_size, *config.discriminator_hidden, 1)
        super().__init__(sizes, generators, slope=0.2)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).squeeze(-1)
