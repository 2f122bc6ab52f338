r"""A small book for the tests of the press: laid out in a folder of its own, printed by the command line."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from press import catalogue

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = Path(__file__).parent / "sample"


class Book:
    r"""A book in a folder, with its own copy of the press."""

    def __init__(self, root: Path):
        self.root = root
        self.site = root / "_build" / "site"

    def press(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        r"""Run a command of the press."""
        command = [sys.executable, "-m", "press", *arguments]
        return subprocess.run(command, cwd=self.root, env=self.environment(**environment), capture_output=True, text=True, encoding="utf8")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen:
        r"""Begin a command of the press in a process group of its own."""
        command = [sys.executable, "-u", "-m", "press", *arguments]
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell that works in the background has it ignored
        )

    def environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.root / "code"), os.environ.get("PYTHONPATH", "")]), **more}

    def made(self, *arguments: str, **environment: str) -> str:
        r"""Run a command that must succeed, and return what it says."""
        result = self.press(*arguments, **environment)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def fault(self, *arguments: str, **environment: str) -> str:
        r"""Run a command that must fail with one clear message and leave the site as it was; return the message."""
        before = self.pages()
        result = self.press(*arguments, **environment)
        assert result.returncode == 1, f"exit {result.returncode}: {result.stdout}{result.stderr}"
        assert result.stderr.startswith("press: ") and result.stderr.count("press: ") == 1, result.stderr
        assert "site-packages/sphinx/" not in result.stderr and "Exception occurred" not in result.stderr, result.stderr
        assert self.pages() == before
        return result.stderr

    def pages(self) -> dict[str, bytes]:
        r"""Return every file of the site."""
        return {p.relative_to(self.site).as_posix(): p.read_bytes() for p in sorted(self.site.rglob("*")) if p.is_file()}

    def page(self, name: str) -> str:
        return (self.site / name).read_text("utf8")

    def read(self, name: str) -> str:
        return (self.root / name).read_text("utf8")

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, "utf8")

    def change(self, name: str, old: str, new: str) -> None:
        r"""Put one text in the place of another, which must be there."""
        text = self.read(name)
        assert old in text, f"{name} does not hold {old!r}"
        self.write(name, text.replace(old, new))

    def add(self, chapter: str, korean: str, english: str = "") -> None:
        r"""Write a paragraph at the end of a chapter, and its translation into the catalogue."""
        self.write(f"book/{chapter}.md", self.read(f"book/{chapter}.md") + f"\n{korean}\n")
        if english:
            self.translate(chapter, korean, english)

    def translate(self, chapter: str, korean: str, english: str) -> None:
        r"""Write a new entry into a catalogue."""
        with pytest.MonkeyPatch.context() as patch:
            for name, path in {"ROOT": ".", "BOOK": "book", "LOCALES": "locales"}.items():
                patch.setattr(catalogue, name, self.root / path)
            path = catalogue.path_of(chapter, "en")
            entries = catalogue.load(path)
            entries.add(korean, english)
            path.write_bytes(catalogue._written(entries, "en"))
            catalogue.update(chapter, "en")  # puts the entry in its place

    def processes(self) -> list[str]:
        r"""Return the commands of the processes that run a kernel, Sphinx or the press for this book."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                ours = str(self.root / "code").encode() in (entry / "environ").read_bytes()
            except OSError:
                continue
            if ours and entry.name != str(os.getpid()):
                found.append(command)
        return found


def wait(condition, what: str, seconds: float = 120) -> None:
    r"""Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def until():
    return wait


def lay(root: Path) -> Book:
    r"""Lay out the sample book."""
    root.mkdir(parents=True)
    for name in ("conf.py", "package.json", "package-lock.json", "pyproject.toml", "requirements.txt", "Makefile"):
        shutil.copy(ROOT / name, root)
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info", "components", "start", "tasks", "techniques", "milestones")
    shutil.copytree(ROOT / "code", root / "code", ignore=unwanted)
    shutil.copytree(SAMPLE, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    for name in ("_static", "_templates"):
        shutil.copytree(ROOT / "book" / name, root / "book" / name)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    return Book(root)


@pytest.fixture
def fresh(tmp_path) -> Book:
    r"""The sample book, never printed."""
    return lay(tmp_path / "책 한 권")


@pytest.fixture
def another(tmp_path) -> Book:
    r"""The same, where a path has no letter that is not Latin."""
    return lay(tmp_path / "plain")


@pytest.fixture(scope="session")
def printed(tmp_path_factory) -> tuple[Book, Path]:
    r"""The sample book, printed once, and a copy of it."""
    folder = tmp_path_factory.mktemp("press")
    book = lay(folder / "책 한 권")  # a path with a space and Hangul, as a reader may have
    (book.root / "said").write_text(book.made("html"), "utf8")
    shutil.copytree(book.root, folder / "copy", symlinks=True)
    return book, folder / "copy"


@pytest.fixture
def book(printed) -> Book:
    r"""The printed sample book, for a test to change; it lies at the same path each time, so that Sphinx trusts what it kept."""
    book, copy = printed
    shutil.rmtree(book.root)
    shutil.copytree(copy, book.root, symlinks=True)
    return book


@pytest.fixture(scope="session")
def built(printed) -> Book:
    r"""The printed sample book, only to look at."""
    return Book(printed[1])


@pytest.fixture
def killed():
    r"""Kill what a test has started and left."""
    started: list[subprocess.Popen] = []
    yield started.append
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
