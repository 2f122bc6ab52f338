r"""Shapes, patterns and colours of which a scene is painted, each one formula on tensors of points."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from deepbook.components.data.config import SceneConfig
from deepbook.components.data.palette import NAMED, rgb

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
EYES = (0.27, 0.14, 0.13)
"""Distance of each eye from the axis, height above the center and radius, in units of the equal-area radius."""

_OBJECT = (
    "shape", "angle", "x", "y", "radius", "hue", "texture", "phase", "present",
)  # fmt: skip


def render(f: dict[str, Tensor], config: SceneConfig) -> tuple[Tensor, Tensor]:
    r"""Paint scenes whose every factor is given.

    Args:
        f: Factors, `(N, M)` for objects and `(N,)` for scenes, as `draw_factors` gives them.
        config: The size, and the names that the factors count through.

    Returns:
        Images `(N, 3, H, W)` float32 in [0, 1], and what can be seen of each object as masks `(N, M, H, W)` bool.

    Examples:
        >>> from deepbook.components.data.sampling import draw_factors
        >>> config = SceneConfig(16, 16)
        >>> image, mask = render(draw_factors(2, config, torch.Generator().manual_seed(0)), config)
        >>> image.shape, mask.shape
        (torch.Size([2, 3, 16, 16]), torch.Size([2, 1, 16, 16]))
    """
    columns = torch.arange(config.width) + 0.5
    rows = torch.arange(config.height)[:, None] + 0.5
    names = _OBJECT + (("color",) if config.colors else ())
    objects = [
        {name: f[name][:, j, None, None] for name in names}
        for j in range(f["x"].shape[1])
    ]  # (N, 1, 1), to meet (N, H, W)
    scene = {
        name: value[:, None, None]
        for name, value in f.items()
        if name not in names
    }
    first = objects[0]
    dx, dy = (
        columns - first["x"],
        first["y"] - rows,
    )  # (N, 1, W), (N, H, 1); y points up

    # The ground: light with dark shapes on it, or the reverse
    light = scene["light"]
    ground_hue = torch.where(
        light > 0,
        first["hue"] + 150 + 60 * scene["background_hue"],
        220 + 90 * scene["background_hue"],
    )
    ground = rgb(0.29 + 0.64 * light, 0.04, ground_hue)  # (N, 3, 1, 1)
    ground_2 = rgb(0.47 + 0.34 * light, 0.05, ground_hue + 40)
    ribbon = rgb(0.55 + 0.15 * light, 0.06, ground_hue + 90)
    side = min(config.height, config.width)
    background = _choose(
        scene["background"],
        config.background,
        dx / side,
        dy / side,
        scene["background_angle"],
        first["phase"],
    )
    image = _mix(ground, ground_2, background)

    # The objects, from back to front
    covers = image.new_zeros(len(objects), *image[:, 0].shape)  # (M, N, H, W)
    for j in reversed(range(len(objects))):
        if j == 0:
            there = slice(None)
        else:  # paint only where there is one
            there = f["present"][:, j].nonzero()[:, 0]
        each = {name: value[there] for name, value in objects[j].items()}
        cover, solid = _paint(each, columns, rows, light[there], config)
        solid = _mix(ground[there], solid, scene["contrast"][there])
        image[there] = _mix(image[there], solid, cover)
        covers[j, there] = cover

    # A band in front of the first object
    distance = band_distance(dx, dy, scene | {"radius": first["radius"]})
    band = _coverage(distance) * (scene["occlusion"] > 0)
    open_to_view, masks = 1 - band, []
    for j, cover in enumerate(covers):
        seen = cover * open_to_view
        masks.append(seen >= 0.5 if j == 0 else seen > 0.5)  # disjoint
        open_to_view = open_to_view * (1 - cover)
    return _mix(image, ribbon, band), torch.stack(masks, 1)


def object_distance(
    dx: Tensor, dy: Tensor, f: dict[str, Tensor], config: SceneConfig
) -> tuple[Tensor, Tensor, Tensor]:
    r"""Measure how far points are from the outline of an object.

    Args:
        dx, dy: Points relative to the center, in pixels; dy points up.
        f: Factors shape, angle and radius of the object, to meet the points.
        config: The names that `shape` counts through.

    Returns:
        Distance in pixels, negative inside; and the points in coordinates of the object, where its tips are at radius 1.

    Examples:
        A circle of radius 8 is 2 pixels away from a point at 10 pixels from its center:

        >>> f = {"shape": torch.tensor([0]), "angle": torch.zeros(1), "radius": torch.full((1,), 8.0)}
        >>> object_distance(torch.tensor([10.0]), torch.zeros(1), f, SceneConfig())[0].round(decimals=2)
        tensor([2.])
    """
    outlines = torch.tensor([OUTLINES[name] for name in config.shapes])[
        f["shape"]
    ]  # (..., 3)
    tips, notch, upright = outlines.unbind(-1)
    step = math.pi / tips
    tip_radius = f["radius"] * torch.sqrt(
        step / (notch * torch.sin(step))
    )  # area tips * notch * sin(step), made pi
    angle = torch.deg2rad(f["angle"] + upright)
    u = (dx * angle.cos() + dy * angle.sin()) / tip_radius  # (N, H, W)
    v = (dy * angle.cos() - dx * angle.sin()) / tip_radius
    return tip_radius * _outline_distance(u, v, step, notch), u, v


def band_distance(dx: Tensor, dy: Tensor, f: dict[str, Tensor]) -> Tensor:
    r"""Measure how far points are from the band in front of an object.

    Args:
        dx, dy: Points relative to the center of the object, in pixels; dy points up.
        f: Factors band_angle, band_offset and occlusion, and the radius of the object, to meet the points.

    Returns:
        Distance in pixels, negative inside.

    Examples:
        An upright band, half as wide as an object of radius 8, through its center: 4 pixels to either side.

        >>> f = {"band_angle": 0.0, "band_offset": 0.5, "occlusion": 0.5, "radius": 8.0}
        >>> f = {name: torch.tensor([value]) for name, value in f.items()}
        >>> band_distance(torch.tensor([0.0, 6.0]), torch.zeros(2), f)
        tensor([-4.,  2.])
    """
    turn = 2 * math.pi * f["band_angle"]
    half = f["occlusion"] * f["radius"]
    offset = (2 * f["band_offset"] - 1) * (f["radius"] - half)
    across = dx * turn.cos() + dy * turn.sin() - offset
    return across.abs() - half


def _paint(
    each: dict[str, Tensor],
    columns: Tensor,
    rows: Tensor,
    light: Tensor,
    config: SceneConfig,
) -> tuple[Tensor, Tensor]:
    # How much of each pixel the object covers (N, H, W), and its colours (N, 3, H, W)
    dx, dy = columns - each["x"], each["y"] - rows
    distance, u, v = object_distance(dx, dy, each, config)
    if config.colors:
        named = torch.tensor([NAMED[name] for name in config.colors])
        lightness, chroma, hue = named[each["color"]].unbind(-1)
        lightness = lightness - 0.1 * light  # on a light ground darker
        paint = rgb(lightness, chroma, hue)
        paint_2 = rgb(lightness - 0.2, 0.75 * chroma, hue)
    else:
        paint = rgb(0.78 - 0.23 * light, 0.13, each["hue"])
        paint_2 = rgb(0.60 + 0.15 * light, 0.12, each["hue"] + 25)
    texture = _choose(
        each["texture"], config.texture, u, v, each["angle"], each["phase"]
    )
    solid = _mix(paint, paint_2, texture)
    if config.faces:
        solid = _draw_eyes(solid, dx, dy, each, light)
    return _coverage(distance), solid


def _draw_eyes(
    solid: Tensor,
    dx: Tensor,
    dy: Tensor,
    each: dict[str, Tensor],
    light: Tensor,
) -> Tensor:
    angle, radius = torch.deg2rad(each["angle"]), each["radius"]
    p = (dx * angle.cos() + dy * angle.sin()).abs() - EYES[0] * radius
    q = dy * angle.cos() - dx * angle.sin() - EYES[1] * radius
    distance = torch.sqrt(p * p + q * q) - EYES[2] * radius
    return _mix(
        solid,
        rgb(0.2 + 0.78 * light, 0.02, each["hue"]),
        _coverage(distance),
    )


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


def _stripes(u: Tensor, v: Tensor, angle: Tensor, phase: Tensor) -> Tensor:
    return (0.5 + 2 * torch.sin(7 * u + 2 * math.pi * phase)).clamp(0, 1)


def _dots(u: Tensor, v: Tensor, angle: Tensor, phase: Tensor) -> Tensor:
    turn = 2 * math.pi * phase
    wave_u, wave_v = torch.sin(7 * u + turn), torch.sin(7 * v + turn)
    return (2 * wave_u * wave_v).clamp(0, 1)


def _gradient(x: Tensor, y: Tensor, angle: Tensor, phase: Tensor) -> Tensor:
    return (_along(x, y, angle) + 0.5).clamp(0, 1)


def _waves(x: Tensor, y: Tensor, angle: Tensor, phase: Tensor) -> Tensor:
    along = _along(x, y, angle)
    return 0.5 + 0.5 * torch.sin(14 * along + 2 * math.pi * phase)


def _along(x: Tensor, y: Tensor, angle: Tensor) -> Tensor:
    turn = 2 * math.pi * angle
    return x * turn.cos() + y * turn.sin()  # (N, H, W), about -0.7 to 0.7


_PATTERNS = {
    "stripes": _stripes,
    "dots": _dots,
    "gradient": _gradient,
    "waves": _waves,
}


def _choose(
    index: Tensor,
    names: tuple[str, ...],
    x: Tensor,
    y: Tensor,
    angle: Tensor,
    phase: Tensor,
) -> Tensor:
    chosen = torch.zeros_like(x + y)
    for i, name in enumerate(names):
        if name != "plain":
            pattern = _PATTERNS[name](x, y, angle, phase)
            chosen = torch.where(index == i, pattern, chosen)
    return chosen


def _mix(first: Tensor, second: Tensor, amount: Tensor) -> Tensor:
    return (
        first + (second - first) * amount[:, None]
    )  # amount (N, H, W) -> (N, 1, H, W)
