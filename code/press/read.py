r"""Read a chapter in one language: its text translated, its numbers written in, its stored outputs put back."""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Iterator

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig

from press import SOURCE, PressError, catalogue, drawings, located, particles, runs, tables
from press.kernel import FIGURE
from press.source import translate
from press.walk import EXTENSIONS, Message, cells

PICTURES = "application/vnd.deepbook.pictures+json"
GLUE = re.compile(r"\{glue:text\}`([^`:]+)(?::([^`]*))?`")

current = {"chapter": ""}  # MyST-NB hands a reader the text alone; the extension notes here whose it is


def read(text: str, language: str = SOURCE) -> nbformat.NotebookNode:
    r"""Turn the source of a chapter into an executed notebook in one language.

    This is the function that ``nb_custom_formats`` names: MyST-NB calls it for every source of the book.

    Args:
        text: Korean MyST source.
        language: ``ko`` or ``en``.

    Returns:
        A notebook whose cells hold the stored outputs.

    Raises:
        SystemExit: If the chapter cannot be run, or a translation or a reported number is missing, with one message.
    """
    chapter = current["chapter"]
    with ending(chapter):
        run = runs.find(text) or _run(chapter)
        return notebook(chapter, text, language, run)


@contextlib.contextmanager
def ending(chapter: str) -> Iterator[None]:
    r"""End Sphinx at a fault of a chapter with its message alone; any other exception would print versions and a traceback."""
    try:
        yield
    except PressError as error:
        raise SystemExit(f"press: {located(chapter, error)}") from None


def _run(chapter: str) -> runs.Run:
    runs.all_runs(progress=lambda line: None)
    return runs.find((runs.BOOK / f"{chapter}.md").read_text("utf8"))


def notebook(chapter: str, text: str, language: str, run: runs.Run) -> nbformat.NotebookNode:
    r"""Put together the text of a chapter in one language and the outputs of its run."""
    labels = drawings.labels(chapter, text)
    source = fill(in_language(chapter, text, language), run.values, f"book/{chapter}.md")
    if language == SOURCE:
        source = settle_prose(source)
    config = MdParserConfig(enable_extensions=set(EXTENSIONS))
    book = read_myst_markdown_notebook(source, config=config, add_source_map=True)
    book.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    for n, (cell, found, outputs) in enumerate(zip(code, cells(text), run.outputs, strict=True), 1):
        cell.execution_count = n
        cell.outputs = [
            nbformat.from_dict(_pictures(output, run, labels, language)) for output in shown(chapter, outputs, found, n, labels, language)
        ]
    return book


def shown(chapter: str, outputs: list, cell: tuple, count: int, labels: dict, language: str) -> Iterator[dict]:
    r"""Return the stored outputs of a cell as a reader of a language sees them; figures are still names.

    Args:
        chapter: As in ``components/loss``, for messages.
        outputs: As they were stored.
        cell: Line, code and options of the cell.
        count: Which cell it is, from 1.
        labels: For each language, the translations of the chapter's string literals.
        language: Of the reader.
    """
    line, _, options = cell
    for output in outputs:
        new = {**output, "execution_count": count} if output["output_type"] == "execute_result" else output
        korean = "korean-data" in options.get("tags", ())
        yield tables.show(new, language, labels.get(language, {}), korean, f"book/{chapter}.md:{line}")


def in_language(chapter: str, text: str, language: str) -> str:
    r"""Return the source of a chapter in a language.

    Raises:
        PressError: At the first text without translation, with file and line.
    """
    if language == SOURCE:
        return text
    words = catalogue.translations(chapter, language)

    def lookup(message: Message) -> str:
        if message.id not in words:
            raise PressError(
                f"book/{chapter}.md:{message.line}: no {language} translation of {message.id!r}; run `press messages`, then fill it in"
            )
        return words[message.id]

    try:
        return translate(text, lookup)
    except PressError as error:
        raise located(chapter, error) from None


def fill(source: str, values: dict, where: str = "") -> str:
    r"""Write the values of a run over the roles that name them.

    Args:
        source: MyST source.
        values: Global numbers and strings of the run.
        where: The file, for messages.

    Returns:
        The source without glue roles.

    Raises:
        PressError: If a value is missing, is not finite, or does not take its format.

    Examples:
        >>> fill("손실은 {glue:text}`mse:.2f`이다.", {"mse": 0.123})
        '손실은 0.12이다.'
    """

    def one(hit: re.Match) -> str:
        name, spec = hit[1].strip(), hit[2] or ""
        at = f"{where}:{source.count(chr(10), 0, hit.start()) + 1}"
        if name not in values:
            raise PressError(f"{at}: {name} is named in prose, but the chapter's cells leave no number or string of that name")
        value = values[name]
        if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
            raise PressError(f"{at}: {name} is {value}; a reported number must be finite")
        try:
            return format(value, spec).replace("-", "−") if not isinstance(value, str) else format(value, spec)
        except ValueError as error:
            raise PressError(f"{at}: {name} = {value!r} does not take the format {spec!r} ({error})") from None

    return GLUE.sub(one, source)


def settle_prose(source: str) -> str:
    r"""Settle particles, outside code; after a reference the page's own transform does it, when the number is known."""
    out = []
    for part in re.split(r"(?ms)(^```\{code-cell\}.*?^```$|\{[\w:]+\}`[^`]*`\S*)", source):
        out.append(part if part.startswith(("```{code-cell}", "{")) else particles.settle(part))
    return "".join(out)


def _pictures(output: dict, run: runs.Run, labels: dict, language: str) -> dict:
    name = output.get("data", {}).get(FIGURE)
    if name:
        folder = drawings.drawing(run, name, labels)
        light, dark = (folder / f"{language}{suffix}.svg" for suffix in ("", "-dark"))
        data = {PICTURES: {"light": light.read_text("utf8"), "dark": dark.read_text("utf8")}}
        if (printed := folder / f"{language}.pdf").exists():  # as it does where a PDF is made
            data["application/pdf"] = base64.b64encode(printed.read_bytes()).decode()
        return {**output, "data": data}
    return output
