r"""What the walker finds in a chapter is exactly what it replaces."""

import ast
from pathlib import Path

import pytest

from press import PressError
from press.literals import HANGUL
from press.source import messages, translate
from press.walk import cells

SAMPLE = Path(__file__).parent / "sample" / "book"
CHAPTERS = {p.relative_to(SAMPLE).as_posix(): p.read_text("utf8") for p in sorted(SAMPLE.rglob("*.md"))}

FORMS = {
    "heading": ("# 손실", ["손실"]),
    "heading underlined": ("손실\n====", ["손실"]),
    "paragraph of two lines": ("첫 줄\n둘째 줄", ["첫 줄 둘째 줄"]),
    "paragraph with a hard break": ("첫 줄\\\n둘째 줄", ["첫 줄\\\n둘째 줄"]),
    "nested list": ("- 하나\n  - 둘\n    이어서\n\n    셋\n1. 넷", ["하나", "둘 이어서", "셋", "넷"]),
    "quotation": ("> 첫 줄\n> 둘째 줄\n>\n> - 항목", ["첫 줄 둘째 줄", "항목"]),
    "table": ("| 가 | b |\n|---|---|\n| 나 | 다 |", ["가", "나", "다"]),
    "the same text twice in a row": ("| 가 | 가 |\n|---|---|\n| 가 가 | 가 |", ["가", "가", "가 가", "가"]),
    "escaped pipe": ("| 가 \\| 나 | `x\\|y` 다 |\n|---|---|", ["가 | 나", "`x|y` 다"]),
    "figure": ("```{figure} a.png\n:alt: 대신할 글\n:name: fig-a\n\n캡션\n```", ["대신할 글", "캡션"]),
    "image": ("```{image} a.png\n:alt: \"글: 하나\"\n```", ["글: 하나"]),
    "admonition": ("```{note} 제목\n:class: tip\n본문\n\n- 항목\n```", ["제목", "본문", "항목"]),
    "admonition of colons": (":::{warning} 제목\n본문\n:::", ["제목", "본문"]),
    "admonition in a list": ("- 항목\n\n  ```{tip}\n  ---\n  class: a\n  ---\n  본문\n  둘째 줄\n  ```", ["항목", "본문 둘째 줄"]),
    "admonition in a quotation": ("> :::{tip} 제목\n> 본문\n> :::", ["제목", "본문"]),
    "admonitions nested": ("````{note}\n바깥\n\n```{tip}\n안쪽\n```\n````", ["바깥", "안쪽"]),
    "tabs": ("::::{tab-set}\n:::{tab-item} 탭\n글\n:::\n::::", ["탭", "글"]),
    "definition list": ("낱말\n: 뜻\n\n  둘째 문단", ["낱말", "뜻", "둘째 문단"]),
    "footnote": ("글[^a]\n\n[^a]: 각주\n    이어서", ["글[^a]", "각주 이어서"]),
    "glossary": ("```{glossary}\n낱말\n다른 말\n  뜻이다.\n\n  - 항목\nterm\n  뜻\n```", ["낱말", "다른 말", "뜻이다.", "항목", "뜻"]),
    "index": ("```{index} single: 손실; 제곱\n```", ["손실", "제곱"]),
    "index in a body": ("```{index}\nsingle: 손실; square\n옵티마이저, 층\n```", ["손실", "옵티마이저", "층"]),
    "toctree": ("```{toctree}\n:caption: 차례\na/b\n첫 장 <a/c>\n```", ["차례", "첫 장"]),
    "display maths": ("$$\nx \\text{가}\n$$ (eq-a)\n\n$$\ny\n$$", ["$$\nx \\text{가}\n$$ (eq-a)"]),
    "maths environment": ("\\begin{align}\na \\text{가}\n\\end{align}", ["\\begin{align}\na \\text{가}\n\\end{align}"]),
    "maths environment in one line": ("\\begin{align}\\text{가}\\end{align}", ["\\begin{align}\\text{가}\\end{align}"]),
    "maths directive": ("```{math}\n:label: eq-b\nx \\text{가}\n```", ["x \\text{가}"]),
    "cell": ("```{code-cell}\n:tags: [hide-input]\nx = f'값 {y}'  # 주석\n```", ["값 {y}", "주석"]),
    "cell with a block of options": ("```{code-cell}\n---\nmystnb:\n  figure:\n    caption: |\n      첫 줄\n      둘째 줄\n---\n1\n```", ["첫 줄 둘째 줄"]),
    "listing": ("```python\nx = 1  # 주석\n```", ["주석"]),
    "listing with a caption": ("```{code-block} python\n:caption: 제목\nx = '글'\n```", ["제목", "글"]),
    "listing in a list": ("- 항목\n\n  ```python\n  x = '''가\n  나'''\n  ```", ["항목", "가\n나"]),
    "typed text": ("```text\n가 나\n\n다\n```", ["가 나\n\n다"]),
    "exercise and solution": ("```{exercise} 제목\n:label: ex-a\n문제\n```\n\n```{solution-start} ex-a\n```\n풀이\n```{solution-end}\n```", ["제목", "문제", "풀이"]),
    "page metadata": ("---\ndescription: 한 문장\n---\n# 손실", ["한 문장", "손실"]),
    "metadata over two lines": ("---\ndescription: 한 문장이\n  이어진다\nkeywords: [가, '나']\n---", ["한 문장이 이어진다", "가", "나"]),
    "list table": ("```{list-table} 제목\n* - 가\n  - 나\n```", ["제목", "가", "나"]),
    "attributes": ("{#here .class}\n[글](a.md){.b}", ["[글](a.md){.b}"]),
    "comment of the source": ("% 주석\n글", ["글"]),
    "no Hangul": ("# Loss\n\n$x$ `y` [a](b)\n\n```python\nx\n```", []),
}  # fmt: skip
ALL = {**{name: text for name, (text, _) in FORMS.items()}, **CHAPTERS}


def english(message):
    r"""A translation of the same form: no Hangul, as many lines where lines count."""
    return HANGUL.sub("w", message.id)


@pytest.mark.parametrize(("text", "wanted"), FORMS.values(), ids=FORMS)
def test_every_text_is_found_once_in_the_order_in_which_it_stands(text, wanted):
    assert [m.id for m in messages(text)] == wanted


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_the_spans_are_those_of_the_text(text):
    r"""What the spans of a message hold is its text, but for quotes, escapes and the way a line goes on."""
    lines = text.split("\n")

    def letters(piece):
        return "".join(HANGUL.findall(piece))

    for message in messages(text):
        assert letters("".join(lines[s.line][s.start : s.end] for s in message.spans)) == letters(message.id)


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_a_text_that_is_its_own_translation_changes_nothing(text):
    before = messages(text)
    same = translate(text, lambda message: message.id)
    assert [m.id for m in messages(same)] == [m.id for m in before]
    lines, others = text.split("\n"), same.split("\n")
    assert len(lines) == len(others)
    # an option gets quotes, a paragraph of several lines other line breaks; every other byte stays
    touched = {s.line + 1 for m in before if m.kind == "option" or m.kind == "text" and len(m.spans) > 1 for s in m.spans}
    assert [line for n, line in enumerate(lines, 1) if n not in touched] == [line for n, line in enumerate(others, 1) if n not in touched]


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_a_full_catalogue_leaves_no_hangul_and_the_same_lines(text):
    result = translate(text, english)
    assert len(result.split("\n")) == len(text.split("\n"))
    assert not HANGUL.search(
        "\n".join(line for line in result.split("\n") if not line.startswith("%") and line != 'words = ["가", "나"]  # ww')
    )
    for (line, code, options), (other_line, other, other_options) in zip(cells(text), cells(result), strict=True):
        assert line == other_line and options.keys() == other_options.keys()
        assert len(code.split("\n")) == len(other.split("\n"))
        assert [type(n) for n in ast.walk(ast.parse(code))] == [type(n) for n in ast.walk(ast.parse(other))]


@pytest.mark.parametrize(
    ("text", "translation", "wanted"),
    [
        ("# 손실", "Loss", "# Loss"),
        ("첫 줄\n둘째 줄", "one two three", "one\ntwo three"),
        ("첫 줄\n둘째 줄", "one", "one\n"),
        ("- 첫\n  둘", "see `a b` now", "- see\n  `a b` now"),
        ("첫\n둘", "`a b` and more", "`a b`\nand more"),
        ("첫\n둘", "[a b](c) $x y$ {ref}`d e` end", "[a b](c)\n$x y$ {ref}`d e` end"),
        ("첫\n둘", "a - b", "a -\nb"),
        ("첫\n둘", "a 1. b", "a 1.\nb"),
        ("| 가 | 나 |\n|---|---|", "x|y", "| x\\|y | x\\|y |\n|---|---|"),
        (":::{note} 가\n:::", 'A "b"', ':::{note} A "b"\n:::'),
        ("```{image} a\n:alt: 가\n```", 'A "b": c\\d', '```{image} a\n:alt: "A \\"b\\": c\\\\d"\n```'),
        ("---\na: |\n  가\n  나\nb: 1\n---", "one two", '---\na: "one two"\n\n\nb: 1\n---'),
        ("```{code-cell}\nx = '''가\n나'''\n```", "a\nb", "```{code-cell}\nx = '''a\nb'''\n```"),
    ],
)
def test_a_translation_is_written_over_its_text(text, translation, wanted):
    assert translate(text, lambda message: translation) == wanted


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("글\n\n<b>굵게</b>\n\n<div>가</div>", 5, "Hangul here cannot be translated"),
        ("# 손실 {가}\n\n```{literalinclude} 가.py\n```\n\n[^각주]: a", 6, "Hangul here cannot be translated"),
        ("글\n\n```{image} a\n:alt: 가: 나\n```", 4, "these options are not YAML"),
        ("글\n\n- 항목\n\n  ```{image} a\n  :name: b\n  :alt: 가: 나\n  ```", 7, "these options are not YAML"),
        ("```{code-cell}\n---\na: [1\n---\n1\n```", 3, "these options are not YAML"),
        ("---\na: 가: 나\n---\n글", 2, "these options are not YAML"),
        ("```{code-cell}\n---\na: 1\n1\n```", 2, "is opened by --- and not closed"),
        ("글\n\n```{code-cell}\nx = '가\n```", 4, "this cell is not Python"),
        ("가&amp;나", None, None),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_its_line(text, line, what):
    if what is None:
        assert messages(text)
        return
    with pytest.raises(PressError, match=rf"^line {line}: .*{what}"):
        messages(text)


@pytest.mark.parametrize(("source", "translation"), [("$$\n가\n$$", "$$ a $$"), ("```{code-cell}\nx = '가'\n```", "a\nb"), ("글", "a\nb")])
def test_a_translation_with_other_lines_is_refused(source, translation):
    with pytest.raises(PressError, match="lines"):
        translate(source, lambda message: translation)


def test_cells_are_read_with_their_lines_and_options():
    text = CHAPTERS["part/first.md"]
    lines = text.split("\n")
    found = cells(text)
    assert len(found) == 3
    for line, code, _ in found:
        assert lines[line - 1 : line + code.count("\n")] == code.split("\n")
    assert found[1][2]["mystnb"]["figure"]["name"] == "fig-first"
    assert found[2][2] == {"tags": ["remove-cell"]}
