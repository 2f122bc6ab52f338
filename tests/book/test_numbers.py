r"""Numbers in prose come from the run of the chapter."""

import math
import re

from press import LANGUAGES, PressError, read

GLUE = re.compile(r"\{glue:text\}`([^`:]+)(?::([^`]*))?`")


def test_values_are_reported(chapter, run):
    for language in LANGUAGES:
        try:
            text = read.in_language(chapter.name, chapter.text, language)
        except PressError:
            continue  # test_translation says what is missing
        assert "{glue:text}" not in read.fill(text, run.values, f"book/{chapter.name}.md")


def test_values_are_finite(chapter, run):
    names = {name.strip() for name, _ in GLUE.findall(chapter.text)}
    odd = {name: run.values[name] for name in names if isinstance(run.values.get(name), float) and not math.isfinite(run.values[name])}
    assert not odd, f"book/{chapter.name}.md reports {odd}"


def test_measured_numbers_are_glued(chapter):
    r"""A chapter that measures reports: floors of glue would be arbitrary, but none at all means that its results were typed."""
    assert GLUE.search(chapter.text), f"book/{chapter.name}.md writes no value of its cells into its prose"


def test_values_are_rounded(chapter):
    r"""A float without a format would print all its digits."""
    floats = r"^{}\s*=\s*[^=\n]*(?:/|\.mean\(|\.item\(|\.std\()"
    for name in [name.strip() for name, spec in GLUE.findall(chapter.text) if not spec]:
        bare = any(re.search(floats.format(re.escape(name)), code, re.M) for _, code, _ in chapter.cells)
        assert not bare, f"book/{chapter.name}.md: {name} is a float; give it a format, as in `{name}:.2f`"
