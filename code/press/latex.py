r"""What Sphinx must know to write a PDF edition: settings, Korean in its LaTeX builder, parts and numbers, exercises, code."""

from __future__ import annotations

from pathlib import Path
from unicodedata import east_asian_width

from docutils import nodes
from sphinx import addnodes
from sphinx.builders import latex as builder
from sphinx.builders.latex.nodes import thebibliography
from sphinx.builders.latex.transforms import BibliographyTransform
from sphinx.builders.latex.util import ExtBabel
from sphinx.util import logging
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node

from press import editions

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
GATED = (exercise_node, exercise_enumerable_node, solution_node)
COUNTERS = {"figure": "figure", "table": "table", "code-block": "literalblock", "displaymath": "equation"}
BOUND = (nodes.Admonition, nodes.table, nodes.list_item, nodes.topic)
"""What LaTeX sets in one piece, where a page cannot be asked for."""
SIZE, SMALL, COLUMNS = (8.0, 10.6), (6.6, 8.8), 83
SMALLEST = 6.2
"""Letters and lines of code, the same of drawing code, in points; columns on a page; below the smallest, lines break."""
TOGETHER, LEAST, SHORT, PAGE = 18, 8, 6, 40
"""So many lines of code stay on one page, so many of longer code begin on one, so many of output stay with their code."""
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
        _place(block)
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
                        node.parent.insert(node.parent.index(node), _raw(command))


def _arrange(book: nodes.document, env) -> None:
    r"""Make of the root document a preface, of each ``index`` a part and of every other document a chapter."""
    documents = list(book.findall(addnodes.start_of_file))
    for document in documents:
        document.parent.remove(document)
    whole = next(book.findall(nodes.section))
    preface = whole.children[1:]
    del whole[1:]
    whole += _raw(rf"\pressplace{{chapter}}{{}}\chapter{{{NAMES[env.config.language]['preface']}}}")
    whole += nodes.section("", nodes.section("", *preface))
    for document in documents:
        number = env.toc_secnumbers.get(document["docname"], {}).get("") or ()
        kind, inside = "part", document.children
        if not document["docname"].endswith("/index"):
            document.next_node(nodes.section)["ids"].append(":doc")  # what a link to the document aims at
            kind, inside = "chapter", [nodes.section("", *document.children)]
        place = _raw(rf"\pressplace{{{kind}}}{{{'.'.join(map(str, number))}}}")
        whole += addnodes.start_of_file("", place, *inside, **document.attributes)


def _gather(self) -> None:
    r"""Leave the bibliography where its page has it; Sphinx would put it at the end of the book."""
    citations = list(self.document.findall(nodes.citation))
    if citations:
        parent, place = citations[0].parent, citations[0].parent.index(citations[0])
        for citation in citations:
            citation.parent.remove(citation)
        parent.insert(place, thebibliography("", *citations))


def _place(block: nodes.literal_block) -> None:
    r"""Keep short code on one page with its few lines of output, and set lines that are too wide in smaller letters."""
    above, node = [], block
    while node := node.parent:
        above.append(node)
    classes = {name for node in above for name in node.get("classes", ())}
    bound = any(isinstance(node, BOUND) and not isinstance(node, GATED) for node in above)
    size, leading = SMALL if "tag_hide-input" in classes and "cell_output" not in classes else SIZE
    lines = block.astext().rstrip().split("\n")
    room = COLUMNS * SIZE[0] * (0.9 if bound else 1)
    fitting = min(size, room / max(1, *map(_columns, lines)))
    count = len(lines)
    if "cell_input" in above[0].get("classes", ()) and len(above[1]) > 1 and isinstance(first := above[1][1][0], nodes.literal_block):
        printed = first.astext().rstrip().count("\n") + 1
        count += printed + 2 if printed <= SHORT else 0
    before, after = "", ""
    if not bound and "cell_output" not in classes:
        before = rf"\Needspace{{{(count if count <= TOGETHER else LEAST) * leading + 16:.0f}pt}}"
    if SMALLEST <= fitting < size:
        letters = rf"\fontsize{{{fitting:.2f}}}{{{fitting * leading / size:.2f}}}\selectfont"
        before, after = rf"{before}\begingroup\fvset{{fontsize={letters}}}", r"\endgroup"
    if max(map(len, _pieces(lines))) > PAGE:
        before, after = rf"{before}\begingroup\pressloosetrue", rf"{after}\endgroup"
    place = block.parent.index(block)
    block.parent[place : place + 1] = [_raw(before), block, _raw(after)] if before else [block]


def _pieces(lines: list[str]) -> list[list[str]]:
    r"""Cut code before each line at the margin, where a page may end.

    Examples:
        >>> _pieces(["def f():", "    return 1", "", "f()"])
        [['def f():', '    return 1', ''], ['f()']]
    """
    pieces: list[list[str]] = [[]]
    for line in lines:
        if line[:1].strip() and pieces[-1]:
            pieces.append([])
        pieces[-1].append(line)
    return pieces


def _columns(line: str) -> int:
    r"""Return how wide a line of code is, in letters; Hangul is as wide as two.

    Examples:
        >>> _columns("x = 1  # 하나")
        13
    """
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in line)


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
