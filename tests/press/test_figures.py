r"""A figure is drawn once a language from one run, with every text translated or the build stopped."""

import re

import cloudpickle
import matplotlib.pyplot as plt
import pytest

from deepbook.plotting import GRID, PALETTE, use_book_style
from press import PressError, figures
from press.figures import DARK, PRINT, SCREEN, dark, draw

WORDS = {"가로": "across", "선 {n}": "line {n}", "가": "a", "나": "b", "$x_{1}$의 값": "value of $x_{1}$", "첫 줄\\n둘째": "first\\nsecond"}


def drawing(folder, fill, korean=False):
    r"""Draw a figure; return its folder and, for each language, the texts that were drawn."""
    from matplotlib.backends.backend_svg import RendererSVG

    texts = []
    with pytest.MonkeyPatch.context() as patch, plt.rc_context():
        original, recolor = RendererSVG.draw_text, figures.dark

        def note(self, gc, x, y, s, *args, **kwargs):
            texts[-1].add(s)
            return original(self, gc, x, y, s, *args, **kwargs)

        def between(svg):  # called once a language, after its drawing
            texts.append(set())
            return recolor(svg)

        texts.append(set())
        patch.setattr(RendererSVG, "draw_text", note)
        patch.setattr(figures, "dark", between)
        use_book_style()
        fig, ax = plt.subplots()
        fill(ax)
        (folder / "f.pickle").write_bytes(cloudpickle.dumps(fig))
        plt.close(fig)
        draw(folder / "f.pickle", folder / "drawings" / "out", SCREEN + PRINT, {"en": WORDS}, korean, "book/a.md:3")
    return folder / "drawings" / "out", texts[:2]


def everything(ax):
    ax.plot([0, 1], [0, 1], label="선 3")
    ax.set_xlabel("가로")
    ax.set_ylabel("첫 줄\n둘째")
    ax.set_xticks([0, 1], ["가", "나"])
    ax.annotate("$x_{1}$의 값", (0.5, 0.5))
    ax.legend()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return drawing(tmp_path_factory.mktemp("figure"), everything)


def test_every_kind_of_text_is_drawn_in_both_languages(drawn):
    korean, english = drawn[1]
    assert {"선 3", "가로", "첫 줄", "둘째", "가", "나", "$x_{1}$의 값"} <= korean
    assert {"line 3", "across", "first", "second", "a", "b", "value of $x_{1}$"} <= english
    assert not re.search("[가-힣]", "".join(english))


def test_a_drawing_has_light_dark_print_and_notebook_forms(drawn):
    out = drawn[0]
    assert sorted(p.name for p in out.iterdir()) == sorted(
        f"{lang}{form}" for lang in ("ko", "en") for form in (".svg", "-dark.svg", ".pdf", ".png")
    )
    assert (out / "ko.svg").read_text("utf8") != (out / "en.svg").read_text("utf8")
    assert DARK[PALETTE[0]] in (out / "en-dark.svg").read_text("utf8") and PALETTE[0] not in (out / "en-dark.svg").read_text("utf8")


def test_the_same_figure_is_drawn_to_the_same_bytes(drawn, tmp_path):
    again = drawing(tmp_path, everything)[0]
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {p.name: p.read_bytes() for p in drawn[0].iterdir()}


def test_what_is_drawn_for_print_alone_is_the_same(drawn, tmp_path):
    for forms in (PRINT, SCREEN):
        draw(drawn[0].parents[1] / "f.pickle", tmp_path / "out", forms, {"en": WORDS}, False, "book/a.md:3")
        assert {p.name for p in (tmp_path / "out").iterdir()} >= {f"{lang}{form}" for lang in ("ko", "en") for form in forms}
        assert all(p.read_bytes() == (drawn[0] / p.name).read_bytes() for p in (tmp_path / "out").iterdir())


def test_the_grid_lies_under_bars(tmp_path):
    out, _ = drawing(tmp_path, lambda ax: ax.bar([0, 1], [1, 2], color=PALETTE[1]))
    svg = (out / "ko.svg").read_text("utf8")
    assert svg.rindex(GRID) < svg.index(PALETTE[1])


def untranslated(ax):
    ax.set_title("없는 제목")
    ax.bar(["없는 눈금"], [1], label="없는 범례")
    ax.legend()


def test_texts_without_translation_stop_the_build_and_leave_nothing(tmp_path):
    with pytest.raises(
        PressError,
        match=r"^book/a.md:3: figure text without translation: \['없는 눈금', '없는 범례', '없는 제목'\]; give each its string literal",
    ):
        drawing(tmp_path, untranslated)
    assert list((tmp_path / "drawings").iterdir()) == []


def test_where_korean_is_the_data_its_text_stays(tmp_path):
    texts = drawing(tmp_path, lambda ax: (ax.set_title("없는 말"), ax.set_xlabel("가로")), korean=True)[1]
    assert {"없는 말", "across"} <= texts[1]


def test_a_character_without_glyph_stops_the_build(tmp_path):
    with pytest.raises(PressError, match=r"^book/a.md:3: the figure's fonts lack a character: .*; use another character"):
        drawing(tmp_path, lambda ax: ax.set_title("อ"))
    assert list((tmp_path / "drawings").iterdir()) == []


def test_colors_that_are_not_of_the_style_stay_in_the_dark():
    assert dark("fill: #0072b2; stroke: #ffffff; a: #0072b2ff") == "fill: #4da6e0; stroke: #ffffff; a: #0072b2ff"


@pytest.mark.parametrize("change", ["words", "run", "figure"])
def test_a_drawing_is_named_by_what_it_is_made_of(change, tmp_path):
    one = figures.key(tmp_path / "1.pickle", "run", {"en": {"가": "a"}})
    other = figures.key(
        tmp_path / ("2.pickle" if change == "figure" else "1.pickle"),
        "other" if change == "run" else "run",
        {"en": {"가": "b" if change == "words" else "a"}},
    )
    assert one == figures.key(tmp_path / "1.pickle", "run", {"en": {"가": "a"}}) != other
