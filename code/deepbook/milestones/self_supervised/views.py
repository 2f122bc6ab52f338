r"""Two pictures out of one: the random changes that SimCLR makes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from deepbook.checks import check_filled, check_floating, check_number

_GRAY = torch.tensor([0.299, 0.587, 0.114])  # ITU-R BT.601


@dataclass(frozen=True)
class Views:
    r"""Random changes that leave what a picture shows as it is.

    Called with pictures it returns as many changed ones, each changed in a
    way of its own. Called twice it gives the two views of a pair.

    Args:
        crop: Least share of the area that a crop keeps; the crop is made as
            large as the picture again. 1 is no crop.
        flip: Probability of a mirror image, left to right.
        color: Strength of the jitter of brightness, contrast, saturation and
            hue; 0 is none, 1 as in the paper for ImageNet.
        jitter: Probability that the colours of a picture are jittered.
        gray: Probability that a picture loses its colours.
        blur: Probability of a Gaussian blur.
        turn: Largest rotation in degrees, to either side; 0 in the paper.
            Points that come from outside the picture repeat its border.

    Raises:
        ValueError: If a field is out of its range.

    Examples:
        >>> mirror = Views(crop=1.0, flip=1.0, color=0, gray=0, blur=0)
        >>> picture = torch.tensor([0.0, 1.0]).expand(1, 3, 2, 2)
        >>> mirror(picture, torch.Generator())[0, 0]
        tensor([[1., 0.],
                [1., 0.]])

    References:
        T. Chen et al., A Simple Framework for Contrastive Learning (2020),
        appendix A.
    """

    crop: float = 0.08
    flip: float = 0.5
    color: float = 1.0
    jitter: float = 0.8
    gray: float = 0.2
    blur: float = 0.5
    turn: float = 0.0

    def __post_init__(self) -> None:
        for name in ("flip", "color", "jitter", "gray", "blur"):
            value = getattr(self, name)
            check_number(name, value, 0 <= value <= 1, "in [0, 1]")
        in_range = 0 <= self.turn <= 180
        check_number("turn", self.turn, in_range, "in [0, 180] degrees")
        wanted = "above 0 and at most 1, the share of the area that is kept"
        check_number("crop", self.crop, 0 < self.crop <= 1, wanted)

    def __call__(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        r"""Change pictures.

        Args:
            pictures: `(N, 3, H, W)` float in [0, 1].
            generator: Source of randomness.

        Returns:
            `(N, 3, H, W)` in [0, 1]; the given ones stay as they are.

        Raises:
            TypeError: If the pictures are no floating-point tensor.
            ValueError: If they have no shape `(N, 3, H, W)`, or are none.
        """
        _check_colored(pictures)
        if self.crop < 1 or self.flip or self.turn:
            pictures = self._crop(pictures, generator)
        if self.color or self.gray:
            pictures = self._recolor(pictures, generator)
        if self.blur:
            pictures = self._blur(pictures, generator)
        return pictures

    def _crop(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        drawn = torch.rand(6, len(pictures), generator=generator)
        tall = pictures.shape[2] / pictures.shape[3]
        area = self.crop + (1 - self.crop) * drawn[0]
        ratio = torch.ones_like(area)
        if self.crop < 1:
            ratio = (4 / 3) ** (2 * drawn[1] - 1)  # width / height
        width = (area * ratio).sqrt().clamp(max=1)
        height = (area / ratio).sqrt().clamp(max=1)
        mirror = torch.where(drawn[4] < self.flip, -1, 1)
        angle = torch.deg2rad(self.turn * (2 * drawn[5] - 1))
        # from points of the view to points of the picture, both -1 to 1
        matrix = torch.stack(
            [
                mirror * width * angle.cos(), -height * angle.sin() * tall,
                (1 - width) * (2 * drawn[2] - 1),
                mirror * width * angle.sin() / tall, height * angle.cos(),
                (1 - height) * (2 * drawn[3] - 1),
            ],
            1,
        ).view(-1, 2, 3)  # fmt: skip
        grid = F.affine_grid(matrix, list(pictures.shape), align_corners=False)
        return F.grid_sample(
            pictures,
            grid.to(pictures),
            padding_mode="border",
            align_corners=False,
        )

    def _recolor(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        drawn = torch.rand(6, len(pictures), generator=generator).to(pictures)
        strength = self.color * (drawn[0] < self.jitter)
        bright, contrast, vivid = (
            (1 + 0.8 * strength * (2 * u - 1)).view(-1, 1, 1, 1)
            for u in drawn[1:4]
        )
        faded = (drawn[5] < self.gray).view(-1, 1, 1, 1)
        vivid = torch.where(faded, torch.zeros_like(vivid), vivid)
        turn = 0.2 * strength * (2 * drawn[4] - 1)
        x = turn_hue(pictures, turn)
        luma = torch.einsum("c,nchw->nhw", _GRAY.to(x), x)[:, None]
        x = bright * (luma + vivid * (x - luma))
        mean = x.mean((1, 2, 3), keepdim=True)
        return (mean + contrast * (x - mean)).clamp(0, 1)

    def _blur(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        count, channels, height, width = pictures.shape
        drawn = torch.rand(2, count, generator=generator).to(pictures)
        sigma = 0.1 + 1.9 * drawn[1]
        reach = max(1, height // 20)  # a kernel of a tenth of the height
        steps = torch.arange(-reach, reach + 1).to(pictures)
        kernel = torch.exp(-((steps / sigma[:, None]) ** 2) / 2)
        kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(
            channels, 0
        )  # (N C, K)
        x = pictures.reshape(1, count * channels, height, width)
        x = F.pad(x, (reach, reach, reach, reach), mode="replicate")
        x = F.conv2d(x, kernel[:, None, :, None], groups=count * channels)
        x = F.conv2d(x, kernel[:, None, None, :], groups=count * channels)
        hazy = (drawn[0] < self.blur).view(-1, 1, 1, 1)
        return torch.where(hazy, x.view_as(pictures), pictures)


def turn_hue(pictures: Tensor, turn: Tensor) -> Tensor:
    r"""Turn the colours of pictures around the axis of greys.

    Args:
        pictures: `(N, 3, H, W)` float.
        turn: `(N,)`, in full turns; a third takes red to green.

    Returns:
        `(N, 3, H, W)`, not clipped; greys stay as they are.

    Raises:
        ValueError: If the pictures have no shape `(N, 3, H, W)`, or there are
            not as many turns.

    Examples:
        >>> red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
        >>> turn_hue(red, torch.tensor([1 / 3])).flatten().abs().round()
        tensor([0., 1., 0.])

    References:
        The rotation formula of Rodrigues about (1, 1, 1).
    """
    _check_colored(pictures)
    if turn.shape != pictures.shape[:1]:
        raise ValueError(
            f"turn must have shape ({len(pictures)},), one for each picture,"
            f" got {tuple(turn.shape)}"
        )
    angle = 2 * torch.pi * turn.view(-1, 1, 1)
    same = torch.eye(3).to(pictures)
    cross = torch.tensor([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]).to(pictures)
    matrix = (
        angle.cos() * same
        + (1 - angle.cos()) / 3
        + angle.sin() / 3**0.5 * cross
    )  # (N, 3, 3)
    return torch.einsum("nij,njhw->nihw", matrix, pictures)


def _check_colored(pictures: Tensor) -> None:
    check_floating("pictures", pictures)
    if pictures.ndim != 4 or pictures.shape[1] != 3:
        raise ValueError(
            "pictures must have shape (N, 3, H, W), got"
            f" {tuple(pictures.shape)}; for one picture write picture[None]"
        )
    check_filled("pictures", pictures)
