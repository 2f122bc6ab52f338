r"""A small language of dates, numbers and sentences, in Korean and English.

Every text has exactly one right translation, either way: the grammar leaves
no choice. What makes it hard is what makes Korean and English differ: the
verb comes last and brings its tense with it, numbers are grouped by four
digits and not by three, particles follow the last sound, English has
articles and plurals.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch

from deepbook.milestones.seq2seq.numerals import (
    english_number,
    korean_number,
)
from deepbook.milestones.seq2seq.words import (
    ADJECTIVES,
    COUNTS,
    MONTHS,
    PEOPLE,
    PLACES,
    THINGS,
    TIMES,
    TRADES,
    UNITS,
    VERBS,
    Noun,
    Verb,
    particle,
)

KINDS = ("date", "number", "sentence")


@dataclass(frozen=True)
class Pair:
    r"""The same thing said in two languages.

    Args:
        korean: The Korean text.
        english: The English text.
        kind: "date", "number" or "sentence".
    """

    korean: str
    english: str
    kind: str


@dataclass(frozen=True)
class Grammar:
    r"""What `make_pairs` may say.

    Args:
        kinds: Kinds of text, drawn alike; any of `KINDS`.
        clauses: Fewest and most clauses of a sentence: its length.
        digits: Most significant digits of a number, 1 to 6.
        detail: Chance of each optional part of a clause (adjective, count,
            place, time, price), in [0, 1].

    Raises:
        ValueError: If a setting is out of range.
    """

    kinds: tuple[str, ...] = KINDS
    clauses: tuple[int, int] = (1, 2)
    digits: int = 4
    detail: float = 0.4

    def __post_init__(self):
        if not self.kinds or set(self.kinds) - set(KINDS):
            raise ValueError(
                f"kinds must be some of {', '.join(KINDS)}, got {self.kinds}"
            )
        fewest, most = self.clauses
        if not 1 <= fewest <= most:
            raise ValueError(
                "clauses must be the fewest and the most, from 1 on, got "
                f"{self.clauses}; (1, 2) makes one or two"
            )
        if not 1 <= self.digits <= 6:
            raise ValueError(f"digits must be 1 to 6, got {self.digits}")
        if not 0 <= self.detail <= 1:
            raise ValueError(f"detail must be in [0, 1], got {self.detail}")


def make_pairs(
    count: int,
    grammar: Grammar,
    generator: torch.Generator,
    *,
    test: bool = False,
) -> list[Pair]:
    r"""Draw texts with their translations.

    One combination in five is kept for the test and never drawn otherwise:
    of month and day, of the digits of a number, of verb and object. With
    `test`, every date, number and clause is made of such combinations alone,
    so that no text of the test can stand in the training set.

    Args:
        count: Number of pairs, 1 or more.
        grammar: What to say.
        generator: Source of randomness.
        test: Whether to draw from the combinations kept for the test.

    Returns:
        A list of `Pair`; the same text may come twice.

    Raises:
        ValueError: If count is below 1.

    Examples:
        >>> g = torch.Generator().manual_seed(0)
        >>> pair = make_pairs(1, Grammar(kinds=("date",)), g)[0]
        >>> pair.korean, pair.english
        ('1955년 5월 2일', 'May 2, 1955')
    """
    if count < 1:
        raise ValueError(f"count must be 1 or more, got {count}")
    seed = int(torch.randint(2**62, (), generator=generator))
    dice = random.Random(seed)  # ten times faster than a tensor a draw
    makers = {"date": _date, "number": _number, "sentence": _sentence}
    pairs = []
    for _ in range(count):
        kind = dice.choice(grammar.kinds)
        pairs.append(Pair(*makers[kind](dice, grammar, test), kind))
    return pairs


def _kept(first: int, second: int, test: bool) -> bool:
    return ((first + second) % 5 == 0) == test


def _date(dice, grammar, test) -> tuple[str, str]:
    while True:
        month, day = dice.randint(1, 12), dice.randint(1, 28)
        if _kept(month, day, test):
            break
    year = dice.randint(1950, 2049)
    return (
        f"{year}년 {month}월 {day}일",
        f"{MONTHS[month - 1]} {day}, {year}",
    )


def _value(dice, grammar, test, places: int) -> int:
    while True:  # digits that do not end in 0, whose sum decides the side
        size = dice.randint(1, grammar.digits)
        digits = dice.randrange(10 ** (size - 1), 10**size)
        if digits % 10 and _kept(sum(map(int, str(digits))), 0, test):
            break
    return digits * 10 ** dice.randint(2, places - size)


def _number(dice, grammar, test) -> tuple[str, str]:
    value = _value(dice, grammar, test, places=13)
    korean, english = dice.choice(UNITS)
    return (
        f"{korean_number(value)} {korean}",
        f"{english_number(value)} {english}",
    )


def _sentence(dice, grammar, test) -> tuple[str, str]:
    count = dice.randint(*grammar.clauses)
    clauses = [
        _clause(dice, grammar, test, last=k == count - 1) for k in range(count)
    ]
    korean = " ".join(korean for korean, _ in clauses)
    english = " and ".join(english for _, english in clauses)
    return korean + ".", english[0].upper() + english[1:] + "."


def _clause(dice, grammar, test, last: bool) -> tuple[str, str]:
    def maybe() -> bool:
        return dice.random() < grammar.detail

    who = dice.choice(PEOPLE)
    several = dice.random() < 0.5
    while True:
        thing, verb = dice.randrange(12), dice.randrange(10)
        if _kept(thing, verb, test):
            break
    tense = dice.choice(tuple(TIMES))
    negative = dice.random() < 0.25
    korean = [
        particle(
            who.korean + ("들" if several else ""),
            "topic" if tense == "present" else "subject",
        )
    ]
    english = [
        f"the {who.plural if several else who.english}",
        _english_verb(VERBS[verb], tense, several, negative),
    ]
    what = _object(
        THINGS[thing],
        dice.choice(ADJECTIVES) if maybe() else None,
        dice.choice(COUNTS) if maybe() else None,
    )
    after = [what[1]]
    before = [what[0]]
    if VERBS[verb].dictionary in TRADES and maybe():
        price = _value(dice, grammar, test, places=9)
        before.append(f"{korean_number(price)} 원에")
        after.append(f"for {english_number(price)} won")
    if maybe():
        place = dice.choice(PLACES)
        before.insert(0, place[0])
        after.append(place[1])
    if maybe():
        time = dice.choice(TIMES[tense])
        if tense == "past" and maybe():
            date = _date(dice, grammar, test)
            time = f"{date[0]}에", f"on {date[1]}"
        korean.insert(0, time[0])
        after.append(time[1])
    ending = _korean_verb(VERBS[verb], tense, negative, last)
    return " ".join(korean + before + [ending]), " ".join(english + after)


def _object(
    thing: Noun,
    adjective: tuple[str, str] | None,
    count: tuple[str, str] | None,
) -> tuple[str, str]:
    korean, english = thing.korean, thing.english
    if count:
        korean = f"{korean} {count[0]} {thing.counter}"
        english = thing.plural
    if adjective:
        korean, english = (
            f"{adjective[0]} {korean}",
            f"{adjective[1]} {english}",
        )
    article = "an" if english[0] in "aeiou" else "a"
    lead = count[1] if count else article
    return particle(korean, "object"), f"{lead} {english}"


def _korean_verb(verb: Verb, tense: str, negative: bool, last: bool) -> str:
    if negative:
        stem = verb.stem + "지 "
        forms = {
            "present": "않는다",
            "past": "않았다",
            "future": "않을 것이다",
        }
        plain = stem + forms[tense]
        joined = stem + "않고" if tense == "present" else plain[:-1] + "고"
    else:
        forms = {
            "present": verb.present,
            "past": verb.past,
            "future": verb.future + " 것이다",
        }
        plain = forms[tense]
        joined = (verb.stem if tense == "present" else plain[:-1]) + "고"
    return plain if last else joined


def _english_verb(
    verb: Verb, tense: str, several: bool, negative: bool
) -> str:
    if tense == "future":
        return f"will {'not ' if negative else ''}{verb.english}"
    if negative:
        helper = {"past": "did", "present": "do" if several else "does"}[tense]
        return f"{helper} not {verb.english}"
    if tense == "past":
        return verb.english_past
    return verb.english if several else verb.third
