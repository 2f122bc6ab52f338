r"""Blocks of plain and residual networks, and their shortcuts."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.components.model.checks import check_axes, check_whole
from deepbook.milestones.resnet.config import ResNetConfig


class PadShortcut(nn.Module):
    r"""Shortcut of option A: drop pixels and add channels of zeros.

    Args:
        inside: Channels that come in.
        outside: Channels that go out, no fewer.
        stride: Every how many-th row and column is kept.

    Raises:
        ValueError: If a number is below 1, or channels would be lost.

    Examples:
        >>> x = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
        >>> PadShortcut(1, 2, stride=2)(x).flatten().tolist()
        [1.0, 0.0]

    References:
        K. He et al., Deep Residual Learning (2015), section 3.3.
    """

    def __init__(self, inside: int, outside: int, stride: int = 1) -> None:
        super().__init__()
        check_whole(inside=inside, outside=outside, stride=stride)
        if outside < inside:
            raise ValueError(
                f"outside must be {inside} channels or more, got {outside};"
                " padding cannot take channels away, option 'B' can"
            )
        self.extra, self.stride = outside - inside, stride

    def forward(self, x: Tensor) -> Tensor:
        r"""Return `(B, C', H', W')` for `(B, C, H, W)`."""
        x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, 0, self.extra))


class Projection(nn.Module):
    r"""Shortcut of options B and C: a 1 x 1 convolution, normalized.

    Args:
        inside: Channels that come in.
        outside: Channels that go out.
        stride: Every how many-th row and column is kept.

    Raises:
        ValueError: If a number is below 1.

    Examples:
        >>> Projection(4, 8, stride=2)(torch.zeros(1, 4, 6, 6)).shape
        torch.Size([1, 8, 3, 3])
    """

    def __init__(self, inside: int, outside: int, stride: int = 1) -> None:
        super().__init__()
        check_whole(inside=inside, outside=outside, stride=stride)
        self.conv = nn.Conv2d(inside, outside, 1, stride, bias=False)
        self.norm = nn.BatchNorm2d(outside)

    def forward(self, x: Tensor) -> Tensor:
        r"""Return `(B, C', H', W')` for `(B, C, H, W)`."""
        return self.norm(self.conv(x))


class Block(nn.Module):
    r"""Two or three convolutions, and a shortcut around them.

    Args:
        inside: Channels that come in.
        width: Channels of its 3 x 3 convolutions; a bottleneck gives out
            four times as many.
        stride: 2 where the block halves the picture.
        config: Which kind of block.

    Raises:
        ValueError: If a number is below 1.

    Examples:
        A block that has learned nothing, F(x) = 0, passes x on.

        >>> config = ResNetConfig(blocks=(1,), widths=(1,))
        >>> block = Block(1, 1, 1, config).eval()
        >>> _ = nn.init.zeros_(block.convs[1].weight)
        >>> block(torch.tensor([[[[3.0]]]])).item()
        3.0

    References:
        K. He et al., Deep Residual Learning (2015), figures 2 and 5.
    """

    def __init__(
        self, inside: int, width: int, stride: int, config: ResNetConfig
    ) -> None:
        super().__init__()
        check_whole(inside=inside, width=width, stride=stride)
        if config.bottleneck:
            sizes, kernels = [inside, width, width, 4 * width], [1, 3, 1]
        else:
            sizes, kernels = [inside, width, width], [3, 3]
        halving = int(config.bottleneck and not config.stride_first)
        self.convs = nn.ModuleList(
            nn.Conv2d(
                a,
                b,
                kernel,
                stride if i == halving else 1,
                padding=kernel // 2,
                bias=False,
            )
            for i, ((a, b), kernel) in enumerate(
                zip(pairwise(sizes), kernels, strict=True)
            )
        )
        normed = sizes[:-1] if config.preactivation else sizes[1:]
        self.norms = nn.ModuleList(nn.BatchNorm2d(c) for c in normed)
        self.shortcut = _shortcut(inside, sizes[-1], stride, config)

    def residual(self, x: Tensor) -> Tensor:
        r"""Compute F(x): what the block adds to its shortcut."""
        for i, (conv, norm) in enumerate(
            zip(self.convs, self.norms, strict=True)
        ):
            x = norm(conv(x if i == 0 else F.relu(x)))
        return x

    def forward(self, x: Tensor) -> Tensor:
        r"""Return `(B, C', H', W')` for `(B, C, H, W)`."""
        check_axes("x", x, "B, C, H, W")
        out = self.residual(x)
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return F.relu(out)


class PreActivationBlock(Block):
    r"""A block that normalizes first and leaves its sum untouched.

    Args:
        inside: As in `Block`.
        width: As in `Block`.
        stride: As in `Block`.
        config: As in `Block`, with `preactivation`.

    Examples:
        >>> config = ResNetConfig((1,), (1,), preactivation=True)
        >>> block = PreActivationBlock(1, 1, 1, config).eval()
        >>> _ = nn.init.zeros_(block.convs[1].weight)
        >>> block(torch.tensor([[[[-3.0]]]])).item()  # negative, and kept
        -3.0

    References:
        K. He et al., Identity Mappings in Deep Residual Networks (2016).
    """

    def residual(self, x: Tensor) -> Tensor:
        r"""Compute F(x): what the block adds to its shortcut."""
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = conv(F.relu(norm(x)))
        return x

    def forward(self, x: Tensor) -> Tensor:
        r"""Return `(B, C', H', W')` for `(B, C, H, W)`."""
        check_axes("x", x, "B, C, H, W")
        out = self.residual(x)
        return out if self.shortcut is None else out + self.shortcut(x)


@torch.no_grad()
def make_identity(block: Block) -> Block:
    r"""Set the parameters of a block so that it passes its input on.

    A residual block needs zeros. A plain one needs, in each convolution, the
    one filter a channel that copies the middle pixel; it is the identity in
    evaluation mode, for inputs that are not negative.

    Args:
        block: Changed in place; it must keep the shape of its input, and
            have two convolutions unless it is residual.

    Returns:
        The same block.

    Raises:
        ValueError: If the block changes the shape, or is plain and no pair
            of 3 x 3 convolutions, or plain with preactivation.

    Examples:
        >>> config = ResNetConfig(blocks=(1,), widths=(1,), residual=False)
        >>> block = make_identity(Block(1, 1, 1, config)).eval()
        >>> x = torch.tensor([[[[1.0, 2.0]]]])
        >>> torch.allclose(block(x), x)
        True
    """
    first, last = block.convs[0], block.convs[-1]
    halves = any(conv.stride != (1, 1) for conv in block.convs)
    if halves or first.in_channels != last.out_channels:
        raise ValueError(
            "block must keep the shape of its input, got"
            f" {first.in_channels} channels in and {last.out_channels} out"
            f"{', halving the picture' * halves}; choose a later block of"
            " the stage"
        )
    if isinstance(block.shortcut, nn.Identity):
        if isinstance(block, PreActivationBlock):
            last.weight.zero_()
        else:
            block.norms[-1].weight.zero_()
            block.norms[-1].bias.zero_()
        return block
    if block.shortcut is not None or isinstance(block, PreActivationBlock):
        raise ValueError(
            "block must be plain or have an identity shortcut, got"
            f" {type(block).__name__} with {block.shortcut}; use option 'A'"
            " or 'B'"
        )
    if len(block.convs) != 2:
        raise ValueError(
            "a plain block must have 2 convolutions, got"
            f" {len(block.convs)}; a bottleneck drops channels"
        )
    for conv, norm in zip(block.convs, block.norms, strict=True):
        nn.init.dirac_(conv.weight)
        norm.reset_running_stats()
        norm.weight.fill_((1 + norm.eps) ** 0.5)  # undoes the division
        norm.bias.zero_()
    return block


def _shortcut(
    inside: int, outside: int, stride: int, config: ResNetConfig
) -> nn.Module | None:
    if not config.residual:
        return None
    changes = inside != outside or stride != 1
    if config.option == "C" or (config.option == "B" and changes):
        return Projection(inside, outside, stride)
    return PadShortcut(inside, outside, stride) if changes else nn.Identity()
