"""Tests of the book's look."""

import logging

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch

from deepbook.plotting import LINES, PALETTE, image_grid, use_book_style


@pytest.fixture(autouse=True)
def style():
    with matplotlib.rc_context():
        use_book_style()
        yield
        plt.close("all")


def test_series_differ_by_colour_and_by_line():
    cycle = list(matplotlib.rcParams["axes.prop_cycle"])
    assert len({c["color"] for c in cycle}) == len(PALETTE) == len(LINES)
    assert len({repr(c["linestyle"]) for c in cycle}) == len(cycle)


@pytest.mark.parametrize("text", ["손실 3.5", "학습률", "a − b ≤ c"])
def test_every_letter_has_a_glyph(text, recwarn):
    fig, ax = plt.subplots()
    ax.set_xlabel(text)
    fig.canvas.draw()
    assert not [w for w in recwarn if "missing" in str(w.message)]


def test_powers_on_log_axes_have_their_minus(caplog):
    """NanumGothic lacks U+2212, which matplotlib would draw as a dummy sign with no more than a log entry."""
    fig, ax = plt.subplots()
    ax.loglog([1e-3, 1.0], [1e-2, 10.0])
    with caplog.at_level(logging.WARNING, logger="matplotlib"):
        fig.canvas.draw()
    assert any("-" in label.get_text() for label in ax.get_xticklabels())
    assert "glyph" not in caplog.text


@pytest.mark.parametrize("shape", [(5, 8, 8), (5, 3, 8, 8), (5, 8, 8, 3)])
def test_image_grid_takes_grey_and_colour(shape):
    fig, axes = image_grid(torch.rand(shape, generator=torch.Generator().manual_seed(0)), columns=3)
    assert len(axes) == 5 and len(fig.axes) == 6
    assert axes[0].images[0].get_array().shape[:2] == (8, 8)


def test_image_grid_writes_the_titles_above():
    _, axes = image_grid(torch.zeros(3, 8, 8), columns=2, titles=["a", "b", "c"])
    assert [ax.get_title() for ax in axes] == ["a", "b", "c"]


def test_image_grid_refuses_titles_that_do_not_match():
    with pytest.raises(ValueError, match=r"as many as images \(2\), got 1"):
        image_grid(torch.zeros(2, 8, 8), columns=2, titles=["a"])
