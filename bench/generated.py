r"""A book of generated chapters, to see how the time grows with their number: prose, formulas, a table, a listing, every fifth with a cell."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from bench.books import FILES, ROOT

SECTIONS = 4
CHAPTER = """(c{n})=
# {n}장

이 장은 {n}째로 만든 장이고, 앞 장은 {{doc}}`{before}`이다.
"""
SECTION = """
(c{n}-{k})=
## {k}째 절

{n}장의 {k}째 절은 모델이 낸 값 $\\hat{{y}}_{{{k}}}$과 정답 $y_{{{k}}}$이 얼마나 다른지 재고, 그 차이를 줄이려면 매개변수를 어느 쪽으로 옮겨야 하는지 설명한다.

$$
L_{{{k}}} = \\frac{{1}}{{N}} \\sum_{{n=1}}^{{N}} (\\hat{{y}}_n - y_n)^{{{k}}}
$$ (eq-c{n}-{k})

식 {{eq}}`eq-c{n}-{k}`의 값은 배치마다 다르지만, 여러 번 재어 평균하면 참값 둘레로 모인다.

| $n$ | $n^{k}$ |
|---|---|
| 2 | {two} |
| 3 | {three} |

```python
def power(x: float) -> float:
    return x ** {k}
```
"""
CELL = """
```{{code-cell}}
total = sum(range({n}))
print(total)
```
"""
ENGLISH = {
    r"(\d+)장": r"Chapter \1",
    r"(\d+)째 절": r"Section \1",
    r"이 장은 (\d+)째로 만든 장이고, 앞 장은 (\S+)이다\.": r"This chapter was made as number \1; the one before is \2.",
    r"(\d+)장의 (\d+)째 절은 모델이 낸 값 (\S+)과 정답 (\S+)이 .*": (
        r"Section \2 of chapter \1 measures how far what the model says, \3, is from the answer \4, "
        r"and explains where the parameters must go to make the difference smaller."
    ),
    r"식 (\S+)의 값은 .*": r"The value of equation \1 differs from batch to batch, but the mean of many gathers around the true one.",
    "자라는 책": "A Growing Book",
    "만든 장을 모았다.": "Generated chapters.",
    "차례": "Contents",
}


def english(korean: str) -> str:
    r"""Return the translation of a text of these chapters.

    Examples:
        >>> english("2째 절")
        'Section 2'
    """
    return next(re.sub(f"^{pattern}$", words, korean) for pattern, words in ENGLISH.items() if re.fullmatch(pattern, korean))


def chapter(n: int) -> str:
    r"""Return the source of a chapter."""
    before = f"c{n - 1:03}" if n > 1 else "../index"
    sections = (SECTION.format(n=n, k=k, two=2**k, three=3**k) for k in range(1, SECTIONS + 1))
    return CHAPTER.format(n=n, before=before) + "".join(sections) + (CELL.format(n=n) if n % 5 == 0 else "")


def lay(book: Path, count: int) -> None:
    r"""Write a book of so many chapters, with its catalogues and its own copy of the press."""
    shutil.rmtree(book, ignore_errors=True)
    (book / "book" / "part").mkdir(parents=True)
    for name in FILES:
        shutil.copy(ROOT / name, book)
    topics = ("components", "start", "tasks", "techniques", "milestones")
    shutil.copytree(ROOT / "code", book / "code", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", *topics))
    for name in ("_static", "_templates"):
        shutil.copytree(ROOT / "book" / name, book / "book" / name)
    (book / "node_modules").symlink_to(ROOT / "node_modules")
    (book / "book" / "references.bib").write_text("")
    names = [f"part/c{n:03}" for n in range(1, count + 1)]
    tree = "```{toctree}\n:caption: 차례\n:numbered:\n" + "\n".join(names) + "\n```\n"
    texts = {"index": f"(index)=\n# 자라는 책\n\n만든 장을 모았다.\n\n{tree}"}
    texts |= {name: chapter(n) for n, name in enumerate(names, 1)}
    for name, text in texts.items():
        (book / "book" / f"{name}.md").write_text(text, "utf8")
        _translate(book / "locales" / "en" / "LC_MESSAGES" / f"{name}.po", text)


def _translate(path: Path, text: str) -> None:
    from babel.messages.catalog import Catalog

    from press.catalogue import _written
    from press.source import messages

    catalogue = Catalog()
    for message in messages(text):
        catalogue.add(message.id, english(message.id), auto_comments=[message.kind] if message.kind != "text" else [])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_written(catalogue, "en"))
