r"""A card that sets what a paper prints beside what we found, and its rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import fmean, stdev

from deepbook.checks import check_number
from deepbook.start.reading_papers.printed import (
    check_printed,
    gap,
    half_unit,
    rounds_to,
)
from deepbook.start.reading_papers.rows import card_rows
from deepbook.start.reading_papers.statistics import prediction_interval
from deepbook.start.reading_papers.table import Table

ROWS = (
    "paper",
    "claim",
    "source",
    "data",
    "metric",
    "published",
    "ours",
    "interval",
    "ratio",
    "parameters",
    "cost",
    "missing",
    "departures",
    "verdict",
)
"""Rows that a table of a card can have."""
VERDICTS = ("reproduced", "partly", "not reproduced", "not comparable")
"""What a card can say in the end."""


@dataclass(frozen=True)
class ReproductionCard:
    r"""One claim of a paper: where it stands, what is printed, what we got.

    Numbers of the paper are given as text, just as they are printed, since
    the digits say how far they are rounded: "6.610" is not "6.61".

    Args:
        paper: Authors and year.
        claim: The claim in one sentence.
        source: Table, figure or page where the number stands.
        data: Data of the paper, and ours where they differ.
        metric: What the number measures.
        published: The printed value, such as "6.61" or "1.8e9".
        unit: Unit of the value, such as "%".
        ours: Our value, one a seed; a single one is taken as exact.
        published_runs: Runs of which the printed value is the mean.
        comparable: Whether data and metric are those of the paper.
        claim_holds: Whether the claim held in our own paired experiment;
            None where there was none.
        parameters: Printed number of parameters, such as "25.5e6".
        counted_parameters: The number that we count.
        cost: Printed number of multiply-adds.
        counted_cost: The number that we count.
        missing: What one needs and the paper does not say.
        departures: Where we did something else, one text each.

    Raises:
        TypeError: If a printed number is no text, or `missing` or
            `departures` is one text and no list of texts.
        ValueError: If paper, claim or source is empty, a printed number
            cannot be read, a value of ours is not finite, or a count is
            below 1.

    Examples:
        >>> card = ReproductionCard(
        ...     paper="A. Author (2020)",
        ...     claim="The error is below 7%.",
        ...     source="Table 2",
        ...     published="6.6",
        ...     unit="%",
        ...     ours=[6.4, 6.5, 6.9],
        ... )
        >>> card.value_agrees, card.verdict
        (True, 'reproduced')
        >>> labels = {"paper": "paper", "ours": "ours ({n} seeds)"}
        >>> labels |= {"verdict": "verdict", "reproduced": "yes"}
        >>> print(card.table(labels))
        | paper | A. Author (2020) |
        | :--- | :--- |
        | ours (3 seeds) | 6.60 ± 0.26% |
        | verdict | yes |
    """

    paper: str
    claim: str
    source: str
    data: str = ""
    metric: str = ""
    published: str | None = None
    unit: str = ""
    ours: Sequence[float] = ()
    published_runs: int = 1
    comparable: bool = True
    claim_holds: bool | None = None
    parameters: str | None = None
    counted_parameters: int | None = None
    cost: str | None = None
    counted_cost: int | None = None
    missing: Sequence[str] = ()
    departures: Sequence[str] = ()

    def __post_init__(self):
        for name in ("paper", "claim", "source"):
            if not getattr(self, name).strip():
                raise ValueError(
                    f"{name} must say something, got an empty text; "
                    "a card without it cannot be checked"
                )
        for name in ("published", "parameters", "cost"):
            check_printed(name, getattr(self, name))
        for name in ("missing", "departures"):
            if isinstance(getattr(self, name), str):
                raise TypeError(
                    f"{name} must be a list of texts, got one text; "
                    "write [...] around it"
                )
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "ours", tuple(float(v) for v in self.ours))
        for value in self.ours:
            check_number("ours", value, isfinite(value), "finite numbers")
        for name in ("published_runs", "counted_parameters", "counted_cost"):
            count = getattr(self, name)
            if count is not None:
                check_number(name, count, count >= 1, "1 or more")

    @property
    def mean(self) -> float | None:
        r"""Mean of our values; None where there are none."""
        return fmean(self.ours) if self.ours else None

    @property
    def spread(self) -> float | None:
        r"""Standard deviation of our values over seeds; None below two."""
        return stdev(self.ours) if len(self.ours) > 1 else None

    @property
    def interval(self) -> tuple[float, float] | None:
        r"""Where one more result like the published one would fall, 95%."""
        if len(self.ours) < 2:
            return None
        return prediction_interval(self.ours, self.published_runs)

    @property
    def ratio(self) -> float | None:
        r"""Our mean over the published value; None if not comparable."""
        if not self._has_both or float(self.published) == 0:
            return None
        return self.mean / float(self.published)

    @property
    def value_agrees(self) -> bool | None:
        r"""Whether the published value lies in `interval`, up to rounding.

        A single value of ours is compared as it is.
        """
        if not self._has_both:
            return None
        low, high = self.interval or (self.mean, self.mean)
        printed, slack = float(self.published), half_unit(self.published)
        return low - slack <= printed <= high + slack

    @property
    def parameter_gap(self) -> float | None:
        r"""Parameters counted over printed, less one."""
        return gap(self.parameters, self.counted_parameters)

    @property
    def parameters_agree(self) -> bool | None:
        r"""Whether the count rounds to the printed number."""
        return rounds_to(self.parameters, self.counted_parameters)

    @property
    def cost_gap(self) -> float | None:
        r"""Multiply-adds counted over printed, less one."""
        return gap(self.cost, self.counted_cost)

    @property
    def cost_agrees(self) -> bool | None:
        r"""Whether the count rounds to the printed number."""
        return rounds_to(self.cost, self.counted_cost)

    @property
    def verdict(self) -> str:
        r"""One of `VERDICTS`, by a rule that looks at no words.

        Results are the value and the claim, sizes the parameters and the
        cost. "reproduced": the value agrees and nothing that was checked
        fails. "partly": something that was checked agrees. "not
        reproduced": results were checked and none agrees, whatever the
        sizes do. "not comparable": no result was checked and no size
        agrees.
        """
        results = (self.value_agrees, self.claim_holds)
        sizes = (self.parameters_agree, self.cost_agrees)
        if self.value_agrees and False not in results + sizes:
            return "reproduced"
        if True in results:
            return "partly"
        if False in results:
            return "not reproduced"
        return "partly" if True in sizes else "not comparable"

    @property
    def _has_both(self) -> bool:
        given = self.published is not None and bool(self.ours)
        return given and self.comparable

    def table(self, labels: Mapping[str, str]) -> Table:
        r"""Write the card as a table, with the words of the reader.

        Args:
            labels: From names in `ROWS` to what the reader reads, in the
                order of the rows, and from the verdict to its word. The
                label of a list may hold "{n}", which counts its items; the
                label of "ours" may, which is the number of seeds.

        Returns:
            A `Table`; what is not known is an en dash.

        Raises:
            ValueError: If a name is unknown, or "paper" or the word for
                the verdict is missing.
        """
        unknown = [n for n in labels if n not in ROWS + VERDICTS]
        if unknown:
            raise ValueError(
                f"labels must name rows ({', '.join(ROWS)}) or verdicts "
                f"({', '.join(VERDICTS)}), got {unknown[0]!r}"
            )
        wanted = ["paper", *[self.verdict] * ("verdict" in labels)]
        for name in wanted:
            if name not in labels:
                raise ValueError(
                    f"labels must have a text for {name!r}, got "
                    f"{', '.join(labels)}; add it"
                )
        names = [n for n in labels if n in ROWS and n != "paper"]
        rows = [row for name in names for row in card_rows(self, name, labels)]
        return Table((labels["paper"], self.paper), rows)
