r"""What is counted of each chapter."""

import json

import pytest

from press import status


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("# 손실\n\n예측이 틀린 정도다.", 4),
        ("---\ndescription: 하나 둘\n---\n# 손실", 1),
        ("글 $x + y$ `a b` {ref}`c d` 끝", 2),
        ("글\n\n$$\na b\n$$\n끝", 2),
        ("글\n\n```{code-cell}\nx = 1\ny = 2\n```\n끝", 2),
        ("손실(loss)은 3개 – 4", 2),
        (":::{note} 알림\n:class: tip\n글\n:::\n\n(a-b)=\n## 절", 3),
    ],
)
def test_words_are_those_of_the_prose(text, count):
    assert status.words("a", text) == count


def test_the_table_has_a_row_a_chapter():
    row = {
        "seconds": 1.5,
        "cells": 2,
        "figures": 1,
        "exercises": 3,
        "solutions": 3,
        "words": {"ko": 9, "en": 12},
        "translated": {"en": 100.0},
    }
    head, line = status.table({"part/first": row}).split("\n")
    assert head.split("  ")[0] == "chapter" and line.split() == ["part/first", "1.5", "2", "1", "3", "9", "12", "100"]


def test_the_status_of_a_built_book_is_in_the_site(built):
    rows = json.loads(built.page("status.json"))
    assert set(rows) == {"index", "bibliography", "part/first", "part/second", "part/forms"}
    first = rows["part/first"]
    assert (first["cells"], first["figures"], first["exercises"], first["solutions"]) == (3, 1, 1, 1)
    assert first["translated"] == {"en": 100.0} and set(first["words"]) == {"ko", "en"} and first["seconds"] > 0
    assert rows["index"]["cells"] == 0 and rows["index"]["words"] == {"ko": 6, "en": 8}


def test_the_command_prints_what_the_site_holds(built):
    lines = built.made("status").strip().split("\n")
    assert lines[0].split()[0] == "chapter" and [line.split()[0] for line in lines[1:]] == [
        "bibliography",
        "index",
        "part/first",
        "part/forms",
        "part/second",
    ]
