r"""What the theme and MyST-NB leave to the book: the label of folded code, the description of a page."""

from __future__ import annotations

from html import escape

from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput


def setup(app):
    r"""Connect these to a build."""
    app.add_node(HideCodeCellNode, override=True, html=(_open_folded, depart_HideCellInput))
    app.connect("html-page-context", _describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _open_folded(self, node):
    r"""Let the two prompts of folded code speak for themselves: MyST-NB would read out an English label instead."""
    self.body.append(f'<details class="admonition hide {" ".join(node["classes"])}">\n<summary>\n')
    for state, prompt in (("collapsed", node["prompt_show"]), ("expanded", node["prompt_hide"])):
        self.body.append(f'<p class="{state} admonition-title">{escape(prompt)}</p>\n')
    self.body.append("</summary>\n")


def _describe(app, pagename, templatename, context, doctree):
    r"""Tell search engines what ``description`` in front matter says."""
    description = (context.get("meta") or {}).get("description")
    if description:
        context["metatags"] += f'\n<meta name="description" content="{escape(description)}" />'
