r"""Which pages are read again: those that are made of something else than before. Which are written again: those, or all of them if one
changed what others can show of it.

A page is made of itself and of what the others tell of themselves: titles, labels, numbers, terms, citations. As long as that stays as
it was, so does every page that was not read again, byte for byte as in a build from nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from docutils import nodes

from press import BOOK, SOURCE, catalogue, drawings, runs

TOLD = ("titles", "longtitles", "tocs", "toc_secnumbers", "toc_fignumbers", "toctree_includes", "sphinx_exercise_registry")
r"""What Sphinx and its extensions keep of all pages for all pages, by its name in the environment."""
DOMAINS = {
    "std": ("labels", "anonlabels", "objects", "progoptions", "terms"),
    "math": ("objects",),
    "citation": ("citations",),
    "cite": ("bibliographies", "citations"),
}


def stamp(docname: str, language: str, run: runs.Run | None = None) -> str:
    r"""Name the text, the stored run, the words and the figures that a page is made of; the clock, which may jump, says nothing.

    Args:
        docname: As in ``components/loss``.
        language: Of the edition.
        run: The run of the page, if it has been found.

    Returns:
        The same for the same page; nothing if it has no source.
    """
    source = BOOK / f"{docname}.md"
    if not source.exists():
        return ""
    text = source.read_text("utf8")
    run = run or runs.find(text)
    parts = [text, str(run and run.folder), repr(sorted(catalogue.translations(docname, language).items())) if language != SOURCE else ""]
    if "{cite" in text:
        parts.append((BOOK / "references.bib").read_text("utf8"))
    if run and run.folder:
        labels = drawings.labels(docname, text)
        parts.append(repr((sorted(labels.get(language, {}).items()), drawings.printed(run, labels))))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def setup(app):
    r"""Connect this to a build, after everything has been numbered."""
    app.connect("env-get-updated", _all_or_none, priority=900)


def _all_or_none(app, env) -> Iterable[str]:
    told = hashlib.sha256("\n".join(_told(env)).encode()).hexdigest()
    before, env.press_told = getattr(env, "press_told", told), told
    return [] if told == before else env.all_docs


def _told(env) -> Iterable[str]:
    yield repr(sorted(env.all_docs))
    yield repr(sorted((path, name) for path, (_, name) in env.images.items() if not path.endswith(name)))
    yield repr(sorted({(ref.docname, target.key) for ref in env.get_domain("cite").citation_refs for target in ref.targets}))
    for name in TOLD:
        yield f"{name}: {plain(getattr(env, name, None))}"
    for domain, names in DOMAINS.items():
        for name in names:
            yield f"{domain} {name}: {plain(env.domaindata.get(domain, {}).get(name))}"


def plain(value: object) -> str:
    r"""Write a value so that equal values give equal text, whatever the order in which they were made.

    Examples:
        >>> plain({"b": {2, 1}, "a": (None, "x")}) == plain({"a": (None, "x"), "b": {1, 2}})
        True
        >>> plain(nodes.title("", "Loss")) == plain(nodes.title("", "Losses"))
        False
    """
    if isinstance(value, nodes.Node):
        return value.pformat()
    if isinstance(value, dict):
        return repr(sorted((plain(key), plain(item)) for key, item in value.items()))
    if isinstance(value, set | frozenset):
        return repr(sorted(map(plain, value)))
    if isinstance(value, list | tuple):
        return repr(list(map(plain, value)))
    if hasattr(value, "__dict__"):
        return f"{type(value).__name__} {plain(vars(value))}"
    return repr(value)
