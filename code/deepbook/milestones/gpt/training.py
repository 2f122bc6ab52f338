r"""Training on a stream of tokens, and measuring what was learned in a unit that no tokenizer changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from deepbook.checks import check_number
from deepbook.components.model.checks import check_whole
from deepbook.milestones.gpt.network import GPT
from deepbook.milestones.gpt.text import check_stream
from deepbook.milestones.gpt.tokenizer import Tokenizer
from deepbook.tokens import check_known

IGNORE = -100
"""Target of a place that does not count."""

Draw = Callable[[torch.Generator], tuple[Tensor, Tensor]]
"""From a source of randomness to inputs and targets `(B, T)`."""


def to_stream(tokenizer: Tokenizer, texts: Sequence[str]) -> Tensor:
    r"""Put texts behind one another, each followed by the end.

    Args:
        tokenizer: Turns a text into tokens.
        texts: The texts.

    Returns:
        Tokens `(N,)` int64.

    Raises:
        ValueError: If there are no texts.

    Examples:
        >>> to_stream(Tokenizer(), ["a", "b"])
        tensor([ 97, 256,  98, 256])
    """
    if not texts or isinstance(texts, str):
        raise ValueError(
            f"texts must be one string or more in a list, got {texts!r}"
        )
    tokens = [
        token
        for text in texts
        for token in [*tokenizer.encode(text), tokenizer.end]
    ]
    return torch.tensor(tokens)


def bytes_per_token(tokenizer: Tokenizer, texts: Sequence[str]) -> float:
    r"""Compute how many bytes of text a token stands for on average.

    Args:
        tokenizer: Turns a text into tokens.
        texts: What to measure on.

    Returns:
        Bytes of UTF-8 for each token.

    Raises:
        ValueError: If the texts are empty.

    Examples:
        >>> bytes_per_token(Tokenizer([(97, 98)]), ["abab"])
        2.0
    """
    total = sum(len(text.encode()) for text in texts)
    if total == 0:
        raise ValueError(
            "texts must have at least one character, got none; give the text"
            " on which to measure"
        )
    return total / sum(len(tokenizer.encode(text)) for text in texts)


def windows(
    stream: Tensor, length: int, count: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    r"""Cut windows out of a stream, and what follows each of their tokens.

    Args:
        stream: Tokens `(N,)`.
        length: Tokens of a window T.
        count: Number of windows B.
        generator: Decides where they begin.

    Returns:
        Inputs and targets `(B, T)`; the targets are one token further on.

    Raises:
        ValueError: If the stream is no longer than a window.

    Examples:
        >>> inputs, targets = windows(torch.arange(5), 4, 1, torch.Generator())
        >>> inputs, targets
        (tensor([[0, 1, 2, 3]]), tensor([[1, 2, 3, 4]]))
    """
    check_stream(stream, length)
    check_whole(count=count)
    first = torch.randint(
        len(stream) - length, (count, 1), generator=generator
    )
    at = first + torch.arange(length)
    return stream[at], stream[at + 1]


def token_loss(model: GPT, inputs: Tensor, targets: Tensor) -> Tensor:
    r"""Compute the mean cross-entropy of the targets, in nats a token.

    Args:
        model: Scores the token after each token.
        inputs: `(B, T)`.
        targets: `(B, T)`; places with `IGNORE` do not count.

    Returns:
        A scalar.

    Raises:
        ValueError: If a target that counts is not in the vocabulary.
    """
    asked = targets.where(targets != IGNORE, 0)
    check_known("targets", asked, model.config.vocabulary)
    logits = model(inputs)
    return F.cross_entropy(
        logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE
    )


def fit(
    model: GPT,
    draw: Draw,
    *,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
    warmup: int | None = None,
    weight_decay: float = 0.1,
    on_step: Callable[[int], None] | None = None,
) -> list[float]:
    r"""Train with AdamW, a warm-up and half a cosine down to a tenth.

    Matrices decay, biases and the numbers of normalization do not; gradients
    longer than 1 are cut to 1.

    Args:
        model: Trained in place, and left in evaluation mode.
        draw: Gives the inputs and targets of a step.
        steps: Number of steps.
        learning_rate: The highest rate.
        generator: Given to `draw`.
        warmup: Steps on which the rate rises; a tenth of all if None.
        weight_decay: Strength of the decay.
        on_step: Called after each step with its number, from 1.

    Returns:
        The loss of each step, in nats a token.

    Raises:
        ValueError: If a setting is out of range.
        FloatingPointError: If the loss is not finite.

    References:
        Brown et al., Language Models are Few-Shot Learners (2020), appendix
        B.
    """
    check_whole(steps=steps)
    good = 0 < learning_rate < float("inf")
    check_number("learning_rate", learning_rate, good, "positive and finite")
    warmup = max(1, steps // 10) if warmup is None else warmup
    check_whole(warmup=warmup)
    matrices = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim < 2]
    optimizer = torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": weight_decay},
            {"params": others, "weight_decay": 0.0},
        ],
        lr=learning_rate,
        betas=(0.9, 0.95),
        fused=True,
    )
    losses = []
    model.train()
    for step in range(steps):
        share = _schedule(step, steps, warmup)
        for group in optimizer.param_groups:
            group["lr"] = share * learning_rate
        loss = token_loss(model, *draw(generator))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            raise FloatingPointError(
                f"the loss must be finite, got {losses[-1]} in step"
                f" {step + 1}; lower the learning rate"
            )
        if on_step is not None:
            on_step(step + 1)
    model.eval()
    return losses


def _schedule(step: int, steps: int, warmup: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    way = (step - warmup) / max(1, steps - warmup)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * way))


@torch.no_grad()
def stream_loss(model: GPT, stream: Tensor, batch_size: int = 32) -> float:
    r"""Measure the mean loss on a whole stream, in nats a token.

    The stream is cut into windows as long as the context, which do not
    overlap; every token but the first is a target once.

    Args:
        model: Left in the mode in which it was.
        stream: Tokens `(N,)`.
        batch_size: Windows at a time; changes memory, not the result.

    Returns:
        Nats a token; `exp` of it is the perplexity.

    Raises:
        ValueError: If the stream has fewer than two tokens.
    """
    check_stream(stream, 1)
    check_whole(batch_size=batch_size)
    length = model.config.context
    whole = (len(stream) - 1) // length * length
    pieces = []
    if whole:
        inputs, targets = stream[:whole], stream[1 : whole + 1]
        pieces += zip(
            inputs.view(-1, length).split(batch_size),
            targets.view(-1, length).split(batch_size),
            strict=True,
        )
    if whole < len(stream) - 1:
        pieces.append((stream[None, whole:-1], stream[None, whole + 1 :]))
    was_training = model.training
    model.eval()
    total = sum(
        token_loss(model, inputs, targets).item() * inputs.numel()
        for inputs, targets in pieces
    )
    model.train(was_training)
    return total / (len(stream) - 1)


def bits_per_byte(loss: float, bytes_per_token: float) -> float:
    r"""Turn nats a token into bits a byte, which all tokenizers share.

    Args:
        loss: Nats a token.
        bytes_per_token: Bytes that a token stands for.

    Returns:
        Bits a byte.

    Raises:
        ValueError: If `bytes_per_token` is not positive.

    Examples:
        >>> bits_per_byte(math.log(256), 1.0)  # a guess among all bytes
        8.0
    """
    good = 0 < bytes_per_token < float("inf")
    check_number("bytes_per_token", bytes_per_token, good, "positive")
    return loss / math.log(2) / bytes_per_token
