r"""Making pictures larger again, and how much of a picture one output sees."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from deepbook.components.model.checks import check_axes, check_whole


def transposed_conv2d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1
) -> Tensor:
    r"""Stamp a filter at every pixel, times its value; overlaps add up.

    Args:
        x: `(B, C, H, W)`.
        weight: `(C, K, kH, kW)`, one stamp for each channel in and out.
        bias: `(K,)`, or None.
        stride: Pixels from one stamp to the next.

    Returns:
        `(B, K, H', W')` with H' = (H - 1) stride + kH.

    Raises:
        TypeError: If x or weight is no floating-point tensor.
        ValueError: If shapes do not fit together, or stride is below 1.

    Examples:
        Stamps of three pixels, two apart, meet in the middle: 1 + 10.

        >>> x = torch.tensor([[[[1.0, 10.0]]]])
        >>> transposed_conv2d(x, torch.ones(1, 1, 1, 3), stride=2)
        tensor([[[[ 1.,  1., 11., 10., 10.]]]])

    References:
        Dumoulin and Visin, A Guide to Convolution Arithmetic for Deep
        Learning (2016), chapter 4.
    """
    check_axes("x", x, "B, C, H, W")
    check_axes("weight", weight, "C, K, kH, kW")
    check_whole(stride=stride)
    channels, count, high, wide = weight.shape
    if channels != x.shape[1]:
        raise ValueError(
            f"weight must begin with the channels of x, {x.shape[1]}, got"
            f" {tuple(weight.shape)}; its shape is (C, K, kH, kW)"
        )
    if bias is not None and bias.shape != (count,):
        raise ValueError(
            f"bias must have shape ({count},), got {tuple(bias.shape)}"
        )
    height, width = (stride * (size - 1) for size in x.shape[2:])
    out = x.new_zeros(len(x), count, height + high, width + wide)
    for i in range(high):
        for j in range(wide):
            # every pixel at once puts down number (i, j) of its stamp
            ink = torch.einsum("bchw,ck->bkhw", x, weight[:, :, i, j])
            rows = slice(i, i + height + 1, stride)
            columns = slice(j, j + width + 1, stride)
            out[:, :, rows, columns] += ink
    return out if bias is None else out + bias[:, None, None]


def upsample_nearest(x: Tensor, factor: int) -> Tensor:
    r"""Make each pixel a square of factor x factor pixels.

    Args:
        x: `(B, C, H, W)`.
        factor: How many times as high and wide.

    Returns:
        `(B, C, factor H, factor W)`.

    Raises:
        TypeError: If x is no floating-point tensor.
        ValueError: If its shape is another one, or factor is below 1.

    Examples:
        >>> upsample_nearest(torch.tensor([[[[1.0, 2.0]]]]), 2)
        tensor([[[[1., 1., 2., 2.],
                  [1., 1., 2., 2.]]]])
    """
    check_axes("x", x, "B, C, H, W")
    check_whole(factor=factor)
    return x.repeat_interleave(factor, 2).repeat_interleave(factor, 3)


def upsample_bilinear(x: Tensor, factor: int) -> Tensor:
    r"""Read each new pixel between the middles of the four old ones around it.

    Args:
        x: `(B, C, H, W)`.
        factor: How many times as high and wide.

    Returns:
        `(B, C, factor H, factor W)`.

    Raises:
        TypeError: If x is no floating-point tensor.
        ValueError: If its shape is another one, or factor is below 1.

    Examples:
        >>> upsample_bilinear(torch.tensor([[[[0.0, 4.0]]]]), 2)[0, 0, 0]
        tensor([0., 1., 3., 4.])
    """
    check_axes("x", x, "B, C, H, W")
    check_whole(factor=factor)
    rows, columns = (_between(size, factor).to(x) for size in x.shape[2:])
    return rows @ x @ columns.T


def _between(size: int, factor: int) -> Tensor:
    r"""Shares of the old pixels in each new one, `(factor * size, size)`."""
    place = torch.arange(factor * size, dtype=torch.float64)
    middle = (place + 0.5) / factor - 0.5
    middle = middle.clamp(0, size - 1)  # the border repeats
    gap = (middle[:, None] - torch.arange(size)).abs()
    return (1 - gap).clamp(min=0)


def receptive_field(
    layers: Sequence[tuple[int, int]],
) -> list[tuple[int, int]]:
    r"""Compute how many pixels of the input one output sees, layer by layer.

    Args:
        layers: Kernel size and stride of each convolution or pooling.

    Returns:
        After each layer: side of the square that is seen, and how many
        pixels of the input lie between two neighboring outputs.

    Raises:
        ValueError: If a number is below 1.

    Examples:
        >>> receptive_field([(3, 1), (3, 1), (2, 2), (3, 1)])
        [(3, 1), (5, 1), (6, 2), (10, 2)]
    """
    side, step, rows = 1, 1, []
    for kernel, stride in layers:
        check_whole(kernel=kernel, stride=stride)
        side += (kernel - 1) * step
        step *= stride
        rows.append((side, step))
    return rows
