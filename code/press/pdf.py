r"""Print a PDF edition with XeLaTeX and xindy, and read it back."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from press import PressError, bootstrap, editions
from press.latex import INDEX

PACKAGES = tuple(bootstrap.TEX)
"""Debian packages that the PDF editions need."""
EPOCH = "1767225600"
SECONDS = 3600
HANGUL = re.compile(r"[가-힣]")
WARNINGS = {
    r"Missing character: There is no (.+?) in font ([^!]+)!": "no glyph for {0} in {1}; use another, or give it a font in press.sty",
    r"LaTeX Warning: (?:Hyper reference|Reference|Citation) [`']([^']+)' on page (\S+) undefined": "page {1}: a link to {0} leads nowhere",
    r"LaTeX Warning: Label [`']([^']+)' multiply defined": "the label {0} stands twice; a link to it may lead astray",
}
"""What a log may say that a reader would see, and how to say it."""


def missing_tools() -> list[str]:
    r"""Name what this machine lacks to print a PDF.

    Returns:
        Debian packages; empty if a PDF can be printed.
    """
    return bootstrap.missing_tex()


def compile(folder: Path, language: str) -> Path:
    r"""Print the LaTeX that Sphinx has written.

    Two prints of the same LaTeX are the same byte for byte; the dates in the file are ``SOURCE_DATE_EPOCH``.

    Args:
        folder: Where ``sphinx-build -b latex`` left an edition; the PDF and its log come to stand there.
        language: ``ko`` or ``en``.

    Returns:
        The PDF.

    Raises:
        PressError: If LaTeX fails, with the chapter and the lines of the log that say why.
    """
    folder = Path(folder)
    made = folder / editions.PDF.format(language=language)
    source = made.with_suffix(".tex")
    if not source.exists():
        raise PressError(f"{source}: not found; `sphinx-build -b latex -D language={language}` writes it")
    made.unlink(missing_ok=True)
    environment = os.environ | {
        "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", EPOCH),
        "FORCE_SOURCE_DATE": "1",
        "LC_ALL": "C.UTF-8",
        "XINDYOPTS": f"{INDEX[language]}-M sphinx.xdy",
        "LATEXOPTS": "",
        "max_print_line": "10000",  # one message of the log is one line
        "openout_any": "p",
    }
    command = ["latexmk", "-xelatex", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", "-silent", source.name]
    try:
        result = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf8",
            errors="replace",
            check=False,
            timeout=SECONDS,
        )
    except FileNotFoundError:
        raise PressError(f"latexmk: not found; the PDF needs the Debian packages {' '.join(PACKAGES)}") from None
    except subprocess.TimeoutExpired:
        raise PressError(f"{source}: LaTeX did not finish in {SECONDS} s; its log is {made.with_suffix('.log')}") from None
    if result.returncode or not made.exists():
        log = made.with_suffix(".log")
        wrote = log.read_text("utf8", "replace") if log.exists() else ""
        raise PressError(explain(source.read_text("utf8"), wrote, result.stderr + result.stdout, str(log)))
    return made


def explain(source: str, log: str, said: str = "", where: str = "") -> str:
    r"""Say in a few lines why LaTeX stopped.

    Args:
        source: The LaTeX.
        log: LaTeX's log.
        said: What latexmk printed, for a failure that is not LaTeX's.
        where: Path of the log.

    Returns:
        The chapter, what LaTeX said and where to read on.

    Examples:
        >>> tex = "\n\\label{\\detokenize{part/first::doc}}\n\\wrong\n"
        >>> print(explain(tex, "./book.tex:4: Undefined control sequence.\nl.4 \\wrong\n", where="book.log"))
        LaTeX could not print part/first: Undefined control sequence.
          l.4 \wrong
        the whole log: book.log
    """
    hit = re.search(r"^(?:\S+?:(\d+): |! )(.+)$", log, re.M)
    if not hit:
        lines = [line for line in said.split("\n") if line.strip()]
        return "\n  ".join(["LaTeX could not print the edition:", *lines[-12:]]) + f"\nthe whole log: {where}"
    lines = log[hit.end() :].split("\n")[:24]
    stop = next((i for i, line in enumerate(lines) if re.match(r"l\.\d+ ", line)), 3)
    number = int(hit[1] or next((re.match(r"l\.(\d+)", line)[1] for line in lines if re.match(r"l\.\d+ ", line)), 0))
    before = "\n".join(source.split("\n")[:number])
    chapters = re.findall(r"\\label\{\\detokenize\{([^{}]+)::doc\}\}", before)
    first = f"LaTeX could not print {chapters[-1] if chapters else 'the edition'}: {hit[2]}"
    return "\n  ".join([first, *(line for line in lines[: stop + 2] if line.strip())]) + f"\nthe whole log: {where}"


def check(pdf: Path, log: Path, titles: list[str]) -> None:
    r"""Read a PDF back as a reader would, and refuse one with `faults`.

    Raises:
        PressError: If there are any; each in a line.
    """
    found = faults(pdf, log, titles)
    if found:
        more = f"\n  and {len(found) - 40} more" if len(found) > 40 else ""
        raise PressError(f"{Path(pdf).name} is not fit to read:\n  " + "\n  ".join(found[:40]) + more)


def faults(pdf: Path, log: Path, titles: list[str]) -> list[str]:
    r"""Tell where a glyph, a chapter, a bookmark or the end of a link is missing from a PDF, or Hangul cannot be copied out.

    Args:
        pdf: The PDF.
        log: LaTeX's log of it.
        titles: The heading of each chapter; marks of Markdown in it are passed over.
    """
    pdf, log = Path(pdf), Path(log)
    found = said(log.read_text("utf8", "replace"))
    pages = text(pdf).split("\f")
    marks, broken, links = _inside(pdf)
    whole = _bare("".join(pages))
    bookmarks = [_bare(mark) for mark in marks]
    for title in titles:
        bare = _bare(title)
        if bare not in whole:
            found.append(f"the chapter {title.lstrip('# ')!r} is not in the text; is it in a toctree of book/index.md?")
        elif not any(mark.endswith(bare) for mark in bookmarks):
            found.append(f"the chapter {title.lstrip('# ')!r} has no bookmark")
    if HANGUL.search("".join(titles)) and not HANGUL.search(whole):
        found.append("no Hangul can be copied out; are the Nanum fonts installed (Debian package fonts-nanum)?")
    if titles and not links:
        found.append("there are no links; is hyperref loaded?")
    found += [f"a link on page {page} leads to {target!r}, which is not there" for page, target in broken]
    return found


def said(log: str) -> list[str]:
    r"""Return what a log of LaTeX says that a reader would see, each once, in order.

    Examples:
        >>> said("Missing character: There is no ∎ in font NanumMyeongjo/OT!\n" * 2)
        ['no glyph for ∎ in NanumMyeongjo/OT; use another, or give it a font in press.sty']
    """
    found = [form.format(*hit.groups()) for pattern, form in WARNINGS.items() for hit in re.finditer(pattern, log)]
    return list(dict.fromkeys(found))


def text(pdf: Path, first: int = 1, last: int = 0) -> str:
    r"""Return the text of a PDF as it lies on the page, a form feed after each page.

    Args:
        pdf: The PDF.
        first: First page, from 1.
        last: Last page; 0 is the end.

    Returns:
        Lines with their indentation.
    """
    command = ["pdftotext", "-layout", "-enc", "UTF-8", "-f", str(first), *(["-l", str(last)] if last else []), str(pdf), "-"]
    try:
        return subprocess.run(command, capture_output=True, check=True).stdout.decode("utf8")
    except FileNotFoundError:
        raise PressError("pdftotext: not found; it is in the Debian package poppler-utils") from None
    except subprocess.CalledProcessError as error:
        raise PressError(f"{pdf}: pdftotext could not read it: {error.stderr.decode('utf8', 'replace').strip()}") from None


def _bare(words: str) -> str:
    return re.sub(r"[\W_]+", "", words)


def _inside(pdf: Path) -> tuple[list[str], list[tuple[int, str]], int]:
    r"""Return the bookmarks, the links that lead nowhere with their pages, and how many links there are."""
    from pypdf import PdfReader

    reader = PdfReader(pdf)
    marks: list[str] = []

    def walk(items) -> None:
        for item in items:
            walk(item) if isinstance(item, list) else marks.append(item.title)

    walk(reader.outline)
    targets = set(reader.named_destinations)
    broken, links = [], 0
    for number, page in enumerate(reader.pages, 1):
        for annotation in page.get("/Annots") or ():
            action = annotation.get_object().get("/A") or {}
            links += "/S" in action
            if action.get("/S") == "/GoTo" and isinstance(action["/D"], str | bytes) and str(action["/D"]) not in targets:
                broken.append((number, str(action["/D"])))
    return marks, broken, links
