r"""Two small networks with one and the same body: numbers for coordinates, or a heat map for each keypoint."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.components.model.checks import check_axes, check_whole


class Body(nn.Module):
    r"""Two halvings by convolutions of stride 2, then two that look far.

    Args:
        channels: Channels after the first convolution; twice as many later.

    Raises:
        ValueError: If channels is below 1.

    Examples:
        >>> fine, coarse = Body(8)(torch.zeros(5, 3, 32, 32))
        >>> fine.shape, coarse.shape
        (torch.Size([5, 8, 16, 16]), torch.Size([5, 16, 8, 8]))
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        check_whole(channels=channels)
        self.first = nn.Conv2d(3, channels, 3, stride=2, padding=1)
        self.second = nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1)
        wide = {"kernel_size": 3, "padding": 2, "dilation": 2}
        self.third = nn.Conv2d(2 * channels, 2 * channels, **wide)
        self.fourth = nn.Conv2d(2 * channels, 2 * channels, **wide)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        r"""Compute features of stride 2 and of stride 4.

        Args:
            images: `(B, 3, H, W)`, floating point, H and W divisible by 4.

        Returns:
            `(B, C, H / 2, W / 2)` and `(B, 2C, H / 4, W / 4)`.

        Raises:
            TypeError: If `images` is no floating-point tensor.
            ValueError: If it has another shape.
        """
        check_axes("images", images, "B, C, H, W")
        _, channels, high, wide = images.shape
        if channels != 3 or high % 4 or wide % 4:
            raise ValueError(
                "images must have 3 channels and sides divisible by 4, got "
                f"shape {tuple(images.shape)}"
            )
        fine = torch.relu(self.first(images))
        coarse = torch.relu(self.second(fine))
        coarse = torch.relu(self.third(coarse))
        return fine, torch.relu(self.fourth(coarse))


class HeatmapNet(nn.Module):
    r"""A heat map of stride 2 for each keypoint.

    The coarse features, which have seen the whole object, are enlarged and
    added to the fine ones, which know the place better.

    Args:
        keypoints: Number K of maps.
        channels: Width of the body.

    Raises:
        ValueError: If a size is below 1.

    Examples:
        >>> HeatmapNet(7)(torch.zeros(5, 3, 32, 32)).shape
        torch.Size([5, 7, 16, 16])
    """

    stride = 2

    def __init__(self, keypoints: int, channels: int = 16) -> None:
        super().__init__()
        check_whole(keypoints=keypoints)
        self.body = Body(channels)
        self.narrow = nn.Conv2d(2 * channels, channels, 1)
        self.join = nn.Conv2d(channels, channels, 3, padding=1)
        self.head = nn.Conv2d(channels, keypoints, 1)

    def forward(self, images: Tensor) -> Tensor:
        r"""Compute one map for each keypoint.

        Args:
            images: `(B, 3, H, W)`, floating point, H and W divisible by 4.

        Returns:
            `(B, K, H / 2, W / 2)`.

        Raises:
            TypeError: If `images` is no floating-point tensor.
            ValueError: If it has another shape.
        """
        fine, coarse = self.body(images)
        grown = F.interpolate(self.narrow(coarse), scale_factor=2.0)
        joined = torch.relu(fine + grown)
        return self.head(torch.relu(self.join(joined)))


class CoordinateNet(nn.Module):
    r"""x and y of each keypoint, straight from the features.

    Args:
        keypoints: Number K of points.
        size: Height and width of the pictures in pixels, divisible by 4.
        channels: Width of the body.

    Raises:
        ValueError: If a size is below 1.

    Examples:
        >>> CoordinateNet(7, 32)(torch.zeros(5, 3, 32, 32)).shape
        torch.Size([5, 7, 2])
    """

    def __init__(self, keypoints: int, size: int, channels: int = 16) -> None:
        super().__init__()
        check_whole(keypoints=keypoints, size=size)
        self.size = size
        self.body = Body(channels)
        self.hidden = nn.Linear(2 * channels * (size // 4) ** 2, 64)
        self.head = nn.Linear(64, 2 * keypoints)

    def forward(self, images: Tensor) -> Tensor:
        r"""Compute one point for each keypoint.

        Args:
            images: `(B, 3, S, S)`, floating point.

        Returns:
            `(B, K, 2)`, x and y in pixels.

        Raises:
            TypeError: If `images` is no floating-point tensor.
            ValueError: If it has another shape.
        """
        if images.shape[-2:] != (self.size, self.size):
            raise ValueError(
                f"images must be {self.size} x {self.size}, got shape "
                f"{tuple(images.shape)}; a linear layer knows one size"
            )
        _, coarse = self.body(images)
        features = torch.relu(self.hidden(coarse.flatten(1)))
        points = self.head(features).unflatten(1, (-1, 2))
        return self.size * (0.5 + points)  # 0 is the middle of the picture


@torch.no_grad()
def flip_average(
    model: nn.Module, images: Tensor, swap: Sequence[int]
) -> Tensor:
    r"""Average the maps of pictures and of their mirror images.

    Args:
        model: From images to maps.
        images: `(B, 3, H, W)`, floating point.
        swap: For each keypoint, the position of its mirror image: left eye
            and right eye, say, trade places.

    Returns:
        Maps, as the model gives them.

    Raises:
        ValueError: If swap is not its own inverse, or not as long as there
            are maps.

    Examples:
        A model that finds one and the same eye in a picture and in its mirror
        image; the names differ, so that each map gets half of it:

        >>> model = lambda images: images[:, :2]
        >>> images = torch.tensor([[[[1.0, 0.0]], [[0.0, 0.0]], [[9.0, 9.0]]]])
        >>> flip_average(model, images, [1, 0])
        tensor([[[[0.5000, 0.0000]],
        <BLANKLINE>
                 [[0.5000, 0.0000]]]])

    References:
        A. Newell et al., Stacked Hourglass Networks for Human Pose
        Estimation (2016), section 3.1.
    """
    if any(not 0 <= i < len(swap) or swap[i] != k for k, i in enumerate(swap)):
        raise ValueError(
            f"swap must trade places in pairs, got {list(swap)}; mirroring "
            "twice changes nothing"
        )
    maps = model(images)
    if maps.shape[1] != len(swap):
        raise ValueError(
            f"swap must name a place for each of {maps.shape[1]} maps, got "
            f"{len(swap)}"
        )
    mirrored = model(images.flip(-1))[:, list(swap)].flip(-1)
    return 0.5 * (maps + mirrored)
