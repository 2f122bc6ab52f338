r"""The PDF editions of the book: each cell that a reader sees can be taken out with pdftotext and run."""

import ast
import subprocess
from functools import lru_cache

import pytest

from press import editions, read
from press.walk import cells


@lru_cache(maxsize=2)
def _printed(path) -> tuple[list[str], list[str]]:
    r"""The lines of a PDF as they stand, and without their indentation and the width of their gaps."""
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True, encoding="utf8").stdout
    lines = [line for line in text.replace("\f", "\n").split("\n") if line.strip()]
    return lines, [_squeezed(line) for line in lines]


def _squeezed(line: str) -> str:
    return " ".join(line.split())


def _program(code: str) -> str:
    r"""What a cell computes; runs of spaces within a string are not kept by pdftotext."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = " ".join(node.value.split())
    return ast.dump(tree)


def _taken_out(lines: list[str], squeezed: list[str], code: str) -> str:
    r"""Find the lines of a cell in a PDF; at a page's end a few other lines may stand between them."""
    wanted = [_squeezed(line) for line in code.split("\n") if line.strip()]
    for start in [n for n, line in enumerate(squeezed) if line == wanted[0]]:
        taken, at = [], start
        for line in wanted:
            found = next((n for n in range(at, min(at + 4, len(lines))) if squeezed[n] == line), None)
            if found is None:
                break
            taken.append(lines[found])
            at = found + 1
        if len(taken) == len(wanted):
            return "\n".join(taken)
    return ""


@pytest.mark.parametrize("language", ["ko", "en"])
def test_cells_can_be_taken_out(site, chapter, language):
    path = site / "pdf" / editions.PDF.format(language=language)
    if not path.exists():
        pytest.skip("the PDF is not built; run `make book`")
    for line, code, options in cells(read.in_language(chapter.name, chapter.text, language)):
        if "remove-cell" not in options.get("tags", ()):
            taken = _taken_out(*_printed(path), code)
            assert taken, f"{chapter.where(line)}: not every line of this cell is in {path.name}"
            try:
                same = _program(taken) == _program(code)
            except SyntaxError as error:
                pytest.fail(f"{chapter.where(line)}: out of {path.name} this cell comes as no Python ({error.msg}):\n{taken}")
            assert same, f"{chapter.where(line)}: out of {path.name} this cell comes as another program:\n{taken}"
