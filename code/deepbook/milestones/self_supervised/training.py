r"""Training without labels, or with labels that the data bring along."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.checks import check_filled, check_number
from deepbook.components.model.checks import check_axes, check_whole
from deepbook.milestones.self_supervised.loss import nt_xent
from deepbook.milestones.self_supervised.network import SimCLR

Change = Callable[[Tensor, torch.Generator], Tensor]
"""From pictures to as many changed ones, such as `Views`."""
Sample = Callable[[torch.Generator], tuple[Tensor, Tensor]]
"""Makes a batch: pictures `(B, C, H, W)` and labels `(B,)` int64."""


def pretrain(
    model: SimCLR,
    pictures: Tensor,
    views: Change,
    *,
    steps: int,
    generator: torch.Generator,
    batch_size: int = 64,
    temperature: float = 0.5,
    lr: float = 3e-3,
) -> list[float]:
    r"""Train a SimCLR network on pictures without labels.

    Args:
        model: Trained in place and left in evaluation mode.
        pictures: `(N, C, H, W)` float.
        views: Makes one view of each picture; called twice a step.
        steps: Number of updates by Adam, the learning rate rising for a
            tenth of them and then falling along a cosine.
        generator: Decides which pictures and which views.
        batch_size: Pictures in a batch, 2 or more; there are twice as many
            views.
        temperature: Of `nt_xent`.
        lr: Highest learning rate.

    Returns:
        The loss of each step, in nats.

    Raises:
        ValueError: If there are no pictures `(N, C, H, W)`, steps is below
            1, the batch has fewer than 2, or lr or temperature is not above
            0.

    Examples:
        >>> from deepbook.milestones.self_supervised.network import CONFIGS
        >>> from deepbook.milestones.self_supervised.views import Views
        >>> seed = torch.Generator().manual_seed(0)
        >>> pictures = torch.rand(8, 3, 24, 24, generator=seed)
        >>> model = SimCLR(CONFIGS["miniature"])
        >>> losses = pretrain(
        ...     model, pictures, Views(), steps=2, generator=seed, batch_size=4
        ... )
        >>> len(losses), model.training
        (2, False)

    References:
        T. Chen et al., A Simple Framework for Contrastive Learning (2020),
        algorithm 1.
    """
    check_axes("pictures", pictures, "N, C, H, W")
    check_number("batch_size", batch_size, batch_size >= 2, "2 or more")

    def loss() -> Tensor:
        pick = torch.randint(len(pictures), (batch_size,), generator=generator)
        chosen = pictures[pick]
        both = [views(chosen, generator) for _ in range(2)]
        first, second = model(torch.cat(both)).chunk(2)
        return nt_xent(first, second, temperature)

    return _descend(model, loss, steps, lr)


def train_on(
    model: nn.Module,
    sample: Sample,
    *,
    steps: int,
    generator: torch.Generator,
    lr: float = 3e-3,
) -> list[float]:
    r"""Train a classifier on batches that a function makes.

    The labels may come from people, from a change made to the pictures
    (`rotations`), or from rules that draw a picture for a given label.

    Args:
        model: From pictures to scores `(B, K)`; trained in place and left in
            evaluation mode.
        sample: Called once a step.
        steps: As in `pretrain`.
        generator: Given to `sample`.
        lr: Highest learning rate.

    Returns:
        The cross-entropy of each step, in nats.

    Raises:
        ValueError: If steps is below 1 or lr not above 0.

    Examples:
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(3, 2))
        >>> def sample(generator):
        ...     labels = torch.randint(2, (8,), generator=generator)
        ...     return labels.float().view(8, 1, 1, 1).expand(8, 3, 1, 1), labels
        >>> losses = train_on(
        ...     model, sample, steps=200, generator=torch.Generator(), lr=0.1
        ... )
        >>> losses[-1] < 0.1
        True
    """

    def loss() -> Tensor:
        pictures, labels = sample(generator)
        return F.cross_entropy(model(pictures), labels)

    return _descend(model, loss, steps, lr)


def rotations(pictures: Tensor) -> tuple[Tensor, Tensor]:
    r"""Turn every picture by 0, 90, 180 and 270 degrees.

    Args:
        pictures: `(N, C, S, S)`, squares.

    Returns:
        `(4N, C, S, S)`, N for each turn, and the number of quarter turns
        `(4N,)` int64, counter-clockwise.

    Raises:
        ValueError: If the pictures are no squares `(N, C, S, S)`, or are none.

    Examples:
        >>> turned, quarters = rotations(torch.tensor([[[[1, 2], [3, 4]]]]))
        >>> turned[1, 0], quarters
        (tensor([[2, 4],
                [1, 3]]), tensor([0, 1, 2, 3]))

    References:
        S. Gidaris et al., Unsupervised Representation Learning by Predicting
        Image Rotations (2018).
    """
    if pictures.ndim != 4 or pictures.shape[2] != pictures.shape[3]:
        raise ValueError(
            "pictures must have shape (N, C, S, S), got"
            f" {tuple(pictures.shape)}; a quarter turn needs squares"
        )
    check_filled("pictures", pictures)
    turned = [torch.rot90(pictures, k, (2, 3)) for k in range(4)]
    return torch.cat(turned), torch.arange(4).repeat_interleave(len(pictures))


def _descend(
    model: nn.Module, loss: Callable[[], Tensor], steps: int, lr: float
) -> list[float]:
    check_whole(steps=steps)
    check_number("lr", lr, 0 < lr < math.inf, "above 0 and finite")
    adam = torch.optim.AdamW(
        model.parameters(), lr=lr, weight_decay=1e-4, fused=True
    )
    rise = max(1, steps // 10)
    course = torch.optim.lr_scheduler.LambdaLR(
        adam,
        lambda step: (
            min(1, (step + 1) / rise)
            * (1 + math.cos(math.pi * step / steps))
            / 2
        ),
    )
    # channels next to each other: the same numbers, computed faster
    model.train().to(memory_format=torch.channels_last)
    values = []
    for _ in range(steps):
        value = loss()
        adam.zero_grad()
        value.backward()
        adam.step()
        course.step()
        values.append(value.item())
    model.eval()
    return values
