r"""How the miniature is trained: stochastic gradient descent with momentum on few pictures, which are never twice the same."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.checks import check_number
from deepbook.components.data import MESSY
from deepbook.components.model.checks import check_whole
from deepbook.milestones.alexnet.network import AlexNet, Config
from deepbook.milestones.alexnet.views import (
    RandomCrop,
    color_directions,
    shift_colors,
)
from deepbook.training import batches, initialize

PICTURES = replace(
    MESSY,
    height=28,
    width=28,
    texture=("plain",),
    background=("plain", "gradient"),
    occlusion=(0.0, 0.2),
    light_background=0.0,
)
"""Scenes for the miniature: turned shapes of 28 x 28 pixels, of which windows of 24 x 24 are cut, as 224 x 224 of 256 x 256."""


class Pipeline(nn.Module):
    r"""Everything from a picture to its scores: cut a window, shift colors, center, classify.

    In evaluation, the window is the middle and colors stay.

    Args:
        config: Sizes of the network.
        images: Training pictures `(N, 3, H, W)`, for their mean and colors.
        generator: Source of randomness: weights, windows and colors.
        augment: Whether training takes random windows, mirror images and
            colors.

    Examples:
        >>> from deepbook.milestones.alexnet import CONFIGS
        >>> images, g = torch.zeros(5, 3, 28, 28), torch.Generator()
        >>> Pipeline(CONFIGS["miniature"], images, g)(images).shape
        torch.Size([5, 4])
    """

    def __init__(
        self,
        config: Config,
        images: Tensor,
        generator: torch.Generator,
        augment: bool = True,
    ) -> None:
        super().__init__()
        self.network = initialize(AlexNet(config), generator)
        self.crop = RandomCrop(config.picture, generator)
        self.colors, self.mean = color_directions(images), images.mean()
        self.generator, self.augment = generator, augment

    def train(self, mode: bool = True) -> Pipeline:
        super().train(mode)
        self.crop.train(mode and self.augment)
        return self

    def forward(self, x: Tensor) -> Tensor:
        r"""Compute logits `(B, K)` of pictures `(B, 3, H, W)`."""
        x = self.crop(x)
        if self.training and self.augment:
            x = shift_colors(x, *self.colors, self.generator)
        return self.scores(x)

    def scores(self, windows: Tensor) -> Tensor:
        r"""Compute logits `(B, K)` of windows `(B, 3, size, size)`."""
        return self.network((windows - self.mean) / 0.25)


def fit(
    config: Config,
    images: Tensor,
    labels: Tensor,
    *,
    steps: int = 200,
    learning_rate: float = 0.03,
    seed: int = 0,
    augment: bool = True,
    batch_size: int = 32,
) -> Pipeline:
    r"""Train with momentum 0.9, weight decay 0.0005 and a falling rate.

    Args:
        config: Sizes of the network.
        images: `(N, 3, H, W)`, sides at least `config.picture`.
        labels: `(N,)` int64.
        steps: Updates of the parameters.
        learning_rate: At the first step; it falls in a line to 5% of it.
        seed: Decides weights, order, windows, colors and dropout. The global
            random state stays as it was.
        augment: Whether pictures are changed at each use.
        batch_size: Pictures a step.

    Returns:
        The trained `Pipeline`, in evaluation mode.

    Raises:
        ValueError: If steps is below 1, the learning rate not positive, or
            pictures and labels differ in number.

    References:
        Krizhevsky et al. (2012), section 5.
    """
    check_whole(steps=steps, batch_size=batch_size)
    check_number(
        "learning_rate", learning_rate, 0 < learning_rate < 10, "in (0, 10)"
    )
    generator = torch.Generator().manual_seed(seed)
    left = steps
    with torch.random.fork_rng(devices=[]):  # dropout draws from global state
        torch.manual_seed(seed)
        model = Pipeline(config, images, generator, augment)
        sgd = torch.optim.SGD(
            model.parameters(), learning_rate, 0.9, weight_decay=5e-4
        )
        fade = torch.optim.lr_scheduler.LinearLR(sgd, 1.0, 0.05, steps)
        while left:
            for x, y in batches((images, labels), batch_size, generator):
                sgd.zero_grad()
                F.cross_entropy(model(x), y).backward()
                sgd.step()
                fade.step()
                left -= 1
                if not left:
                    break
    return model.eval()
