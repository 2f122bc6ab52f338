r"""What BERT is trained on: hidden tokens, pairs of sentences; and one loop for pre-training and fine-tuning."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.checks import check_number
from deepbook.components.model.checks import check_whole
from deepbook.milestones.bert.heads import Pretrainer
from deepbook.milestones.bert.tokenizer import MASK, SPECIAL
from deepbook.tokens import check_known, check_tokens

IGNORE = -100
"""A target that does not count."""

Texts = Sequence[Sequence[Sequence[int]]]
"""Documents of sentences of tokens."""


def hide(
    tokens: Tensor,
    vocabulary: int,
    generator: torch.Generator,
    rate: float = 0.15,
    masked: float = 0.8,
    replaced: float = 0.1,
) -> tuple[Tensor, Tensor]:
    r"""Choose tokens to be guessed, and hide most of them.

    Args:
        tokens: `(B, T)` integers; `SPECIAL` ones are never chosen.
        vocabulary: Number of pieces, among which replacements are drawn.
        generator: Source of randomness.
        rate: Probability that a token is chosen.
        masked: Share of the chosen that become [MASK].
        replaced: Share that become a piece drawn at random; the rest of the
            chosen stay as they are.

    Returns:
        Inputs `(B, T)`, and targets `(B, T)`: the old token at the places
        that were chosen, else `IGNORE`.

    Raises:
        TypeError: If `tokens` is no tensor of integers.
        ValueError: If its shape is not `(B, T)`, or a number out of range.

    Examples:
        >>> tokens = torch.tensor([[2, 50, 60, 3]])
        >>> inputs, targets = hide(tokens, 99, torch.Generator(), rate=1.0,
        ...                        masked=1.0, replaced=0.0)
        >>> inputs, targets
        (tensor([[2, 4, 4, 3]]), tensor([[-100,   50,   60, -100]]))

    References:
        Devlin et al., BERT (2018), section 3.1 and appendix A.1.
    """
    least = len(SPECIAL) + 1
    check_number("vocabulary", vocabulary, vocabulary >= least, f"{least} up")
    check_tokens("tokens", tokens, vocabulary)
    check_number("rate", rate, 0 < rate <= 1, "in (0, 1]")
    good = masked >= 0 and replaced >= 0 and masked + replaced <= 1
    wanted = "shares that sum to 1 at most"
    check_number("masked and replaced", (masked, replaced), good, wanted)

    def draw():
        return torch.rand(tokens.shape, generator=generator)

    chosen = (draw() < rate) & (tokens >= len(SPECIAL))
    targets = tokens.where(chosen, IGNORE)
    kind = draw()
    other = torch.randint(
        len(SPECIAL), vocabulary, tokens.shape, generator=generator
    )
    inputs = tokens.where(~chosen | (kind >= masked + replaced), other)
    return inputs.where(~chosen | (kind >= masked), MASK), targets


def draw_pairs(
    documents: Texts, count: int, generator: torch.Generator
) -> tuple[list[tuple[Sequence[int], Sequence[int]]], Tensor]:
    r"""Draw pairs of sentences, of which half follow one another.

    Args:
        documents: Two or more, at least one of them with two sentences.
        count: Number of pairs N.
        generator: Source of randomness.

    Returns:
        The pairs, and labels `(N,)`: 1 where the second sentence follows the
        first, 0 where it is any sentence of another document.

    Raises:
        ValueError: If the documents are too few or too short.

    Examples:
        >>> documents = [[[5], [6]], [[7], [8]]]
        >>> pairs, follows = draw_pairs(documents, 40, torch.Generator())
        >>> {(tuple(a), tuple(b)) for (a, b), f in zip(pairs, follows) if f}
        {((5,), (6,)), ((7,), (8,))}

    References:
        Devlin et al., BERT (2018), section 3.1, task 2.
    """
    check_whole(count=count)
    # how many sentences have a next one, in the documents up to each
    ends = list(accumulate(len(text) - 1 for text in documents))
    if len(documents) < 2 or not all(documents) or not ends[-1]:
        raise ValueError(
            "documents must be 2 or more, none empty and one with two"
            f" sentences, got {[len(text) for text in documents]}"
        )

    follows = torch.randint(2, (count,), generator=generator)
    draws = torch.randint(2**31, (3, count), generator=generator).T
    pairs = []
    for real, (first, jump, place) in zip(
        follows.tolist(), draws.tolist(), strict=True
    ):
        nth = first % ends[-1]
        d = bisect(ends, nth)
        s = nth - (ends[d - 1] if d else 0)
        other, at = d, s + 1
        if not real:
            other = (d + 1 + jump % (len(documents) - 1)) % len(documents)
            at = place % len(documents[other])
        pairs.append((documents[d][s], documents[other][at]))
    return pairs, follows


def pretraining_loss(
    model: Pretrainer,
    inputs: Tensor,
    segments: Tensor,
    targets: Tensor,
    follows: Tensor | None = None,
) -> Tensor:
    r"""Add the cross-entropies of hidden tokens and of the next sentence.

    Args:
        model: Scores both.
        inputs: `(B, T)` integers with hidden tokens.
        segments: `(B, T)`.
        targets: `(B, T)`; `IGNORE` where nothing is to be guessed.
        follows: Labels `(B,)`; None to leave the second task out.

    Returns:
        A scalar, in nats.

    Raises:
        ValueError: If nothing is to be guessed, or something that is not in
            the vocabulary.

    References:
        Devlin et al., BERT (2018), appendix A.2.
    """
    at = targets != IGNORE
    if not bool(at.any()):
        raise ValueError(
            "targets must hold a token to guess, got none; draw a larger batch"
        )
    check_known("targets", targets[at], model.config.vocabulary)
    words, next_logits = model(inputs, segments, at)
    loss = F.cross_entropy(words, targets[at])
    if follows is not None:
        loss = loss + F.cross_entropy(next_logits, follows)
    return loss


def fit(
    model: nn.Module,
    loss: Callable[[torch.Generator], Tensor],
    *,
    steps: int,
    learning_rate: float,
    generator: torch.Generator,
    warmup: float = 0.1,
    weight_decay: float = 0.01,
) -> list[float]:
    r"""Train with AdamW; the rate rises and falls in straight lines.

    Dropout draws from the global source of PyTorch, which is seeded from the
    generator and put back afterwards.

    Args:
        model: Trained in place, and left in evaluation mode.
        loss: Draws a batch and returns its loss.
        steps: Number of steps.
        learning_rate: The highest rate.
        generator: Given to `loss`.
        warmup: Share of the steps on which the rate rises.
        weight_decay: Of matrices; biases and norms do not decay.

    Returns:
        The loss of each step.

    Raises:
        ValueError: If a setting is out of range.
        FloatingPointError: If the loss is not finite.

    References:
        Devlin et al., BERT (2018), appendix A.2.
    """
    check_whole(steps=steps)
    good = 0 < learning_rate < float("inf")
    check_number("learning_rate", learning_rate, good, "positive and finite")
    check_number("warmup", warmup, 0 <= warmup < 1, "in [0, 1)")
    parts = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in parts if p.ndim > 1]},
            {"params": [p for p in parts if p.ndim < 2], "weight_decay": 0.0},
        ],
        lr=learning_rate,
        weight_decay=weight_decay,
        fused=True,
    )
    rise = max(1, round(warmup * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(
            (step + 1) / rise, (steps - step) / (steps - rise + 1)
        ),
    )
    losses: list[float] = []
    model.train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator.initial_seed())
        for step in range(steps):
            value = loss(generator)
            optimizer.zero_grad()
            value.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(value.item())
            if not math.isfinite(losses[-1]):
                raise FloatingPointError(
                    f"the loss must be finite, got {losses[-1]} in step"
                    f" {step + 1}; lower the learning rate"
                )
    model.eval()
    return losses
