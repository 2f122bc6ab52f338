r"""Write words, links and formulas that Sphinx has resolved as plain Markdown, as JupyterLab, VS Code and Colab show it."""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urljoin

from docutils import nodes

from press import PressError

ENVIRONMENTS = {"equation": "", "align": "aligned", "alignat": "aligned", "gather": "gathered", "multline": "gathered"}
"""Environments of amsmath that MathJax refuses inside dollars, and what stands for each there."""
NOTHING = {"target", "index", "comment", "meta", "substitution_definition", "sd_tab_input", "colspec", "toctree", "tabular_col_spec"}
"""Nodes of which a reader sees nothing."""


def escape(text: str) -> str:
    r"""Write a text so that Markdown shows it as it is; line breaks become spaces.

    Examples:
        >>> print(escape("1~3개에 $5, a_b 그리고 *x*"))
        1\~3개에 \$5, a_b 그리고 \*x\*
    """
    text = re.sub(r"\s+", " ", text)
    return re.sub(r"[\\`*$~]|(?<!\w)_|_(?!\w)|<(?=[\w/!?])|&(?=#?\w+;)|\](?=[(\[:])", r"\\\g<0>", text)


def display(tex: str, number: str = "") -> str:
    r"""Write a formula that stands by itself.

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
    tex = "\n".join(line for line in tex.strip().split("\n") if line.strip())
    outer = re.fullmatch(r"\\begin\{(\w+)\*?\}(.*)\\end\{\1\*?\}", tex, re.DOTALL)
    if outer and outer[1] in ENVIRONMENTS:
        name, inner = ENVIRONMENTS[outer[1]], outer[2].strip("\n")
        inner = re.sub(r"^\{\d+\}", "", inner) if outer[1] == "alignat" else inner
        tex = rf"\begin{{{name}}}{inner}\end{{{name}}}" if name else inner.strip()
    elif r"\\" in tex and r"\begin{" not in tex:
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    return "\n".join(["$$", tex, *([rf"\tag{{{number}}}"] if number else []), "$$"])


def nest(blocks: Iterable[str], first: str, others: str) -> str:
    r"""Put blocks into a list item or a quotation.

    Examples:
        >>> print(nest(["a", "$$\nx\n$$"], "- ", "  "))
        - a
        <BLANKLINE>
          $$x$$
    """
    text = "\n\n".join(blocks)
    text = re.sub(r"(?ms)^\$\$\n(.*?)\n\$\$$", lambda m: f"$${' '.join(m[1].split())}$$", text)  # Jupyter would keep the marks of the lines
    return "\n".join(((first if n == 0 else others) + line).rstrip() for n, line in enumerate(text.split("\n")))


class Words:
    r"""What stands inside the paragraphs and titles of a page.

    Args:
        app: Sphinx, its environment complete.
        name: Of the page, as in ``components/loss``.
    """

    def __init__(self, app, name: str):
        self.app, self.env, self.config, self.name = app, app.env, app.config, name
        self.in_table = False

    def where(self, node: nodes.Node) -> str:
        r"""Return the file and the line of a node, for messages."""
        while node.line is None and node.parent is not None:
            node = node.parent
        return f"book/{self.name}.md:{node.line or 1}"

    def inline(self, node: nodes.Element) -> str:
        r"""Write what stands inside a paragraph or a title."""
        return "".join(self.piece(child) for child in node.children)

    def piece(self, node: nodes.Node) -> str:
        r"""Write a text or a node inside a paragraph; of a kind without a method of its own, what it holds."""
        if isinstance(node, nodes.Text):
            text = escape(node.astext())
            return text.replace("|", r"\|") if self.in_table else text
        method = getattr(self, f"inline_{type(node).__name__}", None)
        if method:
            return method(node)
        return "" if type(node).__name__ in NOTHING else self.inline(node)

    def inline_emphasis(self, node):
        return f"*{self.inline(node)}*"

    def inline_strong(self, node):
        return f"**{self.inline(node)}**"

    def inline_literal(self, node):
        text = re.sub(r"\s+", " ", node.astext())
        ticks = "`" * (1 + max(map(len, re.findall(r"`+", text)), default=0))
        text = f" {text} " if "`" in text else text
        return f"{ticks}{text.replace('|', chr(92) + '|') if self.in_table else text}{ticks}"

    def inline_math(self, node):
        tex = re.sub(r"\s+", " ", node.astext()).strip()
        if self.in_table:  # a bar would end the cell
            tex = tex.replace(r"\|", r"\Vert{}").replace("|", r"\vert{}")
        return f"${tex}$"

    def inline_superscript(self, node):
        return f"<sup>{self.inline(node)}</sup>"

    def inline_subscript(self, node):
        return f"<sub>{self.inline(node)}</sub>"

    inline_footnote_reference = inline_superscript

    def inline_reference(self, node):
        r"""Write a link: to other sites as it is, to other pages if the book's address is known, else as text."""
        text, uri = self.inline(node), node.get("refuri", "")
        if uri and "://" not in uri and not uri.startswith(("#", "mailto:")) and self.config.html_baseurl:
            uri = urljoin(urljoin(self.config.html_baseurl.rstrip("/") + "/", self.app.builder.get_target_uri(self.name)), uri)
        return f"[{text}]({uri})" if "://" in uri or uri.startswith("mailto:") else text

    def inline_raw(self, node):
        tag = re.fullmatch(r'\s*(<br ?/?>|<span lang="\w+">|</span>)\s*', node.astext()) if node.get("format") == "html" else None
        return tag[1] if tag else ""

    def inline_image(self, node):
        uri = node["uri"]
        if "://" not in uri:
            files = node.get("candidates", {})  # of picture.* the one that a page shows
            path = Path(self.app.srcdir, next((files[k] for k in ("*", "image/svg+xml", "image/png", "image/jpeg") if k in files), uri))
            if not path.is_file():
                raise PressError(f"{self.where(node)}: the image {path.name} is not there; name a file of the book")
            uri = f"data:{mimetypes.guess_type(path.name)[0]};base64,{base64.b64encode(path.read_bytes()).decode()}"
        return f"![{escape(node.get('alt', ''))}]({uri})"
