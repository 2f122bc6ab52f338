r"""Run the cells of one chapter in a fresh kernel."""

from __future__ import annotations

import os
import re
import tempfile
import threading
import time
from typing import NamedTuple

from press import ROOT, PressError, tables
from press.kernel import REPORT
from press.literals import HANGUL
from press.walk import cells

SECONDS = int(os.environ.get("PRESS_CELL_SECONDS", "300"))
OUTPUT_LIMIT = 100_000  # characters of one cell's text output
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**29)}
r"""Makes glibc keep what a step of training frees for the next step; to give it back and ask for it again took a tenth of the time."""

_kernels: set = set()  # processes that run now
_interrupted = threading.Event()


class Outcome(NamedTuple):
    r"""What a kernel left: for each cell its outputs, the report of `press.kernel.finish`, for each cell its seconds."""

    outputs: list
    report: dict
    seconds: list[float]


def execute(chapter: str, text: str, seconds: int = SECONDS) -> Outcome:
    r"""Run the cells of a chapter.

    Args:
        chapter: As in ``components/loss``, for messages.
        text: Its source.
        seconds: Time limit of one cell.

    Returns:
        What the cells left.

    Raises:
        PressError: If a cell fails, takes too long, prints too much, prints Hangul or kills its kernel.
    """
    import nbformat
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

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
        _kernels.add(manager.provisioner.process)
        if _interrupted.is_set():
            manager.provisioner.process.kill()

    def end(cell, cell_index, execute_reply=None):
        clock[cell_index] = time.perf_counter() - clock[cell_index]

    with tempfile.TemporaryDirectory() as folder:
        manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/kernel")
        resources = {"metadata": {"path": folder}}
        limit = lambda cell: seconds if cell in program[1:-1] else max(seconds, 120)  # noqa: E731
        client = NotebookClient(notebook, km=manager, timeout_func=limit, resources=resources, on_cell_start=begin, on_cell_executed=end)
        client.shutdown_kernel = "immediate"
        where = lambda line=0: f"book/{chapter}.md:{(found[at[0] - 1][0] if 0 < at[0] <= len(found) else 1) + line}"  # noqa: E731
        shown = lambda: "\n    ".join(["", *found[at[0] - 1][1].split("\n")]) if 0 < at[0] <= len(found) else ""  # noqa: E731
        try:
            client.execute(cleanup_kc=True, env={**os.environ, **ONE_THREAD, **KEEP_MEMORY, "PYTHONHASHSEED": "0"})
        except CellTimeoutError:
            raise PressError(
                f"{where()}: this cell ran longer than {seconds} s; make it smaller or raise PRESS_CELL_SECONDS{shown()}"
            ) from None
        except DeadKernelError:
            raise PressError(f"{where()}: the kernel died in this cell (out of memory, or a crash in native code){shown()}") from None
        except CellExecutionError as error:
            trace = re.sub(r"\x1b\[[0-9;]*m", "", error.traceback)
            hits = re.findall(r"Cell In\[\d+\], line (\d+)", trace)
            raise PressError(f"{where(int(hits[0]) - 1 if hits else 0)}: this cell failed; mend it\n{trace.strip()}") from None
        finally:
            for process in [p for p in _kernels if p.poll() is not None]:
                _kernels.discard(process)
    report = next(o["data"][REPORT] for o in notebook.cells[-1].outputs if REPORT in o.get("data", {}))
    report["values"].update({name: float(value) for name, value in report.pop("infinite").items()})
    outputs = [joined(cell.outputs) for cell in notebook.cells[1:-1]]
    for (line, _, options), outs in zip(found, outputs, strict=True):
        _inspect(outs, options.get("tags", []), f"book/{chapter}.md:{line}")
    return Outcome(outputs, report, [round(clock[i + 1], 3) for i in range(len(found))])


def kill_all() -> None:
    r"""End every kernel that runs, because the build is interrupted."""
    _interrupted.set()  # a kernel that only starts now ends at its first cell
    for process in list(_kernels):
        process.kill()


def joined(outputs: list[dict]) -> list[dict]:
    r"""Return outputs with what was printed in one go in one piece: where a kernel cuts it depends on the clock.

    Examples:
        >>> joined([{"name": "stdout", "text": "a\n"}, {"name": "stdout", "text": "b\n"}, {"data": {}}, {"name": "stdout", "text": "c\n"}])
        [{'name': 'stdout', 'text': 'a\nb\n'}, {'data': {}}, {'name': 'stdout', 'text': 'c\n'}]
    """
    whole: list[dict] = []
    for output in outputs:
        if whole and output.get("name") and output["name"] == whole[-1].get("name"):
            whole[-1]["text"] += output["text"]
        else:
            whole.append(dict(output))
    return whole


def _inspect(outputs: list[dict], tags: list[str], where: str) -> None:
    for output in outputs:
        tables.keep(output, where)
        table = tables.MARKDOWN in output.get("data", {})
        text = output.get("text", "") or "".join(
            v for k, v in output.get("data", {}).items() if k.startswith("text/") and isinstance(v, str)
        )
        if "missing from font" in text:
            raise PressError(f"{where}: the figure's fonts lack a character; use another character:\n{text.strip()}")
        if output.get("name") == "stderr":
            raise PressError(f"{where}: this cell writes to stderr; mend what it warns of:\n{text}")
        if len(text) > OUTPUT_LIMIT:
            raise PressError(f"{where}: this cell prints {len(text)} characters, at most {OUTPUT_LIMIT} are allowed; print less")
        if HANGUL.search(text) and not table and "korean-data" not in tags:
            raise PressError(
                f"{where}: this cell prints Hangul ({text.strip()[:60]!r}); print English, or tag the cell korean-data if Korean is the data"
            )
        if re.search(r"\bat 0x[0-9a-f]{6,}", text):
            raise PressError(
                f"{where}: this cell shows a memory address ({text.strip()[:60]!r}), which changes at every run; end it with ;"
            )
