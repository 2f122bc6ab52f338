r"""The game: discriminator and generator take turns, several runs side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor

from deepbook.checks import check_not_negative, check_number
from deepbook.milestones.gan.losses import (
    discriminator_loss,
    generator_loss,
    gradient_penalty,
)
from deepbook.milestones.gan.networks import (
    Discriminator,
    GANConfig,
    Generator,
)

Draw = Callable[[int, torch.Generator], Tensor]
"""From a number of samples and a source of randomness to `(B, D)`."""


@dataclass(frozen=True)
class Match:
    r"""What happened in a game of R runs.

    Args:
        generator: The generators as they ended.
        discriminator: The discriminators as they ended.
        averaged: Generators with the running mean of the weights.
        steps: After which steps samples were kept, K of them.
        samples: `(K, R, n, D)`, always made from the same noise.
        discriminator_losses: `(steps, R)`, without the penalty.
        generator_losses: `(steps, R)`.
    """

    generator: Generator
    discriminator: Discriminator
    averaged: Generator
    steps: list[int]
    samples: Tensor
    discriminator_losses: Tensor
    generator_losses: Tensor


def adam(parameters: list[Tensor], lr: float) -> torch.optim.Optimizer:
    r"""Adam with the short momentum that is usual for GANs."""
    return torch.optim.Adam(parameters, lr=lr, betas=(0.5, 0.999), fused=True)


def play(
    config: GANConfig,
    draw: Draw,
    seeds: Sequence[int],
    steps: int,
    *,
    batch_size: int = 128,
    rates: tuple[float, float] = (0.003, 0.003),
    loss: str = "non_saturating",
    penalty: float = 0.0,
    head_start: int = 0,
    average: float = 0.995,
    optimizer: Callable[..., torch.optim.Optimizer] = adam,
    keep: Sequence[int] = (),
    shown: int = 500,
) -> Match:
    r"""Let generators and discriminators take turns, a step each.

    Args:
        config: Sizes of the networks.
        draw: Makes real samples `(B, D)`.
        seeds: One a run; a seed gives the same weights, batches and noise
            alone and in company.
        steps: Turns of both players.
        batch_size: Real and generated samples a step.
        rates: Learning rates of generator and discriminator.
        loss: The generator's, a name in `GENERATOR_LOSSES`.
        penalty: Weight of the gradient penalty (R1).
        head_start: Steps that the discriminator takes alone beforehand.
        average: Share of the generators' mean weights kept at a step.
        optimizer: Called with parameters and a learning rate.
        keep: Steps after which to keep samples; the last one always is.
        shown: Samples kept at a time.

    Returns:
        A `Match`.

    Raises:
        ValueError: If a setting is out of range.
        FloatingPointError: If a loss is not finite.

    Examples:
        >>> from deepbook.milestones.gan import CONFIGS, ring
        >>> match = play(CONFIGS["ring"], ring, seeds=[0, 1], steps=2)
        >>> match.samples.shape, match.generator_losses.shape
        (torch.Size([1, 2, 500, 2]), torch.Size([2, 2]))

    References:
        Goodfellow et al., Generative Adversarial Nets (2014), algorithm 1
        with k = 1.
    """
    check_number("steps", steps, steps >= 1, "1 or more")
    check_number("batch_size", batch_size, batch_size >= 1, "1 or more")
    check_number("seeds", len(seeds), len(seeds) >= 1, "one or more of them")
    check_not_negative(
        penalty=penalty,
        head_start=head_start,
        generator_rate=rates[0],
        discriminator_rate=rates[1],
    )
    check_number("shown", shown, shown >= 1, "1 or more")
    check_number("average", average, 0 <= average < 1, "in [0, 1)")
    sources = [torch.Generator().manual_seed(seed) for seed in seeds]
    generator = Generator(config, sources)
    discriminator = Discriminator(config, sources)
    averaged = deepcopy(generator)
    players = [
        optimizer(list(network.parameters()), lr=rate)
        for network, rate in zip(
            (generator, discriminator), rates, strict=True
        )
    ]

    def noise(count: int) -> Tensor:
        drawn = [
            torch.randn(count, config.latent_size, generator=g)
            for g in sources
        ]
        return torch.stack(drawn)  # (R, B, latent)

    def judge() -> Tensor:
        real = torch.stack([draw(batch_size, g) for g in sources])
        with torch.no_grad():
            fake = generator(noise(batch_size))
        value = discriminator_loss(discriminator(real), discriminator(fake))
        total = value
        if penalty:
            total = value + penalty * gradient_penalty(discriminator, real)
        players[1].zero_grad()
        total.sum().backward()  # runs do not touch, so sums do no harm
        players[1].step()
        return value.detach()

    def forge() -> Tensor:
        logits = discriminator(generator(noise(batch_size)))
        value = generator_loss(logits, loss)
        players[0].zero_grad()
        value.sum().backward()
        players[0].step()
        with torch.no_grad():
            for mean, now in zip(
                averaged.parameters(), generator.parameters(), strict=True
            ):
                mean.lerp_(now, 1 - average)
        return value.detach()

    fixed = noise(shown)
    for _ in range(head_start):
        judge()
    wanted = sorted({*keep, steps})
    samples, history = [], []
    for step in range(1, steps + 1):
        history.append(torch.stack([judge(), forge()]))
        if not history[-1].isfinite().all():
            raise FloatingPointError(
                f"losses must be finite, got {history[-1].tolist()} at step "
                f"{step}; lower the learning rates"
            )
        if step in wanted:
            with torch.no_grad():
                samples.append(generator(fixed))
    losses = torch.stack(history)  # (steps, 2, R)
    return Match(
        generator,
        discriminator,
        averaged,
        [step for step in wanted if 1 <= step <= steps],
        torch.stack(samples),
        losses[:, 0],
        losses[:, 1],
    )
