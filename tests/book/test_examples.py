r"""Examples in chapters that are no cells: each ``>>>`` runs, and no code of Python stands unrun."""

import re

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

from press.source import _parser

RAN = re.compile(r"^\s*>>> ", re.M)
NOT_RUN = re.compile(r"^% not run: \S")


def _fences(text: str):
    r"""Every fence that is no directive, also inside directives: line (from 1), language, code."""
    for hit in re.finditer(r"^([ \t>]*)(`{3,}|~{3,})([^\n`{}]*)\n(.*?)^[ \t>]*\2[`~]*[ \t]*$", text, re.M | re.S):
        yield text.count("\n", 0, hit.start()) + 1, hit[3].strip().split(" ")[0], hit[4]


def _python(source):
    cells = {n for line, code, _ in source.cells for n in range(line - 1, line + len(code.split("\n")) + 1)}
    return [f for f in _fences(source.text) if f[0] not in cells and (f[1] in ("python", "py", "pycon", "ipython3") or RAN.search(f[2]))]


def test_python_is_run_or_marked(source):
    lines = source.text.split("\n")
    for line, language, code in _python(source):
        marked = line > 1 and NOT_RUN.match(lines[line - 2].strip())
        assert RAN.search(code) or marked, f"{source.where(line)}: make this a cell or an example with >>>, or write `% not run: why` above"
        assert not RAN.search(code) or language == "python", f"{source.where(line)}: an example with >>> runs only in ```python"


def test_examples_hold(source):
    from press import BOOK

    wanted = sum(len(RAN.findall(code)) for _, _, code in _python(source))
    if not wanted:
        return
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(BOOK / f"{source.name}.md")
    ran = 0
    for example in document.examples():
        if RAN.search(document.text[example.region.start : example.region.end]):
            example.evaluate()
            ran += len(RAN.findall(document.text[example.region.start : example.region.end]))
    assert ran == wanted, f"book/{source.name}.md holds {wanted} lines with >>>, of which {ran} were run"


def test_no_example_is_skipped(source):
    assert "+SKIP" not in source.text, f"book/{source.name}.md skips an example"


def test_prompts_are_in_fences(source):
    inside = {n for t in _parser().parse(source.text) if t.type in ("fence", "colon_fence", "code_block") for n in range(*t.map)}
    loose = [n for n, line in enumerate(source.text.split("\n")) if RAN.match(line) and n not in inside]
    if loose:
        pytest.fail(f"{source.where(loose[0] + 1)}: >>> outside a fence is not run")
