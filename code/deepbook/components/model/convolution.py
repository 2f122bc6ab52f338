r"""Convolution from scratch, and a small network made of it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.checks import check_floating
from deepbook.components.model.checks import (
    check_axes,
    check_sizes,
    check_whole,
)


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
) -> Tensor:
    r"""Slide filters over pictures: at each place multiply and add.

    Args:
        x: `(B, C, H, W)`, floating point.
        weight: `(K, C, kH, kW)`: K filters, each as many channels as x.
        bias: `(K,)`, or None.
        stride: Pixels from one place to the next.
        padding: Zeros put around the picture, on each side.

    Returns:
        `(B, K, H', W')` with H' = (H + 2 padding - kH) // stride + 1.

    Raises:
        TypeError: If x or weight is no floating-point tensor.
        ValueError: If shapes do not fit together, stride is below 1 or
            padding below 0.

    Examples:
        >>> x = torch.tensor([[[[1.0, 2.0, 4.0]]]])
        >>> difference = torch.tensor([[[[-1.0, 1.0]]]])
        >>> conv2d(x, difference)  # 2 - 1 and 4 - 2
        tensor([[[[1., 2.]]]])

    References:
        Dumoulin and Visin, A Guide to Convolution Arithmetic for Deep
        Learning (2016), on stride and padding.
    """
    check_axes("x", x, "B, C, H, W")
    check_axes("weight", weight, "K, C, kH, kW")
    check_whole(stride=stride)
    count, channels, high, wide = weight.shape
    if channels != x.shape[1]:
        raise ValueError(
            f"weight must have the channels of x, {x.shape[1]}, got"
            f" {channels}; its shape is (K, C, kH, kW)"
        )
    if padding < 0:
        raise ValueError(f"padding must be 0 or more, got {padding}")
    rows = (x.shape[2] + 2 * padding - high) // stride + 1
    columns = (x.shape[3] + 2 * padding - wide) // stride + 1
    if min(rows, columns) < 1:
        raise ValueError(
            f"the filter must fit into the padded picture, got a filter of"
            f" {high} x {wide} and a picture of {x.shape[2] + 2 * padding} x"
            f" {x.shape[3] + 2 * padding}; pad more"
        )
    # each place becomes a column of C * kH * kW numbers
    places = F.unfold(x, (high, wide), padding=padding, stride=stride)
    out = weight.flatten(1) @ places  # (B, K, H' * W')
    if bias is not None:
        out = out + bias[:, None]
    return out.unflatten(2, (rows, columns))


class CNN(nn.Module):
    r"""Convolutions of 3 x 3 with ReLU, the mean of each map, a linear layer.

    The mean over all places leaves only how strongly each feature is there,
    not where: the assumption of this model is that the place does not matter.
    Between two convolutions, the picture is halved by max pooling.

    Args:
        channels: Channels of the picture and of each convolution.
        classes: Number of outputs K.

    Raises:
        ValueError: If there are fewer than two channels, or a size below 1.

    Examples:
        >>> from deepbook.components.model import count_parameters
        >>> cnn = CNN([1, 4, 8], classes=10)
        >>> count_parameters(cnn)  # 9 * 4 + 4, 9 * 4 * 8 + 8, 8 * 10 + 10
        426
        >>> cnn(torch.zeros(5, 1, 12, 12)).shape
        torch.Size([5, 10])

    References:
        LeCun et al., Gradient-Based Learning Applied to Document Recognition
        (1998); the mean of each map: Lin et al., Network in Network (2013).
    """

    def __init__(self, channels: Sequence[int], classes: int) -> None:
        super().__init__()
        check_sizes(channels, least=2)
        check_whole(classes=classes)
        pairs = zip(channels[:-1], channels[1:], strict=True)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1) for a, b in pairs
        )
        self.head = nn.Linear(channels[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        r"""Compute the scores of the classes.

        Args:
            x: `(B, C, H, W)`; `(B, H, W)` counts as one channel.

        Returns:
            `(B, K)`.

        Raises:
            TypeError: If `x` is no floating-point tensor.
            ValueError: If its shape is another one, or the picture too small
                to be halved between the convolutions.
        """
        check_floating("x", x)
        if x.ndim == 3:
            x = x.unsqueeze(1)
        check_axes("x", x, "B, C, H, W")
        channels = self.convolutions[0].in_channels
        least = 2 ** (len(self.convolutions) - 1)
        if x.shape[1] != channels or min(x.shape[2:]) < least:
            raise ValueError(
                f"x must have {channels} channels and {least} pixels or more"
                f" a side, got shape {tuple(x.shape)}"
            )
        for i, convolution in enumerate(self.convolutions):
            if i > 0:
                x = F.max_pool2d(x, 2)
            x = torch.relu(convolution(x))
        return self.head(x.mean((2, 3)))  # (B, C) -> (B, K)
