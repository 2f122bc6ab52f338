r"""The comparison with Jupyter Book: its sources, its changes, its table. ``make bench`` measures."""

from __future__ import annotations

import ast
import doctest
import os
import sys
from pathlib import Path

import pytest

from press.literals import HANGUL
from press.source import messages, translate

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench import books, generated, measure, peer, report  # noqa: E402

CELLS = "```{code-cell}\nslope = 2.0\n```\n\n기울기는 {glue:text}`slope:.2f`이다.\n"


@pytest.mark.parametrize("module", [books, generated, peer, report], ids=lambda module: module.__name__)
def test_the_examples_hold(module):
    tried = doctest.testmod(module)
    assert tried.attempted > 0 and tried.failed == 0


def test_a_chapter_names_its_kernel_and_glues_what_its_prose_names():
    text = peer.adapted(f"---\ndescription: 뜻.\n---\n(loss)=\n# 손실\n\n{CELLS}", "ko")
    head, _, body = text.removeprefix("---\n").partition("---\n")
    assert "file_format: mystnb" in head and "name: deepbook" in head and "description: 뜻." in head
    assert "{glue:text}`slope:.2f`" in body, "the value is written in by Jupyter Book"
    assert "for _name in ['slope']:" in body
    assert peer.adapted(CELLS, "en").startswith("---\nfile_format: mystnb\n"), "a page without a front matter gets one"


def test_the_cell_that_glues_leaves_what_myst_nb_reads(monkeypatch):
    import IPython.display
    import torch
    from myst_nb.core.variables import format_plain_text

    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda data, raw, metadata: shown.append((data, metadata["scrapbook"])))
    code = peer.GLUE.replace("NAMES", "['slope', 'word']").partition("]\n")[2].rpartition("```")[0]
    exec(code, {"slope": torch.tensor(0.128), "word": "셋"})
    for (data, scrapbook), name, spec, said in zip(shown, ("slope", "word"), (".0%", ""), ("13%", "셋"), strict=True):
        ((kind, text),) = data.items()
        assert scrapbook["name"] == name and kind == f"{scrapbook['mime_prefix']}text/plain"
        assert format_plain_text(text, spec) == said


def test_what_only_the_press_knows_goes():
    text = "# 말\n\n```{terms}\n```\n\n```{terms}\n:list:\n```\n\n```{toctree}\n:hidden:\na\n```\n\n```{cover}\n```\n\nsaid {ko}`배`.\n"
    assert peer.adapted(text, "en", "```{glossary}\nloss\n  What.\n```\n").split() == "# 말 ```{glossary} loss What. ``` said 배.".split()


def test_the_toctrees_of_the_book_become_parts():
    parts = peer.contents((ROOT / "book" / "index.md").read_text("utf8"))
    files = [entry["file"] for part in parts for entry in part["chapters"]]
    assert len(files) == len(set(files)) and "components/loss" in files and "bibliography" in files
    assert all((ROOT / "book" / f"{file}.md").exists() for file in files)
    assert [part for part in parts if {"file": "components/loss"} in part["chapters"]][0]["numbered"] is True


def test_references_to_chapters_that_are_left_out_become_text_and_others_stay():
    gone, labels = {"tasks/pose", "milestones/gan"}, {"eq-pose", "fig-pose"}
    text = "{eq}`eq-pose`, {numref}`fig-pose`, {eq}`eq-loss`, {doc}`../milestones/gan`, {doc}`끝 <pose>`, {doc}`data`"
    assert books.unlinked(text, "tasks", gone, labels) == "`eq-pose`, `fig-pose`, {eq}`eq-loss`, `../milestones/gan`, 끝, {doc}`data`"
    tree = "```{toctree}\n:numbered:\n\ntasks/pose\n{}```\n"
    assert books.unlinked(tree.replace("{}", ""), ".", gone, labels) == ""
    assert books.unlinked(tree.replace("{}", "tasks/data\n"), ".", gone, labels) == "```{toctree}\n:numbered:\n\ntasks/data\n```\n"


def test_labels_of_every_kind_are_found():
    text = "(a)=\n# A\n\n```{list-table} B\n:name: tab-b\n```\n\n```{exercise}\n:label: ex-c\n```\n\n$$\nx\n$$ (eq-d)\n"
    assert books.defined(text) == {"a", "tab-b", "ex-c", "eq-d"}


@pytest.fixture
def small(tmp_path):
    r"""A book of two chapters, of which one uses the other's module through a third."""
    files = {
        "book/part/one.md": "# 하나\n\n글이다.\n\n```{code-cell}\nfrom deepbook.part.one import add\n```\n",
        "book/part/two.md": "# 둘\n\n```{code-cell}\n---\ntags: [hide-input]\n---\nimport deepbook.both\n```\n",
        "book/part/three.md": "# 셋\n\n```{code-cell}\nfrom deepbook import other\n```\n",
        "locales/en/LC_MESSAGES/part/one.po": 'msgid "하나"\nmsgstr "One"\n\nmsgid "글이다."\nmsgstr "Words."\n',
        "code/deepbook/__init__.py": "",
        "code/deepbook/other.py": "",
        "code/deepbook/both.py": "from deepbook.part import one\n",
        "code/deepbook/part/__init__.py": "",
        "code/deepbook/part/one.py": 'def _hidden():\n    pass\n\n\ndef add(a, b):\n    """Add."""\n    return a + b\n',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf8")
    return tmp_path


def test_a_changed_function_computes_the_same_and_its_users_are_known(small):
    module = books.module_of(small, "part/one")
    before = ast.dump(ast.parse(module.read_text("utf8")))
    assert books.alter(module) == "add"
    assert ast.dump(ast.parse(module.read_text("utf8"))) != before
    names: dict = {}
    exec(module.read_text("utf8"), names)
    assert names["add"](1, 2) == 3
    assert books.users(small, module) == ["part/one", "part/two"]


def test_a_paragraph_grows_in_both_languages(small):
    for count in (1, 2):
        books.lengthen(small, "part/one", count)
    assert "\n\n글이다. 그래서 1번째 문장을 덧붙인다. 그래서 2번째 문장을 덧붙인다.\n\n" in (small / "book/part/one.md").read_text("utf8")
    words = (small / "locales/en/LC_MESSAGES/part/one.po").read_text("utf8")
    assert 'msgstr "Words. So sentence number 1 is added. So sentence number 2 is added."' in words


@pytest.mark.parametrize("n", [1, 5])
def test_a_generated_chapter_is_translated_whole(n):
    text = generated.chapter(n)
    assert ("{code-cell}" in text) == (n == 5)
    assert not HANGUL.search(translate(text, lambda message: generated.english(message.id)))
    assert len(messages(text)) > 2 * generated.SECTIONS


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_exponent_of_a_power_is_found(power):
    sizes = [15, 30, 60, 120]
    assert report.exponent(sizes, [3 * size**power for size in sizes]) == pytest.approx(power)


def test_the_exponent_wants_as_many_values_as_sizes():
    with pytest.raises(ValueError, match="2 sizes and 1 values"):
        report.exponent([1, 2], [1])


def took(seconds, **more):
    return {"seconds": seconds, "megabytes": 100, **more}


def editions(seconds):
    return {f"{language} {builder}": took(seconds, ran=2) for language in ("ko", "en") for builder in ("html", "pdflatex")}


FOUND = {
    "chapters": ["part/one", "part/two"],
    "a": {
        "press html": took(12, floor=9.6, cells=10.2, figures=1.2, pages=0.6),
        "press book": took(20, floor=10, cells=12, figures=4, pages=4),
        "default": editions(25),
        "cache": editions(5),
    },
    "b": {"press book": took(1), "cache": editions(2)},
    "c": {"press html": took(4), "cache": {"ko": took(2), "en": took(3)}},
    "d": {"changed": "one.py, add", "affected": ["part/one"], "press html": took(3, ran=["part/one"]), "cache": took(2, ran=0)},
    "e": {name: {code: {"x.html": {"bytes": size, "elsewhere": n}} for code in ("ko", "en")} for name, size, n in [("press", 2, 0), ("jupyter-book", 10, 3)]},
    "f": {"press": {"10": took(1), "20": took(2)}, "jupyter-book": {"10": took(1), "20": took(4)}},
}  # fmt: skip


def test_the_table_says_what_was_met_and_what_was_missed():
    rows = report.rows(FOUND)
    wanted = [("1.25", True), ("0.20", True), ("1.00", False), ("0.125", True), ("2.00", False), ("", True), ("0.20", True), ("", True)]
    assert [(row.ratio, row.met) for row in rows if row.target] == wanted
    text = report.table(rows)
    assert text.count("missed") == 2 and text.count(" met") == 6
    assert "(starting kernels and waiting for the last 5%, figures 10%, pages 5%)" in text
    assert "8 chapters run" in text and "0 of 1" in text and "3 files of other hosts" in text
    assert len(report.markdown(rows).split("\n")) == len(rows) + 2


def test_a_stage_that_has_not_run_has_no_row():
    assert report.rows({}) == []
    assert [row.met for row in report.rows({"b": FOUND["b"]})] == [True]


def test_what_there_is_is_drawn(tmp_path):
    for found in (FOUND, {"b": FOUND["b"]}, {}):
        report.plot(found, tmp_path / "press")
        assert (tmp_path / "press.png").stat().st_size > 1000 and (tmp_path / "press.svg").exists()


def test_a_command_is_timed_with_its_children_and_a_failure_is_told(tmp_path):
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'x = bytearray(200_000_000); import time; time.sleep(2)'])"
    took = measure.timed([sys.executable, "-u", "-c", f"print('begun'); {child}; print('ended')"], tmp_path, dict(os.environ))
    assert took.seconds > 2 and took.memory > 200_000_000 and took.said == "begun\nended\n"
    assert took.when("begun") < 2 < took.when("ended") and took.when("nothing") == 0
    with pytest.raises(SystemExit, match="no such luck"):
        measure.timed([sys.executable, "-c", "raise SystemExit('no such luck')"], tmp_path, dict(os.environ))


def test_every_package_of_jupyter_book_is_pinned_with_a_hash():
    from press.pins import locked

    pinned, loose = locked(peer.PINS.read_text("utf8"))
    assert not loose and pinned["jupyter-book"].startswith("1.") and "sphinx-exercise" in pinned
