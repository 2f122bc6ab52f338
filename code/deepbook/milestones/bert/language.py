r"""A small Korean world, in which the company of a word tells what it means.

Every noun belongs to a kind of thing, and every kind has verbs of its own:
food is eaten, clothes are worn. Other verbs, such as buying, go with all of
them and tell nothing. A diary keeps to one person and one kind of thing. Two
nouns belong to two kinds at once, as words do: only their verb decides.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch

from deepbook.components.model.checks import check_whole
from deepbook.milestones.seq2seq.words import particle

NOUNS = {
    "food": "사과 빵 떡 김치 국수 만두 수박 포도 딸기 감자".split(),
    "clothes": "셔츠 바지 치마 외투 조끼 한복 저고리 잠옷 교복 스웨터".split(),
    "vehicle": "기차 버스 택시 자전거 비행기 지하철 트럭 마차 썰매 요트".split(),
    "drink": "물 우유 커피 주스 녹차 홍차 콜라 식혜 맥주 막걸리".split(),
}
"""Ten nouns of each kind."""
VERBS = {
    "food": ("먹었다", "씹었다"),
    "clothes": ("입었다", "벗었다"),
    "vehicle": ("탔다", "몰았다"),
    "drink": ("마셨다", "따랐다"),
}
"""Verbs that go with one kind alone."""
NEUTRAL = ("샀다", "팔았다", "보았다", "찾았다")
"""Verbs that go with all kinds: bought, sold, saw, looked for."""
HOMONYMS = {"배": ("food", "vehicle"), "차": ("drink", "vehicle")}
"""A pear and a ship; tea and a car."""
PEOPLE = ("의사", "학생", "선생님", "아이", "친구", "농부")
KINDS = tuple(NOUNS)


@dataclass(frozen=True)
class Sentence:
    r"""A sentence and what it is about.

    Args:
        text: Korean.
        kind: One of `KINDS`.
        noun: The thing.
    """

    text: str
    kind: str
    noun: str


def make_sentence(noun: str, verb: str, person: str) -> str:
    r"""Say that somebody did something with a thing.

    Args:
        noun: The thing.
        verb: Its verb.
        person: Who did it.

    Returns:
        The sentence.

    Raises:
        ValueError: If a word is empty, or the noun or the person does not end
            in a Hangul syllable, so that no particle can be chosen.

    Examples:
        >>> make_sentence("배", "탔다", "의사")
        '의사가 배를 탔다.'
    """
    if not verb:
        raise ValueError(
            "verb must be a word, got none; take one of VERBS or NEUTRAL"
        )
    subject, thing = particle(person, "subject"), particle(noun, "object")
    return f"{subject} {thing} {verb}."


def make_diaries(
    count: int, generator: torch.Generator, sentences: int = 4
) -> list[list[Sentence]]:
    r"""Draw diaries without labels, of one person and one kind each.

    Args:
        count: Number of diaries.
        generator: Source of randomness.
        sentences: Sentences of each.

    Returns:
        Diaries; in three sentences of four the verb is one of the kind.

    Raises:
        ValueError: If a number is below 1.

    Examples:
        >>> diary = make_diaries(1, torch.Generator().manual_seed(0))[0]
        >>> len(diary), len({s.kind for s in diary})
        (4, 1)
    """
    check_whole(count=count, sentences=sentences)
    dice = _dice(generator)
    diaries = []
    for _ in range(count):
        kind, person = dice.choice(KINDS), dice.choice(PEOPLE)
        both = [word for word, kinds in HOMONYMS.items() if kind in kinds]
        nouns = NOUNS[kind] + both
        diary = []
        for _ in range(sentences):
            noun = dice.choice(nouns)
            verb = dice.choice(
                VERBS[kind] if dice.random() < 3 / 4 else NEUTRAL
            )
            text = make_sentence(noun, verb, person)
            diary.append(Sentence(text, kind, noun))
        diaries.append(diary)
    return diaries


def make_examples(
    count: int, generator: torch.Generator, kinds: tuple[str, ...] = KINDS
) -> list[Sentence]:
    r"""Draw sentences to be labelled: the verb tells nothing of the kind.

    Args:
        count: Number of sentences of each kind.
        generator: Source of randomness.
        kinds: Any of `KINDS`.

    Returns:
        Sentences, the kinds in turn; no homonyms.

    Raises:
        ValueError: If `count` is below 1 or a kind unknown.

    Examples:
        >>> examples = make_examples(2, torch.Generator().manual_seed(0))
        >>> [s.kind for s in examples] == 2 * list(KINDS)
        True
    """
    check_whole(count=count)
    if not kinds or set(kinds) - set(KINDS):
        raise ValueError(
            f"kinds must be some of {', '.join(KINDS)}, got {kinds}"
        )
    dice = _dice(generator)
    examples = []
    for _ in range(count):
        for kind in kinds:
            noun, verb = dice.choice(NOUNS[kind]), dice.choice(NEUTRAL)
            text = make_sentence(noun, verb, dice.choice(PEOPLE))
            examples.append(Sentence(text, kind, noun))
    return examples


def _dice(generator: torch.Generator) -> random.Random:
    seed = int(torch.randint(2**62, (), generator=generator))
    return random.Random(seed)  # ten times faster than a tensor a draw
