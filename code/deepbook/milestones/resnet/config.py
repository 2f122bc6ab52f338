r"""Sizes of residual networks: the miniature, and those that were published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ResNetConfig:
    r"""What a plain or residual network is made of.

    Args:
        blocks: Number of blocks in each stage. From the second stage on, the
            first block halves the picture.
        widths: Channels of the 3 x 3 convolutions in each stage.
        bottleneck: Blocks of three convolutions (1 x 1, 3 x 3, 1 x 1 with
            four times the channels) instead of two of 3 x 3.
        residual: Whether blocks have shortcuts; without, the net is plain.
        option: Shortcut where the shape changes: "A" pads with zeros, "B"
            projects. "C" projects everywhere.
        preactivation: Normalization and ReLU before each convolution.
        stride_first: In a bottleneck, halve in the first 1 x 1 convolution,
            as the paper does, instead of the 3 x 3.
        large: Begin with a 7 x 7 convolution and a pooling, which make the
            picture four times smaller, instead of one 3 x 3 convolution.
        channels: Channels of the picture C.
        classes: Number of outputs K.

    Raises:
        ValueError: If a number is below 1, there are not as many widths as
            blocks, or the option is unknown.

    Examples:
        >>> ResNetConfig(blocks=(3, 3, 3), widths=(16, 32, 64)).depth
        20
    """

    blocks: tuple[int, ...]
    widths: tuple[int, ...]
    bottleneck: bool = False
    residual: bool = True
    option: str = "A"
    preactivation: bool = False
    stride_first: bool = False
    large: bool = False
    channels: int = 3
    classes: int = 10

    def __post_init__(self) -> None:
        for name in ("blocks", "widths"):
            numbers = getattr(self, name)
            if not numbers or min(numbers) < 1:
                raise ValueError(
                    f"{name} must be whole numbers from 1 on, one a stage,"
                    f" got {numbers}"
                )
        if len(self.blocks) != len(self.widths):
            raise ValueError(
                f"widths must be as many as blocks ({len(self.blocks)}), got"
                f" {len(self.widths)}; give one width a stage"
            )
        if self.option not in ("A", "B", "C"):
            raise ValueError(
                f"option must be 'A', 'B' or 'C', got {self.option!r}; 'A'"
                " adds no parameters, 'B' projects where the shape changes"
            )
        for name in ("channels", "classes"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"{name} must be 1 or more, got {getattr(self, name)}"
                )

    @property
    def depth(self) -> int:
        r"""Layers with weights, counted as the paper does: no shortcuts."""
        return 2 + (3 if self.bottleneck else 2) * sum(self.blocks)


def cifar_config(
    depth: int, widths: Sequence[int] = (16, 32, 64), **changes
) -> ResNetConfig:
    r"""Make the configuration of a net of depth 6n + 2 for small pictures.

    Args:
        depth: Layers with weights.
        widths: Channels of the three stages.
        changes: Other fields of `ResNetConfig`.

    Returns:
        Three stages of n blocks, shortcuts of option A.

    Raises:
        ValueError: If the depth is not 6n + 2 with n from 1 on.

    Examples:
        >>> cifar_config(56).blocks
        (9, 9, 9)
        >>> cifar_config(21)
        Traceback (most recent call last):
        ValueError: depth must be 6n + 2 with n from 1 on, got 21; try 20 or 26

    References:
        K. He et al., Deep Residual Learning (2015), section 4.2.
    """
    n, rest = divmod(depth - 2, 6)
    if n < 1 or rest:
        low = max(8, depth - rest)
        raise ValueError(
            f"depth must be 6n + 2 with n from 1 on, got {depth}; try {low}"
            f" or {low + 6}"
        )
    return ResNetConfig((n, n, n), tuple(widths), **changes)


def _imagenet(blocks: tuple[int, ...], bottleneck: bool) -> ResNetConfig:
    return ResNetConfig(
        blocks,
        (64, 128, 256, 512),
        bottleneck=bottleneck,
        option="B",
        stride_first=True,
        large=True,
        classes=1000,
    )


CONFIGS = {
    "miniature": cifar_config(20, widths=(8, 16, 32), channels=1),
    "resnet-18": _imagenet((2, 2, 2, 2), False),
    "resnet-34": _imagenet((3, 4, 6, 3), False),
    "resnet-50": _imagenet((3, 4, 6, 3), True),
    "resnet-101": _imagenet((3, 4, 23, 3), True),
    "resnet-152": _imagenet((3, 8, 36, 3), True),
    **{f"cifar-{d}": cifar_config(d) for d in (20, 32, 44, 56, 110, 1202)},
}
"""The miniature, the five nets for ImageNet and the six for CIFAR-10."""

PUBLISHED_PARAMETERS = {
    "resnet-18": (11_689_512, None),
    "resnet-34": (21_797_672, None),
    "resnet-50": (25_557_032, None),
    "resnet-101": (44_549_160, None),
    "resnet-152": (60_192_808, None),
    "cifar-20": (269_722, "0.27e6"),
    "cifar-32": (464_154, "0.46e6"),
    "cifar-44": (658_586, "0.66e6"),
    "cifar-56": (853_018, "0.85e6"),
    "cifar-110": (1_727_962, "1.7e6"),
    "cifar-1202": (19_421_274, "19.4e6"),
}
"""Parameters of each published size, and as its paper prints them.

The paper prints none for ImageNet; those counts are of torchvision's models.
The six for CIFAR-10 are in Table 6.
"""

PRINTED_MULTIPLY_ADDS = {
    "resnet-18": "1.8e9",
    "resnet-34": "3.6e9",
    "resnet-50": "3.8e9",
    "resnet-101": "7.6e9",
    "resnet-152": "11.3e9",
}
"""FLOPs of Table 1, where one multiply-add is one FLOP; 224 x 224 pixels."""
