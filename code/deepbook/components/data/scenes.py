r"""Scenes with all the labels that belong to them, drawn from a `SceneConfig` and a seed.

Every factor of a scene (shape, angle, hue, ...) is drawn first as a number in [0, 1) and only then mapped to the range that
`SceneConfig` gives. The same seed therefore gives the same scenes, and changing one field of the configuration changes only
that factor: the data shift, and nothing else moves.

Letters in shape comments: N scenes, M objects at most, K keypoints, C = 3 colours, H rows, W columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from deepbook.components.data.config import SceneConfig
from deepbook.components.data.drawing import render
from deepbook.components.data.landmarks import locate
from deepbook.components.data.sampling import draw_factors

_PIXELS_AT_ONCE = 2**20
_OBJECT = ("angle", "x", "y", "radius", "hue", "texture")
_SCENE = ("background", "occlusion", "contrast", "noise")


@dataclass(frozen=True)
class Objects:
    r"""The objects of N scenes, at most M in each, the one in front first.

    Args:
        labels: `(N, M)` int64, position of the class in `SceneConfig.shapes`; -1 where there is no object.
        colors: `(N, M)` int64, position in `SceneConfig.colors`; -1 where there is no object or no named colour.
        masks: `(N, M, H, W)` bool, what can be seen of each object.
        boxes: `(N, M, 4)` float32, tight around the mask: left, top, right, bottom edge in pixels; zeros where nothing is seen.
        keypoints: `(N, M, K, 2)` float32, x (to the right) and y (down) in pixels of each of `KEYPOINTS`.
        visible: `(N, M, K)` bool, False for a keypoint that is hidden, outside the image or without an object.
        factors: `(N, M)` each: angle (degrees), x and y (pixels), radius (pixels, equal area), hue (degrees), texture
            (position in the configuration).

    Examples:
        >>> from deepbook.components.data import CROWD
        >>> objects = make_scenes(2, CROWD, torch.Generator().manual_seed(0)).objects
        >>> objects.labels
        tensor([[ 1,  0,  2,  3],
                [ 3, -1, -1, -1]])
        >>> objects.count
        tensor([4, 1])
    """

    labels: Tensor
    colors: Tensor
    masks: Tensor
    boxes: Tensor
    keypoints: Tensor
    visible: Tensor
    factors: dict[str, Tensor]

    @property
    def present(self) -> Tensor:
        r"""Whether a slot holds an object, `(N, M)` bool."""
        return self.labels >= 0

    @property
    def count(self) -> Tensor:
        r"""Number of objects in each scene, `(N,)` int64."""
        return self.present.sum(1)

    def __getitem__(self, index: slice | Tensor) -> Objects:
        return Objects(
            self.labels[index],
            self.colors[index],
            self.masks[index],
            self.boxes[index],
            self.keypoints[index],
            self.visible[index],
            {name: value[index] for name, value in self.factors.items()},
        )


@dataclass(frozen=True)
class Scenes:
    r"""N scenes with every label that belongs to them.

    `labels`, `masks`, `boxes`, `keypoints` and `visible` are those of the object in front, `objects` holds all of them.

    Args:
        images: `(N, 3, H, W)` float32 in [0, 1].
        objects: What is in the scenes; see `Objects`.
        factors: What each scene and its object in front were drawn from, `(N,)` each: angle (degrees), x and y (pixels),
            radius (pixels, equal area), hue (degrees), texture and background (positions in the configuration), occlusion,
            contrast, noise.
        config: The distribution that the scenes come from.

    Examples:
        >>> scenes = make_scenes(5, SceneConfig(), torch.Generator().manual_seed(0))
        >>> len(scenes), tuple(scenes.images.shape)
        (5, (5, 3, 32, 32))
        >>> tuple(scenes[:2].images.shape)  # a slice, an index tensor or a mask gives fewer scenes
        (2, 3, 32, 32)
    """

    images: Tensor
    objects: Objects
    factors: dict[str, Tensor]
    config: SceneConfig

    @property
    def labels(self) -> Tensor:
        r"""Class of the object in front, `(N,)` int64, a position in `SceneConfig.shapes`."""
        return self.objects.labels[:, 0]

    @property
    def masks(self) -> Tensor:
        r"""Where the object in front can be seen (not behind the band), `(N, H, W)` bool."""
        return self.objects.masks[:, 0]

    @property
    def boxes(self) -> Tensor:
        r"""Tight box of that mask, `(N, 4)` float32: left, top, right, bottom edge in pixels; zeros where nothing is seen."""
        return self.objects.boxes[:, 0]

    @property
    def keypoints(self) -> Tensor:
        r"""Landmarks of the object in front, `(N, K, 2)` float32, x and y in pixels."""
        return self.objects.keypoints[:, 0]

    @property
    def visible(self) -> Tensor:
        r"""Which of these landmarks can be seen, `(N, K)` bool."""
        return self.objects.visible[:, 0]

    @property
    def semantic(self) -> Tensor:
        r"""Class of each pixel, `(N, H, W)` int64: 0 is ground, 1 + label is an object."""
        classes = torch.zeros(self.masks.shape, dtype=torch.int64)
        for j, label in enumerate(self.objects.labels.unbind(1)):
            mask = self.objects.masks[:, j]  # the masks are disjoint
            classes += mask * (1 + label[:, None, None])
        return classes

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: slice | Tensor) -> Scenes:
        factors = {name: value[index] for name, value in self.factors.items()}
        return Scenes(
            self.images[index], self.objects[index], factors, self.config
        )


def make_scenes(
    count: int, config: SceneConfig, generator: torch.Generator
) -> Scenes:
    r"""Draw scenes from a distribution.

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
    factors = draw_factors(count, config, generator)
    pixels = config.objects[1] * config.height * config.width
    at_once = max(1, _PIXELS_AT_ONCE // pixels)
    images, masks = [], []
    for start in range(0, count, at_once):
        part = {
            name: value[start : start + at_once]
            for name, value in factors.items()
        }
        image, mask = render(part, config)
        grain = torch.randn(image.shape, generator=generator)
        noisy = image + part["noise"][:, None, None, None] * grain
        images.append(noisy.clamp(0, 1))
        masks.append(mask)
    return Scenes(
        torch.cat(images),
        _label(factors, torch.cat(masks), config),
        {name: factors[name][:, 0] for name in _OBJECT}
        | {name: factors[name] for name in _SCENE},
        config,
    )


def boxes_from_masks(masks: Tensor) -> Tensor:
    r"""Find the tight box around each mask, in pixels.

    Args:
        masks: `(N, H, W)` bool.

    Returns:
        `(N, 4)` float32: left, top, right, bottom edge; zeros for an
        empty mask.

    Raises:
        ValueError: If the masks are no bool tensor `(N, H, W)`.

    Examples:
        >>> mask = torch.zeros(1, 4, 6, dtype=torch.bool)
        >>> mask[0, 1:3, 2:5] = True
        >>> boxes_from_masks(mask)
        tensor([[2., 1., 5., 3.]])
    """
    if masks.dtype != torch.bool or masks.ndim != 3:
        raise ValueError(
            f"masks must be bool (N, H, W), got {masks.dtype} "
            f"{tuple(masks.shape)}; compare with a threshold, or write "
            "mask[None]"
        )
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


def _label(
    factors: dict[str, Tensor], masks: Tensor, config: SceneConfig
) -> Objects:
    present = factors["present"]
    points, visible = locate(factors, config)
    colors = (
        factors["color"]
        if config.colors
        else torch.full_like(masks[:, :, 0, 0], -1, dtype=torch.int64)
    )
    return Objects(
        labels=torch.where(present, factors["shape"], -1),
        colors=torch.where(present, colors, -1),
        masks=masks,
        boxes=boxes_from_masks(masks.flatten(0, 1)).unflatten(
            0, masks.shape[:2]
        ),
        keypoints=points,
        visible=visible & present[:, :, None],
        factors={name: factors[name] for name in _OBJECT},
    )
