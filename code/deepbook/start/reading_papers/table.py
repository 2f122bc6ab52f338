r"""A table of text for the reader: shown by notebooks, and by the book on the web and in print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ALIGNMENTS = {"l": ":---", "r": "---:", "c": ":---:"}
"""Letters for the alignment of a column, and what Markdown writes for them."""


@dataclass(frozen=True)
class Table:
    r"""Rows of text under a header.

    Notebooks show it as a table through `_repr_markdown_`.

    Args:
        header: One text a column.
        rows: Rows with as many texts; whatever is no text is written by `str`, and None as an en dash.
        align: One letter a column, "l", "r" or "c"; empty for all left.

    Raises:
        ValueError: If the header is empty, a row has another number of cells, or `align` does not fit.

    Examples:
        >>> table = Table(["layers", "FLOPs"], [["18", 1.8], ["34", None]], align="lr")
        >>> print(table)
        | layers | FLOPs |
        | :--- | ---: |
        | 18 | 1.8 |
        | 34 | – |
    """

    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    align: str = ""

    def __post_init__(self):
        if not self.header:
            raise ValueError(
                "header must name at least one column, got none; give a text a column"
            )
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.header):
                raise ValueError(
                    f"rows must have {len(self.header)} cells as the header has, got {len(row)} in row {number}; "
                    "write None where there is nothing to say"
                )
        fits = len(self.align) in (0, len(self.header))
        if not fits or set(self.align) - set(ALIGNMENTS):
            raise ValueError(
                f"align must be {len(self.header)} letters out of l, r and c, got {self.align!r}; leave it out for all left"
            )

    def __str__(self) -> str:
        align = self.align or "l" * len(self.header)
        ruler = [ALIGNMENTS[letter] for letter in align]
        lines = [
            [_cell(cell) for cell in self.header],
            ruler,
            *([_cell(cell) for cell in row] for row in self.rows),
        ]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def _repr_markdown_(self) -> str:
        return str(self)


def _cell(content: object) -> str:
    text = "–" if content is None else str(content)
    return " ".join(text.split()).replace("|", r"\|")
