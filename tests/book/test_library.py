r"""What holds of every module of `deepbook`."""

import ast
import re
from pathlib import Path

from press.literals import HANGUL

LINES = 300
KOREAN_DATA = {"components/data/questions.py", "milestones/bert/language.py", "tasks/visual_question_answering/words.py"} | {
    f"milestones/seq2seq/{name}.py" for name in ("language", "numerals", "tokens", "words")
}
"""Modules that hold Korean because it is their data, as in ``milestones/seq2seq``; everything else a reader reads lies in chapters."""


def _where(module: Path) -> str:
    return f"code/deepbook/{module.as_posix().split('code/deepbook/')[-1]}"


def _tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf8"))


def _imported(module: Path) -> set[str]:
    nodes = list(ast.walk(_tree(module)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.split(".")[0] for name in names | {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)}}


def _documented(tree: ast.Module) -> list[ast.AST]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    public = [n for n in tree.body if isinstance(n, kinds) and not n.name.startswith("_")]
    methods = [m for c in public if isinstance(c, ast.ClassDef) for m in c.body if isinstance(m, kinds) and not m.name.startswith("_")]
    return [tree, *public, *methods]


def test_does_not_import_the_press(module):
    for node in ast.walk(_tree(module)):
        names = (
            [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        assert not any(name.split(".")[0] == "press" for name in names), (
            f"{_where(module)}:{node.lineno}: deepbook must run without the press"
        )


def test_holds_no_korean(module):
    if _where(module).removeprefix("code/deepbook/") in KOREAN_DATA:
        return
    lines = [n for n, line in enumerate(module.read_text("utf8").split("\n"), 1) if HANGUL.search(line)]
    assert not lines, f"{_where(module)}:{lines[0]}: Hangul; text that a reader reads is an argument that the chapter gives"


def test_skips_no_example(module):
    assert "+SKIP" not in module.read_text("utf8"), f"{_where(module)}: an example is skipped; make it run, or make it prose"


def test_is_short(module):
    count = module.read_text("utf8").count("\n")
    assert count <= LINES, f"{_where(module)} has {count} lines, at most {LINES} are allowed; make it a package"


def test_docstrings_are_raw(module):
    text = module.read_text("utf8")
    tree = _tree(module)
    for node in _documented(tree):
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            start = ast.get_source_segment(text, first.value) or ""
            assert re.match(r'r"""', start), f'{_where(module)}:{first.lineno}: a public docstring begins with r"""'


def test_public_names_are_documented(module):
    tree = _tree(module)
    for node in [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_")]:
        assert ast.get_docstring(node), f"{_where(module)}:{node.lineno}: {node.name} has no docstring"
    assert ast.get_docstring(tree) or not tree.body, f"{_where(module)}:1: the module has no docstring"


def test_does_not_print(module):
    calls = [n for n in ast.walk(_tree(module)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "print"]
    assert not calls, f"{_where(module)}:{calls[0].lineno}: deepbook does not print; return what the chapter prints"


def test_reaches_for_no_network(module):
    found = _imported(module) & {"urllib", "requests", "http", "socket", "ftplib"}
    assert not found, f"{_where(module)} imports {sorted(found)}; deepbook downloads nothing"
