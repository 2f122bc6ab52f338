r"""The stages of the comparison; each can be run alone, and puts into the JSON what it measures as it goes.

Before a stage whose books are not there, they are built, and the time of that is not kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import books, generated, peer
from bench.measure import Took, timed, weights
from press import LANGUAGES

BUILDERS = ("html", "pdflatex")
TIMES = 3  # how often what is short is measured; the median counts


@dataclass
class Bench:
    r"""Where the comparison works and what it has measured.

    Attributes:
        home: The folder of the results, of the books (``work``) and of Jupyter Book's environment.
        chosen: The chapters of the book; all if empty.
        found: What has been measured, by stage.
    """

    home: Path
    chosen: list[str]
    found: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.book, self.theirs = self.home / "work" / "press", self.home / "work" / "jupyter-book"
        self.json = self.home / "press.json"
        self.home.mkdir(parents=True, exist_ok=True)
        if self.json.exists():
            self.found = json.loads(self.json.read_text("utf8"))

    def prepare(self) -> None:
        r"""Lay the book out for both, if it is not there as it is now."""
        peer.environment(self.home / "jupyter-book")
        wanted = f"{sorted(self.chosen)} {_stamp()}"
        note = self.home / "work" / "chosen"
        if not note.exists() or note.read_text("utf8") != wanted:
            shutil.rmtree(self.home / "work", ignore_errors=True)
            self.found = {}
            books.lay(self.book)
            books.choose(self.book, self.chosen or books.topics(self.book))
            note.write_text(wanted, "utf8")
        self.found |= {"chapters": books.topics(self.book), "cores": len(os.sched_getaffinity(0))}
        self.save()

    def save(self) -> None:
        r"""Write the JSON."""
        self.json.write_text(json.dumps(self.found, ensure_ascii=False, indent=1), "utf8")

    def keep(self, stage: str, *path: str, row) -> None:
        r"""Put a result into the JSON and say it."""
        place = self.found.setdefault(stage, {})
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = row
        self.save()
        print(f"({stage}) {', '.join(path)}: {json.dumps(row, ensure_ascii=False)}", flush=True)

    def press(self, *arguments: str, book: Path | None = None) -> Took:
        r"""Run the press on a book."""
        command, variables = books.press(book or self.book, *arguments)
        return timed(command, book or self.book, variables)

    def sources(self, mode: str, book: Path | None = None, out: Path | None = None) -> Path:
        r"""Write a book's sources for Jupyter Book as they are now, and return their folder."""
        book, out = book or self.book, out or self.theirs / mode
        command = [sys.executable, "-m", "bench.peer", str(book), str(out), mode]
        subprocess.run(command, cwd=books.ROOT, env={**os.environ, "PYTHONPATH": str(book / "code")}, check=True)
        return out

    def jupyter(self, book: Path, language: str, builder: str) -> tuple[Took, dict]:
        r"""Build an edition with Jupyter Book; return also what is kept, with the number of chapters that it ran."""
        command, variables = peer.build(self.home / "jupyter-book", book, language, builder)
        took = timed(command, book, variables)
        return took, {**took.row(), "ran": len(re.findall(r"Executing notebook using", took.said))}

    def ready(self, *modes: str) -> None:
        r"""Build what a stage changes, if it is not built."""
        if not (self.book / "_build" / "site").exists():
            self.press("html")
        for mode in modes:
            out = self.sources(mode)
            for language in LANGUAGES:
                if not (out / language / "_build" / "html" / "index.html").exists():
                    self.jupyter(out, language, "html")


def _stamp() -> str:
    r"""Name the content of the book, its code and its catalogues."""
    found = hashlib.sha256()
    for folder in ("book", "code", "locales"):
        for file in sorted((books.ROOT / folder).rglob("*.*")):
            if file.is_file() and file.suffix in (".md", ".py", ".po", ".bib", ".csv", ".css", ".js"):
                found.update(file.read_bytes())
    return found.hexdigest()


# -- the stages ------------------------------------------------------------------------------------------------------


def from_nothing(bench: Bench) -> None:
    r"""All editions from nothing, and the floor: the seconds of all cells over the cores."""
    for command in ("html", "book"):
        shutil.rmtree(bench.book / "_build", ignore_errors=True)
        took = bench.press(command)
        status = json.loads((bench.book / "_build" / "site" / "status.json").read_text("utf8"))
        floor = sum(row["seconds"] for row in status.values()) / bench.found["cores"]
        ran = took.when(" ran ")
        drew = max(ran, took.when("drew "))
        parts = {"floor": floor, "cells": ran, "figures": drew - ran, "pages": took.seconds - drew}
        bench.keep("a", f"press {command}", row={**took.row(), **{name: round(value, 2) for name, value in parts.items()}})
    for mode in peer.MODES:
        shutil.rmtree(bench.theirs / mode, ignore_errors=True)
        out = bench.sources(mode)
        for language in LANGUAGES:
            for builder in BUILDERS:
                bench.keep("a", mode, f"{language} {builder}", row=bench.jupyter(out, language, builder)[1])


def nothing_changed(bench: Bench) -> None:
    r"""All editions once more."""
    bench.ready("cache")
    bench.press("book")
    bench.keep("b", "press book", row=_median([bench.press("book").row() for _ in range(TIMES)]))
    for language in LANGUAGES:
        for builder in BUILDERS:
            if builder != "html" and not list((bench.theirs / "cache" / language / "_build").glob("latex/*.pdf")):
                bench.jupyter(bench.theirs / "cache", language, builder)
            bench.keep("b", "cache", f"{language} {builder}", row=bench.jupyter(bench.theirs / "cache", language, builder)[1])


def a_paragraph(bench: Bench) -> None:
    r"""A paragraph of the first chapter has changed: both HTML editions; Jupyter Book with the cache, and once as it comes."""
    bench.ready("cache", "default")
    bench.press("html")
    ours, theirs = [], {language: [] for language in LANGUAGES}
    for count in range(1, TIMES + 1):
        books.lengthen(bench.book, bench.found["chapters"][0], count)
        ours.append(bench.press("html").row())
        out = bench.sources("cache")
        for language in LANGUAGES:
            theirs[language].append(bench.jupyter(out, language, "html")[1])
        bench.keep("c", "press html", row=_median(ours))
        for language in LANGUAGES:
            bench.keep("c", "cache", language, row=_median(theirs[language]))
    out = bench.sources("default")
    for language in LANGUAGES:
        bench.keep("c", "default", language, row=bench.jupyter(out, language, "html")[1])


def a_function(bench: Bench) -> None:
    r"""A function of the library has changed: which chapters run, and whether Jupyter Book's cache notices."""
    bench.ready("cache")
    bench.press("html")
    bench.jupyter(bench.theirs / "cache", "ko", "html")
    module = books.module_of(bench.book, bench.found["chapters"][0])
    before = module.read_text("utf8")
    name = books.alter(module)
    try:
        bench.keep("d", "changed", row=f"{module.relative_to(bench.book / 'code')}, {name}")
        bench.keep("d", "affected", row=sorted(books.users(bench.book, module)))
        took = bench.press("html")
        bench.keep("d", "press html", row={**took.row(), "ran": sorted(re.findall(r"\] ran (\S+) in", took.said))})
        bench.keep("d", "cache", row=bench.jupyter(bench.theirs / "cache", "ko", "html")[1])
    finally:
        module.write_text(before, "utf8")


def first_load(bench: Bench) -> None:
    r"""What each chapter's page loads the first time, without its figures."""
    bench.ready("cache")
    for language in LANGUAGES:
        pages = [f"{name}.html" for name in bench.found["chapters"]]
        bench.keep("e", "press", language, row=weights(bench.book / "_build" / "site" / language, pages))
        bench.keep("e", "jupyter-book", language, row=weights(bench.theirs / "cache" / language / "_build" / "html", pages))


def growth(bench: Bench, sizes: list[int]) -> None:
    r"""Books of generated chapters from nothing: both HTML editions of the press, one of Jupyter Book."""
    for size in sizes:
        book, out = bench.home / "work" / "growth" / "press", bench.home / "work" / "growth" / "jupyter-book"
        generated.lay(book, size)
        shutil.rmtree(out, ignore_errors=True)
        bench.keep("f", "press", str(size), row=bench.press("html", book=book).row())
        bench.sources("cache", book, out)
        bench.keep("f", "jupyter-book", str(size), row=bench.jupyter(out, "ko", "html")[1])


def _median(rows: list[dict]) -> dict:
    return {**rows[-1], "seconds": round(median(row["seconds"] for row in rows), 2), "megabytes": max(row["megabytes"] for row in rows)}
