r"""Rules of writing that a machine can see."""

import re
import unicodedata

import pytest
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from press.literals import HANGUL
from press.walk import EXTENSIONS

PROSE = ("text", "option")
PARTICLE = "을|를|이|가|은|는|의|에|로|만|도|과|와|다|이다|째|쯤|마다|까지|부터|보다|동안|짜리|뿐|씩|인|에서|이고|이며|이면|으로|밖에"
UNITS = "초|분|시간|일|주|년|월|개|명|번|배|쪽|권|원|가지|층|살|겹|걸음|차원|세대|퍼센트"
SPACED = re.compile(rf"(?<![.\w])\d[\d,.]* (?:{UNITS})(?:{PARTICLE})?(?![가-힣])")
STUCK = re.compile(r"(?<![\w.-])\d[\d,.]*(?:ms|µs|ns|s|Hz|kHz|MHz|GHz|[KMGT]i?B|kB|kg|g|mm|cm|km|m|nm|px|FLOPS?|nats?)(?![A-Za-z0-9])")
PERCENT = re.compile(r"\d\s+%")
BRACKET = re.compile(r"[가-힣] \((?!□)")


@pytest.fixture(scope="module")
def inline():
    parser = create_md_parser(MdParserConfig(enable_extensions=set(EXTENSIONS)), RendererHTML)
    return lambda text: parser.parseInline(text)[0].children


def _both(source) -> list[tuple[str, str]]:
    r"""Prose in both languages, with the place where it stands."""
    found = [(source.where(m.line), m.id) for m in source.messages if m.kind in PROSE]
    return found + [(f"{place}, in English", source.translations[text]) for place, text in found if text in source.translations]


def test_emphasis_closes(source, inline):
    r"""``**함수(function)**는`` does not close in CommonMark and leaves its stars on the page."""
    for place, text in _both(source):
        left = [t.content for t in inline(text) if t.type == "text" and re.search(r"\*\*|(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)", t.content)]
        assert not left, f"{place}: emphasis does not close in {left[0]!r}; write `**함수**(function)는`"


def test_no_italic_hangul(source, inline):
    for place, text in _both(source):
        depth = 0
        for token in inline(text):
            depth += token.nesting if token.type in ("em_open", "em_close") else 0
            slanted = depth and token.type == "text" and HANGUL.search(token.content)
            assert not slanted, f"{place}: Hangul has no italics; use ** or quotation marks: {token.content!r}"


def test_normal_form(source):
    for name, text in (("the text", source.text), ("the translation", "\n".join(source.translations.values()))):
        odd = [line for line in text.split("\n") if unicodedata.normalize("NFC", line) != line]
        assert not odd, f"book/{source.name}.md: {name} is not in normal form NFC: {odd[0]!r}"
        hidden = re.search(r"[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\u00ad]", text)
        assert not hidden, f"book/{source.name}.md: {name} holds an invisible character, U+{ord(hidden[0]):04X}"


def test_korean_units(source, plain):
    r"""60초, 3개, 2012년: a Korean unit follows its number without a space."""
    for message in source.messages:
        hit = SPACED.search(plain(message.id))
        assert not hit, f"{source.where(message.line)}: {hit[0]!r}; a Korean unit stands at its number: 60초, 3개"


def test_latin_units(source, plain):
    r"""60 ms: a unit in Latin letters stands apart from its number."""
    for place, text in _both(source):
        hit = STUCK.search(plain(text))
        assert not hit, f"{place}: {hit[0]!r}; a Latin unit stands apart: 60 ms"


def test_percent(source, plain):
    for place, text in _both(source):
        hit = PERCENT.search(plain(text))
        assert not hit, f"{place}: {hit[0]!r}; % stands at its number: 62%"


def test_brackets(source, plain):
    r"""손실(loss): a bracket stands at the word that it explains."""
    for message in source.messages:
        hit = BRACKET.search(plain(message.id)) if message.kind == "text" else None
        assert not hit, f"{source.where(message.line)}: {hit.string[max(0, hit.start() - 8) : hit.end() + 8]!r}; write 손실(loss)"


def test_english_is_plain(source, plain):
    r"""Words that tell the reader that it is easy."""
    for message in source.messages:
        text = plain(source.translations.get(message.id, ""))
        hit = re.search(r"\b(?:simply|obviously|trivially|needless to say)\b", text, re.IGNORECASE)
        assert not hit, f"{source.where(message.line)}, in English: {hit[0]!r}; leave it out"
