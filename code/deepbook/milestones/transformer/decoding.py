r"""Write a translation one token after the other."""

from __future__ import annotations

import torch
from torch import Tensor

from deepbook.checks import check_number
from deepbook.milestones.transformer.network import Transformer


@torch.no_grad()
def greedy(
    model: Transformer,
    source: Tensor,
    *,
    begin: int,
    end: int,
    extra: int = 10,
) -> Tensor:
    r"""Write the likeliest token, read it, write the next, until the end.

    Args:
        model: Left in the mode in which it was.
        source: `(B, S)` integers.
        begin: The token that the decoder reads first.
        end: The token after which nothing follows but padding.
        extra: A translation has at most S + `extra` tokens.

    Returns:
        `(B, T)` int64, without `begin`, filled up with the padding token.

    Raises:
        ValueError: If `extra` leaves no room for a token.

    Examples:
        An untrained model; at most 3 + 2 tokens:

        >>> from deepbook.milestones.transformer import CONFIGS
        >>> model = Transformer(CONFIGS["miniature"])
        >>> said = greedy(
        ...     model, torch.tensor([[5, 6, 7]]), begin=1, end=2, extra=2
        ... )
        >>> said.shape[1] <= 5
        True
    """
    most = source.shape[1] + extra
    check_number("extra", extra, most >= 1, f"{1 - source.shape[1]} or more")
    was_training = model.training
    model.eval()
    memory = model.encode(source)
    said = torch.full_like(source[:, :1], begin)
    done = torch.zeros_like(source[:, 0], dtype=torch.bool)
    for _ in range(most):
        scores = model.decode(said, memory, source)[:, -1]  # (B, V)
        token = scores.argmax(dim=1).masked_fill(done, model.config.padding)
        said = torch.cat([said, token[:, None]], dim=1)
        done = done | (token == end)
        if done.all():
            break
    model.train(was_training)
    return said[:, 1:]
