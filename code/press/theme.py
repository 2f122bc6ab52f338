r"""What the theme, MyST-NB and docutils leave to the book: folded code, the description of a page, the bibliography, the parts beside it."""

from __future__ import annotations

import re
from html import escape

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput

PART = re.compile(
    r'(?P<open><p [^>]*class="caption)(?P<rest>"[^>]*>)(?P<name><span class="caption-text">[^<]*</span>)</p>\s*'
    r'<ul class="[^"]*">\s*<li class="toctree-l1(?P<here>[^"]*)">(?P<link><a [^>]*href="[^"]*\bindex\.html">)[^<]*</a></li>\s*</ul>'
)


def setup(app):
    r"""Connect these to a build."""
    app.add_node(HideCodeCellNode, override=True, html=(_open_folded, depart_HideCellInput))
    app.add_node(nodes.citation, override=True, html=(_open_citation, _close_citation))
    app.connect("html-page-context", _describe)
    app.connect("html-page-context", _link_parts, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _open_folded(self, node):
    r"""Let the two prompts of folded code speak for themselves: MyST-NB would read out an English label instead."""
    self.body.append(f'<details class="admonition hide {" ".join(node["classes"])}">\n<summary>\n')
    for state, prompt in (("collapsed", node["prompt_show"]), ("expanded", node["prompt_hide"])):
        self.body.append(f'<p class="{state} admonition-title">{escape(prompt)}</p>\n')
    self.body.append("</summary>\n")


def _open_citation(self, node):
    r"""Make the bibliography a plain list: docutils gives its entries a role that is deprecated."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", classes=["citation"], role="listitem"))


def _close_citation(self, node):
    self.body.append("</div>\n")
    if not isinstance(node.next_node(descend=False, siblings=True), nodes.citation):
        self.body.append("</div>\n")


def _describe(app, pagename, templatename, context, doctree):
    r"""Tell search engines what ``description`` in front matter says."""
    description = (context.get("meta") or {}).get("description")
    if description:
        context["metatags"] += f'\n<meta name="description" content="{escape(description)}" />'


def linked_parts(contents: str) -> str:
    r"""Let the name of a part lead to its page, instead of the same name again below it.

    Examples:
        >>> above = '<p class="caption"><span class="caption-text">Start</span></p>'
        >>> linked_parts(above + '<ul class="nav"><li class="toctree-l1"><a href="start/index.html">Start</a></li></ul>')
        '<p class="caption"><a href="start/index.html"><span class="caption-text">Start</span></a></p>'
    """
    return PART.sub(r"\g<open>\g<here>\g<rest>\g<link>\g<name></a></p>", contents)


def _link_parts(app, pagename, templatename, context, doctree):
    made = context.get("generate_toctree_html")
    if not made:
        return

    def linked(*given, **named):
        contents = str(made(*given, **named))
        return linked_parts(contents.replace('href="#"', 'href="index.html"') if pagename.endswith("/index") else contents)

    context["generate_toctree_html"] = linked
