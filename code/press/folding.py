r"""Folded code: MyST-NB labels it in English for screen readers; here its own two words say what a press will do."""

from __future__ import annotations

from html import escape

from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput


def setup(app):
    r"""Write folded cells without MyST-NB's label."""
    app.add_node(HideCodeCellNode, override=True, html=(_open, depart_HideCellInput))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _open(self, node):
    self.body.append(f'<details class="admonition hide {" ".join(node["classes"])}">\n<summary>\n')
    for state, prompt in (("collapsed", node["prompt_show"]), ("expanded", node["prompt_hide"])):
        self.body.append(f'<p class="{state} admonition-title">{escape(prompt)}</p>\n')
    self.body.append("</summary>\n")
