r"""How the paper trains: batches of like lengths, smoothed labels, and a rate that warms up."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

from deepbook.checks import check_floating, check_number
from deepbook.tokens import check_known


def smoothed_cross_entropy(
    logits: Tensor, target: Tensor, smoothing: float = 0.1, padding: int = 0
) -> Tensor:
    r"""Cross-entropy against a target that keeps a share for all classes.

    The right token gets 1 - smoothing of the probability, and the rest is
    shared out among all K tokens alike.

    Args:
        logits: `(..., K)`.
        target: `(...)` integers; where it is `padding` nothing is counted.
        smoothing: Share given away, in [0, 1).
        padding: The token that fills up.

    Returns:
        Mean over the tokens that count, a scalar in nats.

    Raises:
        TypeError: If `logits` is not floating point.
        ValueError: If `smoothing` is out of range, the shapes do not fit,
            a target is not 0 to K - 1, or all is padding.

    Examples:
        Scores log 3 and 0 for two tokens have probabilities 3/4 and 1/4;
        half of the target is shared out, so that it is (1/4, 3/4) where the
        second token is right:

        >>> logits = torch.tensor([[3.0, 1.0]]).log()
        >>> smoothed_cross_entropy(logits, torch.tensor([1]), 0.5)
        tensor(1.1116)

    References:
        Vaswani et al., Attention Is All You Need (2017), section 5.4;
        C. Szegedy et al., Rethinking the Inception Architecture for Computer
        Vision (2015), section 7.
    """
    check_floating("logits", logits)
    check_number("smoothing", smoothing, 0 <= smoothing < 1, "in [0, 1)")
    if logits.shape[:-1] != target.shape:
        raise ValueError(
            f"target must have one token for each row of logits,"
            f" {tuple(logits.shape[:-1])}, got {tuple(target.shape)}; shift"
            " the target by one token"
        )
    check_known("target", target, logits.shape[-1])
    counts = target != padding
    if not bool(counts.any()):
        raise ValueError(
            "target must hold a token that is no padding, got none; skip"
            " empty batches"
        )
    spread = logits.log_softmax(dim=-1)[counts]  # (tokens, K)
    right = spread.gather(1, target[counts][:, None])[:, 0]
    mixed = (1 - smoothing) * right + smoothing * spread.mean(dim=1)
    return -mixed.mean()


class WarmupSchedule(LRScheduler):
    r"""Raise the rate in a straight line, then lower it as 1 / sqrt(step).

    At step s the rate is `lr` times size^-0.5 min(s^-0.5, s warmup^-1.5),
    with s counted from 1: with `lr=1` the paper's formula.

    Args:
        optimizer: Any `torch.optim.Optimizer`.
        size: Numbers a row of the model, D.
        warmup: Steps of the rise.
        last_epoch: Step from which to go on; -1 to begin.

    Raises:
        ValueError: If `size` or `warmup` is below 1.

    Examples:
        >>> from deepbook.components.optimizer.schedules import rates
        >>> adam = torch.optim.Adam([torch.zeros(1, requires_grad=True)], 1.0)
        >>> schedule = WarmupSchedule(adam, size=4, warmup=4)
        >>> [round(rate, 4) for rate in rates(schedule, 6)]
        [0.0625, 0.125, 0.1875, 0.25, 0.2236, 0.2041]

    References:
        Vaswani et al., Attention Is All You Need (2017), equation 3.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        size: int,
        warmup: int = 4000,
        last_epoch: int = -1,
    ) -> None:
        check_number("size", size, size >= 1, "1 or more")
        check_number("warmup", warmup, warmup >= 1, "1 or more")
        self.size, self.warmup = size, warmup
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        r"""Give the rate of every group at this step."""
        s = self.last_epoch + 1
        factor = self.size**-0.5 * min(s**-0.5, s * self.warmup**-1.5)
        return [base * factor for base in self.base_lrs]


def shifted(target: Tensor) -> tuple[Tensor, Tensor]:
    r"""Cut a target into what the decoder is given and what it must say.

    Args:
        target: `(B, T)`: begin, tokens, end, padding.

    Returns:
        `(B, T - 1)` without the last token, and without the first.

    Raises:
        ValueError: If T is below 2.

    Examples:
        >>> shifted(torch.tensor([[1, 8, 9, 2]]))
        (tensor([[1, 8, 9]]), tensor([[8, 9, 2]]))
    """
    long = target.ndim == 2 and target.shape[1] >= 2
    wanted = "(B, T) with T at least 2, begin and end"
    check_number("shape of target", tuple(target.shape), long, wanted)
    return target[:, :-1], target[:, 1:]


def batches_by_length(
    source: Tensor,
    target: Tensor,
    tokens: int,
    generator: torch.Generator,
    padding: int = 0,
) -> Iterator[tuple[Tensor, Tensor]]:
    r"""Go through the pairs once in batches whose lengths are alike.

    Args:
        source: `(N, S)` integers.
        target: `(N, T)` integers.
        tokens: Most tokens a batch, source and target and padding together;
            a longer pair makes a batch by itself.
        generator: Decides which pairs meet, and the order of the batches.
        padding: The token that fills up.

    Yields:
        Source and target of a batch, without columns of padding alone.

    Raises:
        ValueError: If there are not as many sources as targets, or `tokens`
            is below 1.

    Examples:
        >>> source = torch.tensor([[5, 0, 0], [5, 6, 7], [8, 0, 0]])
        >>> batches = batches_by_length(
        ...     source, source, 6, torch.Generator().manual_seed(0)
        ... )
        >>> sorted(tuple(s.shape) for s, _ in batches)
        [(1, 3), (2, 1)]

    References:
        Vaswani et al., Attention Is All You Need (2017), section 5.1.
    """
    fits = len(source) == len(target) and len(source) > 0
    wanted = "as many sources as targets, at least 1 of each"
    check_number("data", (len(source), len(target)), fits, wanted)
    check_number("tokens", tokens, tokens >= 1, "1 or more")
    s, t = ((x != padding).sum(dim=1) for x in (source, target))
    order = torch.randperm(len(source), generator=generator)
    for size in (t, s):  # stable: what is alike stays in random order
        order = order[size[order].argsort(stable=True)]
    groups: list[list[int]] = [[]]
    widest = (0, 0)
    for n in order.tolist():
        wider = max(widest[0], int(s[n])), max(widest[1], int(t[n]))
        if groups[-1] and (len(groups[-1]) + 1) * sum(wider) > tokens:
            groups.append([])
            wider = int(s[n]), int(t[n])
        groups[-1].append(n)
        widest = wider
    for k in torch.randperm(len(groups), generator=generator).tolist():
        rows = torch.tensor(groups[k])
        yield source[rows, : s[rows].max()], target[rows, : t[rows].max()]


def fit(
    model: nn.Module,
    source: Tensor,
    target: Tensor,
    *,
    steps: int,
    tokens: int,
    generator: torch.Generator,
    warmup: int = 100,
    smoothing: float = 0.1,
    optimizer: torch.optim.Optimizer | None = None,
    schedule: LRScheduler | None = None,
    clip: float | None = None,
) -> list[float]:
    r"""Train a translator in the paper's way.

    Args:
        model: Called as `model(source, words)`; trained in place and left in
            evaluation mode.
        source: `(N, S)` integers.
        target: `(N, T)` integers, from begin to end.
        steps: Number of steps.
        tokens: Most tokens a batch.
        generator: Decides the batches.
        warmup: Steps in which the rate rises, if no optimizer is given.
        smoothing: Of the labels.
        optimizer: The paper's Adam and `WarmupSchedule` if None.
        schedule: Of the rate, if an optimizer is given.
        clip: Longest gradient; None for any length.

    Returns:
        The loss of each step, in nats a token.

    Raises:
        ValueError: If `steps` is below 1.

    References:
        Vaswani et al., Attention Is All You Need (2017), section 5.
    """
    check_number("steps", steps, steps >= 1, "1 or more")
    if optimizer is None:
        optimizer = torch.optim.Adam(
            model.parameters(), lr=1.0, betas=(0.9, 0.98), eps=1e-9
        )
        schedule = WarmupSchedule(optimizer, model.config.size, warmup)
    model.train()
    losses: list[float] = []
    while len(losses) < steps:
        for x, y in batches_by_length(source, target, tokens, generator):
            given, wanted = shifted(y)
            loss = smoothed_cross_entropy(model(x, given), wanted, smoothing)
            optimizer.zero_grad()
            loss.backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            if schedule is not None:
                schedule.step()
            losses.append(loss.item())
            if len(losses) == steps:
                break
    model.eval()
    return losses
