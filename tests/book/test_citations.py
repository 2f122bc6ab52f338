r"""Citations: every key exists, every entry is cited and says where it was confirmed."""

import re

from press import BOOK

CITE = re.compile(r"\{cite(?::[a-z]+)?\}`([^`]+)`")


def _cited(text: str) -> set[str]:
    r"""The keys in citations, as in ``{cite:t}`a,b` `` or ``{cite:p}`{see}a` ``."""
    keys = [key for body in CITE.findall(text) for key in re.sub(r"\{[^}]*\}", "", body).split(",")]
    return {key.strip() for key in keys}


def _keys() -> set[str]:
    text = (BOOK / "references.bib").read_text("utf8") if (BOOK / "references.bib").exists() else ""
    return set(re.findall(r"^@\w+\{([^,\s]+),", text, re.M))


def test_cited_entries_exist(source):
    lost = _cited(source.text) - _keys()
    assert not lost, f"book/{source.name}.md cites what book/references.bib does not hold: {sorted(lost)}"


def test_entry_is_cited(entry, sources):
    assert any(entry[0] in _cited(source.text) for source in sources), f"book/references.bib: no chapter cites {entry[0]}; delete it"


def test_entry_is_confirmed(entry):
    key, comment = entry
    said = re.search(r"^% confirmed:\s*(\S.+)$", comment, re.M)
    assert said, f"book/references.bib: {key} wants a line `% confirmed: where its details were seen` before it"


def test_entries_are_unique():
    text = (BOOK / "references.bib").read_text("utf8")
    keys = re.findall(r"^@\w+\{([^,\s]+),", text, re.M)
    assert len(keys) == len(set(keys)), f"book/references.bib holds twice {sorted({key for key in keys if keys.count(key) > 1})}"


def test_keys_say_who_and_when(entry):
    r"""``huber1964robust``: family name, year, first word of the title."""
    assert re.fullmatch(r"[a-z]+[12]\d{3}[a-z0-9]+", entry[0]), f"book/references.bib: {entry[0]} is not like huber1964robust"
