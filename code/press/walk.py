r"""Walk the MyST source of a chapter: every text that a reader reads, with the characters at which it stands."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import yaml
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from press import PressError
from press.literals import HANGUL, code_messages

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast
EXTENSIONS = ("dollarmath", "amsmath", "colon_fence", "deflist", "attrs_inline", "attrs_block")

CODE = {"code-cell", "raw-cell", "code", "code-block", "sourcecode"}
NO_PROSE = {"literalinclude", "bibliography", "eval-rst", "raw", "image", "terms", "build-status"}


@dataclass(frozen=True)
class Span:
    r"""The characters ``start`` to ``end`` of one line (from 0)."""

    line: int
    start: int
    end: int


@dataclass(frozen=True)
class Message:
    r"""A text that a reader reads and that has a translation.

    Attributes:
        id: The Korean text; line breaks of prose are folded to spaces.
        kind: ``text``, ``option``, ``math``, ``code``, ``comment`` or ``string``.
        spans: Where it stands, one span a line.
        in_table: Whether it is a cell of a table, in which a pipe must be escaped.
    """

    id: str
    kind: str
    spans: tuple[Span, ...]
    in_table: bool = False

    @property
    def line(self) -> int:
        r"""The line of the source, from 1."""
        return self.spans[0].line + 1


@lru_cache(maxsize=1)
def parser():
    r"""Return the Markdown parser of the book, which leaves what stands inside a paragraph as it is."""
    config = MdParserConfig(enable_extensions=set(EXTENSIONS), disable_syntax=["inline"])
    return create_md_parser(config, RendererHTML)


def cells(text: str) -> list[tuple[int, str, dict]]:
    r"""Read the code cells of a chapter.

    Returns:
        For each cell the line (from 1) on which its code begins, its code and its options.

    Examples:
        >>> cells("```{code-cell}\n:tags: [remove-cell]\n1 + 1\n```")
        [(3, '1 + 1', {'tags': ['remove-cell']})]
    """
    return list(_cells(text))


@lru_cache(maxsize=256)
def _cells(text: str) -> tuple[tuple[int, str, dict], ...]:
    found = []
    for token in parser().parse(text + "\n"):
        if token.type == "fence" and token.info.startswith("{code-cell}") and token.level == 0:
            body = token.content.split("\n")[:-1]
            options, start = _option_block(body, token.map[0] + 2)
            found.append((token.map[0] + 2 + start, "\n".join(body[start:]), options))
    return tuple(found)


# -- walking ---------------------------------------------------------------------------------------------------------

Where = list[tuple[int, int]]  # for each line of a piece of source: its line in the chapter and the columns cut off before it


def walk(text: str, where: Where) -> Iterator[Message]:
    r"""Find the messages of a piece of source, whose lines stand in the chapter at `where`."""
    lines = text.split("\n")
    cursor: dict[int, int] = {}
    before = ""
    for token in parser().parse(text + "\n"):
        in_table, before = before in ("td_open", "th_open"), token.type
        if token.map is None:
            continue
        first, last = token.map
        if token.type == "front_matter":
            yield from _yaml(lines[first + 1 : last - 1], where[first + 1 : last - 1])
        elif token.type == "inline":
            yield from _inline(token.content, lines, first, where, cursor, in_table)
        elif token.type in ("fence", "colon_fence"):
            body = token.content.split("\n")[:-1]
            yield from _fence(token.info.strip(), body, _inner(lines, body, first + 1, where), lines[first], where[first])
        elif token.type in ("math_block", "math_block_label", "amsmath") and HANGUL.search(token.content):
            if token.type == "amsmath":  # its map leaves out the last line
                last = first + token.content.count("\n") + 1
            yield _block("math", lines[first:last], where[first:last])


def _inner(lines: list[str], body: list[str], first: int, where: Where) -> Where:
    return [(where[first + k][0], where[first + k][1] + len(lines[first + k]) - len(b)) for k, b in enumerate(body)]


def _inline(content: str, lines: list[str], first: int, where: Where, cursor: dict[int, int], in_table: bool = False) -> Iterator[Message]:
    if not HANGUL.search(content):
        return
    spans = []
    for k, piece in enumerate(content.split("\n")):
        piece, line = piece.strip(), first + k
        column = lines[line].find(piece, cursor.get(line, 0))
        if column < 0 and in_table:  # a pipe is escaped only in the source
            piece = piece.replace("|", r"\|")
            column = lines[line].find(piece, cursor.get(line, 0))
        if column < 0:
            raise PressError(f"line {where[line][0] + 1}: cannot find {piece!r} again in its line; write it without entities or escapes")
        cursor[line] = column + len(piece)
        spans.append(Span(where[line][0], where[line][1] + column, where[line][1] + column + len(piece)))
    yield Message(fold(content), "text", tuple(spans), in_table)


def fold(text: str) -> str:
    r"""Fold the line breaks of a paragraph to spaces; hard breaks stay."""
    return re.sub(r"(?<!\\)[ \t]*\n[ \t]*", " ", text.strip())


def _fence(info: str, body: list[str], where: Where, opening: str, opening_at: tuple[int, int]) -> Iterator[Message]:
    directive = re.match(r"\{([^}]+)\}\s*(.*)", info)
    if not directive:
        yield from _code(info.split(" ")[0], body, where, ())
        return
    name, argument = directive.groups()
    options, start = _option_block(body, opening_at[0] + 2)
    block = [k for k in range(start) if body[k].strip() != "---"]
    yield from _yaml([body[k] for k in block], [where[k] for k in block])
    body, where = body[start:], where[start:]
    if name == "index":
        yield from _index([argument, *body], [(opening_at[0], opening_at[1] + opening.rfind(argument)), *where])
        return
    if HANGUL.search(argument):
        column = opening_at[1] + opening.rindex(argument)
        yield Message(argument, "text", (Span(opening_at[0], column, column + len(argument)),))
    if name in CODE:
        tags = options.get("tags", ())
        yield from _code("python" if name == "code-cell" else argument or "python", body, where, tags)
    elif name == "math":
        if HANGUL.search("\n".join(body)):
            yield _block("math", body, where)
    elif name == "toctree":
        for line, at in zip(body, where, strict=True):
            title = re.match(r"\s*(.*?)\s*<[^>]+>\s*$", line)
            if title and HANGUL.search(title[1]):
                yield Message(title[1], "text", (Span(at[0], at[1] + title.start(1), at[1] + title.end(1)),))
    elif name == "glossary":
        yield from _glossary(body, where)
    elif name not in NO_PROSE and body:
        yield from walk("\n".join(body), where)


def _option_block(body: list[str], line: int) -> tuple[dict, int]:
    r"""Return the options of a directive, whose body begins at a line of the chapter, and the number of lines that they take."""
    if body and body[0].strip() == "---":
        end = next((k for k in range(1, len(body)) if body[k].strip() == "---"), None)
        if end is None:
            raise PressError(f"line {line}: an option block is opened by --- and not closed; end it with a line ---")
        return _parse_yaml(yaml.load, body[1:end], line + 1) or {}, end + 1
    end = 0
    while end < len(body) and re.match(r"\s*:[\w-]+:", body[end]):
        end += 1
    return _parse_yaml(yaml.load, [_bare(option) for option in body[:end]], line) or {}, end


def _parse_yaml(parse, lines: list[str], first: int):
    try:
        with contextlib.suppress(yaml.YAMLError):  # which the slow one tells better
            return parse("\n".join(lines), LOADER)
        return parse("\n".join(lines), yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or error
        raise PressError(
            f"line {first + (mark.line if mark else 0)}: these options are not YAML ({what}); put the text in double quotes"
        ) from None


def _bare(line: str) -> str:
    return re.sub(r"^(\s*):([\w-]+:)", r"\1 \2", line)  # :alt: text -> alt: text, in the same columns


def _yaml(lines: list[str], where: Where) -> Iterator[Message]:
    r"""Every scalar with Hangul of a YAML block, whatever its quotes; a translation is written as one quoted string."""
    if not any(HANGUL.search(line) for line in lines):
        return
    bare = [_bare(line) for line in lines]
    stack = [_parse_yaml(yaml.compose, bare, where[0][0] + 1)]
    while stack:
        node = stack.pop()
        if isinstance(node, yaml.MappingNode):
            stack += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            stack += node.value
        elif isinstance(node, yaml.ScalarNode) and HANGUL.search(node.value):
            a, b = node.start_mark, node.end_mark
            spans = [
                Span(where[k][0], where[k][1] + (a.column if k == a.line else 0), where[k][1] + (b.column if k == b.line else len(bare[k])))
                for k in range(a.line, min(b.line, len(bare) - 1) + 1)
                if k == a.line or k < b.line or b.column
            ]
            yield Message(fold(node.value), "option", tuple(spans))


def _block(kind: str, lines: list[str], where: Where) -> Message:
    spans = tuple(Span(n, c, c + len(line)) for line, (n, c) in zip(lines, where, strict=True))
    return Message("\n".join(lines), kind, spans)


def _code(language: str, body: list[str], where: Where, tags) -> Iterator[Message]:
    if not any(HANGUL.search(line) for line in body):
        return
    if language not in ("python", "ipython3", "pycon"):
        yield _block("code", body, where)
        return
    try:
        found = list(code_messages("\n".join(body), "korean-data" in tags))
    except PressError as error:
        raise PressError(f"line {where[0][0] + 1}: {error}") from None
    for kind, text, spans in found:
        yield Message(text, kind, tuple(Span(where[n][0], where[n][1] + a, where[n][1] + b) for n, a, b in spans))


def _index(lines: list[str], where: Where) -> Iterator[Message]:
    for line, at in zip(lines, where, strict=True):
        typed = re.match(r"\s*(?:single|pair|triple|see|seealso|name)\s*:\s*", line)
        for part in re.compile(r"[^;]+" if typed else r"[^,]+").finditer(line, typed.end() if typed else 0):
            entry = part[0].strip()
            if HANGUL.search(entry):
                column = at[1] + line.index(entry, part.start())
                yield Message(entry, "text", (Span(at[0], column, column + len(entry)),))


def _glossary(body: list[str], where: Where) -> Iterator[Message]:
    k = 0
    while k < len(body):
        if body[k].strip() and not body[k].startswith(" "):
            yield from _inline(body[k], body, k, where, {})
            k += 1
            continue
        end = k
        while end < len(body) and (not body[end].strip() or body[end].startswith(" ")):
            end += 1
        indent = min((len(s) - len(s.lstrip()) for s in body[k:end] if s.strip()), default=0)
        inner = [s[indent:] for s in body[k:end]]
        yield from walk("\n".join(inner), [(n, c + indent) for n, c in where[k:end]])
        k = end
