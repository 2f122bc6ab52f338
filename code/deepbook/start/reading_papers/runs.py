r"""Many runs of one small network at once, so that the spread over seeds can be measured in seconds."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from deepbook.checks import check_number


def train_runs(
    data: Sequence[Tensor],
    test: Sequence[Tensor],
    *,
    runs: int,
    generator: torch.Generator,
    learning_rate: float | Tensor = 0.05,
    momentum: float | Tensor = 0.9,
    epochs: int = 20,
    batch_size: int = 30,
    hidden_size: int = 32,
) -> Tensor:
    r"""Train one network R times and record which test samples were right.

    Each run is a multilayer perceptron with one hidden layer, trained by
    SGD with momentum on the cross-entropy. The runs share the data and
    differ in their first weights and in the order of the samples, as runs
    with different seeds do; they are trained side by side as one batch of
    matrices, which changes nothing but the time it takes.

    Args:
        data: Inputs `(N, D)` and labels `(N,)` to train on.
        test: Inputs `(M, D)` and labels `(M,)`.
        runs: Number of runs R.
        generator: Source of the weights and of the order.
        learning_rate: One for all, or one a run, `(R,)`.
        momentum: One for all, or one a run, `(R,)`.
        epochs: Passes over the data, E.
        batch_size: Samples a step.
        hidden_size: Units of the hidden layer.

    Returns:
        `(E, R, M)` bool: which test samples were right after each epoch.

    Raises:
        ValueError: If inputs and labels differ in number or are none, or
            a setting is below 1.

    Examples:
        >>> x, y = torch.eye(2), torch.tensor([0, 1])
        >>> seed = torch.Generator().manual_seed(0)
        >>> right = train_runs((x, y), (x, y), runs=3, generator=seed)
        >>> right.shape, right[-1].all().item()
        (torch.Size([20, 3, 2]), True)
    """
    for name, (x, y) in (("data", data), ("test", test)):
        fits = len(x) == len(y) and len(x) > 0
        wanted = "as many inputs as labels, at least 1 of each"
        check_number(name, (len(x), len(y)), fits, wanted)
    sizes = {"runs": runs, "epochs": epochs, "batch_size": batch_size}
    for name, value in {**sizes, "hidden_size": hidden_size}.items():
        check_number(name, value, value >= 1, "1 or more")
    inputs, labels = data
    classes = int(max(labels.max(), test[1].max())) + 1
    sizes = (inputs.shape[1], hidden_size, classes)
    weights = _weights(runs, sizes, generator)
    velocities = [torch.zeros_like(w) for w in weights]
    rate = torch.as_tensor(learning_rate).expand(runs).view(-1, 1, 1)
    keep = torch.as_tensor(momentum).expand(runs).view(-1, 1, 1)
    right = []
    for _ in range(epochs):
        order = torch.rand(runs, len(inputs), generator=generator).argsort(1)
        for index in order.split(batch_size, dim=1):  # (R, B)
            logits = _forward(weights, inputs[index])  # (R, B, K)
            loss = F.cross_entropy(
                logits.flatten(0, 1),
                labels[index].flatten(),
                reduction="sum",
            )
            gradients = torch.autograd.grad(loss / index.shape[1], weights)
            with torch.no_grad():
                for w, v, g in zip(
                    weights, velocities, gradients, strict=True
                ):
                    v.mul_(keep).add_(g)
                    w.sub_(rate * v)
        with torch.no_grad():
            classes_seen = _forward(weights, test[0]).argmax(dim=2)  # (R, M)
        right.append(classes_seen == test[1])
    return torch.stack(right)


def _weights(
    runs: int, sizes: Sequence[int], generator: torch.Generator
) -> list[Tensor]:
    weights = []
    for inside, outside in zip(sizes[:-1], sizes[1:], strict=True):
        drawn = torch.randn(runs, inside, outside, generator=generator)
        weights.append(drawn * (2 / inside) ** 0.5)
        weights.append(torch.zeros(runs, 1, outside))
    return [w.requires_grad_() for w in weights]


def _forward(weights: Sequence[Tensor], x: Tensor) -> Tensor:
    first, first_bias, second, second_bias = weights
    hidden = torch.relu(x @ first + first_bias)  # (R, B, H)
    return hidden @ second + second_bias
