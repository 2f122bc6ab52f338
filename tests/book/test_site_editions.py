r"""The two editions of the built site: the same pages, ids and programs, each in its own language."""

import ast
import re

from press.literals import HANGUL
from press.particles import PARTICLE
from press.status import minutes

MADE = ("genindex.html", "search.html")  # by Sphinx: their ids are letters of the alphabet
LATIN = re.compile(r"[A-Za-z]{2}")
SPOKEN = ("title", "aria-label", "placeholder", "alt")
NAMES = re.compile(r"^\W*(?:Ctrl|\.ipynb|PDF|IoU|mAP|Colab|GitHub|PyTorch)\W*$")


def _syntax(code: str) -> list[str]:
    r"""What a program computes, without its strings."""
    tree = ast.parse(re.sub(r"^(\s*)(?:%|!(?!=)).*$", r"\1pass", code, flags=re.M))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):  # a translation may put the fields of an f-string in another order
            node.values = sorted((v for v in node.values if isinstance(v, ast.FormattedValue)), key=ast.dump)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return [ast.dump(node) for node in tree.body]


def _is_korean(node) -> bool:
    r"""Whether a node lies in Korean that is marked as such."""
    return any(p.get("lang") == "ko" for p in [node, *node.parents] if p.name not in ("html", "[document]"))


def _silent(node) -> bool:
    r"""Whether a node is not read: scripts, code, maths, what is hidden, what is marked as of another language."""
    for p in [node, *node.parents]:
        if p.name in ("script", "style", "code", "pre", "math", "template", "html", "[document]", "head"):
            return p.name not in ("html", "[document]")
        hidden = p.get("aria-hidden") == "true" or p.get("id") == "jb-print-docs-body"
        if hidden or p.get("lang") or {"math", "cell_output", "onlyprint"} & set(p.get("class", [])):
            return True
    return False


def test_same_pages(site):
    found = {x: {p.relative_to(site / x).as_posix() for p in (site / x).rglob("*.html") if "_static" not in p.parts} for x in ("ko", "en")}
    assert found["ko"] == found["en"], f"only in one edition: {sorted(found['ko'] ^ found['en'])}"
    assert found["ko"], "the site has no pages"


def test_language_is_declared(site, page, soup):
    assert [soup(x, page).html.get("lang") for x in ("ko", "en")] == ["ko", "en"]


def test_same_ids(site, page, soup):
    if page in MADE:
        return
    ids = {x: [node["id"] for node in soup(x, page).find_all(id=True)] for x in ("ko", "en")}
    assert set(ids["ko"]) == set(ids["en"]), f"{page}: only in one edition: {sorted(set(ids['ko']) ^ set(ids['en']))}"
    for language, found in ids.items():
        twice = {i for i in found if found.count(i) > 1}
        assert not twice, f"{language}/{page}: these ids stand twice: {sorted(twice)}"


def test_same_programs(site, page, soup):
    code = {x: [node.get_text() for node in soup(x, page).select(".cell_input pre")] for x in ("ko", "en")}
    assert len(code["ko"]) == len(code["en"]), f"{page}: {len(code['ko'])} cells in Korean, {len(code['en'])} in English"
    for korean, english in zip(code["ko"], code["en"], strict=True):
        assert _syntax(korean) == _syntax(english), f"{page}: these two cells differ in more than words:\n{korean}\n{english}"


def test_no_hangul_in_english(site, page, soup):
    for node in soup("en", page).find_all(string=HANGUL):
        assert _is_korean(node.parent), f"en/{page}: Hangul that is not marked as Korean: {node.strip()[:80]!r}"
    for node in soup("en", page).find_all(True):
        said = [f'{name}="{node[name]}"' for name in (*SPOKEN, "content", "href") if HANGUL.search(str(node.get(name, "")))]
        assert not said or _is_korean(node), f"en/{page}: Hangul in {said[0]}"


def test_no_english_around_the_korean(site, page, soup):
    r"""What a reader of the Korean edition presses or hears is Korean."""
    for node in soup("ko", page).find_all(True):
        if _silent(node):
            continue
        texts = [node.get(name, "") for name in SPOKEN]
        if node.name in ("button", "summary", "label", "th"):
            texts += [text.strip() for text in node.find_all(string=True) if not _silent(text.parent)]
        for text in texts:
            english = LATIN.search(text) and not HANGUL.search(text) and not NAMES.match(text)
            reference = node.find_parent(class_="bibtex") or "#" in node.get("href", "")  # a cited title stays as it was published
            assert not english or reference, f"ko/{page}: {text!r} in <{node.name}>; give it Korean in locales/ko/LC_MESSAGES/sphinx.po"


def test_minutes_are_said_under_the_title(site, chapter, soup):
    said = [soup(x, f"{chapter.name}.html").select_one("h1 + p.minutes").get_text() for x in ("ko", "en")]
    tens = [re.search(r"[1-9]+0", words)[0] for words in said]
    assert tens[0] == tens[1] == str(minutes(chapter.name, chapter.text)), f"{chapter.name}: {said}"


def test_a_part_has_one_link_beside_the_pages(site, page, soup):
    for language in ("ko", "en"):
        beside = soup(language, page).select_one(".bd-docs-nav")
        parts = [link.get_text(strip=True) for link in beside.select("p.caption > a")]
        others = [link.get_text(strip=True) for link in beside.select("li a")]
        assert len(parts) > 2 and not set(parts) & set(others) and len(others) > 20, f"{language}/{page}: {parts}"


def test_particles_are_settled(site, page, soup):
    article = soup("ko", page).find("article") or soup("ko", page)
    for node in article.find_all(string=PARTICLE):
        inside = node.find_parent(["pre", "code", "script"])
        assert inside, f"ko/{page}: a particle in both forms: {node.strip()[:80]!r}"


def test_titles_differ(site, soup):
    for language in ("ko", "en"):
        titles = {}
        for path in sorted((site / language).rglob("*.html")):
            if "_static" not in path.parts:
                name = path.relative_to(site / language).as_posix()
                titles.setdefault(soup(language, name).title.get_text(strip=True), []).append(name)
        twice = {title: pages for title, pages in titles.items() if len(pages) > 1}
        assert not twice, f"{language}: pages share a title: {twice}"


def test_search_engines_know_the_page(site, page, soup):
    if page not in MADE:
        said = {x: (soup(x, page).find("meta", attrs={"name": "description"}) or {}).get("content", "") for x in ("ko", "en")}
        assert said["ko"] and said["en"] and said["ko"] != said["en"], f"{page}: descriptions {said}"
