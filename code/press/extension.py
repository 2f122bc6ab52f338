r"""The press inside Sphinx: chapters read in the edition's language, ids without language, particles after references."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxRole
from sphinx_exercise.nodes import solution_node

from press import (
    BOOK,
    SOURCE,
    anchors,
    atlas,
    citations,
    editions,
    latex,
    maths,
    notebooks,
    numbering,
    own_code,
    particles,
    public,
    search,
    stale,
    status,
    terms,
    weight,
)
from press import read as reader


def setup(app):
    r"""Connect the press to a build."""
    app.connect("config-inited", _choose_language, priority=100)
    citations.setup(app)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("source-read", _note_chapter)
    app.connect("html-page-context", _page_context)
    app.connect("html-page-context", notebooks.write)
    public.setup(app)
    app.add_config_value("press_handed", "", "", types=str)  # a file in which the press has put what it knows of the book
    app.add_config_value("press_pdf", False, "html", types=frozenset({bool, str, int}))
    app.add_directive("terms", terms.TermsDirective)
    app.add_directive("build-status", terms.StatusDirective)
    app.add_node(solution_node, override=True, html=(_open_solution, _close_solution))
    app.add_config_value("press_words", {}, "html", types=dict)
    app.add_config_value("press_code", "", "env", types=str)
    maths.setup(app)
    latex.setup(app)
    numbering.setup(app)
    search.setup(app)
    stale.setup(app)
    weight.setup(app)
    app.add_role("ko", Korean())
    anchors.setup(app)
    atlas.setup(app)
    app.add_post_transform(SettleParticles)
    app.add_post_transform(MarkKorean)
    app.add_post_transform(SayMinutes)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}


# -- language --------------------------------------------------------------------------------------------------------


def _choose_language(app, config):
    for name, value in editions.settings(config.language).items():
        config[name] = value
    config.press_code = own_code()  # a page that an older press has read is read again
    config.nb_custom_formats = {".md": ["press.read.read", {"language": config.language}, False]}


def _note_chapter(app, docname, source):
    reader.current["chapter"] = docname
    with reader.ending(docname):
        _stamps(app.env)[docname] = _stamp(app, docname)


def _stamps(env) -> dict[str, str]:
    if not hasattr(env, "press_stamps"):
        env.press_stamps = {}
    return env.press_stamps


def _stamp(app, docname: str) -> str:
    return status.handed(app.config).get("stamps", {}).get(docname) or stale.stamp(docname, app.config.language)


def _outdated(app, env, added, changed, removed):
    found = []
    for doc in sorted(env.found_docs & _stamps(env).keys()):
        with reader.ending(doc):
            if _stamps(env)[doc] != _stamp(app, doc):
                found.append(doc)
    return found


def _purge(app, env, docname):
    _stamps(env).pop(docname, None)


def _merge(app, env, docnames, other):
    _stamps(env).update({doc: _stamps(other)[doc] for doc in docnames if doc in _stamps(other)})


# -- figures ---------------------------------------------------------------------------------------------------------


WIDE = 540
r"""Pixels of a drawing whose letters would be too small to read if a phone showed it in its whole width."""


class Pictures:
    r"""Show a figure as two drawings, of which the page's theme shows one (entry point ``myst_nb.mime_renderers``)."""

    mime_priority_overrides = [("html", reader.PICTURES, 1), ("latex", "application/pdf", 1)]

    @staticmethod
    def handle_mime(renderer, data, inline: int):
        if data.mime_type != reader.PICTURES:
            return None
        shown = []
        for theme, svg in data.content.items():
            image = renderer.render_image(dataclasses.replace(data, mime_type="image/svg+xml", content=svg))
            for node in image[0].findall(nodes.image):
                node["classes"] = [*node.get("classes", []), f"picture-{theme}", "dark-light"]  # the last keeps the theme's filter off
                node["loading"] = "lazy"  # so that the one that is not shown is not loaded
                node["width"], node["height"] = _pixels(svg)  # so that nothing moves when it comes
                node["classes"] += ["wide"] if int(node["width"]) > WIDE else []
            shown += image
        return [nodes.container("", *shown, classes=["picture"])]  # a box of its own, which scrolls where a phone is too narrow for it


def _pixels(svg: str) -> tuple[str, str]:
    r"""Read how large a drawing is.

    Examples:
        >>> _pixels('<svg width="360pt" height="187.2pt" viewBox="0 0 360 187.2">')
        ('480', '250')
    """
    wide, high = re.search(r'<svg[^>]* width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups()
    return str(round(float(wide) * 96 / 72)), str(round(float(high) * 96 / 72))


# -- ids, words, particles -------------------------------------------------------------------------------------------


class Korean(SphinxRole):
    r"""``{ko}`손실` ``: a Korean word on an English page, marked as such for screen readers."""

    def run(self):
        before, after = nodes.raw("", '<span lang="ko">', format="html"), nodes.raw("", "</span>", format="html")
        return [before, nodes.Text(self.text), after] if self.config.language != SOURCE else [nodes.Text(self.text)], []


class MarkKorean(SphinxPostTransform):
    r"""Mark the code and the outputs of cells whose data is Korean, on English pages."""

    default_priority = 900

    def run(self, **kwargs):
        if self.config.language == SOURCE:
            return
        for cell in self.document.findall(nodes.container):
            if "tag_korean-data" in cell["classes"]:
                for block in cell.findall(lambda node: isinstance(node, nodes.literal_block | nodes.table)):
                    block["classes"].append("language-ko")  # docutils makes it lang="ko"


class SayMinutes(SphinxPostTransform):
    r"""Say under the title of a chapter how long it takes."""

    default_priority = 900

    def run(self, **kwargs):
        page = self.env.docname
        if has_cells(page):
            minutes = status.minutes(page, (BOOK / f"{page}.md").read_text("utf8"))
            said = editions.WORDS[self.config.language]["minutes"].format(minutes=minutes)
            title = self.document.next_node(nodes.title)
            title.parent.insert(title.parent.index(title) + 1, nodes.paragraph("", said, classes=["minutes"]))


class SettleParticles(SphinxPostTransform):
    r"""Settle Korean particles that follow a reference, whose text is known only now."""

    default_priority = 900

    def run(self, **kwargs):
        if self.config.language != SOURCE:
            return
        for block in self.document.findall(nodes.TextElement):
            if isinstance(block.parent, nodes.TextElement) or not particles.PARTICLE.search(block.astext()):
                continue
            before = ""
            for text in list(block.findall(nodes.Text)):
                if isinstance(text.parent, nodes.literal | nodes.math | nodes.literal_block):
                    before += text.astext()
                    continue
                settled = particles.settle(text.astext(), before)
                before += settled
                if settled != text.astext():
                    text.parent.replace(text, nodes.Text(settled))


# -- pages -----------------------------------------------------------------------------------------------------------


def _page_context(app, pagename, templatename, context, doctree):
    language = app.config.language
    other = next(name for name in editions.NAMES if name != language)
    context["words"] = editions.WORDS[language]
    context["other_language"], context["other_name"] = other, editions.NAMES[other]
    context["notebook"] = f"notebooks/{pagename}.ipynb" if has_cells(pagename) else ""
    context["press_pdf"] = str(app.config.press_pdf) in ("1", "True")
    context["pdf"] = f"../pdf/{editions.PDF.format(language=language)}"


def has_cells(pagename: str) -> bool:
    r"""Say whether a page has code to run."""
    source = Path(BOOK / f"{pagename}.md")
    return source.exists() and "```{code-cell}" in source.read_text("utf8")


def _open_solution(self, node):
    title = node.next_node(nodes.title)
    self.body.append(self.starttag(node, "details", CLASS="solution"))
    self.body.append(f"<summary>{editions.WORDS[self.config.language]['solution']}</summary>\n")
    if title is not None:
        node.remove(title)


def _close_solution(self, node):
    self.body.append("</details>\n")
