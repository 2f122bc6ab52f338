r"""The PDF editions: printed from the sample book and a chapter that holds what is hard to print, then read back."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from press import PressError, bootstrap, latex, listings, pdf

needs_tex = pytest.mark.skipif(bool(pdf.missing_tools()), reason=f"no TeX here: {' '.join(pdf.missing_tools())}")

CODE = '''\
def nested(values):  # 겹친 들여쓰기
    total = 0
    for value in values:
        if value > 0:
            for _ in range(value):
                total += 1
        else:
            total -= 1
    return {"total": total, 'quotes': "it's -- `so` ~ ^ \\\\ {} # $ & % _"}


found = nested([1, -2, 3])
widest_line_of_the_book = "as wide as a line of code may be: ................."'''
CHAPTER = f"""\
(code)=
# 어려운 코드

(code-cell)=
## 코드와 기호

글에 나오는 기호 δ ≤ ∑ → ∎ ½ “따옴표”, 이름 Schölkopf.

{{ref}}`다른 장의 문제 <ex-first-1>`도 보라.

```{{index}} 나눗셈
```
```{{index}} 합성곱
```
```{{index}} Adam
```
```{{index}} 드롭아웃
```

```{{code-cell}}
{CODE}
```

```{{code-cell}}
:tags: [korean-data]
print("x" * 130)
words = {{"한국어": "가 나 다", "긴 줄": "아주 긴 한글 문자열은 라틴 글자의 두 배로 넓어서 한 줄을 넘는다"}}
```

```{{exercise}} 되풀이
:label: ex-code-1
다시 해 보라.
```

```{{solution-start}} ex-code-1
:label: sol-code-1
```
그림을 그린다.

```{{code-cell}}
---
mystnb:
  figure:
    name: fig-code-wide
    caption: 넓은 그림.
  image:
    alt: 선 하나.
---
import matplotlib.pyplot as plt
from deepbook.plotting import use_book_style

use_book_style()
fig, ax = plt.subplots(figsize=(5.5, 2))
ax.plot([0, 1], [0, 1])
ax.set_xlabel("가로축");
```
```{{solution-end}}
```
"""
WORDS = {
    "어려운 코드": "Hard Code",
    "코드와 기호": "Code and Signs of Fréchet",
    "{ref}`다른 장의 문제 <ex-first-1>`도 보라.": "See {ref}`the exercise of another chapter <ex-first-1>` as well.",
    "글에 나오는 기호 δ ≤ ∑ → ∎ ½ “따옴표”, 이름 Schölkopf.": "Signs in prose δ ≤ ∑ → ∎ ½ “quotes”, the name Schölkopf.",
    "나눗셈": "division",
    "합성곱": "convolution",
    "드롭아웃": "dropout",
    "Adam": "Adam",
    "겹친 들여쓰기": "nested indentation",
    "되풀이": "Again, Château",
    "다시 해 보라.": "Do it again.",
    "그림을 그린다.": "We draw.",
    "넓은 그림.": "A wide figure.",
    "선 하나.": "A line.",
    "가로축": "horizontal",
}
TITLES = {"ko": ["손실 재기", "다시 쓰기", "어려운 코드"], "en": ["Measuring a Loss", "Using It Again", "Hard Code"]}


class Edition:
    r"""One printed edition."""

    def __init__(self, folder: Path, language: str):
        self.folder, self.language = folder, language
        self.path = pdf.compile(folder, language)
        self.log = self.path.with_suffix(".log")
        self.pages = pdf.text(self.path).split("\f")
        self.text = "\n".join(self.pages)


def sphinx(book, root: Path, language: str) -> subprocess.CompletedProcess:
    r"""Write the LaTeX of an edition as anyone would."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-n", "-b", "latex", "-c", ".", "-D", f"language={language}"]
    command += ["-d", f"_build/trees/{language}", "book", f"_build/latex/{language}"]
    environment = book.environment(PYTHONPATH=str(root / "code"), SOURCE_DATE_EPOCH="1700000000")
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, encoding="utf8")


@pytest.fixture(scope="module")
def editions(printed, tmp_path_factory) -> dict[str, Edition]:
    root = tmp_path_factory.mktemp("pdf") / "책 한 권"
    shutil.copytree(printed[1], root, symlinks=True)
    (root / "book" / "part" / "code.md").write_text(CHAPTER, "utf8")
    index = root / "book" / "index.md"
    index.write_text(index.read_text("utf8").replace("part/second\n", "part/code\npart/second\n"), "utf8")
    entries = "".join(f'msgid "{korean}"\nmsgstr "{english}"\n\n' for korean, english in WORDS.items())
    head = 'msgid ""\nmsgstr ""\n"Language: en\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (root / "locales" / "en" / "LC_MESSAGES" / "part" / "code.po").write_text(head + entries, "utf8")
    made = {}
    for language in ("ko", "en"):
        result = sphinx(printed[0], root, language)
        assert result.returncode == 0 and "WARNING" not in result.stderr, result.stdout + result.stderr
        made[language] = Edition(root / "_build" / "latex" / language, language)
    return made


@pytest.fixture(params=["ko", "en"])
def edition(request, editions) -> Edition:
    return editions[request.param]


def lines_of_cell(edition: Edition, first: str, last: str) -> list[str]:
    r"""Return the lines of the PDF from one that holds a text to one that holds another."""
    page = next(page for page in edition.pages if first in page and last in page)
    lines = page.split("\n")
    start = next(i for i, line in enumerate(lines) if first in line)
    stop = next(i for i, line in enumerate(lines) if last in line)
    return lines[start : stop + 1]


# -- what a reader finds ---------------------------------------------------------------------------------------------


@needs_tex
def test_edition_is_fit_to_read(edition):
    assert pdf.faults(edition.path, edition.log, TITLES[edition.language]) == []


@needs_tex
def test_code_copied_out_of_the_pdf_runs(edition):
    lines = lines_of_cell(edition, "def nested", "widest_line_of_the_book")
    space: dict = {}
    exec(textwrap.dedent("\n".join(lines)), space)
    assert space["found"] == {"total": 3, "quotes": "it's -- `so` ~ ^ \\ {} # $ & % _"}  # 1 - 1 + 3
    assert len(lines[-1].strip()) == 79 and space["widest_line_of_the_book"].endswith("....")


@needs_tex
def test_no_line_of_code_breaks(edition):
    source = [line.partition("  #")[0] for line in CODE.split("\n") if line]
    printed = [line for line in lines_of_cell(edition, "def nested", "widest_line_of_the_book") if line.strip()]
    assert len(printed) == len(source)
    assert all(ours.strip().startswith(theirs.strip()) for ours, theirs in zip(printed, source, strict=True))


@needs_tex
def test_long_hangul_in_code_shrinks_and_long_output_breaks(edition):
    line = next(line for line in edition.text.split("\n") if line.startswith("words = "))
    assert line.rstrip().endswith('넘는다"}')  # 79 letters or fewer, but wider than 83 columns
    runs = re.findall(r"x{20,}", edition.text)
    assert len(runs) == 2 and sum(map(len, runs)) == 130  # an output of 130 letters is set in full, on two lines


@needs_tex
def test_headings_and_captions_are_in_the_language(editions):
    for korean, english in {
        "1장": "Chapter 1",
        "그림 1.1": "Figure 1.1",
        "연습문제": "Exercise",
        "풀이": "Solution",
        "차례": "Contents",
        "찾아보기": "Index",
    }.items():
        assert korean in editions["ko"].text and english not in editions["ko"].text, korean
        assert english in editions["en"].text and korean not in editions["en"].text, english


@needs_tex
def test_numbers_are_those_of_the_web(editions):
    flat = re.sub(r"\s+", " ", editions["ko"].text)
    for caption in (
        "그림 1.1 손실 곡선",
        "그림 2.1 넓은 그림",
        "그림 4.1 파일에서 온 그림",
        "그림 4.2 막대 셋",
        "표 4.1 두 칸의 표",
        "코드 4.1 돌리지 않는 코드",
    ):
        assert caption in flat, caption
    assert "(1.1)" in flat and "(4.1)" in flat  # equations
    assert "연습문제 1.1 (세제곱)" in flat and "연습문제 2.1 (되풀이)" in flat


@needs_tex
def test_cover_names_the_book_in_both_languages(edition):
    cover = re.sub(r"\s+", " ", edition.pages[0])
    assert "딥러닝, 요소에서 이정표까지" in cover and "Deep Learning: From Components to Milestones" in cover


@needs_tex
def test_index_is_sorted(editions):
    korean = editions["ko"].text.rpartition("찾아보기")[2]
    order = [korean.index(word) for word in ("Adam", "나눗셈", "드롭아웃", "손실 함수", "합성곱")]
    assert order == sorted(order)
    groups = {letter for letter in re.findall(r"(?:^|\s\s)(\S)(?=\s\s|$)", korean, re.M) if not letter.isdigit()} - {"표"}
    assert {"A", "ㄴ", "ㄷ", "ㅅ", "ㅎ"} <= groups <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ")
    english = editions["en"].text.rpartition("Index")[2]
    order = [english.index(word) for word in ("Adam", "convolution", "division", "dropout", "loss")]
    assert order == sorted(order)


@needs_tex
def test_bookmarks_follow_the_chapters(editions):
    marks, broken, links = pdf._inside(editions["ko"].path)
    expected = ["머리말", "1 손실 재기", "2 어려운 코드", "3 다시 쓰기", "4 글의 꼴", "5 참고문헌", "찾아보기"]
    assert [mark for mark in marks if not re.match(r"\d+\.\d", mark)] == expected
    assert not broken and links > 20
    assert "2.1 Code and Signs of Fréchet" in pdf._inside(editions["en"].path)[0]


@needs_tex
def test_figure_is_vector_text_at_its_own_size(editions):
    from pypdf import PdfReader

    for language, label in (("ko", "가로축"), ("en", "horizontal")):
        assert label in editions[language].text  # drawn letters stay letters
        shown = [
            scale
            for page in PdfReader(editions[language].path).pages
            for scale in re.findall(rb"([\d.]+) 0 0 ([\d.]+) [-\d.]+ [-\d.]+ cm\s+/Fm\d+ Do", page.get_contents().get_data())
        ]
        assert shown and all(float(x) == float(y) for x, y in shown)
        assert all(0.99 < float(x) <= 1 for x, _ in shown)  # 5.5 inches fit the 142 mm of the page


@needs_tex
def test_fonts_are_embedded_and_can_be_copied(edition):
    rows = subprocess.run(["pdffonts", str(edition.path)], capture_output=True, text=True, check=True).stdout.split("\n")[2:]
    fonts = [row.split() for row in rows if row]
    assert all(row[-5] == "yes" for row in fonts), fonts  # embedded
    assert all(row[-3] == "yes" for row in fonts if "+CM" not in row[0]), fonts  # with a table to Unicode; TeX's mathematics may lack one
    names = " ".join(row[0] for row in fonts)
    for name in ("NanumSquareB", "NanumGothicCoding", "DejaVuSansMono", "LMRoman10-Regular", "NanumGothic"):
        assert name in names
    assert "Type 3" not in "\n".join(rows)


@needs_tex
def test_two_prints_are_the_same(editions, tmp_path):
    first = editions["ko"]
    made = {path.name for path in first.folder.iterdir() if path.stem == first.path.stem and path.suffix != ".tex"}
    again = tmp_path / "다른 곳"
    shutil.copytree(first.folder, again, ignore=lambda folder, names: made)
    assert pdf.compile(again, "ko").read_bytes() == first.path.read_bytes()


# -- what goes wrong -------------------------------------------------------------------------------------------------


@needs_tex
def test_check_names_a_chapter_that_is_missing(editions):
    with pytest.raises(PressError, match=r"the chapter '없는 장' is not in the text.*toctree"):
        pdf.check(editions["ko"].path, editions["ko"].log, ["# 없는 장"])


@needs_tex
def test_check_names_missing_glyphs_and_links(editions, tmp_path):
    log = tmp_path / "book.log"
    glyph = "Missing character: There is no 🙂 (U+1F642) in font NanumMyeongjo/OT!"
    link = "LaTeX Warning: Hyper reference `fig-x' on page 7 undefined on input line 3."
    log.write_text(f"{glyph}\n{link}\n", "utf8")
    with pytest.raises(PressError) as caught:
        pdf.check(editions["ko"].path, log, TITLES["ko"])
    assert "no glyph for 🙂" in str(caught.value) and "page 7: a link to fig-x" in str(caught.value)


@needs_tex
def test_a_fault_in_latex_names_the_chapter(editions, tmp_path):
    folder = tmp_path / "latex"
    shutil.copytree(editions["ko"].folder, folder)
    source = folder / "deep-learning-ko.tex"
    text = source.read_text("utf8")
    source.write_text(text.replace(r"\section{코드와 기호}", r"\wrong\section{코드와 기호}"), "utf8")
    assert source.read_text("utf8") != text
    with pytest.raises(PressError) as caught:
        pdf.compile(folder, "ko")
    message = str(caught.value)
    assert message.startswith("LaTeX could not print part/code: Undefined control sequence.") and r"\wrong" in message
    assert str(folder / "deep-learning-ko.log") in message and len(message.split("\n")) < 12
    assert not (folder / "deep-learning-ko.pdf").exists()  # no old edition poses as the new one


def test_a_picture_that_latex_cannot_draw_is_named_with_the_cure(printed, tmp_path):
    root = tmp_path / "book"
    shutil.copytree(printed[1], root, symlinks=True)
    forms = root / "book" / "part" / "forms.md"
    forms.write_text(forms.read_text("utf8").replace("{figure} picture.*", "{figure} picture.svg"), "utf8")
    result = sphinx(printed[0], root, "ko")
    assert result.returncode == 1
    assert "forms.md" in result.stderr and "LaTeX cannot draw part/picture.svg; put a PDF beside it and write picture.*" in result.stderr


def test_compile_says_what_to_do_first(tmp_path):
    with pytest.raises(PressError, match="sphinx-build -b latex -D language=ko"):
        pdf.compile(tmp_path, "ko")


def test_packages_are_named_once():
    assert pdf.PACKAGES == tuple(bootstrap.TEX)
    assert set(pdf.missing_tools()) <= set(pdf.PACKAGES)


def test_every_kind_of_admonition_has_its_look():
    look = latex.settings("ko")["latex_elements"]["sphinxsetup"]
    for kind in ("note", "hint", "tip", "important", "warning", "caution", "attention", "danger", "error", "seealso"):
        assert f"div.{kind}_border-left-width=2pt" in look


@pytest.mark.parametrize(("line", "columns"), [("", 0), ("x = 1", 5), ("# 하나", 6), ("→ α", 3)])
def test_columns(line, columns):
    assert listings._columns(line) == columns
