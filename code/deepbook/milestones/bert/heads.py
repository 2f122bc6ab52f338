r"""What stands on top of the encoder: the heads of pre-training, and one new layer for a task with labels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deepbook.components.model.checks import check_last, check_whole
from deepbook.milestones.bert.network import BERT, Config, draw_normal


class Pretrainer(nn.Module):
    r"""BERT with the two heads of its pre-training.

    The scores of pieces are products with the table of embeddings itself.

    Args:
        config: Sizes.

    Examples:
        >>> model = Pretrainer(Config(99, layers=2, size=8, num_heads=2))
        >>> words, follows = model(torch.tensor([[2, 4, 8, 3]]))
        >>> words.shape, follows.shape  # (B, T, V), (B, 2)
        (torch.Size([1, 4, 99]), torch.Size([1, 2]))

    References:
        Devlin et al., BERT (2018), section 3.1.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.bert = BERT(config)
        self.transform = nn.Linear(config.size, config.size)
        self.norm = nn.LayerNorm(config.size, eps=1e-12)
        self.bias = nn.Parameter(torch.zeros(config.vocabulary))
        self.follows = nn.Linear(config.size, 2)
        self.draw_parameters()

    def draw_parameters(self, generator: torch.Generator | None = None):
        r"""Draw the weights anew, as `BERT` does."""
        draw_normal(self, self.config.spread, generator)

    def words(self, rows: Tensor) -> Tensor:
        r"""Score all pieces for each row.

        Args:
            rows: `(..., D)`.

        Returns:
            Logits `(..., V)`.

        Raises:
            ValueError: If the last axis is not D.
        """
        check_last("rows", rows, self.config.size)
        x = self.norm(F.gelu(self.transform(rows)))
        return F.linear(x, self.bert.tokens.weight, self.bias)

    def forward(
        self,
        tokens: Tensor,
        segments: Tensor | None = None,
        at: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        r"""Score the pieces at places, and whether the second text follows.

        Args:
            tokens: `(B, T)` integers.
            segments: `(B, T)` integers; 0 everywhere if None.
            at: `(B, T)` bool, the M places to score; all if None.

        Returns:
            Logits `(B, T, V)`, or `(M, V)` with `at`; and `(B, 2)`, where
            class 1 means that the second text follows the first.

        Raises:
            TypeError: If `tokens` is no tensor of integers.
            ValueError: If an argument has another shape, or `at` is not bool.
        """
        rows = self.bert(tokens, segments)
        if at is not None and (
            at.dtype != torch.bool or at.shape != tokens.shape
        ):
            raise ValueError(
                "at must be bool with the shape of tokens,"
                f" {tuple(tokens.shape)}, got {at.dtype} with shape"
                f" {tuple(at.shape)}; compare, as in tokens == 4"
            )
        chosen = rows if at is None else rows[at]
        return self.words(chosen), self.follows(self.bert.pool(rows))


class Classifier(nn.Module):
    r"""BERT with one new layer, to be fine-tuned on texts with labels.

    Args:
        bert: Trained before, or not; changed in training.
        classes: Number of classes K.
        average: Give the new layer the mean of all rows but padding, instead
            of the pooled first row as in the paper.

    Raises:
        ValueError: If `classes` is below 1.

    Examples:
        >>> bert = BERT(Config(99, layers=2, size=8, num_heads=2))
        >>> Classifier(bert, 3)(torch.tensor([[2, 7, 3]])).shape
        torch.Size([1, 3])

    References:
        Devlin et al., BERT (2018), section 4.1.
    """

    def __init__(
        self, bert: BERT, classes: int, average: bool = False
    ) -> None:
        super().__init__()
        check_whole(classes=classes)
        self.bert, self.average = bert, average
        self.dropout = nn.Dropout(bert.config.dropout)
        self.head = nn.Linear(bert.config.size, classes)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(
        self, tokens: Tensor, segments: Tensor | None = None
    ) -> Tensor:
        r"""Score the classes of texts.

        Args:
            tokens: `(B, T)` integers.
            segments: `(B, T)` integers; 0 everywhere if None.

        Returns:
            Logits `(B, K)`.
        """
        rows = self.bert(tokens, segments)
        if self.average:
            real = (tokens != 0).unsqueeze(2)
            pooled = (rows * real).sum(1) / real.sum(1)
        else:
            pooled = self.bert.pool(rows)
        return self.head(self.dropout(pooled))
