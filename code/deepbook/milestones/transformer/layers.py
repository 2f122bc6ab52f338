r"""Layers of the encoder and of the decoder, and sinusoids that tell places apart."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from deepbook.checks import check_number
from deepbook.components.model.checks import check_whole
from deepbook.milestones.transformer.attention import (
    MultiHeadAttention,
    draw_glorot,
)


def sinusoidal_positions(length: int, size: int) -> Tensor:
    r"""Give every place a vector of sines and cosines of its number.

    Two neighbouring numbers are the hands of one clock: sine and cosine of
    the place over a wavelength. The wavelengths grow from 2 pi in a geometric
    progression towards 10,000 times that.

    Args:
        length: Number of places T.
        size: Numbers a vector D, even.

    Returns:
        `(T, D)`, float32, within [-1, 1].

    Raises:
        ValueError: If `length` or `size` is below 1, or `size` is odd.

    Examples:
        The first pair turns by 1 radian a place, the second by 1 / 100:

        >>> sinusoidal_positions(2, 4)
        tensor([[0.0000, 1.0000, 0.0000, 1.0000],
                [0.8415, 0.5403, 0.0100, 0.9999]])

    References:
        Vaswani et al., Attention Is All You Need (2017), section 3.5.
    """
    check_whole(length=length, size=size)
    check_number("size", size, size % 2 == 0, "even, a sine and a cosine each")
    place = torch.arange(length, dtype=torch.float64)[:, None]
    pair = torch.arange(0, size, 2, dtype=torch.float64)
    angle = place / 10_000 ** (pair / size)  # (T, D / 2)
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1).float()


class Layer(nn.Module):
    r"""What a layer of the encoder and one of the decoder share.

    Args:
        size: Numbers a row, D.
        num_heads: Heads of the attention.
        inner_size: Units of the feed-forward network.
        dropout: Share of the outputs of each part that are dropped.
        norm_first: Normalize what enters a part, instead of the sum of it
            and what comes out.
        attention: Further settings of `MultiHeadAttention`.

    Raises:
        ValueError: If a size is below 1 or `dropout` not within [0, 1).

    Examples:
        >>> len(Layer(8, 2, 16).linear1.weight)
        16
    """

    def __init__(
        self,
        size: int,
        num_heads: int,
        inner_size: int,
        dropout: float = 0.0,
        norm_first: bool = False,
        **attention,
    ) -> None:
        super().__init__()
        check_whole(size=size, inner_size=inner_size)
        check_number("dropout", dropout, 0 <= dropout < 1, "in [0, 1)")
        self.norm_first = norm_first
        self.self_attn = MultiHeadAttention(size, num_heads, **attention)
        self.linear1 = nn.Linear(size, inner_size)
        self.linear2 = nn.Linear(inner_size, size)
        self.norm1 = nn.LayerNorm(size)
        self.norm2 = nn.LayerNorm(size)
        self.dropout = nn.Dropout(dropout)

    def draw_parameters(self, generator: torch.Generator | None = None):
        r"""Draw the weights anew after Glorot, with zero biases.

        Args:
            generator: Source of randomness; None for the global one.
        """
        for module in self.modules():
            if isinstance(module, MultiHeadAttention):
                module.draw_parameters(generator)
        for linear in (self.linear1, self.linear2):
            draw_glorot(linear.weight, generator)
            nn.init.zeros_(linear.bias)

    def feed_forward(self, x: Tensor) -> Tensor:
        r"""Apply the same two-layer network to every row."""
        return self.linear2(torch.relu(self.linear1(x)))

    def residual(
        self, x: Tensor, part: Callable[[Tensor], Tensor], norm: nn.LayerNorm
    ) -> Tensor:
        r"""Add what a part of the layer makes of x, and normalize.

        Args:
            x: `(B, T, D)`.
            part: Attention or the feed-forward network.
            norm: After the sum as in the paper, or before the part.

        Returns:
            `(B, T, D)`.
        """
        if self.norm_first:
            return x + self.dropout(part(norm(x)))
        return norm(x + self.dropout(part(x)))


class EncoderLayer(Layer):
    r"""Rows of the source ask one another, then think by themselves.

    Names of the weights are those of `torch.nn.TransformerEncoderLayer`.
    Arguments are those of `Layer`.

    Examples:
        >>> EncoderLayer(8, 2, 16)(torch.zeros(1, 5, 8)).shape
        torch.Size([1, 5, 8])

    References:
        Vaswani et al., Attention Is All You Need (2017), section 3.1.
    """

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        r"""Work on the source.

        Args:
            x: `(B, S, D)`.
            mask: Bool, broadcast to `(B, heads, S, S)`.

        Returns:
            `(B, S, D)`.
        """
        x = self.residual(x, lambda y: self.self_attn(y, y, mask), self.norm1)
        return self.residual(x, self.feed_forward, self.norm2)


class DecoderLayer(Layer):
    r"""Rows of the target ask those before them, then the source.

    Names of the weights are those of `torch.nn.TransformerDecoderLayer`.
    Arguments are those of `Layer`.

    Examples:
        >>> layer = DecoderLayer(8, 2, 16)
        >>> layer(torch.zeros(1, 3, 8), torch.zeros(1, 5, 8)).shape
        torch.Size([1, 3, 8])

    References:
        Vaswani et al., Attention Is All You Need (2017), section 3.1.
    """

    def __init__(self, size: int, num_heads: int, *sizes, **settings) -> None:
        super().__init__(size, num_heads, *sizes, **settings)
        names = ("bias", "key_size", "value_size")
        shared = {n: settings[n] for n in names if n in settings}
        self.multihead_attn = MultiHeadAttention(size, num_heads, **shared)
        self.norm3 = nn.LayerNorm(size)

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
    ) -> Tensor:
        r"""Work on the target.

        Args:
            x: `(B, T, D)`.
            memory: `(B, S, D)`, what the encoder made of the source.
            mask: Bool, broadcast to `(B, heads, T, T)`.
            memory_mask: Bool, broadcast to `(B, heads, T, S)`.

        Returns:
            `(B, T, D)`.
        """
        x = self.residual(x, lambda y: self.self_attn(y, y, mask), self.norm1)
        x = self.residual(
            x,
            lambda y: self.multihead_attn(y, memory, memory_mask),
            self.norm2,
        )
        return self.residual(x, self.feed_forward, self.norm3)
