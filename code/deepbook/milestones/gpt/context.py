r"""A task that the examples in the context alone can tell, and how well a model answers."""

from __future__ import annotations

import torch
from torch import Tensor

from deepbook.components.model.checks import check_whole
from deepbook.milestones.gpt.network import GPT
from deepbook.milestones.gpt.training import IGNORE


def table_examples(
    tables: Tensor, count: int, shots: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    r"""Draw a table for each sequence, and show examples from it.

    A sequence is key, value, key, value and so on. With K keys, tokens 0 to
    K - 1 are keys and the next ones values. Which table it is nobody says:
    only the examples tell.

    Args:
        tables: The value of each key in each table, `(tables, K)` integers
            from 0.
        count: Number of sequences B.
        shots: Pairs in a sequence S, of keys drawn with repetition.
        generator: Source of randomness.

    Returns:
        Inputs and targets `(B, 2 S - 1)`. Values count, the first one as
        well; keys are `IGNORE`.

    Raises:
        TypeError: If `tables` is not int64.
        ValueError: If it is not `(tables, K)`, empty, or below 0, or a number
            is below 1.

    Examples:
        >>> tables = torch.tensor([[1, 1]])  # two keys, both with value 1
        >>> inputs, targets = table_examples(tables, 1, 2, torch.Generator())
        >>> targets[0].tolist(), inputs[0, 1].item()
        ([3, -100, 3], 3)
    """
    if tables.dtype != torch.int64:
        raise TypeError(
            f"tables must be int64, got {tables.dtype}; write tables.long()"
        )
    if tables.ndim != 2 or 0 in tables.shape or bool((tables < 0).any()):
        raise ValueError(
            "tables must have shape (tables, K), neither of them 0, and hold"
            f" values from 0, got {tuple(tables.shape)} from"
            f" {min(tables.flatten().tolist(), default='nothing')}"
        )
    check_whole(count=count, shots=shots)
    keys = tables.shape[1]
    which = torch.randint(len(tables), (count, 1), generator=generator)
    asked = torch.randint(keys, (count, shots), generator=generator)
    said = tables[which, asked] + keys  # (B, S)
    tokens = torch.stack([asked, said], dim=2).flatten(1)  # (B, 2 S)
    targets = tokens[:, 1:].clone()
    targets[:, 1::2] = IGNORE  # keys cannot be foretold
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
