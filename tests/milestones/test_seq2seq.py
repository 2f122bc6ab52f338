r"""The language of dates, numbers and sentences; tokens; BLEU."""

import math
import random
from fractions import Fraction

import pytest
import torch

from deepbook.milestones import seq2seq
from deepbook.milestones.seq2seq import (
    BOS,
    EOS,
    PAD,
    UNKNOWN,
    Grammar,
    Pair,
    Vocabulary,
    bleu,
    encode_pairs,
    english_number,
    korean_number,
    language,
    make_pairs,
    pad,
    tokenize,
    trim,
    words,
)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


# The language


@pytest.mark.parametrize(
    ("value", "korean", "english"),
    [
        (7, "7", "7"),
        (12_345, "1만 2,345", "12,345"),
        (100_000, "10만", "100,000"),
        (1_000_000, "100만", "1 million"),
        (3_250_000, "325만", "3.25 million"),
        (325_000_000, "3억 2,500만", "325 million"),
        (100_000_000, "1억", "100 million"),
        (1_234_500_000, "12억 3,450만", "1.2345 billion"),
        (1_230_000_000_000, "1조 2,300억", "1.23 trillion"),
        (10_001, "1만 1", "10,001"),
    ],
)
def test_numbers_by_hand(value, korean, english):
    assert korean_number(value) == korean
    assert english_number(value) == english


def read_korean(text):
    r"""Literal reader: figures times their unit, added up."""
    units = {"": 1, "만": 10**4, "억": 10**8, "조": 10**12}
    total = 0
    for group in text.split():
        figures = group.rstrip("만억조")
        total += int(figures.replace(",", "")) * units[group[len(figures) :]]
    return total


def read_english(text):
    sizes = {"million": 10**6, "billion": 10**9, "trillion": 10**12}
    figures, *word = text.split()
    return Fraction(figures.replace(",", "")) * sizes.get(*word or [""], 1)


def test_numbers_read_back():
    dice = random.Random(0)
    for _ in range(2000):
        value = dice.randrange(1, 10 ** dice.randint(1, 16))
        assert read_korean(korean_number(value)) == value
        assert read_english(english_number(value)) == value


@pytest.mark.parametrize(
    ("word", "role", "wanted"),
    [
        ("책", "object", "책을"),
        ("사과", "object", "사과를"),
        ("학생", "subject", "학생이"),
        ("의사", "subject", "의사가"),
        ("왕", "topic", "왕은"),
        ("친구", "topic", "친구는"),
    ],
)
def test_particles(word, role, wanted):
    assert words.particle(word, role) == wanted


def test_particles_by_decomposition():
    r"""Unicode's own decomposition has a third letter where there is a final consonant."""
    import unicodedata

    for noun in words.PEOPLE + words.THINGS:
        final = len(unicodedata.normalize("NFD", noun.korean[-1])) == 3
        assert words.ends_in_consonant(noun.korean) == final


CLAUSES = [  # person, tense, negative, last, verb → Korean, English
    ("past", False, True, "샀다", "bought"),
    ("past", False, False, "샀고", "bought"),
    ("past", True, True, "사지 않았다", "did not buy"),
    ("past", True, False, "사지 않았고", "did not buy"),
    ("present", False, True, "산다", "buys"),
    ("present", False, False, "사고", "buys"),
    ("present", True, True, "사지 않는다", "does not buy"),
    ("present", True, False, "사지 않고", "does not buy"),
    ("future", False, True, "살 것이다", "will buy"),
    ("future", False, False, "살 것이고", "will buy"),
    ("future", True, True, "사지 않을 것이다", "will not buy"),
    ("future", True, False, "사지 않을 것이고", "will not buy"),
]


@pytest.mark.parametrize(("tense", "negative", "last", "korean", "english"), CLAUSES)
def test_verbs_by_hand(tense, negative, last, korean, english):
    buy = words.VERBS[0]
    assert language._korean_verb(buy, tense, negative, last) == korean
    assert language._english_verb(buy, tense, False, negative) == english


def test_plural_verbs():
    buy = words.VERBS[0]
    assert language._english_verb(buy, "present", True, False) == "buy"
    assert language._english_verb(buy, "present", True, True) == "do not buy"


def test_objects_by_hand():
    book, apple = words.THINGS[:2]
    old, two = ("오래된", "old"), ("두", "two")
    assert language._object(book, None, None) == ("책을", "a book")
    assert language._object(apple, None, None) == ("사과를", "an apple")
    assert language._object(book, old, None) == ("오래된 책을", "an old book")
    assert language._object(book, old, two) == (
        "오래된 책 두 권을",
        "two old books",
    )


def test_one_translation_each():
    r"""Neither language leaves a choice: equal texts have equal translations."""
    pairs = make_pairs(20_000, Grammar(clauses=(1, 1)), seeded(0))
    for of, to in (("korean", "english"), ("english", "korean")):
        seen = {}
        for pair in pairs:
            text, other = getattr(pair, of), getattr(pair, to)
            assert seen.setdefault(text, other) == other


def test_kinds_and_length():
    for kind in seq2seq.KINDS:
        pairs = make_pairs(50, Grammar(kinds=(kind,)), seeded(0))
        assert {p.kind for p in pairs} == {kind}
    four = Grammar(kinds=("sentence",), clauses=(4, 4))
    for pair in make_pairs(50, four, seeded(0)):
        assert pair.english.count(" and ") == 3
    plain = make_pairs(50, Grammar(("sentence",), (1, 1), detail=0), seeded(0))
    assert max(len(p.korean.split()) for p in plain) <= 5


def test_no_leakage():
    r"""No date, number or clause of the test stands in training texts."""
    grammar = Grammar(clauses=(1, 3))
    known = make_pairs(4000, grammar, seeded(0))
    unseen = make_pairs(4000, grammar, seeded(0), test=True)
    assert not {p.korean for p in known} & {p.korean for p in unseen}
    assert not {p.english for p in known} & {p.english for p in unseen}

    def bought(pairs):
        return any(v in p.english for p in pairs for v in ("bought a book", "buy a book", "buys a book"))

    assert bought(unseen) and not bought(known)  # thing 0, verb 0: sum 0


def test_test_words_are_known():
    grammar = Grammar(clauses=(1, 3))
    known = make_pairs(4000, grammar, seeded(0))
    unseen = make_pairs(1000, grammar, seeded(1), test=True)
    korean = Vocabulary.of(p.korean for p in known)
    english = Vocabulary.of(p.english for p in known)
    source, target = encode_pairs(unseen, korean, english)
    assert not (source == UNKNOWN).any() and not (target == UNKNOWN).any()


def test_pairs_are_deterministic():
    state = torch.random.get_rng_state()
    again = [make_pairs(30, Grammar(), seeded(3)) for _ in range(2)]
    assert again[0] == again[1] != make_pairs(30, Grammar(), seeded(4))
    assert torch.equal(state, torch.random.get_rng_state())


# Tokens


def test_tokens_round_trip():
    pairs = make_pairs(500, Grammar(clauses=(1, 3)), seeded(0))
    for text in [t for p in pairs for t in (p.korean, p.english)]:
        assert "".join(tokenize(text)) == text
    korean = Vocabulary.of(p.korean for p in pairs)
    for pair in pairs:
        assert korean.decode(korean.encode(pair.korean)) == pair.korean


def test_hangul_stays_whole():
    assert tokenize("큰 책") == ["큰", " 책"]


def test_encode_pairs():
    pairs = [Pair("3월", "March 3", "date"), Pair("3", "3", "number")]
    korean = Vocabulary.of(p.korean for p in pairs)  # 3, 월
    english = Vocabulary.of(p.english for p in pairs)  # " 3", "3", "March"
    source, target = encode_pairs(pairs, korean, english)
    assert source.tolist() == [[4, 5, EOS], [4, EOS, PAD]]
    assert target.tolist() == [[BOS, 6, 4, EOS], [BOS, 5, EOS, PAD]]
    source, target = encode_pairs(pairs, korean, english, to_korean=True)
    assert source.tolist() == [[6, 4, EOS], [5, EOS, PAD]]
    assert target.tolist() == [[BOS, 4, 5, EOS], [BOS, 4, EOS, PAD]]
    source, _ = encode_pairs(pairs, korean, english, reverse=True)
    assert source.tolist() == [[5, 4, EOS], [4, EOS, PAD]]
    assert source.dtype == target.dtype == torch.int64


def test_unknown_and_end():
    vocabulary = Vocabulary.of(["3월"])
    assert vocabulary.encode("4월") == [UNKNOWN, 5, EOS]
    assert vocabulary.decode([BOS, 4, EOS, 5]) == "3"
    assert trim(pad([[4, EOS], [4, 5, EOS]])[:1]).tolist() == [[4, EOS]]


# BLEU


def literal_bleu(candidates, references, most=4):
    r"""Papineni et al., section 2, one count after another."""
    precision = Fraction(1)
    for n in range(1, most + 1):
        clipped = total = 0
        for said, truth in zip(candidates, references, strict=True):
            runs = [tuple(said[i : i + n]) for i in range(len(said) - n + 1)]
            left = [tuple(truth[i : i + n]) for i in range(len(truth) - n + 1)]
            for run in runs:
                total += 1
                if run in left:
                    left.remove(run)
                    clipped += 1
        if not clipped:
            return 0.0
        precision *= Fraction(clipped, total)
    c, r = sum(map(len, candidates)), sum(map(len, references))
    return min(1.0, math.exp(1 - r / c)) * float(precision) ** (1 / most)


def test_bleu_by_hand():
    r"""Papineni's example 2: of seven 'the' two count, since the reference has two."""
    said, truth = ["the"] * 7, "the cat is on the mat".split()
    assert bleu([said], [truth], most=1) == pytest.approx(2 / 7)
    assert bleu([truth], [truth]) == 1.0
    # five words of six right in a row: shares 1, brevity exp(1 - 6/5)
    assert bleu([truth[:5]], [truth]) == pytest.approx(math.exp(-0.2))


def test_bleu_equals_twin():
    dice = random.Random(0)
    for _ in range(200):
        count = dice.randint(1, 4)
        texts = [[dice.choices("abc", k=dice.randint(4, 12)) for _ in range(count)] for _ in range(2)]
        assert bleu(*texts) == pytest.approx(literal_bleu(*texts), abs=1e-12)


def test_bleu_properties():
    truth = "a b c d e f g h".split()
    damaged = [["x", *truth[1:]], ["x", "b", "x", *truth[3:]]]
    scores = [bleu([said], [truth]) for said in (truth, *damaged)]
    assert 1 == scores[0] > scores[1] > scores[2] > 0
    assert bleu([[]], [truth]) == 0 == bleu([["z"] * 8], [truth])


# What is refused

REFUSED = [
    (lambda: Grammar(kinds=("poem",)), ValueError, "kinds must be some of"),
    (lambda: Grammar(clauses=(2, 1)), ValueError, "clauses must be"),
    (lambda: Grammar(digits=7), ValueError, "digits must be 1 to 6"),
    (lambda: Grammar(detail=1.5), ValueError, "detail must be in"),
    (lambda: make_pairs(0, Grammar(), seeded(0)), ValueError, "count must be"),
    (lambda: korean_number(0), ValueError, "value must be 1 to"),
    (lambda: english_number(10**16), ValueError, "value must be 1 to"),
    (lambda: words.particle("책", "verb"), ValueError, "role must be one of"),
    (lambda: words.particle("hat", "topic"), ValueError, "Hangul syllable"),
    (lambda: tokenize("a  b"), ValueError, "text must be made of"),
    (lambda: Vocabulary(["a", "a"]), ValueError, "tokens must differ"),
    (lambda: pad([]), ValueError, "sequences must be one or more"),
    (lambda: pad([[1], []]), ValueError, "none of them empty"),
    (lambda: bleu([["a"]], []), ValueError, "as many as candidates"),
    (lambda: bleu([["a"]], [["a"]], most=0), ValueError, "most must be"),
    (lambda: bleu(["a b"], ["a b"]), TypeError, "cut it up"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()
