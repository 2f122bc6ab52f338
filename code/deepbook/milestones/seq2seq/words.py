r"""The words of the generated language, and the Korean endings that depend on sound.

Korean is data here. The verbs are listed in the forms that a clause needs,
since neither their stems nor the English past tense follow one rule.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    r"""A noun in both languages.

    Args:
        korean: The Korean noun.
        english: The English noun, singular.
        plural: The English plural.
        counter: The Korean word that counts it; empty for people.
    """

    korean: str
    english: str
    plural: str
    counter: str = ""


@dataclass(frozen=True)
class Verb:
    r"""A verb in the forms that the clauses need.

    Args:
        dictionary: Stem and 다: 사다.
        present: 산다.
        past: 샀다.
        future: Form before 것이다: 살.
        english: buy.
        third: buys.
        english_past: bought.
    """

    dictionary: str
    present: str
    past: str
    future: str
    english: str
    third: str
    english_past: str

    @property
    def stem(self) -> str:
        r"""What stands before 다, as in 사지 않는다 and 사고."""
        return self.dictionary[:-1]


PEOPLE = (
    Noun("학생", "student", "students"),
    Noun("의사", "doctor", "doctors"),
    Noun("선생님", "teacher", "teachers"),
    Noun("아이", "child", "children"),
    Noun("친구", "friend", "friends"),
    Noun("농부", "farmer", "farmers"),
    Noun("왕", "king", "kings"),
    Noun("화가", "painter", "painters"),
    Noun("군인", "soldier", "soldiers"),
    Noun("상인", "merchant", "merchants"),
)
THINGS = (
    Noun("책", "book", "books", "권"),
    Noun("사과", "apple", "apples", "개"),
    Noun("꽃", "flower", "flowers", "송이"),
    Noun("펜", "pen", "pens", "자루"),
    Noun("차", "car", "cars", "대"),
    Noun("집", "house", "houses", "채"),
    Noun("그림", "picture", "pictures", "장"),
    Noun("모자", "hat", "hats", "개"),
    Noun("우산", "umbrella", "umbrellas", "개"),
    Noun("의자", "chair", "chairs", "개"),
    Noun("시계", "watch", "watches", "개"),
    Noun("칼", "knife", "knives", "자루"),
)
VERBS = (
    Verb("사다", "산다", "샀다", "살", "buy", "buys", "bought"),
    Verb("팔다", "판다", "팔았다", "팔", "sell", "sells", "sold"),
    Verb("찾다", "찾는다", "찾았다", "찾을", "find", "finds", "found"),
    Verb("그리다", "그린다", "그렸다", "그릴", "draw", "draws", "drew"),
    Verb("보다", "본다", "보았다", "볼", "see", "sees", "saw"),
    Verb("씻다", "씻는다", "씻었다", "씻을", "wash", "washes", "washed"),
    Verb("숨기다", "숨긴다", "숨겼다", "숨길", "hide", "hides", "hid"),
    Verb("고르다", "고른다", "골랐다", "고를", "choose", "chooses", "chose"),
    Verb(
        "빌리다", "빌린다", "빌렸다", "빌릴", "borrow", "borrows", "borrowed"
    ),
    Verb(
        "버리다",
        "버린다",
        "버렸다",
        "버릴",
        "discard",
        "discards",
        "discarded",
    ),
)
TRADES = ("사다", "팔다")
"""Verbs that may come with a price."""
ADJECTIVES = (
    ("큰", "big"),
    ("작은", "small"),
    ("새", "new"),
    ("오래된", "old"),
    ("빨간", "red"),
    ("파란", "blue"),
)
COUNTS = (("두", "two"), ("세", "three"), ("네", "four"), ("다섯", "five"))
PLACES = (
    ("시장에서", "at the market"),
    ("학교에서", "at the school"),
    ("도시에서", "in the city"),
    ("역에서", "at the station"),
    ("마을에서", "in the village"),
)
TIMES = {
    "past": (("어제", "yesterday"), ("지난주에", "last week")),
    "present": (("매일", "every day"), ("요즘", "these days")),
    "future": (("내일", "tomorrow"), ("다음 주에", "next week")),
}
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
UNITS = (("원", "won"), ("명", "people"), ("달러", "dollars"))
PARTICLES = {"subject": "이가", "topic": "은는", "object": "을를"}
"""Each pair: after a final consonant, and after a vowel."""


def ends_in_consonant(word: str) -> bool:
    r"""Say whether the last syllable of a Korean word has a final consonant.

    Args:
        word: Ends in a Hangul syllable.

    Returns:
        True for 책, False for 사과.

    Raises:
        ValueError: If the last letter is no Hangul syllable.

    Examples:
        >>> ends_in_consonant("책"), ends_in_consonant("사과")
        (True, False)

    References:
        The Unicode Standard, section 3.12: the 11,172 syllables stand in the
        order of initial, vowel, final, and 28 choices of final make a block.
    """
    if not word or not "가" <= word[-1] <= "힣":
        raise ValueError(
            f"word must end in a Hangul syllable, got {word!r}; spell it out"
        )
    return (ord(word[-1]) - ord("가")) % 28 > 0


def particle(word: str, role: str) -> str:
    r"""Put the particle behind a Korean noun that its last sound asks for.

    Args:
        word: A Korean noun.
        role: "subject" (이, 가), "topic" (은, 는) or "object" (을, 를).

    Returns:
        The noun with its particle.

    Raises:
        ValueError: If the role is unknown.

    Examples:
        >>> particle("책", "object"), particle("사과", "object")
        ('책을', '사과를')
    """
    if role not in PARTICLES:
        raise ValueError(
            f"role must be one of {', '.join(PARTICLES)}, got {role!r}"
        )
    return word + PARTICLES[role][0 if ends_in_consonant(word) else 1]
