r"""Features designed by hand, of the kind that won before 2012: where edges are, and which way they run."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from deepbook.components.model.checks import check_axes, check_whole


def oriented_gradients(images: Tensor, cell: int = 4, bins: int = 8) -> Tensor:
    r"""Describe pictures by histograms of the directions of their edges.

    At each pixel the channel with the steepest slope decides; its direction,
    without sign, goes into two neighboring bins, weighted by the slope. The
    histograms of the cells are divided by the length of their 2 x 2
    neighborhoods, so that a pale edge counts like a bold one.

    Args:
        images: `(B, C, H, W)`, floating point.
        cell: Side of a cell in pixels; at least two cells must fit.
        bins: Directions from 0 to 180 degrees.

    Returns:
        `(B, D)` float with D = 4 * bins * (H // cell - 1) * (W // cell - 1).

    Raises:
        TypeError: If the images are no floating-point tensor.
        ValueError: If they have another shape, hold fewer than 2 x 2 cells,
            or a setting is below 1.

    Examples:
        Light right of dark: all edges stand upright, so that only the bin
        of horizontal slopes is filled.

        >>> image = torch.zeros(1, 1, 8, 8)
        >>> image[..., 4:] = 1.0
        >>> histograms = oriented_gradients(image, bins=4).view(4, 4)
        >>> histograms.round(decimals=2)  # a row is a bin, a column a cell
        tensor([[0.5000, 0.5000, 0.5000, 0.5000],
                [0.0000, 0.0000, 0.0000, 0.0000],
                [0.0000, 0.0000, 0.0000, 0.0000],
                [0.0000, 0.0000, 0.0000, 0.0000]])

    References:
        Dalal and Triggs, Histograms of Oriented Gradients for Human
        Detection (2005), simplified.
    """
    check_axes("images", images, "B, C, H, W")
    check_whole(cell=cell, bins=bins)
    if min(images.shape[2:]) < 2 * cell:
        raise ValueError(
            f"pictures must hold 2 x 2 cells of {cell} pixels, got"
            f" {images.shape[2]} x {images.shape[3]}; take smaller cells"
        )
    padded = F.pad(images, (1, 1, 1, 1), mode="replicate")
    dx = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
    dy = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    slope, steepest = (dx.square() + dy.square()).max(1, keepdim=True)
    dx, dy = dx.gather(1, steepest), dy.gather(1, steepest)
    place = (torch.atan2(dy, dx) % math.pi) / math.pi * bins
    low = place.floor()
    share = place - low
    votes = images.new_zeros(len(images), bins, *images.shape[2:])
    for at, weight in ((low, 1 - share), (low + 1, share)):
        votes.scatter_add_(1, at.long() % bins, weight * slope.sqrt())
    cells = F.avg_pool2d(votes, cell)  # (B, bins, rows, columns)
    blocks = F.unfold(cells, 2)  # (B, 4 * bins, places)
    length = (blocks.square().sum(1, keepdim=True) + 1e-4).sqrt()
    return (blocks / length).flatten(1)
