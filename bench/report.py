r"""What has been measured, as a table with ratios and targets, and as a plot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

SECONDS, MEGABYTES = "seconds", "megabytes"


@dataclass(frozen=True)
class Row:
    r"""One comparison.

    Attributes:
        what: What was done.
        ours: What it took the press, in words.
        theirs: What it is compared with, in words.
        ratio: The one over the other, in words.
        target: What was wanted; empty if nothing was.
        met: Whether it was met; None if nothing was wanted.
    """

    what: str
    ours: str
    theirs: str
    ratio: str
    target: str = ""
    met: bool | None = None


def exponent(sizes: list[float], values: list[float]) -> float:
    r"""Fit ``values = a * sizes ** p`` by least squares of the logarithms, and return ``p``.

    Examples:
        >>> round(exponent([15, 30, 60, 120], [30, 60, 120, 240]), 6)
        1.0
    """
    if len(sizes) < 2 or len(sizes) != len(values):
        raise ValueError(f"wants as many values as sizes, two at least; got {len(sizes)} sizes and {len(values)} values")
    x, y = [math.log(size) for size in sizes], [math.log(value) for value in values]
    middle = sum(x) / len(x)
    return sum((a - middle) * b for a, b in zip(x, y, strict=True)) / sum((a - middle) ** 2 for a in x)


def rows(found: dict) -> list[Row]:
    r"""Compare what has been measured; a stage that has not been run, or not to its end, has no row."""
    made = []
    for stage in (_from_nothing, _nothing_changed, _a_paragraph, _a_function, _first_load, _growth):
        try:
            made += stage(found)
        except KeyError:
            continue
    return made


def _ratio(what: str, ours: float, theirs: float, most: float, unit: str = "s", note: str = "") -> Row:
    digits = 0 if unit != "s" else 1
    words = [f"{value:,.{digits}f} {unit}" for value in (ours, theirs)]
    return Row(what, words[0], words[1] + note, f"{ours / theirs:.2f}", f"at most {most:g}", ours / theirs <= most)


def _editions(place: dict, unit: str = SECONDS) -> list[float]:
    return [place[f"{language} {builder}"][unit] for language in ("ko", "en") for builder in ("html", "pdflatex")]


def _from_nothing(found: dict) -> list[Row]:
    stage = found["a"]
    book, html = stage["press book"], stage["press html"]
    made = []
    if html["floor"]:  # a book whose cells take no time has none
        made.append(_ratio("HTML from nothing : the floor, the seconds of all cells over the cores", html[SECONDS], html["floor"], 1.35))
    for name, row in {"HTML": html, "all editions": book}.items():
        parts = {"starting kernels and waiting for the last": row["cells"] - row["floor"]} | {
            name: row[name] for name in ("figures", "pages")
        }
        words = ", ".join(f"{part} {seconds / row[SECONDS]:.0%}" for part, seconds in parts.items())
        rest = row[SECONDS] - row["floor"]
        made.append(Row(f"what of {name} from nothing is not the floor ({words})", f"{rest:.1f} s", "", f"{rest / row[SECONDS]:.0%}"))
    for mode, how, most in (("default", "as it comes", 0.25), ("cache", "one cache for all editions", 0.6)):
        if len(stage.get(mode, ())) == 4:
            runs = sum(row["ran"] for row in stage[mode].values())
            theirs = sum(_editions(stage[mode]))
            made.append(
                _ratio(f"all four editions from nothing : Jupyter Book, {how}", book[SECONDS], theirs, most, note=f", {runs} chapters run")
            )
            memory = book[MEGABYTES], max(_editions(stage[mode], MEGABYTES))
            made.append(Row("peak memory of that", f"{memory[0]:,} MB", f"{memory[1]:,} MB", f"{memory[0] / memory[1]:.2f}"))
    return made


def _nothing_changed(found: dict) -> list[Row]:
    ours, theirs = found["b"]["press book"][SECONDS], sum(_editions(found["b"]["cache"]))
    return [Row("all four editions, nothing changed", f"{ours:.1f} s", f"{theirs:.1f} s", f"{ours / theirs:.3f}", "at most 3 s", ours <= 3)]


def _a_paragraph(found: dict) -> list[Row]:
    stage, made = found["c"], []
    for mode, how in (("cache", "with a cache"), ("default", "as it comes")):
        if len(stage.get(mode, ())) == 2:
            theirs = [stage[mode][language][SECONDS] for language in ("ko", "en")]
            what = f"a paragraph changed, both HTML editions : one of Jupyter Book, {how}"
            made.append(_ratio(what, stage["press html"][SECONDS], theirs[0], 1, note=f", both {sum(theirs):.1f} s"))
    return made


def _a_function(found: dict) -> list[Row]:
    stage = found["d"]
    affected, ran = stage["affected"], stage["press html"]["ran"]
    what = f"a function changed ({stage['changed']}): chapters that run again"
    theirs = f"{stage['cache']['ran']} of {len(affected)}"
    return [
        Row(
            what, f"{len(ran)} of {len(found['chapters'])}", theirs, "", f"the {len(affected)} that use it", sorted(ran) == sorted(affected)
        )
    ]


def _first_load(found: dict) -> list[Row]:
    mean = {}
    for name in ("press", "jupyter-book"):
        pages = [page for language in ("ko", "en") for page in found["e"][name][language].values()]
        mean[name] = sum(page["bytes"] for page in pages) / len(pages) / 1000
        mean[f"{name} elsewhere"] = max(page["elsewhere"] for page in pages)
    note = f" and up to {mean['jupyter-book elsewhere']} files of other hosts" if mean["jupyter-book elsewhere"] else ""
    return [_ratio("first load of a chapter without figures, mean", mean["press"], mean["jupyter-book"], 0.25, "kB", note)]


def _growth(found: dict) -> list[Row]:
    fits = {}
    for name, times in ((name, found["f"][name]) for name in ("press", "jupyter-book")):
        sizes = sorted(map(int, times))
        if len(sizes) < 2:
            raise KeyError(name)
        fits[name] = exponent(sizes, [times[str(size)][SECONDS] for size in sizes])
    what = f"growth from {sizes[0]} to {sizes[-1]} chapters, exponent"
    return [Row(what, f"{fits['press']:.2f}", f"{fits['jupyter-book']:.2f}", "", "at most 1", fits["press"] <= 1)]


# -- showing ---------------------------------------------------------------------------------------------------------


def _said(met: bool | None) -> str:
    return {None: "", True: "met", False: "missed"}[met]


def table(made: list[Row]) -> str:
    r"""Return the comparison as lines for a terminal."""
    cells = [("", "press", "compared with", "ratio", "target", "")]
    cells += [(row.what, row.ours, row.theirs, row.ratio, row.target, _said(row.met)) for row in made]
    wide = [max(len(line[k]) for line in cells) for k in range(6)]
    return "\n".join("  ".join(text.ljust(wide[k]) for k, text in enumerate(line)).rstrip() for line in cells)


def markdown(made: list[Row]) -> str:
    r"""Return the comparison for ``CONTRIBUTING.md``: ratios, no seconds.

    Examples:
        >>> print(markdown([Row("a page", "50 kB", "200 kB", "0.25", "at most 0.25", True)]))
        | what | ratio | target | |
        |---|---|---|---|
        | a page | 0.25 | at most 0.25 | met |
    """
    lines = [f"| {row.what} | {row.ratio or f'{row.ours} : {row.theirs}'} | {row.target} | {_said(row.met)} |" for row in made]
    return "\n".join(["| what | ratio | target | |", "|---|---|---|---|", *lines])


def plot(found: dict, path: Path) -> None:
    r"""Draw the seconds of the stages, and the growth, as far as they have been measured."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    bars = _bars(found)
    drawn = left.barh(range(len(bars)), [value for _, value, _ in bars], color=["#0072B2" if ours else "#D55E00" for *_, ours in bars])
    left.set_yticks(range(len(bars)), [name for name, *_ in bars])
    left.invert_yaxis()
    left.set_xlabel("seconds")
    if bars:
        left.bar_label(drawn, fmt="{:.1f}", padding=3)
        left.set_xscale("log")
        left.set_xlim(0.1, 3 * max(value for _, value, _ in bars))
    for (name, times), color, mark in zip(found.get("f", {}).items(), ("#0072B2", "#D55E00"), "os", strict=False):
        sizes = sorted(map(int, times))
        editions = {"press": "press, both HTML editions", "jupyter-book": "Jupyter Book, one HTML edition"}[name]
        right.loglog(sizes, [times[str(size)][SECONDS] for size in sizes], color=color, marker=mark, label=editions)
        right.legend()
        right.set_xticks(sizes, list(map(str, sizes)))
        right.set_xticks([], minor=True)
    right.set_xlabel("generated chapters")
    right.set_ylabel("seconds")
    for suffix in (".svg", ".png"):
        fig.savefig(path.with_suffix(suffix), dpi=150)
    plt.close(fig)


def _bars(found: dict) -> list[tuple[str, float, bool]]:
    bars = []
    for stage, what in (("a", "from nothing"), ("b", "nothing changed"), ("c", "a paragraph changed")):
        for name, row in found.get(stage, {}).items():
            if name.startswith("press"):
                bars.append((f"{what}: {name}", row[SECONDS], True))
            else:
                how = "as it comes" if name == "default" else "one cache"
                bars.append((f"{what}: Jupyter Book, {how}, {len(row)} editions", sum(edition[SECONDS] for edition in row.values()), False))
    return bars
