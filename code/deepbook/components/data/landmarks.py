r"""Where the landmarks of a shape are, and which of them can be seen: computed from formulas, not from pixels."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from deepbook.components.data.config import SceneConfig
from deepbook.components.data.drawing import (
    EYES,
    OUTLINES,
    band_distance,
    object_distance,
)


def locate(f: dict[str, Tensor], config: SceneConfig) -> tuple[Tensor, Tensor]:
    r"""Find the keypoints of every object.

    Args:
        f: Factors, `(N, M)` for objects and `(N,)` for scenes, as `draw_factors` gives them.
        config: The size, and the names that the factors count through.

    Returns:
        Points `(N, M, K, 2)` float32, x and y in pixels, and which of them can be seen `(N, M, K)` bool: inside the image, not
        behind the band, not behind an object in front.

    Examples:
        An upright circle of radius 8 in the middle of 32 x 32 pixels has its center at (16, 16) and its top at (16, 8):

        >>> from deepbook.components.data.sampling import draw_factors
        >>> config = SceneConfig(shapes=("circle",), position=0.0, scale=(0.25, 0.25))
        >>> points, visible = locate(draw_factors(1, config, torch.Generator().manual_seed(0)), config)
        >>> points[0, 0, :2].round(decimals=2)
        tensor([[16., 16.],
                [16.,  8.]])
    """
    table = torch.tensor([_landmarks(name) for name in config.shapes])
    own = table[f["shape"]] * f["radius"][:, :, None, None]  # (N, M, K, 2)
    angle = torch.deg2rad(f["angle"])[:, :, None]
    dx = own[..., 0] * angle.cos() - own[..., 1] * angle.sin()
    dy = own[..., 0] * angle.sin() + own[..., 1] * angle.cos()  # points up
    x, y = f["x"][:, :, None] + dx, f["y"][:, :, None] - dy  # (N, M, K)
    seen = (x >= 0) & (x < config.width) & (y >= 0) & (y < config.height)

    of_scene = {name: f[name][:, None, None] for name in _BAND}
    first = {name: f[name][:, :1, None] for name in ("x", "y", "radius")}
    hidden = band_distance(
        x - first["x"], first["y"] - y, of_scene | {"radius": first["radius"]}
    )
    seen &= (hidden > 0) | (of_scene["occlusion"] == 0)
    for j in range(x.shape[1] - 1):  # what object j hides of those behind it
        front = {
            name: f[name][:, j, None, None]
            for name in ("x", "y", "radius", "angle", "shape")
        }
        behind = slice(j + 1, None)
        gap = object_distance(
            x[:, behind] - front["x"], front["y"] - y[:, behind], front, config
        )[0]
        there = f["present"][:, j, None, None]
        seen[:, behind] &= (gap > 0) | ~there
    return torch.stack([x, y], 3), seen


_BAND = ("band_angle", "band_offset", "occlusion")


def _landmarks(shape: str) -> list[tuple[float, float]]:
    # In units of the equal-area radius, x to the right and y up, for a shape that stands upright.
    tips, notch, upright = OUTLINES[shape]
    step = math.pi / tips
    normal = notch * math.sin(step), 1 - notch * math.cos(step)
    size = math.sqrt(step / (notch * math.sin(step)))
    points = [(0.0, 0.0)]
    for degrees in (90, 180, 270, 0):  # top, left, bottom, right
        around = math.radians(degrees - upright - 90)
        fold = abs((around + step) % (2 * step) - step)
        reach = normal[0] / (
            normal[0] * math.cos(fold) + normal[1] * math.sin(fold)
        )
        turn = math.radians(degrees)
        points.append(
            (size * reach * math.cos(turn), size * reach * math.sin(turn))
        )
    return points + [(-EYES[0], EYES[1]), (EYES[0], EYES[1])]
