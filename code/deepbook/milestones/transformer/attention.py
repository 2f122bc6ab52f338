r"""Attention in several heads, over one's own rows or those of a memory, and the masks that say who may look where."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.components.model import scaled_dot_product_attention
from deepbook.components.model.checks import (
    check_axes,
    check_last,
    check_whole,
)
from deepbook.tokens import check_tokens


def causal_mask(length: int) -> Tensor:
    r"""Let every place look at itself and at what came before.

    Args:
        length: Number of places T.

    Returns:
        `(T, T)` bool, True where the row may look at the column.

    Raises:
        ValueError: If `length` is below 1.

    Examples:
        >>> causal_mask(3).int()
        tensor([[1, 0, 0],
                [1, 1, 0],
                [1, 1, 1]], dtype=torch.int32)

    References:
        Vaswani et al., Attention Is All You Need (2017), section 3.2.3.
    """
    check_whole(length=length)
    return torch.ones(length, length).tril().bool()


def padding_mask(tokens: Tensor, padding: int = 0) -> Tensor:
    r"""Let nobody look at the tokens that only fill up a batch.

    Args:
        tokens: `(B, T)` integers.
        padding: The token that fills up.

    Returns:
        `(B, 1, 1, T)` bool, True where there is a real token; it broadcasts
        over heads and queries.

    Raises:
        TypeError: If `tokens` is no tensor of integers.
        ValueError: If it has another number of axes, or one of size 0.

    Examples:
        >>> padding_mask(torch.tensor([[5, 7, 0]]))
        tensor([[[[ True,  True, False]]]])
    """
    check_tokens("tokens", tokens)
    return (tokens != padding)[:, None, None, :]


class MultiHeadAttention(nn.Module):
    r"""Several attentions side by side, each on a few numbers of its own.

    Weights have the names and shapes of `torch.nn.MultiheadAttention`, so
    that `load_state_dict` carries them over. The last weights that it gave
    can be kept to be looked at: set `keep` and read `weights`.

    Args:
        size: Numbers a row, D.
        num_heads: Heads h.
        bias: Whether the affine maps have biases.
        key_size: Numbers of a query and of a key in each head; D / h if
            None.
        value_size: Numbers of a value in each head; D / h if None.

    Raises:
        ValueError: If a size is below 1, or the heads do not divide D where
            they have to.

    Examples:
        A decoder of 3 places asks an encoder's memory of 5:

        >>> attention = MultiHeadAttention(8, num_heads=2)
        >>> attention(torch.zeros(1, 3, 8), torch.zeros(1, 5, 8)).shape
        torch.Size([1, 3, 8])

    References:
        Vaswani et al., Attention Is All You Need (2017), section 3.2.2.
    """

    def __init__(
        self,
        size: int,
        num_heads: int,
        bias: bool = True,
        key_size: int | None = None,
        value_size: int | None = None,
    ) -> None:
        super().__init__()
        check_whole(size=size, num_heads=num_heads)
        if size % num_heads and None in (key_size, value_size):
            raise ValueError(
                f"num_heads must divide size, {size}, got {num_heads}; or"
                " give key_size and value_size"
            )
        key_size = size // num_heads if key_size is None else key_size
        value_size = size // num_heads if value_size is None else value_size
        check_whole(key_size=key_size, value_size=value_size)
        self.num_heads = num_heads
        self.sizes = [num_heads * n for n in (key_size, key_size, value_size)]
        # queries, keys and values in one map
        self.in_proj_weight = nn.Parameter(torch.empty(sum(self.sizes), size))
        empty = nn.Parameter(torch.empty(sum(self.sizes))) if bias else None
        self.register_parameter("in_proj_bias", empty)
        self.out_proj = nn.Linear(self.sizes[2], size, bias=bias)
        self.keep = False
        self.weights: Tensor | None = None
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None):
        r"""Draw the weights anew after Glorot, and zero biases.

        Args:
            generator: Source of randomness; None for the global one.
        """
        for weight in (*self._maps(), self.out_proj.weight):
            draw_glorot(weight, generator)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                bias.zero_()

    def _maps(self) -> tuple[Tensor, ...]:
        return self.in_proj_weight.split(self.sizes)

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        r"""Let each row of x ask the rows of the memory.

        Args:
            x: `(B, T, D)`, from which the queries are made.
            memory: `(B, S, D)`, from which keys and values are made; x
                itself if None.
            mask: Bool, broadcast to `(B, h, T, S)`: True where a row may
                look; None for everywhere.

        Returns:
            `(B, T, D)`.
        """
        memory = x if memory is None else memory
        for name, rows in (("x", x), ("memory", memory)):
            check_axes(name, rows, "B, T, D")
            check_last(name, rows, self.in_proj_weight.shape[1])
        biases = [None] * 3
        if self.in_proj_bias is not None:
            biases = self.in_proj_bias.split(self.sizes)
        query, key, value = (
            F.linear(rows, weight, bias)
            .unflatten(2, (self.num_heads, -1))
            .transpose(1, 2)  # (B, h, T, D / h)
            for rows, weight, bias in zip(
                (x, memory, memory), self._maps(), biases, strict=True
            )
        )
        out, weights = scaled_dot_product_attention(query, key, value, mask)
        if self.keep:
            self.weights = weights.detach()  # (B, h, T, S)
        return self.out_proj(out.transpose(1, 2).flatten(2))


@torch.no_grad()
def draw_glorot(weight: Tensor, generator: torch.Generator | None) -> None:
    r"""Draw a matrix uniform in +-sqrt(6 / (inputs + outputs)).

    Args:
        weight: `(outputs, inputs)`, changed in place.
        generator: Source of randomness; None for the global one.

    Examples:
        >>> weight = torch.zeros(2, 4)
        >>> draw_glorot(weight, torch.Generator().manual_seed(0))
        >>> bool(weight.abs().max() <= 1)
        True

    References:
        X. Glorot and Y. Bengio, Understanding the Difficulty of Training
        Deep Feedforward Neural Networks (2010), equation 16.
    """
    bound = (6 / sum(weight.shape)) ** 0.5
    weight.uniform_(-bound, bound, generator=generator)
