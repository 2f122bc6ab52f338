r"""The search of the built site in Chromium."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from press import BUILD

SITE = BUILD / "site"
FIRST = {
    "ko": {
        "손실": "components/loss",
        "손실을": "components/loss",
        "손실함수": "components/loss",
        "손실 함수": "components/loss",
        "이상치에": "components/loss",
        "교차엔트로피": "start/mathematics",
        "교차 엔트로피": "start/mathematics",
        "huber": "components/loss",
        "Huber": "components/loss",
        "후버는": "components/loss",
        "분위수": "components/loss",
        "outliers": "components/loss",
        "loss function": "components/loss",
        "딥러닝이란": "start/what_is_deep_learning",
        "deep learning": "start/what_is_deep_learning",
        "합성곱을": "components/model",
        "학습률이": "components/optimizer",
        "옵티마이저에서": "components/optimizer",
        "optimizers": "components/optimizer",
        "배치정규화": "techniques/batch_normalization",
        "batch normalization": "techniques/batch_normalization",
        "드롭아웃을": "techniques/dropout",
        "resnet": "milestones/resnet",
    },
    "en": {
        "losses": "components/loss",
        "Huber": "components/loss",
        "손실": "components/loss",
        "optimizers": "components/optimizer",
        "옵티마이저": "components/optimizer",
        "drop-out": "techniques/dropout",
    },
}


def search(page, base, language, query):
    page.goto(f"{base}/{language}/search.html?q={quote(query)}")
    page.wait_for_function("document.querySelector('.search-summary')?.innerText.trim()")
    return page.eval_on_selector_all("#search-results li a", "links => links.map(a => a.getAttribute('href'))")


def chapters(language):
    text = (SITE / language / "searchindex.js").read_text("utf8")
    return json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))["docnames"]


@pytest.mark.parametrize("language", FIRST)
def test_right_chapter_comes_first(page, base, language):
    there = set(chapters(language)) if SITE.exists() else set()
    wanted = {query: chapter for query, chapter in FIRST[language].items() if chapter in there}
    assert wanted, "the site has none of the chapters that are looked for"
    search(page, base, language, "loss")
    assert {query: page.evaluate("query => bookSearch.find(query)[0]?.[0]", query) for query in wanted} == wanted
    query, chapter = next(iter(wanted.items()))
    assert search(page, base, language, query)[0].startswith(f"{chapter}.html")


def test_the_loss_chapter_is_found_by_each_of_its_words(page, base):
    for query in ("손실", "손실을", "손실함수", "이상치에", "교차엔트로피", "학습", "huber"):
        hrefs = search(page, base, "ko", query)
        assert any("components/loss.html" in href for href in hrefs), query


def test_results_are_in_the_language_of_the_page(page, base):
    search(page, base, "ko", "손실")
    assert page.inner_text("h1") == "검색"
    assert "찾았다" in page.inner_text(".search-summary")
    assert search(page, base, "ko", "홑따옴표겹") == []
    assert "홑" not in page.inner_text(".search-summary") and page.inner_text(".search-summary") > "가"
    search(page, base, "en", "loss")
    assert page.inner_text("h1") == "Search"
    assert not any("가" <= letter <= "힣" for letter in page.inner_text(".search-summary"))


def test_summaries_mark_the_words(page, base):
    search(page, base, "ko", "손실을")
    if base.startswith("file"):  # where a page cannot read another one there is no summary, and no fault either
        assert page.query_selector("#search-results .context") is None
        return
    page.wait_for_selector("#search-results li .context .highlighted")
    summary = page.inner_text("#search-results li .context")
    assert "손실" in page.eval_on_selector_all("#search-results .context .highlighted", "marks => marks.map(mark => mark.textContent)")
    assert len(summary) < 260 and "\\" not in summary


def test_other_pages_do_not_load_the_index_and_search_from_the_keyboard(page, base):
    page.goto(f"{base}/ko/components/loss.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("손실함수")
    assert not [url for url in page.asked if "searchindex" in url or "searchtools" in url or "language_data" in url]
    page.keyboard.press("Enter")
    page.wait_for_url("**/ko/search.html?q=*")
    page.wait_for_function("document.querySelector('.search-summary')?.innerText.trim()")
    page.click("#search-results li a")
    page.wait_for_selector(".bd-article .highlighted")
    assert "손실" in page.inner_text(".bd-article .highlighted")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_shows_the_results_without_scrolling_aside(page, base, scheme):
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme=scheme)
    search(page, base, "ko", "손실")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    icon, text = page.evaluate(
        """() => {
            const field = document.querySelector(".bd-search-container input");
            const start = field.getBoundingClientRect().left + parseFloat(getComputedStyle(field).paddingLeft);
            return [document.querySelector(".bd-search-container form i").getBoundingClientRect().right, start];
        }"""
    )
    assert icon <= text  # what is typed does not run under the magnifying glass
