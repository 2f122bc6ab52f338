r"""The book's own text, in Korean and English, as it stood one day.

It is frozen on purpose: what a model learns from it does not change whenever
somebody mends a sentence. `snapshot` makes such a text from the catalogues of
translations, in which each paragraph stands with its translation.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path

import torch

from deepbook.components.model.checks import check_whole

FILE = Path(__file__).with_name("text.jsonl")
"""The frozen text: one passage a line."""

SHORTEST = 100
"""Passages with fewer characters of Korean, such as headings, are left out."""


@dataclass(frozen=True)
class Passage:
    r"""One paragraph of the book, in both languages.

    Args:
        chapter: Where it stands, as in "components/loss".
        korean: The paragraph.
        english: Its translation.
    """

    chapter: str
    korean: str
    english: str


def load_passages() -> list[Passage]:
    r"""Read the frozen text.

    Returns:
        Passages in the order of the catalogues, none of them twice.

    Examples:
        >>> passages = load_passages()
        >>> len({p.korean for p in passages}) == len(passages) > 500
        True
    """
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [Passage(**json.loads(line)) for line in lines]


def save_passages(
    passages: Sequence[Passage], path: str | PathLike = FILE
) -> None:
    r"""Write passages, one a line.

    The frozen text was made with `save_passages(snapshot(folder))`, where the
    folder is `locales/en/LC_MESSAGES` of the book.

    Args:
        passages: What to write.
        path: File to write.
    """
    lines = (json.dumps(asdict(p), ensure_ascii=False) for p in passages)
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def snapshot(folder: str | PathLike) -> list[Passage]:
    r"""Collect the prose of the book from its catalogues.

    Args:
        folder: Holds `<part>/<topic>.po`, each entry a Korean paragraph and
            its English. Entries marked as comments, strings and options of
            cells are left out, and headings.

    Returns:
        Passages without markup; chapters in the order of their names.

    Raises:
        ValueError: If the folder holds no such paragraph.
    """
    passages: dict[str, Passage] = {}
    for path in sorted(Path(folder).glob("*/*.po")):
        chapter = f"{path.parent.name}/{path.stem}"
        for korean, english in _entries(path.read_text(encoding="utf-8")):
            korean, english = plain(korean), plain(english)
            if len(korean) >= SHORTEST and english:
                passages.setdefault(korean, Passage(chapter, korean, english))
    if not passages:
        raise ValueError(
            f"folder must hold <part>/<topic>.po with paragraphs, got"
            f" {folder}; give locales/en/LC_MESSAGES of the book"
        )
    return list(passages.values())


def _entries(catalogue: str) -> Iterator[tuple[str, str]]:
    for entry in re.split(r"\n\s*\n", catalogue):
        if re.search(r"^#[.,~]", entry, re.MULTILINE):
            continue
        texts = {"msgid": "", "msgstr": ""}
        key = ""
        for line in entry.splitlines():
            found = re.match(r'(msgid|msgstr)?\s*(".*")$', line)
            if found:
                key = found[1] or key
                texts[key] += ast.literal_eval(found[2])
        if texts["msgid"]:
            yield texts["msgid"], texts["msgstr"]


def plain(text: str) -> str:
    r"""Take the markup out of a paragraph.

    Args:
        text: MyST Markdown.

    Returns:
        The words. Numbers that a page fills in become N, references to
        figures, equations and papers become their names.

    Examples:
        >>> plain("**Loss** is {glue:text}`last:.2f` in {term}`steps <step>`.")
        'Loss is N in steps.'
        >>> plain("{cite:t}`huber1964robust` uses `abs` and $x^2$.")
        'huber1964robust uses abs and x^2.'
    """
    text = re.sub(r"\{glue:text\}`[^`]*`", "N", text)
    text = re.sub(r"\{[\w:]+\}`([^`<]*[^`<\s])\s*<[^`>]*>`", r"\1", text)
    text = re.sub(r"\{[\w:]+\}`([^`]*)`", r"\1", text)
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"[`$]|\*\*", "", text)
    return " ".join(text.split())


def split_passages(
    passages: Sequence[Passage],
    share: float,
    generator: torch.Generator,
) -> tuple[list[Passage], list[Passage]]:
    r"""Divide passages into those to train on and those to validate with.

    A passage goes whole, in both languages: a translation would tell what
    its original says.

    Args:
        passages: All passages.
        share: Part that goes to validation, in (0, 1).
        generator: Decides which.

    Returns:
        Passages for training and for validation, in their old order.

    Raises:
        ValueError: If one of the two would be empty.

    Examples:
        >>> book = [Passage("a/b", str(k), str(k)) for k in range(10)]
        >>> parts = split_passages(book, 0.2, torch.Generator())
        >>> [len(part) for part in parts]
        [8, 2]
    """
    held = round(share * len(passages))
    if not 0 < held < len(passages):
        raise ValueError(
            f"share must leave passages on both sides, got {share} of"
            f" {len(passages)}; try 0.1"
        )
    order = torch.randperm(len(passages), generator=generator).tolist()
    chosen = set(order[:held])
    parts = [
        [p for k, p in enumerate(passages) if (k in chosen) == validates]
        for validates in (False, True)
    ]
    return parts[0], parts[1]


def texts(
    passages: Sequence[Passage], languages: Sequence[str] = ("ko", "en")
) -> list[str]:
    r"""List the texts of passages, a language after the other in each.

    Args:
        passages: The passages.
        languages: "ko", "en" or both.

    Returns:
        Texts.

    Raises:
        ValueError: If a language is neither.

    Examples:
        >>> texts([Passage("a/b", "K", "E")], ["en"])
        ['E']
    """
    names = {"ko": "korean", "en": "english"}
    unknown = [language for language in languages if language not in names]
    if unknown or not languages:
        raise ValueError(
            f"languages must be ko or en, got {list(languages)}; give a list,"
            ' as in ["ko", "en"]'
        )
    return [
        getattr(passage, names[language])
        for passage in passages
        for language in languages
    ]


def check_stream(stream: torch.Tensor, length: int) -> None:
    r"""Refuse a stream of tokens that is no longer than a window.

    Args:
        stream: Tokens, one after the other.
        length: Tokens of a window.

    Raises:
        ValueError: If it has another number of axes, or too few tokens.

    Examples:
        >>> check_stream(torch.arange(4), 4)
        Traceback (most recent call last):
        ValueError: stream must be (N,) with more than 4 tokens, got (4,); ...
    """
    check_whole(length=length)
    if stream.ndim != 1 or len(stream) <= length:
        raise ValueError(
            f"stream must be (N,) with more than {length} tokens, got"
            f" {tuple(stream.shape)}; encode more text or shorten the window"
        )
