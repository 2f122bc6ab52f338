r"""Draw a figure that a run has kept: once a language, light and dark for the screen, PDF for print, PNG for notebooks."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import pickle
import re
import tempfile
import warnings
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from press import LANGUAGES, SOURCE, PressError
from press.literals import HANGUL, relabel

DARK = {
    "#24292f": "#e6edf3",  # INK
    "#d0d7de": "#3d444d",  # GRID
    "#0072b2": "#4da6e0",  # PALETTE
    "#d55e00": "#ff8c42",
    "#009e73": "#2fc99b",
    "#cc79a7": "#e59cc5",
    "#666666": "#a5a5a5",
}
"""Colours of `deepbook.plotting` on a dark page; every other colour, black and white too, stays as it is."""

SCREEN, PRINT = (".svg", "-dark.svg", ".png"), (".pdf",)
"""How the names of a drawing's files end, after the language: for pages and notebooks, and for the PDFs."""

DPI = 144
"""Dots an inch of the pictures in notebooks: one and a half for each pixel of a page."""


def dark(svg: str) -> str:
    r"""Recolor a drawing for a dark page.

    Examples:
        >>> dark('<path style="fill: #24292f; stroke: #000000"/>')
        '<path style="fill: #e6edf3; stroke: #000000"/>'
    """
    return re.sub(r"#[0-9a-f]{6}\b", lambda m: DARK.get(m[0], m[0]), svg)


@contextlib.contextmanager
def _texts(language: str, translations: dict[str, str], korean: bool, missing: set[str]):
    from matplotlib.text import Text

    original = Text._get_wrapped_text  # every text of a figure, tick labels too, is read here when it is drawn

    def translated(self):
        text = original(self)
        if language == SOURCE or not HANGUL.search(text):
            return text
        found = relabel(text, translations)
        if found is None and not korean:
            missing.add(text)
        return text if found is None else found

    Text._get_wrapped_text = translated
    try:
        yield
    finally:
        Text._get_wrapped_text = original


@lru_cache(maxsize=1)
def _means() -> tuple[str, ...]:
    return version("matplotlib"), Path(__file__).read_text("utf8"), Path(find_spec("deepbook.plotting").origin).read_text("utf8")


def key(pickled: Path, identity: str, translations: dict[str, dict[str, str]]) -> str:
    r"""Name a drawing by all that it is made of: the run, the words, this module, the style and matplotlib."""
    parts = [identity, pickled.name, repr(sorted((k, sorted(v.items())) for k, v in translations.items())), *_means()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def draw(pickled: Path, out: Path, forms: tuple[str, ...], translations: dict[str, dict[str, str]], korean: bool, where: str) -> None:
    r"""Draw one figure in all languages.

    Args:
        pickled: The figure, as the kernel kept it.
        out: Folder for the files; each appears when all are drawn.
        forms: What to draw, `SCREEN` or `PRINT` or both, one after the other.
        translations: For each language, from string literals of the chapter to their translations.
        korean: Whether the cell is tagged ``korean-data``, so that text without translation stays.
        where: File and line of the cell, for messages.

    Raises:
        PressError: If a text has no translation or a character has no glyph.
    """
    import matplotlib as mpl

    mpl.use("agg")
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it reports each hinting table that a subset leaves out

    from deepbook.plotting import use_book_style

    use_book_style()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="part-") as folder:
        _draw(pickled, Path(folder), forms, translations, korean, where)
        out.mkdir(exist_ok=True)
        for file in sorted(Path(folder).iterdir()):
            os.replace(file, out / file.name)


class _Said(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record):
        self.texts.append(record.getMessage())


def _draw(pickled: Path, folder: Path, forms: tuple[str, ...], translations: dict[str, dict[str, str]], korean: bool, where: str) -> None:
    import matplotlib as mpl

    missing: set[str] = set()
    said = _Said()
    logging.getLogger("matplotlib").addHandler(said)  # text in mathematics is missed by a log entry, not by a warning
    with (
        warnings.catch_warnings(record=True) as caught,
        mpl.rc_context({"svg.hashsalt": "deepbook", "svg.fonttype": "path", "pdf.fonttype": 42}),
    ):
        warnings.simplefilter("always")
        for language in LANGUAGES:
            with _texts(language, translations.get(language, {}), korean, missing):
                for group in (SCREEN, PRINT):
                    if set(group) <= set(forms):
                        _save(pickled, [folder / f"{language}{form}" for form in group if form != "-dark.svg"])  # made of the light one
            if "-dark.svg" in forms:
                (folder / f"{language}-dark.svg").write_text(dark((folder / f"{language}.svg").read_text("utf8")), "utf8")
    if missing:
        raise PressError(
            f"{where}: figure text without translation: {sorted(missing)}; give each its string literal in the cell and its msgstr"
        )
    logging.getLogger("matplotlib").removeHandler(said)
    glyphs = sorted({t for t in [*(str(w.message) for w in caught), *said.texts] if "missing from" in t or "not have a glyph" in t})
    if glyphs:
        raise PressError(f"{where}: the figure's fonts lack a character: {'; '.join(glyphs)}; use another character")


def _save(pickled: Path, files: list[Path]) -> None:
    r"""Draw a figure as it was kept: what drawing for the screen changes in it is not in its print."""
    import matplotlib.pyplot as plt

    figure = pickle.loads(pickled.read_bytes())
    for axes in figure.axes:
        axes.set_axisbelow(True)  # no grid over bars
    more = {
        ".svg": {"metadata": {"Date": None, "Creator": None}},
        ".pdf": {"metadata": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": None}},
        ".png": {"metadata": {"Software": None}, "dpi": DPI, "facecolor": "white"},
    }
    for file in files:
        figure.savefig(file, bbox_inches="tight", pad_inches=0.04, **more[file.suffix])
        figure.set_layout_engine("none")  # what has its place keeps it
    plt.close("all")
