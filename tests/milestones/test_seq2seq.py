r"""The language of dates, numbers and sentences; tokens; BLEU; encoder and decoder, search and training."""

import math
import random
from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
import torch

from deepbook.components.model import (
    GRU,
    LSTM,
    count_multiply_adds,
    count_parameters,
)
from deepbook.milestones import seq2seq
from deepbook.milestones.seq2seq import (
    BOS,
    CONFIGS,
    EOS,
    PAD,
    PUBLISHED_PARAMETERS,
    UNKNOWN,
    AdditiveAttention,
    Config,
    Grammar,
    Pair,
    Translator,
    Vocabulary,
    beam_search,
    bleu,
    encode_pairs,
    english_number,
    fit,
    greedy,
    korean_number,
    language,
    make_pairs,
    pad,
    score,
    token_loss,
    tokenize,
    translate,
    trim,
    words,
)
from deepbook.milestones.seq2seq.bleu import ngrams
from deepbook.training import initialize


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


# The networks


def tiny(attention=0, cell="lstm", layers=1, seed=0):
    config = Config(9, 7, 5, 6, layers, cell, attention)
    return initialize(Translator(config), seeded(seed))


def by_hand(model, source, words):
    r"""Literal twin: one sentence, one token after another, this book's own recurrent layers."""
    config = model.config
    kind = {"lstm": LSTM, "gru": GRU}[config.cell]
    parts = []
    for part in (model.encoder, model.decoder):
        size = part.input_size
        parts.append(kind(size, config.hidden, config.layers, bias=False))
        parts[-1].load_state_dict(part.state_dict())
    encoder, decoder = parts
    memory, state = encoder(model.source_embedding(source[None]))
    logits = []
    for word in words:
        said, state = decoder(model.target_embedding(word[None, None]), state)
        said = said[0, 0]
        if config.attention:
            net = model.attention
            scores = torch.stack(
                [net.score.weight[0] @ torch.tanh(net.of_query.weight @ said + net.of_memory.weight @ h) for h in memory[0]]
            )
            odds = scores.exp() / scores.exp().sum()
            found = sum(a * h for a, h in zip(odds, memory[0], strict=True))
            said = torch.tanh(model.mix.weight @ torch.cat([found, said]))
        logits.append(model.output.weight @ said)
    return torch.stack(logits)


PADDED = torch.tensor([[4, 5, 6, 7, EOS], [8, EOS, PAD, PAD, PAD]])
WORDS = torch.tensor([[BOS, 4, 5], [BOS, 6, 6]])


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("attention", [0, 3])
@pytest.mark.parametrize("layers", [1, 2])
def test_translator_equals_twin(cell, attention, layers):
    r"""Also proves that padding changes nothing: the twin gets none."""
    model = tiny(attention, cell, layers)
    with torch.no_grad():
        together = model(PADDED, WORDS)
        for row, source in enumerate(([4, 5, 6, 7, EOS], [8, EOS])):
            alone = by_hand(model, torch.tensor(source), WORDS[row])
            # sums of float32 in another order
            assert torch.allclose(together[row], alone, atol=1e-5)


def test_attention_by_hand():
    r"""v = log 3 and tanh(0), tanh(large): weights 1 to 3."""
    net = AdditiveAttention(1, 1, 1)
    with torch.no_grad():
        net.of_query.weight.zero_()
        net.of_memory.weight.fill_(50.0)
        net.score.weight.fill_(math.log(3))
        memory = torch.tensor([[[0.0], [1.0], [9.0]]])
        mask = torch.tensor([[True, True, False]])
        mixed, weights = net(torch.zeros(1, 1, 1), memory, mask)
    assert weights[0, 0].tolist() == pytest.approx([0.25, 0.75, 0.0])
    assert mixed.item() == pytest.approx(0.75)


def test_attention_looks_where_it_may():
    model = tiny(attention=3)
    memory = model.encode(PADDED)
    _, _, weights = model.decode(WORDS, memory, memory.state)
    assert weights.shape == (2, 3, 5)
    assert torch.allclose(weights.sum(2), torch.ones(2, 3))
    assert (weights[1, :, 2:] == 0).all() and (weights[1, :, :2] > 0).all()


def test_gradients_reach_everything():
    model = tiny(attention=3, layers=2)
    token_loss(model(PADDED, WORDS), WORDS).backward()
    assert all(p.grad.abs().sum() > 0 for p in model.parameters())
    # padding gets none, so it stays zero
    assert (model.source_embedding.weight.grad[PAD] == 0).all()


def test_padding_costs_nothing():
    r"""One real token, right with odds 3 to 1; what stands under the padding is as wrong as can be."""
    logits = torch.tensor([[[0.0, math.log(3)], [-50.0, 50.0]]])
    loss = token_loss(logits, torch.tensor([[1, PAD]]))
    assert loss.item() == pytest.approx(math.log(4 / 3))


def test_steps_equal_one_pass():
    model = tiny(attention=3, layers=2)
    memory = model.encode(PADDED)
    whole, _, _ = model.decode(WORDS, memory, memory.state)
    state, parts = memory.state, []
    for t in range(3):
        logits, state, _ = model.decode(WORDS[:, t : t + 1], memory, state)
        parts.append(logits)
    assert torch.allclose(torch.cat(parts, 1), whole, atol=1e-6)


# Search


def all_translations(model, source, most):
    r"""Literal twin: every sequence there is, with its log probability."""
    memory = model.encode(source)
    found = {}
    for run in product(range(2, 7), repeat=most):
        cut = run.index(EOS) + 1 if EOS in run else most
        run = run[:cut]
        read = torch.tensor([[BOS, *run[:-1]]])
        logits = model.decode(read, memory, memory.state)[0][0]
        odds = logits.log_softmax(1)[range(cut), list(run)].sum()
        found[run] = odds.item()
    return found


@torch.no_grad()
@pytest.mark.parametrize("seed", range(5))
def test_beam_search_equals_exhaustive(seed):
    model = tiny(attention=3, seed=seed)
    model.output.weight *= 3
    source = torch.tensor([[4, 5, EOS]])
    every = all_translations(model, source, most=3)
    # 1 + 4 + 4 * 4 * 5 sequences; a beam of 125 drops none of them
    assert len(every) == 85
    found = beam_search(model, source, width=125, most=3)
    ranked = sorted(every.items(), key=lambda item: -item[1])
    assert [h.tokens for h in found] == [run for run, _ in ranked]
    assert [h.score for h in found] == pytest.approx([odds for _, odds in ranked], abs=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("attention", [0, 3])
def test_beam_of_one_is_greedy(attention):
    compared = 0
    for seed in range(10):
        model = tiny(attention, seed=seed)
        model.output.weight[[PAD, BOS]] = 0
        model.output.weight[BOS + 1 :] += 0.5
        source = torch.tensor([[4, 8, 5, EOS]])
        plain = greedy(model, source, 6)[0]
        if ((plain == BOS) | (plain == PAD)).any():
            continue  # a beam never says these two
        found = beam_search(model, source, 1, 6)[0]
        assert found.tokens == tuple(plain.tolist())
        compared += 1
    assert compared >= 3


def literal_beam(model, source, width, most):
    r"""Beam search that reads every beginning anew from its first token."""
    memory = model.encode(source)
    alive, ended = [((), 0.0)], []
    for length in range(1, most + 1):
        grown = []
        for run, odds in alive:
            read = torch.tensor([[BOS, *run]])
            logits = model.decode(read, memory, memory.state)[0][0, -1]
            gains = logits.log_softmax(0).tolist()
            grown += [((*run, k), odds + gains[k]) for k in range(2, 7)]
        best = sorted(grown, key=lambda item: -item[1])[:width]
        done = [item for item in best if item[0][-1] == EOS or length == most]
        ended += done
        alive = [item for item in best if item not in done]
        if not alive or len(ended) >= width:
            break
    return sorted(ended, key=lambda item: -item[1])[:width]


@torch.no_grad()
@pytest.mark.parametrize("width", [2, 3, 5])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_beam_search_equals_twin(width, cell):
    for seed in range(6):
        model = tiny(3, cell, 2, seed)
        model.output.weight *= 4
        source = torch.tensor([[7, 4, 6, EOS]])
        found = beam_search(model, source, width, most=6)
        twin = literal_beam(model, source, width, most=6)
        assert [h.tokens for h in found] == [run for run, _ in twin]
        assert [h.score for h in found] == pytest.approx([odds for _, odds in twin], abs=1e-4)


@torch.no_grad()
def test_greedy_stops_each_row_at_its_end():
    uneven = 0
    for seed in range(40):
        model = tiny(seed=seed)
        model.output.weight *= 4
        rows = greedy(model, PADDED, 9).tolist()
        for row in rows:
            if EOS in row:
                after = row[row.index(EOS) + 1 :]
                assert set(after) <= {PAD}
                uneven += len(after) > 0
    assert uneven >= 3


# What is refused

ROWS, MASK = torch.zeros(1, 2, 1), torch.ones(1, 2, dtype=torch.bool)
REFUSED = [
    (lambda: Config(0, 5), ValueError, "source_words must be a whole"),
    (lambda: Config(5, 5, cell="rnn"), ValueError, "cell must be one of"),
    (lambda: Config(5, 5, attention=-1), ValueError, "attention must be"),
    (lambda: AdditiveAttention(0, 1, 1), ValueError, "query_size must be"),
    (
        lambda: tiny().encode(torch.zeros(1, 3, dtype=torch.long)),
        ValueError,
        "a token in every row",
    ),
    (lambda: greedy(tiny(), PADDED, 0), ValueError, "most must be a whole"),
    (
        lambda: beam_search(tiny(), PADDED, 2, 3),
        ValueError,
        "source must be one sentence",
    ),
    (
        lambda: beam_search(tiny(), PADDED[:1], 0, 3),
        ValueError,
        "width must be a whole",
    ),
    (
        lambda: fit(tiny(), PADDED, WORDS[:1], seeded(0)),
        ValueError,
        "a row for each source",
    ),
    (
        lambda: fit(tiny(), PADDED, WORDS, seeded(0), steps=0),
        ValueError,
        "steps must be a whole",
    ),
    (lambda: score(["a"], [], None), ValueError, "as many as"),
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
    (lambda: ngrams(["a"], 0), ValueError, "size must be a whole"),
    (lambda: Vocabulary(["a"]).decode([5]), ValueError, "numbers must be 0 to 4, got 5"),
    (lambda: Vocabulary(["a"]).decode([-1]), ValueError, "got -1"),
    (lambda: trim(torch.zeros(3)), TypeError, "numbers must hold token numbers"),
    (lambda: tiny().encode(PADDED.float()), TypeError, "source must hold token numbers"),
    (lambda: tiny().encode(PADDED[0]), ValueError, r"source must have shape \(B, T\)"),
    (lambda: tiny().encode(PADDED + 99), ValueError, "source must hold numbers 0 to 8, got 1.*; encode the text with the vocabulary"),
    (lambda: greedy(tiny(), PADDED - 1, 9), ValueError, "source must hold numbers 0 to 8, got -1"),
    (lambda: tiny()(PADDED, WORDS + 99), ValueError, "words must hold numbers 0 to 6, got 1"),
    (lambda: token_loss(torch.zeros(1, 1, 7), torch.tensor([[7]])), ValueError, "gold must hold numbers 0 to 6, got 7"),
    (lambda: tiny()(PADDED, WORDS[:, :0]), ValueError, r"words must have shape \(B, T\)"),
    (lambda: AdditiveAttention(1, 1, 1)(ROWS, ROWS[..., 0], MASK), ValueError, r"memory must have shape \(B, S, memory_size\)"),
    (lambda: AdditiveAttention(2, 1, 1)(ROWS, ROWS, MASK), ValueError, "query must have 2 numbers"),
    (lambda: AdditiveAttention(1, 1, 1)(ROWS, ROWS, MASK[:, :1]), ValueError, r"mask must be \(B, S\), \(1, 2\)"),
    (lambda: token_loss(torch.zeros(2, 3, 7), WORDS[:, :2]), ValueError, "ask for the token after each word"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()


# Determinism


def test_pairs_are_deterministic():
    state = torch.random.get_rng_state()
    again = [make_pairs(30, Grammar(), seeded(3)) for _ in range(2)]
    assert again[0] == again[1] != make_pairs(30, Grammar(), seeded(4))
    assert torch.equal(state, torch.random.get_rng_state())


def test_fit_is_deterministic():
    pairs = make_pairs(50, Grammar(("date",)), seeded(0))
    korean = Vocabulary.of(p.korean for p in pairs)
    english = Vocabulary.of(p.english for p in pairs)
    data = encode_pairs(pairs, korean, english)
    state = torch.random.get_rng_state()
    runs = []
    for _ in range(2):
        model = Translator(Config(len(korean), len(english)))
        initialize(model, seeded(0))
        torch.random.set_rng_state(state)
        runs.append(fit(model, *data, seeded(1), steps=3))
        assert torch.equal(state, torch.random.get_rng_state())
    assert runs[0] == runs[1]


# Learning


@pytest.mark.parametrize("seed", range(3))
def test_miniature_learns(seed):
    r"""Dates, 200 steps of 32, with attention: new dates are right to the letter (measured: 100 of 100 from each seed)."""
    grammar = Grammar(("date",))
    pairs = make_pairs(2000, grammar, seeded(0))
    unseen = make_pairs(100, grammar, seeded(1), test=True)
    korean = Vocabulary.of(p.korean for p in pairs)
    english = Vocabulary.of(p.english for p in pairs)
    sizes = {"source_words": len(korean), "target_words": len(english)}
    config = replace(CONFIGS["miniature"], **sizes, attention=32)
    model = initialize(Translator(config), seeded(seed))
    losses = fit(
        model,
        *encode_pairs(pairs, korean, english),
        seeded(10 + seed),
        steps=200,
        rate=0.015,
    )
    said = translate(model, encode_pairs(unseen, korean, english)[0], english)
    exact, mark = score(said, [p.english for p in unseen], english)
    assert losses[-1] < 0.1 * losses[0]  # measured: 3.6 to 0.002 nats
    assert exact > 0.9 and mark > 0.95


# Published sizes


def test_published_parameters():
    for name, (count, _) in PUBLISHED_PARAMETERS.items():
        with torch.device("meta"):
            model = Translator(CONFIGS[name])
        assert count_parameters(model) == count
    # 4 layers of 4 gates, two 1000 x 1000 matrices each, on both sides
    assert count_parameters(model.encoder) == 4 * 4 * 2 * 10**6
    assert count_parameters(model.decoder) == 4 * 4 * 2 * 10**6


def test_multiply_adds():
    r"""Every weight once a token, but for the embeddings, which are looked up."""
    model = tiny()
    work = count_multiply_adds(model, torch.full((1, 4), 5), WORDS[:1])
    assert work == 4 * 4 * 6 * (5 + 6) + 3 * (4 * 6 * (5 + 6) + 7 * 6)
