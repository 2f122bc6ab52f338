r"""One word for one thing: the Korean text and its translation keep to ``book/terms.csv``."""

import re

import pytest

from press.literals import HANGUL
from press.terms import terms

TERMS = terms()
FIRST = re.compile(r"([가-힣A-Za-z -]*[가-힣])\*{0,2}\(([a-z][A-Za-z -]{2,})(?:,[^()가-힣]*)?\)")  # 손실 함수(loss function, ...)
ENGLISH = {name: [t.english for t in TERMS if t.korean == name] for name in {t.korean for t in TERMS}}


def _named(before: str) -> str | None:
    r"""The longest term with which a text ends."""
    found = [name for name in ENGLISH if re.search(rf"(?<![가-힣]){re.escape(name)}$", before)]
    return max(found, key=len, default=None)


def _says(english: str, text: str) -> bool:
    r"""Whether a text holds a term in any of its forms: training is said by train, policy by policies."""
    return all(re.search(rf"\b{re.escape(word[: max(4, len(word) - 3)])}", text, re.IGNORECASE) for word in english.split())


def test_no_avoided_word(source, plain):
    found = [(m, word) for m in source.messages for term in TERMS for word in term.misused(plain(m.id))]
    right = {word: t.korean for t in TERMS for word in t.avoid}
    assert not found, "\n".join(f"{source.where(m.line)}: {word}; the book says {right[word]}" for m, word in found)


def test_first_use_gives_the_english(source, plain):
    for message in source.messages:
        for before, english in FIRST.findall(plain(message.id)):
            name = _named(before)
            right = name is None or any(e.lower() in english.lower() for e in ENGLISH[name])
            assert right, f"{source.where(message.line)}: {name}({english}); book/terms.csv says {', '.join(ENGLISH[name])}"


def test_translation_uses_the_english(source, plain):
    for message in source.messages:
        translation = source.translations.get(message.id, "")
        names = [_named(before) for before, _ in FIRST.findall(plain(message.id))]
        names += [message.id.strip("* .")] if message.id.strip("* .") in ENGLISH else []
        for name in filter(None, names):
            right = not translation or any(_says(e, translation) for e in ENGLISH[name])
            assert right, f"{source.where(message.line)}: {name} is {' or '.join(ENGLISH[name])}, not {translation!r}"


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.english)
def test_term_is_sound(term):
    assert not HANGUL.search(term.english + term.meaning_en), "Hangul in the English of a term"
    assert HANGUL.search(term.meaning_ko) and term.meaning_ko.endswith("."), "the Korean meaning is no sentence"
    assert term.meaning_en.endswith(".") and term.meaning_en[0].isupper(), "the English meaning is no sentence"
    assert term.checked == any("(" not in word for word in term.avoid), "`checked` is yes where a word can be looked for"
    wrong = [word for other in TERMS for word in other.misused(term.meaning_ko + " " + term.korean)]
    assert not wrong, f"{term.korean} speaks of {wrong}, which the book avoids"
