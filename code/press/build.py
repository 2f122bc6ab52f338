r"""From sources to ``_build/site``: check, run, print four editions in a scratch folder, then move the site into place."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

from press import (
    BOOK,
    BUILD,
    LANGUAGES,
    ROOT,
    PressError,
    catalogue,
    chapters,
    drawings,
    editions,
    figures,
    lock,
    pdf,
    read,
    runs,
    stale,
    status,
    third_party,
    weight,
)
from press.walk import cells

SITE = BUILD / "site"
WORK = BUILD / "work"
EPOCH = "1767225600"  # 2026-01-01, so that two builds of one commit are the same


def build(formats: tuple[str, ...] = ("html", "pdf"), progress=tqdm.write) -> Path:
    r"""Build the editions.

    Args:
        formats: ``html``, ``pdf`` or both. HTML is always built; with ``pdf`` its pages link the PDFs.
        progress: Called with one line for each step.

    Returns:
        The folder of the site.

    Raises:
        PressError: At the first failure; the last good site stays as it was.
    """
    _require_tools(formats)
    BUILD.mkdir(exist_ok=True)
    _recover()
    stamp = _stamp(formats)
    if SITE.exists() and (BUILD / "site.stamp").exists() and (BUILD / "site.stamp").read_text("utf8") == stamp:
        progress("nothing has changed")
        return SITE
    for language in LANGUAGES:
        catalogue.require_complete(language)
    forms = (figures.SCREEN, figures.PRINT) if "pdf" in formats else (figures.SCREEN,)
    done = runs.all_runs(progress, forms=forms)
    _check_runs(done)
    rows = status.status(done)
    _hand_over(done, rows)
    with ThreadPoolExecutor(len(LANGUAGES)) as pool:
        tasks = [pool.submit(_edition, language, formats, progress) for language in LANGUAGES]
        for task in tasks:
            task.result()
    try:
        _assemble(formats, rows)
    except OSError:
        shutil.rmtree(BUILD / "site.new", ignore_errors=True)
        raise
    (BUILD / "site.stamp").write_text(stamp, "utf8")
    progress(f"the book is in {SITE.relative_to(ROOT)}")
    return SITE


def _require_tools(formats: tuple[str, ...]) -> None:
    missing = []
    if not (ROOT / "node_modules" / "katex").exists():
        missing.append("KaTeX: run `npm ci` (`make html` does it)")
    if "pdf" in formats:
        missing += [f"for the PDF: {tool}" for tool in pdf.missing_tools()]
    if missing:
        cure = "`make book` installs them on Debian and Ubuntu; `make html` needs no TeX"
        raise PressError("missing tools:\n  " + "\n  ".join(missing) + f"\n{cure}")


def _stamp(formats: tuple[str, ...]) -> str:
    r"""Name all that the site is made of: sources, catalogues, code, pinned tools, formats."""
    return _digest(formats, BOOK, ROOT / "locales", ROOT / "code")


def _frame() -> str:
    r"""Name all that every page of an edition is made of, whatever stands on it: which pages there are, how they look, who writes them."""
    return _digest(
        tuple(chapters()),
        BOOK / "_static",
        BOOK / "_templates",
        ROOT / "code" / "press",
        *(ROOT / "locales").glob("*/LC_MESSAGES/sphinx.po"),
    )


def _digest(names: tuple[str, ...], *places: Path) -> str:
    files = [ROOT / name for name in ("conf.py", "pyproject.toml", "requirements.txt", "package-lock.json")]
    for place in places:
        files += [
            p
            for p in ([place] if place.is_file() else sorted(place.rglob("*")))
            if p.is_file() and p.suffix != ".mo" and "__pycache__" not in p.parts and ".egg-info" not in str(p)
        ]
    found = hashlib.sha256(repr((names, sys.version)).encode())
    for file in files:
        found.update(str(file.relative_to(ROOT)).encode() + b"\0" + (file.read_bytes() if file.exists() else b""))
    return found.hexdigest()


def _check_runs(done: dict[str, runs.Run]) -> None:
    r"""See that every number and every table can be shown in every language, before Sphinx begins."""
    for chapter in chapters():
        text, run = (BOOK / f"{chapter}.md").read_text("utf8"), done[chapter]
        labels = drawings.labels(chapter, text)
        for language in LANGUAGES:
            read.fill(read.in_language(chapter, text, language), run.values, f"book/{chapter}.md")
            for n, (cell, outputs) in enumerate(zip(cells(text), run.outputs, strict=True), 1):
                list(read.shown(chapter, outputs, cell, n, labels, language))


def _hand_over(done: dict[str, runs.Run], rows: dict) -> None:
    r"""Write down what each page is made of and what the book holds, so that no Sphinx needs to find out again."""
    WORK.mkdir(exist_ok=True)
    for language in LANGUAGES:
        found = {chapter: stale.stamp(chapter, language, run) for chapter, run in done.items()}
        _handed(language).write_text(json.dumps({"stamps": found, "status": rows}), "utf8")


def _handed(language: str) -> Path:
    return WORK / f"handed-{language}.json"


def _edition(language: str, formats: tuple[str, ...], progress) -> None:
    _sphinx(language, "html", "pdf" in formats)
    _dress(language)
    progress(f"wrote the HTML in {editions.NAMES['en'] if language == 'en' else 'Korean'}")
    if "pdf" in formats:
        _sphinx(language, "latex", True)
        titles = [line[2:].strip() for line in _titles(language)]
        made = pdf.compile(WORK / language / "latex", language)
        pdf.check(made, made.with_suffix(".log"), titles)
        progress(f"wrote the PDF in {'English' if language == 'en' else 'Korean'}")


def _titles(language: str) -> list[str]:
    found = []
    for chapter in chapters():
        if "/" in chapter and not chapter.endswith("/index"):
            text = read.in_language(chapter, (BOOK / f"{chapter}.md").read_text("utf8"), language)
            found.append(next(line for line in text.split("\n") if line.startswith("# ")))
    return found


def _sphinx(language: str, builder: str, with_pdf: bool) -> None:
    out, trees = WORK / language / builder, WORK / language / "doctrees"
    unfinished = WORK / language / "unfinished"
    if unfinished.exists():  # the last time was killed or failed: its pages may be half written, and would not warn again
        shutil.rmtree(WORK / language)
    kept = trees.exists()
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    unfinished.touch()
    frame = WORK / language / "frame"
    if builder == "html" and not (frame.exists() and frame.read_text("utf8") == _frame()):
        shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "--no-color", "-q", "-W", "--keep-going", "-n", "-b", builder, "-c", str(ROOT)]
    command += ["-D", f"language={language}", "-D", f"press_pdf={int(with_pdf)}", "-D", "press_trim=0"]
    command += ["-D", f"press_handed={_handed(language)}", "-d", str(trees), str(BOOK), str(out)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, encoding="utf8", pass_fds=lock.held())
    if result.returncode:
        said = (result.stderr + result.stdout).replace(f"{ROOT}/", "")
        if "No space left on device" in said:
            raise OSError(errno.ENOSPC, "No space left on device", str(out.relative_to(ROOT)))
        if kept and builder == "html" and "The full traceback has been saved" in said:  # no fault of a page, but a crash
            print(f"press: what Sphinx kept of the edition in {language} may be damaged; all its pages are read again", file=sys.stderr)
            return _sphinx(language, builder, with_pdf)
        lines = [line for line in said.split("\n") if line.strip()]
        raise PressError(f"Sphinx could not write the {builder} edition in {language}:\n  " + "\n  ".join(lines[-40:]))
    frame.write_text(_frame(), "utf8")
    unfinished.unlink()


def _dress(language: str) -> None:
    r"""Make an edition of the site from the pages as Sphinx wrote them, which stay for the next build."""
    site = WORK / language / "site"
    shutil.rmtree(site, ignore_errors=True)
    unwanted = shutil.ignore_patterns(
        ".buildinfo*", ".doctrees", "jupyter_execute", "locales", "*.map", "*webpack-macros.html", "chooser.html"
    )
    shutil.copytree(WORK / language / "html", site, ignore=unwanted)
    weight.trim(site)


def _assemble(formats: tuple[str, ...], rows: dict) -> None:
    new, old = BUILD / "site.new", BUILD / "site.old"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    for language in LANGUAGES:
        os.replace(WORK / language / "site", new / language)
        if "pdf" in formats:
            (new / "pdf").mkdir(exist_ok=True)
            name = editions.PDF.format(language=language)
            shutil.copy(WORK / language / "latex" / name, new / "pdf" / name)
    shutil.copy(BOOK / "_static" / "chooser.html", new / "index.html")
    (new / ".nojekyll").write_text("")
    (new / "THIRD_PARTY.md").write_text(third_party.text(), "utf8")
    (new / "status.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1, sort_keys=True), "utf8")
    shutil.rmtree(old, ignore_errors=True)
    if SITE.exists():
        os.replace(SITE, old)
    os.replace(new, SITE)
    shutil.rmtree(old, ignore_errors=True)


def _recover() -> None:
    r"""Put the last site back if a build was killed between the two renames."""
    old = BUILD / "site.old"
    if old.exists() and not SITE.exists():
        os.replace(old, SITE)
