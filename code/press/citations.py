r"""How a citation reads: “He et al. (2016)” in English, “He 등 (2016)” in Korean."""

from __future__ import annotations

from dataclasses import dataclass, field

import pybtex.plugin
from pybtex.backends.plaintext import Backend
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle


def _round() -> BracketStyle:
    return BracketStyle(left="(", right=")")


@dataclass
class English(AuthorYearReferenceStyle):
    r"""Author and year in round brackets."""

    bracket_textual: BracketStyle = field(default_factory=_round)
    bracket_parenthetical: BracketStyle = field(default_factory=_round)
    bracket_author: BracketStyle = field(default_factory=_round)
    bracket_label: BracketStyle = field(default_factory=_round)
    bracket_year: BracketStyle = field(default_factory=_round)


@dataclass
class Korean(English):
    r"""The same with Korean between and after the names, which asks for no particle."""

    person: PersonStyle = field(default_factory=lambda: PersonStyle(sep="·", sep2="·", last_sep="·", other=" 등"))


def setup(app):
    r"""Make the two styles known, as ``press_en`` and ``press_ko``."""
    pybtex.plugin.register_plugin("pybtex.backends", "plaintext", Backend, force=True)  # else every citation looks through all packages
    for name, style in {"en": English, "ko": Korean}.items():
        register_plugin("sphinxcontrib.bibtex.style.referencing", f"press_{name}", style)
