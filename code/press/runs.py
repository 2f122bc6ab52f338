r"""Run each chapter once: in parallel, stored by what it depends on, for every edition."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import os
import platform
import re
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from press import BOOK, BUILD, ROOT, PressError, catalogue, chapters, figures
from press.kernel import FIGURE, REPORT
from press.source import HANGUL, cells, messages

RUNS = BUILD / "runs"
DRAWINGS = BUILD / "figures"
SECONDS = int(os.environ.get("PRESS_CELL_SECONDS", "300"))
OUTPUT_LIMIT = 100_000  # characters of one cell's text output
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}


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


def _syntax(code: str) -> str:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return code
    for node in ast.walk(tree):  # a docstring computes nothing
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False) is not None and len(node.body) > 1:
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
            fresh = all(digest(str(ROOT / f)) == d for f, d in stored["files"].items())
            if fresh and all(_version(name) == v for name, v in stored["packages"].items()):
                return Run(record.parent, stored["outputs"], stored["values"], stored["seconds"], stored["packages"])
        except (OSError, ValueError, KeyError, TypeError):
            print(f"press: the stored run {record.parent.relative_to(BUILD)} is damaged; the chapter runs again", file=sys.stderr)
            shutil.rmtree(record.parent, ignore_errors=True)
    return None


def execute(chapter: str, seconds: int = SECONDS) -> Run:
    r"""Run the cells of a chapter in a fresh kernel and store what they leave.

    Args:
        chapter: As in ``components/loss``.
        seconds: Time limit of one cell.

    Returns:
        The run.

    Raises:
        PressError: If a cell fails, takes too long, prints too much, prints Hangul or kills its kernel.
    """
    import nbformat
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    source = BOOK / f"{chapter}.md"
    text = source.read_text("utf8")
    found = cells(text)
    new = nbformat.v4.new_code_cell
    program = [new(f"from press.kernel import start as _s; _s({str(ROOT)!r})")]
    program += [new(code, metadata={"tags": options.get("tags", [])}) for _, code, options in found]
    program += [new(f"from press.kernel import finish as _f; _f({str(ROOT)!r})")]
    notebook = nbformat.v4.new_notebook(cells=program, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    clock: dict[int, float] = {}
    at = [0]

    def begin(cell, cell_index):
        at[0], clock[cell_index] = cell_index, time.perf_counter()

    def end(cell, cell_index, execute_reply=None):
        clock[cell_index] = time.perf_counter() - clock[cell_index]

    with tempfile.TemporaryDirectory() as folder:
        manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/kernel")
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, km=manager, timeout=seconds, resources=resources, on_cell_start=begin, on_cell_executed=end)
        where = lambda line=0: f"book/{chapter}.md:{(found[at[0] - 1][0] if 0 < at[0] <= len(found) else 1) + line}"  # noqa: E731
        shown = lambda: "\n    ".join(["", *found[at[0] - 1][1].split("\n")]) if 0 < at[0] <= len(found) else ""  # noqa: E731
        try:
            client.execute(env={**os.environ, **ONE_THREAD, "PYTHONHASHSEED": "0"})
        except CellTimeoutError:
            raise PressError(f"{where()}: this cell ran longer than {seconds} s; make it smaller or raise PRESS_CELL_SECONDS{shown()}") from None
        except DeadKernelError:
            raise PressError(f"{where()}: the kernel died in this cell (out of memory, or a crash in native code){shown()}") from None
        except CellExecutionError as error:
            trace = re.sub(r"\x1b\[[0-9;]*m", "", error.traceback)
            hits = re.findall(r"Cell In\[\d+\], line (\d+)", trace)
            raise PressError(f"{where(int(hits[0]) - 1 if hits else 0)}: this cell failed\n{trace.strip()}") from None
    report = next(o["data"][REPORT] for o in notebook.cells[-1].outputs if REPORT in o.get("data", {}))
    outputs = [[dict(o) for o in cell.outputs] for cell in notebook.cells[1:-1]]
    for (line, _, options), outs in zip(found, outputs, strict=True):
        _inspect(outs, options.get("tags", []), f"book/{chapter}.md:{line}")
    return _store(text, outputs, report, [round(clock[i + 1], 3) for i in range(len(found))])


def _inspect(outputs: list[dict], tags: list[str], where: str) -> None:
    for output in outputs:
        text = output.get("text", "") or "".join(v for k, v in output.get("data", {}).items() if k.startswith("text/") and isinstance(v, str))
        if output.get("name") == "stderr":
            raise PressError(f"{where}: this cell writes to stderr; mend what it warns of:\n{text}")
        if len(text) > OUTPUT_LIMIT:
            raise PressError(f"{where}: this cell prints {len(text)} characters, at most {OUTPUT_LIMIT} are allowed; print less")
        if HANGUL.search(text) and "korean-data" not in tags:
            raise PressError(f"{where}: this cell prints Hangul ({text.strip()[:60]!r}); print English, or tag the cell korean-data if Korean is the data")
        if re.search(r"\bat 0x[0-9a-f]{6,}", text):
            raise PressError(f"{where}: this cell shows a memory address ({text.strip()[:60]!r}), which changes at every run; end it with ;")


def _store(text: str, outputs: list, report: dict, seconds: list[float]) -> Run:
    RUNS.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=RUNS, prefix="part-"))
    for n, outs in enumerate(outputs):
        for m, output in enumerate(outs):
            pickled = output.get("data", {}).get(FIGURE)
            if pickled:
                name = f"{n}-{m}.pickle"
                (folder / name).write_bytes(base64.b64decode(pickled))
                output["data"] = {FIGURE: name}
            output.pop("execution_count", None)
    files = {os.path.relpath(f, ROOT): digest(f) for f in report["files"]}
    record = {"files": files, "packages": report["packages"], "values": report["values"], "seconds": seconds, "outputs": outputs}
    (folder / "run.json").write_text(json.dumps(record, ensure_ascii=False, sort_keys=True), "utf8")
    name = hashlib.sha256(repr((sorted(files.items()), sorted(report["packages"].items()))).encode()).hexdigest()[:16]
    final = RUNS / key(text) / name
    final.parent.mkdir(exist_ok=True)
    shutil.rmtree(final, ignore_errors=True)
    os.replace(folder, final)
    return Run(final, outputs, report["values"], seconds, report["packages"])


def drawing(run: Run, name: str, translations: dict[str, dict[str, str]]) -> Path:
    r"""Return the folder in which a figure of a run is drawn, in the words of these translations."""
    pickled = run.folder / name
    return DRAWINGS / figures.key(pickled, f"{run.folder.parent.name}/{run.folder.name}", translations)


def labels(chapter: str, text: str) -> dict[str, dict[str, str]]:
    r"""Return, for each language, the translations of the string literals in a chapter's cells."""
    strings = {m.id for m in messages(text) if m.kind == "string"}
    return {lang: {k: v for k, v in catalogue.translations(chapter, lang).items() if k in strings} for lang in catalogue.languages()}


def all_runs(progress=print, jobs: int | None = None) -> dict[str, Run]:
    r"""Run every chapter whose stored run does not hold any more, longest first, and draw every figure that is not drawn.

    Args:
        progress: Called with one line for each chapter that was run.
        jobs: How many chapters run at once; the number of cores if None.

    Returns:
        The run of each chapter.

    Raises:
        PressError: The first failure, after the chapters that were running have been stored.
    """
    jobs = jobs or len(os.sched_getaffinity(0))
    texts = {chapter: (BOOK / f"{chapter}.md").read_text("utf8") for chapter in chapters()}
    done = {chapter: find(text) for chapter, text in texts.items()}
    misses = sorted((c for c, run in done.items() if run is None), key=lambda c: (-_last_seconds(c), c))
    fault = None
    with ThreadPoolExecutor(jobs) as pool:
        tasks = {pool.submit(execute, chapter): chapter for chapter in misses}
        for n, task in enumerate(as_completed(tasks), 1):
            chapter = tasks[task]
            try:
                done[chapter] = run = task.result()
            except PressError as error:
                fault = fault or error
                pool.shutdown(wait=False, cancel_futures=True)
                continue
            except BaseException as error:
                if type(error).__name__ != "CancelledError":
                    raise
                continue
            _remember_seconds(chapter, sum(run.seconds))
            progress(f"[{n}/{len(misses)}] ran {chapter} in {sum(run.seconds):.1f} s")
    if fault:
        raise fault
    _draw_all(texts, done, jobs, progress)
    return done


def _draw_all(texts: dict[str, str], done: dict[str, Run], jobs: int, progress) -> None:
    work = {}
    for chapter, run in done.items():
        if run.folder is None:
            continue
        translations = labels(chapter, texts[chapter])
        for (line, _, options), outs in zip(cells(texts[chapter]), run.outputs, strict=True):
            for output in outs:
                name = output.get("data", {}).get(FIGURE)
                if name and not (out := drawing(run, name, translations)).exists():
                    work[out] = (run.folder / name, out, translations, "korean-data" in options.get("tags", ()), f"book/{chapter}.md:{line}")
    if work:
        DRAWINGS.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(min(jobs, len(work))) as pool:
            for task in [pool.submit(figures.draw, *job) for job in work.values()]:
                task.result()
        progress(f"drew {len(work)} figures")


def _times() -> dict[str, float]:
    try:
        return json.loads((BUILD / "seconds.json").read_text("utf8"))
    except (OSError, ValueError):
        return {}


def _last_seconds(chapter: str) -> float:
    return _times().get(chapter, 1e9)


def _remember_seconds(chapter: str, seconds: float) -> None:
    (BUILD / "seconds.json").write_text(json.dumps({**_times(), chapter: round(seconds, 1)}, indent=1), "utf8")
