r"""Comments and strings of code: found where they stand, and found again in what a figure shows."""

import io
import sys
import token as names
import tokenize

import pytest

from press import PressError, literals
from press.literals import code_messages, relabel, runtime


def found(source, korean_data=False):
    return [(kind, text) for kind, text, _ in code_messages(source, korean_data)]


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("x = 1  # 학습률", [("comment", "학습률")]),
        ("#주석", [("comment", "주석")]),
        ("## 큰 주석", [("comment", "큰 주석")]),
        ("x = '손실'", [("string", "손실")]),
        ('x = "손실"', [("string", "손실")]),
        ('x = r"손실 $\\ell$"', [("string", "손실 $\\ell$")]),
        ('x = f"학습률 {lr:.1f}"', [("string", "학습률 {lr:.1f}")]),
        ('x = rf"$\\eta$는 {lr!r}"', [("string", "$\\eta$는 {lr!r}")]),
        ('x = """첫 줄\n둘째 줄"""', [("string", "첫 줄\n둘째 줄")]),
        ("x = f'''첫 {a}\n둘째 {b}'''", [("string", "첫 {a}\n둘째 {b}")]),
        ('x = "손실\\n함수"', [("string", "손실\\n함수")]),
        ('x = "손실" "함수"', [("string", "손실"), ("string", "함수")]),
        ("x = f\"{d['키']} 값\"", [("string", "{d['키']} 값")]),
        ('x = "# 글"  # 주석', [("string", "# 글"), ("comment", "주석")]),
        ('plt.text(0, 1, "loss")  # loss', []),
        ("이름 = 1", []),
    ],
)
def test_comments_and_strings_with_hangul_are_found(source, texts):
    assert found(source) == texts


@pytest.mark.parametrize(
    "source", ['a = f"가 {x}"; b = "나"  # 다', 'x = f"""가\n{y} 나"""\nz = "라"', "s = ''\n\nt = r'가'", 'x = ("가"\n     "나")']
)
def test_the_places_are_those_of_the_text(source):
    lines = source.split("\n")
    for _, text, places in code_messages(source):
        assert "\n".join(lines[row][start:end] for row, start, end in places) == text


def modern(readline):
    r"""Tokens as Python 3.12 and later make them of f-strings, from those of 3.11: a start, what is between, an end."""
    for item in tokenize_as_it_is(readline):
        prefix = item.string.split(item.string[-1])[0] if item.type == names.STRING else ""
        if "f" not in prefix.lower():
            yield item
            continue
        (row, column), (last, end) = item.start, item.end
        opening = len(prefix) + (3 if item.string.endswith(('"""', "'''")) else 1)
        yield item._replace(type=1001, string=item.string[:opening], end=(row, column + opening))
        yield item._replace(
            type=names.STRING, string="'속'", start=(row, column + opening), end=(row, column + opening + 3)
        )  # inside a field
        yield item._replace(
            type=1001, string="f'", start=(row, column + opening), end=(row, column + opening + 2)
        )  # an f-string in an f-string
        yield item._replace(type=1002, string="'", start=(row, column + opening + 2), end=(row, column + opening + 3))
        yield item._replace(type=1002, string=item.string[-1], start=(last, end - 1))


tokenize_as_it_is = tokenize.generate_tokens


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python makes these tokens itself, so that every test here sees them")
@pytest.mark.parametrize("source", ['a = f"가 {x}"; b = "나"  # 다', 'x = f"""가\n{y} 나"""\nz = "라"', "x = rf'{lr} 가'"])
def test_f_strings_in_the_tokens_of_python_3_12_are_found_as_in_3_11(source, monkeypatch):
    expected = list(code_messages(source))
    monkeypatch.setattr(literals.tokenize, "generate_tokens", modern)
    monkeypatch.setattr(literals.tokenize, "tok_name", {**tokenize.tok_name, 1001: "FSTRING_START", 1002: "FSTRING_END"})
    assert [t.type for t in modern(io.StringIO(source).readline)].count(1001) == 2
    assert list(code_messages(source)) == expected


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('words = ["가"]  # 낱말', [("comment", "낱말")]),
        ('ax.set_xlabel("가로")', [("string", "가로")]),
        ('가나 = 1; ax.set_title(f"제목 {x}")', [("string", "제목 {x}")]),
        ('ax.plot(x, label="선")', [("string", "선")]),
        ('ax.text(0, 0, "가")', []),
        ('ax.set_xticks([0], ["가"])', []),
    ],
)
def test_where_korean_is_the_data_only_comments_and_labels_are_found(source, texts):
    assert found(source, korean_data=True) == texts


@pytest.mark.parametrize("source", ['x = "가', "x = (\n# 가", 'x = """가'])
@pytest.mark.parametrize("korean_data", [False, True])
def test_code_that_is_no_python_is_an_error(source, korean_data):
    with pytest.raises(PressError, match="this cell is not Python"):
        found(source, korean_data)


@pytest.mark.parametrize(
    ("literal", "value"), [(r"가\n나", "가\n나"), (r"가\t나", "가\t나"), (r"\\ell", r"\ell"), (r"\"", '"'), (r"\ell", r"\ell")]
)
def test_escapes_are_read_as_python_reads_them(literal, value):
    assert runtime(literal) == value


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("손실", "loss"),
        ("학습률 0.1", "learning rate 0.1"),
        ("손실\n함수", "loss\nfunction"),
        ("$\\ell_{i}$ 항", "term $\\ell_{i}$"),
        ("3개 중 2개", "2 of 3"),
        ("0.50은 50%", "50% is 0.50"),
        ("{가}", "{a}"),
        ("손실 선", "line of loss"),
        ("없는 글 선", None),
        ("없는 글", None),
        ("학습률", None),
        ("더 학습률 0.1", None),
    ],
)
def test_a_text_in_a_figure_is_matched_to_the_literal_that_makes_it(text, english):
    translations = {
        "손실": "loss", "학습률 {lr}": "learning rate {lr}", r"손실\n함수": r"loss\nfunction", "$\\ell_{i}$ 항": "term $\\ell_{i}$",
        "{n}개 중 {k}개": "{k} of {n}", "{x:.2f}은 {x:.0%}": "{x:.0%} is {x:.2f}", "{가}": "{a}", "{name} 선": "line of {name}",
    }  # fmt: skip
    assert relabel(text, translations) == english
