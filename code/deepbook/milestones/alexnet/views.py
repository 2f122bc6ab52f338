r"""Many views of few pictures: random crops, mirror images and shifted colors in training, ten crops in the test."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deepbook.checks import check_filled, check_not_negative
from deepbook.components.model.checks import check_axes, check_whole


def _check_pictures(x: Tensor, size: int) -> None:
    check_axes("x", x, "B, C, H, W")
    check_whole(size=size)
    if min(x.shape[2:]) < size:
        raise ValueError(
            f"size must be at most the side of the pictures, got {size} and"
            f" pictures of {x.shape[2]} x {x.shape[3]}"
        )


def _middle(x: Tensor, size: int) -> Tensor:
    top, left = ((side - size) // 2 for side in x.shape[2:])
    return x[:, :, top : top + size, left : left + size]


class RandomCrop(nn.Module):
    r"""A window at a random place, mirrored every other time; the middle in evaluation.

    Args:
        size: Side of the windows in pixels.
        generator: Source of randomness.

    Raises:
        ValueError: If size is no whole number from 1 on.

    Examples:
        >>> crop = RandomCrop(2, torch.Generator().manual_seed(0))
        >>> x = torch.arange(16.0).view(1, 1, 4, 4)
        >>> crop(x).shape
        torch.Size([1, 1, 2, 2])
        >>> crop.eval()(x).flatten()
        tensor([ 5.,  6.,  9., 10.])

    References:
        Krizhevsky et al. (2012), section 4.1.
    """

    def __init__(self, size: int, generator: torch.Generator) -> None:
        super().__init__()
        check_whole(size=size)
        self.size, self.generator = size, generator

    def forward(self, x: Tensor) -> Tensor:
        r"""Crop `(B, C, H, W)` to `(B, C, size, size)`."""
        _check_pictures(x, self.size)
        if not self.training:
            return _middle(x, self.size)
        count, g = len(x), self.generator
        windows = x.unfold(2, self.size, 1).unfold(3, self.size, 1)
        row, column = (
            torch.randint(n, (count,), generator=g) for n in windows.shape[2:4]
        )
        crops = windows[torch.arange(count), :, row, column]
        mirrored = torch.rand(count, 1, 1, 1, generator=g) < 0.5
        return torch.where(mirrored, crops.flip(3), crops)


def ten_crops(x: Tensor, size: int) -> Tensor:
    r"""Cut the four corners and the middle, and the mirror image of each.

    Args:
        x: `(B, C, H, W)`, floating point.
        size: Side of the windows in pixels.

    Returns:
        `(10, B, C, size, size)`: top left, top right, bottom left, bottom
        right, middle, then their mirror images.

    Raises:
        TypeError: If x is no floating-point tensor.
        ValueError: If x has another shape, or is smaller than `size`.

    Examples:
        >>> x = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
        >>> ten_crops(x, 1).flatten()
        tensor([1., 2., 3., 4., 1., 1., 2., 3., 4., 1.])

    References:
        Krizhevsky et al. (2012), section 4.1.
    """
    _check_pictures(x, size)
    rows = (slice(size), slice(x.shape[2] - size, None))
    columns = (slice(size), slice(x.shape[3] - size, None))
    five = [x[:, :, r, c] for r in rows for c in columns]
    crops = torch.stack([*five, _middle(x, size)])
    return torch.cat([crops, crops.flip(4)])


def color_directions(images: Tensor) -> tuple[Tensor, Tensor]:
    r"""Find the directions in which the colors of a training set differ.

    Args:
        images: `(N, 3, H, W)`, floating point; every pixel is a point.

    Returns:
        Variance along each direction `(3,)`, in squared units of the
        images, largest first, and the directions `(3, 3)`, one a column.

    Raises:
        TypeError: If the images are no floating-point tensor.
        ValueError: If they have no shape `(N, 3, H, W)`.

    Examples:
        Black and white only, half of each: all channels together.

        >>> image = torch.tensor([0.0, 1.0]).expand(1, 3, 1, 2)
        >>> variances, directions = color_directions(image)
        >>> variances, directions[:, 0].abs()
        (tensor([0.7500, 0.0000, 0.0000]), tensor([0.5774, 0.5774, 0.5774]))

    References:
        Krizhevsky et al. (2012), section 4.1.
    """
    _check_colors(images)
    pixels = images.transpose(0, 1).flatten(1).double()  # (3, N H W)
    pixels = pixels - pixels.mean(1, keepdim=True)
    covariance = pixels @ pixels.T / pixels.shape[1]
    variances, directions = torch.linalg.eigh(covariance)
    variances = variances.flip(0).clamp(min=0)
    return variances.to(images), directions.flip(1).to(images)


def shift_colors(
    images: Tensor,
    variances: Tensor,
    directions: Tensor,
    generator: torch.Generator,
    spread: float = 0.1,
) -> Tensor:
    r"""Add to all pixels of a picture one random color, of the kind the training set shows.

    Args:
        images: `(B, 3, H, W)`, floating point.
        variances, directions: From `color_directions`.
        generator: Source of randomness; each picture draws anew.
        spread: Standard deviation of the factors of the variances.

    Returns:
        `(B, 3, H, W)`, not clipped.

    Raises:
        TypeError: If the images are no floating-point tensor.
        ValueError: If they have no shape `(B, 3, H, W)`, or spread is
            negative.

    References:
        Krizhevsky et al. (2012), section 4.1: the variances themselves, not
        their roots, are multiplied, so that the result depends on the unit.
    """
    _check_colors(images)
    check_not_negative(spread=spread)
    factors = torch.randn(len(images), 3, generator=generator) * spread
    shift = (factors * variances) @ directions.T  # (B, 3)
    return images + shift[:, :, None, None]


def _check_colors(images: Tensor) -> None:
    check_axes("images", images, "N, C, H, W")
    check_filled("images", images)
    if images.shape[1] != 3:
        raise ValueError(
            f"images must have 3 channels, got shape {tuple(images.shape)};"
            " the directions are of red, green and blue"
        )
