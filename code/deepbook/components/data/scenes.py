r"""The book's generated world: coloured shapes on a ground, drawn from a seed, with the labels that belong to them.

Every factor of a scene (shape, angle, hue, ...) is drawn first as a number in [0, 1) and only then mapped to the range that
`SceneConfig` gives. The same seed therefore gives the same scenes, and changing one field of the configuration changes only
that factor: the data shift, and nothing else moves.

Letters in shape comments: N scenes, C = 3 colours, H rows, W columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from deepbook.components.data.drawing import render

SHAPES = ("circle", "square", "triangle", "star")
"""Class names; the label of a scene is a position in `SceneConfig.shapes`."""
TEXTURES = ("plain", "stripes", "dots")
BACKGROUNDS = ("plain", "gradient", "waves")

_FACTORS = (
    "shape", "angle", "x", "y", "scale", "hue", "texture", "phase", "occlusion", "band_angle", "band_offset",
    "background", "background_angle", "background_hue", "light_background", "contrast", "noise",
)  # fmt: skip
_PIXELS_AT_ONCE = 2**20


@dataclass(frozen=True)
class SceneConfig:
    r"""A distribution of scenes; each pair is the lowest and the highest value of a uniform draw.

    Args:
        height, width: Size of the images in pixels, 16 or more.
        shapes: Names of the classes out of `SHAPES`, equally likely.
        angle: Rotation in degrees, counter-clockwise; at 0 a square stands on a side and the other shapes point up.
        position: Largest distance of the centre from the middle of the image along x and y, as a fraction of the shorter side.
        scale: Radius of the circle that has the shape's area, as a fraction of the shorter side. All classes have the same
            area at the same scale, so that area does not give the class away.
        hue: Hue of the shape in degrees around the OKLCH colour wheel (30 is red, 140 green, 260 blue).
        contrast: 1 is the full difference in colour between shape and ground, 0 is none.
        texture: Patterns of the shape out of `TEXTURES`, equally likely.
        occlusion: Width of a band in front of the shape, as a fraction of the shape's equal-area diameter; 0 is no band.
        background: Patterns of the ground out of `BACKGROUNDS`, equally likely.
        light_background: Probability in [0, 1] that the ground is light and the shape dark instead of the reverse.
        noise: Standard deviation of Gaussian noise added to the colours before they are clipped to [0, 1].

    Raises:
        ValueError: If a field is outside its range; the message says what was wanted and what came.

    Examples:
        >>> from dataclasses import replace
        >>> rotated = replace(SceneConfig(), angle=(45.0, 45.0))  # the data shift in one field
        >>> rotated.angle
        (45.0, 45.0)
        >>> replace(SceneConfig(), contrast=(0.5, 2.0))
        Traceback (most recent call last):
        ValueError: contrast must be a pair low <= high in [0.0, 1.0], got (0.5, 2.0); choose both ends inside that interval
    """

    height: int = 32
    width: int = 32
    shapes: tuple[str, ...] = SHAPES
    angle: tuple[float, float] = (0.0, 0.0)
    position: float = 0.06
    scale: tuple[float, float] = (0.2, 0.26)
    hue: tuple[float, float] = (0.0, 360.0)
    contrast: tuple[float, float] = (1.0, 1.0)
    texture: tuple[str, ...] = ("plain",)
    occlusion: tuple[float, float] = (0.0, 0.0)
    background: tuple[str, ...] = ("plain",)
    light_background: float = 0.0
    noise: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        for name in ("height", "width"):
            if getattr(self, name) < 16:
                raise ValueError(
                    f"{name} must be 16 pixels or more, got {getattr(self, name)}; shapes are not told apart below that"
                )
        for name, known in (
            ("shapes", SHAPES),
            ("texture", TEXTURES),
            ("background", BACKGROUNDS),
        ):
            got = getattr(self, name)
            if isinstance(got, str) or not got or not set(got) <= set(known):
                raise ValueError(
                    f"{name} must be a tuple of names out of {known}, got {got!r}; for one name write (name,)"
                )
        limits = {
            "angle": (-360.0, 360.0),
            "scale": (0.05, 0.5),
            "hue": (-360.0, 720.0),
            "contrast": (0.0, 1.0),
        }
        limits |= {"occlusion": (0.0, 0.9), "noise": (0.0, 1.0)}
        for name, (low, high) in limits.items():
            got = getattr(self, name)
            if not (
                isinstance(got, tuple)
                and len(got) == 2
                and low <= got[0] <= got[1] <= high
            ):
                raise ValueError(
                    f"{name} must be a pair low <= high in [{low}, {high}], got {got}; choose both ends inside that interval"
                )
        for name, high in (("position", 0.5), ("light_background", 1.0)):
            if not 0.0 <= getattr(self, name) <= high:
                raise ValueError(
                    f"{name} must be in [0, {high}], got {getattr(self, name)}; choose a number inside that interval"
                )


@dataclass(frozen=True)
class Scenes:
    r"""N scenes with every label that belongs to them.

    Args:
        images: `(N, 3, H, W)` float32 in [0, 1].
        labels: `(N,)` int64, position of the class in `SceneConfig.shapes`.
        masks: `(N, H, W)` bool, True where the shape can be seen (not behind the band).
        boxes: `(N, 4)` float32, tight around the mask: left, top, right, bottom edge in pixels; zeros where nothing is seen.
        factors: What each scene was drawn from, `(N,)` each: angle (degrees), x and y (pixels), radius (pixels, equal area),
            hue (degrees), texture and background (positions in the configuration), occlusion, contrast, noise.

    Examples:
        >>> scenes = make_scenes(5, SceneConfig(), torch.Generator().manual_seed(0))
        >>> len(scenes), tuple(scenes.images.shape)
        (5, (5, 3, 32, 32))
        >>> tuple(scenes[:2].images.shape)  # a slice, an index tensor or a mask gives fewer scenes
        (2, 3, 32, 32)
    """

    images: Tensor
    labels: Tensor
    masks: Tensor
    boxes: Tensor
    factors: dict[str, Tensor]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: slice | Tensor) -> Scenes:
        factors = {name: value[index] for name, value in self.factors.items()}
        return Scenes(
            self.images[index],
            self.labels[index],
            self.masks[index],
            self.boxes[index],
            factors,
        )


def make_scenes(
    count: int, config: SceneConfig, generator: torch.Generator
) -> Scenes:
    r"""Draw scenes of one shape each from a distribution.

    Args:
        count: Number of scenes N, 1 or more.
        config: The distribution.
        generator: Source of all randomness. Equal states give equal scenes; two configurations that differ in one field give
            the same scenes but for that factor.

    Returns:
        `Scenes` with images `(N, 3, H, W)`.

    Raises:
        ValueError: If count is below 1.

    Examples:
        A shape of radius 0.25 in an image of 64 x 64 pixels covers about pi * 16 ** 2 = 804 pixels, whatever its class:

        >>> config = SceneConfig(height=64, width=64, scale=(0.25, 0.25))
        >>> scenes = make_scenes(100, config, torch.Generator().manual_seed(0))
        >>> bool(((scenes.masks.sum((1, 2)) - 804).abs() < 40).all())
        True
    """
    if count < 1:
        raise ValueError(
            f"count must be 1 or more, got {count}; ask for at least one scene"
        )
    drawn = torch.rand(count, len(_FACTORS), generator=generator)
    units = dict(zip(_FACTORS, drawn.unbind(1), strict=True))  # each (N,)
    factors = _factors(units, config)
    at_once = max(1, _PIXELS_AT_ONCE // (config.height * config.width))
    parts = []
    for start in range(0, count, at_once):
        part = {
            name: value[start : start + at_once]
            for name, value in factors.items()
        }
        image, mask = render(part, config)
        grain = torch.randn(image.shape, generator=generator)
        parts.append(
            (
                (image + part["noise"][:, None, None, None] * grain).clamp(
                    0, 1
                ),
                mask,
            )
        )
    masks = torch.cat([mask for _, mask in parts])
    public = (
        "angle",
        "x",
        "y",
        "radius",
        "hue",
        "texture",
        "background",
        "occlusion",
        "contrast",
        "noise",
    )
    return Scenes(
        images=torch.cat([image for image, _ in parts]),
        labels=factors["shape"],
        masks=masks,
        boxes=boxes_from_masks(masks),
        factors={name: factors[name] for name in public},
    )


def boxes_from_masks(masks: Tensor) -> Tensor:
    r"""Find the tight box around each mask, in pixels.

    Args:
        masks: `(N, H, W)` bool.

    Returns:
        `(N, 4)` float32: left, top, right, bottom edge; zeros for an empty mask.

    Examples:
        >>> mask = torch.zeros(1, 4, 6, dtype=torch.bool)
        >>> mask[0, 1:3, 2:5] = True
        >>> boxes_from_masks(mask)
        tensor([[2., 1., 5., 3.]])
    """
    edges = []
    for occupied in (
        masks.any(1),
        masks.any(2),
    ):  # columns (N, W), rows (N, H)
        first = occupied.int().argmax(1)
        last = occupied.shape[1] - occupied.flip(1).int().argmax(1)
        edges.append((first, last))
    (left, right), (top, bottom) = edges
    boxes = torch.stack([left, top, right, bottom], 1).float()
    return boxes * masks.flatten(1).any(1)[:, None]


def _factors(
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
    factors["shape"] = among("shape", config.shapes)
    factors["x"] = config.width / 2 + between("x", (-reach, reach))
    factors["y"] = config.height / 2 + between("y", (-reach, reach))
    factors["radius"] = between("scale", config.scale) * side
    factors["light"] = (
        units["light_background"] < config.light_background
    ).float()
    return factors
