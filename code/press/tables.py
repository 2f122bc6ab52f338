r"""Tables that a cell shows as Markdown: kept from the run, shown in the reader's language."""

from __future__ import annotations

import re

from press import SOURCE, PressError
from press.literals import HANGUL, relabel

MARKDOWN = "text/markdown"
CELL = re.compile(r"((?:\\.|[^|\\])+)")


def keep(output: dict, where: str) -> None:
    r"""Leave of an output that is Markdown the table alone, which is also what a plain reader sees.

    Args:
        output: As nbformat has it; changed in place.
        where: File and line of the cell, for messages.

    Raises:
        PressError: If the Markdown is something else than a table.

    Examples:
        >>> output = {"data": {"text/markdown": "| a |\n|---|\n| 1 |", "text/plain": "Table(a=1)"}}
        >>> keep(output, "book/a.md:1")
        >>> print(output["data"]["text/plain"])
        | a |
        |---|
        | 1 |
    """
    data = output.get("data", {})
    if MARKDOWN not in data:
        return
    text = data[MARKDOWN].strip()
    lines = [line.strip() for line in text.split("\n")]
    if not all(line.startswith("|") and line.endswith("|") for line in lines) or not re.fullmatch(r"[|:\- ]+", "".join(lines[1:2])):
        raise PressError(
            f"{where}: a cell may show a table as Markdown, each line within | and |, the second |---|; it showed {text[:60]!r}; write other text as prose"
        )
    output["data"] = {MARKDOWN: text, "text/plain": text}


def show(output: dict, language: str, translations: dict[str, str], korean: bool, where: str) -> dict:
    r"""Translate the table of an output cell by cell; any other output stays as it is.

    Args:
        output: As `keep` left it.
        language: Of the reader.
        translations: From string literals of the chapter to their translations.
        korean: Whether the cell is tagged ``korean-data``, so that text without translation stays.
        where: File and line of the cell, for messages.

    Returns:
        The output to show; the same one if nothing is to be translated.

    Raises:
        PressError: If a text has no translation.

    Examples:
        >>> output = {"data": {"text/markdown": "| 손실 | 0.1 |"}}
        >>> show(output, "en", {"손실": "loss"}, False, "")["data"]["text/markdown"]
        '| loss | 0.1 |'
    """
    if language == SOURCE or MARKDOWN not in output.get("data", {}):
        return output
    missing = set()

    def cell(hit: re.Match) -> str:
        text = hit[1].strip()
        if not HANGUL.search(text):
            return hit[1]
        found = relabel(text.replace(r"\|", "|"), translations)
        if found is None and not korean:
            missing.add(text)
        return hit[1] if found is None else f" {found.replace('|', chr(92) + '|')} "

    text = "\n".join(CELL.sub(cell, line) for line in output["data"][MARKDOWN].split("\n"))
    if missing:
        raise PressError(
            f"{where}: table text without translation: {sorted(missing)}; give each its string literal in the cell and its msgstr"
        )
    return {**output, "data": {MARKDOWN: text, "text/plain": text}}
