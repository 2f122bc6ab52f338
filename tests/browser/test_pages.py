r"""Every page of the built site in Chromium: on a phone, and one click from the other language."""

import pytest

OTHER = {"ko": "en", "en": "ko"}

pytestmark = pytest.mark.parametrize("base", ["file"], indirect=True)


@pytest.fixture
def page(page):
    r"""A page without its pictures, which have nothing to say here."""
    page.route("**/_images/*", lambda route: route.abort())
    return page


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_phone_shows_each_page_from_its_left_edge(page, base, language, pages):
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
def test_the_switch_keeps_page_and_place(page, base, language, pages):
    for name in pages(language):
        page.goto(f"{base}/{language}/{name}")
        title = page.title()
        anchor = page.evaluate("[...document.querySelectorAll('.bd-article section[id]')].pop()?.id || ''")
        page.goto(f"{base}/{language}/{name}#{anchor}")
        page.click(".lang-switch")
        page.wait_for_url(f"{base}/{OTHER[language]}/{name}#{anchor}")
        assert page.title() != title and page.locator(f"[id='{anchor}']").count() == 1, name


@pytest.mark.parametrize("width", [360, 1280])
def test_an_address_leads_to_its_place(page, base, width):
    r"""Also where all that stands above it has not been laid out yet."""
    page.set_viewport_size({"width": width, "height": 740})
    address = f"{base}/ko/components/loss.html"
    page.goto(address)
    anchors = page.evaluate("[...document.querySelectorAll('article figure[id]')].map((figure) => figure.id)")[2::3]
    assert len(anchors) > 1
    for anchor in anchors:
        page.goto("about:blank")
        page.goto(f"{address}#{anchor}")
        page.wait_for_function("(id) => Math.abs(document.getElementById(id).getBoundingClientRect().top - 60) < 70", arg=anchor)


def test_without_javascript_the_switch_leads_to_the_same_page(browser, base):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{base}/ko/components/loss.html")
    page.click(".lang-switch")
    assert page.url == f"{base}/en/components/loss.html" and page.locator("article h1").inner_text().startswith("7. Loss")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_a_wide_figure_large_enough_and_lets_the_keys_scroll_it(browser, base, scheme):
    page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page.goto(f"{base}/ko/components/loss.html")
    box = page.locator(".picture:has(img.wide)").first
    box.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.picture:has(img.wide)').tabIndex === 0")
    shown = box.locator(f"img.picture-{scheme}")
    assert shown.bounding_box()["width"] > 400 and page.evaluate("document.documentElement.scrollWidth") <= 360
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.picture:has(img.wide)').scrollLeft > 0")
    page.close()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_map_is_read_clicked_and_walked_by_the_keys(page, base, language, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{base}/{language}/index.html")
    shown = page.locator(".book-map svg:visible")
    assert shown.count() == 1
    outside = shown.evaluate(
        """svg => [...svg.querySelectorAll("rect")].filter((rect) => {
            const box = rect.getBoundingClientRect();
            return [...rect.parentElement.querySelectorAll("text")].some((text) => {
                const words = text.getBoundingClientRect();
                return words.left < box.left + 2 || words.right > box.right - 2 || words.top < box.top || words.bottom > box.bottom + 1;
            });
        }).map((rect) => rect.parentElement.textContent)"""
    )
    assert outside == [], "these names leave their box"
    small = shown.evaluate("svg => Math.min(...[...svg.querySelectorAll('text')].map((t) => t.getBoundingClientRect().height))")
    assert small >= 11, "letters of the map are too small"
    link = shown.locator("a[href='components/loss.html']")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/{language}/components/loss.html")
    page.go_back()
    shown.locator("a[href='start/mathematics.html']").click()
    page.wait_for_url(f"{base}/{language}/start/mathematics.html")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_cover_starts_the_reader_on_the_first_screen(page, base, language):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{base}/{language}/index.html")
    start = page.locator(".cover-actions a").first
    assert start.bounding_box()["y"] < 500
    start.click()
    page.wait_for_url(f"{base}/{language}/start/what_is_deep_learning.html")


def test_language_and_theme_are_remembered_without_cookies(page, base):
    page.goto(f"{base}/ko/components/loss.html")
    page.click(".lang-switch")
    page.wait_for_url(f"{base}/en/components/loss.html")
    page.goto(f"{base}/index.html")
    page.wait_for_url(f"{base}/en/index.html")
    page.click(".theme-switch-button")
    page.click(".theme-change-button[data-mode='dark']")
    page.goto(f"{base}/en/notation.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("document.cookie") == "" and page.context.cookies() == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_chapter_is_set_for_reading(page, base, language):
    page.set_viewport_size({"width": 1600, "height": 900})
    page.goto(f"{base}/{language}/components/loss.html")
    style = (
        page.locator(".bd-article section > p")
        .nth(1)
        .evaluate(
            """p => { const s = getComputedStyle(p), letter = parseFloat(s.fontSize);
            return { line: parseFloat(s.lineHeight) / letter, width: p.getBoundingClientRect().width / letter, words: s.wordBreak }; }"""
        )
    )
    assert style["line"] >= 1.6 and style["width"] <= 46
    assert style["words"] == ("keep-all" if language == "ko" else "normal")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"  # skip link
    assert page.locator(".prev-next-title").all_inner_texts()[0].strip()
    assert page.locator("#pst-page-toc-nav a").count() > 8
    wide = page.evaluate("[...document.querySelectorAll('.bd-article pre')].every(pre => getComputedStyle(pre).overflowX === 'auto')")
    assert wide, "code does not scroll in its box"
    page.emulate_media(media="print")
    hidden = page.evaluate(
        "['.bd-sidebar-primary', '.copy-code', '.prev-next-footer'].filter(s => document.querySelector(s)?.checkVisibility())"
    )
    assert hidden == [], "these are printed"


def test_what_has_the_focus_is_seen(page, base):
    page.goto(f"{base}/ko/components/loss.html")
    for selector in (
        ".lang-switch",
        ".bd-article a.reference",
        ".theme-switch-button",
        ".toctree-l1 a",
        "details > summary",
        ".prev-next-area a",
    ):
        seen = page.locator(selector).first.evaluate(
            """e => { e.focus({ focusVisible: true }); const s = getComputedStyle(e);
                return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none"; }"""
        )
        assert seen, f"{selector} shows no focus"
