r"""The press: from one Korean chapter, run once, to four editions."""

from __future__ import annotations

import hashlib
import sys
from functools import lru_cache
from pathlib import Path

sys.modules.setdefault("rfc3987_syntax", None)  # jsonschema does without; to compile its grammars takes a second of each start

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
LOCALES = ROOT / "locales"
BUILD = ROOT / "_build"
SOURCE = "ko"
LANGUAGES = ("ko", "en")


class PressError(Exception):
    r"""What went wrong, where, and the cure, in one message that the reader of a terminal can act on."""


def located(chapter: str, error: PressError) -> PressError:
    r"""Name the file in an error that names at most a line.

    Examples:
        >>> print(located("part/first", PressError("line 3: what; the cure")))
        book/part/first.md:3: what; the cure
    """
    text = str(error)
    if text.startswith(("book/", "locales/")):
        return error
    line, colon, rest = text.removeprefix("line ").partition(": ")
    return PressError(f"book/{chapter}.md:{line}: {rest}" if text.startswith("line ") and colon else f"book/{chapter}.md: {text}")


def chapters() -> list[str]:
    r"""Return the names of all sources of the book, as in ``components/loss``, sorted."""
    return sorted(p.relative_to(BOOK).with_suffix("").as_posix() for p in BOOK.rglob("*.md"))


@lru_cache(maxsize=1)
def own_code() -> str:
    r"""Name the press as it is, so that what another has kept is not taken for its own."""
    files = sorted(Path(__file__).parent.glob("*.*"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def setup(app):
    r"""Make the press a Sphinx extension (see ``press.extension``)."""
    from press.extension import setup

    return setup(app)
