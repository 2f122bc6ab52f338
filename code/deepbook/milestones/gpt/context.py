r"""Tasks whose answer stands in the context alone: no weight can hold it."""

from __future__ import annotations

import torch
from torch import Tensor

from deepbook.checks import check_number
from deepbook.components.model.checks import check_whole
from deepbook.milestones.gpt.network import GPT
from deepbook.milestones.gpt.training import IGNORE


def repeated_sequences(
    count: int, length: int, vocabulary: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    r"""Draw random tokens and say them twice.

    The first time nothing can be foretold. The second time each token is the
    one that followed the last time. With one L alone the places tell where
    to look; draw several L to ask for more.

    Args:
        count: Number of sequences B.
        length: Tokens before the repetition, L, all different.
        vocabulary: Tokens to draw from.
        generator: Source of randomness.

    Returns:
        Inputs and targets `(B, 2 L - 1)`; targets of the first time are
        `IGNORE`, so that L - 1 count: the first token of the repetition
        cannot be known, those after it can.

    Raises:
        ValueError: If a number is below 1, or L above `vocabulary`, or 1.

    Examples:
        >>> inputs, targets = repeated_sequences(1, 3, 9, torch.Generator())
        >>> bool((inputs[:, :2] == inputs[:, 3:]).all())
        True
        >>> targets[0, :3]
        tensor([-100, -100, -100])

    References:
        C. Olsson et al., In-context Learning and Induction Heads (2022).
    """
    check_whole(count=count, length=length, vocabulary=vocabulary)
    good = 2 <= length <= vocabulary
    check_number("length", length, good, f"2 to {vocabulary}, the vocabulary")
    draws = torch.rand(count, vocabulary, generator=generator)
    once = draws.argsort(dim=1)[:, :length]  # without putting back
    twice = torch.cat([once, once], dim=1)
    targets = twice[:, 1:].clone()
    targets[:, :length] = IGNORE
    return twice[:, :-1], targets


def lookups(
    count: int,
    shots: int,
    generator: torch.Generator,
    keys: int = 8,
    values: int = 8,
) -> tuple[Tensor, Tensor]:
    r"""Draw a new table for each sequence, and ask for what it showed.

    A sequence is key, value, key, value and so on. Tokens 0 to keys - 1 are
    keys, the next ones values. Which value belongs to which key is drawn anew
    for each sequence, so that only the examples in it can tell.

    Args:
        count: Number of sequences B.
        shots: Pairs in a sequence S, of keys drawn with repetition.
        generator: Source of randomness.
        keys: Number of keys.
        values: Number of values.

    Returns:
        Inputs and targets `(B, 2 S - 1)`. Targets that count are the values
        of keys that were there before; all others are `IGNORE`.

    Raises:
        ValueError: If a number is below 1, or `shots` below 2.

    Examples:
        With one key, every value after the first is known:

        >>> inputs, targets = lookups(1, 3, torch.Generator(), keys=1)
        >>> value = inputs[0, 1].item()
        >>> targets[0].tolist() == [-100, -100, value, -100, value]
        True
    """
    check_whole(count=count, shots=shots, keys=keys, values=values)
    check_number("shots", shots, shots >= 2, "2 or more")
    table = torch.randint(values, (count, keys), generator=generator) + keys
    asked = torch.randint(keys, (count, shots), generator=generator)
    said = table.gather(1, asked)
    tokens = torch.stack([asked, said], dim=2).flatten(1)  # (B, 2 S)
    same = asked[:, :, None] == asked[:, None, :]  # (B, S, S)
    known = same.tril(-1).any(dim=2)
    targets = tokens[:, 1:].clone()
    targets[:, 1::2] = IGNORE  # keys cannot be foretold
    targets[:, ::2] = targets[:, ::2].where(known, IGNORE)
    return tokens[:, :-1], targets


@torch.no_grad()
def context_accuracy(
    model: GPT, inputs: Tensor, targets: Tensor
) -> tuple[float, Tensor]:
    r"""Measure how often the likeliest token is the right one.

    Args:
        model: Left in the mode in which it was.
        inputs: `(B, T)`.
        targets: `(B, T)`; places with `IGNORE` do not count.

    Returns:
        The share over all, in [0, 1], and the share at each place, `(T,)`,
        NaN where none counts.

    Raises:
        ValueError: If no place counts.
    """
    counts = targets != IGNORE
    if not bool(counts.any()):
        raise ValueError(
            "targets must have a place that counts, got IGNORE everywhere;"
            " draw more sequences or shots"
        )
    was_training = model.training
    model.eval()
    right = (model(inputs).argmax(dim=2) == targets) & counts
    model.train(was_training)
    share = (right.sum() / counts.sum()).item()
    return share, right.sum(dim=0) / counts.sum(dim=0)
