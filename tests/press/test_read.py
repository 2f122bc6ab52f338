r"""Reading a chapter in a language: numbers written in, particles settled, translations complete."""

import pytest

from press import PressError, catalogue, read, runs


@pytest.mark.parametrize(
    ("role", "value", "text"),
    [
        ("x", 3, "3"),
        ("x:.2f", 0.123, "0.12"),
        ("x:,", 1234567, "1,234,567"),
        ("x:.0%", 0.625, "62%"),
        ("x:.1f", -2.06, "−2.1"),
        ("x:.1e", 2e-5, "2.0e−05"),
        ("x", "word-by-word", "word-by-word"),
        ("x:>4", "a", "   a"),
    ],
)
def test_a_number_in_prose_is_the_value_in_its_format(role, value, text):
    assert read.fill(f"값은 {{glue:text}}`{role}`이다.", {"x": value}) == f"값은 {text}이다."


@pytest.mark.parametrize(
    ("role", "values", "wanted"),
    [
        ("y", {"x": 1}, "y is named in prose, but the chapter's cells leave no number or string of that name"),
        ("x", {"x": float("nan")}, "x is nan; a reported number must be finite"),
        ("x:.1f", {"x": float("-inf")}, "x is -inf; a reported number must be finite"),
        ("x:.2q", {"x": 1.0}, "does not take the format '.2q'"),
        ("x:.2f", {"x": "a"}, "does not take the format '.2f'"),
    ],
)
def test_a_number_that_cannot_be_reported_is_an_error_with_its_line(role, values, wanted):
    with pytest.raises(PressError) as error:
        read.fill(f"글\n\n값은 {{glue:text}}`{role}`이다.", values, "book/a.md")
    assert str(error.value).startswith("book/a.md:3: ") and wanted in str(error.value)


@pytest.mark.parametrize(
    ("source", "settled"),
    [
        ("값은 3이(가) 된다.", "값은 3이 된다."),
        ("값은 2이(가) 된다.", "값은 2가 된다."),
        ("{numref}`fig-a`을(를) 3을(를)", "{numref}`fig-a`을(를) 3을"),  # the page settles what follows a reference
        ("```{code-cell}\n# 3을(를)\n```\n3을(를)", "```{code-cell}\n# 3을(를)\n```\n3을"),
    ],
)
def test_particles_are_settled_outside_code_and_references(source, settled):
    assert read.settle_prose(source) == settled


def test_a_text_without_translation_is_an_error_with_its_line(monkeypatch):
    monkeypatch.setattr(catalogue, "translations", lambda chapter, language: {"손실": "Loss"})
    assert read.in_language("a", "# 손실\n", "en") == "# Loss\n"
    assert read.in_language("a", "# 정도\n", "ko") == "# 정도\n"
    with pytest.raises(PressError, match="^book/a.md:3: no en translation of '정도'; run `press messages`"):
        read.in_language("a", "# 손실\n\n정도\n", "en")


def test_a_fault_of_the_source_is_said_with_file_and_line():
    with pytest.raises(PressError, match="^book/part/a.md:3: Hangul here cannot be translated"):
        read.in_language("part/a", "x\n\n<div>가</div>\n", "en")


def test_a_chapter_without_cells_needs_no_run():
    book = read.notebook("a", "# 손실\n\n값은 3이(가) 된다.\n", "ko", runs.find("# 손실\n"))
    assert [cell.source for cell in book.cells] == ["# 손실\n\n값은 3이 된다."]


def test_outputs_are_put_back_in_order():
    text = "```{code-cell}\n1\n```\n글\n```{code-cell}\nprint(2)\n```\n"
    outputs = [
        [{"output_type": "execute_result", "data": {"text/plain": "1"}, "metadata": {}}],
        [{"output_type": "stream", "name": "stdout", "text": "2\n"}],
    ]
    book = read.notebook("a", text, "ko", runs.Run(outputs=outputs))
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2]
    assert code[0].outputs[0].execution_count == 1 and code[1].outputs[0].text == "2\n"
