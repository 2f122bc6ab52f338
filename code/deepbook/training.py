r"""One plain training loop, shared by every chapter: batches, a loss, its gradients, a step of the optimizer, a history."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]
"""From outputs and targets to a scalar."""


@dataclass(frozen=True)
class History:
    r"""What happened in training, one number an epoch.

    Args:
        train_loss: Mean loss over the training samples, measured while the parameters moved.
        validation_loss: Loss on the validation data after each epoch; empty where there were none.
        validation_metric: The metric there; empty where there was none.
    """

    train_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_metric: list[float] = field(default_factory=list)


def train(
    model: nn.Module,
    loss: Loss,
    optimizer: torch.optim.Optimizer,
    data: Sequence[Tensor],
    *,
    epochs: int,
    batch_size: int,
    generator: torch.Generator,
    validation: Sequence[Tensor] | None = None,
    metric: Loss | None = None,
    device: str | torch.device = "cpu",
    on_epoch: Callable[[int, History], bool | None] | None = None,
) -> History:
    r"""Adjust the parameters of a model so that its loss on the data falls.

    Args:
        model: Called as `model(*inputs)`; trained in place and left in
            evaluation mode.
        loss: From outputs and targets to the mean loss of the batch, a
            scalar.
        optimizer: Holds the parameters of the model.
        data: Tensors with N samples each: one or more inputs, then the
            targets.
        epochs: Number of passes over the data.
        batch_size: Samples a step; the last batch of an epoch may be smaller.
        generator: Decides the order of the samples.
        validation: Like `data`, measured after each epoch.
        metric: From outputs and targets to a scalar, measured on the
            validation data.
        device: Where to compute; model and batches are moved there.
        on_epoch: Called with the epoch (from 1) and the history; training
            ends early where it returns True.

    Returns:
        The `History`.

    Raises:
        ValueError: If the tensors of the data differ in length, or epochs or
            batch_size is below 1.
        FloatingPointError: If the loss is not finite.

    Examples:
        One weight, one sample (x, y) = (1, 2), loss (w x - y)^2, learning
        rate 0.25: w goes 0 -> 1 -> 1.5.

        >>> model = nn.Linear(1, 1, bias=False)
        >>> _ = nn.init.zeros_(model.weight)
        >>> sgd = torch.optim.SGD(model.parameters(), lr=0.25)
        >>> pair = torch.tensor([[1.0]]), torch.tensor([[2.0]])
        >>> history = train(
        ...     model, nn.functional.mse_loss, sgd, pair,
        ...     epochs=2, batch_size=1, generator=torch.Generator(),
        ... )
        >>> history.train_loss, model.weight.item()
        ([4.0, 1.0], 1.5)
    """
    if epochs < 1:
        raise ValueError(
            f"epochs must be 1 or more, got {epochs}; one epoch is one pass "
            "over the data"
        )
    model.to(device)
    history = History()
    for epoch in range(1, epochs + 1):
        model.train()
        total, seen = 0.0, 0
        for *inputs, targets in batches(data, batch_size, generator):
            outputs = model(*(x.to(device) for x in inputs))
            value = loss(outputs, targets.to(device))
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            total += value.item() * len(targets)
            seen += len(targets)
        if not math.isfinite(total):
            raise FloatingPointError(
                f"the loss must be finite, got {total / seen} in epoch "
                f"{epoch}; lower the learning rate or look for bad samples"
            )
        history.train_loss.append(total / seen)
        if validation is not None:
            outputs = predict(
                model, validation[:-1], batch_size=batch_size, device=device
            )
            history.validation_loss.append(
                loss(outputs, validation[-1]).item()
            )
            if metric is not None:
                history.validation_metric.append(
                    float(metric(outputs, validation[-1]))
                )
        if on_epoch is not None and on_epoch(epoch, history):
            break
    model.eval()
    return history


def batches(
    data: Sequence[Tensor], batch_size: int, generator: torch.Generator
) -> Iterator[tuple[Tensor, ...]]:
    r"""Go through the samples once, in random order, a batch at a time.

    Args:
        data: Tensors with N samples each along their first axis.
        batch_size: Samples in a batch.
        generator: Decides the order.

    Yields:
        Tuples of tensors, like `data`, with at most `batch_size` samples.

    Raises:
        ValueError: If the tensors differ in length, are empty, or batch_size
            is below 1.

    Examples:
        >>> [len(x) for x, in batches([torch.arange(5)], 2, torch.Generator())]
        [2, 2, 1]
    """
    lengths = [len(tensor) for tensor in data]
    if not lengths or min(lengths) != max(lengths) or lengths[0] == 0:
        raise ValueError(
            "data must be tensors with one and the same number of samples, "
            f"got {lengths}; check how they were cut"
        )
    if batch_size < 1:
        raise ValueError(
            f"batch_size must be 1 or more, got {batch_size}; 32 to 128 is a "
            "usual choice"
        )
    for index in torch.randperm(lengths[0], generator=generator).split(
        batch_size
    ):
        yield tuple(tensor[index] for tensor in data)


@torch.no_grad()
def predict(
    model: nn.Module,
    inputs: Sequence[Tensor],
    *,
    batch_size: int = 256,
    device: str | torch.device = "cpu",
) -> Tensor:
    r"""Compute the outputs of a model in evaluation mode, without gradients, a batch at a time.

    Args:
        model: Called as `model(*inputs)`; its mode is put back afterwards.
        inputs: Tensors with N samples each.
        batch_size: Samples at a time; changes memory, not the result.
        device: Where to compute.

    Returns:
        Outputs `(N, ...)` on the CPU.

    Examples:
        >>> predict(nn.Identity(), [torch.arange(3.0)], batch_size=2)
        tensor([0., 1., 2.])
    """
    was_training = model.training
    model.eval()
    parts = zip(*(x.split(batch_size) for x in inputs), strict=True)
    outputs = torch.cat(
        [model(*(x.to(device) for x in part)).cpu() for part in parts]
    )
    model.train(was_training)
    return outputs


@torch.no_grad()
def initialize(model: nn.Module, generator: torch.Generator) -> nn.Module:
    r"""Draw the weights of a model anew from a generator.

    Linear and convolutional layers get zero biases and normal weights of
    variance 2 / fan-in, which keeps the size of signals through ReLU layers;
    PyTorch's recurrent layers get numbers uniform in +-1 / sqrt(hidden size),
    its embeddings standard normal ones, as by default. A module with a method
    `draw_parameters(generator)` draws its own and those of its parts. The
    layers of PyTorch draw theirs from global state; this makes a model depend
    on the given seed alone.

    Args:
        model: Changed in place.
        generator: Source of randomness.

    Returns:
        The same model, so that one can write `model = initialize(Model(), generator)`.

    Examples:
        >>> layer = initialize(nn.Linear(2000, 10), torch.Generator().manual_seed(0))
        >>> round(layer.weight.var().item() * 2000, 1), layer.bias.abs().sum().item()
        (2.0, 0.0)

    References:
        K. He et al., Delving Deep into Rectifiers (2015), section 2.2.
    """
    drawn = set()
    for module in model.modules():
        if module in drawn:
            continue
        if hasattr(module, "draw_parameters"):
            module.draw_parameters(generator)
            drawn.update(module.modules())
        elif isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d):
            fan_in = module.weight[0].numel()
            module.weight.normal_(
                0.0, math.sqrt(2.0 / fan_in), generator=generator
            )
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, nn.RNNBase):
            bound = 1 / math.sqrt(module.hidden_size)
            for parameter in module.parameters():
                parameter.uniform_(-bound, bound, generator=generator)
        elif isinstance(module, nn.Embedding):
            module.weight.normal_(generator=generator)
            if module.padding_idx is not None:
                module.weight[module.padding_idx].zero_()
    return model


def accuracy(predictions: Tensor, labels: Tensor) -> float:
    r"""Compute the share of samples whose predicted class is the label, in [0, 1].

    Args:
        predictions: Scores `(N, K)`, of which the largest decides, or classes `(N,)`.
        labels: `(N,)` int64.

    Returns:
        A float.

    Raises:
        ValueError: If there are not as many predictions as labels, or none.

    Examples:
        >>> accuracy(torch.tensor([[2.0, 1.0], [0.0, 3.0], [5.0, 4.0]]), torch.tensor([0, 1, 1]))
        0.6666666666666666
    """
    return int(matches(predictions, labels).sum()) / len(labels)


def matches(predictions: Tensor, labels: Tensor) -> Tensor:
    r"""Tell for which samples the predicted class is the label.

    Args:
        predictions: Scores `(N, K)`, of which the largest decides, or classes `(N,)`.
        labels: `(N,)` int64.

    Returns:
        `(N,)` bool.

    Raises:
        ValueError: If there are not as many predictions as labels, or none.

    Examples:
        >>> matches(torch.tensor([2, 0]), torch.tensor([2, 1]))
        tensor([ True, False])
    """
    if len(predictions) != len(labels) or len(labels) == 0:
        raise ValueError(
            f"predictions must be as many as labels ({len(labels)}, at least 1), got {len(predictions)}; pair them up"
        )
    classes = predictions.argmax(1) if predictions.ndim == 2 else predictions
    return classes == labels
