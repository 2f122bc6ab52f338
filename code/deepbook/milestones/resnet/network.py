r"""The network: a stem, stages of blocks, the mean of each map, a head."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.components.model.checks import check_axes
from deepbook.milestones.resnet.blocks import Block, PreActivationBlock
from deepbook.milestones.resnet.config import ResNetConfig


class ResNet(nn.Module):
    r"""A plain or residual network for pictures.

    Args:
        config: What it is made of; see `CONFIGS`.

    Examples:
        >>> import torch
        >>> from deepbook.components.model import count_parameters
        >>> from deepbook.milestones.resnet.config import CONFIGS
        >>> with torch.device("meta"):
        ...     count_parameters(ResNet(CONFIGS["resnet-50"]))
        25557032
        >>> ResNet(CONFIGS["miniature"])(torch.zeros(2, 1, 12, 12)).shape
        torch.Size([2, 10])

    References:
        K. He et al., Deep Residual Learning (2015), Table 1, section 4.2.
    """

    def __init__(self, config: ResNetConfig) -> None:
        super().__init__()
        self.config = config
        inside = config.widths[0]
        kernel, stride = (7, 2) if config.large else (3, 1)
        self.conv = nn.Conv2d(
            config.channels,
            inside,
            kernel,
            stride,
            padding=kernel // 2,
            bias=False,
        )
        self.norm = nn.BatchNorm2d(inside)
        kind = PreActivationBlock if config.preactivation else Block
        self.stages = nn.ModuleList()
        for s, (count, width) in enumerate(
            zip(config.blocks, config.widths, strict=True)
        ):
            stage = nn.Sequential()
            for b in range(count):
                stride = 2 if s > 0 and b == 0 else 1
                stage.append(kind(inside, width, stride, config))
                inside = 4 * width if config.bottleneck else width
            self.stages.append(stage)
        self.last_norm = (
            nn.BatchNorm2d(inside) if config.preactivation else None
        )
        self.head = nn.Linear(inside, config.classes)

    @property
    def blocks(self) -> list[Block]:
        r"""All blocks, from the input to the output."""
        return [block for stage in self.stages for block in stage]

    def forward(self, x: Tensor) -> Tensor:
        r"""Compute the scores of the classes.

        Args:
            x: `(B, C, H, W)`.

        Returns:
            `(B, K)`.
        """
        return self.finish(self.activations(x)[-1])

    def activations(self, x: Tensor) -> list[Tensor]:
        r"""Compute what each block is given, and what the last gives out.

        Args:
            x: `(B, C, H, W)`.

        Returns:
            One tensor `(B, C', H', W')` more than there are blocks.
        """
        check_axes("x", x, "B, C, H, W")
        x = F.relu(self.norm(self.conv(x)))
        if self.config.large:
            x = F.max_pool2d(x, 3, stride=2, padding=1)
        states = [x]
        for stage in self.stages:
            for block in stage:
                states.append(block(states[-1]))
        return states

    def finish(self, x: Tensor) -> Tensor:
        r"""Compute scores `(B, K)` from what the last block gives out."""
        if self.last_norm is not None:
            x = F.relu(self.last_norm(x))
        return self.head(x.mean((2, 3)))  # (B, C) -> (B, K)
