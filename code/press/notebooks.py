r"""Write each chapter's executed notebook, from the page that Sphinx has resolved: plain Markdown, nothing of the press in it.

``python -m press.notebooks check FILE...`` runs notebooks again where the press cannot be imported and compares what they print.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import struct
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import nbformat
from docutils import nodes

from press import BOOK, PressError, editions, figures, read, runs
from press.kernel import FIGURE
from press.source import cells

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"},
}
ENVIRONMENTS = {"equation": "", "align": "aligned", "alignat": "aligned", "gather": "gathered", "multline": "gathered", "eqnarray": "aligned"}


def write(app, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    r"""Write the notebook of a page that Sphinx is writing as HTML (event ``html-page-context``), if the page has code."""
    source = BOOK / f"{pagename}.md"
    if app.builder.name != "html" or doctree is None or not source.exists() or not cells(source.read_text("utf8")):
        return
    out = Path(app.outdir) / "notebooks" / f"{pagename}.ipynb"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(nbformat.writes(notebook(app, pagename, doctree)) + "\n", "utf8")


def notebook(app, pagename: str, doctree: nodes.document, install: str | None = None) -> nbformat.NotebookNode:
    r"""Make the notebook of a chapter in the language of the build.

    Args:
        app: Sphinx, its environment complete.
        pagename: As in ``components/loss``.
        doctree: The page with every reference resolved.
        install: Code of a first cell that installs what the notebook needs, or None.

    Returns:
        A valid notebook, the same for the same page.

    Raises:
        PressError: If the page holds something that a notebook cannot show.
    """
    language, text = app.config.language, (BOOK / f"{pagename}.md").read_text("utf8")
    run, labels = runs.find(text), runs.labels(pagename, text)
    if run is None:
        raise PressError(f"book/{pagename}.md: no stored run holds for this chapter; run `press execute`, then build again")
    code = cells(read.in_language(pagename, text, language))
    page = Page(app, pagename, doctree, code)
    book = nbformat.v4.new_notebook(metadata={**METADATA, "lang": language, "title": page.title})
    if install:
        book.cells.append(nbformat.v4.new_code_cell(install, id="install"))
    prose: list[str] = []
    count = 0

    def close():
        if prose:
            book.cells.append(nbformat.v4.new_markdown_cell("\n\n".join(prose), id=f"text-{len(book.cells)}"))
            prose.clear()

    for item in [*page.flow(doctree), *page.rest(), *page.references()]:
        if isinstance(item, str):
            if item.startswith("#"):  # a heading begins a cell, so that its section folds
                close()
            prose.append(item)
            continue
        close()
        count += 1
        _, source, options = code[item]
        outputs = [_output(dict(o), run, labels, language, page.alts.get(item, "")) for o in run.outputs[item]]
        metadata = {"tags": options["tags"]} if options.get("tags") else {}
        cell = nbformat.v4.new_code_cell(source, id=f"code-{item}", metadata=metadata, execution_count=count, outputs=outputs)
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
        book.cells.append(cell)
    close()
    nbformat.validate(book)
    return book


def _output(output: dict, run: runs.Run, labels: dict, language: str, alt: str) -> nbformat.NotebookNode:
    name = output.get("data", {}).get(FIGURE)
    if output["output_type"] == "execute_result":
        output["execution_count"] = None
    if name:
        png = (runs.drawing(run, name, labels) / f"{language}.png").read_bytes()
        width, height = (round(side * 96 / figures.DPI) for side in struct.unpack(">II", png[16:24]))
        output["data"] = {"image/png": base64.b64encode(png).decode(), "text/plain": alt or "<Figure>"}
        output["metadata"] = {"image/png": {"alt": alt, "width": width, "height": height}}
    return nbformat.from_dict(output)


# -- prose -----------------------------------------------------------------------------------------------------------


def escape(text: str) -> str:
    r"""Write a text so that Markdown shows it as it is; line breaks become spaces.

    Examples:
        >>> print(escape("1~3개에 $5, a_b 그리고 *x*"))
        1\~3개에 \$5, a_b 그리고 \*x\*
    """
    text = re.sub(r"\s+", " ", text)
    return re.sub(r"[\\`*$~]|(?<!\w)_|_(?!\w)|<(?=[\w/!?])|&(?=#?\w+;)|\](?=[(\[:])", r"\\\g<0>", text)


def display(tex: str, number: str = "") -> str:
    r"""Write a formula that stands by itself as Jupyter and Colab show it.

    Args:
        tex: TeX, with or without an environment of amsmath around it.
        number: Of the equation; none if empty.

    Returns:
        Lines of Markdown.

    Examples:
        >>> print(display(r"\begin{align} a &= b \\ c &= d \end{align}", "1.2"))
        $$
        \begin{aligned} a &= b \\ c &= d \end{aligned}
        \tag{1.2}
        $$
    """
    lines = [line for line in tex.strip().split("\n") if line.strip()]
    tex = "\n".join(lines)
    outer = re.fullmatch(r"\\begin\{(\w+)\*?\}(.*)\\end\{\1\*?\}", tex, re.DOTALL)
    if outer and outer[1] in ENVIRONMENTS:
        inner, name = outer[2].strip("\n"), ENVIRONMENTS[outer[1]]
        inner = re.sub(r"^\{\d+\}", "", inner) if outer[1] == "alignat" else inner
        tex = rf"\begin{{{name}}}{inner}\end{{{name}}}" if name else inner.strip()
    elif r"\\" in re.sub(r"(?s)\\begin\{(\w+\*?)\}.*\\end\{\1\}", "", tex):
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    return f"$$\n{tex}\n" + (rf"\tag{{{number}}}" + "\n" if number else "") + "$$"


def nest(blocks: list[str], first: str, others: str) -> str:
    r"""Put blocks into a list item or a quotation.

    Examples:
        >>> print(nest(["a", "b"], "- ", "  "))
        - a
        <BLANKLINE>
          b
    """
    text = re.sub(r"(?ms)^\$\$\n(.*?)\n\$\$$", lambda m: f"$${m[1]}$$".replace("\n", " "), "\n\n".join(blocks))  # Jupyter wants one line here
    return "\n".join(((first if n == 0 else others) + line).rstrip() for n, line in enumerate(text.split("\n")))


class Page:
    r"""Read a resolved page as Markdown and code cells.

    Args:
        app: Sphinx.
        name: Of the page.
        doctree: The page.
        code: The chapter's cells, as `press.source.cells` reads them.

    Raises:
        PressError: If the page and its source do not have the same cells.
    """

    def __init__(self, app, name: str, doctree: nodes.document, code: list):
        self.app, self.env, self.config, self.name, self.code = app, app.env, app.config, name, code
        self.title = self.env.titles[name].astext()
        self.level, self.in_table = 0, False
        shown = [n for n, (_, _, options) in enumerate(code) if "remove-cell" not in options.get("tags", ())]
        found = sorted((c for c in doctree.findall(nodes.container) if c.get("nb_element") == "cell_code"), key=lambda c: c["cell_index"])
        if len(shown) != len(found):
            raise PressError(f"book/{name}.md: the page shows {len(found)} cells, its source {len(shown)}; `remove-cell` is the one tag that hides a cell")
        self.number = {id(container): n for container, n in zip(found, shown, strict=True)}
        images = {n: next(c.findall(nodes.image), None) for c, n in zip(found, shown, strict=True)}
        self.alts = {n: image.get("alt", "") for n, image in images.items() if image is not None}
        self.pending = [n for n in range(len(code)) if n not in shown]  # cells that the page hides go where their lines are

    def flow(self, parent: nodes.Element) -> Iterator[str | int]:
        r"""Yield Markdown blocks, and for each code cell its number."""
        for node in parent.children:
            yield from self._hidden(next((n.line for n in node.findall() if n.line), 0))
            kind = type(node).__name__
            if id(node) in self.number:
                number = self.number[id(node)]
                yield from self.rest(number)
                yield number
                yield from (self.caption(f, "figure") for f in node.findall(nodes.figure) if f.next_node(nodes.caption))
            elif isinstance(node, nodes.section):
                self.level += isinstance(node[0], nodes.title)
                yield from self.flow(node)
                self.level -= isinstance(node[0], nodes.title)
            elif kind in ("exercise_node", "exercise_enumerable_node", "solution_node"):
                self.level += 1
                yield self.exercise(node, kind == "solution_node")
                yield from self.flow(nodes.container("", *[child.deepcopy() if False else child for child in node.children[1:]]))
                self.level -= 1
            elif isinstance(node, nodes.Admonition):
                yield self.admonition(node)
            elif kind in FLOW and not (kind == "container" and "literal-block-wrapper" in node["classes"]):
                yield from self.flow(node)
            elif kind not in NOTHING:
                yield getattr(self, f"block_{kind}", self.unknown)(node)
