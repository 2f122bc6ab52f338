r"""From keypoints to heat maps and back, in one coordinate system.

Coordinates are pixels from the left and upper edge of the picture, so that
the center of the first pixel is at (0.5, 0.5). A heat map of stride s has
one cell for s x s pixels; the center of cell (row i, column j) is at
((j + 0.5) s, (i + 0.5) s).
"""

from __future__ import annotations

import torch
from torch import Tensor

from deepbook.checks import check_floating, check_number


def make_heatmaps(
    points: Tensor, height: int, width: int, stride: int, sigma: float
) -> Tensor:
    r"""Draw a bump of height 1 around each point.

    The value of a cell is exp(-d^2 / (2 sigma^2)), where d is the distance
    from its center to the point.

    Args:
        points: `(..., 2)`, floating point, x and y in pixels.
        height, width: Size of the picture in pixels.
        stride: Pixels a cell, along each side.
        sigma: Width of the bump in pixels.

    Returns:
        `(..., height / stride, width / stride)`.

    Raises:
        TypeError: If `points` is no floating-point tensor.
        ValueError: If its last axis is not 2, stride does not divide height
            and width, or sigma is not positive.

    Examples:
        A picture of one row and four pixels, a point on the center of the
        second: exp(-1 / 2) next to it, exp(-2) at two pixels.

        >>> point = torch.tensor([1.5, 0.5])
        >>> make_heatmaps(point, 1, 4, 1, 1.0).round(decimals=4)
        tensor([[0.6065, 1.0000, 0.6065, 0.1353]])

    References:
        J. Tompson et al., Joint Training of a Convolutional Network and a
        Graphical Model for Human Pose Estimation (2014).
    """
    _check_points("points", points)
    good = 0 < sigma < float("inf")
    check_number("sigma", sigma, good, "positive and finite")
    if stride < 1 or height % stride or width % stride:
        raise ValueError(
            f"stride must divide height and width, got {stride} for "
            f"{height} x {width}; choose a divisor of both"
        )
    rows = (
        torch.arange(height // stride, device=points.device) + 0.5
    ) * stride
    columns = (
        torch.arange(width // stride, device=points.device) + 0.5
    ) * stride
    across = (columns - points[..., :1]) / sigma  # (..., W')
    down = (rows - points[..., 1:]) / sigma  # (..., H')
    bump = -0.5 * (across[..., None, :] ** 2 + down[..., :, None] ** 2)
    return bump.exp()


def argmax_points(maps: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    r"""Take the center of the highest cell of each map.

    Args:
        maps: `(..., H', W')`, floating point.
        stride: Pixels a cell.

    Returns:
        Points `(..., 2)`, x and y in pixels, and the heights of the peaks
        `(...)`.

    Raises:
        TypeError: If `maps` is no floating-point tensor.
        ValueError: If it has no cells, or stride is below 1.

    Examples:
        >>> points, heights = argmax_points(torch.tensor([[0.1, 0.9]]), 4)
        >>> points, heights
        (tensor([6., 2.]), tensor(0.9000))
    """
    row, column, height = _highest(maps, stride)
    return (torch.stack([column, row], -1) + 0.5) * stride, height


def quarter_points(maps: Tensor, stride: int) -> Tensor:
    r"""Move from the highest cell a quarter of a cell to its higher neighbor.

    Along x and along y; a cell on the edge of the map, which lacks a
    neighbor, stays where it is along that axis.

    Args:
        maps: `(..., H', W')`, floating point.
        stride: Pixels a cell.

    Returns:
        Points `(..., 2)`, x and y in pixels.

    Raises:
        TypeError: If `maps` is no floating-point tensor.
        ValueError: If it has no cells, or stride is below 1.

    Examples:
        >>> maps = torch.tensor([[0.2, 0.9, 0.5]])
        >>> quarter_points(maps, 1)  # argmax says 1.5
        tensor([1.7500, 0.5000])

    References:
        A. Newell et al., Stacked Hourglass Networks for Human Pose
        Estimation (2016), section 3.1.
    """
    row, column, _ = _highest(maps, stride)
    flat = maps.flatten(-2)
    high, wide = maps.shape[-2:]
    moved = []
    for place, step, count in (
        (column, 1, wide),
        (row, wide, high),
    ):
        here = row * wide + column
        inner = (place > 0) & (place < count - 1)
        after = (here + step).clamp(max=high * wide - 1)
        before = (here - step).clamp(min=0)
        rise = _at(flat, after) - _at(flat, before)
        moved.append(place + 0.25 * rise.sign() * inner)
    return (torch.stack(moved, -1) + 0.5) * stride


def mean_points(weights: Tensor, stride: int) -> Tensor:
    r"""Average the centers of all cells, weighted by their values.

    Args:
        weights: `(..., H', W')`, floating point, 0 or more, not all 0. Give
            `maps.flatten(-2).softmax(-1).view_as(maps)` for the soft-argmax.
        stride: Pixels a cell.

    Returns:
        Points `(..., 2)`, x and y in pixels; differentiable.

    Raises:
        TypeError: If `weights` is no floating-point tensor.
        ValueError: If it has no cells, a negative one, a map of zeros, or
            stride is below 1.

    Examples:
        >>> mean_points(torch.tensor([[1.0, 0.0, 3.0]]), 1)  # 0.5/4 + 2.5*3/4
        tensor([2.0000, 0.5000])

    References:
        X. Sun et al., Integral Human Pose Regression (2018).
    """
    _check_maps(weights, stride)
    total = weights.sum((-2, -1))
    if bool((weights < 0).any()) or bool((total == 0).any()):
        raise ValueError(
            "weights must be 0 or more and not all 0 in a map; take the "
            "softmax of scores first"
        )
    high, wide = weights.shape[-2:]
    rows = torch.arange(high, device=weights.device) + 0.5
    columns = torch.arange(wide, device=weights.device) + 0.5
    x = (weights.sum(-2) * columns).sum(-1) / total
    y = (weights.sum(-1) * rows).sum(-1) / total
    return torch.stack([x, y], -1) * stride


def soft_argmax(maps: Tensor, stride: int) -> Tensor:
    r"""Turn each map into probabilities and take the mean place.

    Args:
        maps: `(..., H', W')`, floating point: scores, higher is likelier.
        stride: Pixels a cell.

    Returns:
        Points `(..., 2)`, x and y in pixels; differentiable.

    Raises:
        TypeError: If `maps` is no floating-point tensor.
        ValueError: If it has no cells, or stride is below 1.

    Examples:
        Two cells of scores 0 and log 3 have probabilities 1/4 and 3/4.

        >>> soft_argmax(torch.tensor([[1.0, 3.0]]).log(), 1)
        tensor([1.2500, 0.5000])

    References:
        X. Sun et al., Integral Human Pose Regression (2018).
    """
    _check_maps(maps, stride)
    return mean_points(maps.flatten(-2).softmax(-1).view_as(maps), stride)


def _highest(maps: Tensor, stride: int) -> tuple[Tensor, Tensor, Tensor]:
    _check_maps(maps, stride)
    height, place = maps.flatten(-2).max(-1)
    wide = maps.shape[-1]
    return place // wide, place % wide, height


def _at(flat: Tensor, index: Tensor) -> Tensor:
    return flat.gather(-1, index[..., None]).squeeze(-1)


def _check_points(name: str, points: Tensor) -> None:
    check_floating(name, points)
    if points.ndim == 0 or points.shape[-1] != 2:
        raise ValueError(
            f"{name} must have x and y along its last axis, got shape "
            f"{tuple(points.shape)}"
        )


def _check_maps(maps: Tensor, stride: int) -> None:
    check_floating("maps", maps)
    if maps.ndim < 2 or 0 in maps.shape[-2:]:
        raise ValueError(
            f"maps must have shape (..., H', W') with cells, got "
            f"{tuple(maps.shape)}"
        )
    check_number("stride", stride, stride >= 1, "1 or more")
