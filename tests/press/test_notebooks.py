r"""Notebooks: plain Markdown, the same code in both languages, and a run without the press that prints the same."""

from __future__ import annotations

import ast
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from docutils import nodes
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from matplotlib.image import imread

from press import ROOT, PressError, notebooks
from press.literals import HANGUL
from press.markdown import display, escape, nest
from press.pages import Page

PAGES = ("part/first", "part/second", "part/third")
MYST = re.compile(r"\{[a-z][\w:-]*\}`|^\s*`{3,}\{|^\s*:{3,}|^\([\w-]+\)=|\{glue|^%|\((?:으|이)\)[로다]|을\(를\)|이\(가\)", re.MULTILINE)

THIRD = r"""(third)=
# 모든 것

{glue:text}`third_count`을(를) 세고 [그 집](https://example.org/a)에서 {ref}`first-numbers`을(를) 본다. 1~3개에 $5는 \*별\*이다.

```{code-cell}
third_count = 3
```

숨은 셀 앞의 글.

```{code-cell}
:tags: [remove-cell]
assert third_count == 3
```

숨은 셀 뒤의 글. {numref}`tab-third`와 {numref}`code-third`, {cite:t}`huber1964robust`.

```{literalinclude} ../../code/deepbook/part/first.py
:pyobject: square
```

```{code-block} python
:name: code-third
:caption: 보기 하나
x = "`"
```

1. 하나

   $$
   a \\
   b
   $$

2. 둘
   - 안쪽 `a|b`

\begin{align*}
a &= b \\
c &= d
\end{align*}

```{list-table} 막대가 든 표
:name: tab-third
:header-rows: 1

* - 이름
  - $|x|$
* - `a|b`
  - 하나|둘
```

:::{dropdown} 펼치기
접힌 글.
:::

```{exercise} 둘째
:label: ex-third-1
풀어라.
```

```{solution-start} ex-third-1
:label: sol-third-1
```
먼저 센다.
```{code-cell}
print(third_count + 1)
third_count
```
그리고 잰다.
```{code-cell}
:tags: [timing]
import time

print(time.time())
```
```{code-cell}
:tags: [remove-cell]
assert third_count == 3
```
```{solution-end}
```

(third-more)=
## 끝

{ko}`손실`이라 한다.
"""
ENGLISH = {
    "모든 것": "Everything",
    "{glue:text}`third_count`을(를) 세고 [그 집](https://example.org/a)에서 {ref}`first-numbers`을(를) 본다. 1~3개에 $5는 \\*별\\*이다.":
        "We count {glue:text}`third_count` and see {ref}`first-numbers` in [that house](https://example.org/a). "
        "From 1~3 for $5 it is a \\*star\\*.",
    "숨은 셀 앞의 글.": "Before the hidden cell.",
    "숨은 셀 뒤의 글. {numref}`tab-third`와 {numref}`code-third`, {cite:t}`huber1964robust`.":
        "After the hidden cell. {numref}`tab-third` and {numref}`code-third`, {cite:t}`huber1964robust`.",
    "보기 하나": "An example",
    "하나": "One",
    "둘": "Two",
    "안쪽 `a|b`": "Inside `a|b`",
    "막대가 든 표": "A table with bars",
    "이름": "Name",
    "하나|둘": "one|two",
    "펼치기": "Unfold",
    "접힌 글.": "Folded.",
    "둘째": "Second",
    "풀어라.": "Solve it.",
    "먼저 센다.": "First count.",
    "그리고 잰다.": "Then time it.",
    "끝": "The End",
    "{ko}`손실`이라 한다.": "In Korean {ko}`손실`.",
}  # fmt: skip
INSTALL = """
def setup(app):
    def page(app, pagename, templatename, context, doctree):
        if pagename == "part/first":
            from pathlib import Path

            import nbformat

            from press import notebooks

            made = notebooks.notebook(app, pagename, doctree, install="%pip install deepbook")
            Path(app.outdir, "installed.ipynb").write_text(nbformat.writes(made), "utf8")

    app.connect("html-page-context", page)
"""


def sphinx(book: Path, language: str, out: str, *more: str) -> Path:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-n", "-b", "html", "-c", ".", "-D", f"language={language}"]
    result = run(book, [*command, *more, "-d", f"_build/{out}-trees", "book", f"_build/{out}"])
    assert result.returncode == 0, result.stderr
    return book / "_build" / out


def run(book: Path, command: list[str]) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(book / "code"), "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "1767225600"}
    return subprocess.run(command, cwd=book, env=environment, capture_output=True, text=True, encoding="utf8")


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    r"""The sample book with one more chapter, which uses all that a chapter may hold; written by two processes at a time."""
    book = tmp_path_factory.mktemp("book")
    for name in ("conf.py", "package.json"):
        shutil.copy(ROOT / name, book)
    shutil.copytree(ROOT / "code", book / "code", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copytree(ROOT / "tests" / "press" / "sample", book, dirs_exist_ok=True)
    for name in ("_static", "_templates"):
        shutil.copytree(ROOT / "book" / name, book / "book" / name)
    (book / "node_modules").symlink_to(ROOT / "node_modules")
    (book / "book/part/third.md").write_text(THIRD, "utf8")
    index = book / "book/index.md"
    index.write_text(index.read_text("utf8").replace("part/second\n", "part/second\npart/third\n"), "utf8")
    catalogue = Catalog(locale="en")
    for korean, english in ENGLISH.items():
        catalogue.add(korean, english)
    with open(book / "locales/en/LC_MESSAGES/part/third.po", "wb") as file:
        write_po(file, catalogue)
    with open(book / "conf.py", "a", encoding="utf8") as conf:
        conf.write(INSTALL)
    result = run(book, [sys.executable, "-c", "from press import runs; runs.all_runs()"])
    assert result.returncode == 0, result.stderr
    for language in ("ko", "en"):
        sphinx(book, language, language, "-j", "2")
    return book


def read(book: Path, language: str, page: str) -> nbformat.NotebookNode:
    return nbformat.read(book / "_build" / language / "notebooks" / f"{page}.ipynb", 4)


def prose(notebook) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shape(source: str) -> str:
    r"""Code without comments and without what its strings say."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


# -- what a notebook holds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_notebook_is_valid_and_plain(book, language, page):
    notebook = read(book, language, page)
    nbformat.validate(notebook)
    assert (notebook.metadata.lang, notebook.metadata.kernelspec.name) == (language, "python3")
    assert not MYST.search(prose(notebook)), MYST.search(prose(notebook))
    assert "press" not in "".join(cell.source for cell in code(notebook))
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))


def test_no_notebook_for_a_page_without_code(book):
    assert not (book / "_build/ko/notebooks/index.ipynb").exists()


@pytest.mark.parametrize("page", PAGES)
def test_editions_hold_the_same_code_and_output(book, page):
    korean, english = read(book, "ko", page), read(book, "en", page)
    assert [(cell.id, cell.cell_type) for cell in korean.cells] == [(cell.id, cell.cell_type) for cell in english.cells]
    for ours, theirs in zip(code(korean), code(english), strict=True):
        assert shape(ours.source) == shape(theirs.source)
        assert ours.metadata == theirs.metadata
        assert notebooks.printed(ours) == notebooks.printed(theirs)
    source = (book / "book" / f"{page}.md").read_text("utf8")
    assert len(code(korean)) == source.count("```{code-cell}") > 0


@pytest.mark.parametrize("page", PAGES)
def test_english_holds_no_hangul(book, page):
    notebook = read(book, "en", page)
    unmarked = re.sub(r'<span lang="ko">.*?</span>', "", prose(notebook))
    assert not HANGUL.search(unmarked)
    assert not HANGUL.search("".join(cell.source for cell in code(notebook) if "korean-data" not in cell.metadata.get("tags", ())))
    assert HANGUL.search(prose(read(book, "ko", page)))


def test_numbers_references_and_particles_are_written_in(book):
    text = prose(read(book, "ko", "part/first"))
    assert "# 1. 손실 재기" in text and "## 1.1. 값" in text
    assert "손실은 9가 되고 학습률은 0.5가 된다. 그림 1.1을 보면 식 (1.1)과 같다." in text
    assert "**그림 1.1** 손실 곡선. $x$가 커지면 빠르게 커진다." in text
    assert "\\text{그 밖의 경우} \\end{cases}\n\\tag{1.1}\n$$" in text
    assert "둘째 **항목**이다<sup>1</sup>\n\n  > 인용한 글" in text and "<sup>1</sup> 각주의 글." in text
    assert "### 연습문제 1.1" in text and "### 풀이 1.1\n\n이렇게 한다." in text
    assert "**Figure 1.1** The loss curve: it grows fast with $x$." in prose(read(book, "en", "part/first"))


def test_what_is_cited_is_listed_at_the_end(book):
    first, second = read(book, "en", "part/first"), read(book, "en", "part/second")
    assert re.search(r"See Huber [(\[]1964[)\]]", prose(first))
    assert first.cells[-1].source.startswith("## References\n\n- Peter J. Huber. Robust estimation")
    assert "*The Annals of Mathematical Statistics*" in first.cells[-1].source
    assert "References" not in prose(second)


def test_blocks_of_every_kind(book):
    text = prose(read(book, "en", "part/third"))
    for block in [
        "# 3. Everything\n\nReading the chapter and running its cells takes about 10 minutes.\n\nWe count 3 and see Values in [that house](https://example.org/a). From 1\\~3 for \\$5 it is a \\*star\\*.",
        '```python\ndef square(x: float) -> float:\n    r"""Return the square."""\n    return x * x\n```',
        '**Listing 3.1** An example\n\n```python\nx = "`"\n```',
        "1. One\n\n   $$\\begin{aligned}a \\\\ b\\end{aligned}$$\n\n2. Two\n\n   - Inside `a|b`",
        "$$\n\\begin{aligned}a &= b \\\\\nc &= d\\end{aligned}\n$$",
        "**Table 3.1** A table with bars\n\n| Name | $\\vert{}x\\vert{}$ |\n| --- | --- |\n| `a\\|b` | one\\|two |",
        "**Unfold**\n\nFolded.",
        'In Korean <span lang="ko">손실</span>.',
    ]:
        assert block in text
    assert "After the hidden cell. Table 3.1 and Listing 3.1, Huber" in text


def test_hidden_cells_stand_where_the_source_has_them(book):
    cells = read(book, "en", "part/third").cells
    hidden = next(n for n, cell in enumerate(cells) if "remove-cell" in cell.metadata.get("tags", ()))
    assert cells[hidden - 1].source == "Before the hidden cell."
    assert cells[hidden + 1].source.startswith("After the hidden cell.")
    kinds = [(cell.cell_type, cell.source.split("\n")[0]) for cell in cells[hidden + 2 :]]
    assert kinds == [
        ("markdown", "## Exercise 3.1 (Second)"),
        ("markdown", "## Solution 3.1"),
        ("code", "print(third_count + 1)"),
        ("markdown", "Then time it."),
        ("code", "import time"),
        ("code", "assert third_count == 3"),
        ("markdown", "## 3.1. The End"),
        ("markdown", "## References"),
    ]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_figure_is_a_picture_on_white_with_its_alternative(book, language):
    import base64

    output = code(read(book, language, "part/first"))[1].outputs[0]
    alt = {"ko": "아래로 볼록한 곡선 하나.", "en": "One convex curve."}[language]
    assert set(output.data) == {"image/png", "text/plain"}
    assert output.data["text/plain"] == output.metadata["image/png"]["alt"] == alt
    picture = imread(io.BytesIO(base64.b64decode(output.data["image/png"])))
    assert picture[0, 0].tolist() == [1, 1, 1, 1]
    assert picture.shape[1] == pytest.approx(1.5 * output.metadata["image/png"]["width"], abs=1)


def test_pictures_differ_by_language(book):
    korean, english = (code(read(book, language, "part/first"))[1].outputs[0].data["image/png"] for language in ("ko", "en"))
    assert korean != english


def test_install_cell_comes_first(book):
    installed, plain = nbformat.read(book / "_build/ko/installed.ipynb", 4), read(book, "ko", "part/first")
    assert installed.cells[0].source == "%pip install deepbook"
    assert [cell.source for cell in installed.cells[1:]] == [cell.source for cell in plain.cells]


# -- builds ----------------------------------------------------------------------------------------------------------


def test_another_build_writes_the_same_bytes(book):
    again = sphinx(book, "en", "again", "-j", "1")
    for page in PAGES:
        assert (again / f"notebooks/{page}.ipynb").read_bytes() == (book / f"_build/en/notebooks/{page}.ipynb").read_bytes()


def test_an_untouched_page_keeps_its_notebook(book):
    notebooks_of = {page: book / f"_build/en/notebooks/{page}.ipynb" for page in PAGES}
    for path in notebooks_of.values():
        os.utime(path, (0, 0))
    catalogue = book / "locales/en/LC_MESSAGES/part/second.po"
    before = catalogue.read_text("utf8")
    catalogue.write_text(before.replace("The chapter before is", "The previous chapter is"), "utf8")
    try:
        sphinx(book, "en", "en", "-j", "2")
        assert "The previous chapter is" in prose(read(book, "en", "part/second"))
        assert [path.stat().st_mtime == 0 for path in notebooks_of.values()] == [True, False, True]
    finally:
        catalogue.write_text(before, "utf8")
        sphinx(book, "en", "en", "-j", "2")


def test_links_are_absolute_where_the_address_is_known(book):
    sphinx(book, "en", "published", "-D", "html_baseurl=https://example.org/en/")
    text = prose(nbformat.read(book / "_build/published/notebooks/part/second.ipynb", 4))
    assert "[Values](https://example.org/en/part/first.html#first-numbers)" in text
    assert "](" not in prose(read(book, "en", "part/second"))


# -- running again ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alone(book, tmp_path_factory) -> dict:
    r"""An environment whose path holds a copy of ``deepbook`` and nothing of the press."""
    path = tmp_path_factory.mktemp("alone")
    shutil.copytree(book / "code" / "deepbook", path / "deepbook")
    return {"PYTHONPATH": str(path)}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_notebook_runs_without_the_press_and_prints_the_same(book, alone, language, page):
    path = book / "_build" / language / "notebooks" / f"{page}.ipynb"
    timed = sum("timing" in cell.metadata.get("tags", ()) for cell in code(read(book, language, page)))
    assert timed == (page == "part/third")
    assert notebooks.check(path, environment=alone) == len(code(read(book, language, page))) - timed


def make(path: Path, *cells) -> Path:
    made = []
    for n, (source, text, metadata) in enumerate(cells):
        outputs = [nbformat.v4.new_output("stream", text=text)] if text else []
        made.append(nbformat.v4.new_code_cell(source, id=f"code-{n}", outputs=outputs, metadata=metadata))
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    return path


def test_check_says_which_cell_prints_something_else(tmp_path):
    path = make(tmp_path / "a.ipynb", ("print(1)", "1\n", {}), ("print('a')\nprint('b')", "a\nc\n", {}), ("print(2)", "", {}))
    with pytest.raises(PressError) as error:
        notebooks.check(path)
    message = str(error.value)
    assert "cell 1 " not in message and "tag it `timing`" in message
    assert "cell 2 (code-1), line 2 of what it prints:\n  expected 'c'\n  came     'b'" in message
    assert "cell 3 (code-2), line 1 of what it prints:\n  expected ''\n  came     '2'" in message


def test_check_leaves_the_clock_alone(tmp_path):
    assert notebooks.check(make(tmp_path / "a.ipynb", ("print(1)", "2\n", {"tags": ["timing"]}), ("print(3)", "3\n", {}))) == 1


def test_check_refuses_the_press(tmp_path):
    with pytest.raises(PressError, match=r"cell 1 \(code-0\) failed outside the book(?s:.*)import press"):
        notebooks.check(make(tmp_path / "a.ipynb", ("import press.runs", "", {})))


def test_check_leaves_no_kernel_behind(tmp_path):
    path = make(tmp_path / "a.ipynb", (f"import os\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()));", "", {}))
    notebooks.check(path)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_check_stops_a_cell_that_does_not_end(tmp_path):
    with pytest.raises(PressError, match=r"cell 1 \(code-0\) ran longer than 2 s"):
        notebooks.check(make(tmp_path / "a.ipynb", ("while True: pass", "", {})), seconds=2)


def test_command_goes_on_after_a_fault(tmp_path, capsys):
    good, bad = make(tmp_path / "good.ipynb", ("print(1)", "1\n", {})), make(tmp_path / "bad.ipynb", ("print(1)", "2\n", {}))
    assert notebooks.main(["check", str(bad), str(tmp_path / "missing.ipynb"), str(good)]) == 1
    out, err = capsys.readouterr()
    assert "good.ipynb: 1 cells" in out and "bad.ipynb: cell 1" in err and "missing.ipynb" in err


# -- Markdown --------------------------------------------------------------------------------------------------------


def rendered(markdown: str) -> str:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return parser.render(markdown)


@given(st.text(alphabet="ab가1 \\`*_[]()<>!#+-=.:&;~|$/", max_size=12))
def test_escaped_text_is_shown_as_it_is(text):
    page = Page(SimpleNamespace(env=None, config=None), "a/b", nodes.document(None, None), [])
    words = " ".join(text.split())
    paragraph = nodes.paragraph("", words)
    html = rendered(page.block_paragraph(paragraph))
    expected = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert html == (f"<p>{expected}</p>\n" if words else "")


def test_dollars_are_escaped():
    assert escape("$5") == r"\$5"


@pytest.mark.parametrize(
    "tex, number, expected",
    [
        ("x", "", "$$\nx\n$$"),
        ("x\n\n+ y\n", "1.2", "$$\nx\n+ y\n\\tag{1.2}\n$$"),
        (r"a \\ b", "", "$$\n\\begin{aligned}a \\\\ b\\end{aligned}\n$$"),
        (r"\begin{equation}x\end{equation}", "2", "$$\nx\n\\tag{2}\n$$"),
        (r"\begin{gather*}x\end{gather*}", "", "$$\n\\begin{gathered}x\\end{gathered}\n$$"),
        (r"\begin{cases} a \\ b \end{cases}", "", "$$\n\\begin{cases} a \\\\ b \\end{cases}\n$$"),
    ],
)
def test_display(tex, number, expected):
    assert display(tex, number) == expected


def test_nested_maths_stays_on_one_line():
    assert nest(["a", "$$\nx\ny\n$$"], "> ", "> ") == "> a\n>\n> $$x y$$"


def fake(*children: nodes.Node, code=()) -> Page:
    tree = nodes.document(SimpleNamespace(debug=False), None)
    tree.extend(children)
    return Page(SimpleNamespace(env=None, config=None), "part/x", tree, list(code))


def test_unknown_block_is_refused_with_its_place():
    block = nodes.pending(None)
    block.line = 7
    with pytest.raises(PressError, match=r"book/part/x.md:7: a notebook cannot show a pending"):
        list(fake().flow([block]))


def test_cells_of_page_and_source_must_agree():
    with pytest.raises(PressError, match="the page shows 0 cells, its source 1"):
        fake(code=[(1, "1 + 1", {})])


def test_cell_inside_a_list_is_refused():
    cell = nodes.container(nb_element="cell_code", cell_index=0)
    items = nodes.bullet_list("", nodes.list_item("", cell))
    with pytest.raises(PressError, match="a code cell stands inside a list_item"):
        list(fake(items, code=[(1, "1 + 1", {})]).flow([items]))
