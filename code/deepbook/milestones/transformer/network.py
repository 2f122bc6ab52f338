r"""The Transformer once, with the sizes of the paper and a miniature."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.checks import check_number
from deepbook.components.model.checks import check_whole
from deepbook.milestones.transformer.attention import (
    MultiHeadAttention,
    causal_mask,
    padding_mask,
)
from deepbook.milestones.transformer.layers import (
    DecoderLayer,
    EncoderLayer,
    sinusoidal_positions,
)
from deepbook.tokens import check_tokens

POSITIONS = ("sinusoidal", "learned", "none")
"""Ways to tell places apart."""


@dataclass(frozen=True)
class Config:
    r"""Sizes and switches of a Transformer.

    Args:
        vocabulary: Tokens of the source; of the target as well, where
            `target_vocabulary` is None, and then both languages and the last
            layer share one matrix.
        target_vocabulary: Tokens of the target, with a matrix of its own for
            the target and the last layer.
        layers: Layers of the encoder, and of the decoder.
        size: Numbers a row, D.
        num_heads: Heads of each attention.
        inner_size: Units of the feed-forward networks.
        dropout: Share of outputs dropped, in every layer and at the bottom.
        key_size: Numbers of a key in a head; D / heads if None.
        value_size: Numbers of a value in a head; D / heads if None.
        attention_bias: Whether the maps of attention have biases.
        norm_first: Normalize before each part instead of after the sum.
        positions: One of `POSITIONS`.
        causal: Whether the decoder is kept from looking ahead.
        longest: Most places that it can tell apart.
        padding: The token that fills up a batch.

    Raises:
        ValueError: If a size is below 1, or `positions` unknown.

    Examples:
        >>> CONFIGS["base"].size, CONFIGS["big"].size
        (512, 1024)
    """

    vocabulary: int
    target_vocabulary: int | None = None
    layers: int = 6
    size: int = 512
    num_heads: int = 8
    inner_size: int = 2048
    dropout: float = 0.1
    key_size: int | None = None
    value_size: int | None = None
    attention_bias: bool = True
    norm_first: bool = False
    positions: str = "sinusoidal"
    causal: bool = True
    longest: int = 1024
    padding: int = 0

    def __post_init__(self):
        names = ("vocabulary", "layers", "size", "num_heads", "inner_size")
        check_whole(**{n: getattr(self, n) for n in names})
        check_whole(longest=self.longest)
        if self.target_vocabulary is not None:
            check_whole(target_vocabulary=self.target_vocabulary)
        known, wanted = self.positions in POSITIONS, ", ".join(POSITIONS)
        check_number("positions", self.positions, known, f"one of {wanted}")


CONFIGS = {
    "miniature": Config(
        vocabulary=64, layers=2, size=64, num_heads=4, inner_size=128
    ),
    "base": Config(vocabulary=37_000),
    "big": Config(
        vocabulary=37_000,
        size=1024,
        num_heads=16,
        inner_size=4096,
        dropout=0.3,
    ),
}
"""The miniature of the book, and the two models of the paper's table 3."""

PUBLISHED_PARAMETERS = {"base": 63_082_496, "big": 214_245_376}
"""Parameters counted with a shared vocabulary of 37,000 and biases in every
affine map. Vaswani et al. (2017), table 3, print 65 and 213 million."""

_VARIED = {
    "base": ("65", {}),
    "B, d_k = 16": ("58", {"key_size": 16}),
    "B, d_k = 32": ("60", {"key_size": 32}),
    "C, N = 2": ("36", {"layers": 2}),
    "C, N = 4": ("50", {"layers": 4}),
    "C, N = 8": ("80", {"layers": 8}),
    "C, d_model = 256": ("28", {"size": 256}),
    "C, d_model = 1024": ("168", {"size": 1024}),
    "C, d_ff = 1024": ("53", {"inner_size": 1024}),
    "C, d_ff = 4096": ("90", {"inner_size": 4096}),
}
TABLE_3 = {
    name: (printed, replace(CONFIGS["base"], **changes))
    for name, (printed, changes) in _VARIED.items()
} | {"big": ("213", CONFIGS["big"])}
"""Rows of the paper's table 3: millions as printed, and the configuration."""


class Transformer(nn.Module):
    r"""From a source and the target so far to the scores of each next token.

    Args:
        config: Sizes and switches.

    Examples:
        >>> model = Transformer(CONFIGS["miniature"]).eval()
        >>> source, target = torch.tensor([[5, 6, 7]]), torch.tensor([[1, 8]])
        >>> model(source, target).shape  # one row of scores a token
        torch.Size([1, 2, 64])

        On the `meta` device the published sizes take no memory:

        >>> from deepbook.components.model import count_parameters
        >>> with torch.device("meta"):
        ...     count_parameters(Transformer(CONFIGS["base"]))
        63082496

    References:
        Vaswani et al., Attention Is All You Need (2017), figure 1.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.source_embedding = nn.Embedding(config.vocabulary, config.size)
        self.target_embedding = self.source_embedding
        if config.target_vocabulary is not None:
            self.target_embedding = nn.Embedding(
                config.target_vocabulary, config.size
            )
        if config.positions == "learned":
            places = torch.empty(config.longest, config.size)
            self.places = nn.Parameter(places)
        elif config.positions == "sinusoidal":
            places = sinusoidal_positions(config.longest, config.size)
            self.register_buffer("places", places, persistent=False)
        settings = {
            "dropout": config.dropout,
            "norm_first": config.norm_first,
            "bias": config.attention_bias,
            "key_size": config.key_size,
            "value_size": config.value_size,
        }
        sizes = config.size, config.num_heads, config.inner_size
        count = range(config.layers)
        self.encoder = nn.ModuleList(
            EncoderLayer(*sizes, **settings) for _ in count
        )
        self.decoder = nn.ModuleList(
            DecoderLayer(*sizes, **settings) for _ in count
        )
        if config.norm_first:  # else each layer ends in a norm of its own
            self.encoder_norm = nn.LayerNorm(config.size)
            self.decoder_norm = nn.LayerNorm(config.size)
        self.dropout = nn.Dropout(config.dropout)
        self.draw_parameters()

    @torch.no_grad()
    def draw_parameters(self, generator: torch.Generator | None = None):
        r"""Draw the weights anew: embeddings normal with variance 1 / D.

        Args:
            generator: Source of randomness; None for the global one.
        """
        spread = self.config.size**-0.5
        tables = [self.source_embedding.weight, self.target_embedding.weight]
        if self.config.positions == "learned":
            tables.append(self.places)
        for table in tables[1:] if tables[0] is tables[1] else tables:
            table.normal_(0.0, spread, generator=generator)
        for layer in (*self.encoder, *self.decoder):
            layer.draw_parameters(generator)

    def embed(self, tokens: Tensor, table: nn.Embedding) -> Tensor:
        r"""Turn tokens into rows and add what tells their places apart.

        Args:
            tokens: `(B, T)` integers.
            table: Which embedding to use.

        Returns:
            `(B, T, D)`.
        """
        rows = table(tokens) * self.config.size**0.5
        if self.config.positions != "none":
            rows = rows + self.places[: tokens.shape[1]]
        return self.dropout(rows)

    def encode(self, source: Tensor) -> Tensor:
        r"""Read the source.

        Args:
            source: `(B, S)` integers, filled up with the padding token.

        Returns:
            Memory `(B, S, D)`.

        Raises:
            TypeError: If `source` is no tensor of integers.
            ValueError: If its shape, its length or a number does not fit.
        """
        self._check("source", source, self.source_embedding)
        mask = padding_mask(source, self.config.padding)
        x = self.embed(source, self.source_embedding)
        for layer in self.encoder:
            x = layer(x, mask)
        return self.encoder_norm(x) if self.config.norm_first else x

    def decode(self, target: Tensor, memory: Tensor, source: Tensor) -> Tensor:
        r"""Score the token after each token of the target.

        Args:
            target: `(B, T)` integers, the target so far.
            memory: `(B, S, D)`, from `encode`.
            source: `(B, S)`, for its padding.

        Returns:
            Logits `(B, T, vocabulary)`.

        Raises:
            TypeError: If `target` is no tensor of integers.
            ValueError: If its shape, its length or a number does not fit.
        """
        self._check("target", target, self.target_embedding)
        mask = None
        if self.config.causal:
            mask = causal_mask(target.shape[1]).to(target.device)
        memory_mask = padding_mask(source, self.config.padding)
        x = self.embed(target, self.target_embedding)
        for layer in self.decoder:
            x = layer(x, memory, mask, memory_mask)
        if self.config.norm_first:
            x = self.decoder_norm(x)
        return F.linear(x, self.target_embedding.weight)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        r"""Read the source and score the token after each of the target.

        Args:
            source: `(B, S)` integers.
            target: `(B, T)` integers.

        Returns:
            Logits `(B, T, vocabulary)`.
        """
        return self.decode(target, self.encode(source), source)

    def keep_weights(self, keep: bool = True) -> dict[str, list]:
        r"""Have every attention keep the weights of its last use.

        Args:
            keep: Whether they keep them from now on.

        Returns:
            The attentions from the lowest layer up: "encoder", "decoder"
            and "source" (of the decoder over the encoder's memory).
        """
        found = {
            "encoder": [layer.self_attn for layer in self.encoder],
            "decoder": [layer.self_attn for layer in self.decoder],
            "source": [layer.multihead_attn for layer in self.decoder],
        }
        for module in self.modules():
            if isinstance(module, MultiHeadAttention):
                module.keep = keep
        return found

    def _check(self, name: str, tokens: Tensor, table: nn.Embedding) -> None:
        check_tokens(name, tokens, table.num_embeddings)
        if tokens.shape[1] > self.config.longest:
            raise ValueError(
                f"{name} must have at most {self.config.longest} tokens, got"
                f" {tokens.shape[1]}; cut it or raise longest in the Config"
            )
