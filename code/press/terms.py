r"""The book's terms, from ``book/terms.csv``: the glossary in both directions, and renderings that the book does not use."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from press import BOOK, LANGUAGES, SOURCE, PressError, editions, status

TERMS = BOOK / "terms.csv"
COLUMNS = ["english", "korean", "avoid", "checked", "meaning_ko", "meaning_en"]
INITIALS = "ㄱㄱㄴㄷㄷㄹㅁㅂㅂㅅㅅㅇㅈㅈㅊㅋㅌㅍㅎ"  # of the 19 first consonants; a doubled one is filed under its single


@dataclass(frozen=True)
class Term:
    r"""One term.

    Attributes:
        english: Its name in English.
        korean: Its name in Korean.
        avoid: Renderings that the book does not use; one with a note in brackets is left to the editor.
        checked: Whether a test looks for the others.
        meaning_ko: What it means, in Korean.
        meaning_en: What it means, in English.
    """

    english: str
    korean: str
    avoid: tuple[str, ...] = ()
    checked: bool = False
    meaning_ko: str = ""
    meaning_en: str = ""

    def name(self, language: str) -> str:
        r"""Return the term in a language."""
        return self.korean if language == SOURCE else self.english

    def meaning(self, language: str) -> str:
        r"""Return what the term means, in a language."""
        return self.meaning_ko if language == SOURCE else self.meaning_en

    @property
    def anchor(self) -> str:
        r"""The id of the term in the glossary of either language."""
        return "term-" + re.sub(r"[^a-z0-9]+", "-", self.english.lower()).strip("-")

    @property
    def forbidden(self) -> tuple[str, ...]:
        r"""The renderings that a test looks for."""
        return tuple(word for word in self.avoid if "(" not in word) if self.checked else ()

    def misused(self, text: str) -> list[str]:
        r"""Find renderings to avoid in a Korean text, where a word begins.

        Args:
            text: Prose without code.

        Returns:
            Each avoided word that stands there, as often as it does.

        Examples:
            >>> Term("parameter", "매개변수", ("파라미터",), True).misused("파라미터와 하이퍼파라미터")
            ['파라미터']
        """
        flexible = ((word, re.escape(word).replace(r"\ ", r"\s+")) for word in self.forbidden)
        return [word for word, pattern in flexible for _ in re.findall(rf"(?<![\w가-힣]){pattern}", text, re.IGNORECASE)]


def terms(table: Path = TERMS) -> list[Term]:
    r"""Read the terms.

    Args:
        table: A file with the columns of ``COLUMNS``.

    Returns:
        The terms, in the order of the file.

    Raises:
        PressError: If a column, a name or a meaning is missing, or a term stands there twice.
    """
    with table.open(encoding="utf8", newline="") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames != COLUMNS:
            raise PressError(f"book/{table.name}: wants the columns {', '.join(COLUMNS)}; got {rows.fieldnames}")
        found: dict[str, Term] = {}
        for row in rows:
            where = f"book/{table.name}:{rows.line_num}"
            empty = [name for name in COLUMNS if name != "avoid" and not (row[name] or "").strip()]
            if empty or row["checked"] not in ("yes", "no"):
                raise PressError(f"{where}: {row['english']!r} lacks {', '.join(empty) or 'yes or no under checked'}; fill it in")
            avoid = tuple(a.strip() for a in row["avoid"].split(";") if a.strip())
            term = Term(row["english"], row["korean"], avoid, row["checked"] == "yes", row["meaning_ko"], row["meaning_en"])
            if term.anchor in found:
                raise PressError(f"{where}: {term.english!r} and {found[term.anchor].english!r} share the id {term.anchor}; keep one")
            found[term.anchor] = term
    return list(found.values())


def initial(name: str) -> str:
    r"""Return the letter under which a dictionary files a name.

    Examples:
        >>> [initial(name) for name in ("손실", "깊이", "beam search", "k-겹 교차 검증")]
        ['ㅅ', 'ㄱ', 'B', 'K']
    """
    first = name[0]
    return INITIALS[(ord(first) - 0xAC00) // 588] if "가" <= first <= "힣" else first.upper()


def order(language: str) -> list[Term]:
    r"""Return the terms as a dictionary of a language has them: 가나다 after ABC."""
    return sorted(terms(), key=lambda term: term.name(language).casefold())


class TermsDirective(SphinxDirective):
    r"""``{terms}``: the terms with their meanings, in the order of the edition's language; ``:list:``: a table in the other order."""

    option_spec = {"list": lambda argument: True}
    has_content = False

    def run(self) -> list[nodes.Node]:
        r"""Make the glossary, or the table."""
        self.env.note_dependency(str(TERMS))
        language = self.config.language
        reverse = next(name for name in LANGUAGES if name != language)
        return [self._table(language, reverse)] if "list" in self.options else [self._letters(language), self._glossary(language, reverse)]

    def _letters(self, language: str) -> nodes.Node:
        r"""Links to the first term of each letter."""
        first: dict[str, Term] = {}
        for term in order(language):
            first.setdefault(initial(term.name(language)), term)
        line = nodes.paragraph("", "", classes=["term-letters"])
        for letter, term in first.items():
            line += [nodes.reference("", letter, internal=True, refid=term.anchor), nodes.Text(" ")]
        return line

    def _glossary(self, language: str, reverse: str) -> nodes.Node:
        entries = nodes.definition_list(classes=["glossary"])
        for term in order(language):
            names = nodes.term("", "", ids=[term.anchor])
            names += addnodes.index(entries=[("single", term.name(language), term.anchor, "main", None)])
            names += nodes.Text(term.name(language))
            if term.name(reverse) != term.name(language):
                names += [nodes.Text(" "), _foreign(term, reverse)]
            for name in dict.fromkeys((term.korean, term.english)):
                self.env.domains.standard_domain._note_term(name, term.anchor, location=names)
            meaning, messages = self.parse_inline(term.meaning(language), lineno=self.lineno)
            entries += nodes.definition_list_item("", names, nodes.definition("", nodes.paragraph("", "", *meaning), *messages))
        return addnodes.glossary("", entries, sorted=False)

    def _table(self, language: str, reverse: str) -> nodes.Node:
        body = nodes.tbody()
        for term in order(reverse):
            own = nodes.reference("", term.name(language), internal=True, refid=term.anchor)
            cells = [nodes.paragraph("", "", _foreign(term, reverse)), nodes.paragraph("", "", own)]
            body += nodes.row("", *(nodes.entry("", cell) for cell in cells))
        heads = [nodes.inline("", editions.NAMES[name], classes=[f"language-{name}"]) for name in (reverse, language)]
        top = [nodes.entry("", nodes.paragraph("", "", head)) for head in heads]
        columns = [nodes.colspec(colwidth=50), nodes.colspec(colwidth=50)]
        return nodes.table("", nodes.tgroup("", *columns, nodes.thead("", nodes.row("", *top)), body, cols=2), classes=["terms"])


def _foreign(term: Term, language: str) -> nodes.Node:
    r"""The name of a term in a language that is not the page's; docutils makes ``lang`` of the class."""
    return nodes.inline("", term.name(language), classes=["foreign", f"language-{language}"])


class StatusDirective(SphinxDirective):
    r"""``{build-status}``: the table of what each chapter holds and cost."""

    HEAD = {
        "ko": ["장", "실행 시간(초)", "셀", "그림", "연습문제", "한국어 어절", "영어 단어"],
        "en": ["Chapter", "Execution (s)", "Cells", "Figures", "Exercises", "Korean words", "English words"],
    }
    SUM = {"ko": "모두", "en": "All"}

    def run(self) -> list[nodes.Node]:
        r"""Make the table."""
        self.env.note_reread()
        language = self.config.language
        rows = {chapter: row for chapter, row in status.of_book(self.config).items() if row["cells"]}
        body = nodes.tbody()
        for chapter, row in rows.items():
            body += _row(self._link(chapter), _values(row))
        if rows:
            body += _row(nodes.strong("", self.SUM[language]), _values(_sum(rows.values())))
        head = [nodes.entry("", nodes.paragraph("", h)) for h in self.HEAD[language]]
        columns = [nodes.colspec(colwidth=w) for w in (40, 12, 8, 8, 10, 11, 11)]
        table = nodes.tgroup("", *columns, nodes.thead("", nodes.row("", *head)), body, cols=len(head))
        return [nodes.table("", table, classes=["status"])]

    def _link(self, chapter: str) -> nodes.Node:
        link = addnodes.pending_xref(
            "", nodes.inline("", chapter), refdomain="std", reftype="doc", reftarget=f"/{chapter}", refexplicit=False, refwarn=True
        )
        link["refdoc"] = self.env.docname
        return link


def _values(row: dict) -> list[str]:
    numbers = [row["cells"], row["figures"], row["exercises"], *(row["words"].get(language, "–") for language in LANGUAGES)]
    return [f"{row['seconds']:.1f}", *(f"{n:,}" if isinstance(n, int) else n for n in numbers)]


def _sum(rows) -> dict:
    rows = list(rows)
    total = {name: sum(row[name] for row in rows) for name in ("seconds", "cells", "figures", "exercises")}
    return total | {"words": {language: sum(row["words"].get(language, 0) for row in rows) for language in LANGUAGES}}


def _row(first: nodes.Node, values: list[str]) -> nodes.Node:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", node)) for node in (first, *map(nodes.Text, values))))
