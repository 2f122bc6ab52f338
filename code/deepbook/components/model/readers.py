r"""Classifiers that read a table row by row, made of recurrence and of attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deepbook.components.model.attention import SelfAttention
from deepbook.components.model.checks import check_axes, check_whole


class SequenceClassifier(nn.Module):
    r"""A recurrent network, and a linear layer on its output at the last row.

    Args:
        recurrent: `RNN`, `GRU` or `LSTM`, or PyTorch's with
            `batch_first=True`.
        classes: Number of outputs K.

    Raises:
        ValueError: If classes is below 1, or PyTorch's network expects the
            batch second.

    Examples:
        >>> from deepbook.components.model import LSTM
        >>> SequenceClassifier(LSTM(3, 4), classes=2)(torch.zeros(5, 7, 3))[0]
        tensor([..., ...], grad_fn=<SelectBackward0>)
    """

    def __init__(self, recurrent: nn.Module, classes: int) -> None:
        super().__init__()
        check_whole(classes=classes)
        if not getattr(recurrent, "batch_first", True):
            raise ValueError(
                "recurrent must read (B, T, D), got one that reads (T, B, D);"
                " make it with batch_first=True"
            )
        self.recurrent = recurrent
        self.head = nn.Linear(recurrent.hidden_size, classes)

    def forward(self, x: Tensor) -> Tensor:
        r"""Compute the scores of the classes.

        Args:
            x: `(B, T, D)`.

        Returns:
            `(B, K)`.
        """
        outputs, _ = self.recurrent(x)  # (B, T, H)
        return self.head(outputs[:, -1])


class AttentionClassifier(nn.Module):
    r"""Rows and their places, one round of self-attention, a hidden layer.

    The answer is read at the last row, as in `SequenceClassifier`.

    Args:
        rows: Rows of the table, T.
        features: Numbers a row, D.
        size: Numbers a row inside the model.
        classes: Number of outputs K.
        num_heads: Heads of the attention.
        positions: Whether rows know their place. Without, the model sees a
            set of rows, of which the last asks.

    Raises:
        ValueError: If a size is below 1.

    Examples:
        >>> model = AttentionClassifier(12, 12, size=8, classes=10)
        >>> model(torch.zeros(5, 12, 12)).shape
        torch.Size([5, 10])

    References:
        Vaswani et al., Attention Is All You Need (2017).
    """

    def __init__(
        self,
        rows: int,
        features: int,
        size: int,
        classes: int,
        num_heads: int = 1,
        positions: bool = True,
    ) -> None:
        super().__init__()
        check_whole(rows=rows, features=features, size=size, classes=classes)
        self.embed = nn.Linear(features, size)
        self.place = nn.Embedding(rows, size) if positions else None
        self.attention = SelfAttention(size, num_heads)
        self.hidden = nn.Linear(size, size)
        self.head = nn.Linear(size, classes)

    def forward(self, x: Tensor) -> Tensor:
        r"""Compute the scores of the classes.

        Args:
            x: `(B, T, D)`.

        Returns:
            `(B, K)`.
        """
        h, _ = self.mix(x)
        return self.head(torch.relu(self.hidden(h[:, -1])))

    def mix(self, x: Tensor) -> tuple[Tensor, Tensor]:
        r"""Let the rows look at one another.

        Args:
            x: `(B, T, D)`.

        Returns:
            Rows after attention `(B, T, size)` and the weights
            `(B, heads, T, T)` with which they looked.
        """
        check_axes("x", x, "B, T, D")
        h = self.embed(x)  # (B, T, size)
        if self.place is not None:
            places = self.place.num_embeddings
            if x.shape[1] != places:
                raise ValueError(
                    f"x must have {places} rows, got {x.shape[1]}; the model"
                    " has a place for each"
                )
            h = h + self.place.weight
        out, weights = self.attention(h)
        return h + out, weights
