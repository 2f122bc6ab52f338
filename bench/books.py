r"""Books to print: the book itself or chosen chapters of it, and books of generated chapters, each with its own copy of the press."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

from press.walk import cells

ROOT = Path(__file__).resolve().parents[1]
FILES = ("conf.py", "package.json", "package-lock.json", "pyproject.toml", "requirements.txt", "Makefile")
LABEL = re.compile(
    r"(?m)^\((?P<heading>[\w-]+)\)=|\bname: *(?P<figure>[\w-]+)|:label: *(?P<exercise>[\w-]+)|\$\$ *\((?P<equation>[\w-]+)\)"
)
LINK = re.compile(r"\{(doc|ref|numref|eq)\}`([^`<]*?)(?: *<([^`>]+)>)?`")


def press(book: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    r"""Return a command of a book's press, and its environment."""
    variables = {"PYTHONPATH": str(book / "code"), "PYTHONUNBUFFERED": "1"}
    return [sys.executable, "-m", "press", *arguments], {**os.environ, **variables}


def lay(book: Path) -> None:
    r"""Copy what prints the book, and the book, into a folder."""
    shutil.rmtree(book, ignore_errors=True)
    book.mkdir(parents=True)
    for name in FILES:
        shutil.copy(ROOT / name, book)
    for name in ("book", "code", "locales"):
        shutil.copytree(ROOT / name, book / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "*.mo"))
    (book / "node_modules").symlink_to(ROOT / "node_modules")


def topics(book: Path) -> list[str]:
    r"""Return the chapters of a book that are no page of a part, nor one beside the parts."""
    found = (path.relative_to(book / "book").with_suffix("").as_posix() for path in (book / "book").glob("*/*.md"))
    return sorted(name for name in found if not name.endswith("/index"))


def choose(book: Path, chosen: list[str]) -> None:
    r"""Leave the chosen chapters, and turn references to the others into plain text, in chapters and catalogues alike.

    Raises:
        SystemExit: If there is no such chapter.
    """
    if unknown := set(chosen) - set(topics(book)):
        raise SystemExit(f"bench: no such chapter: {', '.join(sorted(unknown))}; there are {', '.join(topics(book))}")
    gone = set(topics(book)) - set(chosen)
    gone |= {f"{part}/index" for part in {name.split("/")[0] for name in gone} - {name.split("/")[0] for name in chosen}}
    if not gone:
        return
    labels: set[str] = set()
    for name in gone:
        page = book / "book" / f"{name}.md"
        labels |= defined(page.read_text("utf8"))
        page.unlink()
        (book / "locales" / "en" / "LC_MESSAGES" / f"{name}.po").unlink(missing_ok=True)
    for page in [*(book / "book").rglob("*.md"), *(book / "locales" / "en" / "LC_MESSAGES").rglob("*.po")]:
        base = book / ("book" if page.suffix == ".md" else "locales/en/LC_MESSAGES")
        page.write_text(unlinked(page.read_text("utf8"), page.relative_to(base).parent.as_posix(), gone, labels), "utf8")
    _translated(book)


def defined(text: str) -> set[str]:
    r"""Return the labels that a chapter defines.

    Examples:
        >>> sorted(defined("(loss)=\n# 손실\n\n$$\nx\n$$ (eq-loss)\n"))
        ['eq-loss', 'loss']
    """
    return {label for found in LABEL.finditer(text) for label in found.groups() if label}


def unlinked(text: str, folder: str, gone: set[str], labels: set[str]) -> str:
    r"""Turn references to chapters that are gone into plain text, and take these out of toctrees.

    Examples:
        >>> unlinked("{doc}`loss`와 {doc}`뒤 <../tasks/pose>`, {doc}`data`", "components", {"components/loss", "tasks/pose"}, set())
        '`loss`와 뒤, {doc}`data`'
    """

    def one(found: re.Match) -> str:
        role, first, second = found.groups()
        target = second or first
        lost = _page(folder, target) in gone if role == "doc" else target in labels
        return found[0] if not lost else first.strip() if second else f"`{first}`"

    text = LINK.sub(one, text)
    blocks = re.compile(r"(?ms)^```\{toctree\}\n.*?^```\n")
    return blocks.sub(lambda block: _listed(block[0], folder, gone), text)


def _listed(block: str, folder: str, gone: set[str]) -> str:
    lines = [line for line in block.split("\n") if _page(folder, line.strip()) not in gone]
    rest = [line for line in lines if line.strip() and not line.startswith((":", "```"))]
    return "\n".join(lines) if rest else ""


def _page(folder: str, target: str) -> str:
    return os.path.normpath(PurePosixPath("" if folder == "." else folder) / target)


def _translated(book: Path) -> None:
    r"""Bring the catalogues up to date: the captions of toctrees that are gone become obsolete, and go."""
    command, variables = press(book, "messages")
    for last in (False, True):
        done = subprocess.run(command, cwd=book, env=variables, capture_output=True, text=True, check=False)
        for page in (book / "locales").rglob("*.po") if not last else ():
            page.write_text(re.sub(r"(?m)\n*^#~.*", "", page.read_text("utf8")).rstrip() + "\n\n", "utf8")
    if done.returncode or "every text is translated" not in done.stdout:
        raise SystemExit(f"bench: the catalogues of the chosen chapters are not whole:\n{done.stdout}{done.stderr}")


# -- changes ---------------------------------------------------------------------------------------------------------


def lengthen(book: Path, chapter: str, count: int) -> None:
    r"""Write one more sentence into a paragraph of a chapter, and its translation."""
    page, words = book / "book" / f"{chapter}.md", book / "locales" / "en" / "LC_MESSAGES" / f"{chapter}.po"
    text, catalogue = page.read_text("utf8"), words.read_text("utf8")
    for line in text.split("\n"):
        entry = re.search(rf'(?m)^msgid "{re.escape(line)}"\nmsgstr "(.+)"$', catalogue)
        if entry and line.endswith(".") and text.count(f"\n\n{line}\n\n") == 1:
            korean, english = f"{line} 그래서 {count}번째 문장을 덧붙인다.", f"{entry[1]} So sentence number {count} is added."
            page.write_text(text.replace(f"\n\n{line}\n\n", f"\n\n{korean}\n\n"), "utf8")
            words.write_text(catalogue.replace(entry[0], f'msgid "{korean}"\nmsgstr "{english}"'), "utf8")
            return
    raise SystemExit(f"bench: {chapter} has no paragraph of one line to change")


def module_of(book: Path, chapter: str) -> Path:
    r"""Return the module of a chapter: the file that defines its functions."""
    base = book / "code" / "deepbook" / chapter
    files = [base.with_suffix(".py")] if base.with_suffix(".py").exists() else sorted(base.glob("*.py"))
    return next(file for file in files if re.search(r"(?m)^def [a-z]", file.read_text("utf8")))


def alter(module: Path) -> str:
    r"""Change what the first public function of a module computes by nothing that shows, and return its name."""
    text = module.read_text("utf8")
    function = next(n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_"))
    lines = text.split("\n")
    statement = function.body[1] if ast.get_docstring(function) is not None else function.body[0]
    lines.insert(statement.lineno - 1, " " * statement.col_offset + f"assert {len(text)}  # changed by bench")
    module.write_text("\n".join(lines), "utf8")
    return function.name


def users(book: Path, module: Path) -> list[str]:
    r"""Return the chapters whose cells import a module, themselves or through others, by what stands in the files: not as the press finds them."""
    code = book / "code"
    files = {_name(code, file): file for file in (code / "deepbook").rglob("*.py")}
    asked = {name: _imports(file.read_text("utf8"), files) | {name.rpartition(".")[0]} for name, file in files.items()}
    reached = {_name(code, module)}
    while more := {name for name, used in asked.items() if used & reached} - reached:
        reached |= more
    pages = {name: cells((book / "book" / f"{name}.md").read_text("utf8")) for name in topics(book)}
    return [name for name, found in pages.items() if _imports("\n".join(code for _, code, _ in found), files) & reached]


def _name(code: Path, file: Path) -> str:
    return ".".join(file.relative_to(code).with_suffix("").parts).removesuffix(".__init__")


def _imports(text: str, known: dict) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found & known.keys()
