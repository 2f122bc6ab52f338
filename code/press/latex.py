r"""What Sphinx must know to write a PDF edition: settings, Korean in its LaTeX builder, parts and numbers, exercises, code."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.builders import latex as builder
from sphinx.builders.latex.nodes import thebibliography
from sphinx.builders.latex.transforms import BibliographyTransform
from sphinx.builders.latex.util import ExtBabel
from sphinx.util import logging
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node

from press import editions, listings
from press.listings import SIZE

logger = logging.getLogger(__name__)
STYLE = Path(__file__).with_name("press.sty")
INDEX = {"ko": "-L korean -C utf8 ", "en": "-L english -C utf8 "}
"""How xindy sorts: 가나다 after ABC, or ABC."""
NAMES = {
    "ko": {
        "chapter": "#1장",
        "part": "#1부",
        "contents": "차례",
        "preface": "머리말",
        "index": "찾아보기",
        "lang": "ko-KR",
        "promise": "이 책의 모든 수와 그림은\\\\이 판을 찍을 때 실행한 코드에서 나왔다",
    },
    "en": {
        "chapter": "Chapter #1",
        "part": "Part #1",
        "contents": "Contents",
        "preface": "Preface",
        "index": "Index",
        "lang": "en-US",
        "promise": "Every number and every figure in this book\\\\comes from code that ran when it was printed",
    },
}
COUNTERS = {"figure": "figure", "table": "table", "code-block": "literalblock", "displaymath": "equation"}
BOXES = {
    ("note", "important", "seealso"): ("0072B2", "EFF6FB"),
    ("hint", "tip", "attention"): ("009E73", "EDF8F4"),
    ("warning", "caution", "danger", "error"): ("D55E00", "FDF3EC"),
}
"""Kinds of admonition, the colour of their line and of their ground."""


def settings(language: str) -> dict:
    r"""Return the settings of Sphinx's LaTeX builder for an edition.

    Args:
        language: ``ko`` or ``en``.

    Returns:
        Configuration values by name.

    Examples:
        >>> settings("ko")["latex_documents"][0][1]
        'deep-learning-ko.tex'
    """
    title, names = editions.TITLES[language], NAMES[language]
    other = next(t for name, t in editions.TITLES.items() if name != language)
    preamble = rf"""
\newcommand{{\presschapter}}[1]{{{names["chapter"]}}}
\newcommand{{\presspart}}[1]{{{names["part"]}}}
\newcommand{{\presstitle}}{{{_broken(title)}}}
\newcommand{{\pressother}}{{{other}}}
\newcommand{{\presspromise}}{{{names["promise"]}}}
\usepackage{{press}}
\hypersetup{{pdflang={names["lang"]},pdfdisplaydoctitle=true,bookmarksnumbered=true,bookmarksopen=true,bookmarksopenlevel=0}}
\AtBeginDocument{{\renewcommand{{\contentsname}}{{{names["contents"]}}}}}
"""
    return {
        "latex_engine": "xelatex",
        "latex_use_xindy": True,
        "latex_toplevel_sectioning": "part",
        "latex_documents": [("index", f"deep-learning-{language}.tex", title, "", "manual")],
        "latex_additional_files": [str(STYLE)],
        "latex_table_style": ["booktabs"],
        "latex_show_urls": "no",
        "latex_elements": {
            "pointsize": "10pt",
            "extraclassoptions": "oneside,openany",
            "geometry": r"\usepackage[paperwidth=188mm,paperheight=257mm,headsep=7mm,footskip=11mm]{geometry}",
            "babel": "",
            "polyglossia": "",
            "fncychap": "",
            "fontpkg": "",
            "fvset": rf"\fvset{{fontsize=\fontsize{{{SIZE[0]}}}{{{SIZE[1]}}}\selectfont}}",
            "sphinxsetup": _look(),
            "figure_align": "H",
            "maketitle": r"\presscover",
            "tableofcontents": r"\sphinxtableofcontents\markboth{}{}",
            "preamble": preamble,
            "printindex": rf"\pressplace{{chapter}}{{}}\renewcommand{{\indexname}}{{{names['index']}}}\printindex",
        },
    }


def _broken(title: str) -> str:
    r"""Break a title where it is said in two breaths."""
    for mark in (", ", ": ", " to "):
        title = title.replace(mark, f"{mark.rstrip()}\\\\ " if mark[0] != " " else f"\\\\ {mark.lstrip()}")
    return title


def _look() -> str:
    keys = [
        "verbatimwithframe=true,verbatimforcewraps=true,pre_border-width=0pt,pre_border-left-width=2pt,pre_border-radius=0pt",
        "pre_padding=5pt,pre_padding-left=8pt,pre_box-decoration-break=clone",
        "pre_background-TeXcolor={HTML}{F5F7F9},pre_border-TeXcolor={HTML}{0072B2}",
        "hmargin={23mm,23mm},vmargin={27mm,24mm},iconpackage=none",
        "InnerLinkColor={HTML}{005A8C},OuterLinkColor={HTML}{005A8C},TitleColor={HTML}{24292F}",
    ]
    for kinds, (line, ground) in BOXES.items():
        for kind in kinds:
            box = [
                "border-width=0pt",
                "border-left-width=2pt",
                "padding=7pt",
                "border-radius=0pt",
                "box-shadow=none",
                f"border-TeXcolor={{HTML}}{{{line}}}",
                f"background-TeXcolor={{HTML}}{{{ground}}}",
                f"title-background-TeXcolor={{HTML}}{{{ground}}}",
                f"title-foreground-TeXcolor={{HTML}}{{{line}}}",
                "TeXextras={\\presscodeinbox}",
            ]
            keys += [f"div.{kind}_{key}" for key in box]
    return ",%\n".join(keys)


# -- Sphinx ----------------------------------------------------------------------------------------------------------


def setup(app):
    r"""Teach Sphinx's LaTeX builder the book."""
    app.connect("config-inited", _configure, priority=110)
    app.add_node(exercise_node, override=True, latex=(_open_exercise, _close_exercise))
    app.add_node(exercise_enumerable_node, override=True, latex=(_open_exercise, _close_exercise))
    app.add_node(solution_node, override=True, latex=(_open_solution, _close_solution))
    builder.XINDY_LANG_OPTIONS.update(INDEX)
    builder.inline_all_toctrees = _assemble
    BibliographyTransform.run = _gather
    ExtBabel.is_supported_language = _is_supported


def _configure(app, config):
    for name, value in settings(config.language).items():
        config[name] = value


def _is_supported(self) -> bool:
    return self.supported or self.language_code == "ko"  # kotex does what Sphinx would look to Babel for


_inline_all_toctrees = builder.inline_all_toctrees


def _assemble(sphinx, docnames, root, tree, *rest):
    r"""Put the book together as Sphinx does, then arrange and number it as the web edition is."""
    tree = tree.deepcopy()
    for toctree in tree.findall(addnodes.toctree):
        toctree["includefiles"] = [name for name in toctree["includefiles"] if name in sphinx.env.found_docs]  # the index makes itself
    book = _inline_all_toctrees(sphinx, docnames, root, tree, *rest)
    _number(book, sphinx.env)
    _arrange(book, sphinx.env)
    for block in list(book.findall(nodes.literal_block)):
        listings.place(block)
    for image in book.findall(nodes.image):
        if image["uri"].endswith(".svg") and "jupyter_execute" not in image["uri"]:
            cure = f"put a PDF beside it and write {Path(image['uri']).stem}.*, so that each edition takes its own"
            logger.warning("LaTeX cannot draw %s; %s", image["uri"], cure, location=image)
    for rule in list(book.findall(nodes.transition)):
        if "footnotes" in rule["classes"]:  # LaTeX puts footnotes at the foot of the page
            rule.parent.remove(rule)
    return book


def _number(book: nodes.document, env) -> None:
    r"""Give figures, tables, listings and equations the numbers of the web edition."""
    for document in (book, *book.findall(addnodes.start_of_file)):
        name = document.get("docname", env.config.root_doc)
        for kind, numbers in env.toc_fignumbers.get(name, {}).items():
            for node in list(document.findall(nodes.Element)) if kind in COUNTERS else ():
                if number := next((numbers[i] for i in node.get("ids", ()) if i in numbers), None):
                    if env.domains.standard_domain.get_enumerable_node_type(node) == kind or isinstance(node, nodes.math_block):
                        before = "".join(f"{part}." for part in number[:-1])
                        command = rf"\pressnumber{{{COUNTERS[kind]}}}{{{before}}}{{{number[-1] - 1}}}"
                        node.parent.insert(node.parent.index(node), listings.raw(command))


def _arrange(book: nodes.document, env) -> None:
    r"""Make of the root document a preface, of each ``index`` a part and of every other document a chapter."""
    documents = list(book.findall(addnodes.start_of_file))
    for document in documents:
        document.parent.remove(document)
    whole = next(book.findall(nodes.section))
    preface = whole.children[1:]
    del whole[1:]
    whole += listings.raw(rf"\pressplace{{chapter}}{{}}\chapter{{{NAMES[env.config.language]['preface']}}}")
    whole += nodes.section("", nodes.section("", *preface))
    for document in documents:
        number = env.toc_secnumbers.get(document["docname"], {}).get("") or ()
        kind, inside = "part", document.children
        if not document["docname"].endswith("/index"):
            document.next_node(nodes.section)["ids"].append(":doc")  # what a link to the document aims at
            kind, inside = "chapter", [nodes.section("", *document.children)]
        place = listings.raw(rf"\pressplace{{{kind}}}{{{'.'.join(map(str, number))}}}")
        whole += addnodes.start_of_file("", place, *inside, **document.attributes)


def _gather(self) -> None:
    r"""Leave the bibliography where its page has it; Sphinx would put it at the end of the book."""
    citations = list(self.document.findall(nodes.citation))
    if citations:
        parent, place = citations[0].parent, citations[0].parent.index(citations[0])
        for citation in citations:
            citation.parent.remove(citation)
        parent.insert(place, thebibliography("", *citations))


def _anchors(self, node, *more: str) -> str:
    r"""Return what links aim at: the label with its document, as ``ref`` writes it, and other names."""
    home = self.builder.env.sphinx_exercise_registry[node["label"]]["docname"]
    return r"\phantomsection" + "".join(rf"\label{{{name}}}" for name in (*more, f"{home}:{node['label']}")) + "\n"


def _open_exercise(self, node):
    self.body.append(_anchors(self, node, f"exercise:{node['label']}") + r"\begin{pressexercise}")


def _close_exercise(self, node):
    self.body.append("\\end{pressexercise}\n")


def _open_solution(self, node):
    for title in node.findall(nodes.title):
        title.children = [nodes.Text(editions.WORDS[self.config.language]["solution"])]
        break
    self.body.append(_anchors(self, node) + r"\begin{presssolution}")


def _close_solution(self, node):
    self.body.append("\\end{presssolution}\n")
