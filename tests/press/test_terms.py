r"""The glossary in both directions, the table of what each chapter cost, and the map, on the pages of a small book."""

from __future__ import annotations

import re
import shutil

import pytest
from bs4 import BeautifulSoup

from press import PressError
from press.terms import terms

HEAD = "english,korean,avoid,checked,meaning_ko,meaning_en\n"
TABLE = HEAD + "loss,손실,로스,yes,예측이 틀린 정도다.,How wrong a prediction is.\nAdam,Adam,,no,옵티마이저다.,An optimizer.\n"
TABLE += "beam search,빔 탐색,,no,{term}`손실`은 아니다.,Not the {term}`loss`.\nweight,가중치,,no,배우는 수다.,A number that is learned.\n"
PAGES = {
    "index": "(sample)=\n# 작은 책\n\n```{cover}\n```\n\n{term}`손실`을 보라.\n\n```{toctree}\n:numbered:\ncomponents/loss\nglossary\n```\n",
    "glossary": "(glossary)=\n# 용어\n\n```{terms}\n```\n\n(table)=\n## 표\n\n```{terms}\n:list:\n```\n\n```{build-status}\n```\n",
    "components/loss": "---\ndescription: 하나를 센다.\n---\n(loss)=\n# 손실\n\n```{code-cell}\n1 + 1\n```\n",
}
PO = 'msgid ""\nmsgstr ""\n"Language: en\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
ENGLISH = {
    "index": {"작은 책": "A Small Book", "{term}`손실`을 보라.": "See {term}`losses <loss>`."},
    "glossary": {"용어": "Terms", "표": "Table"},
    "components/loss": {"하나를 센다.": "Count one.", "손실": "Loss"},
}


def test_terms_status_and_map_in_both_languages(fresh):
    for folder in ("book/part", "locales/en/LC_MESSAGES/part"):
        shutil.rmtree(fresh.root / folder)
    for name in ("book/bibliography.md", "locales/en/LC_MESSAGES/bibliography.po"):
        (fresh.root / name).unlink()
    fresh.write("book/terms.csv", TABLE)
    for name, text in PAGES.items():
        fresh.write(f"book/{name}.md", text)
        messages = "".join(f'\nmsgid "{korean}"\nmsgstr "{english}"\n' for korean, english in ENGLISH[name].items())
        fresh.write(f"locales/en/LC_MESSAGES/{name}.po", PO + messages)
    fresh.made("messages")
    fresh.made("html")

    names = {"ko": ["Adam", "가중치", "빔 탐색", "손실"], "en": ["Adam", "beam search", "loss", "weight"]}
    order = {"ko": ("adam", "weight", "beam-search", "loss"), "en": ("adam", "beam-search", "loss", "weight")}
    places = {language: [f"#term-{word}" for word in words] for language, words in order.items()}
    for language, other in (("ko", "en"), ("en", "ko")):
        page = BeautifulSoup(fresh.page(f"{language}/glossary.html"), "html.parser").find("article")
        listed = page.select_one("dl.glossary").find_all("dt")
        assert [f"#{term['id']}" for term in listed] == places[language]
        assert [next(term.stripped_strings) for term in listed] == names[language]
        assert [[span["lang"] for span in term.select("span.foreign")] for term in listed] == [[], [other], [other], [other]]
        letters = page.select(".term-letters a")
        assert [a.text for a in letters] == ([*"Aㄱㅂㅅ"] if language == "ko" else [*"ABLW"])
        assert [a["href"] for a in letters] == places[language]
        assert page.select_one("dd a")["href"] == "#term-loss"  # a meaning links another term

        reverse, status = page.select("table.terms tbody tr"), page.select("table.status tr")
        assert [row.td.text.strip() for row in reverse] == names[other]
        assert [row.a["href"] for row in reverse] == places[other]
        assert [cell.text.strip() for cell in status[1].find_all("td")][2:5] == ["1", "0", "0"] and status[1].a[
            "href"
        ] == "components/loss.html"
        assert status[2].td.text.strip() == {"ko": "모두", "en": "All"}[language] and len(status) == 3

        cover = BeautifulSoup(fresh.page(f"{language}/index.html"), "html.parser").find("article")
        wanted = {"ko": "1장 · 실행한 셀 1개", "en": "1 chapters · 1 cells that ran"}[language]
        assert cover.select_one(".cover-facts").text.startswith(wanted)
        assert cover.select_one(".cover-actions a")["href"] == "components/loss.html"
        assert [a["href"] for a in cover.select(".map-wide a")] == ["components/loss.html"] and cover.select_one(".map-legend")
        link = cover.find("a", href="glossary.html#term-loss")
        assert link.text == {"ko": "손실", "en": "losses"}[language]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "english,korean\n",
            "book/terms.csv: wants the columns english, korean, avoid, checked, meaning_ko, meaning_en; got ['english', 'korean']",
        ),
        (HEAD + "loss,손실,,yes,,x\n", "book/terms.csv:2: 'loss' lacks meaning_ko; fill it in"),
        (HEAD + "loss,손실,,maybe,가,x\n", "book/terms.csv:2: 'loss' lacks yes or no under checked; fill it in"),
        (HEAD + "loss,손실,,no,가,x\nLoss!,손해,,no,나,y\n", "book/terms.csv:3: 'Loss!' and 'loss' share the id term-loss; keep one"),
    ],
)
def test_a_table_at_fault_is_refused_with_its_line(tmp_path, text, message):
    (tmp_path / "terms.csv").write_text(text, "utf8")
    with pytest.raises(PressError, match=re.escape(message)):
        terms(tmp_path / "terms.csv")


def test_renderings_to_avoid_are_found_where_a_word_begins(tmp_path):
    (tmp_path / "terms.csv").write_text(HEAD + "loss,손실,로스; 손해(돈),yes,가,x\n", "utf8")
    (loss,) = terms(tmp_path / "terms.csv")
    assert loss.avoid == ("로스", "손해(돈)") and loss.forbidden == ("로스",)  # what has a note is left to the editor
    assert loss.misused("로스는 크로스가 아니고 손해도 아니다. 로스!") == ["로스", "로스"]
