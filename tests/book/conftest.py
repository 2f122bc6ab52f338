r"""The book as its tests see it: sources, chapters, modules, pages. A test that asks for one of them runs for each of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

from press import BOOK, BUILD, ROOT, catalogue, chapters, runs
from press.walk import Message, cells, parser

SITE = Path(os.environ.get("BOOK_SITE", BUILD / "site"))
LIBRARY = ROOT / "code" / "deepbook"


@dataclass(frozen=True)
class Directive:
    r"""One directive: the line (from 1) on which it begins, its name, what stands after the name, its options and its body."""

    line: int
    name: str
    argument: str
    options: dict
    body: str


@dataclass(frozen=True)
class Heading:
    r"""One heading: its line (from 1), depth, title and the label on the line before, if any."""

    line: int
    depth: int
    title: str
    label: str


@dataclass(frozen=True)
class Source:
    r"""One Markdown file of the book; a chapter if it lies in a part and is not the part's own page."""

    name: str

    @property
    def slug(self) -> str:
        return self.name.rsplit("/", 1)[-1].replace("_", "-")

    @property
    def is_chapter(self) -> bool:
        return "/" in self.name and not self.name.endswith("/index")

    @cached_property
    def text(self) -> str:
        return (BOOK / f"{self.name}.md").read_text("utf8")

    @cached_property
    def messages(self) -> list[Message]:
        return catalogue.read_messages(BOOK / f"{self.name}.md")

    @cached_property
    def cells(self) -> list[tuple[int, str, dict]]:
        return cells(self.text)

    @cached_property
    def translations(self) -> dict[str, str]:
        return catalogue.translations(self.name, "en")

    @cached_property
    def fences(self) -> list[Directive]:
        return list(_fences(self.text, 1))

    @property
    def directives(self) -> list[Directive]:
        return [fence for fence in self.fences if fence.name]

    @cached_property
    def headings(self) -> list[Heading]:
        found, target = [], ("", -1)
        tokens = parser().parse(self.text)
        for token, following in zip(tokens, [*tokens[1:], None], strict=True):
            if token.type == "myst_target":
                target = (token.content, token.map[1])
            elif token.type == "heading_open":
                label = target[0] if target[1] == token.map[0] else ""
                found.append(Heading(token.map[0] + 1, int(token.tag[1]), following.content, label))
        return found

    @cached_property
    def labels(self) -> list[tuple[int, str, str]]:
        r"""Every label: its line, what it names (heading, figure, table, equation, exercise, solution) and itself."""
        found = [(h.line, "heading", h.label) for h in self.headings if h.label]
        for line, _, options in self.cells:
            figure = (options.get("mystnb") or {}).get("figure") or {}
            found += [(line, "figure", figure["name"])] if "name" in figure else []
        kinds = {"figure": "figure", "math": "equation", "exercise": "exercise", "exercise-start": "exercise"}
        kinds |= {"solution": "solution", "solution-start": "solution", "table": "table", "list-table": "table", "csv-table": "table"}
        for directive in self.directives:
            label = directive.options.get("label") or directive.options.get("name")
            found += [(directive.line, kinds[directive.name], label)] if label and directive.name in kinds else []
        for hit in re.finditer(r"^\$\$[ \t]*\(([^)\s]+)\)$", self.text, re.M):
            found.append((self.text.count("\n", 0, hit.start()) + 1, "equation", hit[1]))
        return found

    def where(self, line: int) -> str:
        return f"book/{self.name}.md:{line}"


def _fences(text: str, first: int) -> Iterator[Directive]:
    r"""Every fence, also inside directives; one without a directive has no name, its language is the argument."""
    for token in parser().parse(text + "\n"):
        if token.type in ("fence", "colon_fence"):
            line = first + token.map[0]
            opening = re.match(r"\{([^}]+)\}\s*(.*)", token.info.strip())
            if not opening:
                yield Directive(line, "", token.info.strip(), {}, token.content)
                continue
            body = token.content.split("\n")[:-1]
            options, start = _options(body)
            yield Directive(line, opening[1], opening[2], options, "\n".join(body[start:]))
            if opening[1] not in ("code-cell", "code-block", "math", "literalinclude"):
                yield from _fences("\n".join(body[start:]), line + 1 + start)


def _options(body: list[str]) -> tuple[dict, int]:
    if body and body[0].strip() == "---":
        end = body.index("---", 1)
        return yaml.safe_load("\n".join(body[1:end])) or {}, end + 1
    lines = [re.match(r"\s*:([\w-]+):\s*(.*)", line) for line in body]
    count = next((n for n, hit in enumerate(lines) if not hit), len(lines))
    return {hit[1]: hit[2] for hit in lines[:count]}, count


def _plain(text: str) -> str:
    r"""Leave of a message only what a reader reads as words; □ stands for code, maths and references, 0 for a value."""
    text = re.sub(r"\{glue:text\}`[^`]*`", "0", text)
    text = re.sub(r"\{(?:term|ko|abbr)\}`([^`<]*?)\s*(?:<[^>]*>)?`", r"\1", text)
    text = re.sub(r"\{[\w:.-]+\}`[^`]*`|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "□", text)
    text = re.sub(r"\$\$?(?:\\.|[^$\\])+\$\$?", "□", text)
    return re.sub(r"\]\([^)]*\)|<https?:[^>]*>", "]", text)


def _entries() -> list[tuple[str, str]]:
    r"""Each entry of the bibliography: its key and the comment before it."""
    text = (BOOK / "references.bib").read_text("utf8") if (BOOK / "references.bib").exists() else ""
    return [(key, comment) for comment, key in re.findall(r"((?:^%.*\n)*)^@\w+\{([^,\s]+),", text, re.M)]


def pytest_generate_tests(metafunc):
    modules = [p for p in sorted(LIBRARY.rglob("*.py")) if "__pycache__" not in p.parts]
    pages = {p.relative_to(SITE / x).as_posix() for x in ("ko", "en") for p in (SITE / x).rglob("*.html") if "_static" not in p.parts}
    kinds = {
        "source": ([Source(name) for name in chapters()], lambda s: s.name),
        "chapter": ([s for s in [Source(name) for name in chapters()] if s.is_chapter], lambda s: s.name),
        "entry": (_entries(), lambda e: e[0]),
        "module": (modules, lambda p: p.relative_to(LIBRARY).as_posix()),
        "page": (sorted(pages), str),
    }
    for name, (values, ids) in kinds.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values, ids=ids)


@pytest.fixture(scope="session")
def sources() -> list[Source]:
    return [Source(name) for name in chapters()]


@pytest.fixture(scope="session")
def plain():
    return _plain


@pytest.fixture(scope="session")
def soup():
    r"""Read a page of the built site, as in ``soup("ko", "components/loss.html")``."""
    return lru_cache(maxsize=512)(lambda language, page: BeautifulSoup((SITE / language / page).read_text("utf8"), "html.parser"))


@pytest.fixture(scope="session")
def site() -> Path:
    if not SITE.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("the site is not built; run `make book` or `make html`")
    return SITE


@pytest.fixture
def run(chapter) -> runs.Run:
    r"""What the last execution of a chapter left."""
    found = runs.find(chapter.text)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{chapter.name} has not been run as it is now; run `press execute`")
    return found
