r"""The network once: an encoder that reads in both directions."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.checks import check_number
from deepbook.components.model.checks import (
    check_axes,
    check_last,
    check_whole,
)
from deepbook.milestones.transformer import EncoderLayer, padding_mask
from deepbook.tokens import check_known, check_tokens


@dataclass(frozen=True)
class Config:
    r"""Sizes of a BERT.

    Args:
        vocabulary: Number of pieces V.
        layers: Layers of the encoder.
        size: Numbers a row, D.
        num_heads: Heads of each attention.
        inner_size: Units of the feed-forward networks.
        longest: Most tokens that it reads at once.
        segments: Kinds of text that it tells apart.
        dropout: Share of outputs that are dropped while it trains.
        spread: Standard deviation of the first weights.

    Raises:
        ValueError: If a size is below 1, the heads do not divide D, `dropout`
            is not within [0, 1) or `spread` not positive and finite.

    Examples:
        >>> Config(vocabulary=99).size
        768
    """

    vocabulary: int
    layers: int = 12
    size: int = 768
    num_heads: int = 12
    inner_size: int = 3072
    longest: int = 512
    segments: int = 2
    dropout: float = 0.1
    spread: float = 0.02

    def __post_init__(self):
        names = ("vocabulary", "layers", "size", "num_heads", "inner_size")
        check_whole(**{name: getattr(self, name) for name in names})
        check_whole(longest=self.longest, segments=self.segments)
        fits = self.size % self.num_heads == 0
        wanted = f"a divisor of size, {self.size}"
        check_number("num_heads", self.num_heads, fits, wanted)
        good = 0 <= self.dropout < 1
        check_number("dropout", self.dropout, good, "in [0, 1)")
        good = 0 < self.spread < float("inf")
        check_number("spread", self.spread, good, "positive and finite")


class Layer(EncoderLayer):
    r"""A layer of the Transformer's encoder, with GELU instead of ReLU.

    Examples:
        >>> Layer(8, 2, 16)(torch.zeros(1, 5, 8)).shape
        torch.Size([1, 5, 8])
    """

    def feed_forward(self, x: Tensor) -> Tensor:
        r"""Apply the same two-layer network to every row."""
        return self.linear2(F.gelu(self.linear1(x)))


class BERT(nn.Module):
    r"""From tokens to a row for each that has seen all the others.

    Args:
        config: Sizes.

    Examples:
        >>> model = BERT(Config(99, layers=2, size=8, num_heads=2)).eval()
        >>> model(torch.tensor([[2, 7, 8, 3]])).shape  # (B, T, D)
        torch.Size([1, 4, 8])

        >>> from deepbook.components.model import count_parameters
        >>> from deepbook.milestones.bert.sizes import CONFIGS
        >>> with torch.device("meta"):
        ...     count_parameters(BERT(CONFIGS["base"]))
        109482240

    References:
        Devlin et al., BERT (2018), section 3.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(config.vocabulary, config.size)
        self.places = nn.Embedding(config.longest, config.size)
        self.segments = nn.Embedding(config.segments, config.size)
        self.norm = nn.LayerNorm(config.size)
        self.dropout = nn.Dropout(config.dropout)
        sizes = config.size, config.num_heads, config.inner_size
        self.layers = nn.ModuleList(
            Layer(*sizes, dropout=config.dropout) for _ in range(config.layers)
        )
        self.pooler = nn.Linear(config.size, config.size)
        for module in self.modules():
            if isinstance(module, nn.LayerNorm):
                module.eps = 1e-12  # of the published code
        self.draw_parameters()

    def draw_parameters(self, generator: torch.Generator | None = None):
        r"""Draw the weights anew: normal, biases 0, norms 1.

        Args:
            generator: Source of randomness; None for the global one.
        """
        draw_normal(self, self.config.spread, generator)

    def embed(self, tokens: Tensor, segments: Tensor | None = None) -> Tensor:
        r"""Add up what a token is, where it stands and whose text it is in.

        Args:
            tokens: `(B, T)` integers.
            segments: `(B, T)` integers; 0 everywhere if None.

        Returns:
            `(B, T, D)`.
        """
        if segments is None:
            segments = torch.zeros_like(tokens)
        at = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.tokens(tokens) + self.places(at) + self.segments(segments)
        return self.dropout(self.norm(x))

    def forward(
        self, tokens: Tensor, segments: Tensor | None = None
    ) -> Tensor:
        r"""Read texts in both directions at once.

        Args:
            tokens: `(B, T)` integers; nobody looks at 0, the padding.
            segments: `(B, T)` integers; 0 everywhere if None.

        Returns:
            Rows `(B, T, D)`.

        Raises:
            TypeError: If `tokens` is no tensor of integers.
            ValueError: If its shape is not `(B, T)`, it is too long, the
                segments have another shape, or a number is in no table.
        """
        check_tokens("tokens", tokens, self.config.vocabulary)
        long, most = tokens.shape[1], self.config.longest
        check_number("tokens a text", long, long <= most, f"{most} at most")
        if segments is not None and segments.shape != tokens.shape:
            raise ValueError(
                f"segments must have the shape of tokens,"
                f" {tuple(tokens.shape)}, got {tuple(segments.shape)}; make"
                " both with pack()"
            )
        if segments is not None:
            kinds, cure = self.config.segments, "make both with pack()"
            check_known("segments", segments, kinds, cure)
        x, mask = self.embed(tokens, segments), padding_mask(tokens)
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def pool(self, rows: Tensor) -> Tensor:
        r"""Make one vector of a text from the row of its first token.

        Args:
            rows: `(B, T, D)`.

        Returns:
            `(B, D)`, within [-1, 1].

        Raises:
            TypeError: If `rows` is no tensor of floating-point numbers.
            ValueError: If it has another shape.
        """
        check_axes("rows", rows, "B, T, D")
        check_last("rows", rows, self.config.size)
        return torch.tanh(self.pooler(rows[:, 0]))


@torch.no_grad()
def draw_normal(
    module: nn.Module, spread: float, generator: torch.Generator | None
) -> None:
    r"""Draw matrices normal; biases become 0, the scales of norms 1.

    Args:
        module: Changed in place.
        spread: Standard deviation.
        generator: Source of randomness; None for the global one.

    Raises:
        ValueError: If `spread` is not positive and finite.

    Examples:
        >>> layer = nn.Linear(1000, 10)
        >>> draw_normal(layer, 0.5, torch.Generator().manual_seed(0))
        >>> round(layer.weight.std().item(), 1), layer.bias.sum().item()
        (0.5, 0.0)
    """
    good = 0 < spread < float("inf")
    check_number("spread", spread, good, "positive and finite")
    for name, parameter in module.named_parameters():
        if parameter.ndim > 1:
            parameter.normal_(0.0, spread, generator=generator)
        else:
            parameter.fill_("norm" in name and name.endswith("weight"))
