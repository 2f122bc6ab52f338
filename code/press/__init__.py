r"""The press: from one Korean chapter, run once, to four editions."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
LOCALES = ROOT / "locales"
BUILD = ROOT / "_build"
SOURCE = "ko"
LANGUAGES = ("ko", "en")


class PressError(Exception):
    r"""What went wrong, where, and the cure, in one message that the reader of a terminal can act on."""


def chapters() -> list[str]:
    r"""Return the names of all sources of the book, as in ``components/loss``, sorted."""
    return sorted(p.relative_to(BOOK).with_suffix("").as_posix() for p in BOOK.rglob("*.md"))


def setup(app):
    r"""Make the press a Sphinx extension (see ``press.extension``)."""
    from press.extension import setup

    return setup(app)
