r"""Whatever a chapter is made of: what is extracted is what is replaced, no more and no less."""

import re
from collections import Counter

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from press.literals import HANGUL
from press.source import messages, translate
from press.walk import cells, parser

WORDS = [
    "손실",
    "학습률",
    "층을",
    "가 나",
    "loss",
    "`code`",
    "$x_1$",
    "**굵게**",
    "{ref}`가 <a-b>`",
    "{glue:text}`n:.1f`",
    "[글](a.md)",
    "3개",
]
HANGUL_WORDS = [word for word in WORDS if HANGUL.search(word)]
line = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
korean = st.tuples(st.sampled_from(HANGUL_WORDS), line).map(" ".join)
plain = st.lists(st.sampled_from(["손실", "학습률", "층을", "값"]), min_size=1, max_size=3).map(" ".join)


def indented(text: str, first: str, rest: str) -> str:
    return "\n".join(((first if n == 0 else rest) + row).rstrip() for n, row in enumerate(text.split("\n")))


def fence(opening: str, inner: str, mark: str = "`") -> str:
    longest = max(map(len, re.findall(rf"^\s*{mark}{{3,}}", inner, re.M)), default=2)
    bar = mark * max(3, len(inner) and longest + 1)
    return f"{bar}{opening}\n{inner}\n{bar}"


LEAVES = st.one_of(
    korean,
    st.tuples(korean, korean).map("\n".join),
    st.tuples(plain, plain).map("\\\n".join),
    st.tuples(plain, plain, plain).map(lambda w: f"| {w[0]} | b |\n|---|---|\n| {w[1]} | {w[2]} \\| c |"),
    plain.map(lambda w: f"$$\nx \\text{{{w}}}\n$$"),
    st.just("$$\ny^2\n$$ (eq-a)"),
    st.tuples(plain, plain).map(lambda w: fence("python", f"x = '{w[0]}'  # {w[1]}")),
    plain.map(lambda w: fence("text", f"{w}\n\n{w}")),
    st.tuples(plain, plain).map(lambda w: fence("{image} a.png", f":alt: {w[0]}\n:name: fig-a")),
    st.tuples(plain, plain).map(lambda w: fence("{figure} a.png", f'---\nalt: "{w[0]}"\n---\n{w[1]}')),
    plain.map(lambda w: f"{w}\n: {w} 뜻"),
    plain.map(lambda w: fence("{index} single: " + w, "")),
)


def nested(blocks):
    several = st.lists(blocks, min_size=1, max_size=3).map("\n\n".join)
    return st.one_of(
        several.map(lambda text: indented(text, "- ", "  ")),
        several.map(lambda text: indented(text, "1. ", "   ")),
        several.map(lambda text: indented(text, "> ", "> ")),
        st.tuples(plain, several).map(lambda p: fence("{admonition} " + p[0], ":class: tip\n\n" + p[1])),
        several.map(lambda text: fence("{note}", "\n" + text)),
        st.tuples(plain, several).map(lambda p: fence("{dropdown} " + p[0], "\n" + p[1], ":")),
    )


cell = st.tuples(plain, plain, plain).map(
    lambda w: fence("{code-cell}", f"---\nmystnb:\n  figure:\n    caption: {w[0]}\n---\nx = f'{w[1]} {{y}}'  # {w[2]}")
)
heading = plain.map(lambda w: f"(a-label)=\n## {w}")
chapter = st.lists(st.one_of(heading, cell, st.recursive(LEAVES, nested, max_leaves=4)), min_size=1, max_size=5).map("\n\n".join)
fuzz = settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def latin(text: str) -> str:
    r"""A translation: each run of Hangul becomes one word, all else stays."""
    return re.sub("[가-힣]+", "word", text)


def shape(text: str) -> list[tuple]:
    r"""Every block of a source with its depth and lines, and of every fence its name and what it holds."""
    found = []
    for token in parser().parse(text + "\n"):
        found.append((token.type, token.level, token.map, token.info.split(" ")[0]))
        if token.type in ("fence", "colon_fence") and token.info.startswith("{") and "code-cell" not in token.info:
            found += shape(token.content)
    return found


@fuzz
@given(chapter)
def test_a_catalogue_that_says_the_same_changes_nothing_that_a_reader_reads(text):
    same = translate(text, lambda message: message.id)
    assert [(m.id, m.kind) for m in messages(same)] == [(m.id, m.kind) for m in messages(text)]
    assert shape(same) == shape(text)
    bare = [re.sub(r'"|^[> ]+', "", source, flags=re.M) for source in (same, text)]  # options get quotes, lines break elsewhere
    assert "".join(bare[0].split()) == "".join(bare[1].split())


@fuzz
@given(chapter)
def test_a_full_catalogue_leaves_no_hangul_and_the_same_structure(text):
    english = translate(text, lambda message: latin(message.id))
    assert not HANGUL.search(english) and messages(english) == []
    assert shape(english) == shape(text) and english.count("\n") == text.count("\n")
    assert [(at, latin(code), yaml.dump(options)) for at, code, options in cells(english)] == [
        (at, latin(code), latin(yaml.dump(options, allow_unicode=True))) for at, code, options in cells(text)
    ]


@fuzz
@given(chapter)
def test_what_is_extracted_is_what_is_replaced(text):
    found = messages(text)
    asked = Counter()

    def number(message):
        asked[message.id] += 1
        return latin(message.id)

    translate(text, number)
    assert asked == Counter(message.id for message in found)
    lines, held = text.split("\n"), []
    for message in found:
        for span in message.spans:
            held += HANGUL.findall(lines[span.line][span.start : span.end])
    assert len(held) == len(HANGUL.findall(text))  # every letter stands in one span, and in one alone
