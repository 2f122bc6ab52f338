r"""Ids that are the same in both languages and in every build."""

from __future__ import annotations

import re

from docutils import nodes
from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
from sphinx.domains import std
from sphinx.transforms import SphinxTransform


def setup(app):
    r"""Number what Sphinx and MyST would name by its text or by chance."""
    app.connect("builder-inited", _number)
    app.add_transform(DropTitleIds)
    SphinxRenderer._random_label = _equation
    std.make_glossary_term = _term


def _number(app):
    app.env.settings["auto_id_prefix"] = "%"  # numbered for each kind of node, so that Hangul titles shift no other id


def _equation(self) -> str:
    r"""Name an equation that is written as an environment of amsmath, which MyST names by chance."""
    env = self.sphinx_env
    return f"{env.docname.replace('/', '-')}-{env.new_serialno('amsmath') + 1}"


_make_glossary_term = std.make_glossary_term


def _term(env, textnodes, index_key, source, lineno, node_id, document):
    node_id = node_id or f"term-{env.new_serialno('term') + 1}"
    return _make_glossary_term(env, textnodes, index_key, source, lineno, node_id, document)


class DropTitleIds(SphinxTransform):
    r"""Keep of a labelled heading only the label, which is the same in both languages."""

    default_priority = 880

    def apply(self, **kwargs):
        for section in self.document.findall(nodes.section):
            labels = [self.document.nameids.get(name) for name in section.get("names", []) if self.document.nametypes.get(name)]
            labels = [i for i in labels if i in section["ids"]]
            if labels:
                section["ids"] = labels + [i for i in section["ids"] if re.fullmatch(r"index-\d+", i)]  # of index entries before it
            elif set(section["ids"]) <= {"exercise-content", "solution-content"}:  # the same for every exercise of a page
                section["ids"] = [f"{section.parent['label']}-content"]
