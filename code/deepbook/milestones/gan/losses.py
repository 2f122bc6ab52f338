r"""The two players' losses, the penalty on the discriminator's slope, and the game's optimum."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

from deepbook.checks import (
    check_filled,
    check_floating,
    check_number,
    check_range,
)


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    r"""Compute -[log D(x) + log(1 - D(G(z)))], in nats.

    Args:
        real: Logits of real samples, `(..., B)`.
        fake: Logits of generated samples, `(..., B)`.

    Returns:
        Means over the batch, `(...)`.

    Raises:
        TypeError: If logits are no floating-point tensors.
        ValueError: If there are none.

    Examples:
        Who cannot tell pays log 4.

        >>> discriminator_loss(torch.zeros(3), torch.zeros(3))
        tensor(1.3863)
    """
    for name, logits in (("real", real), ("fake", fake)):
        check_floating(name, logits)
        check_filled(name, logits)
    return softplus(-real).mean(-1) + softplus(fake).mean(-1)


def saturating(fake: Tensor) -> Tensor:
    r"""The generator's side of the minimax game, log(1 - D)."""
    return -softplus(fake).mean(-1)


def non_saturating(fake: Tensor) -> Tensor:
    r"""What the paper trains instead, -log D."""
    return softplus(-fake).mean(-1)


GENERATOR_LOSSES: dict[str, Callable[[Tensor], Tensor]] = {
    "saturating": saturating,
    "non_saturating": non_saturating,
}
"""Losses of the generator by name."""


def generator_loss(fake: Tensor, kind: str = "non_saturating") -> Tensor:
    r"""Compute the loss that the generator lowers, in nats.

    Args:
        fake: Logits of generated samples, `(..., B)`.
        kind: "saturating", log(1 - D(G(z))), or "non_saturating",
            -log D(G(z)).

    Returns:
        Means over the batch, `(...)`.

    Raises:
        TypeError: If the logits are no floating-point tensor.
        ValueError: If there are none, or `kind` is not known.

    Examples:
        >>> generator_loss(torch.zeros(3), "saturating")
        tensor(-0.6931)
        >>> generator_loss(torch.zeros(3))
        tensor(0.6931)

    References:
        Goodfellow et al., Generative Adversarial Nets (2014), section 3.
    """
    check_floating("fake", fake)
    check_filled("fake", fake)
    if kind not in GENERATOR_LOSSES:
        raise ValueError(
            f"kind must be one of {', '.join(GENERATOR_LOSSES)}, got {kind!r}"
        )
    return GENERATOR_LOSSES[kind](fake)


def gradient_penalty(
    discriminator: Callable[[Tensor], Tensor], real: Tensor
) -> Tensor:
    r"""Compute the mean squared slope of the logit at real samples (R1).

    Args:
        discriminator: From samples `(..., B, D)` to logits `(..., B)`.
        real: Real samples, `(..., B, D)`.

    Returns:
        Half the mean squared length of the gradient, `(...)`; it can be
        differentiated once more.

    Raises:
        TypeError: If the samples are no floating-point tensor.
        ValueError: If there are none.

    Examples:
        The logit 3 a + 4 b has slope 5 everywhere.

        >>> line = lambda x: x @ torch.tensor([3.0, 4.0])
        >>> gradient_penalty(line, torch.zeros(7, 2)).item()
        12.5

    References:
        Mescheder, Geiger and Nowozin, Which Training Methods for GANs do
        actually Converge? (2018), equation 9.
    """
    check_floating("real", real)
    check_filled("real", real)
    real = real.detach().requires_grad_()
    logits = discriminator(real)
    (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
    return 0.5 * slope.square().sum(-1).mean(-1)


def optimal_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    r"""Compute D* = p / (p + q), the best answer to a fixed generator.

    Args:
        real: Density p of the data at some points, any shape.
        fake: Density q of the generator at the same points.

    Returns:
        Probabilities of "real"; 1/2 where neither density has mass.

    Raises:
        TypeError: If a density is no floating-point tensor.
        ValueError: If one is negative, or the shapes differ.

    Examples:
        >>> optimal_discriminator(torch.tensor([3.0, 0.0]),
        ...                       torch.tensor([1.0, 2.0]))
        tensor([0.7500, 0.0000])

    References:
        Goodfellow et al., Generative Adversarial Nets (2014), proposition 1.
    """
    _check_densities(real, fake)
    both = real + fake
    ratio = real / torch.where(both > 0, both, 1.0)
    return torch.where(both > 0, ratio, 0.5)


def jensen_shannon(real: Tensor, fake: Tensor, width: float = 1.0) -> Tensor:
    r"""Compute the Jensen-Shannon divergence of two densities, in nats.

    Args:
        real: Density p on a regular grid, or probabilities, `(N,)`.
        fake: Density q on the same grid.
        width: Distance (or area) of the grid's cells; 1 for probabilities.

    Returns:
        A scalar between 0 and log 2.

    Raises:
        TypeError: If a density is no floating-point tensor.
        ValueError: If one is negative, the shapes differ, or `width` is not
            positive.

    Examples:
        Nothing in common makes log 2.

        >>> jensen_shannon(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]))
        tensor(0.6931)
    """
    _check_densities(real, fake)
    check_number("width", width, width > 0, "positive")
    middle = (real + fake) / 2
    total = torch.zeros((), dtype=real.dtype)
    for density in (real, fake):
        inside = density > 0
        logs = (density[inside] / middle[inside]).log()
        total = total + (density[inside] * logs).sum() * width / 2
    return total


def _check_densities(real: Tensor, fake: Tensor) -> None:
    for name, density in (("real", real), ("fake", fake)):
        check_floating(name, density)
        check_range(name, density, density >= 0, "densities of 0 or more")
    if real.shape != fake.shape:
        raise ValueError(
            "real and fake must be densities at the same points, got shapes "
            f"{tuple(real.shape)} and {tuple(fake.shape)}"
        )
