r"""The same book for Jupyter Book 1: an environment, the chapters as the press reads them in a language, settings.

``python -m bench.peer BOOK OUT MODE``, with the press of BOOK on the path, writes its sources in both languages. What had to be adapted:

- a front matter that names the kernel, and ``_toc.yml`` in the place of the toctrees;
- values in prose stay ``{glue:text}``; a last cell glues each of them, without importing MyST-NB, which would take a second of each run;
- the directives of the press: the glossary is written as ``{glossary}``; the map of the cover and the table of the state are left out;
- Hangul marked by ``{ko}`` is written plainly;
- for the PDF: Hangul fonts, and a line in the place of ``bbm.sty``, which asks for one gigabyte of TeX more and which the book does not use.

Figures are what Jupyter draws by itself: one PNG each.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINS = Path(__file__).with_name("jupyter_book.txt")
KERNEL = "deepbook"
MODES = {"default": "auto", "cache": "cache"}
"""How Jupyter Book is told to run cells: as it comes, or with one jupyter-cache for all editions."""
FRONT = f"file_format: mystnb\nkernelspec:\n  name: {KERNEL}\n  display_name: Python 3\n"
GLUE = """
```{code-cell}
:tags: [remove-cell]
from IPython.display import display as _display
for _name in NAMES:
    _value = globals()[_name]
    _value = _value.item() if hasattr(_value, "item") else _value
    _kind = "application/papermill.record/"
    _display({_kind + "text/plain": repr(_value)}, raw=True,
             metadata={"scrapbook": {"name": _name, "mime_prefix": _kind}})
```
"""
BBM = r"\ProvidesPackage{bbm}\newcommand{\mathbbm}[1]{\mathbb{#1}}" + "\n"
HANGUL_FONTS = r"\usepackage{kotex}\setmainhangulfont{NanumMyeongjo}\setsanshangulfont{NanumGothic}\setmonohangulfont{NanumGothicCoding}"


def environment(folder: Path) -> None:
    r"""Install Jupyter Book, pinned with hashes, in an environment of its own, if it is not there."""
    ready = folder / "ready"
    if ready.exists() and ready.read_text() == PINS.read_text("utf8"):
        return
    print("installing Jupyter Book in an environment of its own", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    subprocess.run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(PINS)], check=True)
    kernel = folder / "share" / "jupyter" / "kernels" / KERNEL
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]  # of this environment, so that torch is there once
    (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))
    ready.write_text(PINS.read_text("utf8"))


def adapted(text: str, language: str, glossary: str = "") -> str:
    r"""Write a page as Jupyter Book reads it.

    Args:
        text: The page in the language, as the press reads it, before values are written in.
        language: ``ko`` or ``en``.
        glossary: What stands for ``{terms}``.
    """
    from press.read import GLUE as GLUED
    from press.read import settle_prose

    text = settle_prose(text) if language == "ko" else text
    text = re.sub(r"(?ms)^```\{(?:toctree|cover|build-status)\}.*?^```\n", "", text)
    text = re.sub(r"(?ms)^```\{terms\}\n:list:\n```\n", "", text)
    text = re.sub(r"(?ms)^```\{terms\}\n```\n", lambda _: glossary, text)
    text = re.sub(r"\{ko\}`([^`]*)`", r"\1", text)
    if "{code-cell}" not in text:
        return text
    names = sorted({found[1].strip() for found in GLUED.finditer(text)})
    text = f"---\n{FRONT}---\n{text}" if not text.startswith("---\n") else text.replace("---\n", f"---\n{FRONT}", 1)
    return text + GLUE.replace("NAMES", repr(names)) if names else text


def contents(index: str) -> list[dict]:
    r"""Read the toctrees of a page as the parts of ``_toc.yml``.

    Examples:
        >>> contents("```{toctree}\n:caption: A\n:numbered:\na/b\nIndex <genindex>\n```\n")
        [{'chapters': [{'file': 'a/b'}], 'caption': 'A', 'numbered': True}]
    """
    parts = []
    for block in re.findall(r"(?ms)^```\{toctree\}\n(.*?)^```", index):
        lines = [line for line in block.split("\n") if line.strip()]
        part: dict = {"chapters": [{"file": line} for line in lines if not line.startswith(":") and "genindex" not in line]}
        for line in lines:
            if line.startswith(":caption:"):
                part["caption"] = line.removeprefix(":caption:").strip().strip('"')
            if line.startswith(":numbered:"):
                part["numbered"] = True
        parts += [part] if part["chapters"] else []
    return parts


def settings(title: str, language: str, mode: str, cache: Path) -> dict:
    r"""Return what stands in ``_config.yml``."""
    return {
        "title": title,
        "author": "",
        "only_build_toc_files": True,
        "execute": {"execute_notebooks": MODES[mode], "timeout": 900} | ({"cache": str(cache)} if mode == "cache" else {}),
        "parse": {"myst_enable_extensions": ["dollarmath", "amsmath", "colon_fence", "deflist", "attrs_inline", "attrs_block"]},
        "bibtex_bibfiles": ["references.bib"],
        "latex": {"latex_engine": "xelatex", "latex_documents": {"targetname": "book.tex"}},
        "sphinx": {
            "extra_extensions": ["sphinx_exercise"],
            "config": {
                "language": language,
                "numfig": True,
                "math_numfig": True,
                "bibtex_reference_style": "author_year",
                "exercise_style": "solution_follow_exercise",
                "nb_execution_raise_on_error": True,
                "latex_elements": {"babel": r"\usepackage[english]{babel}", "fontpkg": "", "preamble": HANGUL_FONTS},
                "latex_additional_files": ["bbm.sty"],
            },
        },
    }


def write(folder: Path, mode: str) -> None:
    r"""Write the sources of the press's book in both languages for Jupyter Book; what has not changed stays as it is.

    Args:
        folder: Where; it comes to hold ``ko``, ``en`` and a link to the code that chapters show.
        mode: One of ``MODES``.
    """
    import yaml

    from press import BOOK, LANGUAGES, chapters, editions
    from press import ROOT as HOME
    from press.read import in_language

    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "code").exists():
        (folder / "code").symlink_to(HOME / "code")
    for language in LANGUAGES:
        out = folder / language
        texts = {name: in_language(name, (BOOK / f"{name}.md").read_text("utf8"), language) for name in chapters()}
        glossary = _glossary(language) if "glossary" in texts else ""
        for name, text in texts.items():
            _keep(out / f"{name}.md", adapted(text, language, glossary))
        config = settings(editions.TITLES[language], language, mode, folder / "cache")
        toc = {"format": "jb-book", "root": "index", "parts": contents(texts["index"])}
        _keep(out / "_config.yml", yaml.safe_dump(config, allow_unicode=True))
        _keep(out / "_toc.yml", yaml.safe_dump(toc, allow_unicode=True))
        _keep(out / "bbm.sty", BBM)
        _keep(out / "references.bib", (BOOK / "references.bib").read_text("utf8"))


def _glossary(language: str) -> str:
    from press.terms import order

    lines = [f"{term.name(language)}\n  {term.meaning(language)}\n" for term in order(language)]
    return "```{glossary}\n" + "\n".join(lines) + "```\n"


def _keep(file: Path, text: str) -> None:
    if not file.exists() or file.read_text("utf8") != text:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf8")


def build(home: Path, book: Path, language: str, builder: str) -> tuple[list[str], dict[str, str]]:
    r"""Return the command that builds an edition, ``html`` or ``pdflatex``, and its environment: threads as in the press."""
    from press.execute import ONE_THREAD

    path = os.pathsep.join([str(home / "bin"), os.environ["PATH"]])
    variables = {"PATH": path, "PYTHONPATH": str(book / "code"), "JUPYTER_PATH": str(home / "share" / "jupyter"), "PYTHONHASHSEED": "0"}
    command = [str(home / "bin" / "jupyter-book"), "build", str(book / language), "--builder", builder]
    return command, {**os.environ, **ONE_THREAD, **variables, "LC_ALL": "C.UTF-8"}


if __name__ == "__main__":
    write(Path(sys.argv[2]), sys.argv[3])
