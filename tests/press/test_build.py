r"""The sample book through the command line: one run, four editions, and no more work than a change asks for."""

import ast
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from press import weight

PAGES = ["index", "bibliography", "part/first", "part/second", "part/forms"]
CODE = ["part/first", "part/second", "part/forms"]
SHARED = re.compile(r"(^|/)(status\.json|searchindex\.js|objects\.inv)$")  # these hold something of every page


class Reader(HTMLParser):
    r"""The ids of a page, and its text with the language in which each piece is marked."""

    def __init__(self, page: str):
        super().__init__()
        self.ids, self.texts, self.stack = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        language = attributes.get("lang", self.stack[-1][1] if self.stack else None)
        if tag not in ("meta", "link", "img", "br", "hr", "input", "col", "path", "use", "rect"):
            self.stack.append((tag, language))
        self.texts += [
            (language, value)
            for name, value in attributes.items()
            if name in ("alt", "title", "aria-label", "content", "placeholder") and value
        ]

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self.stack and self.stack[-1][0] not in ("script", "style"):
            self.texts.append((self.stack[-1][1], data))


def ran(said: str) -> list[str]:
    r"""Return the chapters that a build says it ran."""
    return sorted(re.findall(r"^\[\d+/\d+\] ran (\S+) in", said, re.M))


def notebook(book, language: str, page: str) -> list[dict]:
    return json.loads(book.page(f"{language}/notebooks/{page}.ipynb"))["cells"]


def shape(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
        elif isinstance(node, ast.JoinedStr):
            node.values = sorted((v for v in node.values if isinstance(v, ast.FormattedValue)), key=ast.dump)
    return ast.dump(tree)


def plain(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", "", page).split())


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name) and not SHARED.search(name)}


def test_a_build_leaves_every_path_of_the_design(built):
    wanted = {"index.html", "status.json", *(f"{lang}/{page}.html" for lang in ("ko", "en") for page in PAGES)}
    wanted |= {f"{lang}/notebooks/{page}.ipynb" for lang in ("ko", "en") for page in CODE}
    assert wanted <= built.pages().keys()
    assert {name for name in built.pages() if name.endswith(".ipynb")} == {name for name in wanted if name.endswith(".ipynb")}


def test_each_chapter_was_run_once_for_all_editions(built):
    assert ran(built.read("said")) == sorted(CODE)


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_ids(built, page):
    korean, english = (Reader(built.page(f"{lang}/{page}.html")).ids for lang in ("ko", "en"))
    assert korean == english and len(set(korean)) == len(korean)
    assert not re.search("[가-힣]", "".join(korean))


@pytest.mark.parametrize("page", PAGES)
def test_english_pages_have_no_hangul_outside_what_is_marked(built, page):
    texts = Reader(built.page(f"en/{page}.html")).texts
    assert [text.strip() for language, text in texts if language != "ko" and re.search("[ㄱ-ㆎ가-힣]", text)] == []
    assert any(language == "en" for language, _ in texts)


@pytest.mark.parametrize("page", CODE)
def test_both_languages_have_the_same_cells_and_outputs(built, page):
    korean, english = ([c for c in notebook(built, lang, page) if c["cell_type"] == "code"] for lang in ("ko", "en"))
    assert [shape("".join(c["source"])) for c in korean] == [shape("".join(c["source"])) for c in english]
    prints = [[o.get("text") for c in cells for o in c["outputs"]] for cells in (korean, english)]
    assert prints[0] == prints[1]


def test_the_numbers_of_the_prose_are_those_of_the_run_in_both_languages(built):
    assert "손실은 9가 되고 학습률은 0.5가 된다." in plain(built.page("ko/part/first.html"))
    assert "The loss is 9 and the learning rate 0.5." in plain(built.page("en/part/first.html"))
    assert "너비는 0.50이다" in plain(built.page("ko/part/forms.html"))
    for lang in ("ko", "en"):
        assert "loss 9.0" in "".join(str(c.get("outputs")) for c in notebook(built, lang, "part/first"))


def test_particles_after_references_are_settled_by_what_they_show(built):
    text = plain(built.page("ko/part/first.html"))
    assert re.search(r"그림 \d[\d.]*[을를] 보면 식 \([\d.]+\)[과와] 같다", text)
    assert "(을)" not in text and "을(를)" not in text and "이(가)" not in text


def test_code_and_figures_are_in_the_language_of_the_page(built):
    assert "# 학습률" in built.page("ko/part/first.html") and "# learning rate" in built.page("en/part/first.html")
    pictures = {lang: set(re.findall(r'src="[./]*(_images/[^"]+\.svg)"', built.page(f"{lang}/part/first.html"))) for lang in ("ko", "en")}
    assert all(len(names) == 2 for names in pictures.values()) and not pictures["ko"] & pictures["en"]


def test_tables_of_cells_are_in_the_language_of_the_page(built):
    for lang, words in {"ko": ["이름", "값", "너비 0.50"], "en": ["Name", "Value", "a width of 0.50"]}.items():
        page, rows = built.page(f"{lang}/part/forms.html"), notebook(built, lang, "part/forms")
        table = next(t for t in re.findall(r"(?s)<table.*?</table>", page) if words[2] in t)
        assert all(re.search(rf"<t[hd][^>]*><p>{word}</p>", table) for word in words) and 'class="katex"' in table
        assert any(
            f"| {words[2]} |" in "".join(o["data"]["text/markdown"])
            for c in rows
            for o in c.get("outputs", [])
            if "data" in o and "text/markdown" in o["data"]
        )


def test_a_second_build_runs_nothing_and_changes_nothing(book):
    before = book.pages()
    assert "nothing has changed" in book.made("html")
    (book.root / "_build" / "site.stamp").unlink()
    said = book.made("html")
    assert ran(said) == [] and "drew" not in said
    assert {n for n in before.keys() | book.pages().keys() if before.get(n) != book.pages().get(n)} == set()


def test_a_book_has_both_pdfs_and_is_the_same_byte_for_byte_in_another_folder(book, another):
    drawn = book.root / "_build" / "figures"
    assert list(drawn.glob("*/*.svg")) and not list(drawn.glob("*/*.pdf"))  # no HTML waits for what only a PDF shows
    book.made("book")
    assert len(list(drawn.glob("*/*.pdf"))) == len(list(drawn.glob("*/*.png")))
    for language, title in {"ko": "손실 재기", "en": "Measuring a Loss"}.items():
        pdf = book.site / "pdf" / f"deep-learning-{language}.pdf"
        assert pdf.read_bytes().startswith(b"%PDF-")
        assert title in subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=True).stdout
        assert f"../../pdf/deep-learning-{language}.pdf" in book.page(f"{language}/part/first.html")
    another.made("book", LC_ALL="C", LANG="C", TZ="Asia/Seoul", PYTHONHASHSEED="7", COLUMNS="40")
    ours, theirs = book.pages(), another.pages()
    assert ours.keys() == theirs.keys()
    assert {name for name in ours if ours[name] != theirs[name]} <= {"status.json"}  # seconds alone, which are wall-clock values
    rows = [{chapter: row | {"seconds": 0} for chapter, row in json.loads(pages["status.json"]).items()} for pages in (ours, theirs)]
    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("book/part/first.md", "예측이 틀린 정도다", "예측이 빗나간 정도다"),
        ("book/part/first.md", "빠르게 커진다", "빨리 커진다"),
        ("book/part/first.md", "# 학습률", "# 배우는 속도"),
        ("code/deepbook/part/first.py", 'r"""Return the square."""', 'r"""Return the square of a number."""'),
        ("locales/en/LC_MESSAGES/part/first.po", "prediction", "forecast"),
        ("code/press/editions.py", '"풀이"', '"해답"'),
    ],
    ids=["prose", "caption", "comment", "docstring", "translation", "words of the theme"],
)
def test_what_computes_nothing_runs_nothing(book, file, old, new):
    book.change(file, old, new)
    assert ran(book.made("execute")) == []


def test_a_changed_function_runs_the_chapters_that_use_it_and_the_prose_follows(book):
    book.change("code/deepbook/part/first.py", "return x * x", "return x * x + 1")
    before = book.pages()
    assert ran(book.made("html")) == ["part/first"]
    assert "손실은 10이 되고 학습률은 0.5가 된다." in plain(book.page("ko/part/first.html"))  # 9가, but 10이
    assert "The loss is 10 and the learning rate 0.5." in plain(book.page("en/part/first.html"))
    pages = {name for name in changed(before, book.pages()) if name.endswith((".html", ".ipynb"))}
    assert pages == {f"{lang}/{name}" for lang in ("ko", "en") for name in ("part/first.html", "notebooks/part/first.ipynb")}


def test_execute_runs_the_chapters_that_it_is_given(book):
    for chapter in ("part/second", "part/forms"):
        book.add(chapter, "```{code-cell}\nmore = 1\n```")
    assert ran(book.made("execute", "part/forms")) == ["part/forms"]
    assert ran(book.made("execute")) == ["part/second"]


def test_a_corrected_translation_changes_that_english_page_alone(book):
    before = book.pages()
    book.change("locales/en/LC_MESSAGES/part/second.po", "The chapter before is", "The chapter before this one is")
    said = book.made("html")
    assert ran(said) == [] and "drew" not in said
    assert changed(before, book.pages()) == {"en/part/second.html", "en/notebooks/part/second.ipynb", "en/searchtext/part/second.js"}
    assert "The chapter before this one is" in plain(book.page("en/part/second.html"))


def test_a_corrected_label_changes_that_english_page_and_its_figure_alone(book):
    before = book.pages()
    book.change("locales/en/LC_MESSAGES/part/first.po", 'msgstr "prediction"', 'msgstr "forecast"')
    said = book.made("html")
    assert ran(said) == [] and "drew 1 figures" in said
    difference = changed(before, book.pages())
    pictures = {name for name in difference if name.startswith("en/_images/")}
    assert difference - pictures == {"en/part/first.html", "en/notebooks/part/first.ipynb"}
    assert len(pictures & before.keys()) == len(pictures & book.pages().keys()) == 2  # light and dark, the old ones gone


def test_changed_prose_changes_both_pages(book):
    before = book.pages()
    for name in ("book/part/second.md", "locales/en/LC_MESSAGES/part/second.po"):
        book.change(name, "앞 장은", "바로 앞 장은")
    assert ran(book.made("html")) == []
    assert changed(before, book.pages()) == {"ko/part/second.html", "ko/notebooks/part/second.ipynb", "ko/searchtext/part/second.js"}


def retitle(book):
    for name, old, new in [("book", "## 값", "## 얻은 값"), ("locales/en/LC_MESSAGES", 'msgid "값"', 'msgid "얻은 값"')]:
        book.change(f"{name}/part/first.{'md' if name == 'book' else 'po'}", old, new)


def add_a_figure_before_the_first(book):
    figure = "```{code-cell}\n---\nmystnb:\n  figure:\n    name: fig-first-point\n    caption: MSE\n  image:\n    alt: MSE\n---\n"
    book.change("book/part/first.md", "(first-numbers)=", figure + "plt.subplots()[1].plot([1]);\n```\n\n(first-numbers)=")


def leave_a_chapter_out(book):
    (book.root / "book/part/second.md").unlink()
    book.change("book/index.md", "part/second\n", "")


def write_on(book):
    for text in ("```{index} single: MSE\n```", ":::{danger}\nMSE\n:::"):  # a word of the index, a box that no other page has
        book.add("part/second", text)
    book.add("part/second", "낱말 하나.", "One word.")


def name_things(book):
    for text in ("```{glossary}\nMSE\n  MSE\n```", "```{exercise} MSE\n:label: ex-second-1\nMSE?\n```"):
        book.add("part/second", text)


CHANGES = {
    "prose": write_on,
    "a title that others show": retitle,
    "numbers of figures": add_a_figure_before_the_first,
    "a term and an exercise": name_things,
    "a citation": lambda book: book.add("part/second", "{cite:t}`uncited2020`"),
    "one chapter less": leave_a_chapter_out,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_build_after_a_change_is_a_build_from_nothing_byte_for_byte(book, change):
    change(book)
    book.made("html")
    fast = book.pages()
    shutil.rmtree(book.root / "_build" / "work")
    (book.root / "_build" / "site.stamp").unlink()
    book.made("html")
    assert {name for name in fast.keys() | book.pages().keys() if fast.get(name) != book.pages().get(name)} == set()


def test_a_page_that_nobody_changed_is_not_written_again(book):
    pages = book.root / "_build" / "work" / "ko" / "html" / "part"
    before = {page: (pages / page).stat().st_mtime_ns for page in ("first.html", "second.html", "forms.html")}
    write_on(book)
    book.made("html")
    assert [page for page, when in before.items() if (pages / page).stat().st_mtime_ns != when] == ["second.html"]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_sphinx_alone_writes_the_same_pages(book, language, tmp_path):
    if language == "en":
        shutil.rmtree(book.root / "_build")  # and runs what was not run
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-n", "-c", ".", "-D", f"language={language}", "book", str(tmp_path / "out")]
    result = subprocess.run(command, cwd=book.root, env=book.environment(SOURCE_DATE_EPOCH="1767225600"), capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    title = {"ko": "손실 재기", "en": "Measuring a Loss"}[language]
    assert title in (tmp_path / "out/part/first.html").read_text("utf8")


def test_the_sheet_of_a_chapter_has_the_colors_of_code_in_both_themes(built):
    page = built.root / "_build" / "site" / "ko" / "part" / "first.html"
    css = (page.parent / weight.SHEET.search(page.read_text("utf8"))["href"]).resolve().read_text("utf8")
    for theme in ("light", "dark"):
        assert f'html[data-theme="{theme}"] .highlight .k {{' in css
    assert "\n.highlight .k {" not in css  # what Sphinx writes before the theme does
