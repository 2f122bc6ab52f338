r"""Networks that answer: a reader of questions, a way to bring question and picture together, and a choice among answers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deepbook.components.data import ANSWERS
from deepbook.components.model import scaled_dot_product_attention
from deepbook.components.model.checks import (
    check_axes,
    check_last,
    check_whole,
)
from deepbook.tokens import check_tokens

PLACES, FEATURES = 64, 18
"""Places of a picture of 32 x 32 pixels, and numbers for each; see `describe`."""


class BagOfWords(nn.Module):
    r"""A question as the sum of its words, whose order is lost.

    Args:
        words: Size of the vocabulary; token 0 fills up and counts nothing.
        size: Numbers for a question.

    Examples:
        >>> bag = BagOfWords(5, 8)
        >>> vectors = bag(torch.tensor([[2, 3, 4], [4, 3, 2], [4, 3, 0]]))
        >>> torch.allclose(vectors[0], vectors[1]), vectors.shape
        (True, torch.Size([3, 8]))
    """

    def __init__(self, words: int, size: int) -> None:
        super().__init__()
        check_whole(words=words, size=size)
        self.embed = nn.EmbeddingBag(words, size, mode="sum", padding_idx=0)
        self.mix = nn.Linear(size, size)

    def draw_parameters(self, generator: torch.Generator) -> None:
        r"""Standard normal words of half the size, uniform mixing."""
        self.embed.weight.normal_(std=0.5, generator=generator)
        self.embed.weight[0].zero_()
        bound = self.mix.in_features**-0.5
        self.mix.weight.uniform_(-bound, bound, generator=generator)
        self.mix.bias.zero_()

    def forward(self, tokens: Tensor) -> Tensor:
        r"""Read questions `(B, T)` int64 and return `(B, size)`."""
        return torch.tanh(self.mix(self.embed(tokens)))


class Reader(nn.Module):
    r"""A question as the last state of a GRU that read it word by word.

    A question that comes several times in a batch is read once.

    Args:
        words: Size of the vocabulary; token 0 fills up the end.
        size: Numbers for a question.

    Examples:
        >>> Reader(5, 8)(torch.tensor([[2, 3, 4], [4, 3, 0]])).shape
        torch.Size([2, 8])
    """

    def __init__(self, words: int, size: int) -> None:
        super().__init__()
        check_whole(words=words, size=size)
        self.embed = nn.Embedding(words, size, padding_idx=0)
        self.gru = nn.GRU(size, size, batch_first=True)

    def forward(self, tokens: Tensor) -> Tensor:
        r"""Read questions `(B, T)` int64 and return `(B, size)`."""
        texts, which = tokens.unique(dim=0, return_inverse=True)
        length = (texts != 0).sum(1)
        states, _ = self.gru(self.embed(texts[:, : int(length.max())]))
        return states[torch.arange(len(texts)), length - 1][which]


class Blind(nn.Module):
    r"""The question alone: what a network knows without the picture."""

    def __init__(self, size: int, places: int = PLACES) -> None:
        super().__init__()
        self.outputs = size

    def forward(self, places: Tensor, question: Tensor) -> Tensor:
        r"""Return the question `(B, size)`."""
        return question


class PictureOnly(nn.Module):
    r"""The picture alone: what a network knows without the question."""

    def __init__(self, size: int, places: int = PLACES) -> None:
        super().__init__()
        self.look = nn.Linear(places * FEATURES, size)
        self.outputs = size

    def forward(self, places: Tensor, question: Tensor) -> Tensor:
        r"""Return the picture as one vector `(B, size)`."""
        return torch.relu(self.look(places.flatten(1)))


class Concatenation(PictureOnly):
    r"""The picture as one vector, and the question behind it.

    References:
        Zhou et al., Simple Baseline for Visual Question Answering (2015).
    """

    def __init__(self, size: int, places: int = PLACES) -> None:
        super().__init__(size, places)
        self.outputs = 2 * size

    def forward(self, places: Tensor, question: Tensor) -> Tensor:
        r"""Return `(B, 2 size)`."""
        return torch.cat([super().forward(places, question), question], 1)


class Product(PictureOnly):
    r"""The picture as one vector, times the question, number by number.

    References:
        Antol et al. (2015); Kim et al., Hadamard Product for Low-rank
        Bilinear Pooling (2017).
    """

    def __init__(self, size: int, places: int = PLACES) -> None:
        super().__init__(size, places)
        self.ask = nn.Linear(size, size)

    def forward(self, places: Tensor, question: Tensor) -> Tensor:
        r"""Return `(B, size)`."""
        picture = super().forward(places, question)
        return picture * torch.tanh(self.ask(question))


class FiLM(nn.Module):
    r"""The question scales and shifts every feature, alike at all places.

    Then the greatest and the mean of each feature over the places.

    Args:
        size: Numbers for a question.
        places: Not used; any number of places will do.
        width: Features that the question scales and shifts.

    References:
        Perez et al., FiLM: Visual Reasoning with a General Conditioning Layer
        (2018).
    """

    def __init__(
        self, size: int, places: int = PLACES, width: int = 24
    ) -> None:
        super().__init__()
        check_whole(size=size, width=width)
        self.look = nn.Linear(FEATURES, width)
        self.ask = nn.Linear(size, 2 * width)
        self.mix = nn.Linear(width, width)
        self.outputs = 2 * width

    def forward(self, places: Tensor, question: Tensor) -> Tensor:
        r"""Return `(B, 2 width)`."""
        gamma, beta = self.ask(question)[:, None].chunk(2, 2)  # (B, 1, width)
        x = torch.relu((1 + gamma) * self.look(places) + beta)
        x = torch.relu(self.mix(x))
        return torch.cat([x.amax(1), x.mean(1)], 1)


class Attention(nn.Module):
    r"""The question looks at the places, a few times side by side.

    Each glance is a query, made from the question, that weighs the places;
    what it brings back is their weighted mean.

    Args:
        size: Numbers for a question.
        places: Not used; any number of places will do.
        glances: How many queries a question makes.

    Examples:
        >>> look = Attention(8, glances=2)
        >>> look(torch.zeros(3, 64, 18), torch.zeros(3, 8)).shape
        torch.Size([3, 44])
        >>> look.weights(torch.zeros(3, 64, 18), torch.zeros(3, 8)).shape
        torch.Size([3, 2, 64])

    References:
        Yang et al., Stacked Attention Networks (2016), who look twice in
        turn; dot products: Vaswani et al. (2017).
    """

    def __init__(
        self, size: int, places: int = PLACES, glances: int = 4
    ) -> None:
        super().__init__()
        check_whole(size=size, glances=glances)
        self.ask = nn.Linear(size, glances * FEATURES)
        self.glances = glances
        self.outputs = glances * FEATURES + size

    def forward(self, places: Tensor, question: Tensor) -> Tensor:
        r"""Return what each glance brought back, and the question."""
        seen, _ = self._look(places, question)
        return torch.cat([seen.flatten(1), question], 1)

    def weights(self, places: Tensor, question: Tensor) -> Tensor:
        r"""Where each glance looks, `(B, glances, S)`; each sums to 1."""
        return self._look(places, question)[1]

    def _look(self, places, question):
        query = self.ask(question).unflatten(1, (self.glances, FEATURES))
        return scaled_dot_product_attention(query, places, places)


class Answerer(nn.Module):
    r"""From places and a question to scores of the answers.

    Args:
        words: Size of the vocabulary of questions.
        fusion: How picture and question come together: one of the classes
            above from `Blind` on, or any that takes a size.
        reader: `BagOfWords` or `Reader`.
        size: Numbers for a question.
        hidden: Units of the layer before the answers.

    Examples:
        >>> model = Answerer(30)
        >>> tokens = torch.tensor([[3, 5, 2, 4], [3, 5, 0, 0]])
        >>> model(torch.zeros(2, 64, 18), tokens).shape  # 24 answers
        torch.Size([2, 24])
    """

    def __init__(
        self,
        words: int,
        fusion: type[nn.Module] = Attention,
        reader: type[nn.Module] = Reader,
        size: int = 64,
        hidden: int = 96,
    ) -> None:
        super().__init__()
        self.words = words
        self.reader = reader(words, size)
        self.fusion = fusion(size)
        self.head = nn.Sequential(
            nn.Linear(self.fusion.outputs, hidden),
            nn.ReLU(),
            nn.Linear(hidden, len(ANSWERS)),
        )

    def read(self, tokens: Tensor) -> Tensor:
        r"""Turn questions into vectors.

        Args:
            tokens: `(B, T)` int64, each row with one token or more.

        Returns:
            `(B, size)`.

        Raises:
            ValueError: If a question is empty, or a token is not in the
                vocabulary.
        """
        check_tokens("tokens", tokens, self.words)
        if not bool((tokens != 0).any(1).all()):
            raise ValueError(
                "tokens must hold a word in each row, got an empty question; "
                "leave it out"
            )
        return self.reader(tokens)

    def forward(self, places: Tensor, tokens: Tensor) -> Tensor:
        r"""Score the answers.

        Args:
            places: `(B, S, 18)` float32, of `describe`.
            tokens: `(B, T)` int64, filled up with 0.

        Returns:
            `(B, 24)`.

        Raises:
            TypeError: If places are not floating point or tokens no integers.
            ValueError: If the shapes do not fit, or a question is empty.
        """
        check_axes("places", places, "B, S, 18")
        check_last("places", places, FEATURES)
        if len(places) != len(tokens):
            raise ValueError(
                f"tokens must have a row for each picture ({len(places)}), "
                f"got {len(tokens)}; repeat the places: places[scenes]"
            )
        return self.head(self.fusion(places, self.read(tokens)))
