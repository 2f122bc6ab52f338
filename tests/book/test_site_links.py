r"""Links of the built site lead somewhere, and reading it asks no other host for anything."""

import re
from urllib.parse import unquote, urlsplit

import pytest

LOADED = {"script": ("src",), "img": ("src", "srcset"), "iframe": ("src",), "source": ("src", "srcset"), "video": ("src", "poster"),
          "audio": ("src",), "object": ("data",), "embed": ("src",), "link": ("href",), "use": ("href",)}  # fmt: skip
POINTS_ONLY = {"alternate", "canonical", "author", "license", "next", "prev", "search", "index"}
REMOTE = re.compile(r"^(?:[a-z]+:)?//", re.IGNORECASE)


@pytest.fixture(params=("ko", "en"))
def language(request):
    return request.param


def test_nothing_is_loaded_from_elsewhere(site, page, language, soup):
    for tag, names in LOADED.items():
        for node in soup(language, page).find_all(tag):
            if tag == "link" and set(node.get("rel", [])) <= POINTS_ONLY:
                continue
            for name in names:
                assert not REMOTE.match(node.get(name, "")), f"{language}/{page}: <{tag} {name}={node[name]!r}> comes from another host"
    for node in soup(language, page).find_all("style"):
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", node.get_text()), f"{language}/{page}: a style from another host"


def test_styles_load_nothing_from_elsewhere(site):
    for path in sorted(site.rglob("*.css")):
        hit = re.search(r"(?:url\(\s*['\"]?|@import\s+['\"])(?:https?:)?//[^)'\"]*", path.read_text("utf8"))
        assert not hit, f"{path.relative_to(site)}: {hit[0]}"


def test_links_lead_somewhere(site, page, language, soup):
    here = site / language / page
    for node in soup(language, page).find_all(["a", "img", "link", "script", "source", "object"]):
        for name in ("href", "src", "data"):
            link = node.get(name)
            if link is None or REMOTE.match(link) or re.match(r"(?:mailto|data|javascript):", link):
                continue
            parts = urlsplit(link)
            target = (here.parent / unquote(parts.path)).resolve() if parts.path else here
            target = target / "index.html" if target.is_dir() else target
            assert target.exists(), f"{language}/{page}: {link!r} is not there"
            if parts.fragment and target.suffix == ".html" and target.is_relative_to(site.resolve()):
                language_there, _, page_there = target.relative_to(site.resolve()).as_posix().partition("/")
                found = soup(language_there, page_there).find(id=unquote(parts.fragment))
                assert found is not None, f"{language}/{page}: {link!r} has no such anchor"


def test_no_markup_is_left(site, page, language, soup):
    r"""A role, a directive or maths that nothing has read stands on the page as it was typed."""
    for node in soup(language, page).find_all(string=re.compile(r"\{[\w:-]+\}`|^\s*:{3,}|`{3,}\{|\$\$|\{glue|\]\(#")):
        inside = node.find_parent(["pre", "code", "script", "style", "math", "annotation"])
        assert inside, f"{language}/{page}: markup on the page: {node.strip()[:80]!r}"


def test_pictures_have_words(site, page, language, soup):
    for node in soup(language, page).find_all("img"):
        assert node.get("alt", "").strip() or node.get("role") == "presentation", f"{language}/{page}: {node.get('src')} has no alt text"


def test_chooser_leads_to_both(site):
    text = (site / "index.html").read_text("utf8")
    assert 'href="ko/index.html"' in text and 'href="en/index.html"' in text


def test_the_other_language_is_one_click_away(site, page, language, soup):
    other = {"ko": "en", "en": "ko"}[language]
    switch = soup(language, page).find("a", class_="lang-switch")
    assert switch and switch.get("hreflang") == other and switch.get("lang") == other, f"{language}/{page} has no switch to {other}"
    assert urlsplit(switch["href"]).path.endswith(f"{other}/{page}"), f"{language}/{page}: the switch leads to {switch['href']}"
