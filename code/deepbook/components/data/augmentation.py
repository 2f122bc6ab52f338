r"""Augmentation: random changes of pictures whose effect on every label is known.

One matrix for each picture says where its points go. Images, masks and keypoints are moved by the same matrix, so that they
stay together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.checks import check_floating
from deepbook.components.data.config import KEYPOINTS
from deepbook.components.data.scenes import Scenes, boxes_from_masks

_MIRRORED = [
    KEYPOINTS.index(
        {"left": "right", "right": "left"}.get(
            name.split("_")[0], name.split("_")[0]
        )
        + name.removeprefix(name.split("_")[0])
    )
    for name in KEYPOINTS
]  # a mirror turns a left eye into a right eye


@dataclass(frozen=True)
class Augmentation:
    r"""Random changes, drawn anew for each picture and each call.

    Called with images `(N, C, H, W)` it returns images; called with `Scenes` it returns scenes whose masks, boxes, keypoints and
    factors have moved along. Points that come from outside the picture repeat its border.

    Args:
        flip: Probability of a mirror image, left to right.
        turn: Largest rotation in degrees, to either side.
        shift: Largest shift along x and y, as a fraction of height and width.
        zoom: Least and greatest magnification; above 1 is a crop, made large again.
        brightness: Largest amount added to or taken from all colours of a picture.
        contrast: Largest relative change of the differences from the mean colour.
        color: Largest factor, less 1, by which each channel is made stronger or weaker.
        noise: Standard deviation of Gaussian noise.

    Raises:
        ValueError: If a field is out of its range.

    Examples:
        >>> mirror = Augmentation(flip=1.0)
        >>> mirror(torch.tensor([[[[0.0, 1.0]]]]), torch.Generator())
        tensor([[[[1., 0.]]]])
    """

    flip: float = 0.0
    turn: float = 0.0
    shift: float = 0.0
    zoom: tuple[float, float] = (1.0, 1.0)
    brightness: float = 0.0
    contrast: float = 0.0
    color: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        limits = {"flip": 1.0, "turn": 180.0, "shift": 1.0, "brightness": 1.0}
        limits |= {"contrast": 1.0, "color": 1.0, "noise": 1.0}
        for name, high in limits.items():
            if not 0 <= getattr(self, name) <= high:
                raise ValueError(
                    f"{name} must be in [0, {high}], got {getattr(self, name)}; choose a number inside that interval"
                )
        zoom = self.zoom
        if not (
            isinstance(zoom, tuple)
            and len(zoom) == 2
            and 0.25 <= zoom[0] <= zoom[1] <= 4
        ):
            raise ValueError(
                f"zoom must be a pair low <= high in [0.25, 4], got {zoom}; write (1.0, 1.0) for none"
            )

    def __call__(
        self, pictures: Tensor | Scenes, generator: torch.Generator
    ) -> Tensor | Scenes:
        r"""Change pictures.

        Args:
            pictures: `(N, C, H, W)` float32 in [0, 1], or `Scenes`.
            generator: Source of randomness.

        Returns:
            What was given, changed; the given pictures stay as they are.

        Raises:
            TypeError: If the pictures are no floating-point tensor and no scenes.
            ValueError: If the tensor has no shape `(N, C, H, W)`.
        """
        if isinstance(pictures, Scenes):
            matrix, mirrored = self._matrices(pictures.images, generator)
            moved = _move_scenes(pictures, matrix, mirrored)
            return replace(moved, images=self._tint(moved.images, generator))
        check_floating("pictures", pictures)
        if pictures.ndim != 4:
            raise ValueError(
                f"pictures must have shape (N, C, H, W), got {tuple(pictures.shape)}; for one picture write picture[None]"
            )
        matrix, _ = self._matrices(pictures, generator)
        return self._tint(_warp(pictures, matrix, "bilinear"), generator)

    def _matrices(
        self, images: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        # From points of the new picture to points of the old one, in pixels about the middle, x to the right and y down.
        drawn = torch.rand(5, len(images), generator=generator)
        height, width = images.shape[2:]
        mirrored = drawn[0] < self.flip
        angle = torch.deg2rad((2 * drawn[1] - 1) * self.turn)
        low, high = self.zoom
        scale = 1 / (low + (high - low) * drawn[2])
        sign = 1 - 2 * mirrored.float()
        matrix = torch.stack(
            [
                sign * scale * angle.cos(), -sign * scale * angle.sin(),
                (2 * drawn[3] - 1) * self.shift * width,
                scale * angle.sin(), scale * angle.cos(),
                (2 * drawn[4] - 1) * self.shift * height,
            ],
            1,
        )  # fmt: skip
        return matrix.view(-1, 2, 3), mirrored

    def _tint(self, images: Tensor, generator: torch.Generator) -> Tensor:
        count, channels = images.shape[:2]
        if self.brightness or self.contrast or self.color:
            size = (count, 2 + channels, 1, 1)
            drawn = 2 * torch.rand(size, generator=generator) - 1
            mean = images.mean((1, 2, 3), keepdim=True)
            images = mean + (images - mean) * (
                1 + self.contrast * drawn[:, :1]
            )
            images = images * (1 + self.color * drawn[:, 2:])
            images = images + self.brightness * drawn[:, 1:2]
        if self.noise:
            grain = torch.randn(images.shape, generator=generator)
            images = images + self.noise * grain
        return images.clamp(0, 1)


class AugmentInTraining(nn.Module):
    r"""The first layer of a model that sees changed pictures in training and the given ones in evaluation.

    Args:
        augmentation: What to change.
        generator: Source of randomness.

    Examples:
        >>> layer = AugmentInTraining(Augmentation(flip=1.0), torch.Generator())
        >>> picture = torch.tensor([[[[0.0, 1.0]]]])
        >>> layer(picture).flatten(), layer.eval()(picture).flatten()
        (tensor([1., 0.]), tensor([0., 1.]))
    """

    def __init__(
        self, augmentation: Augmentation, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.augmentation, self.generator = augmentation, generator

    def forward(self, images: Tensor) -> Tensor:
        r"""Return images `(B, C, H, W)`, changed in training."""
        if not self.training:
            return images
        return self.augmentation(images, self.generator)


def _warp(images: Tensor, matrix: Tensor, mode: str) -> Tensor:
    height, width = images.shape[2:]
    if torch.equal(matrix, torch.eye(2, 3).expand_as(matrix)):
        return images
    # affine_grid counts from -1 to 1 across the picture
    size = torch.tensor([width, height]) / 2
    scale = torch.cat([size, torch.ones(1)]) / size[:, None]
    grid = F.affine_grid(
        matrix * scale, list(images.shape), align_corners=False
    )
    return F.grid_sample(
        images, grid, mode, padding_mode="border", align_corners=False
    )


def _move_scenes(scenes: Scenes, matrix: Tensor, mirrored: Tensor) -> Scenes:
    objects = scenes.objects
    count, _, height, width = scenes.images.shape
    masks = _warp(objects.masks.float(), matrix, "nearest") > 0.5
    middle = torch.tensor([width / 2, height / 2])
    back = torch.linalg.inv(matrix[:, :, :2])  # (N, 2, 2)

    def move(points: Tensor) -> Tensor:  # (N, P, 2)
        centered = points - middle - matrix[:, None, :, 2]
        return centered @ back.transpose(1, 2) + middle

    points = move(objects.keypoints.flatten(1, 2)).view_as(objects.keypoints)
    visible = objects.visible
    swap = torch.where(
        mirrored[:, None],
        torch.tensor(_MIRRORED),
        torch.arange(len(KEYPOINTS)),
    )[:, None].expand_as(visible)
    points = points.gather(2, swap[..., None].expand_as(points))
    inside = (points >= 0) & (points < 2 * middle)
    visible = visible.gather(2, swap) & inside.all(3)

    f = objects.factors
    x, y = move(torch.stack([f["x"], f["y"]], 2)).unbind(2)
    turn = torch.atan2(matrix[:, 1, 0], matrix[:, 1, 1])[:, None]
    sign = 1 - 2 * mirrored[:, None].float()
    grown = torch.linalg.det(back).abs().sqrt()[:, None]
    factors = f | {"x": x, "y": y, "radius": f["radius"] * grown}
    factors["angle"] = sign * f["angle"] + torch.rad2deg(turn)
    moved = replace(
        objects,
        masks=masks,
        boxes=boxes_from_masks(masks.flatten(0, 1)).view(count, -1, 4),
        keypoints=points,
        visible=visible,
        factors=factors,
    )
    first = {
        name: factors[name][:, 0] for name in ("x", "y", "radius", "angle")
    }
    return Scenes(
        _warp(scenes.images, matrix, "bilinear"),
        moved,
        scenes.factors | first,
        scenes.config,
    )
