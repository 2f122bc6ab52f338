r"""What a page loads: all of it from the book itself, nothing that fails, nothing that complains, and not too much."""

from __future__ import annotations

import gzip
from urllib.parse import unquote, urlsplit

import pytest

pytestmark = pytest.mark.parametrize("base", ["http"], indirect=True)
MOST = 250_000  # bytes of a chapter without its figures, compressed as a server does
NEAR = 3_000  # elements that are laid out when a page has been opened; all of a chapter are 4,500 to 12,500
PACKED = (".woff2", ".png")


def _loaded(browser, address, pictures=False):
    r"""Open a page in a fresh browser; return what it loaded with how many bytes each takes, and what went wrong."""
    context = browser.new_context()
    page = context.new_page()
    sizes, faults = {}, []
    if not pictures:
        page.route("**/_images/*", lambda route: route.fulfill(status=200, content_type="image/svg+xml", body="<svg/>"))
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("requestfailed", lambda request: faults.append(f"{request.url} failed"))

    def answered(response):
        if response.status >= 400:
            faults.append(f"{response.url}: {response.status}")
        sizes[response.url] = None

    page.on("response", answered)
    page.goto(address, wait_until="load")
    page.evaluate("document.fonts.ready")
    context.close()
    return list(sizes), faults


@pytest.mark.parametrize("language", ["ko", "en"])
def test_no_page_complains_or_asks_another_host(browser, base, language, pages, site_files):
    for name in pages(language, made=True):
        urls, faults = _loaded(browser, f"{base}/{language}/{name}", pictures=name.endswith("index.html"))
        assert faults == [], f"{language}/{name}"
        strange = [url for url in urls if not url.startswith((base, "data:"))]
        assert strange == [], f"{language}/{name} asks another host"
        useless = [url for url in urls if "fontawesome" in url or "searchindex" in url and name != "search.html"]
        assert useless == [], f"{language}/{name} loads what it does not use"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_chapter_is_light(browser, base, language, pages, site_files):
    heavy = {}
    for name in [name for name in pages(language) if "/" in name]:
        urls, _ = _loaded(browser, f"{base}/{language}/{name}")
        sizes = {}
        for url in urls:
            path = unquote(urlsplit(url).path).lstrip("/")
            if url.startswith(base) and "_images" not in path:
                data = (site_files / path).read_bytes()
                sizes[path] = len(data if path.endswith(PACKED) else gzip.compress(data, 6))
        if sum(sizes.values()) > MOST:
            heavy[name] = sum(sizes.values()), sorted(sizes.items(), key=lambda item: -item[1])[:12]
    assert heavy == {}


# What is laid out when the page has come to rest. (Chromium's own count of boxes is that of a whole process, which may
# still hold other pages.)
LAID_OUT = """async () => {
    for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
    const parts = [...document.querySelectorAll("main *")];
    return [parts.length, parts.filter((part) => part.checkVisibility({ contentVisibilityAuto: true })).length];
}"""


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_phone_lays_out_of_a_page_what_is_near(browser, base, language, pages):
    r"""What makes a long page quick, counted: unlike seconds, a count is the same on a machine that is busy."""
    far = {}
    for name in pages(language, made=True):
        context = browser.new_context(viewport={"width": 412, "height": 823})
        page = context.new_page()
        page.route("**/_images/*", lambda route: route.abort())
        page.goto(f"{base}/{language}/{name}")
        parts, near = page.evaluate(LAID_OUT)
        context.close()
        assert near > 10
        if near > NEAR:
            far[name] = near, parts
    assert far == {}


def test_a_page_without_formulas_or_code_loads_nothing_for_them(browser, base, site_files):
    rules = {"KaTeX_Main", "--mystnb-", ".highlight .kn", "div.exercise"}  # each from a style sheet of its own
    for name, used in (("milestones/index.html", False), ("components/loss.html", True)):
        urls, _ = _loaded(browser, f"{base}/ko/{name}")
        sheets = [site_files / urlsplit(url).path.lstrip("/") for url in urls if urlsplit(url).path.endswith(".css")]
        assert len(sheets) == 1, f"{name}: the first letter waits for {sheets}"
        css = sheets[0].read_text("utf8")
        assert {rule for rule in rules if rule in css} == (rules if used else set()), name
        assert any("copy.js" in url for url in urls) == used, name
