r"""Whatever goes wrong, one message says what, where and the cure, and the last good site stays as it was."""

import os
import re
import subprocess
import sys

import pytest

CELL = "```{code-cell}\n%s\n```"
FILL = """\
import resource
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28,) * 2)  # a small machine
held = [bytearray(2**24) for _ in range(2**10)]"""
TABLE = "from IPython.display import Markdown\nMarkdown(%s)"
FIGURE = "from deepbook.plotting import use_book_style\nimport matplotlib.pyplot as plt\nuse_book_style()\nplt.figure().text(0, 0, %s);"


@pytest.mark.parametrize(
    ("code", "line", "what"),
    [
        ("x = 1\nx / 0", 14, r"this cell failed; mend it\n(?s:.*)ZeroDivisionError: division by zero"),
        ("x = (", 13, r"this cell failed; mend it\n(?s:.*)SyntaxError"),
        ("while True:\n    pass", 13, r"this cell ran longer than 3 s; make it smaller or raise PRESS_CELL_SECONDS\n    while True"),
        ("import os\nos._exit(1)", 13, r"the kernel died in this cell .*\n    import os"),
        ("import os\nos.kill(os.getpid(), 9)", 13, r"the kernel died in this cell \(out of memory, or a crash in native code\)"),
        (FILL, 16, r"this cell failed; mend it\n(?s:.*)MemoryError"),
        ("print(words[0])", 13, r"this cell prints Hangul \('가'\); print English, or tag the cell korean-data"),
        ("import warnings\nwarnings.warn('old')", 13, r"this cell writes to stderr; mend what it warns of:\n(?s:.*)old"),
        ("object()", 13, r"this cell shows a memory address .* which changes at every run; end it with ;"),
        ("print('x' * 200_000)", 13, r"this cell prints 200001 characters, at most 100000 are allowed; print less"),
        ("import socket\nsocket.create_connection(('192.0.2.1', 80), 5)", 14, r"(?s:.*)must not use the network, but this one asked for 192.0.2.1"),
        ("import urllib.request as u\nu.urlopen('http://example.org')", 14, r"(?s:.*)must not use the network, but this one asked for example.org"),
        (FIGURE % "'อ'", 13, r"the figure's fonts lack a character; use another character:\n(?s:.*)THAI CHARACTER O ANG"),
        (TABLE % "'| *a* | b |'", 13, r"a cell may show a table as Markdown, each line within \| and \|, the second \|---\|; it showed '\| \*a\* \| b \|'"),
        (TABLE % r"f'| {words[0]} |\n|---|'", 13, r"table text without translation: \['가'\]; give each its string literal in the cell and its msgstr"),
        (FIGURE % "words[0]", 13, r"figure text without translation: \['가'\]; give each its string literal in the cell and its msgstr"),
    ],
    ids="failing syntax slow dying killed memory Hangul stderr address long network name-lookup glyph markdown table label".split(),
)  # fmt: skip
def test_a_cell_at_fault(book, code, line, what):
    book.add("part/second", CELL % code)
    said = book.fault("html", PRESS_CELL_SECONDS="3")
    assert re.match(rf"press: book/part/second.md:{line}: {what}", said), said


@pytest.mark.parametrize(
    ("value", "role", "what"),
    [
        ("float('nan')", "spread:.2f", "spread is nan; a reported number must be finite"),
        ("1.5", "spraed:.2f", "spraed is named in prose, but the chapter's cells leave no number or string of that name"),
    ],
)
def test_a_number_that_cannot_be_reported(book, value, role, what):
    book.add("part/second", CELL % f"import torch\nspread = torch.tensor({value})")
    book.add("part/second", f"폭은 {{glue:text}}`{role}`이다.", f"The spread is {{glue:text}}`{role}`.")
    assert f"press: book/part/second.md:17: {what}" in book.fault("html")


PO = "locales/en/LC_MESSAGES/part/second.po"


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ('msgstr "Using It Again"', 'msgstr ""', "book/part/second.md:2", "not translated: '다시 쓰기'"),
        (
            'msgid "다시 쓰기"',
            '#, fuzzy\nmsgid "다시 쓰기"',
            f"{PO}:9",
            "fuzzy: the text has changed to '다시 쓰기'; correct the translation",
        ),
        ('msgid "다시 쓰기"', 'msgid "다시 읽기"', f"{PO}:9", "fuzzy: the text has changed to '다시 쓰기'"),
        ('msgstr "Using It Again"', 'msgstr "Using It Again', f"{PO}:9", "this line of a catalogue cannot be read"),
        ('msgstr "Using It Again"', 'msgstr "다시 쓰기"', f"{PO}:8", "Hangul that is not marked"),
        (
            "continue {ref}`first-numbers`",
            "continue {ref}`first-number`",
            f"{PO}:11",
            "roles: wants ['{ref}`first-numbers`'], has ['{ref}`first-number`']",
        ),
    ],
    ids="missing fuzzy renamed broken Hangul role".split(),
)
def test_a_translation_at_fault(book, old, new, where, what):
    book.change(PO, old, new)
    said = book.fault("html")
    assert f"{where}: {what}" in said and "`press messages`" in said or "restore it from git" in said, said


def lost_chapter(book):
    book.write("book/part/lost.md", "(lost)=\n# 외딴 장\n")
    book.translate("part/lost", "외딴 장", "A Lost Chapter")


FAULTS = {
    "a target that is gone": (lambda b: b.add("part/second", "{ref}`gone`을(를) 보라.", "See {ref}`gone`."), "book/part/second.md", '{ref}`gone`', "undefined label: 'gone'"),
    "an unknown page": (lambda b: b.add("part/second", "{doc}`gone`을(를) 보라.", "See {doc}`gone`."), "book/part/second.md", '{doc}`gone`', "unknown document: 'gone'"),
    "an unknown citation": (lambda b: b.add("part/second", "{cite:t}`nobody1900`이 썼다.", "{cite:t}`nobody1900` wrote."), "book/part/second.md", 'nobody1900', "nobody1900"),
    "a chapter in no toctree": (lost_chapter, "book/part/lost.md", "", "document isn't included in any toctree"),
    "a duplicate label": (lambda b: b.add("part/second", "(first-numbers)=\n## 또") or b.translate("part/second", "또", "Again"), "book/part/second.md", '## 또', "duplicate label first-numbers"),
    "maths that KaTeX cannot read": (lambda b: b.add("part/second", r"$\nonsense$ 값", r"$\nonsense$ value"), "book/part/second.md", 'nonsense', "KaTeX parse error: Undefined control sequence: \\nonsense"),
    "a directive that is not known": (lambda b: b.add("part/second", "```{notte} x\ny\n```"), "book/part/second.md", '{notte}', "Unknown directive type: 'notte'"),
    "a cell that is not at the top": (lambda b: b.add("part/second", "- x\n\n  ```{code-cell}\n  1\n  ```"), "book/part/second.md", '  ```{code-cell}', "code-cell"),
}  # fmt: skip


def said_of(book, file: str, mark: str, what: str, said: str) -> bool:
    r"""Whether a message names the file, the line that holds the mark (the file alone if there is none), and the fault."""
    lines = [f":{n}" for n, line in enumerate(book.read(file).split("\n"), 1) if mark and mark in line]
    return bool(re.search(rf"^  {re.escape(file)}({'|'.join(lines)}): .*{re.escape(what)}", said, re.M))


def test_pages_at_fault_are_at_fault_again(book):
    r"""Each fault with its file and line; and Sphinx warns of a page only when it reads it, which must not hide the fault from a second build."""
    for spoil, *_ in FAULTS.values():
        spoil(book)
    for _ in range(2):
        said = book.fault("html")
        assert str(book.root) not in said
        assert [name for name, (_, *fault) in FAULTS.items() if not said_of(book, *fault, said)] == [], said


def test_a_target_that_is_gone_in_one_language(book):
    book.change(
        "locales/en/LC_MESSAGES/part/first.po", 'msgid "손실 함수"\nmsgstr "loss function"', 'msgid "손실 함수"\nmsgstr "cost function"'
    )
    assert said_of(book, "book/part/first.md", "{term}`손실 함수`", "term not in glossary: 'loss function'", book.fault("html"))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("```{image} a.png\n:alt: 가: 나\n```", "book/part/second.md:13: these options are not YAML"),
        ("새 글.", "book/part/second.md:12: no en translation of '새 글.'; run `press messages`, then fill it in"),
        (CELL % "1 / 0", "book/part/second.md:13: this cell failed"),
    ],
)
def test_sphinx_alone_says_the_same_in_one_message(book, text, what, tmp_path):
    book.add("part/second", text)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-n", "-c", ".", "-D", "language=en", "book", str(tmp_path / "out")]
    result = subprocess.run(command, cwd=book.root, env=book.environment(), capture_output=True, text=True)
    assert result.returncode == 1 and result.stderr.startswith(f"press: {what}")
    assert result.stderr.count("press: ") == 1 and "site-packages/sphinx/" not in result.stderr


def test_without_tex_the_html_is_built_and_the_book_says_what_is_missing(book):
    before = book.pages()
    (book.root / "_build" / "site.stamp").unlink()
    said = book.fault("book", PATH="/nonexistent")
    assert "missing tools" in said and "texlive-xetex" in said and "`make html` needs no TeX" in said and "make book" in said
    book.made("html", PATH="/nonexistent")
    assert book.pages() == before


def test_without_katex_the_build_says_how_to_get_it(book):
    (book.root / "node_modules").unlink()
    assert "KaTeX: run `npm ci`" in book.fault("html")


def test_what_is_damaged_in_the_stores_is_made_again(book):
    before = book.pages()
    run, drawing = (next((book.root / "_build").glob(name)) for name in ("runs/*/*/run.json", "figures/*/en.svg"))
    run.write_text("{")
    drawing.write_bytes(drawing.read_bytes()[:100])
    (book.root / "_build" / "site.stamp").unlink()
    result = book.press("html")
    assert result.returncode == 0 and "is damaged; the chapter runs again" in result.stderr
    assert result.stdout.count("] ran ") == 1 and re.search(r"drew [12] figures", result.stdout)
    assert {name for name, data in book.pages().items() if data != before.get(name)} <= {"status.json"}


def test_pages_that_sphinx_kept_and_that_are_damaged_are_read_again(book):
    before = book.pages()
    (book.root / "_build" / "site.stamp").unlink()
    for kept in (book.root / "_build/work/ko/doctrees").rglob("*.doctree"):
        kept.write_bytes(kept.read_bytes()[:100])
    (book.root / "_build/work/en/doctrees/environment.pickle").write_bytes(b"")
    result = book.press("html")
    assert result.returncode == 0 and "what Sphinx kept of the edition in ko may be damaged; all its pages are read again" in result.stderr
    assert book.pages() == before


@pytest.mark.parametrize("moment", [0, 4e9], ids=["back", "ahead"])
def test_a_clock_that_jumps_hides_no_change(book, moment):
    book.change("book/part/second.md", "앞 장은", "바로 앞 장은")
    book.change("locales/en/LC_MESSAGES/part/second.po", "앞 장은", "바로 앞 장은")
    book.change("locales/en/LC_MESSAGES/part/second.po", "The chapter before is", "The chapter right before is")
    for name in ("book/part/second.md", "locales/en/LC_MESSAGES/part/second.po"):
        os.utime(book.root / name, (moment, moment))
    said = book.made("html")
    assert "] ran " not in said and "drew" not in said
    assert "바로 앞 장은" in book.page("ko/part/second.html") and "The chapter right before is" in book.page("en/part/second.html")
    assert book.made("html").startswith("nothing has changed")
