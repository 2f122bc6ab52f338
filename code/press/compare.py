r"""Compare a translation with its original: what every language must share, and the shape of the whole chapter."""

from __future__ import annotations

import ast
import re
from collections import Counter

from markdown_it import MarkdownIt

from press.literals import HANGUL, parts
from press.walk import Message, cells, parser

MATH = re.compile(r"(?<![\\$])\$\$?(?:\\.|[^$\\])+\$\$?")
CODE = re.compile(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)")
ROLE = re.compile(r"\{([\w:.-]+)\}(`+)(.*?)(?<!`)\2(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|<(https?:[^>]+)>")
FOOTNOTE = re.compile(r"\[\^[\w-]+\]")
ATTRIBUTES = re.compile(r"\]\{[^}]*\}")
UNITS = {"십": 10, "백": 100, "천": 1000, "만": 10**4, "억": 10**8, "조": 10**12}
NUMBER = re.compile(r"(?<![A-Za-z0-9_.])(?:(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?![\d.]*\d))([십백천만억조]*)|(\d[\d.]*\d))")
SPELLED = re.compile(r"[한두세네]\s|하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉|열|스무|번째|첫|절반|[십백천만억조]")
WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
MONTHS = "january february march april may june july august september october november december".split()
WORD_VALUES = {
    **{w: i for i, w in enumerate(WORDS)},
    **{w: i for i, w in enumerate(MONTHS, 1)},
    **{"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "twenty": 20, "thirty": 30},
    **dict.fromkeys("half halves twice double doubles pair both".split(), 2),
    **{"once": 1, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4},
}
SCALES = (1e3, 1e6, 1e9, 1e12)


def compare(message: Message, translation: str) -> list[str]:
    r"""Say what a translation lost or added: maths, code, roles, links, footnotes, numbers, paragraphs, Hangul.

    Args:
        message: The original.
        translation: Its translation.

    Returns:
        One phrase for each difference; none if the two agree.

    Examples:
        >>> from press.walk import Span
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
    for code in [c for c in found[0]["code"] if HANGUL.search(c)]:  # Korean in code may become English, or a word marked as Korean
        for own in sorted((found[1]["code"] - found[0]["code"]).keys())[: found[0]["code"].pop(code)]:
            del found[1]["code"][own]
    faults = []
    for name in ("maths", "roles", "code", "links", "footnotes"):
        faults += _differ(name, found[0][name], found[1][name])
    faults += _numbers(found[0]["plain"], found[1]["plain"]) + _hangul(translation)
    if message.kind == "text":
        kinds = [t.type for t in parser().parse(translation)]
        if kinds != ["paragraph_open", "inline", "paragraph_close"]:
            faults.append("must be one paragraph and must not begin like a list, a heading or a quotation")
        if open_emphasis(translation):
            faults.append("emphasis that does not close")
    return faults


def open_emphasis(text: str) -> bool:
    r"""Say whether a paragraph shows ``**`` to its reader, because the emphasis is not closed.

    Examples:
        >>> [open_emphasis(t) for t in ("**함수**(function)는", "**함수(function)**는", "**{term}`손실`**", "a ** b`**`")]
        [False, True, False, True]
    """
    inline = MarkdownIt("commonmark").parseInline(MATH.sub("x", text))[0]
    return any(token.type == "text" and "**" in token.content for token in inline.children or ())


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


# -- numbers ---------------------------------------------------------------------------------------------------------


def values(text: str) -> list[tuple[str, set]]:
    r"""Read the numbers of a text, each with the values that it may stand for: 3만 is 30,000, or no more than 3.

    Examples:
        >>> values("1억 2,000만 개의 3.5배")
        [('1억 2,000만', {120000000.0}), ('3.5', {3.5})]
        >>> [(digits, sorted(may)) for digits, may in values("3만 쓴다.")]
        [('3만', [3.0, 30000.0])]
    """
    found: list[tuple[str, set]] = []
    end, room = -1, 0.0  # where the number before ended, and what may be added to it
    for hit in NUMBER.finditer(text):
        digits, units, version = hit.groups()
        if version:
            found.append((version, {version}))
            continue
        value = base = float(digits.replace(",", ""))
        scale = 1
        for unit in units:
            scale *= UNITS[unit]
        value = _neat(value * scale)
        if value < room and not text[end : hit.start()].strip() and hit.start() - end <= 1:
            before, may = found.pop()
            found.append((f"{before}{text[end : hit.start()]}{hit[0]}", {_neat(max(may) + value)}))
        else:
            found.append((hit[0], {value, base} if units in ("만", "조") else {value}))
        end, room = hit.end(), scale if units and units[-1] in "만억조" else 0.0
    return found


def _neat(value: float) -> float:
    return float(f"{value:.9g}")


def _numbers(korean: str, english: str) -> list[str]:
    wanted, got = values(korean), values(english)
    may = set().union(*(v for _, v in wanted))
    has = set().union(*(v for _, v in got))
    words = {float(WORD_VALUES[w]) for w in re.findall(r"[a-z]+", english.lower()) if w in WORD_VALUES}
    words |= {1.0} if "분의" in korean else set()  # 3분의 1 is a third
    words |= {scale for letter, scale in zip("KMBT", SCALES, strict=True) if re.search(rf"\d\s?{letter}\b", english)}
    scaled = {_neat(a * b) for a in has | words if isinstance(a, float) for b in words}
    less = [digits for digits, values_ in wanted if not values_ & (has | words | scaled)]
    spelled = SPELLED.search(korean)
    shares = {_neat(a / b) for a in may if isinstance(a, float) for b in SCALES}
    more = [] if spelled else [digits for digits, values_ in got if not values_ & (may | shares)]
    return _differ("numbers", Counter(dict.fromkeys(less, 1)), Counter(dict.fromkeys(more, 1)))


def _hangul(translation: str) -> list[str]:
    bare = re.sub(r"\{ko\}`[^`]*`|\{term\}`[^`]*`|\{index\}`[^`]*`", " ", translation)
    return ["Hangul that is not marked with {ko}`…`"] if HANGUL.search(bare) else []


# -- the whole chapter -----------------------------------------------------------------------------------------------


def drift(text: str, translated: str) -> list[tuple[int, str]]:
    r"""Say which cells of a translated chapter compute otherwise than their originals.

    Args:
        text: The original source.
        translated: The same chapter in another language.

    Returns:
        For each such cell its first line (from 1) and what is wrong.

    Examples:
        >>> drift("```{code-cell}\nx = '가'\n```", "```{code-cell}\nx = 'it's'\n```")
        [(2, 'the translation of a string makes other code of this cell; mind its quotes and backslashes')]
    """
    faults = []
    for (line, original, _), (_, other, _) in zip(cells(text), cells(translated), strict=True):
        if _program(original) != _program(other):
            faults.append((line, "the translation of a string makes other code of this cell; mind its quotes and backslashes"))
    return faults


def _program(code: str) -> str:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return "no Python"
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            node.values = sorted((v for v in node.values if isinstance(v, ast.FormattedValue)), key=ast.dump)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)
