r"""Questions as texts: cut into words, syllables or letters, and turned around."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

HANGUL = re.compile("[가-힣]")
UNITS = ("word", "syllable", "jamo")


def spell(text: str, unit: str) -> str:
    r"""Put spaces between the units of a text, so that each becomes a token.

    Words in Latin letters stay whole.

    Args:
        text: A question.
        unit: "word" leaves the text as it is, "syllable" cuts Hangul into
            syllables, "jamo" cuts the syllables into their letters.

    Returns:
        The text with spaces, for `deepbook.components.data.tokenize`.

    Raises:
        ValueError: If the unit is none of `UNITS`.

    Examples:
        >>> spell("별은 무슨 색인가요?", "syllable")
        '별 은 무 슨 색 인 가 요?'
        >>> len(spell("별은", "jamo").split())  # three letters and three
        6
        >>> spell("Is there a star?", "jamo")
        'Is there a star?'
    """
    if unit not in UNITS:
        raise ValueError(
            f"unit must be one of {', '.join(UNITS)}, got {unit!r}"
        )
    if unit == "word":
        return text

    def apart(match: re.Match) -> str:
        piece = match[0]
        if unit == "jamo":
            piece = " ".join(unicodedata.normalize("NFD", piece))
        return f" {piece} "

    return " ".join(HANGUL.sub(apart, text).split()).replace(" ?", "?")


def swap(text: str, names: Sequence[str]) -> str:
    r"""Exchange the two names in a question.

    Args:
        text: A question in which exactly two of the names stand, once each.
        names: Names that may stand in it.

    Returns:
        The question the other way round.

    Raises:
        ValueError: If the names that stand in the text are not two.

    Examples:
        >>> swap("Is the star above the circle?", ("circle", "square", "star"))
        'Is the circle above the star?'
        >>> swap("별이 원보다 큰가요?", ("원", "별"))
        '원이 별보다 큰가요?'
    """
    pattern = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    found = re.findall(pattern, text) if names else []
    if len(found) != 2 or found[0] == found[1]:
        raise ValueError(
            f"text must hold two different names out of {tuple(names)}, got "
            f"{text!r}; only comparisons can be turned around"
        )
    other = dict(zip(found, reversed(found), strict=True))
    return re.sub(pattern, lambda match: other[match[0]], text)
