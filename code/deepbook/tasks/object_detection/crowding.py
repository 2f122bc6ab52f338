r"""Scenes laid over one another, so that objects truly overlap."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from deepbook.checks import check_number
from deepbook.components.data import (
    SceneConfig,
    Scenes,
    boxes_from_masks,
    make_scenes,
)

Labelled = tuple[Tensor, Tensor, Tensor]
"""Images `(N, 3, H, W)`, boxes `(N, M, 4)` and labels `(N, M)`, -1 where there is no object; as `DetectionDataset.tensors`."""


def paste(front: Scenes, back: Scenes, least: int = 12) -> Labelled:
    r"""Lay the objects of one set of scenes over another.

    Args:
        front: N scenes whose objects are cut out.
        back: N scenes of the same size that they are laid over.
        least: Objects of which fewer pixels can be seen lose their label.

    Returns:
        Images, boxes tight around what can be seen, and labels.

    Raises:
        ValueError: If number or size of the scenes differ.

    Examples:
        >>> one = SceneConfig(position=0.1)
        >>> seeds = [torch.Generator().manual_seed(seed) for seed in (0, 1)]
        >>> front, back = (make_scenes(5, one, seed) for seed in seeds)
        >>> images, boxes, labels = paste(front, back)
        >>> boxes.shape, torch.equal(labels[:, 0], front.labels)
        (torch.Size([5, 2, 4]), True)

    References:
        Ghiasi et al., Simple Copy-Paste (2021).
    """
    if front.images.shape != back.images.shape:
        raise ValueError(
            "front and back must hold equally many images of one size, got "
            f"{tuple(front.images.shape)} and {tuple(back.images.shape)}"
        )
    over = front.objects.masks.any(1, keepdim=True)  # (N, 1, H, W)
    images = torch.where(over, front.images, back.images)
    masks = torch.cat([front.objects.masks, back.objects.masks & ~over], 1)
    labels = torch.cat([front.objects.labels, back.objects.labels], 1)
    boxes = boxes_from_masks(masks.flatten(0, 1)).unflatten(0, labels.shape)
    seen = masks.sum((2, 3)) >= least
    return images, boxes, torch.where(seen, labels, -1)


def make_pairs(
    count: int, config: SceneConfig, generator: torch.Generator
) -> Labelled:
    r"""Draw scenes with two objects of one class, one in front of the other.

    Args:
        count: Number of scenes, 1 or more.
        config: Where and how the objects are drawn; one in each scene.
        generator: Source of randomness.

    Returns:
        Images, boxes `(count, 2, 4)` and labels `(count, 2)`; class by class,
        equally many of each as nearly as can be.

    Raises:
        ValueError: If count is below 1.

    Examples:
        >>> seed = torch.Generator().manual_seed(0)
        >>> images, boxes, labels = make_pairs(6, SceneConfig(), seed)
        >>> images.shape, bool((labels[:, 0] == labels.amax(1)).all())
        (torch.Size([6, 3, 32, 32]), True)
    """
    check_number("count", count, count >= 1, "1 or more")
    parts = []
    for k, shape in enumerate(config.shapes):
        share = (count + k) // len(config.shapes)  # they add up to count
        if share:
            one = replace(config, objects=(1, 1), shapes=(shape,))
            front, back = (make_scenes(share, one, generator) for _ in "ab")
            images, boxes, labels = paste(front, back)
            parts.append((images, boxes, labels.where(labels < 0, k)))
    return tuple(torch.cat(column) for column in zip(*parts, strict=True))


def join(first: Labelled, second: Labelled) -> Labelled:
    r"""Put two sets of labelled images together, one after the other.

    Args:
        first, second: Images of one size, boxes and labels.

    Returns:
        All of them, with as many places for objects as the fuller has.

    Raises:
        ValueError: If the images differ in size.

    Examples:
        >>> seed = torch.Generator().manual_seed(0)
        >>> pairs = make_pairs(3, SceneConfig(), seed)
        >>> images, boxes, labels = join(pairs, pairs)
        >>> len(images), boxes.shape
        (6, torch.Size([6, 2, 4]))
    """
    if first[0].shape[1:] != second[0].shape[1:]:
        raise ValueError(
            "images must be of one size, got "
            f"{tuple(first[0].shape[1:])} and {tuple(second[0].shape[1:])}"
        )
    places = max(first[2].shape[1], second[2].shape[1])
    filled = []
    for images, boxes, labels in (first, second):
        more = places - labels.shape[1]
        filled.append(
            (
                images,
                F.pad(boxes, (0, 0, 0, more)),
                F.pad(labels, (0, more), value=-1),
            )
        )
    return tuple(torch.cat(parts) for parts in zip(*filled, strict=True))
