r"""What a translator says when nobody tells it the right words: greedy and beam search."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from deepbook.components.model.checks import check_whole
from deepbook.milestones.seq2seq.network import Memory, State, Translator
from deepbook.milestones.seq2seq.tokens import BOS, EOS, PAD


@dataclass(frozen=True)
class Hypothesis:
    r"""A translation and how sure the model is of it.

    Args:
        tokens: Numbers of its tokens; the last is `EOS` unless it was cut.
        score: Logarithm of its probability, in nats.
    """

    tokens: tuple[int, ...]
    score: float


@torch.no_grad()
def greedy(model: Translator, source: Tensor, most: int) -> Tensor:
    r"""Say the likeliest next token again and again, for a whole batch.

    Args:
        model: Left as it is.
        source: `(B, S)` int64, padded at the end.
        most: Most tokens of a translation.

    Returns:
        Token numbers `(B, T)`, T at most `most`; after `EOS` comes `PAD`.

    Raises:
        ValueError: If `most` is below 1.

    References:
        Sutskever et al. (2014), equation 2 with a beam of 1.
    """
    check_whole(most=most)
    memory = model.encode(source)
    state = memory.state
    words = source.new_full((len(source), 1), BOS)
    done = torch.zeros_like(words, dtype=torch.bool)
    said = []
    for _ in range(most):
        logits, state, _ = model.decode(words, memory, state)
        words = logits[:, -1:].argmax(dim=-1).masked_fill(done, PAD)
        said.append(words)
        done = done | (words == EOS)
        if done.all():
            break
    return torch.cat(said, dim=1)


@torch.no_grad()
def beam_search(
    model: Translator, source: Tensor, width: int, most: int
) -> list[Hypothesis]:
    r"""Keep the likeliest beginnings, lengthen each by a token, and choose.

    A hypothesis that ends is put aside; the search goes on until `width`
    have ended or `most` tokens are said.

    Args:
        model: Left as it is.
        source: One sentence, `(1, S)` int64.
        width: Beginnings that are kept.
        most: Most tokens of a translation.

    Returns:
        At most `width` hypotheses, the likeliest first.

    Raises:
        ValueError: If the source is not one sentence, or width or most is
            below 1.

    References:
        Sutskever et al. (2014), section 3.2.
    """
    check_whole(width=width, most=most)
    if source.ndim != 2 or len(source) != 1:
        raise ValueError(
            "source must be one sentence, (1, S), got shape "
            f"{tuple(source.shape)}; call beam_search once a sentence"
        )
    memory = model.encode(source)
    state = memory.state
    alive, ended = [Hypothesis((), 0.0)], []
    for length in range(1, most + 1):
        last = [[h.tokens[-1] if h.tokens else BOS] for h in alive]
        logits, state, _ = model.decode(
            source.new_tensor(last), _repeat(memory, len(alive)), state
        )
        gains = logits[:, -1].log_softmax(dim=-1)  # (beginnings, words)
        gains[:, [PAD, BOS]] = float("-inf")  # never said
        totals = gains + gains.new_tensor([[h.score] for h in alive])
        best = totals.flatten().topk(min(width, totals.numel()))
        kept, rows = [], []
        for score, place in zip(
            best.values.tolist(), best.indices.tolist(), strict=True
        ):
            if score == float("-inf"):
                break
            row, word = divmod(place, totals.shape[1])
            grown = Hypothesis((*alive[row].tokens, word), score)
            if word == EOS or length == most:
                ended.append(grown)
            else:
                kept.append(grown)
                rows.append(row)
        if not kept or len(ended) >= width:
            break
        alive, state = kept, _rows(state, rows)
    return sorted(ended, key=lambda h: -h.score)[:width]


def _repeat(memory: Memory, times: int) -> Memory:
    return Memory(
        memory.states.expand(times, -1, -1),
        memory.mask.expand(times, -1),
        memory.state,
    )


def _rows(state: State, rows: list[int]) -> State:
    if isinstance(state, tuple):
        return tuple(part[:, rows] for part in state)
    return state[:, rows]
