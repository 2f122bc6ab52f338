r"""What is where: a convolutional network that describes each place of a picture, trained on labels of places and then left as it is."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.components.data import COLORS, SHAPES, TEXTURES, Scenes
from deepbook.components.model.checks import check_axes, check_whole
from deepbook.training import initialize, predict

CELL = 4
"""Side of a place in pixels: the network halves the picture twice."""
PARTS = (1, 1, len(SHAPES), len(COLORS), len(TEXTURES), 1)
"""Numbers for each place: center of an object, covered by one, its shape, its color, its pattern, its size."""


class PlaceNetwork(nn.Module):
    r"""Describe each 4 x 4 pixels of a picture by 16 numbers.

    Three convolutions with batch normalization; the numbers are the logits
    of center, cover, shape, color and pattern, and the size; see `PARTS`.

    Args:
        channels: Channels of the three convolutions.

    Examples:
        >>> PlaceNetwork()(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 16, 8, 8])
    """

    def __init__(self, channels: tuple[int, int, int] = (16, 32, 48)) -> None:
        super().__init__()
        check_whole(**{f"channels[{i}]": c for i, c in enumerate(channels)})
        sizes = (3, *channels)
        layers = []
        for i in range(3):
            layers += [
                nn.Conv2d(sizes[i], sizes[i + 1], 3, padding=1, bias=False),
                nn.BatchNorm2d(sizes[i + 1]),
                nn.ReLU(),
            ]
            layers += [nn.MaxPool2d(2)] if i < 2 else []
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(channels[-1], sum(PARTS), 1)

    def forward(self, images: Tensor) -> Tensor:
        r"""Describe the places.

        Args:
            images: `(N, 3, H, W)`.

        Returns:
            `(N, 16, H / 4, W / 4)`.
        """
        check_axes("images", images, "N, 3, H, W")
        return self.head(self.body(images))


def place_labels(scenes: Scenes) -> Tensor:
    r"""What a `PlaceNetwork` is to say of each place.

    Args:
        scenes: N scenes with named colors, H and W multiples of `CELL`.

    Returns:
        `(N, 6, H / 4, W / 4)` float32: 1 where the center of an object lies,
        1 where an object covers two fifths of the place or more, and of the
        object that covers most of it: shape, color and pattern (positions in
        `SHAPES`, `COLORS` and `TEXTURES`) and radius (pixels). These four
        mean nothing where no object covers the place.

    Raises:
        ValueError: If the scenes name no colors, know other shapes or
            patterns than all, or their sides are no multiples of `CELL`.

    Examples:
        >>> from deepbook.components.data import CROWD, make_scenes
        >>> scenes = make_scenes(2, CROWD, torch.Generator().manual_seed(0))
        >>> place_labels(scenes)[:, 0].sum((1, 2)), scenes.objects.count
        (tensor([4., 1.]), tensor([4, 1]))
    """
    config, objects = scenes.config, scenes.objects
    known = (config.shapes, config.colors, config.texture)
    sides = config.height % CELL, config.width % CELL
    if known != (SHAPES, COLORS, TEXTURES) or any(sides):
        raise ValueError(
            "scenes must have all shapes, colors and patterns and sides of a "
            f"multiple of {CELL} pixels, got {known} and {config.height} x "
            f"{config.width}; begin with CROWD"
        )
    cover, nearest = F.avg_pool2d(objects.masks.float(), CELL).max(1)
    factors = objects.factors
    kinds = (objects.labels, objects.colors, factors["texture"])
    of_objects = torch.stack(
        [value.float() for value in (*kinds, factors["radius"])], 1
    )  # (N, 4, M)
    rows = cover.shape[1:]
    index = nearest.flatten(1)[:, None].expand(-1, 4, -1)
    described = of_objects.gather(2, index).unflatten(2, rows)
    center = torch.zeros_like(cover)
    for x, y, there in zip(
        factors["x"].T, factors["y"].T, objects.present.T, strict=True
    ):
        column = (x / CELL).long().clamp(0, rows[1] - 1)
        row = (y / CELL).long().clamp(0, rows[0] - 1)
        center[there.nonzero()[:, 0], row[there], column[there]] = 1.0
    told = torch.stack([center, (cover >= 0.4).float()], 1)
    return torch.cat([told, described], 1)


def place_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    r"""How wrong a description is: cross-entropies and a squared error.

    Args:
        outputs: `(N, 16, R, C)`, of a `PlaceNetwork`.
        labels: `(N, 6, R, C)`, of `place_labels`.

    Returns:
        A scalar. Shape, color, pattern and size count where an object covers
        the place; sizes are measured in places, about their middle.

    Raises:
        ValueError: If the shapes do not fit.

    Examples:
        Undecided everywhere: log 2 four times for the center and once for
        the cover, and log 4 + log 6 + log 3 for the rest, of radius 4.

        >>> labels = torch.tensor([1.0, 1, 0, 0, 0, 4]).view(1, 6, 1, 1)
        >>> round(place_loss(torch.zeros(1, 16, 1, 1), labels).item(), 4)
        7.7424
    """
    wanted = (len(outputs), len(PARTS), *outputs.shape[2:])
    if outputs.ndim != 4 or outputs.shape[1] != 16 or labels.shape != wanted:
        raise ValueError(
            "outputs and labels must be (N, 16, R, C) and (N, 6, R, C), got "
            f"{tuple(outputs.shape)} and {tuple(labels.shape)}"
        )
    center, cover, *described = outputs.split(PARTS, 1)
    there = labels[:, 1] > 0
    binary = F.binary_cross_entropy_with_logits
    loss = 4 * binary(center[:, 0], labels[:, 0])
    loss = loss + binary(cover[:, 0], labels[:, 1])
    for part, label in zip(described[:3], labels.unbind(1)[2:5], strict=True):
        chosen = part.movedim(1, -1)[there]
        loss = loss + F.cross_entropy(chosen, label[there].long())
    radius = labels[:, 5][there] / CELL - 1
    return loss + 4 * F.mse_loss(described[3][:, 0][there], radius)


def fit_places(
    scenes: Scenes, generator: torch.Generator, steps: int = 250
) -> PlaceNetwork:
    r"""Train a `PlaceNetwork` with Adam, 64 scenes a step.

    Args:
        scenes: As for `place_labels`.
        generator: Draws the weights and the batches.
        steps: Steps; the rate rises to 0.02 and falls to zero.

    Returns:
        The network, in evaluation mode.
    """
    check_whole(steps=steps)
    labels = place_labels(scenes)
    network = initialize(PlaceNetwork(), generator)
    adam = torch.optim.Adam(network.parameters(), lr=0.02, fused=True)
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, 0.02, total_steps=steps)
    for _ in range(steps):
        rows = torch.randint(len(scenes), (64,), generator=generator)
        loss = place_loss(network(scenes.images[rows]), labels[rows])
        adam.zero_grad()
        loss.backward()
        adam.step()
        cycle.step()
    return network.eval()


def describe(network: PlaceNetwork, images: Tensor) -> Tensor:
    r"""Turn pictures into lists of places.

    Args:
        network: Trained.
        images: `(N, 3, H, W)`.

    Returns:
        `(N, S, 18)`, S = H W / 16, row by row: the numbers of each place
        (those of shape, color and pattern as log-probabilities), and its x
        and y from -1 (left, top) to 1.

    Examples:
        >>> places = describe(PlaceNetwork().eval(), torch.zeros(2, 3, 32, 32))
        >>> places.shape, places[0, 0, -2:], places[0, -1, -2:]
        (torch.Size([2, 64, 18]), tensor([-1., -1.]), tensor([1., 1.]))
    """
    maps = predict(network, [images])  # (N, 16, R, C)
    center, cover, shape, color, pattern, size = maps.split(PARTS, 1)
    logs = [part.log_softmax(1) for part in (shape, color, pattern)]
    parts = [center, cover, *(4 + part for part in logs), 4 * size]
    parts = [part.clamp(-4, 4) / 4 for part in parts]
    rows, columns = maps.shape[2:]
    y, x = torch.meshgrid(
        torch.linspace(-1, 1, rows),
        torch.linspace(-1, 1, columns),
        indexing="ij",
    )
    where = torch.stack([x, y]).expand(len(maps), -1, -1, -1)
    return (
        torch.cat([*parts, where], 1).flatten(2).transpose(1, 2).contiguous()
    )
