r"""The lint says what a translation lost or added, and is silent where the two agree."""

import pytest

from press.compare import compare, drift
from press.walk import Message, Span


def faults(korean, english, kind="text"):
    return compare(Message(korean, kind, (Span(0, 0, 1),)), english)


AGREE = [
    ("손실 $x$는 `y`다.", "`y` is the loss $x$."),
    ("{ref}`손실 <loss>`을(를) 보라.", "See {ref}`the loss <loss>`."),
    ("{doc}`../a/b`와(과) {numref}`fig-a`.", "{numref}`fig-a` and {doc}`../a/b`."),
    ("{term}`손실 함수`는", "The {term}`loss function`"),
    ("[글](https://a.org/b)과 각주[^a].", "A [text](https://a.org/b) and a footnote[^a]."),
    ("$\\text{손실}$", "$\\text{loss}$"),
    ("**굵은** 글", "**bold** text"),
    ("낱말 `손실`", "the word `loss`"),
    ("낱말 `손실`", "the word {ko}`손실`"),
    ("3만 개", "30,000 of them"),
    ("6천만 개", "60 million"),
    ("1억 2,000만 개", "120 million"),
    ("1억 2,000만 개", "120,000,000"),
    ("15억 개", "1.5 billion"),
    ("15억 개", "1.5B"),
    ("1,750억 개", "175 billion"),
    ("3만 쓴다", "uses only 3"),
    ("2개", "two"),
    ("세 번 3회", "3 times"),
    ("두 번", "2 times"),
    ("2012년 9월", "September 2012"),
    ("제2장과 10%", "10% of chapter 2"),
    ("0.5배", "0.5 times"),
    ("3분의 1", "a third"),
    ("버전 3.11.2", "version 3.11.2"),
    ("3.5이고 3.", "3.5 and 3."),
]
DIFFER = [
    ("손실 $x$다.", "The loss.", ["maths: wants ['$x$']"]),
    ("손실이다.", "The loss $x$.", ["maths: has ['$x$']"]),
    ("$x_1$", "$x_2$", ["maths: wants ['$x_1$'], has ['$x_2$']"]),
    ("`a`와(과) `a`", "`a`", ["code: wants ['a']"]),
    ("`a` 글", "`b` text", ["code: wants ['a'], has ['b']"]),
    ("낱말 `손실`", "`a` and `b`", ["code: has ['b']"]),
    ("{ref}`a`", "{ref}`b`", ["roles: wants ['{ref}`a`'], has ['{ref}`b`']"]),
    ("{ref}`손실 <a>`", "{ref}`loss <b>`", ["roles: wants ['{ref}`a`'], has ['{ref}`b`']"]),
    ("{numref}`a`", "{ref}`a`", ["roles: wants ['{numref}`a`'], has ['{ref}`a`']"]),
    ("{cite:t}`a2016b`은(는)", "It says", ["roles: wants ['{cite:t}`a2016b`']"]),
    ("{glue:text}`a:.2f`이다", "is {glue:text}`a:.1f`", ["roles: wants ['{glue:text}`a:.2f`'], has ['{glue:text}`a:.1f`']"]),
    ("{term}`손실`", "loss", ["roles: wants ['{term}']"]),
    ("[글](a.md)", "[text](b.md)", ["links: wants ['a.md'], has ['b.md']"]),
    ("<https://a.org>", "text", ["links: wants ['https://a.org']"]),
    ("글[^a]", "text[^b]", ["footnotes: wants ['[^a]'], has ['[^b]']"]),
    ("3이다", "4", ["numbers: wants ['3'], has ['4']"]),
    ("3만 개", "300,000", ["numbers: wants ['3만']"]),
    ("6천만 개", "600 million", ["numbers: wants ['6천만']"]),
    ("15억", "15 million", ["numbers: wants ['15억']"]),
    ("손실이다", "the loss is 7", ["numbers: has ['7']"]),
    ("2012년", "in 2013", ["numbers: wants ['2012'], has ['2013']"]),
    ("3.5배", "3 times", ["numbers: wants ['3.5'], has ['3']"]),
    ("버전 3.11.2", "version 3.11.3", ["numbers: wants ['3.11.2'], has ['3.11.3']"]),
    ("손실", "손실", ["Hangul that is not marked with {ko}`…`"]),
    ("글", "one\n\ntwo", ["must be one paragraph and must not begin like a list, a heading or a quotation"]),
    ("글", "- one", ["must be one paragraph and must not begin like a list, a heading or a quotation"]),
    ("글", "# one", ["must be one paragraph and must not begin like a list, a heading or a quotation"]),
    ("글", "> one", ["must be one paragraph and must not begin like a list, a heading or a quotation"]),
    ("글", "**one", ["emphasis that does not close"]),
    ("글", "**a(b)**c", ["emphasis that does not close"]),
    ("글", "** a**", ["emphasis that does not close"]),
]


@pytest.mark.parametrize(("korean", "english"), AGREE)
def test_nothing_is_said_where_the_two_agree(korean, english):
    assert faults(korean, english) == []


@pytest.mark.parametrize(("korean", "english", "wanted"), DIFFER)
def test_each_difference_is_said(korean, english, wanted):
    assert faults(korean, english) == wanted


@pytest.mark.parametrize(
    ("kind", "korean", "english", "wanted"),
    [
        ("string", "학습률 {lr:.1f}", "{lr:.1f} is the rate", []),
        ("string", "학습률 {lr:.1f}", "learning rate {rate:.1f}", ["fields: wants ['lr:.1f'], has ['rate:.1f']"]),
        ("string", "학습률 {lr:.1f}", "learning rate {lr:.2f}", ["fields: wants ['lr:.1f'], has ['lr:.2f']"]),
        ("string", "손실 3", "loss", []),  # what a string computes is not for the lint
        ("string", "손실", "손실", ["Hangul that is not marked with {ko}`…`"]),
        ("math", "x \\text{가}", "x \\text{a}", []),
        ("math", "x \\text{가}", "y \\text{a}", ["maths: wants ['x \\\\text{}'], has ['y \\\\text{}']"]),
        ("code", "가 나", "a", []),
        ("code", "가", "가", ["Hangul that is not marked with {ko}`…`"]),
        ("comment", "3개", "4", ["numbers: wants ['3'], has ['4']"]),
        ("option", "$x$ 글", "text", ["maths: wants ['$x$']"]),
        ("option", "글", "- text", []),  # an option is no block
    ],
)
def test_each_kind_of_message_is_compared_in_its_own_way(kind, korean, english, wanted):
    assert faults(korean, english, kind) == wanted


CELL = "글\n\n```{code-cell}\n%s\n```"


@pytest.mark.parametrize(
    ("korean", "english", "same"),
    [
        ("x = '가'  # 나", "x = 'a'  # b", True),
        ("x = f'{a}의 {b:.1f}'", "x = f'{b:.1f} of {a}'", True),
        ("x = '가'", "x = 'it's'", False),
        ("x = '가'", "x = 'a' + y + 'b'", False),
        ("x = f'{a} 가'", "x = f'{b} c'", False),
        ("x = '가'", "x = 'a\\'", False),
    ],
)
def test_a_translation_must_not_change_what_a_cell_computes(korean, english, same):
    assert [line for line, _ in drift(CELL % korean, CELL % english)] == ([] if same else [4])
