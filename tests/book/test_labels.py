r"""Labels: one of each in the whole book, named by what they stand on and by the chapter."""

import re
from collections import defaultdict

PREFIX = {"figure": "fig-", "table": "tab-", "equation": "eq-", "exercise": "ex-", "solution": "sol-", "heading": ""}


def test_unique(sources):
    places = defaultdict(list)
    for source in sources:
        for line, _, label in source.labels:
            places[label].append(source.where(line))
    twice = {label: where for label, where in places.items() if len(where) > 1}
    assert not twice, f"these labels stand twice: {twice}"


def test_prefixes(chapter):
    for line, kind, label in chapter.labels:
        begins = f"{PREFIX[kind]}{chapter.slug}"
        assert label == begins or label.startswith(f"{begins}-"), (
            f"{chapter.where(line)}: {kind} {label}: the label must begin with {begins}"
        )


def test_letters(source):
    for line, _, label in source.labels:
        assert re.fullmatch(r"[a-z][a-z0-9-]*", label), f"{source.where(line)}: a label is small letters, digits and hyphens; got {label!r}"


def test_solutions_are_named_as_their_exercises(chapter):
    pairs = [(d.line, d.argument, d.options.get("label")) for d in chapter.directives if d.name == "solution-start"]
    for line, exercise, label in pairs:
        assert label == exercise.replace("ex-", "sol-", 1), f"{chapter.where(line)}: the solution of {exercise} is named {label}"
