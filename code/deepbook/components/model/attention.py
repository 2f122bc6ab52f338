r"""Attention: every row of a table looks at every row, and chooses by content."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deepbook.checks import check_floating
from deepbook.components.model.checks import (
    check_axes,
    check_last,
    check_whole,
)


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    r"""Look up values by the likeness of queries and keys.

    Args:
        query: `(..., T, D)`: what each place looks for.
        key: `(..., S, D)`: what each place offers.
        value: `(..., S, E)`: what it hands over.
        mask: `(..., T, S)` bool, True where a query may look; None for
            everywhere. A query that may look nowhere gets zeros.

    Returns:
        Outputs `(..., T, E)`, and the weights `(..., T, S)` with which each
        query mixed the values; they sum to 1.

    Raises:
        TypeError: If an argument is no floating-point tensor, or the mask is
            not bool.
        ValueError: If the sizes do not fit together.

    Examples:
        The query is far more like the second key:

        >>> key = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
        >>> value = torch.tensor([[10.0], [20.0]])
        >>> query = torch.tensor([[0.0, 50.0]])
        >>> scaled_dot_product_attention(query, key, value)[0]
        tensor([[20.]])

    References:
        Vaswani et al., Attention Is All You Need (2017), equation 1.
    """
    for name, given in (("query", query), ("key", key), ("value", value)):
        check_floating(name, given)
    check_last("query", query, key.shape[-1])
    if key.shape[-2] != value.shape[-2] or key.shape[-2] == 0:
        raise ValueError(
            f"key and value must have one row each a place, got"
            f" {key.shape[-2]} keys and {value.shape[-2]} values"
        )
    scores = query @ key.mT / key.shape[-1] ** 0.5  # (..., T, S)
    if mask is None:
        weights = scores.softmax(dim=-1)
        return weights @ value, weights
    if mask.dtype != torch.bool:
        raise TypeError(
            f"mask must be bool, True where a query may look, got"
            f" {mask.dtype}; compare with 0 first"
        )
    lowest = torch.finfo(scores.dtype).min  # exp of it is 0
    weights = scores.masked_fill(~mask, lowest).softmax(dim=-1)
    weights = weights.masked_fill(~mask, 0.0)
    return weights @ value, weights


class SelfAttention(nn.Module):
    r"""Rows of a table ask one another, in several heads at once.

    The weights have the names and shapes of `torch.nn.MultiheadAttention`,
    so that `load_state_dict` carries them over.

    Args:
        size: Numbers a row, D.
        num_heads: Heads, each with D / num_heads numbers of the query.
        bias: Whether the affine maps have biases.

    Raises:
        ValueError: If a size is below 1, or the heads do not divide it.

    Examples:
        >>> outputs, weights = SelfAttention(8, num_heads=2)(
        ...     torch.zeros(3, 5, 8)
        ... )
        >>> tuple(outputs.shape), tuple(weights.shape)
        ((3, 5, 8), (3, 2, 5, 5))

    References:
        Vaswani et al., Attention Is All You Need (2017), section 3.2.
    """

    def __init__(
        self, size: int, num_heads: int = 1, bias: bool = True
    ) -> None:
        super().__init__()
        check_whole(size=size, num_heads=num_heads)
        if size % num_heads:
            raise ValueError(
                f"num_heads must divide size, {size}, got {num_heads}"
            )
        self.num_heads = num_heads
        # queries, keys and values in one map
        self.in_proj_weight = nn.Parameter(torch.empty(3 * size, size))
        empty = nn.Parameter(torch.empty(3 * size)) if bias else None
        self.register_parameter("in_proj_bias", empty)
        self.out_proj = nn.Linear(size, size, bias=bias)
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None):
        r"""Draw the weights anew, with variance 1 / D and zero biases.

        Args:
            generator: Source of randomness; None for the global one.
        """
        spread = self.in_proj_weight.shape[1] ** -0.5
        for weight in (self.in_proj_weight, self.out_proj.weight):
            weight.normal_(0.0, spread, generator=generator)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                bias.zero_()

    def forward(
        self, x: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        r"""Mix the rows of each table.

        Args:
            x: `(B, T, D)`.
            mask: Bool, broadcast to `(B, heads, T, T)`: True where a row may
                look; None for everywhere.

        Returns:
            Outputs `(B, T, D)` and weights `(B, heads, T, T)`.
        """
        check_axes("x", x, "B, T, D")
        check_last("x", x, self.in_proj_weight.shape[1])
        mixed = nn.functional.linear(
            x, self.in_proj_weight, self.in_proj_bias
        )  # (B, T, 3 D)
        heads = mixed.unflatten(2, (3, self.num_heads, -1))
        query, key, value = heads.permute(2, 0, 3, 1, 4)  # (B, heads, T, .)
        out, weights = scaled_dot_product_attention(query, key, value, mask)
        return self.out_proj(out.transpose(1, 2).flatten(2)), weights
