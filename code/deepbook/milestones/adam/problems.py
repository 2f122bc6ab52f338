r"""Twelve small problems that ask different things of an optimizer.

They are convex and not, scaled well and badly, dense and sparse, noisy and not.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from sklearn import datasets
from torch import Generator, Tensor

from deepbook.milestones.adam.sweep import Problem


def nats(logits: Tensor, labels: Tensor) -> Tensor:
    r"""Compute the mean cross-entropy in nats, in a form that `vmap` takes.

    Args:
        logits: `(B, K)`.
        labels: `(B,)` int64.

    Returns:
        A scalar.

    Examples:
        >>> nats(torch.zeros(2, 4), torch.tensor([0, 3])).exp().item()
        4.0
    """
    chosen = logits.gather(1, labels.unsqueeze(1)).squeeze(1)
    return (logits.logsumexp(1) - chosen).mean()


def yes_or_no(logits: Tensor, labels: Tensor) -> Tensor:
    r"""Compute the mean cross-entropy in nats of yes (1) or no (0).

    Args:
        logits: `(B,)`.
        labels: `(B,)` floats 0 or 1.

    Returns:
        A scalar.

    Examples:
        >>> yes_or_no(torch.zeros(2), torch.tensor([0.0, 1.0])).exp().item()
        2.0
    """
    return (F.softplus(logits) - labels * logits).mean()


def dense(generator: Generator, *sizes: int, gain: float = 1.0):
    r"""Draw weights and zero biases of fully connected layers.

    Args:
        generator: Source of randomness.
        sizes: Widths, from the input to the output.
        gain: Weights have variance gain^2 / fan-in.

    Returns:
        Weight, bias, weight, bias and so on.

    Examples:
        >>> [tuple(p.shape) for p in dense(Generator(), 5, 3, 2)]
        [(5, 3), (3,), (3, 2), (2,)]
    """
    drawn = []
    for a, b in zip(sizes[:-1], sizes[1:], strict=True):
        drawn += [gain * torch.randn(a, b, generator=generator) / a**0.5]
        drawn += [torch.zeros(b)]
    return tuple(drawn)


def forward(parameters, x: Tensor, activation) -> Tensor:
    r"""Pass a batch through the layers of `dense`, activated in between.

    Args:
        parameters: As `dense` draws them.
        x: `(B, D)`.
        activation: Applied after all layers but the last.

    Returns:
        `(B, K)`.

    Examples:
        >>> forward((torch.eye(2), torch.ones(2)), torch.zeros(1, 2), torch.relu)
        tensor([[1., 1.]])
    """
    for i in range(0, len(parameters), 2):
        x = x @ parameters[i] + parameters[i + 1]
        if i + 2 < len(parameters):
            x = activation(x)
    return x


def _digits() -> tuple[Tensor, Tensor]:
    bunch = datasets.load_digits()
    pixels = torch.tensor(bunch.data, dtype=torch.float32)  # 0 to 16
    return pixels, torch.tensor(bunch.target)


def _standard(x: Tensor) -> Tensor:
    return (x - x.mean()) / x.std()


def digits_linear() -> Problem:
    r"""Softmax regression on handwritten digits; convex."""
    pixels, labels = _digits()
    return Problem(
        lambda g: (torch.zeros(64, 10), torch.zeros(10)),
        lambda p, x, y: nats(x @ p[0] + p[1], y),
        (_standard(pixels), labels),
    )


def digits_relu() -> Problem:
    r"""A network with one hidden layer of ReLUs on the digits."""
    pixels, labels = _digits()
    return Problem(
        lambda g: dense(g, 64, 16, 10, gain=2**0.5),
        lambda p, x, y: nats(forward(p, x, torch.relu), y),
        (_standard(pixels), labels),
    )


def digits_tanh() -> Problem:
    r"""A narrow network with three hidden layers of tanh on the digits."""
    pixels, labels = _digits()
    return Problem(
        lambda g: dense(g, 64, 12, 12, 12, 10),
        lambda p, x, y: nats(forward(p, x, torch.tanh), y),
        (_standard(pixels), labels),
    )


def digits_convolution() -> Problem:
    r"""A convolution of stride 2 and a linear layer on raw pixels, 0 to 16."""
    pixels, labels = _digits()
    images = pixels.view(-1, 1, 8, 8)
    patches = F.unfold(images, 3, stride=2).transpose(1, 2)

    def loss(p, x, y):  # x: (B, 9, 9), a row for each place of the filters
        features = torch.relu(x @ p[0] + p[1]).flatten(1)
        return nats(features @ p[2] + p[3], y)

    def start(g):
        return dense(g, 9, 4, gain=2**0.5) + dense(g, 36, 10)

    return Problem(start, loss, (patches.contiguous(), labels))


def autoencoder() -> Problem:
    r"""Digits through four numbers and back; squared error of pixels."""
    pixels, _ = _digits()

    def loss(p, x):
        code = forward(p[:4], x, torch.tanh)
        return (forward(p[4:], code, torch.tanh) - x).square().mean()

    return Problem(lambda g: dense(g, 64, 12, 4, 12, 64), loss, (pixels / 16,))


def cancer_raw() -> Problem:
    r"""Logistic regression on 30 raw measurements of very different sizes."""
    bunch = datasets.load_breast_cancer()
    x = torch.tensor(bunch.data, dtype=torch.float32)
    y = torch.tensor(bunch.target, dtype=torch.float32)
    return Problem(
        lambda g: (torch.zeros(30), torch.zeros(())),
        lambda p, x, y: yes_or_no(x @ p[0] + p[1], y),
        (x, y),
    )


def diabetes_raw() -> Problem:
    r"""Linear regression with a target in its raw unit, about 150."""
    bunch = datasets.load_diabetes(scaled=False)
    x = torch.tensor(bunch.data, dtype=torch.float32)
    y = torch.tensor(bunch.target, dtype=torch.float32)
    return Problem(
        lambda g: (torch.zeros(10), torch.zeros(())),
        lambda p, x, y: (x @ p[0] + p[1] - y).square().mean(),
        ((x - x.mean(0)) / x.std(0), y),
    )


def rare_words() -> Problem:
    r"""Logistic regression on 300 words; the r-th is in 1 / r of the texts."""
    g = Generator().manual_seed(0)
    often = 1 / torch.arange(1.0, 301.0)
    x = (torch.rand(2000, 300, generator=g) < often).float()
    chance = (x @ (2 * torch.randn(300, generator=g))).sigmoid()
    y = (torch.rand(2000, generator=g) < chance).float()
    return Problem(
        lambda g: (torch.zeros(300), torch.zeros(())),
        lambda p, x, y: yes_or_no(x @ p[0] + p[1], y),
        (x, y),
    )


def embeddings() -> Problem:
    r"""The commonest topic of 8 words, by the sum of their embeddings."""
    g = Generator().manual_seed(0)
    often = 1 / torch.arange(1.0, 101.0)
    topic = torch.randint(5, (100,), generator=g)
    words = torch.multinomial(often.expand(2000, 100), 8, True, generator=g)
    votes = F.one_hot(topic[words], 5).sum(1)
    ties = 0.01 * torch.rand(2000, 5, generator=g)
    counts = F.one_hot(words, 100).sum(1).float()  # (N, 100)

    def start(g):
        table = 0.5 * torch.randn(100, 6, generator=g)
        return (table, *dense(g, 6, 5))

    return Problem(
        start,
        lambda p, x, y: nats(x @ p[0] @ p[1] + p[2], y),
        (counts, (votes + ties).argmax(1)),
    )


def attention() -> Problem:
    r"""Name the marked one of six letters; attention must learn to look."""
    g = Generator().manual_seed(0)
    letters = torch.randint(8, (1000, 6), generator=g)
    place = torch.randint(6, (1000, 1), generator=g)
    mark = F.one_hot(place.squeeze(1), 6).unsqueeze(2)
    x = torch.cat([F.one_hot(letters, 8), mark], 2).float()  # (N, 6, 9)

    def start(g):
        return tuple(dense(g, a, b)[0] for a, b in ((9, 8), (8, 1), (8, 8)))

    def loss(p, x, y):
        h = x @ p[0]  # (B, 6, 8)
        weight = (h @ p[1]).softmax(1)  # (B, 6, 1)
        return nats((weight * h).sum(1) @ p[2], y)

    return Problem(start, loss, (x, letters.gather(1, place).squeeze(1)))


def valley() -> Problem:
    r"""A turned bowl of 20 numbers with curvatures 0.001 to 10; no noise."""
    g = Generator().manual_seed(0)
    axes, _ = torch.linalg.qr(torch.randn(20, 20, generator=g))
    hessian = axes @ torch.diag(torch.logspace(-3, 1, 20)) @ axes.T
    return Problem(
        lambda g: (torch.randn(20, generator=g),),
        lambda p: 0.5 * (p[0] * (hessian @ p[0])).sum(),
    )


def rosenbrock() -> Problem:
    r"""The bent valley (1 - x)^2 + 100 (y - x^2)^2; no noise."""

    def loss(p):
        x, y = p[0][0], p[0][1]
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    return Problem(
        lambda g: (
            torch.tensor([-1.2, 1.0]) + 0.1 * torch.randn(2, generator=g),
        ),
        loss,
    )


PROBLEMS: dict[str, Callable[[], Problem]] = {
    f.__name__: f
    for f in (
        digits_linear,
        digits_relu,
        digits_tanh,
        digits_convolution,
        autoencoder,
        attention,
        embeddings,
        rare_words,
        cancer_raw,
        diabetes_raw,
        valley,
        rosenbrock,
    )
}
"""The problems by name; each builds its data when it is called."""
