r"""GPT: byte pairs, the network, its published sizes and files, writing, the frozen text, and what a miniature learns.

Tolerances: `transformers` does the same sums in another order, so float32 logits of a few layers are held to 1e-5 absolute. Keys and
values from a cache are the same numbers, multiplied in matrices of another height: 1e-5 as well.
"""

import hashlib
import json
import math
import sys
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from deepbook.components.model import count_multiply_adds, count_parameters
from deepbook.milestones import gpt as book
from deepbook.milestones.gpt import CONFIGS, GPT, IGNORE, Cache, Config, Tokenizer
from deepbook.milestones.gpt import text as frozen
from deepbook.start.reading_papers.printed import rounds_to
from deepbook.training import initialize

TINY = Config(vocabulary=20, context=8, layers=3, size=12, num_heads=3)
KOREAN = "손실을 줄인다. 손실이 줄었다! 모델이 학습한다, 학습률이 크다. 토큰 256개를 읽는다."
ENGLISH = "The loss falls. The model learns, the loss is low! It's 256 tokens, and they're read."
BOTH = [KOREAN * 3, ENGLISH * 2, "그림 figure 3: 손실(loss)이 준다"]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def lively(config=TINY, seed=0):
    r"""A network with weights large enough that its scores differ, biases and norms included."""
    model = GPT(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.3, generator=seeded(seed + parameter.numel()))
    return model.eval()


def tokens(batch=2, length=8, seed=0, vocabulary=20):
    return torch.randint(vocabulary, (batch, length), generator=seeded(seed))


@cache
def small():
    return Tokenizer.train(BOTH, 340)


# --- value by hand ---------------------------------------------------------------------------------------------------


def test_merges_by_hand():
    # aa stands there 4 times; then (aa, a) and (a, b) twice each, and 97 is smaller than 256; then (aa, ab) twice
    assert Tokenizer.train(["aaabdaaabac"], 260).pieces[256:] == [b"aa", b"ab", b"aaab"]


def test_words_by_hand():
    assert book.split_words("They're 3일  동안, _x") == ["They", "'re", " 3", "일", " ", " 동안", ",", " _", "x"]


def test_narrow_by_hand():
    logits = torch.tensor([0.1, 0.4, 0.2, 0.3]).log()
    cases = {
        (1.0, None, None): [0.1, 0.4, 0.2, 0.3],
        (1.0, 2, None): [0, 4 / 7, 0, 3 / 7],
        (1.0, None, 0.6): [0, 4 / 7, 0, 3 / 7],  # 0.4 is not enough, 0.7 is
        (1.0, None, 0.75): [0, 4 / 9, 2 / 9, 3 / 9],
        (1.0, 3, 0.5): [0, 4 / 7, 0, 3 / 7],  # of the three 4/9 is not enough
        (0.5, None, None): [1 / 30, 16 / 30, 4 / 30, 9 / 30],  # squares
        (0.0, None, None): [0, 1, 0, 0],
    }
    for (temperature, top_k, top_p), by_hand in cases.items():
        found = book.narrow(logits, temperature=temperature, top_k=top_k, top_p=top_p)
        assert found.tolist() == pytest.approx(by_hand, abs=1e-6), (temperature, top_k, top_p)


def test_power_law_by_hand():
    law = book.fit_power_law([1, 4, 16, 64], [8.0, 4.0, 2.0, 1.0])
    assert (law.coefficient, law.exponent, law.exponent_error) == pytest.approx((8.0, 0.5, 0.0), abs=1e-9)
    # logarithms (0, 0), (1, 1), (2, 0): slope 0, residuals -1/3, 2/3, -1/3, error sqrt((6/9) / 1 / 2)
    bent = book.fit_power_law([1, math.e, math.e**2], [1, math.e, 1])
    assert (bent.exponent, bent.exponent_error) == pytest.approx((0.0, math.sqrt(1 / 3)))
    assert math.isnan(book.fit_power_law([1, 2], [2, 1]).exponent_error)


def test_table_examples_by_hand():
    r"""Every value is the one that some single table gives to all keys of its sequence; each table is drawn about equally often."""
    tables = torch.tensor([[0, 1, 2], [1, 1, 5]])
    inputs, targets = book.table_examples(tables, 400, 4, seeded())
    assert inputs.shape == targets.shape == (400, 7)
    drawn = [0, 0]
    for row, wanted in zip(inputs.tolist(), targets.tolist(), strict=True):
        keys, values = row[::2], [value - 3 for value in wanted[::2]]
        assert wanted[1::2] == [IGNORE] * 3 and [value + 3 for value in values[:3]] == row[1::2]
        fits = [[table[key] for key in keys] == values for table in tables.tolist()]
        assert any(fits) and set(keys) <= {0, 1, 2}
        drawn = [count + fit for count, fit in zip(drawn, fits, strict=True)]
    assert all(150 < count < 260 for count in drawn), drawn  # 200 each, and rows of key 1 alone for both; five standard errors are 50


def test_windows_by_hand():
    inputs, targets = book.windows(torch.arange(6) * 10, 3, 200, seeded())
    assert (targets == inputs + 10).all()
    assert set(inputs[:, 0].tolist()) == {0, 10, 20}, "the first and the last window are drawn as well"


# --- shape and gradient ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{}, {"norm_first": False}, {"head_size": 5}, {"dropout": 0.5}])
def test_shapes_and_gradients(changes):
    model = initialize(GPT(replace(TINY, **changes)), seeded()).train()
    logits = model(tokens())
    assert logits.shape == (2, 8, 20) and logits.dtype == torch.float32
    logits.square().sum().backward()
    assert not [name for name, p in model.named_parameters() if p.grad is None or not p.grad.isfinite().all()]


def test_initial_sizes():
    model = initialize(GPT(Config(vocabulary=500, context=64, layers=8, size=64, num_heads=4)), seeded())
    spreads = {name: p.std().item() for name, p in model.named_parameters() if p.ndim > 1}
    for name, spread in spreads.items():
        written = name.endswith(("out.weight", "contract.weight"))
        assert spread == pytest.approx(0.02 / 4 if written else 0.02, rel=0.06), name  # 4,096 draws or more: 1.1% standard error


# --- equal to a slow literal twin ------------------------------------------------------------------------------------


def literal_merges(texts, wanted):
    r"""Count all pairs anew for every merge; a pair counts if its pieces make whole characters, or a part of one."""
    words = Counter(w for text in texts for w in book.split_words(text))
    split = [([bytes([b]) for b in word.encode()], count) for word, count in words.items()]
    pieces, merges = [bytes([b]) for b in range(256)], []

    def whole(piece):
        return "�" not in piece.decode(errors="replace")

    while len(merges) < wanted:
        counts = Counter()
        for parts, count in split:
            for a, b in zip(parts, parts[1:], strict=False):
                one_character = sum(byte & 0xC0 != 0x80 for byte in a + b) <= 1 and not (whole(a) and a)
                if (whole(a) and whole(b)) or (one_character and b[0] & 0xC0 == 0x80):
                    counts[pieces.index(a), pieces.index(b)] += count
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append(best)
        a, b = (pieces[k] for k in best)
        pieces.append(a + b)
        for parts, _ in split:
            k = 0
            while k < len(parts) - 1:
                if parts[k] == a and parts[k + 1] == b:
                    parts[k : k + 2] = [a + b]
                k += 1
    return merges


def test_merges_equal_a_literal_twin():
    assert small().merges == literal_merges(BOTH, 340 - 257)


@pytest.mark.parametrize("length", [29, 5])  # three windows of 8 and a part, less than a window
def test_loss_on_a_stream_equals_a_sum_token_by_token(length):
    model, stream = lively(), tokens(1, length)[0]
    total = 0.0
    for k in range(1, length):
        start = (k - 1) // 8 * 8
        total -= model(stream[None, start:k])[0, -1].log_softmax(0)[stream[k]].item()
    assert book.stream_loss(model, stream, batch_size=2) == pytest.approx(total / (length - 1), abs=1e-5)


# --- equal to the reference ------------------------------------------------------------------------------------------


def reference(kind="gpt2", **changes):
    transformers = pytest.importorskip("transformers")
    sizes = {"vocab_size": 20, "n_positions": 8, "n_layer": 3, "n_embd": 12, "n_head": 3} | changes
    if kind == "gpt1":
        config = transformers.OpenAIGPTConfig(**sizes)
        model = transformers.OpenAIGPTLMHeadModel(config)
    else:
        config = transformers.GPT2Config(**sizes, bos_token_id=0, eos_token_id=0)
        model = transformers.GPT2LMHeadModel(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.3, generator=seeded(parameter.numel()))
    return model.eval()


def write(model, layout, folder):
    r"""Write the weights as they are found in the wild, and return the file."""
    state = {name: value.clone().contiguous() for name, value in model.state_dict().items()}
    if layout == "bare":
        state = {name.removeprefix("transformer."): value for name, value in state.items() if name != "lm_head.weight"}
    if layout == "old buffers":
        for k in range(3):
            state[f"transformer.h.{k}.attn.bias"] = torch.ones(1, 1, 8, 8).tril()
            state[f"transformer.h.{k}.attn.masked_bias"] = torch.tensor(-1e4)
    if layout == "linear":
        maps = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
        state = {f"_orig_mod.{name}": value.T.contiguous() if name.endswith(maps) else value for name, value in state.items()}
    if layout in ("safetensors", "bare"):
        from safetensors.torch import save_file

        path = folder / "model.safetensors"
        save_file(state, path)
    else:
        path = folder / ("pytorch_model.bin" if layout == "bin" else "checkpoint.pt")
        torch.save({"model": state} if layout == "linear" else state, path)
    return path


@pytest.mark.parametrize("kind", ["gpt1", "gpt2"])
@pytest.mark.parametrize("layout", ["safetensors", "bin", "bare", "old buffers", "linear"])
def test_checkpoints_give_the_logits_of_the_reference(kind, layout, tmp_path):
    theirs = reference(kind)
    ours = book.load_pretrained(write(theirs, layout, tmp_path), num_heads=3)
    assert ours.config == replace(TINY, norm_first=kind == "gpt2")
    assert not ours.training and all(p.requires_grad for p in ours.parameters())
    with torch.no_grad():
        assert_close(ours(tokens()), theirs(tokens()).logits, atol=1e-5, rtol=1e-5)


def test_heads_beside_the_file(tmp_path):
    path = write(reference(), "bin", tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"n_head": 2}))
    assert book.load_pretrained(path).config.num_heads == 2
    assert book.load_pretrained(path, num_heads=3).config.num_heads == 3
    path = write(reference(n_embd=128, n_head=2), "old buffers", tmp_path)
    (tmp_path / "config.json").unlink()
    assert book.load_pretrained(path).config.num_heads == 2  # 128 / 64


def test_looking_at_weights_changes_nothing():
    model = lively()
    plain = model(tokens())
    for block in model.blocks:
        block.attention.keep = True
    assert_close(model(tokens()), plain, atol=1e-5, rtol=0)
    weights = model.blocks[1].attention.weights
    assert weights.shape == (2, 3, 8, 8) and (weights.triu(1) == 0).all()


# --- properties ------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
@example(KOREAN)
@example("가족 👨‍👩‍👧 각  \t\n é ﷽ ² _ \x1c \u3000")  # emoji joined, Jamo, odd spaces, combining marks
def test_every_text_comes_back(text):
    assert "".join(book.split_words(text)) == text
    found = small().encode(text)
    assert small().decode(found) == text and all(token < small().end for token in found)


@pytest.mark.parametrize("source", ["small", "frozen"])
def test_no_token_joins_part_of_a_syllable_to_its_neighbor(source):
    learned = small() if source == "small" else Tokenizer.train(book.texts(book.load_passages()[:200]), 700)
    inside, across = 0, 0
    for piece in learned.pieces[256:]:
        starts = sum(byte & 0xC0 != 0x80 for byte in piece)
        if "�" in piece.decode(errors="replace"):
            assert starts <= 1 and len(piece) < 4, piece
            inside += 1
        else:
            across += starts > 1
    assert inside > 0 and across > 0, "both kinds of merges are there"


def test_tokens_shorten_both_languages():
    for text in (KOREAN, ENGLISH):
        assert book.bytes_per_token(small(), [text]) > 1.5


@pytest.mark.parametrize("size", [257, 258, 300])
def test_vocabulary_is_as_large_as_asked(size, tmp_path):
    learned = Tokenizer.train(BOTH, size)
    assert len(learned) == size and learned.end == size - 1
    learned.save(tmp_path / "pairs.json")
    read = Tokenizer.load(tmp_path / "pairs.json")
    assert read.merges == learned.merges and read.encode(KOREAN) == learned.encode(KOREAN)
    assert learned.decode([*b"ab", learned.end, *b"c", 0xEC]) == "abc�"


def test_does_not_look_ahead():
    model, one = lively(), tokens()
    other = one.clone()
    other[:, 5:] = (other[:, 5:] + 1) % 20
    assert_close(model(one)[:, :5], model(other)[:, :5], atol=1e-5, rtol=0)
    assert (model(one)[:, 5:] - model(other)[:, 5:]).abs().max() > 1e-2


@pytest.mark.parametrize("norm_first", [True, False])
def test_cache_gives_the_same_logits(norm_first):
    model, cache = lively(replace(TINY, norm_first=norm_first)), Cache()
    with torch.no_grad():
        whole = model(tokens())
        parts = [model(part, cache) for part in tokens().split([3, 1, 4], dim=1)]
    assert cache.length == 8
    assert_close(torch.cat(parts, dim=1), whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize("setting", [{"temperature": 0}, {}, {"top_k": 5}, {"top_p": 0.8, "temperature": 1.3}])
@pytest.mark.parametrize("length", [1, 7, 8, 13])
def test_cache_gives_the_same_tokens(setting, length):
    r"""Also where the text grows beyond the context of 8, which it does in every case."""
    model = lively()
    said = [book.generate(model, tokens(3, length), 20, generator=seeded(5), use_cache=use, **setting) for use in (True, False)]
    assert said[0].shape == (3, length + 20) and (said[0][:, :length] == tokens(3, length)).all()
    assert torch.equal(*said)
    assert len(said[0][:, length:].unique()) > 1, "the text says more than one thing"


@given(length=st.integers(1, 200), context=st.integers(1, 20))
def test_window_fits_and_keeps_half(length, context):
    seen = length - book.window_start(length, context)
    assert min(length, context // 2, 1) <= seen <= context
    assert seen == length or seen > context // 2
    if context > 1:
        starts = [book.window_start(n, context) for n in range(1, length + 1)]
        assert starts == sorted(starts)


def test_greedy_is_the_likeliest_and_stops_at_the_end():
    model, begin = lively(), tokens(1, 3)
    first = model(begin)[0, -1].argmax().item()
    said = book.generate(model, begin, 6, temperature=0, end=first)
    assert said.tolist() == [[*begin[0].tolist(), first]]
    model.train()
    book.generate(model, begin, 1, temperature=0)
    assert model.training, "the mode is as it was"


def test_draws_follow_the_probabilities():
    model, begin = lively(), tokens(1, 3).repeat(4000, 1)
    share = model(begin[:1])[0, -1].softmax(0)
    drawn = book.generate(model, begin, 1, generator=seeded(1))[:, -1]
    counted = torch.bincount(drawn, minlength=20) / 4000
    assert (counted - share).abs().max() < 4 * 0.5 / math.sqrt(4000)  # four standard errors of the widest share


# --- the frozen text -------------------------------------------------------------------------------------------------


def test_text_is_frozen():
    r"""Made on purpose to stay: whoever makes it anew runs the chapter again, and writes the new sum here."""
    assert hashlib.sha256(frozen.FILE.read_bytes()).hexdigest() == "9973aa0f0b993d6379cffae168d110b90caaf3791fe31e6d48bc8e6a9ecf386e"
    passages = book.load_passages()
    korean, english = ("".join(getattr(p, name) for p in passages) for name in ("korean", "english"))
    assert 300_000 < len((korean + english).encode()) < 600_000
    assert sum("가" <= c <= "힣" for c in korean) > 0.4 * len(korean) and not any("가" <= c <= "힣" for c in english[:2000])


CATALOGUE = """msgid ""
msgstr "Language: en\\n"

msgid "손실"
msgstr "Loss"

#. comment
msgid "{long}"
msgstr "a comment"

msgid "{long} {{glue:text}}`a:.2f`을(를) {{doc}}`../a/b` **굵게** `코드`"
msgstr ""
"The \\"second\\" part {{glue:text}}`a:.2f` {{term}}`losses "
"<loss>`."
"""


def test_snapshot_takes_the_prose_of_both(tmp_path):
    long = "손실이 줄어든다. " * 10
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "topic.po").write_text(CATALOGUE.format(long=long), encoding="utf-8")
    (passage,) = book.snapshot(tmp_path)
    assert passage == book.Passage("part/topic", f"{long}N을(를) ../a/b 굵게 코드", 'The "second" part N losses.')
    book.save_passages([passage], tmp_path / "text.jsonl")
    assert json.loads((tmp_path / "text.jsonl").read_text(encoding="utf-8"))["chapter"] == "part/topic"


def test_validation_shares_no_passage():
    passages = book.load_passages()
    train, held = book.split_passages(passages, 0.1, seeded())
    assert sorted(map(str, train + held)) == sorted(map(str, passages))
    seen = set(book.texts(train))
    assert not [text for text in book.texts(held) if text in seen], "a validation text is in training"
    other = book.split_passages(passages, 0.1, seeded(1))[1]
    assert held != other and len(held) == len(other) == round(0.1 * len(passages))


# --- rejection -------------------------------------------------------------------------------------------------------


def rows():
    return torch.zeros(2, 3, 4, 5)


def filled():
    cache = Cache()
    cache.extend(0, rows(), rows())
    return cache


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: book.split_words(b"a"), TypeError, "text must be a string, got bytes"),
        (lambda: book.may_join("a", b"b"), TypeError, r"left must be bytes, got str; write text.encode\(\)"),
        (lambda: book.may_join(b"a", [98]), TypeError, "right must be bytes, got list"),
        (lambda: book.may_join(b"a", b""), ValueError, "right must hold a byte or more"),
        (lambda: book.may_join(b"", b"a"), ValueError, "left must hold a byte or more"),
        (lambda: Tokenizer.train("text", 300), TypeError, r"write \[text\]"),
        (lambda: Tokenizer.train(BOTH, 256), ValueError, "size must be a whole number of 257 or more"),
        (lambda: Tokenizer.train(["abc"], 300), ValueError, "must offer 43 pairs to join, got 2; .* size=259"),
        (lambda: Tokenizer([(97, 256)]), ValueError, "merge 0 must be a new pair of tokens below 256"),
        (lambda: Tokenizer([(97, 98), (97, 98)]), ValueError, "merge 1 must be a new pair"),
        (lambda: Tokenizer([(97, 0xEC)]), ValueError, "join whole ones"),
        (lambda: Tokenizer().encode("a\ud800"), ValueError, "half of a surrogate pair"),
        (lambda: Tokenizer().decode([257]), ValueError, "tokens must be 0 to 256, got 257"),
        (lambda: Config(vocabulary=0), ValueError, "vocabulary"),
        (lambda: replace(TINY, num_heads=5), ValueError, "num_heads must divide size, 12, got 5"),
        (lambda: replace(TINY, head_size=0), ValueError, "head_size"),
        (lambda: replace(TINY, dropout=1.0), ValueError, r"dropout must be in \[0, 1\)"),
        (lambda: lively()([1, 2]), TypeError, "tokens must be a tensor of token numbers, got list"),
        (lambda: lively()(torch.zeros(1, 2)), TypeError, "got torch.float32"),
        (lambda: lively()(torch.tensor([1])), ValueError, r"shape \(B, T\)"),
        (lambda: lively()(tokens() + 20), ValueError, "tokens must hold numbers 0 to 19, got .*; encode the text with the vocabulary"),
        (lambda: lively()(torch.tensor([[-1]])), ValueError, "tokens must hold numbers 0 to 19, got -1"),
        (lambda: book.generate(lively(), torch.tensor([[20] + 9 * [1]]), 1, temperature=0), ValueError, "0 to 19, got 20"),
        (lambda: book.token_loss(lively(), tokens(), tokens() + IGNORE + 1), ValueError, "targets must hold numbers 0 to 19, got -"),
        (lambda: book.stream_loss(lively(), tokens(1, 5)[0] + 20), ValueError, "targets must hold numbers 0 to 19"),
        (lambda: lively()(tokens(1, 9)), ValueError, "at most 8 with what was read before, got 9"),
        (lambda: Cache().extend(1, rows(), rows()), ValueError, "layer must be 0 to 0, got 1; fill the layers"),
        (lambda: Cache().extend(-1, rows(), rows()), ValueError, "layer must be 0 to 0, got -1"),
        (lambda: Cache().extend(0, [1.0], rows()), TypeError, "key must be a tensor, got list"),
        (lambda: Cache().extend(0, rows(), rows().long()), TypeError, "value must be floating point"),
        (lambda: Cache().extend(0, rows()[0], rows()), ValueError, r"key must have shape \(B, heads, T, head_size\)"),
        (lambda: Cache().extend(0, rows(), rows()[:, :, :2]), ValueError, r"shape of key, \(2, 3, 4, 5\), got \(2, 3, 2, 5\)"),
        (lambda: filled().extend(0, rows()[:1], rows()[:1]), ValueError, r"but for T, got \(1, 3, 4, 5\); begin a new text"),
        (lambda: filled().extend(0, rows()[..., 1:], rows()[..., 1:]), ValueError, r"but for T, got \(2, 3, 4, 4\)"),
        (lambda: book.narrow(torch.tensor([1])), TypeError, "logits must be floating"),
        (lambda: book.narrow(torch.ones(2), temperature=-1.0), ValueError, "temperature"),
        (lambda: book.narrow(torch.ones(2), top_k=0), ValueError, "top_k"),
        (lambda: book.narrow(torch.ones(2), top_p=0.0), ValueError, r"top_p must be in \(0, 1\]"),
        (lambda: book.window_start(0, 8), ValueError, "length"),
        (lambda: book.generate(lively(), tokens(), 0), ValueError, "count"),
        (lambda: book.generate(lively(), tokens(), 1), ValueError, "generator must be given"),
        (lambda: book.generate(lively(), tokens(1, 0), 1, temperature=0), ValueError, r"shape \(B, T\)"),
        (lambda: book.multiply_adds_per_token(TINY, 0), ValueError, "context"),
        (lambda: book.training_flop(0, 1), ValueError, "parameters must be positive"),
        (lambda: book.training_bytes(0), ValueError, "parameters"),
        (lambda: book.cache_bytes(TINY, 0), ValueError, "tokens"),
        (lambda: book.fit_power_law([1, 1], [1, 2]), ValueError, "two different sizes"),
        (lambda: book.fit_power_law([1, 2], [1]), ValueError, "equally many"),
        (lambda: book.fit_power_law([1, 2], [1, -2]), ValueError, "got 2 and -2"),
        (lambda: book.table_examples(torch.ones(2, 2), 1, 1, seeded()), TypeError, "tables must be int64, got torch.float32"),
        (lambda: book.table_examples(torch.tensor([1]), 1, 1, seeded()), ValueError, r"shape \(tables, K\)"),
        (lambda: book.table_examples(torch.tensor([[-1]]), 1, 1, seeded()), ValueError, "values from 0, got .* from -1"),
        (lambda: book.table_examples(torch.tensor([[1]]), 1, 0, seeded()), ValueError, "shots"),
        (lambda: book.context_accuracy(lively(), tokens(), torch.full((2, 8), IGNORE)), ValueError, "a place that counts"),
        (lambda: book.windows(tokens(1, 4)[0], 4, 1, seeded()), ValueError, "more than 4 tokens"),
        (lambda: book.to_stream(Tokenizer(), []), ValueError, "one string or more"),
        (lambda: book.bytes_per_token(Tokenizer(), [""]), ValueError, "at least one character"),
        (lambda: book.bits_per_byte(1.0, 0.0), ValueError, "bytes_per_token must be positive"),
        (lambda: book.fit(lively(), None, steps=0, learning_rate=1.0, generator=seeded()), ValueError, "steps"),
        (lambda: book.fit(lively(), None, steps=1, learning_rate=0.0, generator=seeded()), ValueError, "learning_rate"),
        (lambda: book.stream_loss(lively(), tokens(1, 1)[0]), ValueError, "more than 1 tokens"),
        (lambda: book.texts([], ["jp"]), ValueError, "ko or en, got"),
        (lambda: book.split_passages(book.load_passages()[:3], 0.1, seeded()), ValueError, "both sides"),
        (lambda: book.snapshot("/nowhere"), ValueError, "locales/en/LC_MESSAGES"),
    ],
)
def test_refuses(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_training_stops_where_the_loss_is_not_finite():
    model = lively()
    with torch.no_grad():
        model.places.weight[0, 0] = math.nan
    with pytest.raises(FloatingPointError, match="got nan in step 1; lower the learning rate"):
        book.fit(model, lambda g: (tokens(), tokens()), steps=2, learning_rate=0.1, generator=seeded())


def altered(change):
    state = reference().state_dict()
    change(state)
    return state


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lambda: {"fc.weight": torch.ones(2, 2)}, "must name its tensors .* got no matrix wte among fc.weight"),
        (lambda: altered(lambda s: s.pop("transformer.h.1.ln_2.bias")), "first blocks.1.norm2.bias missing"),
        (lambda: altered(lambda s: s.update({"transformer.h.0.extra": torch.ones(1)})), "first blocks.0.extra unknown"),
        (lambda: altered(lambda s: s.update({"transformer.ln_f.bias": torch.ones(3)})), r"norm.bias \(3,\) instead of \(12,\)"),
        (lambda: altered(lambda s: s.update({"lm_head.weight": torch.ones(20, 12)})), "lm_head must be the table of tokens"),
        (lambda: [1, 2], "must hold a state dict, got list"),
        (lambda: reference(), "must hold tensors alone"),
    ],
)
def test_refuses_a_file_that_does_not_fit(content, says, tmp_path):
    torch.save(content(), tmp_path / "file.pt")
    with pytest.raises(ValueError, match=says):
        book.load_pretrained(tmp_path / "file.pt", num_heads=3)


def test_refuses_what_is_no_checkpoint(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="must be a checkpoint file"):
        book.load_pretrained(tmp_path / "none.pt")
    path = write(reference(), "bin", tmp_path)
    with pytest.raises(ValueError, match="num_heads must be given where size, 12, is no multiple of 64"):
        book.load_pretrained(path)
    with pytest.raises(ValueError, match="num_heads must divide size, 12, got 5"):
        book.load_pretrained(path, num_heads=5)
    (tmp_path / "config.json").write_text("[")
    with pytest.raises(ValueError, match="mend it, or take it away"):
        book.load_pretrained(path)
    for name, says in (("model.onnx", "must end in one of"), ("model.safetensors", "must hold tensors alone"), ("m.pt", "tensors alone")):
        (tmp_path / name).write_bytes(b"no")
        with pytest.raises(ValueError, match=says):
            book.load_pretrained(tmp_path / name, num_heads=3)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ImportError, match="pip install safetensors"):
        book.load_pretrained(tmp_path / "model.safetensors", num_heads=3)


@pytest.mark.parametrize("content", ["no", "[]", '{"format": "another"}'])
def test_refuses_another_tokenizer(content, tmp_path):
    (tmp_path / "pairs.json").write_text(content)
    with pytest.raises(ValueError, match="pairs.json must hold a tokenizer of this book"):
        Tokenizer.load(tmp_path / "pairs.json")


# --- determinism and learning ----------------------------------------------------------------------------------------


def test_same_seed_same_run():
    def run(seed):
        model = initialize(GPT(TINY), seeded(seed))
        draw = lambda g: book.table_examples(torch.arange(8).view(2, 4), 8, 4, g)  # noqa: E731
        steps = []
        losses = book.fit(model, draw, steps=3, learning_rate=0.01, generator=seeded(seed), on_step=steps.append)
        assert steps == [1, 2, 3]
        return losses, book.generate(model, tokens(1, 2), 5, generator=seeded(seed)).tolist()

    assert run(0) == run(0) != run(1)


@pytest.mark.parametrize("seed", range(3))
def test_miniature_recognizes_a_table(seed):
    r"""In 200 steps of 64 sequences it learns four tables: the eighth value is right in more than 85% (measured: 93 to 96%), the first, with
    no example to tell the table, in less than 55% (measured: 41 to 44%).
    """
    tables = torch.randint(8, (4, 8), generator=seeded(7))
    model = initialize(GPT(Config(vocabulary=16, context=16, layers=2, size=32, num_heads=2)), seeded(seed))
    draw = lambda g: book.table_examples(tables, 64, 8, g)  # noqa: E731
    book.fit(model, draw, steps=200, learning_rate=1e-2, generator=seeded(seed), weight_decay=0.0)
    shares = book.context_accuracy(model, *book.table_examples(tables, 500, 8, seeded(9)))[1]
    assert shares[14] > 0.85 and shares[0] < 0.55, shares[::2]


@cache
def streams():
    train, held = book.split_passages(book.load_passages()[:220], 0.1, seeded())
    tokenizer = Tokenizer.train(book.texts(train), 400)
    return [book.to_stream(tokenizer, book.texts(part)) for part in (train, held)]


@pytest.mark.parametrize("seed", range(3))
def test_miniature_learns_the_book(seed):
    r"""In 100 steps of 16 windows it foretells held-out text better than the frequencies of the tokens do (measured: by 0.5 to 0.7 nats a token)."""
    train, held = streams()
    counts = torch.bincount(train, minlength=400) + 1.0
    frequencies = -(counts / counts.sum()).log()[held].mean().item()
    model = initialize(GPT(Config(vocabulary=400, context=32, layers=2, size=48, num_heads=4)), seeded(seed))
    assert book.stream_loss(model, held) == pytest.approx(math.log(400), abs=0.1)  # nothing learned: all tokens alike
    losses = book.fit(model, lambda g: book.windows(train, 32, 16, g), steps=100, learning_rate=5e-3, generator=seeded(seed))
    found = book.stream_loss(model, held)
    assert len(losses) == 100 and found < frequencies - 0.3, (found, frequencies)


# --- published sizes -------------------------------------------------------------------------------------------------


def by_formula(config):
    r"""Weights and biases written out: tables, for each block four maps of attention, two of the network, two norms."""
    size, width = config.size, config.width
    block = 4 * size * width + 3 * width + size + 8 * size * size + 5 * size + 4 * size
    tables = (config.vocabulary + config.context) * size
    return tables + config.layers * block + 2 * size * config.norm_first


@pytest.mark.parametrize("name", list(book.PUBLISHED_PARAMETERS))
def test_published_parameters(name):
    with torch.device("meta"):
        counted = count_parameters(GPT(CONFIGS[name]))
    assert counted == book.PUBLISHED_PARAMETERS[name] == by_formula(CONFIGS[name])


def millions(printed):
    return float(printed[:-1]) * {"M": 1, "B": 1000}[printed[-1]]


def test_which_names_fit_their_numbers():
    r"""GPT-2's table says less than its models hold; of GPT-3's rows one is off by a sixth, and 16 heads mend it."""
    gap = {name: book.PUBLISHED_PARAMETERS[name] / 1e6 / millions(printed) - 1 for name, printed in book.PRINTED_PARAMETERS.items()}
    assert set(book.PUBLISHED_PARAMETERS) == set(book.PRINTED_PARAMETERS) == set(CONFIGS) - {"miniature"}
    assert {name for name, share in gap.items() if abs(share) > 0.025} == {"gpt2-small", "gpt2-medium", "gpt3-xl"}
    assert gap["gpt3-xl"] > 1 / 6
    with torch.device("meta"):
        mended = count_parameters(GPT(replace(CONFIGS["gpt3-xl"], num_heads=16)))
    assert rounds_to("1.3", mended / 1e9)
    misfits = {name for name, (_, _, size, heads, each) in book.GPT3_TABLE.items() if heads * each != size}
    assert misfits == {"gpt3-xl", "gpt3-13b"}
    assert rounds_to("174.6", book.PUBLISHED_PARAMETERS["gpt3-175b"] / 1e9)


@pytest.mark.parametrize("name", ["miniature", "gpt2-small", "gpt3-medium"])
def test_multiply_adds(name):
    r"""Counted on the meta device for all places at once, where the masked half of the scores is computed as well."""
    config = CONFIGS[name]
    with torch.device("meta"):
        model, given = GPT(config), torch.zeros(1, config.context, dtype=torch.int64)
        counted = count_multiply_adds(model, given)
    assert counted == config.context * book.multiply_adds_per_token(config, config.context)


def test_memory_of_175_billion():
    parameters = book.PUBLISHED_PARAMETERS["gpt3-175b"]
    assert sum(book.training_bytes(parameters).values()) == sum(book.training_bytes(parameters, mixed=True).values()) == 16 * parameters
    # key and value, 96 layers, 12,288 numbers of 2 bytes for each of 2,048 tokens
    assert book.cache_bytes(CONFIGS["gpt3-175b"], 2048) == 2 * 96 * 12288 * 2 * 2048
