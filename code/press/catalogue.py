r"""One gettext catalogue a chapter: read, bring up to date, and compare each translation with its original."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, unescape, write_po

from press import BOOK, BUILD, LANGUAGES, LOCALES, ROOT, SOURCE, PressError, chapters, located, own_code
from press.compare import compare, drift
from press.source import messages, translate
from press.walk import Message

LINE = re.compile(r'((msgid|msgstr)\s+)?"([^"\\]|\\.)*"')


def path_of(chapter: str, language: str) -> Path:
    r"""Return where the catalogue of a chapter is.

    Examples:
        >>> path_of("components/loss", "en").relative_to(LOCALES).as_posix()
        'en/LC_MESSAGES/components/loss.po'
    """
    return LOCALES / language / "LC_MESSAGES" / f"{chapter}.po"


def load(path: Path) -> Catalog:
    r"""Read a catalogue; one that is missing is empty.

    Raises:
        PressError: If the file is no catalogue.
    """
    if not path.exists():
        return Catalog()
    try:
        for n, line in enumerate(path.read_text("utf8").split("\n"), 1):  # Babel reads over quotes that do not close
            if line.strip() and not line.startswith("#") and not LINE.fullmatch(line.strip()):
                raise PressError(
                    f"{_short(path)}:{n}: this line of a catalogue cannot be read: {line!r}; mend its quotes or restore it from git"
                )
        return read_po(io.BytesIO(path.read_bytes()), abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, ValueError) as error:
        raise PressError(f"{_short(path)}: this catalogue cannot be read ({error}); mend its quotes or restore it from git") from None


@lru_cache(maxsize=256)
def _translations(path: Path, stamp: float) -> dict[str, str]:
    return {m.id: m.string for m in load(path) if m.id and m.string and not m.fuzzy}


def translations(chapter: str, language: str) -> dict[str, str]:
    r"""Return what is translated in a chapter, from Korean text to its translation."""
    path = path_of(chapter, language)
    return _translations(path, path.stat().st_mtime_ns if path.exists() else 0)


@dataclass(frozen=True)
class Fault:
    r"""One thing wrong with a translation, with the file and line where it is seen."""

    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{_short(self.path)}:{self.line}: {self.what}"


def _short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def update(chapter: str, language: str, write: bool = True) -> list[Fault]:
    r"""Bring a catalogue up to date with its chapter and look for faults.

    A text that changed keeps its old translation, marked fuzzy; one that is gone becomes obsolete.

    Args:
        chapter: As in ``components/loss``.
        language: As in ``en``.
        write: Whether to write the catalogue; otherwise one that is out of date is a fault.

    Returns:
        Every fault, in the order of the chapter.
    """
    source = BOOK / f"{chapter}.md"
    found = read_messages(source)
    path = path_of(chapter, language)
    catalog = load(path)
    before = path.read_bytes() if path.exists() else b""
    template = Catalog()
    for message in found:
        template.add(message.id, auto_comments=[message.kind] if message.kind != "text" else [])
    catalog.update(template)
    after = _written(catalog, language)
    faults = []
    if after != before and found:
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(after)
        else:
            faults.append(Fault(path, 1, "not up to date; run `press messages`"))
    lines = _entry_lines(after.decode())
    first: dict[str, Message] = {}
    for message in found:
        first.setdefault(message.id, message)
    for message in first.values():
        entry = catalog.get(message.id)
        if not entry.string:
            faults.append(Fault(source, message.line, f"not translated: {message.id!r}"))
        elif entry.fuzzy:
            faults.append(
                Fault(
                    path,
                    lines.get(message.id, 1),
                    f"fuzzy: the text has changed to {message.id!r}; correct the translation, delete the mark",
                )
            )
        else:
            faults += [Fault(path, lines.get(message.id, 1), f"{what} in {entry.string!r}") for what in compare(message, entry.string)]
    if not faults:
        english = translate(source.read_text("utf8"), lambda message: catalog.get(message.id).string)
        faults += [Fault(source, line, what) for line, what in drift(source.read_text("utf8"), english)]
    faults += [Fault(path, 1, f"obsolete: {entry!r}; delete it") for entry in catalog.obsolete]
    return faults


def read_messages(source: Path) -> list[Message]:
    r"""Read the messages of a file; an error names the file."""
    try:
        return messages(source.read_text("utf8"))
    except UnicodeDecodeError as error:
        raise PressError(f"{_short(source)}: not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8") from None
    except PressError as error:
        raise located(source.relative_to(BOOK).with_suffix("").as_posix(), error) from None


def _written(catalog: Catalog, language: str) -> bytes:
    for entry in catalog:
        entry.flags -= {"python-format", "python-brace-format"}
    head = '# One msgstr for each msgid: see CONTRIBUTING.md.\nmsgid ""\nmsgstr ""\n'
    head += f'"Language: {language}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n\n'
    body = io.BytesIO()
    write_po(body, catalog, width=0, omit_header=True, ignore_obsolete=False)
    return head.encode() + body.getvalue()


def _entry_lines(text: str) -> dict[str, int]:
    out, current = {}, None
    for n, line in enumerate(text.split("\n"), 1):
        hit = re.match(r'(msgid )?"(.*)"$', line)
        if line.startswith("msgid "):
            current = [n, ""]
        elif line.startswith("msgstr ") and current:
            out[current[1]], current = current[0], None
        if current and hit:
            current[1] += unescape(f'"{hit[2]}"')
    return out


def require_complete(language: str) -> None:
    r"""Stop if a translation is missing, fuzzy or at odds with its original; a chapter that was found whole is not looked at again.

    Raises:
        PressError: With one line for each fault.
    """
    if language == SOURCE:
        return
    note, found, faults = BUILD / f"complete-{language}", [], []
    known = note.read_text("utf8", "replace").split() if note.exists() else []
    for chapter in chapters():
        seen = _seen(chapter, language)
        if seen not in known:
            faults += update(chapter, language, write=False)
        found.append(seen)
    if faults:
        raise PressError("the translation is not complete; run `press messages` and mend:\n  " + "\n  ".join(map(str, faults)))
    note.write_text("\n".join(found), "utf8")


def _seen(chapter: str, language: str) -> str:
    r"""Name a chapter with its catalogue, as this press looks at them."""
    files = [path for path in (BOOK / f"{chapter}.md", path_of(chapter, language)) if path.exists()]
    return hashlib.sha256(own_code().encode() + b"\0".join(path.read_bytes() for path in files)).hexdigest()


def languages() -> list[str]:
    r"""Return the languages that have catalogues."""
    return [language for language in LANGUAGES if language != SOURCE]
