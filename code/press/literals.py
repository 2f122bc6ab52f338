r"""Comments and string literals of Python code that a reader reads: found, and matched again when a figure draws them."""

from __future__ import annotations

import ast
import io
import re
import string
import tokenize
from collections.abc import Iterator

from press import PressError

HANGUL = re.compile(r"[ᄀ-ᇿ㄰-㆏가-힣]")
LABELS = {"set_xlabel", "set_ylabel", "set_zlabel", "set_title", "suptitle", "supxlabel", "supylabel"}
LABEL_KEYWORDS = {"label", "xlabel", "ylabel", "title"}

Place = tuple[int, int, int]  # line from 0, first column, last column


def code_messages(source: str, korean_data: bool = False) -> Iterator[tuple[str, str, list[Place]]]:
    r"""Find the comments and string literals that hold Hangul.

    Args:
        source: Python code.
        korean_data: Whether Korean is the data; then only comments and axis labels are found.

    Returns:
        Triples of kind (``comment`` or ``string``), text and places, one place a line.

    Raises:
        PressError: If the code is not Python.

    Examples:
        >>> list(code_messages('plt.xlabel(f"학습률 {lr:.1f}")  # 가로축'))
        [('string', '학습률 {lr:.1f}', [(0, 13, 25)]), ('comment', '가로축', [(0, 31, 34)])]
    """
    try:
        labels = _label_lines(source) if korean_data else None
    except SyntaxError as error:
        raise PressError(f"this cell is not Python: {error.args[0]}") from None
    for kind, text, (row, column), prefix in _literals(source):
        if not HANGUL.search(text) or (labels is not None and kind == "string" and (row, column) not in labels):
            continue
        lines = text.split("\n")
        yield (
            kind,
            text,
            [(row + k, column + prefix if k == 0 else 0, (column + prefix if k == 0 else 0) + len(s)) for k, s in enumerate(lines)],
        )


def _literals(source: str) -> Iterator[tuple[str, str, tuple[int, int], int]]:
    r"""Yield kind, inner text, start of the token (line from 0) and length of what stands before the text."""
    start = None  # of an f-string, which Python 3.12 cuts into several tokens
    depth = 0
    lines = source.split("\n")
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            name = tokenize.tok_name[token.type]
            if name == "COMMENT":
                mark = re.match(r"#+\s*", token.string)[0]
                yield "comment", token.string[len(mark) :], (token.start[0] - 1, token.start[1]), len(mark)
            elif name == "STRING" and not depth:
                yield "string", *_inside(token.string, token.start)
            elif name == "FSTRING_START":
                start, depth = start if depth else token.start, depth + 1
            elif name == "FSTRING_END":
                depth -= 1
                if not depth:
                    yield "string", *_inside(_between(lines, start, token.end), start)
            elif name == "ERRORTOKEN" and token.string[0] in "'\"":
                raise PressError(f"this cell is not Python: a string is not closed in {token.line.strip()!r}")
    except (tokenize.TokenError, SyntaxError) as error:
        raise PressError(f"this cell is not Python: {error.args[0]}") from None


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1] : end[1]]
    return "\n".join([lines[start[0] - 1][start[1] :], *lines[start[0] : end[0] - 1], lines[end[0] - 1][: end[1]]])


def _inside(literal: str, start: tuple[int, int]) -> tuple[str, tuple[int, int], int]:
    prefix, quote = re.match(r"([a-zA-Z]*)('''|\"\"\"|'|\")", literal).groups()
    opening = len(prefix) + len(quote)
    return literal[opening : -len(quote)], (start[0] - 1, start[1]), opening


def _label_lines(source: str) -> set[tuple[int, int]]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            values = [k.value for k in node.keywords if k.arg in LABEL_KEYWORDS] + (node.args[:1] if name in LABELS else [])
            for value in values:
                line = source.split("\n")[value.lineno - 1]
                found.add((value.lineno - 1, len(line.encode()[: value.col_offset].decode())))
    return found


def runtime(text: str) -> str:
    r"""Return the string that a literal's source text stands for.

    Examples:
        >>> print(runtime(r"손실\n함수"))
        손실
        함수
    """
    return re.sub(r"\\(n|t|\\|'|\")", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), text)


def pattern(text: str, decode=runtime) -> tuple[re.Pattern, list[str]]:
    r"""Turn a literal into a pattern for the strings that it makes, and the list of its fields.

    Examples:
        >>> p, fields = pattern("학습률 {lr:.1f}")
        >>> p.fullmatch("학습률 0.1").groups(), fields
        (('0.1',), ['lr:.1f'])
    """
    out, fields = "", []
    for literal, field in parts(text):
        out += re.escape(decode(literal))
        if field is not None:
            out += "(.*?)"
            fields.append(field)
    return re.compile(out, re.DOTALL), fields


def parts(text: str) -> list[tuple[str, str | None]]:
    r"""Cut an f-string into pairs of literal text and the field after it with its format, or None.

    Examples:
        >>> parts("학습률 {lr:.1f}")
        [('학습률 ', 'lr:.1f')]
    """

    def whole(field, spec, conversion):
        return field.strip() + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")

    try:
        found = string.Formatter().parse(text)
        return [(literal, None if field is None else whole(field, spec, conversion)) for literal, field, spec, conversion in found]
    except ValueError:  # braces that are no fields, as in TeX
        return [(text, None)]


def relabel(text: str, translations: dict[str, str]) -> str | None:
    r"""Translate a text that a figure shows, made by one of the literals.

    Args:
        text: What stands in the figure.
        translations: Source texts of literals and of their translations.

    Returns:
        The translation, or None if no literal makes this text.

    Examples:
        >>> relabel("학습률 0.1", {"학습률 {lr}": "learning rate {lr}"})
        'learning rate 0.1'
        >>> relabel("학습률 0.1", {"손실": "loss"}) is None
        True
    """
    for decode in (str, runtime):  # a raw literal or an ordinary one
        for source, target in translations.items():
            if decode(source) == text:
                return decode(target)
    for decode in (str, runtime):
        for source, target in translations.items():
            made, fields = pattern(source, decode)
            hit = made.fullmatch(text) if fields and any(HANGUL.search(literal) for literal, _ in parts(source)) else None
            if hit:
                values = [relabel(value, translations) if HANGUL.search(value) else value for value in hit.groups()]
                if None not in values:
                    words = dict(zip(fields, values, strict=True))
                    return "".join(decode(literal) + words.get(field, "") for literal, field in parts(target))
    return None
