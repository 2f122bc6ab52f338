r"""A chapter, its module, its tests and its catalogue hold together, in both directions."""

import re

from press import BOOK, LOCALES, ROOT

LIBRARY = ROOT / "code" / "deepbook"
TESTS = ROOT / "tests"
PARTS = ("start", "components", "tasks", "techniques", "milestones")
SHARED = {"checks", "plotting", "pretrained", "tokens", "training"}
"""Modules of `deepbook` that several chapters use and that have no chapter of their own, or none yet."""


def _modules() -> set[str]:
    files = {p.relative_to(LIBRARY) for p in LIBRARY.rglob("*.py")} - {p.relative_to(LIBRARY) for p in LIBRARY.glob("*/*/**/*.py")}
    packages = {p.parent.relative_to(LIBRARY) for p in LIBRARY.glob("*/*/__init__.py")}
    return {f.with_suffix("").as_posix() for f in files if f.name != "__init__.py"} | {p.as_posix() for p in packages}


def _topics(sources) -> set[str]:
    return {s.name for s in sources if s.is_chapter}


def test_names(source):
    assert re.fullmatch(r"(?:[a-z]+/)?(?:[a-z][a-z_]*|seq2seq)", source.name), (
        f"book/{source.name}.md: names are small letters and _, without numbers"
    )  # seq2seq is a word
    if "/" in source.name:
        assert source.name.split("/")[0] in PARTS, f"book/{source.name}.md: a part is one of {', '.join(PARTS)}"


def test_chapter_has_all(chapter):
    part, topic = chapter.name.split("/")
    wanted = [f"tests/{part}/test_{topic}.py", f"locales/en/LC_MESSAGES/{chapter.name}.po"]
    missing = [path for path in wanted if not (ROOT / path).exists()]
    if chapter.name not in _modules():
        missing.append(f"code/deepbook/{chapter.name}.py")
    assert not missing, f"book/{chapter.name}.md stands without {', '.join(missing)}"


def test_module_has_chapter(sources):
    lonely = _modules() - _topics(sources) - SHARED
    assert not lonely, f"code/deepbook holds {sorted(lonely)} without a chapter; write it, or name the module in SHARED"


def test_shared_modules_are_shared(sources):
    assert not SHARED & _topics(sources), f"these have a chapter now; take them out of SHARED: {sorted(SHARED & _topics(sources))}"
    assert not SHARED - _modules(), f"SHARED names what is not there: {sorted(SHARED - _modules())}"


def test_tests_have_chapter(sources):
    found = {f"{p.parent.name}/{p.stem.removeprefix('test_')}" for part in PARTS for p in (TESTS / part).glob("test_*.py")}
    lonely = found - _topics(sources) - SHARED
    assert not lonely, f"tests without a chapter: {sorted(lonely)}"


def test_catalogues_have_source():
    folder = LOCALES / "en" / "LC_MESSAGES"
    found = {p.relative_to(folder).with_suffix("").as_posix() for p in folder.rglob("*.po")}
    lonely = {name for name in found if not (BOOK / f"{name}.md").exists()}
    assert not lonely, f"catalogues without a source: {sorted(lonely)}; delete or rename them"


def test_code_is_no_package():
    r"""A package `code` would hide the standard library's."""
    assert not (ROOT / "code" / "__init__.py").exists()


def test_index_names_every_chapter(sources):
    index = next((s for s in sources if s.name == "index"), None)
    assert index, "book/index.md is missing; it alone holds the order of the book"
    tables = [d for s in sources if s.name.split("/")[-1] == "index" for d in s.directives if d.name == "toctree"]
    listed = {line.strip().split("<")[-1].rstrip("> ") for d in tables for line in d.body.split("\n") if line.strip()}
    lost = [name for name in _topics(sources) if name not in listed and name.split("/")[1] not in listed]
    assert not lost, f"no table of contents names {lost}"
