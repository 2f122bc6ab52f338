r"""Poses of several objects: one crop for each box (top-down), or all points at once, grouped afterwards (bottom-up)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from deepbook.checks import check_floating, check_number


def square_boxes(boxes: Tensor, margin: float) -> Tensor:
    r"""Make boxes square about their centers, larger than their longer side.

    Args:
        boxes: `(N, 4)`, floating point: left, top, right, bottom in pixels.
        margin: Side of the square over the longer side of the box, positive.

    Returns:
        `(N, 4)`.

    Raises:
        TypeError: If `boxes` is no floating-point tensor.
        ValueError: If it has another shape, a box has no area, or margin is
            not positive.

    Examples:
        >>> square_boxes(torch.tensor([[10.0, 10.0, 14.0, 18.0]]), 1.5)
        tensor([[ 6.,  8., 18., 20.]])
    """
    _check_boxes(boxes)
    check_number("margin", margin, 0 < margin < float("inf"), "positive")
    low, high = boxes[:, :2], boxes[:, 2:]
    half = 0.5 * margin * (high - low).amax(1, keepdim=True)
    middle = 0.5 * (low + high)
    return torch.cat([middle - half, middle + half], 1)


def crop(images: Tensor, boxes: Tensor, size: int) -> Tensor:
    r"""Cut a box out of each picture and bring it to one size.

    Edges go to edges: the left edge of the box becomes the left edge of the
    crop, so that a point x of the picture is at (x - left) * size / width.
    What lies outside of the picture repeats its border.

    Args:
        images: `(N, C, H, W)`, floating point.
        boxes: `(N, 4)`, floating point: left, top, right, bottom in pixels.
        size: Height and width of the crops in pixels.

    Returns:
        `(N, C, size, size)`.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes do not fit together, a box has no area, or size
            is below 1.

    Examples:
        >>> image = torch.arange(4.0).expand(1, 1, 4, 4)
        >>> crop(image, torch.tensor([[1.0, 0.0, 3.0, 2.0]]), 2)[0, 0]
        tensor([[1., 2.],
                [1., 2.]])
    """
    check_floating("images", images)
    _check_boxes(boxes)
    check_number("size", size, size >= 1, "1 or more")
    if images.ndim != 4 or len(images) != len(boxes):
        raise ValueError(
            f"images must have shape ({len(boxes)}, C, H, W), one for each "
            f"box, got {tuple(images.shape)}"
        )
    whole = torch.tensor(images.shape[:1:-1])  # W, H
    scale = (boxes[:, 2:] - boxes[:, :2]) / whole
    shift = (boxes[:, 2:] + boxes[:, :2]) / whole - 1  # in -1 ... 1
    matrix = torch.zeros(len(boxes), 2, 3)
    matrix[:, [0, 1], [0, 1]], matrix[:, :, 2] = scale, shift
    shape = [*images.shape[:2], size, size]
    grid = F.affine_grid(matrix, shape, align_corners=False)
    return F.grid_sample(
        images, grid, padding_mode="border", align_corners=False
    )


def into_crop(points: Tensor, boxes: Tensor, size: int) -> Tensor:
    r"""Move points of pictures into the coordinates of crops.

    Args:
        points: `(N, K, 2)`, floating point, x and y in pixels.
        boxes: `(N, 4)`, the boxes that `crop` was given.
        size: Height and width of the crops.

    Returns:
        `(N, K, 2)`.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes do not fit together, a box has no area, or size
            is below 1.

    Examples:
        >>> into_crop(torch.tensor([[[2.0, 1.0]]]), torch.tensor([[1.0, 0.0, 3.0, 2.0]]), 8)
        tensor([[[4., 4.]]])
    """
    low, scale = _frame(points, boxes, size)
    return (points - low) * scale


def out_of_crop(points: Tensor, boxes: Tensor, size: int) -> Tensor:
    r"""Move points of crops back into the pictures: the inverse of `into_crop`.

    Args:
        points: `(N, K, 2)`, floating point, x and y in pixels of the crop.
        boxes: `(N, 4)`, the boxes that `crop` was given.
        size: Height and width of the crops.

    Returns:
        `(N, K, 2)`.

    Raises:
        TypeError: If an argument is no floating-point tensor.
        ValueError: If shapes do not fit together, a box has no area, or size
            is below 1.

    Examples:
        >>> out_of_crop(torch.tensor([[[4.0, 4.0]]]), torch.tensor([[1.0, 0.0, 3.0, 2.0]]), 8)
        tensor([[[2., 1.]]])
    """
    low, scale = _frame(points, boxes, size)
    return points / scale + low


def find_peaks(
    heatmap: Tensor, stride: int, least: float
) -> tuple[Tensor, Tensor]:
    r"""Find the cells of a map that are higher than their eight neighbors.

    Args:
        heatmap: `(H', W')`, floating point.
        stride: Pixels a cell.
        least: Height below which a cell is no peak.

    Returns:
        Points `(P, 2)`, x and y in pixels, highest first, and their heights
        `(P,)`.

    Raises:
        TypeError: If `heatmap` is no floating-point tensor.
        ValueError: If it has another shape, or stride is below 1.

    Examples:
        >>> find_peaks(torch.tensor([[0.9, 0.2, 0.0, 0.5]]), 1, 0.3)
        (tensor([[0.5000, 0.5000],
                [3.5000, 0.5000]]), tensor([0.9000, 0.5000]))
    """
    check_floating("heatmap", heatmap)
    if heatmap.ndim != 2:
        raise ValueError(
            f"heatmap must have shape (H', W'), got {tuple(heatmap.shape)}"
        )
    check_number("stride", stride, stride >= 1, "1 or more")
    around = F.max_pool2d(heatmap[None], 3, stride=1, padding=1)[0]
    rows, columns = ((heatmap == around) & (heatmap >= least)).nonzero(
        as_tuple=True
    )
    heights = heatmap[rows, columns]
    order = heights.argsort(descending=True, stable=True)
    points = (torch.stack([columns, rows], 1) + 0.5) * stride
    return points[order], heights[order]


def _frame(points: Tensor, boxes: Tensor, size: int) -> tuple[Tensor, Tensor]:
    check_floating("points", points)
    _check_boxes(boxes)
    check_number("size", size, size >= 1, "1 or more")
    if points.ndim != 3 or points.shape[::2] != (len(boxes), 2):
        raise ValueError(
            f"points must have shape ({len(boxes)}, K, 2), got "
            f"{tuple(points.shape)}"
        )
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    return low, size / (high - low)


def _check_boxes(boxes: Tensor) -> None:
    check_floating("boxes", boxes)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(
            f"boxes must have shape (N, 4), got {tuple(boxes.shape)}"
        )
    if not bool((boxes[:, 2:] > boxes[:, :2]).all()):
        raise ValueError(
            "boxes must be left < right and top < bottom; leave out those of "
            "objects that are not seen"
        )
