r"""Formulas become HTML while the book is built."""

import pytest

from press import maths


@pytest.mark.parametrize(
    "tex", ["x", r"\frac{1}{N} \sum_i (y_i - \hat{y}_i)^2", r"\text{그 밖의 경우}", r"\mathbb{E}_{x \sim p}[\log D(x)]", r"a \tag{1}"]
)
def test_a_formula_is_html_with_its_source_for_screen_readers(tex):
    result = maths.html(tex, r"\tag" in tex)
    assert '<math xmlns="http://www.w3.org/1998/Math/MathML"' in result and 'aria-hidden="true"' in result
    assert "src=" not in result and "href=" not in result


def test_display_differs_from_inline():
    assert "katex-display" in maths.html("x", display=True) and "katex-display" not in maths.html("x")


@pytest.mark.parametrize(
    ("tex", "what"),
    [
        (r"\nonsense", "Undefined control sequence"),
        (r"\frac{1}", "Expected|expected"),
        ("손실", "unicodeTextInMathMode"),
        ("x$", "Can't use function"),
    ],
)
def test_a_formula_that_katex_cannot_read_is_an_error(tex, what):
    with pytest.raises(ValueError, match=what):
        maths.html(tex)


def test_katex_goes_on_after_an_error_and_after_its_process_has_died():
    with pytest.raises(ValueError):
        maths.html(r"\brokenonce")
    assert "katex" in maths.html("after_{1}")
    for process in maths._nodes.values():
        process.kill()
        process.wait()
    assert "katex" in maths.html("after_{2}")


def test_quotes_backslashes_and_line_breaks_reach_katex():
    assert maths.html('a\n\\quad\n"b"') != maths.html("a")
