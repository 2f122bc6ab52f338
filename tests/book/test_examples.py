r"""Examples in chapters that are no cells: each ``>>>`` runs, and no code of Python stands unrun."""

import doctest
import re

from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

from press import BOOK
from press.walk import parser

PROMPT = re.compile(r"^\s*>>> ", re.M)
NOT_RUN = re.compile(r"^[ >]*% not run: \S")


def _python(source):
    r"""Code of Python in fences that are no cells."""
    shown = [f for f in source.fences if f.name in ("", "code", "code-block")]
    return [f for f in shown if f.argument in ("python", "py", "pycon", "ipython3") or PROMPT.search(f.body)]


def test_python_is_run_or_marked(source):
    lines = source.text.split("\n")
    for fence in _python(source):
        if PROMPT.search(fence.body):
            runs = fence.argument == "python"
            assert runs, f"{source.where(fence.line)}: an example with >>> is run only in ```python; this is {fence.argument!r}"
        else:
            marked = NOT_RUN.match(lines[fence.line - 2])
            assert marked, f"{source.where(fence.line)}: make this a cell, or an example with >>>, or write `% not run: why` above"


def test_examples_hold(source):
    wanted = sum(len(PROMPT.findall(fence.body)) for fence in _python(source))
    if wanted:
        parser = PythonCodeBlockParser(doctest_optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
        document = Sybil(parsers=[parser]).parse(BOOK / f"{source.name}.md")
        examples = [e for e in document.examples() if isinstance(e.parsed, doctest.Example)]
        for example in examples:
            example.evaluate()
        assert len(examples) == wanted, f"book/{source.name}.md holds {wanted} lines with >>>, of which {len(examples)} were run"


def test_no_example_is_skipped(source):
    assert "+SKIP" not in source.text, f"book/{source.name}.md skips an example"


def test_prompts_are_in_fences(source):
    inside = {n for t in parser().parse(source.text) if t.type in ("fence", "colon_fence", "code_block") for n in range(*t.map)}
    loose = [n for n, line in enumerate(source.text.split("\n")) if PROMPT.match(line) and n not in inside]
    assert not loose, f"{source.where(loose[0] + 1)}: >>> outside a fence is not run"
