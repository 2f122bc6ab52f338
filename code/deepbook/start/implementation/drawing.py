r"""A picture of a computation graph: values go right along the arrows, gradients come back."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from deepbook.plotting import INK, PALETTE
from deepbook.start.implementation.scalar import Value, topological

_WIDTH, _HEIGHT = 0.66, 0.7


def layout(root: Value) -> dict[Value, tuple[float, float]]:
    r"""Give each node of a graph a place: a column after all of its inputs, a row near them.

    Args:
        root: The result.

    Returns:
        From node to (column, row); columns count from 0 on the left, rows downward and at least 1 apart in a column.

    Examples:
        >>> x, y = Value(3.0), Value(4.0)
        >>> z = x * y
        >>> places = layout(z)
        >>> places[x], places[y], places[z]
        ((0, 0.0), (0, 1.0), (1, 0.5))
    """
    order = topological(root)
    column: dict[Value, int] = {}
    for node in order:
        column[node] = 1 + max(
            (column[source] for source, _ in node.edges), default=-1
        )
    leaves = list(
        dict.fromkeys(
            source
            for node in order
            for source, _ in node.edges
            if not source.edges
        )
    ) or [root]
    row = {leaf: float(place) for place, leaf in enumerate(leaves)}
    for step in range(1, max(column.values()) + 1):
        here = [node for node in order if column[node] == step]
        for node in here:
            rows = [row[source] for source, _ in node.edges]
            row[node] = sum(rows) / len(rows)
        here.sort(key=row.__getitem__)
        for above, below in zip(here, here[1:], strict=False):
            row[below] = max(row[below], row[above] + 1)
    for node in order:  # a leaf stands in the column before its first use
        uses = [
            column[other]
            for other in order
            if any(source is node for source, _ in other.edges)
        ]
        if not node.edges and uses:
            column[node] = min(uses) - 1
    return {node: (column[node], row[node]) for node in order}


def draw_graph(ax: Axes, root: Value, names: Mapping[Value, str]) -> None:
    r"""Draw a graph after `backward`: in each box the name, the value and below it the gradient; at each arrow the slope.

    Args:
        ax: Where to draw; its axes are hidden.
        root: The result, with gradients already computed.
        names: Names of nodes; a node that has none shows its operation.

    Raises:
        TypeError: If `root` is no `Value`.

    Examples:
        >>> import matplotlib.pyplot as plt
        >>> x = Value(3.0)
        >>> z = x * x
        >>> z.backward()
        >>> fig, ax = plt.subplots()
        >>> draw_graph(ax, z, {x: "x"})
        >>> [text.get_text() for text in ax.texts if "×" in text.get_text()]
        ['×']
        >>> plt.close(fig)
    """
    if not isinstance(root, Value):
        raise TypeError(
            f"root must be a Value, got {type(root).__name__}; an Array has too many numbers for a picture"
        )
    places = layout(root)
    for node, (column, row) in places.items():
        corner = (column - _WIDTH / 2, row - _HEIGHT / 2)
        ax.add_patch(
            FancyBboxPatch(
                corner,
                _WIDTH,
                _HEIGHT,
                boxstyle="round,pad=0,rounding_size=0.08",
                fc="none",
                ec=INK,
                lw=0.9,
            )
        )
        lines = [
            (names.get(node, node.op), INK),
            (f"data {node.data:.3g}", INK),
            (f"grad {node.grad:.3g}", PALETTE[1]),
        ]
        for line, (text, color) in enumerate(lines):
            y = row + (line - 1) * _HEIGHT / 3.3
            ax.text(
                column, y, text, ha="center", va="center", size=8, color=color
            )
        ports = [(n - (len(node.edges) - 1) / 2) * 0.3 for n in range(2)]
        above = sorted(node.edges, key=lambda edge: places[edge[0]][1])
        for port, (source, slope) in zip(ports, above, strict=False):
            end = (column - _WIDTH / 2, row + port)
            _arrow(ax, places[source], end, f"{slope:.3g}")
    columns, rows = zip(*places.values(), strict=True)
    ax.set_xlim(min(columns) - 0.4, max(columns) + 0.4)
    ax.set_ylim(max(rows) + 0.5, min(rows) - 0.5)
    ax.set_axis_off()


def _arrow(
    ax: Axes, source: tuple[float, float], end: tuple[float, float], slope: str
) -> None:
    start = (source[0] + _WIDTH / 2, source[1])
    style = {
        "arrowstyle": "->",
        "color": INK,
        "lw": 0.9,
        "shrinkA": 1,
        "shrinkB": 1,
    }
    ax.annotate("", end, start, arrowprops=style)
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    rise = start[1] - end[1]  # rows count downward
    side = 0 if abs(rise) < 0.3 else 1 if rise < 0 else -1
    ax.annotate(
        slope,
        middle,
        (2 * side, 2),
        textcoords="offset points",
        ha={0: "center", 1: "left", -1: "right"}[side],
        va="bottom",
        size=8,
        color=PALETTE[0],
    )
