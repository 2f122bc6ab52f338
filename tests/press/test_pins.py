r"""What is installed is pinned, and whatever is not is said with its place."""

import re
import shutil
from pathlib import Path

import pytest

from press import ROOT, pins

FILES = ("requirements.txt", "pyproject.toml", "package.json", "package-lock.json", ".github/workflows/book.yml")


def test_everything_is_pinned(capsys):
    assert (pins.main(), capsys.readouterr().out) == (0, "every dependency is pinned\n")


@pytest.mark.parametrize(
    ("file", "old", "new", "wanted"),
    [
        ("requirements.txt", r"^numpy==[\d.]+ \\", r"numpy>=2 \\", "requirements.txt: not pinned with a hash: numpy>=2"),
        ("requirements.txt", r"^(numpy==[\d.]+) \\\n(?: +--hash.*\n)+", r"\1\n", "requirements.txt: not pinned with a hash: numpy=="),
        ("requirements.txt", r"^(numpy==[\d.]+)", "numpy==1.26.0", "wants numpy>=2, but requirements.txt has 1.26.0"),
        ("requirements.txt", r"^babel==[\d.]+ \\\n(?: +--hash.*\n)+", "", "wants babel==2.18.0, which requirements.txt does not pin"),
        ("requirements.txt", r"^roman-numerals==[\d.]+ \\\n(?: +--hash.*\n)+", "", "sphinx: wants roman-numerals"),
        ("requirements.txt", r"^six==[\d.]+", "six==1.0.0", "here is six"),
        ("pyproject.toml", r'"tqdm==[\d.]+"', '"tqdm==1.0"', "wants tqdm==1.0, but requirements.txt has"),
        ("pyproject.toml", r'"setuptools==[\d.]+"', '"setuptools"', "the build needs an exact version: setuptools"),
        ("package.json", r'"katex": "[\d.]+"', '"katex": "^0.16.0"', "package.json: not pinned: katex ^0.16.0"),
        ("package.json", r'"katex": "[\d.]+"', '"katex": "0.1.0"', "not what package.json asks for: katex 0.1.0"),
        ("package-lock.json", r'"integrity"', '"was"', "package-lock.json: without a hash: node_modules/"),
        (FILES[-1], r"checkout@\S+", "checkout@v4", "book.yml: not pinned by the hash of a commit: actions/checkout@v4"),
    ],
)
def test_what_is_not_pinned_is_said(tmp_path, file, old, new, wanted):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    path: Path = tmp_path / file
    text = path.read_text("utf8")
    changed = re.sub(old, new, text, flags=re.M)
    assert changed != text
    path.write_text(changed, "utf8")
    faults = pins.python_faults(tmp_path) + pins.npm_faults(tmp_path) + pins.action_faults(tmp_path)
    assert any(wanted in fault for fault in faults), faults


def test_torch_needs_an_exact_version(monkeypatch):
    monkeypatch.setattr(pins.bootstrap, "TORCH", "torch")
    assert pins.python_faults() == ["code/press/bootstrap.py: TORCH is not pinned: torch"]
