r"""How good answers are: by kind of question with intervals, against people who disagree, and beside answers that ignore the picture."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from deepbook.checks import check_filled
from deepbook.components.data import KINDS, Questions
from deepbook.start.reading_papers import wilson_interval
from deepbook.training import matches


@dataclass(frozen=True)
class Score:
    r"""How many answers to one kind of question are right.

    Args:
        correct: Right answers.
        total: Questions of the kind.

    Raises:
        ValueError: If there are no questions, or more right answers than
            questions.

    Examples:
        >>> score = Score(9, 12)
        >>> score.share, [round(end, 2) for end in score.interval]
        (0.75, [0.47, 0.91])
    """

    correct: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.correct <= self.total or self.total == 0:
            raise ValueError(
                "correct must be between 0 and total, and total 1 or more, "
                f"got {self.correct} of {self.total}; count again"
            )

    @property
    def share(self) -> float:
        r"""Accuracy in [0, 1]."""
        return self.correct / self.total

    @property
    def interval(self) -> tuple[float, float]:
        r"""Wilson's 95% interval for it."""
        return wilson_interval(self.correct, self.total)


def accuracy_by_kind(
    predictions: Tensor, questions: Questions
) -> dict[str, Score]:
    r"""Count the right answers to each kind of question.

    Args:
        predictions: Scores of the answers `(Q, K)`, or answers `(Q,)` int64.
        questions: The Q questions.

    Returns:
        A `Score` for each of `KINDS` that was asked, in that order.

    Raises:
        ValueError: If there are not as many predictions as questions, or
            none.

    Examples:
        >>> from deepbook.components.data import CROWD, ask, make_scenes
        >>> seed = torch.Generator().manual_seed(0)
        >>> questions = ask(make_scenes(2, CROWD, seed), 2, seed)
        >>> [KINDS[k] for k in questions.kinds]
        ['shape', 'left', 'shape', 'count']
        >>> scores = accuracy_by_kind(questions.answers, questions)
        >>> scores["shape"], list(scores)
        (Score(correct=2, total=2), ['shape', 'count', 'left'])
    """
    right = matches(predictions, questions.answers)
    found = {}
    for k, kind in enumerate(KINDS):
        asked = questions.kinds == k
        if asked.any():
            correct = int(right[asked].sum())
            found[kind] = Score(correct, int(asked.sum()))
    return found


def consensus_accuracy(predictions: Tensor, human: Tensor) -> Tensor:
    r"""Score answers against those of several people, as the VQA challenge does.

    An answer that three or more people gave counts 1, else a third for each
    of them; this is averaged over all ways to leave one person out. With n of
    H people agreeing, that is ((H - n) min(n / 3, 1) + n min((n - 1) / 3, 1))
    / H.

    Args:
        predictions: `(Q,)` int64.
        human: `(Q, H)` int64, the answers of H people to each question.

    Returns:
        `(Q,)` float32 in [0, 1].

    Raises:
        ValueError: If the shapes do not fit, or there are fewer than two
            people, of whom none could be left out.

    Examples:
        >>> human = torch.tensor([[1, 1, 2, 3, 3, 3, 4, 4, 4, 4]])
        >>> [round(consensus_accuracy(torch.tensor([a]), human).item(), 4)
        ...  for a in range(5)]
        [0.0, 0.6, 0.3, 0.9, 1.0]

    References:
        Antol et al., VQA: Visual Question Answering (2015).
    """
    fits = human.ndim == 2 and predictions.shape == human.shape[:1]
    if not fits or human.shape[1] < 2:
        raise ValueError(
            "predictions and human must be (Q,) and (Q, H) with H of 2 or "
            f"more, got {tuple(predictions.shape)} and {tuple(human.shape)}; "
            "give each question a row of answers"
        )
    check_filled("predictions", predictions)
    people = human.shape[1]
    agree = (human == predictions[:, None]).sum(1).float()
    whole = (agree / 3).clamp(max=1)  # someone else is left out
    fewer = ((agree - 1) / 3).clamp(0, 1)  # one who agrees is left out
    return ((people - agree) * whole + agree * fewer) / people


def most_frequent(
    known: Sequence[Hashable], answers: Tensor, asked: Sequence[Hashable]
) -> Tensor:
    r"""Answer by rote: what was the most frequent answer to this?

    Args:
        known: For each of N training questions what it is filed under: its
            kind, its text, or anything else that can be compared.
        answers: `(N,)` int64, the answers to them.
        asked: Under what to look for each of Q new questions.

    Returns:
        `(Q,)` int64; the most frequent answer of all where nothing is filed.
        Of answers equally frequent, the smallest number.

    Raises:
        ValueError: If there are not as many answers as training questions,
            or none.

    Examples:
        >>> answers = torch.tensor([5, 5, 7, 8])
        >>> most_frequent(["color", "color", "color", "shape"], answers,
        ...               ["color", "shape", "count"])
        tensor([5, 8, 5])
    """
    if len(known) != len(answers) or len(answers) == 0:
        raise ValueError(
            f"answers must be as many as known ({len(known)}, at least 1), "
            f"got {len(answers)}; pair them up"
        )
    files = defaultdict(Counter)
    for key, answer in zip(known, answers.tolist(), strict=True):
        files[key][answer] += 1

    def best(counts: Counter) -> int:
        return min(counts, key=lambda answer: (-counts[answer], answer))

    habit = {key: best(counts) for key, counts in files.items()}
    default = best(Counter(answers.tolist()))
    return torch.tensor(
        [habit.get(key, default) for key in asked], dtype=torch.int64
    )


def tilt(
    questions: Questions,
    share: float,
    generator: torch.Generator,
    turn: int = 0,
) -> Questions:
    r"""Leave questions out until each has a favorite answer.

    Args:
        questions: Any.
        share: What share of the answers to each text its favorite is to have
            at least, within 0 and 1.
        generator: Decides which questions stay.
        turn: Which answer is the favorite: the texts, in alphabetical order,
            take turns through the answers that they have, beginning `turn`
            further on. Another turn gives each text another favorite.

    Returns:
        Those that stay, in their order. A text that has had one answer only
        stays as it is.

    Raises:
        ValueError: If share is not within 0 and 1.

    Examples:
        >>> from deepbook.components.data import CROWD, ask, make_scenes
        >>> seed = torch.Generator().manual_seed(0)
        >>> questions = ask(make_scenes(500, CROWD, seed), 8, seed)
        >>> text = "Is there a red star?"
        >>> for turn in (0, 1):
        ...     some = tilt(questions, 0.9, seed, turn)
        ...     asked = torch.tensor([t == text for t in some.english])
        ...     print(some.answers[asked].float().mean().item() > 0.5)
        False
        True

    References:
        Agrawal et al., Don't Just Assume; Look and Answer (2018), whose test
        questions have other favorites than the training questions.
    """
    if not 0 < share < 1:
        raise ValueError(
            f"share must be within 0 and 1, got {share}; 0.8 is a strong habit"
        )
    place = defaultdict(list)
    for i, text in enumerate(questions.english):
        place[text].append(i)
    kept = []
    for number, text in enumerate(sorted(place)):
        rows = torch.tensor(place[text])
        answers = questions.answers[rows]
        values = answers.unique()
        favorite = answers == values[(number + turn) % len(values)]
        others = rows[~favorite]
        room = int(favorite.sum() * (1 - share) / share)
        order = torch.randperm(len(others), generator=generator)
        kept += [rows[favorite], others[order[:room]]]
        if len(values) == 1:
            kept[-1] = others
    return questions[torch.cat(kept).sort().values]
