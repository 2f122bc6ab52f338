r"""Encoder and decoder, with and without attention, and their published size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from deepbook.components.model.checks import (
    check_axes,
    check_last,
    check_whole,
)
from deepbook.milestones.seq2seq.tokens import PAD
from deepbook.tokens import check_tokens

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}
State = Tensor | tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Config:
    r"""Sizes of a translator.

    Args:
        source_words: Tokens of the source language.
        target_words: Tokens of the target language.
        embedding: Numbers a token.
        hidden: Numbers of the state of one layer, H.
        layers: Recurrent layers of the encoder, and of the decoder.
        cell: "lstm" or "gru".
        attention: Numbers inside the attention with which the decoder looks
            back at the source; 0 for none.

    Raises:
        ValueError: If a size is below 1, or the cell is unknown.
    """

    source_words: int
    target_words: int
    embedding: int = 32
    hidden: int = 64
    layers: int = 1
    cell: str = "lstm"
    attention: int = 0

    def __post_init__(self):
        check_whole(
            source_words=self.source_words,
            target_words=self.target_words,
            embedding=self.embedding,
            hidden=self.hidden,
            layers=self.layers,
        )
        if not isinstance(self.attention, int) or self.attention < 0:
            raise ValueError(
                "attention must be a whole number, 0 for none, got "
                f"{self.attention}"
            )
        if self.cell not in CELLS:
            raise ValueError(
                f"cell must be one of {', '.join(CELLS)}, got {self.cell!r}"
            )


CONFIGS = {
    "miniature": Config(200, 200),
    "sutskever-2014": Config(
        160_000, 80_000, embedding=1000, hidden=1000, layers=4
    ),
}
"""Named sizes; the vocabularies of "miniature" are replaced by its data's."""
PUBLISHED_PARAMETERS = {
    "sutskever-2014": (384_000_000, "Sutskever et al. (2014), section 3.4"),
}
"""Parameters that a paper prints, and where."""


class AdditiveAttention(nn.Module):
    r"""Ask every place of a memory how well it answers a query.

    The score of query q and place h is $v^\top \tanh(W q + U h)$.

    Args:
        query_size: Numbers a query.
        memory_size: Numbers a place.
        size: Numbers inside, A.

    Examples:
        >>> attention = AdditiveAttention(3, 4, 5)
        >>> mask = torch.tensor([[True, True, False]])
        >>> mixed, weights = attention(
        ...     torch.zeros(1, 2, 3), torch.zeros(1, 3, 4), mask
        ... )
        >>> weights[0].tolist()
        [[0.5, 0.5, 0.0], [0.5, 0.5, 0.0]]

    References:
        Bahdanau et al., Neural Machine Translation by Jointly Learning to
        Align and Translate (2015), section 3.1 and appendix A.1.2.
    """

    def __init__(self, query_size: int, memory_size: int, size: int) -> None:
        super().__init__()
        check_whole(query_size=query_size, memory_size=memory_size, size=size)
        self.of_query = nn.Linear(query_size, size, bias=False)  # W
        self.of_memory = nn.Linear(memory_size, size, bias=False)  # U
        self.score = nn.Linear(size, 1, bias=False)  # v

    def forward(
        self, query: Tensor, memory: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        r"""Mix the places of each memory by their scores.

        Args:
            query: `(B, T, query_size)`.
            memory: `(B, S, memory_size)`.
            mask: `(B, S)` bool, True where there is something.

        Returns:
            Mixtures `(B, T, memory_size)` and weights `(B, T, S)`.

        Raises:
            TypeError: If query or memory is no floating-point tensor.
            ValueError: If the shapes do not fit.
        """
        check_axes("query", query, "B, T, query_size")
        check_axes("memory", memory, "B, S, memory_size")
        check_last("query", query, self.of_query.in_features)
        check_last("memory", memory, self.of_memory.in_features)
        if mask.shape != memory.shape[:2]:
            raise ValueError(
                f"mask must be (B, S), {tuple(memory.shape[:2])} as the "
                f"memory, got {tuple(mask.shape)}"
            )
        asked = self.of_query(query)[:, :, None]  # (B, T, 1, A)
        offered = self.of_memory(memory)[:, None]  # (B, 1, S, A)
        scores = self.score(torch.tanh(asked + offered))[..., 0]  # (B, T, S)
        scores = scores.masked_fill(~mask[:, None], float("-inf"))
        weights = scores.softmax(dim=-1)
        return weights @ memory, weights


@dataclass(frozen=True)
class Memory:
    r"""What the decoder gets from the encoder.

    Args:
        states: Outputs of the last layer of the encoder `(B, S, H)`.
        mask: `(B, S)` bool, True where there is a token.
        state: State of every layer after the last token, `(layers, B, H)`,
            for LSTM a pair of such.
    """

    states: Tensor
    mask: Tensor
    state: State


class Translator(nn.Module):
    r"""One recurrent network reads, another one writes.

    No layer has a bias, as in the paper. So the state stays exactly zero
    while padding (all zeros) comes before a source, and no result depends
    on the padding.

    Args:
        config: Sizes.

    Examples:
        >>> model = Translator(Config(9, 7, embedding=3, hidden=4))
        >>> source = torch.tensor([[4, 5, 6, 2], [8, 2, 0, 0]])
        >>> target = torch.tensor([[1, 4, 5], [1, 6, 0]])
        >>> model(source, target).shape
        torch.Size([2, 3, 7])

    References:
        Sutskever et al., Sequence to Sequence Learning with Neural Networks
        (2014), section 2; attention that asks after the recurrent step:
        Luong et al., Effective Approaches to Attention-based Neural Machine
        Translation (2015), equation 5.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        size, h = config.embedding, config.hidden
        self.source_embedding = nn.Embedding(
            config.source_words, size, padding_idx=PAD
        )
        self.target_embedding = nn.Embedding(
            config.target_words, size, padding_idx=PAD
        )
        cell = partial(CELLS[config.cell], bias=False, batch_first=True)
        self.encoder = cell(size, h, config.layers)
        self.decoder = cell(size, h, config.layers)
        if config.attention:
            self.attention = AdditiveAttention(h, h, config.attention)
            self.mix = nn.Linear(2 * h, h, bias=False)
        self.output = nn.Linear(h, config.target_words, bias=False)

    def encode(self, source: Tensor) -> Memory:
        r"""Read the source.

        Args:
            source: `(B, S)` int64, padded at the end.

        Returns:
            The `Memory`.

        Raises:
            TypeError: If `source` is no tensor of integers.
            ValueError: If its shape is not `(B, S)`, a number is not in the
                vocabulary, or a row holds padding alone.
        """
        check_tokens("source", source, self.config.source_words)
        mask = source != PAD
        if not mask.any(dim=1).all():
            raise ValueError(
                "source must have a token in every row, got a row of padding"
            )
        places = torch.arange(source.shape[1], device=source.device)
        padding = (~mask).sum(dim=1, keepdim=True)  # (B, 1)
        late = (places - padding) % source.shape[1]  # padding first
        states, state = self.encoder(
            self.source_embedding(source.gather(1, late))
        )
        back = (places + padding) % source.shape[1]
        back = back[:, :, None].expand_as(states)
        return Memory(states.gather(1, back), mask, state)

    def decode(
        self, words: Tensor, memory: Memory, state: State
    ) -> tuple[Tensor, State, Tensor | None]:
        r"""Read words of the target and say what comes after each.

        Args:
            words: `(B, T)` int64: those before the ones to say.
            memory: What `encode` gave.
            state: State before the first word, as `memory.state`.

        Returns:
            Logits `(B, T, target_words)`, the state after the last word, and
            the weights of the attention `(B, T, S)` or None.

        Raises:
            TypeError: If `words` is no tensor of integers.
            ValueError: If its shape is not `(B, T)`, or a number no token's.
        """
        check_tokens("words", words, self.config.target_words)
        said, state = self.decoder(self.target_embedding(words), state)
        if not self.config.attention:
            return self.output(said), state, None
        found, weights = self.attention(said, memory.states, memory.mask)
        said = torch.tanh(self.mix(torch.cat([found, said], dim=2)))
        return self.output(said), state, weights

    def forward(self, source: Tensor, words: Tensor) -> Tensor:
        r"""Logits of the next words while the right ones are read.

        Args:
            source: `(B, S)` int64.
            words: `(B, T)` int64, beginning with `BOS`.

        Returns:
            `(B, T, target_words)`.
        """
        memory = self.encode(source)
        return self.decode(words, memory, memory.state)[0]
