r"""Code on the pages of the PDF: how large its letters are, and where a page may end."""

from __future__ import annotations

from unicodedata import east_asian_width

from docutils import nodes
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node

GATED = (exercise_node, exercise_enumerable_node, solution_node)
BOUND = (nodes.Admonition, nodes.table, nodes.list_item, nodes.topic)
"""What LaTeX sets in one piece, where a page cannot be asked for."""
SIZE, SMALL, COLUMNS = (8.0, 10.6), (6.6, 8.8), 83
SMALLEST = 6.2
"""Letters and lines of code, the same of drawing code, in points; columns on a page; below the smallest, lines break."""
TOGETHER, LEAST, SHORT, PAGE = 18, 8, 6, 40
"""So many lines of code stay on one page, so many of longer code begin on one, so many of output stay with their code."""


def raw(text: str) -> nodes.raw:
    r"""Return LaTeX as it stands, on lines of its own."""
    return nodes.raw("", f"\n{text}\n", format="latex")


def place(block: nodes.literal_block) -> None:
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
    block.parent[place : place + 1] = [raw(before), block, raw(after)] if before else [block]


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
