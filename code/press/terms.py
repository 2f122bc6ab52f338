r"""The book's terms, from ``book/terms.csv``: the glossary in both directions."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from press import BOOK, SOURCE, PressError, status

TERMS = BOOK / "terms.csv"
COLUMNS = ["english", "korean", "avoid", "checked", "meaning_ko", "meaning_en"]


@dataclass(frozen=True)
class Term:
    r"""One term: its names, renderings that the book does not use, whether a test looks for those, and its meaning."""

    english: str
    korean: str
    avoid: tuple[str, ...]
    checked: bool
    meaning_ko: str
    meaning_en: str

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


def terms() -> list[Term]:
    r"""Read the terms.

    Raises:
        PressError: If the file lacks a column or a row lacks a name.
    """
    with TERMS.open(encoding="utf8", newline="") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames != COLUMNS:
            raise PressError(f"book/terms.csv: wants the columns {', '.join(COLUMNS)}; got {rows.fieldnames}")
        found = []
        for n, row in enumerate(rows, 2):
            if not row["english"] or not row["korean"]:
                raise PressError(f"book/terms.csv:{n}: a term needs both names, got {row['english']!r} and {row['korean']!r}")
            avoid = tuple(a.strip() for a in row["avoid"].split(";") if a.strip())
            found.append(Term(row["english"], row["korean"], avoid, row["checked"] == "yes", row["meaning_ko"] or "", row["meaning_en"] or ""))
    return found


class TermsDirective(SphinxDirective):
    r"""``{terms}``: the terms with their meanings, sorted in the edition's language; ``:list:`` gives the short table in the other order."""

    option_spec = {"list": lambda argument: True}
    has_content = False

    def run(self) -> list[nodes.Node]:
        r"""Make the glossary, or the table."""
        self.env.note_dependency(str(TERMS))
        language = self.config.language
        return [self._table(language)] if "list" in self.options else [self._glossary(language)]

    def _glossary(self, language: str) -> nodes.Node:
        domain = self.env.domains.standard_domain
        entries = nodes.definition_list(classes=["glossary"])
        for term in sorted((t for t in terms() if t.meaning(language)), key=lambda t: t.name(language).casefold()):
            other = term.english if language == SOURCE else term.korean
            names = nodes.term("", "", nodes.Text(term.name(language)), nodes.Text(" "), self._foreign(other, language), ids=[term.anchor])
            for name in {term.korean, term.english}:
                domain._note_term(name, term.anchor, location=names)
            meaning, messages = self.parse_inline(term.meaning(language), lineno=self.lineno)
            index = addnodes.index(entries=[("single", term.name(language), term.anchor, "main", None)])
            names.insert(0, index)
            entries += nodes.definition_list_item("", names, nodes.definition("", nodes.paragraph("", "", *meaning), *messages))
        return addnodes.glossary("", entries)

    def _foreign(self, name: str, language: str) -> nodes.Node:
        return nodes.inline("", name, classes=["foreign"], language="en" if language == SOURCE else SOURCE)

    def _table(self, language: str) -> nodes.Node:
        reverse = "en" if language == SOURCE else SOURCE
        body = nodes.tbody()
        for term in sorted(terms(), key=lambda t: t.name(reverse).casefold()):
            own = nodes.Text(term.name(language))
            if term.meaning(language):
                own = nodes.reference("", term.name(language), internal=True, refid=term.anchor)
            cells = [nodes.paragraph("", "", self._foreign(term.name(reverse), language)), nodes.paragraph("", "", own)]
            body += nodes.row("", *(nodes.entry("", cell) for cell in cells))
        group = nodes.tgroup("", nodes.colspec(colwidth=50), nodes.colspec(colwidth=50), body, cols=2)
        return nodes.table("", group, classes=["terms"])


class StatusDirective(SphinxDirective):
    r"""``{build-status}``: the table of what each chapter holds and cost."""

    HEAD = {
        "ko": ["장", "실행 시간(초)", "셀", "그림", "연습문제", "한국어 어절", "영어 단어"],
        "en": ["Chapter", "Execution (s)", "Cells", "Figures", "Exercises", "Korean words", "English words"],
    }

    def run(self) -> list[nodes.Node]:
        r"""Make the table."""
        self.env.note_reread()
        head = self.HEAD[self.config.language]
        body = nodes.tbody()
        for chapter, row in status.status().items():
            if row["cells"]:
                link = addnodes.pending_xref("", nodes.inline("", chapter), refdomain="std", reftype="doc", reftarget=f"/{chapter}", refexplicit=False, refwarn=True)
                link["refdoc"] = self.env.docname
                values = [row["seconds"], row["cells"], row["figures"], row["exercises"], row["words"].get("ko", "–"), row["words"].get("en", "–")]
                cells = [nodes.paragraph("", "", link), *(nodes.paragraph("", str(v)) for v in values)]
                body += nodes.row("", *(nodes.entry("", cell) for cell in cells))
        top = nodes.thead("", nodes.row("", *(nodes.entry("", nodes.paragraph("", h)) for h in head)))
        columns = [nodes.colspec(colwidth=w) for w in (40, 12, 8, 8, 10, 11, 11)]
        return [nodes.table("", nodes.tgroup("", *columns, top, body, cols=len(head)))]
