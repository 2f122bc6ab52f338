r"""Run each chapter once: in parallel, stored by what it depends on, for every edition."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import os
import platform
import queue
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tqdm import tqdm

from press import BOOK, BUILD, ROOT, PressError, chapters, drawings, located
from press.execute import ONE_THREAD, SECONDS, Outcome, execute, kill_all  # noqa: F401 (the first two: for press.notebooks)
from press.figures import PRINT, SCREEN
from press.kernel import FIGURE
from press.walk import cells

RUNS = BUILD / "runs"
KEPT = 14 * 24 * 3600  # seconds for which a run or a drawing that no chapter uses is kept, for work on two branches


@dataclass(frozen=True)
class Run:
    r"""What one execution of a chapter left.

    Attributes:
        folder: Where it is stored.
        outputs: For each cell its outputs, as nbformat has them.
        values: Global numbers and strings at the end.
        seconds: For each cell.
        packages: Versions of the packages that were imported.
    """

    folder: Path | None = None
    outputs: list = field(default_factory=list)
    values: dict = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    packages: dict = field(default_factory=dict)


def key(text: str) -> str:
    r"""Name the program that a chapter's cells make, by syntax: prose, captions and comments are not in it.

    Examples:
        >>> key("가\n```{code-cell}\n1 + 1  # 둘\n```") == key("나\n```{code-cell}\n1 + 1\n```")
        True
        >>> key("```{code-cell}\n1 + 1\n```") == key("```{code-cell}\n1 + 2\n```")
        False
    """
    program = [(_syntax(code), "raises-exception" in options.get("tags", ())) for _, code, options in cells(text)]
    kernel = (ROOT / "code" / "press" / "kernel.py").read_text("utf8")
    return hashlib.sha256(repr((program, kernel, platform.python_version())).encode()).hexdigest()[:24]


@lru_cache(maxsize=8192)
def _syntax(code: str) -> str:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return code
    for node in ast.walk(tree):  # a docstring computes nothing
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node, clean=False) is not None
            and len(node.body) > 1
        ):
            node.body = node.body[1:]
    return ast.dump(tree) + (";" if code.rstrip().endswith(";") else "")


def digest(path: str) -> str:
    r"""Return a file's content as a short name; of Python, only what computes."""
    try:
        return _digest(path, os.stat(path).st_mtime_ns)
    except OSError:
        return "missing"


@lru_cache(maxsize=4096)
def _digest(path: str, stamp: int) -> str:
    data = Path(path).read_bytes()
    return hashlib.sha256(_syntax(data.decode()).encode() if path.endswith(".py") else data).hexdigest()[:24]


@lru_cache(maxsize=1024)
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def find(text: str) -> Run | None:
    r"""Return the stored run of a chapter if everything it depends on is as it was, or None."""
    if not cells(text):
        return Run()
    for record in sorted((RUNS / key(text)).glob("*/run.json")):
        try:
            stored = json.loads(record.read_text("utf8"))
            whole = all((record.parent / name).stat().st_size == size for name, size in stored["figures"].items())
            if not whole:
                raise ValueError("a figure is cut off")
            fresh = all(digest(str(ROOT / f)) == d for f, d in stored["files"].items())
            if fresh and all(_version(name) == v for name, v in stored["packages"].items()):
                return Run(record.parent, stored["outputs"], stored["values"], stored["seconds"], stored["packages"])
        except (OSError, ValueError, KeyError, TypeError):
            print(f"press: the stored run {record.parent.relative_to(BUILD)} is damaged; the chapter runs again", file=sys.stderr)
            shutil.rmtree(record.parent, ignore_errors=True)
    return None


def run(chapter: str) -> Run:
    r"""Run a chapter and store what it leaves.

    Raises:
        PressError: If a cell fails (see `press.execute.execute`).
    """
    text = (BOOK / f"{chapter}.md").read_text("utf8")
    return _store(text, execute(chapter, text))


def _store(text: str, outcome: Outcome) -> Run:
    RUNS.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=RUNS, prefix="part-"))
    try:
        return _written(folder, text, outcome)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _written(folder: Path, text: str, outcome: Outcome) -> Run:
    outputs, report, seconds = outcome
    drawn = {}
    for n, outs in enumerate(outputs):
        for m, output in enumerate(outs):
            pickled = output.get("data", {}).get(FIGURE)
            if pickled:
                name = f"{n}-{m}.pickle"
                drawn[name] = (folder / name).write_bytes(base64.b64decode(pickled))
                output["data"] = {FIGURE: name}
            output.pop("execution_count", None)
    files = {os.path.relpath(f, ROOT): digest(f) for f in report["files"]}
    record = {
        "files": files,
        "figures": drawn,
        "packages": report["packages"],
        "values": report["values"],
        "seconds": seconds,
        "outputs": outputs,
    }
    (folder / "run.json").write_text(json.dumps(record, ensure_ascii=False, sort_keys=True), "utf8")
    name = hashlib.sha256(repr((sorted(files.items()), sorted(report["packages"].items()))).encode()).hexdigest()[:16]
    final = RUNS / key(text) / name
    final.parent.mkdir(exist_ok=True)
    shutil.rmtree(final, ignore_errors=True)
    os.replace(folder, final)
    return Run(final, outputs, report["values"], seconds, report["packages"])


def all_runs(
    progress=tqdm.write, jobs: int | None = None, only: Collection[str] = (), forms: tuple[tuple[str, ...], ...] = (SCREEN, PRINT)
) -> dict[str, Run]:
    r"""Run every chapter whose stored run does not hold any more, longest first, and draw every figure that is not drawn.

    Args:
        progress: Called with one line for each chapter that was run.
        jobs: How many chapters run at once; the number of cores if None.
        only: The chapters to look at; all if empty.
        forms: What is drawn of figures, as in `drawings.draw_all`.

    Returns:
        The run of each chapter.

    Raises:
        PressError: The first failure, after the chapters that were running have been stored.
    """
    jobs = jobs or len(os.sched_getaffinity(0))
    texts = {chapter: (BOOK / f"{chapter}.md").read_text("utf8") for chapter in chapters() if not only or chapter in only}
    done = {chapter: _found(chapter, text) for chapter, text in texts.items()}
    misses = sorted((c for c, run in done.items() if run is None), key=lambda c: (-_last_seconds(c), c))
    stop = threading.Event()
    faults = []

    def one(chapter: str) -> Run | None:
        try:
            return None if stop.is_set() else run(chapter)
        except BaseException:
            stop.set()  # what waits does not begin, what runs is kept
            raise

    with ThreadPoolExecutor(jobs) as pool:
        ended: queue.SimpleQueue = queue.SimpleQueue()
        tasks = {pool.submit(one, chapter): chapter for chapter in misses}
        for task in tasks:
            task.add_done_callback(ended.put)
        try:
            for n in tqdm(range(1, len(tasks) + 1), unit="chapter", leave=False, disable=None):
                task = ended.get()
                if task.exception():
                    faults.append(task.exception())
                elif made := task.result():
                    done[tasks[task]] = made
                    _remember_seconds(tasks[task], sum(made.seconds))
                    progress(f"[{n}/{len(misses)}] ran {tasks[task]} in {sum(made.seconds):.1f} s")
        except BaseException:
            stop.set()
            kill_all()
            raise
    if faults:
        raise faults[0]
    drawn = drawings.draw_all(texts, done, jobs, progress, forms)
    if not only:
        _prune(done, drawn)
    return done


def _found(chapter: str, text: str) -> Run | None:
    try:
        return find(text)
    except PressError as error:
        raise located(chapter, error) from None


def _prune(done: dict[str, Run], drawn: set[Path]) -> None:
    r"""Delete the runs and drawings that no chapter has used for a while."""
    now = time.time()
    used = drawn | {run.folder for run in done.values() if run.folder}
    for folder in used:
        os.utime(folder)
    for folder in {*RUNS.glob("*/*"), *RUNS.glob("part-*"), *drawings.DRAWINGS.glob("*")} - used:
        if folder.is_dir() and now - folder.stat().st_mtime > KEPT:
            shutil.rmtree(folder, ignore_errors=True)


def _times() -> dict[str, float]:
    try:
        return json.loads((BUILD / "seconds.json").read_text("utf8"))
    except (OSError, ValueError):
        return {}


def _last_seconds(chapter: str) -> float:
    return _times().get(chapter, 1e9)


def _remember_seconds(chapter: str, seconds: float) -> None:
    (BUILD / "seconds.json").write_text(json.dumps({**_times(), chapter: round(seconds, 1)}, indent=1), "utf8")
