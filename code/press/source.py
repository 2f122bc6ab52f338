r"""The messages of a chapter and their translations: what the one walker extracts is exactly what is replaced.

A translation is written over the very characters that its message was read from, line by line, so the English source
has the same structure, the same cells and the same line numbers as the Korean one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache

from press import PressError
from press.literals import HANGUL
from press.walk import Message, Span, cells, walk


def messages(text: str) -> list[Message]:
    r"""Read the messages of a chapter, in the order in which they stand.

    Args:
        text: MyST source.

    Returns:
        Every text with Hangul: prose, options, maths, comments and string literals.

    Raises:
        PressError: If Hangul stands where the press cannot translate it.

    Examples:
        >>> [(m.id, m.kind, m.line) for m in messages("# 손실\n\n예측이\n틀린 정도.\n")]
        [('손실', 'text', 1), ('예측이 틀린 정도.', 'text', 3)]
    """
    return list(_messages(text))


@lru_cache(maxsize=256)
def _messages(text: str) -> tuple[Message, ...]:
    lines = text.split("\n")
    found = list(walk(text, [(i, 0) for i in range(len(lines))]))
    _refuse_leftovers(lines, found)
    return tuple(sorted(found, key=lambda m: (m.spans[0].line, m.spans[0].start)))


def translate(text: str, lookup: Callable[[Message], str]) -> str:
    r"""Write the translation of every message over its text.

    Args:
        text: MyST source.
        lookup: Gives the translation of a message.

    Returns:
        The source in the other language, with as many lines as before.

    Examples:
        >>> print(translate("# 손실\n\n> 예측이\n> 틀린 정도.", lambda m: {"손실": "Loss"}.get(m.id, "How wrong we are.")))
        # Loss
        <BLANKLINE>
        > How
        > wrong we are.
    """
    lines = text.split("\n")
    edits = [(span, piece) for m in messages(text) for span, piece in zip(m.spans, _pieces(m, lookup(m)), strict=True)]
    for span, piece in sorted(edits, key=lambda e: (e[0].line, e[0].start), reverse=True):
        line = lines[span.line]
        lines[span.line] = line[: span.start] + piece + line[span.end :]
    return "\n".join(lines)


def _refuse_leftovers(lines: list[str], found: list[Message]) -> None:
    covered: dict[int, list[Span]] = {}
    for message in found:
        for span in message.spans:
            covered.setdefault(span.line, []).append(span)
    data = _korean_data_lines("\n".join(lines))
    for n, line in enumerate(lines):
        if n in data or line.lstrip().startswith("%"):
            continue
        for hit in HANGUL.finditer(line):
            if not any(s.start <= hit.start() < s.end for s in covered.get(n, ())):
                raise PressError(f"line {n + 1}: Hangul here cannot be translated: {line.strip()!r}; use a directive that the press knows")


def _korean_data_lines(text: str) -> set[int]:
    lines = set()
    if "korean-data" in text:
        for start, code, options in cells(text):
            if "korean-data" in options.get("tags", ()):
                lines |= set(range(start - 1, start + code.count("\n")))
    return lines


# -- writing ---------------------------------------------------------------------------------------------------------


def _pieces(message: Message, translation: str) -> list[str]:
    r"""Split a translation over as many lines as its message had."""
    count = len(message.spans)
    if message.kind == "option":
        return [json.dumps(translation, ensure_ascii=False)] + [""] * (count - 1)
    if message.in_table:
        translation = re.sub(r"(?<!\\)\|", r"\|", translation)
    if message.kind == "text":
        return _wrap(translation, count)
    lines = translation.split("\n")
    if len(lines) != count:
        raise PressError(
            f"line {message.line}: the translation must have {count} lines like the original, got {len(lines)}: {translation!r}"
        )
    return lines


def _wrap(text: str, count: int) -> list[str]:
    r"""Break a paragraph at its first safe spaces: not inside code, maths, links or roles, and no line that opens a block."""
    pieces = text.split("\n")
    while len(pieces) < count:
        head, last = pieces[:-1], pieces[-1]
        for hit in re.finditer(" ", last):
            before, after = last[: hit.start()], last[hit.end() :]
            balanced = all(before.count(c) % 2 == 0 for c in "`$") and before.count("[") == before.count("]")
            balanced = balanced and before.count("{") == before.count("}") and before.count("(") == before.count(")")
            if before.strip() and balanced and re.match(r"[\w(*`$\[{]", after) and not re.match(r"\d+[.)]\s|\*\s", after):
                pieces = [*head, before, after]
                break
        else:
            break
    if len(pieces) > count:
        raise PressError(f"a translation has more lines than its text: {text!r}")
    return pieces + [""] * (count - len(pieces))
