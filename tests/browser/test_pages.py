r"""Every page of the built site in Chromium: on a phone, and one click from the other language."""

import pytest

from press import BUILD

SITE = BUILD / "site"
OTHER = {"ko": "en", "en": "ko"}

pytestmark = pytest.mark.parametrize("base", ["file"], indirect=True)


@pytest.fixture
def page(page):
    r"""A page without its pictures, which have nothing to say here."""
    page.route("**/_images/*", lambda route: route.abort())
    return page


def pages(language):
    r"""The pages with text of the book, not those that Sphinx makes."""
    folder = SITE / language
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.html") if "_static" not in p.parts)
    return [name for name in names if name not in ("search.html", "genindex.html")]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_phone_shows_each_page_from_its_left_edge(page, base, language):
    page.set_viewport_size({"width": 360, "height": 740})
    for name in pages(language):
        page.goto(f"{base}/{language}/{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        hidden = page.evaluate(
            """() => [...document.querySelectorAll("div.math")].filter(box => {
                const formula = box.querySelector(".katex-display");
                return formula.getBoundingClientRect().left < box.getBoundingClientRect().left - 1;
            }).map(box => box.id)"""
        )
        assert not hidden, f"{name}: these formulas begin outside the page: {hidden}"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_switch_keeps_page_and_place(page, base, language):
    for name in pages(language):
        page.goto(f"{base}/{language}/{name}")
        title = page.title()
        anchor = page.evaluate("[...document.querySelectorAll('.bd-article section[id]')].pop()?.id || ''")
        page.goto(f"{base}/{language}/{name}#{anchor}")
        page.click(".lang-switch")
        page.wait_for_url(f"{base}/{OTHER[language]}/{name}#{anchor}")
        assert page.title() != title and page.locator(f"[id='{anchor}']").count() == 1, name
