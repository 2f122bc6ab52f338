r"""BLEU: how many short runs of tokens a translation shares with a reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import exp, log

from deepbook.components.model.checks import check_whole


def ngrams(tokens: Sequence[str], size: int) -> Counter:
    r"""Count the runs of `size` tokens that stand in a text.

    Args:
        tokens: The text.
        size: Tokens in a run, 1 or more.

    Returns:
        A `Counter` of tuples.

    Raises:
        ValueError: If `size` is below 1.

    Examples:
        >>> ngrams(["a", "b", "a", "b"], 2)
        Counter({('a', 'b'): 2, ('b', 'a'): 1})
    """
    check_whole(size=size)
    runs = zip(*(tokens[k:] for k in range(size)), strict=False)
    return Counter(runs)


def bleu(
    candidates: Sequence[Sequence[str]],
    references: Sequence[Sequence[str]],
    most: int = 4,
) -> float:
    r"""Compute BLEU of a corpus with one reference each, in [0, 1].

    The geometric mean of the shares of runs of 1 to `most` tokens that the
    candidates have in common with their references (a run counts at most as
    often as in the reference), times a penalty where the candidates are
    shorter all together.

    Args:
        candidates: Translations, as tokens.
        references: What they should be, likewise.
        most: Longest runs.

    Returns:
        A float; 0 where one of the shares is 0 or undefined.

    Raises:
        TypeError: If a text is a string and not a sequence of tokens.
        ValueError: If there are not as many references, none at all, or
            `most` is below 1.

    Examples:
        Five of six words, three of five pairs, and the lengths are alike:

        >>> truth = "the cat is on the mat".split()
        >>> said = "the cat sat on the mat".split()
        >>> round(bleu([said], [truth], most=2) ** 2, 3)  # 5/6 * 3/5
        0.5

    References:
        Papineni et al., BLEU: a Method for Automatic Evaluation of Machine
        Translation (2002), section 2.3.
    """
    if len(candidates) != len(references) or not references:
        raise ValueError(
            "references must be as many as candidates, at least 1, got "
            f"{len(references)} for {len(candidates)}; pair them up"
        )
    if most < 1:
        raise ValueError(f"most must be 1 or more, got {most}; 4 is usual")
    if isinstance(candidates[0], str) or isinstance(references[0], str):
        raise TypeError(
            "texts must be sequences of tokens, got a string; cut it up "
            "first, as with text.split()"
        )
    ours = sum(map(len, candidates))
    wanted = sum(map(len, references))
    logs = 0.0
    for size in range(1, most + 1):
        shared = total = 0
        for said, truth in zip(candidates, references, strict=True):
            found = ngrams(said, size)
            shared += (found & ngrams(truth, size)).total()  # the lesser count
            total += found.total()
        if shared == 0:
            return 0.0
        logs += log(shared / total)
    penalty = min(0.0, 1 - wanted / ours)
    return exp(penalty + logs / most)
