r"""U-Net: a way down, a way up, and connections across at every size."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.components.model.checks import check_axes, check_whole


@dataclass(frozen=True)
class UNetConfig:
    r"""What a U-Net is made of.

    Args:
        widths: Channels at each level, the full size first; each level below
            has half the height and width.
        channels: Channels of the picture C.
        classes: Number of outputs K, the ground among them.
        skips: For each level but the lowest, whether what the way down knew
            is joined to the way up; None for all. Where it is not, the way up
            brings twice the channels, so that nothing else changes.
        padded: Whether convolutions keep the size; without, each takes away
            one pixel on every side and the output is smaller than the input.
        normalized: Batch normalization after each 3 x 3 convolution.

    Raises:
        ValueError: If there are fewer than two levels, a number is below 1,
            or there is not one skip a level but the lowest.

    Examples:
        >>> UNetConfig((8, 16), padded=False).output_side(60)
        44
    """

    widths: tuple[int, ...]
    channels: int = 3
    classes: int = 5
    skips: tuple[bool, ...] | None = None
    padded: bool = True
    normalized: bool = True

    def __post_init__(self) -> None:
        if len(self.widths) < 2 or min(self.widths) < 1:
            raise ValueError(
                "widths must be two or more whole numbers from 1 on, one a"
                f" level, got {self.widths}; (8, 16, 32) has three levels"
            )
        check_whole(channels=self.channels, classes=self.classes)
        if self.skips is None:
            object.__setattr__(self, "skips", (True,) * self.depth)
        if len(self.skips) != self.depth:
            raise ValueError(
                f"skips must be {self.depth} of True or False, the full size"
                f" first, got {self.skips}; the lowest level has none"
            )

    @property
    def depth(self) -> int:
        r"""How many times the picture is halved."""
        return len(self.widths) - 1

    def output_side(self, side: int) -> int:
        r"""Compute the height or width of the output.

        Args:
            side: That of the picture in pixels.

        Returns:
            Pixels.

        Raises:
            ValueError: If a level would have an odd side to halve, or none.

        Examples:
            >>> CONFIGS["miniature"].output_side(32)
            32
        """
        size, lost = side, 0 if self.padded else 4
        for _ in range(self.depth):
            size -= lost
            if size < 2 or size % 2:
                raise ValueError(
                    "every level must have an even side to halve, got"
                    f" {size} on the way from {side}; {self._cure(side)}"
                )
            size //= 2
        size -= lost
        if size < 1:
            raise ValueError(
                f"the lowest level must have pixels left, got {size} on the"
                f" way from {side}; {self._cure(side)}"
            )
        for _ in range(self.depth):
            size = 2 * size - lost
        if size < 1:
            raise ValueError(
                f"pixels must be left at the end, got {size} from {side};"
                f" {self._cure(side)}"
            )
        return size

    def _cure(self, side: int) -> str:
        if self.padded:
            return f"use a multiple of {2**self.depth}, or pad the picture"
        return f"sides that work are {2**self.depth} pixels apart"


CONFIGS = {
    "miniature": UNetConfig((8, 16, 32), classes=4),
    "unet-2015": UNetConfig(
        (64, 128, 256, 512, 1024),
        channels=1,
        classes=2,
        padded=False,
        normalized=False,
    ),
}
"""The miniature, and the network of the paper (figure 1)."""

PUBLISHED_PARAMETERS = {"unet-2015": 31_030_658}
"""Parameters of each published size.

The paper prints no count, but 23 convolutions and sides of 572 and 388 pixels. Independent implementations of its figure count the
same number, for instance code/profiling-tf-models/u_net.py of gchlebus/gchlebus.github.io.
"""


class UpConvolution(nn.ConvTranspose2d):
    r"""A transposed convolution of 2 x 2: every pixel becomes four.

    Args:
        inside: Channels that come in.
        outside: Channels that go out.

    Raises:
        ValueError: If a number is below 1.

    Examples:
        >>> UpConvolution(4, 2)(torch.zeros(1, 4, 3, 3)).shape
        torch.Size([1, 2, 6, 6])
    """

    def __init__(self, inside: int, outside: int) -> None:
        check_whole(inside=inside, outside=outside)
        super().__init__(inside, outside, 2, stride=2)

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator) -> None:
        r"""Draw weights of variance 2 / fan-in.

        Each output pixel sees one place of the input, in all channels.
        """
        spread = (2 / self.in_channels) ** 0.5
        self.weight.normal_(0.0, spread, generator=generator)
        self.bias.zero_()


class UNet(nn.Module):
    r"""A network that gives every pixel of a picture scores of the classes.

    Args:
        config: What it is made of; see `CONFIGS`.

    Examples:
        >>> from deepbook.components.model import count_parameters
        >>> UNet(CONFIGS["miniature"])(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 4, 32, 32])
        >>> with torch.device("meta"):
        ...     net = UNet(CONFIGS["unet-2015"])
        ...     net(torch.zeros(1, 1, 572, 572)).shape
        torch.Size([1, 2, 388, 388])
        >>> count_parameters(net)
        31030658

    References:
        O. Ronneberger et al., U-Net (2015), figure 1 and section 2.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        self.merge = nn.ModuleList()
        for inside, width in pairwise((config.channels, *config.widths)):
            self.down.append(_pair(inside, width, config))
        levels = zip(pairwise(config.widths), config.skips, strict=True)
        for (width, below), skip in levels:
            self.up.append(UpConvolution(below, width if skip else 2 * width))
            self.merge.append(_pair(2 * width, width, config))
        self.head = nn.Conv2d(config.widths[0], config.classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        r"""Compute scores of the classes.

        Args:
            x: `(B, C, H, W)`.

        Returns:
            `(B, K, H', W')`; H' and W' are H and W where it is padded.

        Raises:
            TypeError: If `x` is no floating-point tensor.
            ValueError: If its shape is another one, or a side does not fit.
        """
        self._check(x)
        known = []
        for level in self.down[:-1]:
            known.append(level(x))
            x = F.max_pool2d(known[-1], 2)
        x = self.down[-1](x)
        for i in reversed(range(self.config.depth)):
            x = self.up[i](x)  # twice the height and width
            if self.config.skips[i]:
                x = torch.cat([_crop(known[i], x), x], dim=1)
            x = self.merge[i](x)
        return self.head(x)

    def _check(self, x: Tensor) -> None:
        check_axes("x", x, "B, C, H, W")
        if x.shape[1] != self.config.channels:
            raise ValueError(
                f"x must have {self.config.channels} channels, got shape"
                f" {tuple(x.shape)}; the configuration says how many"
            )
        for side in x.shape[2:]:
            self.config.output_side(side)


def _pair(inside: int, width: int, config: UNetConfig) -> nn.Sequential:
    r"""Two convolutions of 3 x 3, each with ReLU."""
    layers = []
    for channels in (inside, width):
        layers.append(
            nn.Conv2d(
                channels,
                width,
                3,
                padding=int(config.padded),
                bias=not config.normalized,
            )
        )
        if config.normalized:
            layers.append(nn.BatchNorm2d(width))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def _crop(x: Tensor, like: Tensor) -> Tensor:
    r"""Cut the middle out of x `(B, C, H, W)`, of the size of `like`."""
    high, wide = like.shape[2:]
    top, left = (x.shape[2] - high) // 2, (x.shape[3] - wide) // 2
    return x[:, :, top : top + high, left : left + wide]
