r"""What each chapter holds and cost: the numbers of ``status.json`` and of the status page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from press import BOOK, LANGUAGES, SOURCE, catalogue, chapters, runs
from press.kernel import FIGURE
from press.read import in_language
from press.walk import cells


def status(done: Mapping[str, runs.Run] | None = None) -> dict[str, dict]:
    r"""Return, for each source with prose, what the build knows of it.

    Args:
        done: The run of each chapter; looked for if None.

    Returns:
        From the name of a chapter to seconds of execution, cells, figures, exercises, words of each language and percent translated.
    """
    return {chapter: _row(chapter, (done or {}).get(chapter)) for chapter in chapters()}


def handed(config) -> dict:
    r"""Return what the press has handed over to this Sphinx: the stamp of each page, and the status of the book; nothing to a Sphinx alone."""
    return json.loads(Path(config.press_handed).read_text("utf8")) if config.press_handed else {}


def of_book(config) -> dict[str, dict]:
    r"""Return the status of the book as a Sphinx shows it: what the press has handed over, or what is found now."""
    return handed(config).get("status") or status()


def _row(chapter: str, run: runs.Run | None) -> dict:
    text = (BOOK / f"{chapter}.md").read_text("utf8")
    row = _counts(text, run or runs.find(text) or runs.Run())
    ids = {m.id for m in catalogue.read_messages(BOOK / f"{chapter}.md")}
    row["translated"] = {}
    for language in catalogue.languages():
        done = ids & catalogue.translations(chapter, language).keys()
        row["translated"][language] = round(100 * len(done) / len(ids), 1) if ids else 100.0
    row["words"] = {language: words(chapter, text, language) for language in LANGUAGES if row["translated"].get(language, 100) == 100}
    return row


def _counts(text: str, run: runs.Run) -> dict:
    return {
        "seconds": round(sum(run.seconds), 1),
        "cells": len(cells(text)),
        "figures": sum(FIGURE in o.get("data", {}) for outs in run.outputs for o in outs),
        "exercises": len(re.findall(r"^`{3,}\{exercise(?:-start)?\}", text, re.M)),
        "solutions": len(re.findall(r"^`{3,}\{solution(?:-start)?\}", text, re.M)),
    }


def facts(rows: dict[str, dict]) -> dict[str, int]:
    r"""Return how many chapters, cells, figures and exercises the book has.

    Args:
        rows: As `status` returns them.
    """
    own = [row for name, row in rows.items() if "/" in name and not name.endswith("/index")]
    return {"chapters": len(own), **{name: sum(row[name] for row in own) for name in ("cells", "figures", "exercises")}}


def words(chapter: str, text: str, language: str = SOURCE) -> int:
    r"""Count the words of a chapter's prose: no code, no maths, no roles, no options."""
    source = in_language(chapter, text, language)
    source = re.sub(r"(?ms)^---\n.*?^---\n", "", source, count=1)
    source = re.sub(r"(?ms)^```\{(?:code-cell|literalinclude|index|toctree)\}.*?^```$", " ", source)
    source = re.sub(r"(?m)^\s*(?:[`:]{3,}\{[\w:-]+\}|:[\w-]+:.*$|\([\w-]+\)=$)", " ", source)
    source = re.sub(r"(?m)^\s*[`:]{3,}$", " ", source)  # the end of a directive is no code
    source = re.sub(r"(?s)\$\$.*?\$\$|\$[^$]*\$|\{[\w:]+\}`[^`]*`|`[^`]*`", " ", source)
    return sum(bool(re.search(r"[^\W\d_]", word)) for word in source.split())


def minutes(chapter: str, text: str) -> int:
    r"""Estimate the tens of minutes that a chapter takes, in either language, without its exercises.

    The pace, 70 words of Korean and 30 lines of code a minute, is that of one who means to use what is read. The seconds that cells
    run are left out: they differ from machine to machine, and a page may not.
    """
    lines = sum(len(code.splitlines()) for _, code, options in cells(text) if "remove-cell" not in options.get("tags", ()))
    return max(10, round((words(chapter, text) / 70 + lines / 30) / 10) * 10)


def table(rows: dict[str, dict]) -> str:
    r"""Lay the numbers out for a terminal.

    Examples:
        >>> row = {"seconds": 1.5, "cells": 2, "figures": 1, "exercises": 0, "solutions": 0, "words": {"ko": 9}, "translated": {"en": 50.0}}
        >>> print(table({"a/b": row}))
        chapter  seconds  cells  figures  exercises  words ko  words en  % en
        a/b          1.5      2        1          0         9         -    50
    """
    head = [
        "chapter",
        "seconds",
        "cells",
        "figures",
        "exercises",
        *(f"words {x}" for x in LANGUAGES),
        *(f"% {x}" for x in catalogue.languages()),
    ]
    lines = [head]
    for chapter, row in rows.items():
        counts = [str(row[name]) for name in ("seconds", "cells", "figures", "exercises")]
        counts += [str(row["words"].get(language, "-")) for language in LANGUAGES]
        lines.append([chapter, *counts, *(f"{row['translated'][language]:.0f}" for language in catalogue.languages())])
    widths = [max(len(line[k]) for line in lines) for k in range(len(head))]
    return "\n".join(
        "  ".join(c.ljust(w) if k == 0 else c.rjust(w) for k, (c, w) in enumerate(zip(line, widths, strict=True))) for line in lines
    )
