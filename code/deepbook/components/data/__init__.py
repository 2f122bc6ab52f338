r"""The book's generated world: coloured shapes on a ground, drawn from a seed, with the labels that belong to them."""

from deepbook.components.data.scenes import (
    BACKGROUNDS,
    SHAPES,
    TEXTURES,
    SceneConfig,
    Scenes,
    boxes_from_masks,
    make_scenes,
)

__all__ = [
    "BACKGROUNDS",
    "SHAPES",
    "TEXTURES",
    "SceneConfig",
    "Scenes",
    "boxes_from_masks",
    "make_scenes",
]
