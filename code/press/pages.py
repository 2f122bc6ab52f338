r"""Read a page that Sphinx has resolved as blocks of plain Markdown, with the places of its code cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from docutils import nodes
from sphinx.locale import admonitionlabels

from press import PressError, editions
from press.markdown import NOTHING, Words, display, nest

EXERCISES = {"exercise_node", "exercise_enumerable_node", "solution_node"}
THROUGH = {"container", "compound", "glossary", "dropdown_main"}
"""Nodes of which only the children are seen."""
FIGURES = {"figure": "figure", "table": "table", "container": "code-block"}


class Page(Words):
    r"""One resolved page.

    Args:
        app: Sphinx, its environment complete.
        name: Of the page, as in ``components/loss``.
        doctree: The page.
        code: The cells of the chapter, as `press.walk.cells` reads them.

    Raises:
        PressError: If the page does not show the cells that its source has.
    """

    def __init__(self, app, name: str, doctree: nodes.document, code: list):
        super().__init__(app, name)
        self.code, self.level = code, 0
        hidden = [n for n, (_, _, options) in enumerate(code) if "remove-cell" in options.get("tags", ())]
        shown = [n for n in range(len(code)) if n not in hidden]
        found = sorted((c for c in doctree.findall(nodes.container) if c.get("nb_element") == "cell_code"), key=lambda c: c["cell_index"])
        if len(shown) != len(found):
            cure = "hide a cell by the tag remove-cell alone"
            raise PressError(f"book/{name}.md: the page shows {len(found)} cells, its source {len(shown)}; {cure}")
        self.cells = {id(container): n for container, n in zip(found, shown, strict=True)}
        self.alts = {n: image.get("alt", "") for c, n in zip(found, shown, strict=True) for image in c.findall(nodes.image)}
        self.hidden = hidden  # these go where their lines are

    def flow(self, children: Iterable[nodes.Node]) -> Iterator[str | int]:
        r"""Yield blocks of Markdown, and for each code cell its number."""
        for node in children:
            kind = type(node).__name__
            line = next((n.line for n in node.findall() if n.line), 0) or 0
            last = len(self.code) if "footnotes" in node.get("classes", ()) else 0
            yield from self.before(self.cells.get(id(node), last), line)
            if id(node) in self.cells:
                yield self.cells[id(node)]
                yield from (self.caption(f) for f in node.findall(nodes.figure) if next(f.findall(nodes.caption), None))
            elif isinstance(node, nodes.section) or kind in EXERCISES:
                titled = isinstance(node[0], nodes.title)
                deeper = titled or kind in EXERCISES
                self.level += deeper
                if deeper:
                    yield self.heading(node)
                yield from self.flow(node.children[titled:])
                self.level -= deeper
            elif kind in THROUGH and "literal-block-wrapper" not in node.get("classes", ()):
                yield from self.flow(node.children)
            elif kind not in NOTHING:
                yield self.block(node)

    def before(self, number: int, line: int = 0) -> Iterator[int]:
        r"""Yield the cells that the page does not show, up to a cell or a line."""
        while self.hidden and (self.hidden[0] < number or self.code[self.hidden[0]][0] < line):
            yield self.hidden.pop(0)

    def blocks(self, node: nodes.Element, skip: int = 0) -> list[str]:
        r"""Return what stands inside a block after its first nodes; it can hold no cell.

        Raises:
            PressError: If it holds one.
        """
        found = list(self.flow(node.children[skip:]))
        if not all(isinstance(item, str) for item in found):
            raise PressError(f"{self.where(node)}: a code cell stands inside a {type(node).__name__}; put it at the top level of the page")
        return [item for item in found if item]

    def block(self, node: nodes.Node) -> str:
        r"""Write one block.

        Raises:
            PressError: If this module does not know the kind of the block.
        """
        kind = "admonition" if isinstance(node, nodes.Admonition) else type(node).__name__
        method = getattr(self, f"block_{kind}", None)
        if method is None:
            raise PressError(f"{self.where(node)}: a notebook cannot show a {kind}; write it another way, or teach press/pages.py to")
        return method(node)

    def number(self, kind: str, node: nodes.Element) -> str:
        r"""Return the number that Sphinx gave a figure, an equation or an exercise, as in ``1.2``; nothing if it has none."""
        numbers = self.env.toc_fignumbers.get(self.name, {}).get(kind, {})
        return next((".".join(map(str, numbers[i])) for i in node["ids"] if i in numbers), "")

    def heading(self, node: nodes.Element) -> str:
        r"""Write the number and the title of a section, an exercise or a solution."""
        kind, before = type(node).__name__, ""
        title = self.inline(node[0]).strip() if isinstance(node[0], nodes.title) else ""
        if kind == "section":
            numbers = self.env.toc_secnumbers.get(self.name, {})
            digits = numbers.get("#" + node["ids"][0], numbers.get("", ())) or ()
            before = ".".join(map(str, digits)) + self.config.html_secnumber_suffix if digits else ""
        elif kind == "solution_node":
            exercise = nodes.Element(ids=[node.get("target_label", "")])
            title = f"{editions.WORDS[self.config.language]['solution']} {self.number('exercise', exercise)}".strip()
        elif self.number("exercise", node):
            before = self.config.numfig_format["exercise"] % self.number("exercise", node) + " "
        return "#" * min(self.level, 6) + f" {before}{title}"

    def caption(self, node: nodes.Element) -> str:
        r"""Write the number and the caption of a figure, a table or a listing."""
        text = next((self.inline(n) for n in node.children if isinstance(n, nodes.caption | nodes.title)), "")
        kind = FIGURES[type(node).__name__]
        number = self.number(kind, node)
        return f"**{self.config.numfig_format[kind] % number}** {text}".rstrip() if number else text

    def block_paragraph(self, node):
        text = self.inline(node).strip()
        text = re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", text)
        return re.sub(r"^(?=[#>+=-])", r"\\", text)

    block_attribution = block_paragraph

    def block_rubric(self, node):
        return f"**{self.inline(node).strip()}**"

    block_sd_tab_label = block_dropdown_title = block_rubric

    def block_transition(self, node):
        return "---"

    def block_bullet_list(self, node):
        return self.items(node, lambda n: "- ")

    def block_enumerated_list(self, node):
        return self.items(node, lambda n: f"{n + node.get('start', 1)}. ")

    def items(self, node: nodes.Element, mark) -> str:
        r"""Write a list, each item after its mark."""
        marks = [mark(n) for n in range(len(node))]
        written = [nest(self.blocks(item), m, " " * len(m)) for m, item in zip(marks, node, strict=True)]
        return ("\n\n" if any("\n\n" in w for w in written) else "\n").join(written)

    def block_definition_list(self, node):
        items = []
        for item in node:
            terms = [f"**{self.inline(child).strip()}**" for child in item if isinstance(child, nodes.term)]
            body = [block for child in item if isinstance(child, nodes.definition) for block in self.blocks(child)]
            items.append(nest([", ".join(terms), *body], "- ", "  "))
        return "\n\n".join(items)

    def block_block_quote(self, node):
        return nest(self.blocks(node), "> ", "> ")

    def block_admonition(self, node):
        has_title = isinstance(node[0], nodes.title)
        title = self.inline(node[0]).strip() if has_title else str(admonitionlabels.get(type(node).__name__, ""))
        return nest([*([f"**{title}**"] if title else []), *self.blocks(node, has_title)], "> ", "> ")

    def block_literal_block(self, node):
        fence = "`" * max(3, *(len(ticks) + 1 for ticks in re.findall(r"`+", node.astext()) or [""]))
        language = "python" if node.get("source", "").endswith(".py") else node.get("language", "")
        language = {"ipython3": "python", "default": "", "none": "", "myst-ansi": ""}.get(language, language)
        return f"{fence}{language}\n{node.astext().rstrip()}\n{fence}"

    block_doctest_block = block_literal_block

    def block_container(self, node):
        return "\n\n".join([self.caption(node), *(self.block(n) for n in node.children if not isinstance(n, nodes.caption))])

    def block_math_block(self, node):
        return display(node.astext(), self.number("displaymath", node))

    def block_figure(self, node):
        return "\n\n".join([*(self.block(n) for n in node.children if isinstance(n, nodes.image | nodes.reference)), self.caption(node)])

    def block_image(self, node):
        return self.inline_image(node)

    def block_reference(self, node):
        return self.inline_reference(node)

    def block_table(self, node):
        self.in_table = True
        rows = [["<br>".join(self.blocks(entry)).replace("\n", "<br>") for entry in row] for row in node.findall(nodes.row)]
        self.in_table = False
        if next(node.findall(nodes.thead), None) is None:
            rows.insert(0, [""] * len(rows[0]))
        rows.insert(1, ["---"] * len(rows[0]))
        table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
        return "\n\n".join(filter(None, [self.caption(node), table]))

    def block_footnote(self, node):
        return nest(self.blocks(node, 1), f"<sup>{node[0].astext()}</sup> ", "")

    def block_raw(self, node):
        return ""
