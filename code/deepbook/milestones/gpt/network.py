r"""The network once: a stack of decoder blocks that reads tokens and scores the next."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.checks import check_number
from deepbook.components.model import scaled_dot_product_attention
from deepbook.components.model.checks import check_whole
from deepbook.milestones.gpt.cache import Cache
from deepbook.tokens import check_tokens


@dataclass(frozen=True)
class Config:
    r"""Sizes of a GPT.

    Args:
        vocabulary: Number of tokens V.
        context: Most tokens that it reads at once.
        layers: Number of blocks.
        size: Numbers a row, D.
        num_heads: Heads of each attention.
        head_size: Numbers of a query in each head; D / heads if None.
        dropout: Share of numbers dropped while it trains.
        norm_first: Normalize before each part and once at the end, as GPT-2
            does, instead of after each sum, as GPT-1 does.

    Raises:
        ValueError: If a size is below 1, the heads do not divide D where they
            have to, or `dropout` is not within [0, 1).

    Examples:
        >>> Config(vocabulary=300, size=48, num_heads=3).width
        48
    """

    vocabulary: int
    context: int = 1024
    layers: int = 12
    size: int = 768
    num_heads: int = 12
    head_size: int | None = None
    dropout: float = 0.0
    norm_first: bool = True

    def __post_init__(self):
        names = ("vocabulary", "context", "layers", "size", "num_heads")
        check_whole(**{name: getattr(self, name) for name in names})
        if self.head_size is not None:
            check_whole(head_size=self.head_size)
        elif self.size % self.num_heads:
            raise ValueError(
                f"num_heads must divide size, {self.size}, got"
                f" {self.num_heads}; or give head_size"
            )
        good = 0 <= self.dropout < 1
        check_number("dropout", self.dropout, good, "in [0, 1)")

    @property
    def width(self) -> int:
        r"""Numbers of all heads of one place together."""
        head_size = self.head_size or self.size // self.num_heads
        return self.num_heads * head_size


class CausalAttention(nn.Module):
    r"""Attention in heads, where every place sees itself and what came before.

    To look at the weights, set `keep` and read `weights` after a pass.

    Args:
        config: Sizes.
        layer: Number of its block, which finds its part of a cache.

    Examples:
        >>> attention = CausalAttention(Config(9, size=8, num_heads=2))
        >>> attention(torch.zeros(1, 3, 8)).shape
        torch.Size([1, 3, 8])
    """

    def __init__(self, config: Config, layer: int = 0) -> None:
        super().__init__()
        self.num_heads, self.layer = config.num_heads, layer
        self.query_key_value = nn.Linear(config.size, 3 * config.width)
        self.out = nn.Linear(config.width, config.size)
        self.dropout = config.dropout
        self.keep = False
        self.weights: Tensor | None = None

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        r"""Let each row ask the rows up to its own.

        Args:
            x: `(B, T, D)`.
            cache: What was read before x.

        Returns:
            `(B, T, D)`.
        """
        query, key, value = (
            part.unflatten(2, (self.num_heads, -1)).transpose(1, 2)
            for part in self.query_key_value(x).chunk(3, dim=2)
        )  # (B, h, T, head_size)
        if cache is not None:
            key, value = cache.extend(self.layer, key, value)
        new, seen = query.shape[2], key.shape[2]
        mask = torch.ones(new, seen, dtype=torch.bool, device=x.device)
        mask = mask.tril(seen - new)  # the last row sees all
        if self.keep:
            mixed, weights = scaled_dot_product_attention(
                query, key, value, mask
            )
            self.weights = weights.detach()  # (B, h, T, S)
        else:
            dropped = self.dropout if self.training else 0.0
            mixed = F.scaled_dot_product_attention(
                query, key, value, attn_mask=mask, dropout_p=dropped
            )
        return self.out(mixed.transpose(1, 2).flatten(2))


class Block(nn.Module):
    r"""Attention, then a network on each row; both are added to the row.

    Args:
        config: Sizes.
        layer: Its number, from 0.

    Examples:
        >>> block = Block(Config(9, size=8, num_heads=2))
        >>> block(torch.zeros(1, 3, 8)).shape
        torch.Size([1, 3, 8])
    """

    def __init__(self, config: Config, layer: int = 0) -> None:
        super().__init__()
        self.norm_first = config.norm_first
        self.norm1 = nn.LayerNorm(config.size)
        self.attention = CausalAttention(config, layer)
        self.norm2 = nn.LayerNorm(config.size)
        self.expand = nn.Linear(config.size, 4 * config.size)
        self.contract = nn.Linear(4 * config.size, config.size)
        self.dropout = nn.Dropout(config.dropout)

    def feed_forward(self, x: Tensor) -> Tensor:
        r"""Work on each row alone.

        Args:
            x: `(B, T, D)`.

        Returns:
            `(B, T, D)`.
        """
        return self.contract(F.gelu(self.expand(x), approximate="tanh"))

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        r"""Add what attention finds, then what the network makes of it.

        Args:
            x: `(B, T, D)`.
            cache: What was read before x.

        Returns:
            `(B, T, D)`.
        """
        if self.norm_first:
            x = x + self.dropout(self.attention(self.norm1(x), cache))
            return x + self.dropout(self.feed_forward(self.norm2(x)))
        x = self.norm1(x + self.dropout(self.attention(x, cache)))
        return self.norm2(x + self.dropout(self.feed_forward(x)))


class GPT(nn.Module):
    r"""From tokens to the scores of the token after each of them.

    The last layer is the table of embeddings itself.

    Args:
        config: Sizes.

    Examples:
        >>> from deepbook.components.model import count_parameters
        >>> from deepbook.milestones.gpt.sizes import CONFIGS
        >>> model = GPT(CONFIGS["miniature"])
        >>> model(torch.tensor([[72, 105]])).shape  # (B, T, V)
        torch.Size([1, 2, 1024])
        >>> with torch.device("meta"):
        ...     count_parameters(GPT(CONFIGS["gpt2-small"]))
        124439808

    References:
        Radford et al., Improving Language Understanding by Generative
        Pre-Training (2018); Language Models are Unsupervised Multitask
        Learners (2019), section 2.3.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(config.vocabulary, config.size)
        self.places = nn.Embedding(config.context, config.size)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(
            Block(config, layer) for layer in range(config.layers)
        )
        if config.norm_first:
            self.norm = nn.LayerNorm(config.size)
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None):
        r"""Draw the weights anew, as GPT-2 does.

        Normal with standard deviation 0.02, biases 0; the maps that write
        onto the rows are divided by sqrt(2 layers), so that the rows do not
        grow with the number of things added to them.

        Args:
            generator: Source of randomness; None for the global one.
        """
        small = 0.02 / (2 * self.config.layers) ** 0.5
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()
            elif "norm" in name:
                parameter.fill_(1.0)
            else:
                writes = name.endswith(("out.weight", "contract.weight"))
                spread = small if writes else 0.02
                parameter.normal_(0.0, spread, generator=generator)

    def forward(self, tokens: Tensor, cache: Cache | None = None) -> Tensor:
        r"""Score the token after each token.

        Args:
            tokens: `(B, T)` integers.
            cache: What was read before them; it is made longer.

        Returns:
            Logits `(B, T, V)`.

        Raises:
            TypeError: If `tokens` is no tensor of integers.
            ValueError: If it is not `(B, T)`, holds the number of no token, or
                is longer than the context with what the cache holds.
        """
        seen = cache.length if cache is not None else 0
        check_tokens("tokens", tokens, self.config.vocabulary)
        if seen + tokens.shape[1] > self.config.context:
            raise ValueError(
                f"tokens must be at most {self.config.context} with what was"
                f" read before, got {seen + tokens.shape[1]}; cut them from"
                " the left"
            )
        at = torch.arange(seen, seen + tokens.shape[1], device=tokens.device)
        x = self.dropout(self.tokens(tokens) + self.places(at))  # (B, T, D)
        for block in self.blocks:
            x = block(x, cache)
        if self.config.norm_first:
            x = self.norm(x)
        return F.linear(x, self.tokens.weight)
