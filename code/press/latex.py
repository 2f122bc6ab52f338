r"""What Sphinx must know to write a PDF edition: settings, Korean in its LaTeX builder, parts, chapter numbers, exercises."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.builders import latex as builder
from sphinx.builders.latex.util import ExtBabel
from sphinx.util import texescape
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node

from press import editions

STYLE = Path(__file__).with_name("press.sty")
INDEX = {"ko": "-L korean -C utf8 ", "en": "-L english -C utf8 "}
"""How xindy sorts: 가나다 after ABC, or ABC."""
NAMES = {
    "ko": {
        "chapter": "#1장",
        "part": "#1부",
        "contents": "차례",
        "index": "찾아보기",
        "lang": "ko-KR",
        "promise": "이 책의 모든 수와 그림은\\\\이 판을 찍을 때 실행한 코드에서 나왔다",
    },
    "en": {
        "chapter": "Chapter #1",
        "part": "Part #1",
        "contents": "Contents",
        "index": "Index",
        "lang": "en-US",
        "promise": "Every number and every figure in this book\\\\comes from code that ran when it was printed",
    },
}
BOX = "border-width=0pt,div.{0}_border-left-width=2pt,div.{0}_padding=7pt,div.{0}_border-radius=0pt,div.{0}_box-shadow=none"
LEADING, SMALL = 10.6, 8.8
"""Points from line to line of code, and of drawing code that the web edition folds."""
TOGETHER, SHORT = 14, 6
"""So many lines of code stay on one page; so many lines of output stay with their code."""
KINDS = {
    "note": "blue",
    "hint": "green",
    "tip": "green",
    "important": "blue",
    "seealso": "blue",
    "warning": "orange",
    "caution": "orange",
    "attention": "orange",
    "danger": "orange",
    "error": "orange",
}
SHADES = {"blue": ("0072B2", "EFF6FB"), "green": ("009E73", "EDF8F4"), "orange": ("D55E00", "FDF3EC")}


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
            "fvset": r"\fvset{fontsize=\fontsize{8}{11.4}\selectfont}",
            "sphinxsetup": _look(),
            "figure_align": "H",
            "maketitle": r"\presscover",
            "tableofcontents": r"\sphinxtableofcontents\markboth{}{}",
            "preamble": preamble,
            "printindex": rf"\pressnumber{{}}\renewcommand{{\indexname}}{{{names['index']}}}\printindex",
        },
    }


def _broken(title: str) -> str:
    r"""Break a title where it is said in two breaths."""
    for mark in (", ", ": ", " to "):
        title = title.replace(mark, f"{mark.rstrip()}\\\\ " if mark[0] != " " else f"\\\\ {mark.lstrip()}")
    return title


def _look() -> str:
    keys = [
        "verbatimwithframe=true,pre_border-width=0pt,pre_border-left-width=2pt,pre_padding=5pt,pre_padding-left=8pt,pre_border-radius=0pt,pre_box-decoration-break=clone",
        "pre_background-TeXcolor={HTML}{F5F7F9},pre_border-TeXcolor={HTML}{0072B2}",
        "hmargin={23mm,23mm},vmargin={27mm,24mm}",
        "InnerLinkColor={HTML}{005A8C},OuterLinkColor={HTML}{005A8C},TitleColor={HTML}{24292F},iconpackage=none",
    ]
    for kind, color in KINDS.items():
        line, ground = SHADES[color]
        keys.append(
            f"div.{kind}_{BOX.format(kind)},div.{kind}_border-TeXcolor={{HTML}}{{{line}}},div.{kind}_background-TeXcolor={{HTML}}{{{ground}}}"
        )
        keys.append(f"div.{kind}_TeXextras={{\\presscodeinbox}}")
        keys.append(f"div.{kind}_title-background-TeXcolor={{HTML}}{{{ground}}},div.{kind}_title-foreground-TeXcolor={{HTML}}{{{line}}}")
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
    ExtBabel.is_supported_language = _is_supported


def _configure(app, config):
    for name, value in settings(config.language).items():
        config[name] = value


def _is_supported(self) -> bool:
    return self.supported or self.language_code == "ko"  # kotex does what Sphinx would look to Babel for


_inline_all_toctrees = builder.inline_all_toctrees


def _assemble(sphinx, docnames, root, tree, *rest):
    r"""Put the book together as Sphinx does, with parts and with the numbers of the web edition."""
    tree = tree.deepcopy()
    toctrees = list(tree.findall(addnodes.toctree))
    captioned = [t for t in toctrees if t.get("caption")]
    for toctree in toctrees:
        toctree["includefiles"] = [name for name in toctree["includefiles"] if name in sphinx.env.found_docs]  # the index makes itself
        if len(captioned) > 1 and toctree in captioned and toctree["includefiles"]:
            title = texescape.escape(toctree["caption"], "xelatex")
            depth = 2 if toctree.get("numbered") else -2
            toctree.parent.insert(toctree.parent.index(toctree), _raw(rf"\setcounter{{secnumdepth}}{{{depth}}}\part{{{title}}}"))
    book = _inline_all_toctrees(sphinx, docnames, root, tree, *rest)
    for document in book.findall(addnodes.start_of_file):
        number = sphinx.env.toc_secnumbers.get(document["docname"], {}).get("") or ()
        if len(number) < 2:
            document.insert(0, _raw(rf"\pressnumber{{{number[0] if number else ''}}}"))
    for block in list(book.findall(nodes.literal_block)):
        if height := _height(block):
            block.parent.insert(block.parent.index(block), _raw(rf"\needspace{{{height:.0f}pt}}"))
    for rule in list(book.findall(nodes.transition)):
        if "footnotes" in rule["classes"]:  # LaTeX puts footnotes at the foot of the page
            rule.parent.remove(rule)
    return book


def _height(block: nodes.literal_block) -> float:
    r"""Return the height of code and of its few lines of output, in points, or 0 where they may break over pages."""
    above, node = [], block
    while node.parent is not None:
        node = node.parent
        above += [node, *node.get("classes", ())] if isinstance(node, nodes.Element) else []
    if "cell_output" in above or any(
        isinstance(node, nodes.Admonition | nodes.table | nodes.list_item | nodes.topic) for node in above[2:]
    ):
        if not any(isinstance(node, exercise_node | exercise_enumerable_node | solution_node) for node in above):
            return 0
    lines = block.astext().rstrip().count("\n") + 1
    cell = block.parent.parent
    if "cell_input" in block.parent.get("classes", ()) and len(cell) > 1 and isinstance(first := cell[1].children[0], nodes.literal_block):
        printed = first.astext().rstrip().count("\n") + 1
        lines += printed + 2 if printed <= SHORT else 0
    leading = SMALL if "tag_hide-input" in above else LEADING
    return lines * leading + 16 if lines <= TOGETHER else 0


def _raw(text: str) -> nodes.raw:
    return nodes.raw("", f"\n{text}\n", format="latex")


def _open_exercise(self, node):
    self.body.append(rf"\phantomsection\label{{exercise:{node['label']}}}" + "\n" + r"\begin{pressexercise}")


def _close_exercise(self, node):
    self.body.append("\\end{pressexercise}\n")


def _open_solution(self, node):
    for title in node.findall(nodes.title):
        title.children = [nodes.Text(editions.WORDS[self.config.language]["solution"])]
        break
    home = self.builder.env.sphinx_exercise_registry[node["label"]]["docname"]
    self.body.append(rf"\phantomsection\label{{{home}:{node['label']}}}" + "\n" + r"\begin{presssolution}")


def _close_solution(self, node):
    self.body.append("\\end{presssolution}\n")
