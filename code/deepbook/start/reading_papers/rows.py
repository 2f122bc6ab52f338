r"""How a reproduction card is written as rows of text."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from deepbook.start.reading_papers.printed import short, sizes

if TYPE_CHECKING:
    from deepbook.start.reading_papers.card import ReproductionCard


def card_rows(
    card: ReproductionCard, name: str, labels: Mapping[str, str]
) -> list[list[str | None]]:
    r"""Write one row of a card, or one for each item of a list.

    Args:
        card: The card.
        name: Name of the row, one of `card.ROWS`.
        labels: What the reader reads, as `ReproductionCard.table` takes it.

    Returns:
        Rows of two cells, label and text; None where nothing is known.

    Examples:
        >>> from deepbook.start.reading_papers import ReproductionCard
        >>> card = ReproductionCard("A (2020)", "It works.", "Table 2", missing=["seeds", "schedule"])
        >>> card_rows(card, "missing", {"missing": "missing {n}"})
        [['missing 1', 'seeds'], ['missing 2', 'schedule']]
        >>> card_rows(card, "ours", {"ours": "ours ({n} runs)"})
        [['ours (0 runs)', None]]
    """
    label = labels[name]
    if name in ("missing", "departures"):
        items = getattr(card, name) or (None,)
        return [
            [label.replace("{n}", str(n)), item]
            for n, item in enumerate(items, 1)
        ]
    if name == "verdict":
        return [[label, labels[card.verdict]]]
    return [[label.replace("{n}", str(len(card.ours))), _text(card, name)]]


def _text(card: ReproductionCard, name: str) -> str | None:
    if name == "parameters":
        return sizes(card.parameters, card.counted_parameters)
    if name == "cost":
        return sizes(card.cost, card.counted_cost)
    if name == "published":
        return card.published and _measure(card, short(card.published))
    if name == "ratio":
        return None if card.ratio is None else f"{card.ratio:.3f}"
    if name == "ours":
        known = [v for v in (card.mean, card.spread) if v is not None]
        texts = [_number(card, v) for v in known]
        return _measure(card, " ± ".join(texts)) if texts else None
    if name == "interval":
        texts = [_number(card, v) for v in card.interval or ()]
        return _measure(card, " – ".join(texts)) if texts else None
    return getattr(card, name) or None


def _number(card: ReproductionCard, value: float) -> str:
    r"""One digit more than the paper prints."""
    if card.published is None:
        return f"{value:.4g}"
    digits = -Decimal(card.published).as_tuple().exponent
    return short(f"{value:.3e}") if digits < 0 else f"{value:.{digits + 1}f}"


def _measure(card: ReproductionCard, text: str) -> str:
    return f"{text}{'' if card.unit in ('', '%') else ' '}{card.unit}"
