r"""Number the chapters through the whole book: Sphinx begins again at 1 in every numbered toctree."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.environment.collectors.toctree import TocTreeCollector

_assign = TocTreeCollector.assign_section_numbers


def setup(app):
    r"""Let each numbered toctree of the root document go on where the one before ended."""
    TocTreeCollector.assign_section_numbers = _assign_through


def _assign_through(self, env) -> list[str]:
    before = env.toc_secnumbers
    _assign(self, env)
    passed = 0
    for toctree in env.get_doctree(env.config.root_doc).findall(addnodes.toctree):
        if toctree.get("numbered"):
            chapters = [name for _, name in toctree["entries"] if name in env.toc_secnumbers]
            for chapter in chapters:
                _shift(env, chapter, passed)
            passed += len(chapters)
    return [name for name, numbers in env.toc_secnumbers.items() if numbers != before.get(name)]


def _shift(env, chapter: str, by: int) -> None:
    numbers = env.toc_secnumbers[chapter]
    for anchor, number in numbers.items():
        numbers[anchor] = number and (number[0] + by, *number[1:])
    for node in (env.titles[chapter], *env.tocs[chapter].findall(nodes.reference)):
        if node.get("secnumber"):
            node["secnumber"] = [node["secnumber"][0] + by, *node["secnumber"][1:]]
