r"""Colours that look as light as they say: OKLCH to sRGB, and the colours that have names."""

from __future__ import annotations

import torch
from torch import Tensor

NAMED = {
    "red": (0.63, 0.22, 26.0),
    "orange": (0.76, 0.16, 58.0),
    "yellow": (0.89, 0.16, 100.0),
    "green": (0.73, 0.19, 146.0),
    "blue": (0.62, 0.18, 258.0),
    "purple": (0.62, 0.22, 312.0),
}
"""Lightness, chroma and hue in degrees of each named colour, on a dark ground."""
HUES = {name: hue for name, (_, _, hue) in NAMED.items()}


def rgb(lightness: Tensor, chroma: float | Tensor, hue: Tensor) -> Tensor:
    r"""Convert OKLCH to sRGB; equal lightness looks equally light whatever the hue.

    Args:
        lightness: 0 is black, 1 is white; any shape `(N, ...)`.
        chroma: 0 is grey; about 0.3 is as vivid as a screen can be.
        hue: Degrees: 30 is red, 140 green, 260 blue; same shape as lightness.

    Returns:
        `(N, 3, ...)` in [0, 1].

    Examples:
        >>> rgb(torch.tensor([0.0, 1.0]), 0.0, torch.zeros(2)).round(decimals=3)
        tensor([[0., 0., 0.],
                [1., 1., 1.]])

    References:
        B. Ottosson, A perceptual color space for image processing (2020).
    """
    a, b = chroma * torch.deg2rad(hue).cos(), chroma * torch.deg2rad(hue).sin()
    l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = torch.stack(
        [
            4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
            -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
            -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
        ],
        1,
    ).clamp(0, 1)  # (N, 3, ...)
    return torch.where(
        linear <= 0.0031308,
        12.92 * linear,
        1.055 * linear.clamp(min=1e-8) ** (1 / 2.4) - 0.055,
    )
