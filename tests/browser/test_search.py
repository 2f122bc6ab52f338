r"""The search of the built site in Chromium."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import quote

import pytest

from press import BUILD

SITE = Path(os.environ.get("BOOK_SITE", BUILD / "site"))
FIRST = {
    "ko": {
        "손실": "components/loss",
        "손실을": "components/loss",
        "손실함수": "components/loss",
        "손실 함수": "components/loss",
        "이상치에": "components/loss",
        "후버는": "components/loss",
        "Huber": "components/loss",
        "분위수": "components/loss",
        "초점 손실": "components/loss",
        "평균절대오차": "components/loss",
        "outliers": "components/loss",
        "loss function": "components/loss",
        "focal loss": "components/loss",
        "교차엔트로피": "start/mathematics",
        "특잇값 분해": "start/mathematics",
        "KL 발산": "components/loss",
        "최대가능도": "start/mathematics",
        "singular value decomposition": "start/mathematics",
        "딥러닝이란": "start/what_is_deep_learning",
        "deep learning": "start/what_is_deep_learning",
        "인공지능과 머신러닝의 차이": "start/what_is_deep_learning",
        "자동 미분": "start/implementation",
        "역전파를": "start/mathematics",
        "논문 읽기": "start/reading_papers",
        "재현 카드": "start/reading_papers",
        "데이터 누출": "components/data",
        "증강": "components/data",
        "불균형": "components/loss",
        "data augmentation": "components/data",
        "leakage": "components/data",
        "합성곱을": "components/model",
        "귀납 편향": "components/model",
        "다층 퍼셉트론": "components/model",
        "convolution": "components/model",
        "학습률이": "components/optimizer",
        "모멘텀": "components/optimizer",
        "경사하강법": "components/optimizer",
        "옵티마이저에서": "components/optimizer",
        "RMSProp": "components/optimizer",
        "optimizers": "components/optimizer",
        "learning rate schedule": "components/optimizer",
        "AlexNet": "milestones/alexnet",
        "ILSVRC": "milestones/alexnet",
        "시퀀스투시퀀스": "milestones/seq2seq",
        "빔 탐색": "milestones/seq2seq",
        "BLEU": "milestones/seq2seq",
        "교사 강요": "milestones/seq2seq",
        "teacher forcing": "milestones/seq2seq",
        "편향 보정": "milestones/adam",
        "AMSGrad": "milestones/adam",
        "생성적 적대 신경망": "milestones/gan",
        "모드 붕괴": "milestones/gan",
        "판별자는": "milestones/gan",
        "mode collapse": "milestones/gan",
        "generative adversarial network": "milestones/gan",
        "잔차 연결": "milestones/resnet",
        "resnet": "milestones/resnet",
        "residual connection": "milestones/resnet",
        "트랜스포머": "milestones/transformer",
        "셀프 어텐션": "milestones/transformer",
        "위치 인코딩": "milestones/transformer",
        "multi-head attention": "milestones/transformer",
        "배치정규화": "techniques/batch_normalization",
        "batch normalization": "techniques/batch_normalization",
        "드롭아웃을": "techniques/dropout",
        "조기종료": "techniques/early_stopping",
        "DQN": "milestones/dqn",
        "강화 학습": "milestones/dqn",
        "BERT": "milestones/bert",
        "GPT": "milestones/gpt",
        "대조 학습": "milestones/self_supervised",
    },
    "en": {
        "losses": "components/loss",
        "Huber": "components/loss",
        "quantile": "components/loss",
        "outlier": "components/loss",
        "focal loss": "components/loss",
        "손실": "components/loss",
        "이상치": "components/loss",
        "singular value decomposition": "start/mathematics",
        "KL divergence": "start/mathematics",
        "maximum likelihood": "start/mathematics",
        "엔트로피": "start/mathematics",
        "what is deep learning": "start/what_is_deep_learning",
        "딥러닝": "start/what_is_deep_learning",
        "automatic differentiation": "start/implementation",
        "backpropagation": "start/mathematics",
        "reproduction card": "start/reading_papers",
        "reading papers": "start/reading_papers",
        "augmentation": "components/data",
        "leakage": "components/data",
        "증강": "components/data",
        "convolutions": "components/model",
        "inductive bias": "components/model",
        "multilayer perceptron": "components/model",
        "합성곱": "components/model",
        "optimizers": "components/optimizer",
        "momentum": "components/optimizer",
        "gradient descent": "components/optimizer",
        "RMSProp": "components/optimizer",
        "옵티마이저": "components/optimizer",
        "학습률 일정": "components/optimizer",
        "AlexNet": "milestones/alexnet",
        "local response normalization": "milestones/alexnet",
        "sequence to sequence": "milestones/seq2seq",
        "beam search": "milestones/seq2seq",
        "BLEU": "milestones/seq2seq",
        "빔 탐색": "milestones/seq2seq",
        "Adam": "milestones/adam",
        "bias correction": "milestones/adam",
        "AdamW": "milestones/adam",
        "GAN": "milestones/gan",
        "mode collapse": "milestones/gan",
        "discriminator": "milestones/gan",
        "판별자": "milestones/gan",
        "residual connections": "milestones/resnet",
        "degradation": "milestones/resnet",
        "잔차": "milestones/resnet",
        "transformer": "milestones/transformer",
        "self-attention": "milestones/transformer",
        "positional encoding": "milestones/transformer",
        "트랜스포머": "milestones/transformer",
        "drop-out": "techniques/dropout",
        "DQN": "milestones/dqn",
        "reinforcement learning": "milestones/dqn",
        "BERT": "milestones/bert",
        "GPT": "milestones/gpt",
        "contrastive learning": "milestones/self_supervised",
    },
}


def search(page, base, language, query):
    page.goto(f"{base}/{language}/search.html?q={quote(query)}")
    page.wait_for_function("document.querySelector('.search-summary')?.innerText.trim()")
    return page.eval_on_selector_all("#search-results li a", "links => links.map(a => a.getAttribute('href'))")


def chapters(language):
    text = (SITE / language / "searchindex.js").read_text("utf8")
    return json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))["docnames"]


@pytest.mark.parametrize("base", ["file"], indirect=True)
def test_right_chapter_comes_first(page, base):
    r"""Of all queries whose chapter the book has, nineteen of twenty lead to it."""
    asked, wrong = 0, []
    for language, queries in FIRST.items():
        there = set(chapters(language))
        search(page, base, language, "loss")
        for query, chapter in queries.items():
            if chapter in there:
                asked += 1
                first = page.evaluate("query => bookSearch.find(query)[0]?.[0]", query)
                wrong += [f"{language}: {query!r} leads to {first}, not to {chapter}"] if first != chapter else []
    assert asked >= 60, f"only {asked} queries ask for chapters that there are"
    assert len(wrong) <= asked / 20, "\n".join(wrong)


def test_the_loss_chapter_is_found_by_each_of_its_words(page, base):
    for query in ("손실", "손실을", "손실함수", "이상치에", "교차엔트로피", "huber"):
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


def test_results_show_the_words_with_the_section_they_are_in(page, base):
    search(page, base, "ko", "이상치에")
    page.wait_for_function("[...document.querySelectorAll('#search-results .context')].every((p) => p.textContent)")
    assert "이상치" in page.eval_on_selector_all("#search-results .context mark", "marks => marks.map(mark => mark.textContent)")
    assert all("\\" not in text and len(text) < 220 for text in page.locator("#search-results .context").all_inner_texts())
    sections = page.locator("#search-results .found-section").all_inner_texts()
    assert len(sections) > 3 and all(sections[:3]), sections
    hrefs = page.eval_on_selector_all("#search-results li a", "links => links.map(a => a.href)")
    assert all("#" in href for href in hrefs[:3])


def test_results_come_while_typing_and_are_reached_by_the_keys(page, base):
    page.goto(f"{base}/en/milestones/index.html")
    assert not [url for url in page.asked if "searchindex" in url or "language_data" in url]
    page.keyboard.press("Control+k")
    page.keyboard.type("mome")
    page.wait_for_selector("#pst-search-dialog li a")
    page.keyboard.type("ntum")
    page.wait_for_selector("#pst-search-dialog li a[href*='components/optimizer']")
    assert page.locator("#pst-search-dialog [role=status]").inner_text().startswith("Found on ")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement === document.querySelector('#pst-search-dialog li a')")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.tagName") == "INPUT"
    page.keyboard.type(" xqzv")
    page.wait_for_function("!document.querySelector('#pst-search-dialog li a')?.href.includes('xqzv')")
    page.keyboard.press("Escape")
    assert not page.locator("#pst-search-dialog").is_visible()


def test_searching_again_on_the_page_needs_no_new_page(page, base):
    search(page, base, "en", "loss")
    page.fill(".bd-search-container input", "beam search")
    page.wait_for_selector("#search-results li a[href*='milestones/seq2seq']")
    page.keyboard.press("Enter")
    assert page.url.endswith("search.html?q=beam%20search")
    page.fill(".bd-search-container input", "")
    page.wait_for_function("!document.querySelector('#search-results li')")


def test_enter_opens_the_search_page_and_a_result_marks_the_words(page, base):
    page.goto(f"{base}/ko/components/loss.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("손실함수")
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
