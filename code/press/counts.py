r"""How much there is of the book: ``counts.json`` keeps what was there, so that nothing goes missing unnoticed."""

from __future__ import annotations

import json
from pathlib import Path

from press import BUILD, LANGUAGES, ROOT, PressError, editions

KEPT = ROOT / "counts.json"


def counts(site: Path = BUILD / "site") -> dict[str, int]:
    r"""Count what a built site holds.

    Args:
        site: Its folder, with the PDFs.

    Returns:
        Pages, notebooks, PDF pages and search terms of each edition; cells, figures, exercises and solutions of the book.

    Raises:
        PressError: If there is no site, or a part of it is missing.
    """
    from pypdf import PdfReader

    try:
        rows = json.loads((site / "status.json").read_text("utf8")).values()
        found = {name: sum(row[name] for row in rows) for name in ("cells", "figures", "exercises", "solutions")}
        for language in LANGUAGES:
            pages = [p for p in (site / language).rglob("*.html") if "_static" not in p.parts]
            index = (site / language / "searchindex.js").read_text("utf8").removeprefix("Search.setIndex(").removesuffix(")")
            found[f"pages {language}"] = len(pages)
            found[f"notebooks {language}"] = len(list((site / language / "notebooks").rglob("*.ipynb")))
            found[f"search terms {language}"] = len(json.loads(index)["terms"])
            found[f"PDF pages {language}"] = len(PdfReader(site / "pdf" / editions.PDF.format(language=language)).pages)
    except FileNotFoundError as error:
        raise PressError(f"{error.filename} is missing; run `make book`, which makes both PDFs as well") from None
    return found


def lost(found: dict[str, int], kept: dict[str, int]) -> list[str]:
    r"""Say what there is less of than before.

    Examples:
        >>> lost({"cells": 7, "figures": 3}, {"cells": 8, "figures": 2})
        ['cells: 7, but 8 are on record']
        >>> lost({}, {"pages ko": 2})
        ['pages ko: 0, but 2 are on record']
    """
    return [f"{name}: {found.get(name, 0)}, but {count} are on record" for name, count in kept.items() if found.get(name, 0) < count]


def keep(found: dict[str, int]) -> None:
    r"""Put what there is on record."""
    KEPT.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf8")
