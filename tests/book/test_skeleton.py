r"""What every chapter is made of, and the floors of its size."""

import ast
import textwrap

import pytest
from sphinx.config import Config
from sphinx.directives.code import LiteralIncludeReader

from press import LANGUAGES, ROOT, read, status
from press.kernel import FIGURE
from press.walk import cells

FLOOR = {"words": 1300, "cells": 8, "figures": 4, "exercises": 5}
OPENING = 250  # English words
CELL = 25  # lines
WIDTH = 79  # characters, in either language


def _figures(chapter) -> list[tuple[int, dict]]:
    return [(line, o["mystnb"]) for line, _, o in chapter.cells if "figure" in (o.get("mystnb") or {})]


def test_one_title(source):
    depths = [h.depth for h in source.headings]
    assert depths.count(1) == 1 and depths[0] == 1, f"book/{source.name}.md wants one title, at the top; it has headings of depth {depths}"
    jumps = [h for h, before in zip(source.headings[1:], source.headings, strict=False) if h.depth > before.depth + 1]
    assert not jumps, f"{source.where(jumps[0].line)}: a heading skips a depth"


def test_headings_are_labelled(source):
    for heading in source.headings:
        where = f"{source.where(heading.line)}: {heading.title!r}"
        assert heading.label, f"{where} wants a (label)= on the line before"
        if source.is_chapter:
            assert heading.label == source.slug or heading.label.startswith(f"{source.slug}-"), (
                f"{where}: begin its label with {source.slug}"
            )


def test_description(source):
    front = source.text.split("\n---\n")[0] if source.text.startswith("---\n") else ""
    assert "\ndescription:" in front, f"book/{source.name}.md wants `description:` in front matter; search engines show it"


def test_opening(chapter):
    r"""Up to the second heading if the chapter begins with text, else up to the third."""
    lines = chapter.text.split("\n")
    ends = [h.line - 2 for h in chapter.headings[1:] if h.depth <= 2] + [len(lines)] * 2
    title = chapter.headings[0].line
    begins = any(line.strip() for line in lines[title : ends[0]])
    opening = "\n".join(lines[title : ends[0 if begins else 1]])
    words = status.words(chapter.name, opening, "en")
    assert words <= OPENING, f"{chapter.where(title)}: the opening has {words} English words, at most {OPENING} are allowed"


def test_floors(chapter):
    exercises = [d for d in chapter.directives if d.name in ("exercise", "exercise-start")]
    sizes = {"cells": len(chapter.cells), "figures": len(_figures(chapter)), "exercises": len(exercises)}
    sizes["words"] = status.words(chapter.name, chapter.text, "en")
    low = {name: f"{sizes[name]} of {least}" for name, least in FLOOR.items() if sizes[name] < least}
    assert not low, f"book/{chapter.name}.md is below the floor: {low}"


def test_figures_are_described(chapter):
    for line, mystnb in _figures(chapter):
        lacks = [name for name in ("name", "caption") if not mystnb["figure"].get(name)]
        lacks += [] if (mystnb.get("image") or {}).get("alt") else ["alt"]
        assert not lacks, f"{chapter.where(line)}: this figure lacks {', '.join(lacks)}"


def test_pictures_are_figures(chapter, run):
    for (line, _, options), outputs in zip(chapter.cells, run.outputs, strict=True):
        drawn = any(FIGURE in output.get("data", {}) for output in outputs)
        assert not drawn or "figure" in (options.get("mystnb") or {}), f"{chapter.where(line)}: this cell draws: give name, caption and alt"


def test_exercises_have_solutions(chapter):
    exercises = [d.options.get("label") for d in chapter.directives if d.name in ("exercise", "exercise-start")]
    assert None not in exercises, f"book/{chapter.name}.md: an exercise has no label"
    solved = [d.argument for d in chapter.directives if d.name == "solution-start"]
    assert sorted(solved) == sorted(exercises), f"exercises {sorted(exercises)}, solutions {sorted(solved)}"
    assert not any(d.name == "solution" for d in chapter.directives), "cells inside {solution} do not run; use solution-start"


def test_solutions_run(chapter):
    marks = [d for d in chapter.directives if d.name in ("solution-start", "solution-end")]
    assert [d.name for d in marks] == ["solution-start", "solution-end"] * (len(marks) // 2), "solution-start and solution-end do not pair"
    for start, end in zip(marks[::2], marks[1::2], strict=True):
        assert any(start.line < line < end.line for line, _, _ in chapter.cells), f"{chapter.where(start.line)}: this solution runs no cell"


def test_cells_are_short(chapter):
    for line, code, _ in chapter.cells:
        count = len(code.split("\n"))
        assert count <= CELL, f"{chapter.where(line)}: this cell has {count} lines, at most {CELL} are allowed; cut it in two"


@pytest.mark.parametrize("language", LANGUAGES)
def test_cells_are_narrow(chapter, language):
    r"""A translated comment may be longer than its original."""
    if language == "en" and any(m.id not in chapter.translations for m in chapter.messages):
        pytest.skip("the translation is not complete; test_translation.py says where")
    for line, code, _ in cells(read.in_language(chapter.name, chapter.text, language)):
        long = [n for n, text in enumerate(code.split("\n")) if len(text) > WIDTH]
        assert not long, f"{chapter.where(line + long[0])} ({language}): longer than {WIDTH} characters, which may wrap in the PDF"


def test_shown_code_is_narrow(chapter):
    for directive in chapter.directives:
        if directive.name == "literalinclude":
            path = (ROOT / "book" / chapter.name).parent / directive.argument
            assert path.exists(), f"{chapter.where(directive.line)}: {directive.argument} is not there"
            assert "pyobject" in directive.options, f"{chapter.where(directive.line)}: show a :pyobject:, not lines"
            long = [n for n, text in enumerate(path.read_text("utf8").split("\n"), 1) if len(text) > WIDTH]
            if long and _shown(path, directive.options["pyobject"], long):
                pytest.fail(f"{path.resolve().relative_to(ROOT)}: lines {long} are longer than {WIDTH}, shown in {chapter.name}")


def test_shown_lines_are_code(chapter):
    r"""Lines count from the top of the object: where its docstring has grown, a listing would begin in the middle of a sentence."""
    for directive in chapter.directives:
        if directive.name == "literalinclude" and "lines" in directive.options:
            path = (ROOT / "book" / chapter.name).parent / directive.argument
            chosen = {name: directive.options[name] for name in ("pyobject", "lines")}
            shown, _ = LiteralIncludeReader(str(path), chosen, Config()).read()
            try:
                ast.parse(textwrap.dedent(shown))
            except SyntaxError:
                pytest.fail(f"{chapter.where(directive.line)}: lines {chosen['lines']} of {chosen['pyobject']} are no code")


def _shown(path, name: str, lines: list[int]) -> bool:
    nodes = {n.name: n for n in ast.parse(path.read_text("utf8")).body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    node = nodes.get(name.split(".")[0])
    return node is not None and any(node.lineno <= n <= node.end_lineno for n in lines)
