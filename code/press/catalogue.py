r"""One gettext catalogue a chapter: read, bring up to date, and compare each translation with its original."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po

from press import BOOK, LANGUAGES, LOCALES, ROOT, SOURCE, PressError, chapters
from press.literals import parts
from press.source import HANGUL, Message, _parser, messages


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
            faults.append(Fault(path, lines.get(message.id, 1), f"fuzzy: the text has changed to {message.id!r}; correct the translation, delete the mark"))
        else:
            faults += [Fault(path, lines.get(message.id, 1), f"{what} in {entry.string!r}") for what in compare(message, entry.string)]
    faults += [Fault(path, 1, f"obsolete: {entry!r}; delete it") for entry in catalog.obsolete]
    return faults


def read_messages(source: Path) -> list[Message]:
    r"""Read the messages of a file; an error names the file."""
    try:
        return messages(source.read_text("utf8"))
    except PressError as error:
        raise PressError(f"{_short(source)}: {error}") from None


def _written(catalog: Catalog, language: str) -> bytes:
    for entry in catalog:
        entry.flags -= {"python-format", "python-brace-format"}
    head = f'# One msgstr for each msgid: see CONTRIBUTING.md.\nmsgid ""\nmsgstr ""\n'
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
            current[1] += hit[2].replace(r"\n", "\n").replace(r"\"", '"').replace(r"\\", "\\")
    return out


def require_complete(language: str) -> None:
    r"""Stop if a translation is missing, fuzzy or at odds with its original.

    Raises:
        PressError: With one line for each fault.
    """
    if language != SOURCE:
        faults = [fault for chapter in chapters() for fault in update(chapter, language, write=False)]
        if faults:
            raise PressError("the translation is not complete; run `press messages` and mend:\n  " + "\n  ".join(map(str, faults)))


# -- comparing -------------------------------------------------------------------------------------------------------

MATH = re.compile(r"(?<![\\$])\$\$?(?:\\.|[^$\\])+\$\$?")
CODE = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)")
ROLE = re.compile(r"\{([\w:.-]+)\}(`+)(.*?)(?<!`)\2(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|<(https?:[^>]+)>")
FOOTNOTE = re.compile(r"\[\^[\w-]+\]")
ATTRIBUTES = re.compile(r"\]\{[^}]*\}")
UNITS = {"십": 10, "백": 100, "천": 1000, "만": 10**4, "억": 10**8, "조": 10**12}
NUMBER = re.compile(r"(?<![\w.])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*([십백천만억조]*)|(?<![\w.])(\d[\d.]*)")
WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
WORD_VALUES = {**{w: i for i, w in enumerate(WORDS)}, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12,
               "half": 2, "halves": 2, "twice": 2, "double": 2, "doubles": 2, "pair": 2, "both": 2, "once": 1, "third": 3, "thirds": 3, "twenty": 20, "thirty": 30}


def compare(message: Message, translation: str) -> list[str]:
    r"""Say what a translation lost or added: maths, code, roles, links, footnotes, numbers, paragraphs, Hangul.

    Args:
        message: The original.
        translation: Its translation.

    Returns:
        One phrase for each difference; none if the two agree.

    Examples:
        >>> from press.source import Span
        >>> compare(Message("손실 $x$는 3이다.", "text", (Span(0, 0, 9),)), "The loss is 4.")
        ["maths: wants ['$x$']", "numbers: wants ['3'], has ['4']"]
    """
    if message.kind == "string":
        faults = _differ("fields", *(Counter(f for _, f in parts(t) if f is not None) for t in (message.id, translation)))
        return faults + _hangul(translation)
    if message.kind == "math":
        bare = [Counter([re.sub(r"\\text\{[^}]*\}", r"\\text{}", t)]) for t in (message.id, translation)]
        return _differ("maths", *bare) + _hangul(translation)
    if message.kind == "code":
        return _hangul(translation)
    found = [_anatomy(text) for text in (message.id, translation)]
    faults = []
    for name in ("maths", "roles", "code", "links", "footnotes"):
        faults += _differ(name, found[0][name], found[1][name])
    faults += _numbers(found[0]["plain"], found[1]["plain"]) + _hangul(translation)
    if message.kind == "text":
        kinds = [t.type for t in _parser().parse(translation)]
        if kinds != ["paragraph_open", "inline", "paragraph_close"]:
            faults.append("must be one paragraph and must not begin like a list, a heading or a quotation")
        if re.search(r"(?<![\\*])\*\*(?=\W*$|\s)|\*\*\w*$", found[1]["plain"]) and found[1]["plain"].count("**") % 2:
            faults.append("emphasis that does not close")
    return faults


def _anatomy(text: str) -> dict:
    out = {}
    roles, rest = [], text
    for name, _, body in ROLE.findall(text):
        target = re.search(r"<([^<>]+)>\s*$", body)
        if name not in ("index", "ko", "abbr"):
            roles.append(f"{{{name}}}`{target[1] if target else body}`" if name != "term" else "{term}")
    rest = ROLE.sub(" ", rest)
    out["roles"] = Counter(roles)
    out["code"] = Counter(m[1] for m in CODE.findall(rest))
    rest = CODE.sub(" ", rest)
    out["maths"] = Counter(re.sub(r"\\text\{[^}]*\}", r"\\text{}", m) for m in MATH.findall(rest))
    rest = MATH.sub(" ", rest)
    out["links"] = Counter(a or b for a, b in LINK.findall(rest))
    out["footnotes"] = Counter(FOOTNOTE.findall(rest))
    out["plain"] = ATTRIBUTES.sub("]", FOOTNOTE.sub(" ", LINK.sub("]", rest)))
    return out


def _differ(name: str, wanted: Counter, got: Counter) -> list[str]:
    less, more = sorted((wanted - got).elements()), sorted((got - wanted).elements())
    if not less and not more:
        return []
    return [f"{name}: " + ", ".join(f"{verb} {what}" for verb, what in (("wants", less), ("has", more)) if what)]


def _values(text: str) -> dict[float, str]:
    out = {}
    for digits, units, other in NUMBER.findall(text):
        if other:
            out[other.strip(".")] = other
            continue
        value = float(digits.replace(",", ""))
        for unit in units:
            value *= UNITS[unit]
        out[value] = digits + units
    return out


def _numbers(korean: str, english: str) -> list[str]:
    wanted, got = _values(korean), _values(english)
    words = {float(WORD_VALUES[w]) for w in re.findall(r"[a-z]+", english.lower()) if w in WORD_VALUES}
    scaled = {a * b for a in got if isinstance(a, float) for b in words} | {a * b for a in words for b in words}
    less = [v for k, v in wanted.items() if k not in got and k not in words and k not in scaled]
    spelled = bool(re.search(r"[한두세네]\s|하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉|열|스무|번째|첫|절반|[십백천만억조]", korean))
    parts_of = {a * b for a in wanted if isinstance(a, float) for b in (1e-3, 1e-6, 1e-9, 1e-12)}
    more = [] if spelled else [v for k, v in got.items() if k not in wanted and k not in parts_of]
    return _differ("numbers", Counter(less), Counter(more))


def _hangul(translation: str) -> list[str]:
    bare = re.sub(r"\{ko\}`[^`]*`|\{term\}`[^`]*`|\{index\}`[^`]*`", " ", translation)
    return ["Hangul that is not marked with {ko}`…`"] if HANGUL.search(bare) else []


def languages() -> list[str]:
    r"""Return the languages that have catalogues."""
    return [language for language in LANGUAGES if language != SOURCE]
