r"""Shapes, patterns and colours of which a scene is painted, each one formula on tensors of points."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from deepbook.components.data.scenes import SceneConfig

# Every outline is a star: (tips at radius 1, radius of the notches between them, degrees that make it stand upright).
# With notch = cos(pi / tips) the sides are straight, which is a regular polygon.
OUTLINES = {
    "circle": (180, math.cos(math.pi / 180), 0),  # 0.02 % from round
    "square": (4, math.cos(math.pi / 4), 45),
    "triangle": (3, math.cos(math.pi / 3), 0),
    "star": (
        5,
        (3 - math.sqrt(5)) / 2,
        0,
    ),  # the pentagram, whose sides lie on five lines
}


def render(f: dict[str, Tensor], config: SceneConfig) -> tuple[Tensor, Tensor]:
    r"""Paint scenes whose every factor is given.

    Args:
        f: For each factor a tensor `(N,)`, as `make_scenes` draws them.
        config: The size, and the names that the factors count through.

    Returns:
        Images `(N, 3, H, W)` float32 in [0, 1], and the visible shape as
        masks `(N, H, W)` bool.

    Examples:
        >>> from deepbook.components.data import SceneConfig, make_scenes
        >>> seed = torch.Generator().manual_seed(0)
        >>> make_scenes(2, SceneConfig(16, 16), seed).images.shape
        torch.Size([2, 3, 16, 16])
    """
    f = {
        name: value[:, None, None] for name, value in f.items()
    }  # (N, 1, 1), to meet (N, H, W)
    columns = torch.arange(config.width) + 0.5
    rows = torch.arange(config.height)[:, None] + 0.5
    dx, dy = (
        columns - f["x"],
        f["y"] - rows,
    )  # (N, 1, W), (N, H, 1); y points up

    # The shape, in its own coordinates (u, v), where its tips are at radius 1
    outlines = torch.tensor([OUTLINES[name] for name in config.shapes])[
        f["shape"]
    ]  # (N, 1, 1, 3)
    tips, notch, upright = outlines.unbind(-1)
    step = math.pi / tips
    tip_radius = f["radius"] * torch.sqrt(
        step / (notch * torch.sin(step))
    )  # area tips * notch * sin(step), made pi
    angle = torch.deg2rad(f["angle"] + upright)
    u = (dx * angle.cos() + dy * angle.sin()) / tip_radius  # (N, H, W)
    v = (dy * angle.cos() - dx * angle.sin()) / tip_radius
    shape = _coverage(tip_radius * _outline_distance(u, v, step, notch))

    # A band in front of it
    turn = 2 * math.pi * f["band_angle"]
    half = f["occlusion"] * f["radius"]
    offset = (2 * f["band_offset"] - 1) * (f["radius"] - half)
    across = dx * turn.cos() + dy * turn.sin() - offset
    band = _coverage(across.abs() - half) * (f["occlusion"] > 0)

    # Colours, each (N, 3, 1, 1): light ground and dark shape, or the reverse
    light = f["light"]
    ground_hue = torch.where(
        light > 0,
        f["hue"] + 150 + 60 * f["background_hue"],
        220 + 90 * f["background_hue"],
    )
    ground = _rgb(0.29 + 0.64 * light, 0.04, ground_hue)
    ground_2 = _rgb(0.47 + 0.34 * light, 0.05, ground_hue + 40)
    paint = _rgb(0.78 - 0.23 * light, 0.13, f["hue"])
    paint_2 = _rgb(0.60 + 0.15 * light, 0.12, f["hue"] + 25)
    ribbon = _rgb(0.55 + 0.15 * light, 0.06, ground_hue + 90)

    texture = _choose(f["texture"], config.texture, _texture(u, v, f["phase"]))
    side = min(config.height, config.width)
    background = _choose(
        f["background"],
        config.background,
        _background(dx / side, dy / side, f["background_angle"], f["phase"]),
    )
    image = _mix(ground, ground_2, background)
    solid = _mix(ground, _mix(paint, paint_2, texture), f["contrast"])
    image = _mix(_mix(image, solid, shape), ribbon, band)
    return image, (shape * (1 - band)) >= 0.5


def _outline_distance(
    u: Tensor, v: Tensor, step: Tensor, notch: Tensor
) -> Tensor:
    # Fold the plane onto one half-wedge between a tip (angle 0, radius 1) and a notch (angle step, radius notch);
    # the outline is there one straight line: distance to it, negative inside.
    radius = torch.sqrt(u * u + v * v)
    around = torch.atan2(v, u) - math.pi / 2  # one tip points up
    folded = (torch.remainder(around + step, 2 * step) - step).abs()
    normal_x, normal_y = (
        notch * step.sin(),
        1 - notch * step.cos(),
    )  # at right angles to notch - tip
    length = torch.sqrt(normal_x**2 + normal_y**2)
    return (
        radius * folded.cos() * normal_x
        + radius * folded.sin() * normal_y
        - normal_x
    ) / length


def _coverage(distance: Tensor) -> Tensor:
    return (0.5 - distance).clamp(
        0, 1
    )  # anti-aliasing: a pixel on the edge is half covered


def _texture(u: Tensor, v: Tensor, phase: Tensor) -> dict[str, Tensor]:
    turn = 2 * math.pi * phase
    wave_u, wave_v = torch.sin(7 * u + turn), torch.sin(7 * v + turn)
    return {
        "plain": torch.zeros_like(u),
        "stripes": (0.5 + 2 * wave_u).clamp(0, 1),
        "dots": (2 * wave_u * wave_v).clamp(0, 1),
    }


def _background(
    x: Tensor, y: Tensor, angle: Tensor, phase: Tensor
) -> dict[str, Tensor]:
    turn = 2 * math.pi * angle
    along = x * turn.cos() + y * turn.sin()  # (N, H, W), about -0.7 to 0.7
    waves = 0.5 + 0.5 * torch.sin(14 * along + 2 * math.pi * phase)
    return {
        "plain": torch.zeros_like(along),
        "gradient": (along + 0.5).clamp(0, 1),
        "waves": waves,
    }


def _choose(
    index: Tensor, names: tuple[str, ...], patterns: dict[str, Tensor]
) -> Tensor:
    chosen = torch.zeros_like(patterns["plain"])
    for i, name in enumerate(names):
        chosen = torch.where(index == i, patterns[name], chosen)
    return chosen


def _mix(first: Tensor, second: Tensor, amount: Tensor) -> Tensor:
    return (
        first + (second - first) * amount[:, None]
    )  # amount (N, H, W) -> (N, 1, H, W)


def _rgb(lightness: Tensor, chroma: float, hue: Tensor) -> Tensor:
    # OKLCH to sRGB: equal lightness looks equally light whatever the hue. Constants: B. Ottosson, "A perceptual color space
    # for image processing" (2020).
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
    ).clamp(0, 1)  # (N, 3, 1, 1)
    return torch.where(
        linear <= 0.0031308,
        12.92 * linear,
        1.055 * linear.clamp(min=1e-8) ** (1 / 2.4) - 0.055,
    )
