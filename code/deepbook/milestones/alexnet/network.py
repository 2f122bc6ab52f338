r"""AlexNet once, for its sizes of 2012 and 2014 and for pictures of 24 x 24."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from torch import Tensor, nn

from deepbook.components.model.checks import check_axes, check_whole
from deepbook.milestones.alexnet.layers import LocalResponseNorm

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}
"""What may stand behind each layer but the last."""


@dataclass(frozen=True)
class Config:
    r"""Sizes of an AlexNet: convolutions, then three linear layers.

    Args:
        picture: Side of the pictures in pixels.
        classes: Number of outputs K.
        maps: Maps of each convolution.
        filters: Side of the filters of each convolution.
        padding: Zeros around the input of each convolution.
        stride: Of the first convolution; the others have 1.
        groups: Groups of each convolution: with 2, each half of the maps
            sees one half of the maps before.
        pooled: Convolutions, counted from 1, that are followed by pooling.
        pool_size: Side of a pooling window, whose stride is 2.
        normalized: Convolutions that are followed by response
            normalization, before the pooling.
        alpha: Weight of the squares in that normalization.
        hidden: Units of the first two linear layers.
        dropout: Probability of silencing an input of these two.
        activation: "relu" or "tanh".

    Raises:
        ValueError: If lists differ in length, a size is below 1, or another
            setting is out of range.

    Examples:
        >>> from dataclasses import replace
        >>> replace(CONFIGS["miniature"], activation="tanh").activation
        'tanh'
    """

    picture: int = 224
    classes: int = 1000
    maps: tuple[int, ...] = (96, 256, 384, 384, 256)
    filters: tuple[int, ...] = (11, 5, 3, 3, 3)
    padding: tuple[int, ...] = (2, 2, 1, 1, 1)
    stride: int = 4
    groups: tuple[int, ...] = (1, 2, 1, 2, 2)
    pooled: tuple[int, ...] = (1, 2, 5)
    pool_size: int = 3
    normalized: tuple[int, ...] = (1, 2)
    alpha: float = 1e-4
    hidden: int = 4096
    dropout: float = 0.5
    activation: str = "relu"

    def __post_init__(self) -> None:
        for name in ("filters", "padding", "groups"):
            if len(getattr(self, name)) != len(self.maps):
                raise ValueError(
                    f"{name} must have one number for each convolution,"
                    f" {len(self.maps)}, got {getattr(self, name)}"
                )
        whole = ("picture", "classes", "stride", "pool_size", "hidden")
        check_whole(**{name: getattr(self, name) for name in whole})
        for size in (*self.maps, *self.filters, *self.groups):
            check_whole(maps_filters_or_groups=size)
        if min(self.padding) < 0:
            raise ValueError(f"padding must be 0 or more, got {self.padding}")
        before = (self.maps[0], *self.maps[:-1])  # the first sees 3 colors
        sizes = zip(before, self.maps, self.groups, strict=True)
        if any(of % groups or to % groups for of, to, groups in sizes):
            raise ValueError(
                "groups must divide the maps before and after, got"
                f" {self.groups} for maps {self.maps}"
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(
                f"dropout must be in [0, 1), got {self.dropout}; 0 is none"
            )
        if self.activation not in ACTIVATIONS:
            raise ValueError(
                f"activation must be one of {', '.join(ACTIVATIONS)}, got"
                f" {self.activation!r}"
            )
        inside = range(1, len(self.maps) + 1)
        for name in ("pooled", "normalized"):
            if not set(getattr(self, name)) <= set(inside):
                raise ValueError(
                    f"{name} must name convolutions 1 to {len(self.maps)},"
                    f" got {getattr(self, name)}"
                )
        if self.sides[-1] < 1:
            raise ValueError(
                f"picture must be large enough for all layers, got"
                f" {self.picture}; maps would have sides {self.sides}"
            )

    @property
    def sides(self) -> list[int]:
        r"""Side of the maps of each convolution, then after its pooling.

        Examples:
            >>> CONFIGS["two-group"].sides
            [55, 27, 27, 13, 13, 13, 13, 6]
        """
        sides, side = [], self.picture
        layers = zip(self.filters, self.padding, strict=True)
        for i, (size, padding) in enumerate(layers, start=1):
            side = (side + 2 * padding - size) // self.step(i) + 1
            sides.append(side)
            if i in self.pooled:
                side = (side - self.pool_size) // 2 + 1
                sides.append(side)
        return sides

    def step(self, convolution: int) -> int:
        r"""Stride of a convolution, counted from 1."""
        return self.stride if convolution == 1 else 1


CONFIGS = {
    "two-group": Config(),
    "one-tower": Config(
        maps=(64, 192, 384, 256, 256), groups=(1,) * 5, normalized=()
    ),
    "miniature": Config(
        picture=24,
        classes=4,
        maps=(16, 24, 32, 32, 24),
        filters=(5, 3, 3, 3, 3),
        padding=(1, 1, 1, 1, 1),
        stride=2,
        groups=(1,) * 5,
        pooled=(1, 2),
        hidden=256,
    ),
}
"""The network of the paper, its one-tower form as torchvision builds it, and ours."""

PUBLISHED_PARAMETERS = {
    "two-group": (60_965_224, "Krizhevsky et al. (2012), section 3.5"),
    "one-tower": (61_100_840, "torchvision.models.alexnet"),
}
"""Number of parameters of each published size, and where its sizes stand."""


class AlexNet(nn.Module):
    r"""Convolutions with pooling, then three linear layers with dropout.

    Args:
        config: Sizes, one of `CONFIGS` or one made from it by
            `dataclasses.replace`.

    Examples:
        >>> import torch
        >>> from deepbook.components.model import count_parameters
        >>> net = AlexNet(CONFIGS["miniature"])
        >>> net(torch.zeros(5, 3, 24, 24)).shape
        torch.Size([5, 4])
        >>> with torch.device("meta"):
        ...     count_parameters(AlexNet(CONFIGS["two-group"]))
        60965224

    References:
        Krizhevsky et al., ImageNet Classification with Deep Convolutional
        Neural Networks (2012), section 3.5; one tower: Krizhevsky, One Weird
        Trick for Parallelizing Convolutional Neural Networks (2014).
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = c = config
        activation, layers = ACTIVATIONS[c.activation], []
        before = (3, *c.maps[:-1])
        sizes = zip(
            before, c.maps, c.filters, c.padding, c.groups, strict=True
        )
        for i, (of, to, size, padding, groups) in enumerate(sizes, start=1):
            convolution = nn.Conv2d(
                of, to, size, c.step(i), padding, groups=groups
            )
            layers += [(f"conv{i}", convolution), (f"act{i}", activation())]
            if i in c.normalized:
                layers.append((f"norm{i}", LocalResponseNorm(alpha=c.alpha)))
            if i in c.pooled:
                layers.append((f"pool{i}", nn.MaxPool2d(c.pool_size, 2)))
        self.features = nn.Sequential(OrderedDict(layers))
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(c.dropout),
            nn.Linear(c.maps[-1] * c.sides[-1] ** 2, c.hidden),
            activation(),
            nn.Dropout(c.dropout),
            nn.Linear(c.hidden, c.hidden),
            activation(),
            nn.Linear(c.hidden, c.classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        r"""Compute the scores of the classes.

        Args:
            x: `(B, 3, H, W)`, the sides as in the configuration.

        Returns:
            Logits `(B, K)`.

        Raises:
            TypeError: If x is no floating-point tensor.
            ValueError: If x has another shape.
        """
        check_axes("x", x, "B, C, H, W")
        side = self.config.picture
        if x.shape[1:] != (3, side, side):
            raise ValueError(
                f"x must have shape (B, 3, {side}, {side}), got"
                f" {tuple(x.shape)}; crop the pictures or change `picture`"
            )
        return self.classifier(self.features(x))
