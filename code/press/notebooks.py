r"""Write each chapter's executed notebook, which needs ``deepbook`` and nothing of the press.

``python -m press.notebooks check FILE...`` runs notebooks again where the press cannot be imported and compares what they print.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import struct
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path

import nbformat
from docutils import nodes
from pybtex_docutils import Backend

from press import BOOK, PressError, drawings, figures, public, read, runs
from press.execute import ONE_THREAD, SECONDS
from press.kernel import FIGURE
from press.pages import Page
from press.tables import MARKDOWN
from press.walk import cells

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"},
}


def write(app, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    r"""Write the notebook of a page that Sphinx is writing as HTML (event ``html-page-context``), if the page has code."""
    source = BOOK / f"{pagename}.md"
    if app.builder.name != "html" or doctree is None or not source.exists() or not cells(source.read_text("utf8")):
        return
    out = Path(app.outdir) / "notebooks" / f"{pagename}.ipynb"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(nbformat.writes(notebook(app, pagename, doctree, public.install(app.config.press_public))).rstrip() + "\n", "utf8")


def notebook(app, pagename: str, doctree: nodes.document, install: str | None = None) -> nbformat.NotebookNode:
    r"""Make the notebook of a chapter in the language of the build.

    Args:
        app: Sphinx, its environment complete.
        pagename: As in ``components/loss``.
        doctree: The page with every reference resolved.
        install: Code of a first cell that installs what the notebook needs, or None.

    Returns:
        A valid notebook, the same for the same page.

    Raises:
        PressError: If the chapter was not run, or the page holds something that a notebook cannot show.
    """
    text, language = (BOOK / f"{pagename}.md").read_text("utf8"), app.config.language
    run, labels = runs.find(text), drawings.labels(pagename, text)
    if run is None:
        raise PressError(f"book/{pagename}.md: no stored run holds for this chapter; run `press execute`, then build again")
    code = cells(read.in_language(pagename, text, language))
    page = Page(app, pagename, doctree, code)
    book = nbformat.v4.new_notebook(metadata={**METADATA, "lang": language, "title": app.env.titles[pagename].astext()})
    if install:
        book.cells.append(nbformat.v4.new_code_cell(install, id="install", metadata={"tags": ["timing"]}))
    last = ""
    for item in [*page.flow(doctree.children), *page.before(len(code)), *references(app, page)]:
        if item == "":
            continue
        if isinstance(item, int):
            book.cells.append(_code_cell(pagename, item, code[item], run, labels, language, page.alts.get(item, "")))
        elif last and not item.startswith("#"):
            book.cells[-1].source += f"\n\n{item}"
        else:  # a heading begins a cell, so that its section folds
            book.cells.append(nbformat.v4.new_markdown_cell(item, id=f"text-{len(book.cells)}"))
        last = item if isinstance(item, str) else ""
    nbformat.validate(book)
    return book


def _code_cell(chapter: str, number: int, cell: tuple, run: runs.Run, labels: dict, language: str, alt: str) -> nbformat.NotebookNode:
    _, source, options = cell
    outputs: list[nbformat.NotebookNode] = []
    for output in read.shown(chapter, run.outputs[number], cell, number + 1, labels, language):
        name = output.get("data", {}).get(FIGURE)
        if name:
            png = (drawings.drawing(run, name, labels) / f"{language}.png").read_bytes()
            width, height = (round(side * 96 / figures.DPI) for side in struct.unpack(">II", png[16:24]))
            data = {"image/png": base64.b64encode(png).decode(), "text/plain": alt or "<Figure>"}
            output = {**output, "data": data, "metadata": {"image/png": {"alt": alt, "width": width, "height": height}}}
        outputs.append(nbformat.from_dict(output))
    metadata = {"tags": options["tags"]} if options.get("tags") else {}
    return nbformat.v4.new_code_cell(source, id=f"code-{number}", metadata=metadata, execution_count=number + 1, outputs=outputs)


def references(app, page: Page) -> list[str]:
    r"""Return a heading and the full entries of what a page cites, in the order of the bibliography; nothing if it cites nothing."""
    domain = app.env.get_domain("cite")
    cited = {target.key for ref in domain.citation_refs if ref.docname == page.name for target in ref.targets}
    found = {}
    for citation in domain.citations:
        if citation.key in cited:
            found.setdefault(citation.key, citation)
    if not found:
        return []
    title = app.env.titles[next(iter(found.values())).bibliography_key.docname]
    entries = [page.inline(Backend().paragraph(citation.formatted_entry)) for citation in found.values()]
    return [f"## {page.inline(title)}", "\n".join(f"- {entry}" for entry in entries)]


# -- checking --------------------------------------------------------------------------------------------------------


def printed(cell: nbformat.NotebookNode) -> str:
    r"""Return what a code cell prints and returns as text; pictures and other displays are left out.

    Examples:
        >>> from nbformat.v4 import new_code_cell, new_output
        >>> printed(new_code_cell("", outputs=[new_output("stream", text="a\n"), new_output("execute_result", {"text/plain": "2"})]))
        'a\n2\n'
    """
    text = ""
    for output in cell.outputs:
        if output.output_type == "stream":
            text += output.text
        elif output.output_type == "execute_result":
            text += output.data.get(MARKDOWN, output.data.get("text/plain", "")) + "\n"
    return text


def check(path: Path, python: str = sys.executable, seconds: int = SECONDS, environment: dict | None = None) -> int:
    r"""Run a notebook from top to bottom in a fresh kernel without the press, and compare what it prints with what it holds.

    Args:
        path: The notebook.
        python: An interpreter that has ``ipykernel`` and the packages that the notebook needs.
        seconds: Time limit of one cell.
        environment: Variables of the kernel beside those of this process.

    Returns:
        The number of cells that were compared; those tagged ``timing`` are run, not compared.

    Raises:
        PressError: If a cell fails or prints something else, with the cell, what it holds and what came.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    book = nbformat.read(path, 4)
    held = [printed(cell) if cell.cell_type == "code" else "" for cell in book.cells]
    guard = nbformat.v4.new_code_cell("import sys; sys.modules['press'] = None  # whoever imports the press fails", id="guard")
    book.cells.insert(0, guard)
    at = [0]
    with tempfile.TemporaryDirectory() as folder:
        manager = AsyncKernelManager(transport="ipc", ip=f"{folder}/kernel")
        manager._kernel_spec = KernelSpec(argv=[python, "-m", "ipykernel_launcher", "-f", "{connection_file}"], language="python")
        begin = lambda cell, cell_index: at.__setitem__(0, cell_index)  # noqa: E731
        client = NotebookClient(book, km=manager, timeout=seconds, resources={"metadata": {"path": folder}}, on_cell_start=begin)
        where = lambda: f"{path}: cell {at[0]} ({book.cells[at[0]].id})"  # noqa: E731
        try:
            client.execute(cleanup_kc=True, env={**os.environ, **ONE_THREAD, "PYTHONHASHSEED": "0", **(environment or {})})
        except CellTimeoutError:
            raise PressError(f"{where()} ran longer than {seconds} s; give it more seconds, or make it smaller") from None
        except DeadKernelError:
            raise PressError(f"{where()}: the kernel of {python} died; does it have ipykernel and enough memory?") from None
        except CellExecutionError as error:
            trace = re.sub(r"\x1b\[[0-9;]*m", "", error.traceback).strip()
            raise PressError(f"{where()} failed outside the book; all it uses must be in deepbook or the notebook\n{trace}") from None
    return _compare(path, book.cells[1:], held)


def _compare(path: Path, new: list, held: list[str]) -> int:
    faults, count = [], 0
    for n, (cell, before) in enumerate(zip(new, held, strict=True), 1):
        if cell.cell_type != "code" or "timing" in cell.metadata.get("tags", ()):
            continue
        count += 1
        now = printed(cell)
        if now != before:
            old_lines, new_lines = before.split("\n"), now.split("\n")
            k = next(k for k, (a, b) in enumerate(zip_longest(old_lines, new_lines)) if a != b)
            old_line, new_line = ("".join(lines[k : k + 1]) for lines in (old_lines, new_lines))
            place = f"{path}: cell {n} ({cell.id}), line {k + 1} of what it prints"
            faults.append(f"{place}:\n  expected {old_line!r}\n  came     {new_line!r}")
    if faults:
        cure = "give the cell a seed, or tag it `timing` if its output depends on the clock"
        raise PressError("\n".join(faults) + f"\n{cure}")
    return count


def main(arguments: list[str] | None = None) -> int:
    r"""Run ``python -m press.notebooks check FILE...``; return 0, or 1 if a notebook does not hold what it prints."""
    parser = argparse.ArgumentParser(prog="python -m press.notebooks", description="Run downloaded notebooks again without the press.")
    checking = parser.add_subparsers(required=True).add_parser("check", help="run notebooks in a fresh kernel and compare what they print")
    checking.add_argument("notebooks", nargs="+", type=Path, metavar="FILE")
    checking.add_argument("--python", default=sys.executable, help="interpreter of the kernel; it needs ipykernel and deepbook")
    checking.add_argument("--seconds", type=int, default=SECONDS, help="time limit of one cell")
    chosen = parser.parse_args(arguments)
    environment = {"PYTHONPATH": ""} if chosen.python != sys.executable else None  # another interpreter uses its own packages alone
    failed = 0
    for path in chosen.notebooks:
        try:
            print(f"{path}: {check(path, chosen.python, chosen.seconds, environment)} cells print what the notebook holds", flush=True)
        except (PressError, OSError, ValueError, nbformat.ValidationError) as error:
            failed += 1
            print(f"press: {path}: {error}" if str(path) not in str(error) else f"press: {error}", file=sys.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
