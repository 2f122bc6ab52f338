r"""Cards, tables, intervals and runs of `deepbook.start.reading_papers`.

Tolerances: interval ends are closed formulas in float64, compared to 1e-12; the reference of SciPy rounds its own quantiles,
compared to 1e-9.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from statistics import fmean

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch import nn
from torch.nn import functional as F

from deepbook.start.reading_papers import (
    ReproductionCard,
    Table,
    expected_best,
    prediction_interval,
    seeds_needed,
    train_runs,
    wilson_interval,
)
from deepbook.start.reading_papers.card import ROWS, VERDICTS
from deepbook.start.reading_papers.printed import gap, half_unit, rounds_to, short, sizes

WORDS = {**{name: name for name in ROWS}, **{name: name.upper() for name in VERDICTS}}
CARD = ReproductionCard(paper="A (2020)", claim="It works.", source="Table 2")
VALUES = dict(published="6.6", unit="%", ours=[6.4, 6.5, 6.9])


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def card(**more) -> ReproductionCard:
    return replace(CARD, **more)


# --- values by hand ---------------------------------------------------------------------------------------------------


def test_wilson_by_hand():
    r"""With z = 1.96 and 4 of 5: (0.8 + z²/10 ± z sqrt(0.16/5 + z²/100)) / (1 + z²/5)."""
    z = 1.959963984540054
    center, reach = 0.8 + z**2 / 10, z * math.sqrt(0.16 / 5 + z**2 / 100)
    wanted = ((center - reach) / (1 + z**2 / 5), (center + reach) / (1 + z**2 / 5))
    assert wilson_interval(4, 5) == pytest.approx(wanted, abs=1e-12)


def test_prediction_by_hand():
    r"""Of 1, 2, 3 the mean is 2 and the standard deviation 1; t with 2 degrees of freedom is 4.302653."""
    reach = 4.302652729749464 * math.sqrt(1 + 1 / 3)
    assert prediction_interval([1.0, 2.0, 3.0]) == pytest.approx((2 - reach, 2 + reach), abs=1e-9)
    reach = 4.302652729749464 * math.sqrt(1 / 4 + 1 / 3)
    assert prediction_interval([1.0, 2.0, 3.0], runs=4) == pytest.approx((2 - reach, 2 + reach), abs=1e-9)


def test_seeds_by_hand():
    r"""2 (1.959964 + 0.841621)² (1 / 0.5)² = 62.8; at least two runs, however large the difference."""
    assert seeds_needed(0.5, 1.0) == 63
    assert seeds_needed(100.0, 1.0) == 2
    assert seeds_needed(0.5, 1.0, power=0.9) == 85  # 2 (1.959964 + 1.281552)² 4 = 84.06


@pytest.mark.parametrize("printed, half", [("65e6", 5e5), ("1.8e9", 5e7), ("6.610", 0.0005), ("0.27e6", 5e3), ("28", 0.5)])
def test_half_unit(printed, half):
    assert half_unit(printed) == pytest.approx(half, rel=1e-12)


@pytest.mark.parametrize(
    "printed, text",
    [("65e6", "65 M"), ("1.8e9", "1.8 G"), ("0.27e6", "0.27 M"), ("3E3", "3 k"), ("175e9", "175 G"), ("2e-3", "0.002"), ("6.610", "6.610")],
)
def test_short(printed, text):
    assert short(printed) == text


def test_gap_and_rounding():
    assert gap("2e6", 1.5e6) == -0.25 and gap(None, 3) is None and gap("2e6", None) is None
    assert rounds_to("1.8e9", 1_849_999_999) and not rounds_to("1.8e9", 1_850_000_001)
    assert rounds_to("1.7e6", None) is None
    assert sizes(None, 1234) == "– / 1,234" and sizes(None, None) is None


# --- slow twins and references ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("tries", [1, 2, 3, 5])
@pytest.mark.parametrize("largest", [True, False])
def test_expected_best_is_the_mean_over_all_draws(tries, largest):
    values = [3.0, -1.0, 4.0, 4.0, 0.5]
    best = max if largest else min
    wanted = fmean(best(draw) for draw in itertools.combinations(values, tries))
    assert expected_best(values, tries, largest) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("correct, total", [(0, 1), (1, 1), (7, 9), (0, 40), (9930, 10000)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_wilson_equals_scipy(correct, total, confidence):
    reference = stats.binomtest(correct, total).proportion_ci(confidence, method="wilson")
    assert wilson_interval(correct, total, confidence) == pytest.approx((reference.low, reference.high), abs=1e-9)


def test_runs_equal_separate_training():
    r"""One run of three, trained alone with torch.nn and torch.optim from the same weights and order of samples."""
    x, y = torch.randn(12, 4, generator=seeded(0)), torch.arange(12) % 3
    right = train_runs((x, y), (x, y), runs=3, generator=seeded(1), learning_rate=0.1, epochs=4, batch_size=5, hidden_size=6)
    twin = seeded(1)
    first, second = torch.randn(3, 4, 6, generator=twin), torch.randn(3, 6, 3, generator=twin)
    orders = [torch.rand(3, 12, generator=twin).argsort(1) for _ in range(4)]
    for run in range(3):
        model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3))
        with torch.no_grad():
            for layer, drawn in ((model[0], first[run]), (model[2], second[run])):
                layer.weight.copy_((drawn * (2 / drawn.shape[0]) ** 0.5).T)
                layer.bias.zero_()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        for epoch in range(4):
            for index in orders[epoch][run].split(5):
                optimizer.zero_grad()
                F.cross_entropy(model(x[index]), y[index]).backward()
                optimizer.step()
            assert right[epoch, run].equal(model(x).argmax(1) == y)


# --- properties -------------------------------------------------------------------------------------------------------


@given(st.integers(0, 200), st.integers(1, 200))
def test_wilson_holds_the_share(correct, total):
    correct = min(correct, total)
    low, high = wilson_interval(correct, total)
    assert 0 <= low <= correct / total + 1e-12 and correct / total - 1e-12 <= high <= 1
    other = wilson_interval(total - correct, total)
    assert other == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12))
def test_more_tries_do_no_harm(values):
    best = [expected_best(values, n) for n in range(1, len(values) + 1)]
    assert best[0] == pytest.approx(fmean(values), abs=1e-6)
    assert best[-1] == max(values)
    assert all(a <= b + 1e-6 for a, b in itertools.pairwise(best))


def test_prediction_covers_as_promised():
    r"""4,000 normal draws of 4 + 1: the share within is 0.95 with a standard error of 0.0034; four of them are allowed."""
    draws = torch.randn(4000, 5, generator=seeded(0), dtype=torch.float64)
    held = 0
    for *known, new in draws.tolist():
        low, high = prediction_interval(known)
        held += low <= new <= high
    assert abs(held / 4000 - 0.95) < 0.014


# --- the card ---------------------------------------------------------------------------------------------------------


def test_properties_of_a_card():
    full = card(**VALUES)
    assert full.mean == pytest.approx(6.6) and full.spread == pytest.approx(math.sqrt(0.07))
    assert full.interval == prediction_interval([6.4, 6.5, 6.9])
    assert full.ratio == pytest.approx(1.0)
    empty = CARD
    found = [empty.mean, empty.spread, empty.interval, empty.ratio, empty.value_agrees, empty.parameter_gap, empty.cost_gap]
    assert found == [None] * 7 and empty.parameters_agree is None and empty.cost_agrees is None


def test_one_value_is_exact():
    assert card(published="1.8", ours=[1.849]).value_agrees
    assert not card(published="1.8", ours=[1.851]).value_agrees
    assert card(published="0", ours=[0.4]).ratio is None


def test_interval_narrows_with_published_runs():
    low, high = card(**VALUES, published_runs=100).interval
    wide = card(**VALUES).interval
    assert wide[0] < low < high < wide[1]


FITS = dict(parameters="65e6", counted_parameters=65_100_000)
MISFITS = dict(parameters="65e6", counted_parameters=63_082_496)
FAR = dict(published="9.0", ours=[6.4, 6.5, 6.6])


@pytest.mark.parametrize(
    "given_, verdict",
    [
        ({}, "not comparable"),
        (VALUES, "reproduced"),
        ({**VALUES, **FITS, "claim_holds": True}, "reproduced"),
        ({**VALUES, **MISFITS}, "partly"),
        ({**VALUES, "claim_holds": False}, "partly"),
        ({**VALUES, "comparable": False}, "not comparable"),
        ({**VALUES, "comparable": False, "claim_holds": True}, "partly"),
        ({**VALUES, "comparable": False, "claim_holds": False}, "not reproduced"),
        (FAR, "not reproduced"),
        ({**FAR, "claim_holds": True}, "partly"),
        ({**FAR, **FITS}, "not reproduced"),
        (FITS, "partly"),
        (MISFITS, "not comparable"),
        ({**MISFITS, "cost": "3.6e9", "counted_cost": 3_600_000_000}, "partly"),
        ({"claim_holds": True, **MISFITS}, "partly"),
    ],
)
def test_verdict(given_, verdict):
    assert card(**given_).verdict == verdict and verdict in VERDICTS


def test_table_of_a_full_card():
    full = card(
        **VALUES,
        **MISFITS,
        data="digits",
        metric="error",
        cost="3.6e9",
        counted_cost=3_663_761_408,
        missing=["seeds", "schedule"],
        departures=["smaller"],
    )
    labels = {name: WORDS[name] for name in ROWS} | {"missing": "missing {n}", "ours": "ours ({n})", "partly": "in part"}
    rows = dict(full.table(labels).rows)
    assert full.table(labels).header == ("paper", "A (2020)")
    assert rows == {
        "claim": "It works.",
        "source": "Table 2",
        "data": "digits",
        "metric": "error",
        "published": "6.6%",
        "ours (3)": "6.60 ± 0.26%",
        "interval": "5.29 – 7.91%",  # 6.6 ± 4.3027 · 0.2646 · sqrt(4 / 3)
        "ratio": "1.000",
        "parameters": "65 M / 63,082,496 (-3.0%)",
        "cost": "3.6 G / 3,663,761,408 (+1.8%)",
        "missing 1": "seeds",
        "missing 2": "schedule",
        "departures": "smaller",
        "verdict": "in part",
    }


def test_table_of_an_empty_card():
    rows = dict(CARD.table(WORDS).rows)
    empty = set(ROWS) - {"paper", "claim", "source", "verdict"}
    assert {name for name, text in rows.items() if text is None} == empty
    assert rows["verdict"] == "NOT COMPARABLE"
    assert "| data | – |" in str(CARD.table(WORDS))


def test_table_keeps_the_order_and_rows_of_the_labels():
    table = CARD.table({"source": "where", "paper": "paper", "claim": "what"})
    assert [row[0] for row in table.rows] == ["where", "what"]


def test_large_values_are_short():
    rows = dict(card(published="3.8e9", unit="FLOPs", ours=[3.857973248e9]).table(WORDS).rows)
    assert rows["published"] == "3.8 G FLOPs" and rows["ours"] == "3.858 G FLOPs"


def test_values_that_no_paper_prints_have_four_digits():
    rows = dict(card(unit="nats", ours=[0.123456, 0.123456]).table(WORDS).rows)
    assert rows["ours"] == "0.1235 ± 0 nats"


def test_a_card_is_a_value():
    assert card(**VALUES) == card(**VALUES) and hash(card(**VALUES)) == hash(card(**VALUES))
    with pytest.raises(AttributeError):
        CARD.claim = "something else"


# --- the table --------------------------------------------------------------------------------------------------------


def test_markdown():
    table = Table(["a|b", "n"], [["x\ny", 1.5], [None, ""]], align="cr")
    assert table._repr_markdown_() == "\n".join(["| a\\|b | n |", "| :---: | ---: |", "| x y | 1.5 |", "| – |  |"])


# --- rejections -------------------------------------------------------------------------------------------------------

PAIR = (torch.eye(2), torch.tensor([0, 1]))


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: wilson_interval(3, 0), ValueError, ["total", "1 or more", "0"]),
        (lambda: wilson_interval(5, 4), ValueError, ["correct", "between 0 and total (4)", "5"]),
        (lambda: wilson_interval(-1, 4), ValueError, ["correct", "-1"]),
        (lambda: wilson_interval(1, 4, confidence=95), ValueError, ["confidence", "between 0 and 1", "95"]),
        (lambda: prediction_interval([1.0]), ValueError, ["number of values", "2 or more", "1"]),
        (lambda: prediction_interval([1.0, 2.0], runs=0), ValueError, ["runs", "1 or more", "0"]),
        (lambda: prediction_interval([1.0, 2.0], confidence=1.0), ValueError, ["confidence", "1.0"]),
        (lambda: expected_best([1.0, 2.0], 3), ValueError, ["tries", "number of values (2)", "3"]),
        (lambda: expected_best([1.0, 2.0], 0), ValueError, ["tries", "0"]),
        (lambda: seeds_needed(0.0, 1.0), ValueError, ["difference", "positive", "0.0"]),
        (lambda: seeds_needed(1.0, -1.0), ValueError, ["spread", "positive", "-1.0"]),
        (lambda: seeds_needed(1.0, 1.0, power=0), ValueError, ["power", "between 0 and 1", "0"]),
        (lambda: half_unit("abc"), ValueError, ["printed", "number", "'abc'"]),
        (lambda: short(1.8e9), TypeError, ["printed", "text", "float"]),
        (lambda: gap("0", 3), ValueError, ["printed", "zero", "'0'"]),
        (lambda: rounds_to("inf", 3), ValueError, ["printed", "number", "'inf'"]),
        (lambda: sizes("1,000", 3), ValueError, ["printed", "number", "'1,000'"]),
        (lambda: card(paper=" "), ValueError, ["paper", "empty"]),
        (lambda: card(published=6.61), TypeError, ["published", "text", "float", "'1.8e9'"]),
        (lambda: card(parameters="65M"), ValueError, ["parameters", "number", "'65M'"]),
        (lambda: card(missing="seeds"), TypeError, ["missing", "list", "[...]"]),
        (lambda: card(departures="smaller"), TypeError, ["departures", "list"]),
        (lambda: card(ours=[1.0, math.nan]), ValueError, ["ours", "finite", "nan"]),
        (lambda: card(counted_parameters=0), ValueError, ["counted_parameters", "1 or more", "0"]),
        (lambda: card(counted_cost=-3), ValueError, ["counted_cost", "-3"]),
        (lambda: card(published_runs=0), ValueError, ["published_runs", "0"]),
        (lambda: CARD.table({"paper": "p", "cliam": "c"}), ValueError, ["rows (paper, claim", "'cliam'"]),
        (lambda: CARD.table({"claim": "c"}), ValueError, ["'paper'", "add it"]),
        (lambda: CARD.table({"paper": "p", "verdict": "v"}), ValueError, ["'not comparable'", "add it"]),
        (lambda: Table([], []), ValueError, ["header", "at least one"]),
        (lambda: Table(["a", "b"], [["1"]]), ValueError, ["rows", "2 cells", "1 in row 1"]),
        (lambda: Table(["a", "b"], [], align="l"), ValueError, ["align", "2 letters", "'l'"]),
        (lambda: Table(["a"], [], align="x"), ValueError, ["align", "l, r and c", "'x'"]),
        (lambda: train_runs((PAIR[0], PAIR[1][:1]), PAIR, runs=1, generator=seeded(0)), ValueError, ["data", "(2, 1)"]),
        (lambda: train_runs(PAIR, (PAIR[0][:0], PAIR[1][:0]), runs=1, generator=seeded(0)), ValueError, ["test", "(0, 0)"]),
        (lambda: train_runs(PAIR, PAIR, runs=0, generator=seeded(0)), ValueError, ["runs", "1 or more", "0"]),
        (lambda: train_runs(PAIR, PAIR, runs=1, generator=seeded(0), epochs=0), ValueError, ["epochs", "0"]),
        (lambda: train_runs(PAIR, PAIR, runs=1, generator=seeded(0), batch_size=0), ValueError, ["batch_size", "0"]),
        (lambda: train_runs(PAIR, PAIR, runs=1, generator=seeded(0), hidden_size=0), ValueError, ["hidden_size", "0"]),
    ],
)
def test_rejections(call, error, words):
    with pytest.raises(error) as caught:
        call()
    missing = [word for word in words if word not in str(caught.value)]
    assert not missing, f"{caught.value} does not say {missing}"


# --- runs -------------------------------------------------------------------------------------------------------------


def test_runs_are_deterministic_and_differ():
    x, y = torch.randn(60, 8, generator=seeded(0)), torch.arange(60) % 3
    once, again = (train_runs((x, y), (x, y), runs=4, generator=seeded(2), epochs=2) for _ in range(2))
    assert once.equal(again) and once.shape == (2, 4, 60) and once.dtype == torch.bool
    assert not once[0, 0].equal(once[0, 1]), "two runs of one call are one and the same"
    assert not once.equal(train_runs((x, y), (x, y), runs=4, generator=seeded(3), epochs=2))


def test_each_run_has_its_settings():
    r"""A rate of 0 leaves a run where it began; the others fit twelve separate points."""
    x, y = torch.eye(12), torch.arange(12) % 4
    rates = torch.tensor([0.0, 0.1, 0.1])
    right = train_runs((x, y), (x, y), runs=3, generator=seeded(0), learning_rate=rates, epochs=40, batch_size=4)
    assert right[0, 0].equal(right[-1, 0]) and right[-1, 1:].all()
