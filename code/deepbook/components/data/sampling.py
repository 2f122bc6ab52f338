r"""What a scene is drawn from: numbers in [0, 1), mapped to the ranges of a `SceneConfig`, and a place for each object."""

from __future__ import annotations

import torch
from torch import Tensor

from deepbook.components.data.config import SceneConfig
from deepbook.components.data.palette import HUES

_FACTORS = (
    "shape", "angle", "x", "y", "scale", "hue", "texture", "phase", "occlusion", "band_angle", "band_offset",
    "background", "background_angle", "background_hue", "light_background", "contrast", "noise",
)  # fmt: skip
_PER_OBJECT = ("shape", "angle", "x", "y", "scale", "hue", "texture", "phase")
_TRIES = 24
_ROOM = 0.92


def draw_factors(
    count: int, config: SceneConfig, generator: torch.Generator
) -> dict[str, Tensor]:
    r"""Draw the factors of scenes.

    Args:
        count: Number of scenes N, 1 or more.
        config: The ranges.
        generator: Source of randomness. The first object and the ground of a scene do not depend on `config.objects`.

    Returns:
        Tensors `(N, M)` for what an object has (shape, angle, x, y, radius, hue, color, texture, phase, present) and `(N,)` for
        what a scene has.

    Examples:
        >>> factors = draw_factors(3, SceneConfig(objects=(2, 2), position=0.3), torch.Generator().manual_seed(0))
        >>> factors["shape"].shape, factors["noise"].shape
        (torch.Size([3, 2]), torch.Size([3]))
    """
    drawn = torch.rand(count, len(_FACTORS), generator=generator)
    units = dict(zip(_FACTORS, drawn.unbind(1), strict=True))  # each (N,)
    few, many = config.objects
    for name in _PER_OBJECT:
        units[name] = units[name][:, None]  # (N, 1)
    wanted = torch.full((count,), few)
    if many > 1:
        more = torch.rand(
            count, many - 1, len(_PER_OBJECT), generator=generator
        )
        for name, value in zip(_PER_OBJECT, more.unbind(2), strict=True):
            units[name] = torch.cat([units[name], value], 1)  # (N, M)
        share = torch.rand(count, generator=generator)
        wanted = few + (share * (many - few + 1)).long().clamp(max=many - few)
    factors = _in_range(units, config)
    factors["present"] = torch.arange(many) < wanted[:, None]
    if many > 1:
        tries = torch.rand(count, many - 1, _TRIES, 2, generator=generator)
        _place(factors, config, tries)
    return factors


def _in_range(
    units: dict[str, Tensor], config: SceneConfig
) -> dict[str, Tensor]:
    def between(name: str, ends: tuple[float, float]) -> Tensor:
        return ends[0] + (ends[1] - ends[0]) * units[name]

    def among(name: str, choices: tuple) -> Tensor:
        return (units[name] * len(choices)).long().clamp(max=len(choices) - 1)

    side = min(config.height, config.width)
    reach = config.position * side
    factors = dict(units)
    for name in ("angle", "hue", "contrast", "occlusion", "noise"):
        factors[name] = between(name, getattr(config, name))
    for name in ("texture", "background"):
        factors[name] = among(name, getattr(config, name))
    if config.colors:
        factors["color"] = among("hue", config.colors)
        hues = torch.tensor([HUES[name] for name in config.colors])
        factors["hue"] = hues[factors["color"]]
    factors["shape"] = among("shape", config.shapes)
    factors["x"] = config.width / 2 + between("x", (-reach, reach))
    factors["y"] = config.height / 2 + between("y", (-reach, reach))
    factors["radius"] = between("scale", config.scale) * side
    factors["light"] = (
        units["light_background"] < config.light_background
    ).float()
    return factors


def _place(
    factors: dict[str, Tensor], config: SceneConfig, tries: Tensor
) -> None:
    # Put each further object at the first of its tries that leaves room between its circle of equal area and those before it.
    reach = config.position * min(config.height, config.width)
    middle = torch.tensor([config.width / 2, config.height / 2])
    places = middle + reach * (2 * tries - 1)  # (N, M - 1, T, 2)
    for j in range(1, factors["x"].shape[1]):
        earlier = torch.stack([factors["x"], factors["y"]], 2)[:, :j]
        gap = torch.cdist(places[:, j - 1], earlier)  # (N, T, j)
        radius = factors["radius"]
        room = _ROOM * (radius[:, j : j + 1] + radius[:, :j])  # (N, j)
        there = factors["present"][:, None, :j]
        fits = ((gap >= room[:, None]) | ~there).all(2)  # (N, T)
        first = fits.int().argmax(1)
        chosen = places[torch.arange(len(first)), j - 1, first]
        factors["x"][:, j], factors["y"][:, j] = chosen.unbind(1)
        factors["present"][:, j] &= fits.any(1)
