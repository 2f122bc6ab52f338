r"""The network: an encoder that is kept, and a projection head that is not."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from deepbook.checks import check_number
from deepbook.milestones.resnet import ResNet, ResNetConfig

HEADS = ("mlp", "linear", "none")


@dataclass(frozen=True)
class SimCLRConfig:
    r"""What a SimCLR network is made of.

    Args:
        encoder: The residual network; its classifier is left out.
        head: "mlp" is one hidden layer, "linear" none, "none" compares the
            representations themselves.
        projection: Numbers in a projection D'.

    Raises:
        ValueError: If the head is unknown or the projection below 1.

    Examples:
        >>> SimCLRConfig(ResNetConfig((1, 1), (8, 16))).features
        16
    """

    encoder: ResNetConfig
    head: str = "mlp"
    projection: int = 128

    def __post_init__(self) -> None:
        if self.head not in HEADS:
            raise ValueError(
                f"head must be one of {HEADS}, got {self.head!r}; the paper's"
                " is 'mlp'"
            )
        check_number(
            "projection", self.projection, self.projection >= 1, "1 or more"
        )

    @property
    def features(self) -> int:
        r"""Numbers in a representation D."""
        last = self.encoder.widths[-1]
        return 4 * last if self.encoder.bottleneck else last


class SimCLR(nn.Module):
    r"""An encoder and its projection head.

    Args:
        config: What it is made of; see `CONFIGS`.

    Examples:
        >>> import torch
        >>> model = SimCLR(CONFIGS["miniature"])
        >>> pictures = torch.zeros(2, 3, 24, 24)
        >>> model.encoder(pictures).shape, model(pictures).shape
        (torch.Size([2, 64]), torch.Size([2, 32]))

    References:
        T. Chen et al., A Simple Framework for Contrastive Learning (2020),
        section 2.1.
    """

    def __init__(self, config: SimCLRConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = ResNet(config.encoder)
        self.encoder.head = nn.Identity()  # (B, D) instead of scores
        d, out = config.features, config.projection
        self.head = {
            "mlp": lambda: nn.Sequential(
                nn.Linear(d, d), nn.ReLU(), nn.Linear(d, out)
            ),
            "linear": lambda: nn.Linear(d, out),
            "none": nn.Identity,
        }[config.head]()

    def forward(self, x: Tensor) -> Tensor:
        r"""Return projections `(B, D')` for pictures `(B, C, H, W)`."""
        return self.head(self.encoder(x))


def _resnet_50(width: int) -> SimCLRConfig:
    return SimCLRConfig(
        ResNetConfig(
            (3, 4, 6, 3),
            tuple(width * w for w in (64, 128, 256, 512)),
            bottleneck=True,
            option="B",
            large=True,
        )
    )


CONFIGS = {
    "miniature": SimCLRConfig(
        ResNetConfig((1, 1, 1), (16, 32, 64), option="B", large=True),
        projection=32,
    ),
    "resnet-50-1x": _resnet_50(1),
    "resnet-50-2x": _resnet_50(2),
    "resnet-50-4x": _resnet_50(4),
}
"""The miniature, and the three encoders of the paper with their heads."""

PUBLISHED_PARAMETERS = {
    "resnet-50-1x": (23_508_032, "24e6"),
    "resnet-50-2x": (93_907_072, "94e6"),
    "resnet-50-4x": (375_378_176, "375e6"),
}
"""Parameters of each encoder without a classifier, and as the paper prints
them (Table 6)."""
