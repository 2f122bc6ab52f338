r"""How good are the samples? Modes covered, Fréchet distance, and the Parzen window that was given up."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from deepbook.checks import check_floating, check_not_negative, check_number


def ring_centers(modes: int = 8, radius: float = 2.0) -> Tensor:
    r"""Place the centers of the ring of Gaussians.

    Args:
        modes: Number of Gaussians.
        radius: Radius of the ring.

    Returns:
        `(modes, 2)`.

    Raises:
        ValueError: If there are no modes.

    Examples:
        >>> ring_centers(4, radius=1.0)[0]
        tensor([1., 0.])
    """
    check_number("modes", modes, modes >= 1, "1 or more")
    angle = 2 * math.pi * torch.arange(modes) / modes
    return radius * torch.stack([angle.cos(), angle.sin()], dim=1)


def ring(
    count: int,
    generator: torch.Generator,
    *,
    modes: int = 8,
    radius: float = 2.0,
    std: float = 0.05,
) -> Tensor:
    r"""Draw samples from Gaussians that stand in a ring.

    Args:
        count: Number of samples.
        generator: Source of randomness.
        modes: Number of Gaussians, equally likely.
        radius: Radius of the ring.
        std: Standard deviation of each Gaussian, in either direction.

    Returns:
        `(count, 2)`.

    Raises:
        ValueError: If count or modes is below 1, or std negative.

    Examples:
        >>> x = ring(1000, torch.Generator().manual_seed(0), std=0.0)
        >>> round(x.norm(dim=1).min().item(), 4), len(x)
        (2.0, 1000)
    """
    check_number("count", count, count >= 1, "1 or more")
    check_number("modes", modes, modes >= 1, "1 or more")
    check_not_negative(std=std)
    picked = torch.randint(modes, (count,), generator=generator)
    jitter = torch.randn(count, 2, generator=generator)
    return ring_centers(modes, radius)[picked] + std * jitter


def mode_coverage(
    samples: Tensor, centers: Tensor, std: float
) -> tuple[int, float]:
    r"""Count the modes that samples cover, and the share of good ones.

    A sample is of high quality within three standard deviations of the
    nearest center; a mode is covered if it is nearest to such a sample.

    Args:
        samples: `(N, D)`.
        centers: `(K, D)`.
        std: Standard deviation of the modes.

    Returns:
        Modes covered, 0 to K, and the share of samples of high quality.

    Raises:
        ValueError: If shapes do not fit, there are no samples, or std is not
            positive.

    Examples:
        >>> centers = torch.tensor([[0.0, 0.0], [9.0, 0.0]])
        >>> mode_coverage(torch.tensor([[0.2, 0.0], [5.0, 0.0]]), centers, 0.1)
        (1, 0.5)

    References:
        Srivastava et al., VEEGAN (2017).
    """
    _check_pair("samples", samples, "centers", centers)
    check_number("std", std, std > 0, "positive")
    distance, nearest = torch.cdist(samples, centers).min(dim=1)
    good = distance < 3 * std
    return len(nearest[good].unique()), good.double().mean().item()


def frechet_distance(a: Tensor, b: Tensor) -> float:
    r"""Compute the squared Fréchet distance of Gaussians fitted to features.

    |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2))

    Args:
        a: Features `(N, D)` of one set.
        b: Features `(M, D)` of the other.

    Returns:
        A number of 0 or more, in squared units of the features.

    Raises:
        ValueError: If shapes do not fit or a set has fewer than 2 samples.

    Examples:
        Shifted by (3, 4), spread alike: 9 + 16.

        >>> x = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
        >>> round(frechet_distance(x, x + torch.tensor([3.0, 4.0])), 4)
        25.0

    References:
        Heusel et al., GANs Trained by a Two Time-Scale Update Rule Converge
        to a Local Nash Equilibrium (2017).
    """
    _check_pair("a", a, "b", b)
    for name, features in (("a", a), ("b", b)):
        check_number(
            f"samples in {name}", len(features), len(features) > 1, "2 or more"
        )
    a, b = a.double(), b.double()
    cov_a, cov_b = (torch.atleast_2d(torch.cov(f.T)) for f in (a, b))
    root = _square_root(cov_a)
    product = root @ cov_b @ root  # has the eigenvalues of C_a C_b
    values = torch.linalg.eigvalsh((product + product.T) / 2)
    cross = values.clamp(min=0).sqrt().sum()
    shift = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    total = shift + cov_a.trace() + cov_b.trace() - 2 * cross
    return max(total.item(), 0.0)


def parzen_log_likelihood(
    points: Tensor, samples: Tensor, width: float
) -> float:
    r"""Compute the mean log-density of points under blurred samples, in nats.

    Args:
        points: Test points, `(N, D)`.
        samples: Samples of a model, `(M, D)`, each the middle of a Gaussian.
        width: Standard deviation of the Gaussians.

    Returns:
        The mean over the points.

    Raises:
        ValueError: If shapes do not fit or the width is not positive.

    Examples:
        One Gaussian at its own middle, one dimension: -log sqrt(2 pi).

        >>> zero = torch.zeros(1, 1)
        >>> round(parzen_log_likelihood(zero, zero, 1.0), 4)
        -0.9189

    References:
        Goodfellow et al., Generative Adversarial Nets (2014), section 5;
        Breuleux, Bengio and Vincent (2011).
    """
    _check_pair("points", points, "samples", samples)
    check_number("width", width, width > 0, "positive")
    squares = torch.cdist(points.double(), samples.double()).square()
    logs = torch.logsumexp(-squares / (2 * width**2), dim=1)
    size = points.shape[1]
    scale = math.log(len(samples)) + size * math.log(
        width * math.sqrt(2 * math.pi)
    )
    return (logs - scale).mean().item()


def _square_root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T


def _check_pair(name: str, a: Tensor, other: str, b: Tensor) -> None:
    for label, value in ((name, a), (other, b)):
        check_floating(label, value)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(
            f"{name} and {other} must be (N, D) and (M, D), got "
            f"{tuple(a.shape)} and {tuple(b.shape)}; flatten pictures first"
        )
    if not len(a) or not len(b):
        raise ValueError(
            f"{name} and {other} must hold one row or more, got {len(a)} and "
            f"{len(b)}; draw samples first"
        )
