r"""The figures of runs, drawn in every language: where each drawing lies, which words it needs, and the drawing of those that lack."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from press import BUILD, LANGUAGES, catalogue, figures
from press.kernel import FIGURE
from press.source import messages
from press.walk import cells

if TYPE_CHECKING:
    from press.runs import Run

DRAWINGS = BUILD / "figures"


def drawing(run: Run, name: str, translations: dict[str, dict[str, str]]) -> Path:
    r"""Return the folder in which a figure of a run is drawn, in the words of these translations."""
    pickled = run.folder / name
    return DRAWINGS / figures.key(pickled, f"{run.folder.parent.name}/{run.folder.name}", translations)


def labels(chapter: str, text: str) -> dict[str, dict[str, str]]:
    r"""Return, for each language, the translations of the string literals in a chapter's cells."""
    strings = {m.id for m in messages(text) if m.kind == "string"}
    return {lang: {k: v for k, v in catalogue.translations(chapter, lang).items() if k in strings} for lang in catalogue.languages()}


def printed(run: Run, translations: dict[str, dict[str, str]]) -> bool:
    r"""Whether all figures of a run are drawn for the PDFs too."""
    names = [output.get("data", {}).get(FIGURE) for outs in run.outputs for output in outs]
    return all(_whole(drawing(run, name, translations), figures.PRINT) for name in names if name)


def draw_all(texts: dict[str, str], done: dict[str, Run], jobs: int, progress, forms: tuple[tuple[str, ...], ...]) -> set[Path]:
    r"""Draw every figure of these runs that is not drawn.

    Args:
        texts: The source of each chapter.
        done: The run of each chapter.
        jobs: How many figures are drawn at once.
        progress: Called with one line if any was drawn.
        forms: What to draw, `figures.SCREEN` or both this and `figures.PRINT`.

    Returns:
        The folders of all figures of these runs.

    Raises:
        PressError: If a figure cannot be drawn in every language.
    """
    work, used = {}, set()
    for chapter, run in done.items():
        if run.folder is None:
            continue
        translations = labels(chapter, texts[chapter])
        for (line, _, options), outs in zip(cells(texts[chapter]), run.outputs, strict=True):
            for output in outs:
                name = output.get("data", {}).get(FIGURE)
                if not name:
                    continue
                used.add(out := drawing(run, name, translations))
                if lacking := sum((form for form in forms if not _whole(out, form)), ()):
                    work[out] = (
                        run.folder / name,
                        out,
                        lacking,
                        translations,
                        "korean-data" in options.get("tags", ()),
                        f"book/{chapter}.md:{line}",
                    )
    if work:
        DRAWINGS.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(min(jobs, len(work)), initializer=_end_with, initargs=(os.getpid(),)) as pool:
            for task in [pool.submit(figures.draw, *job) for job in work.values()]:
                task.result()
        progress(f"drew {len(work)} figures")
    return used


def _whole(folder: Path, forms: tuple[str, ...]) -> bool:
    r"""Whether none of these files of a drawing is missing or cut off: each kind of file has its own end."""
    ends = {".svg": b"</svg>\n", ".pdf": b"%%EOF\n", ".png": b"IEND\xaeB`\x82"}
    files = [folder / f"{lang}{form}" for lang in LANGUAGES for form in forms]
    try:
        return all(file.read_bytes().endswith(ends[file.suffix]) for file in files)
    except OSError:
        return False


def _end_with(parent: int) -> None:
    r"""End this process when its parent is gone, which a killed parent cannot ask for."""

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
