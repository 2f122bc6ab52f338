r"""Full-text search in Korean and in English, both on both sites, without an analyser and without a server.

Korean sticks particles to nouns and nouns to nouns, and Sphinx cannot split it. So the index holds the pieces of each run of
Hangul: every two neighboring syllables, and a noun of one syllable by itself. ``search.js`` cuts the query in the same way,
tries it with and without its endings, and asks that each syllable lies in a piece that the page has:
손실함수 finds 손실 함수, and the reverse. Terms are looked up in ``book/terms.csv`` when the reader asks,
so that *optimizer* finds 옵티마이저 while the index holds each page in its own language only.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter, defaultdict
from functools import lru_cache
from pathlib import Path

import snowballstemmer
from sphinx import package_dir
from sphinx.search import SearchLanguage, _JavaScriptIndex
from sphinx.search._stopwords.en import ENGLISH_STOPWORDS

from press import terms

WORD = re.compile("[가-힣]+|[0-9A-Za-zÀ-ÖØ-öø-ɏΑ-Ωα-ωά-ώ]+")

PARTICLES = {
    "consonant": "이 은 을 과 으로 으로는 으로도 으로써 으로서 이나 이란 이라 이라고 이라는 이라면 이라도 이면 이며 이고 이다 "
    "이었다 이야".split(),
    "vowel": "가 는 를 와 로 로는 로도 로써 로서 나 란 라고 라는 라면 라도".split(),
    "any": "의 에 도 만 들 에서 에서는 에서도 에는 에도 에만 에게 에게서 와의 과의 까지 까지는 부터 부터는 처럼 보다 보다는 마다 조차 마저 "
    "밖에 뿐 만이 만을 만으로".split(),
}
VERBS = {
    "vowel": "다 고 며 면 였다".split(),
    "any": "하다 한다 하는 하고 하며 하여 해서 하면 하지 하기 하게 했다 할 한 함 해 되다 된다 되는 되고 되며 되어 되면 되지 됐다 될 된 됨 "
    "시키다 시킨다 시키는 시키고 시켜 시킬 시킨 인 인가 이다 이란 적 적인 적으로 화한다".split(),
}
OFTEN = 8  # a page that has a word so often is about it


def pieces(text: str) -> list[str]:
    r"""Split text into what the index holds.

    Args:
        text: Text in any language.

    Returns:
        Words of other alphabets in lower case; of each run of Hangul its pairs of syllables, and its first syllable
        where no more than a particle follows.

    Examples:
        >>> pieces("손실함수를 huber_loss로")
        ['손실', '실함', '함수', '수를', 'huber', 'loss', '로']
        >>> pieces("층에서")
        ['층에', '에서', '층']
    """
    found = []
    for word in WORD.findall(unicodedata.normalize("NFC", text)):
        if not "가" <= word[0] <= "힣":
            found.append(word.lower())
            continue
        found += [word[i : i + 2] for i in range(len(word) - 1)]
        if len(word) == 1 or ends(word[0], word[1:], PARTICLES):
            found.append(word[0])
    return found


def ends(stem: str, ending: str, endings: dict[str, list[str]]) -> bool:
    r"""Say whether an ending may follow a stem: 은 and 으로 follow a consonant, 는 and 로 a vowel (로 also ㄹ).

    Examples:
        >>> ends("층", "은", PARTICLES), ends("층", "는", PARTICLES), ends("차", "이", PARTICLES), ends("확률", "로", PARTICLES)
        (True, False, False, True)
    """
    final = (ord(stem[-1]) - ord("가")) % 28
    sound = "consonant" if final and not (final == 8 and ending.startswith("로")) else "vowel"
    return any(ending in endings.get(kind, ()) for kind in (sound, "any"))


def renderings() -> list[list[str]]:
    r"""Return, for each term of the book, its English and its Korean name, and renderings to avoid, which readers may know."""
    listed = terms.terms() if terms.TERMS.exists() else []
    names = {name for term in listed for name in (term.english, term.korean)}
    avoided = {term: [re.sub(r"\(.*?\)", "", form).strip() for form in term.avoid] for term in listed}
    return [[term.english, term.korean, *(form for form in avoided[term] if form and form not in names)] for term in listed]


class Search(SearchLanguage):
    r"""Search of the Korean edition."""

    lang = "ko"
    language_name = "Korean"
    stopwords = ENGLISH_STOPWORDS

    def __init__(self, options):
        super().__init__(options)
        self._english = lru_cache(maxsize=None)(snowballstemmer.stemmer("english").stemWord)  # a book has few words, many times
        minified = package_dir / "search" / "minified-js"
        shared = {"word": WORD.pattern, "particles": PARTICLES, "verbs": VERBS, "terms": renderings()}
        scripts = [(minified / name).read_text("utf8") for name in ("base-stemmer.js", "english-stemmer.js")]
        scripts.append(f"const bookTerms = {json.dumps(shared, ensure_ascii=False, separators=(',', ':'))};")
        scripts.append(Path(__file__).with_suffix(".js").read_text("utf8"))
        self.js_stemmer_code = "\n".join(scripts)

    def split(self, text):
        return pieces(text)

    def stem(self, word):
        return word if "가" <= word[0] <= "힣" else self._english(word)


class EnglishSearch(Search):
    r"""Search of the English edition: Sphinx's English stems, and Korean words where the page or the query has them."""

    lang = "en"
    language_name = "English"


class Index(_JavaScriptIndex):
    r"""Sphinx's index with Hangul as such, half as long as with escapes, and with the pieces that a page has often."""

    def __init__(self, env):
        self._often = env.press_often

    def dumps(self, data):
        often = defaultdict(list)
        for number, page in enumerate(data["docnames"]):
            for piece in self._often.get(page, ()):
                often[piece].append(number)
        return self.PREFIX + json.dumps(data | {"often": often}, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + self.SUFFIX


def setup(app):
    r"""Give both editions this search."""
    app.add_search_language(Search)
    app.add_search_language(EnglishSearch)
    app.connect("builder-inited", _use_index)
    app.connect("doctree-resolved", _count)
    made_of = repr(renderings()) + "".join(Path(__file__).with_suffix(end).read_text("utf8") for end in (".py", ".js"))
    app.add_config_value("press_search", hashlib.sha256(made_of.encode()).hexdigest(), "html", types=str)  # another search, another index


def _use_index(app):
    if not hasattr(app.env, "press_often"):
        app.env.press_often = {}
    if app.builder.format == "html":
        app.builder.indexer_format = Index(app.env)


def _count(app, doctree, docname):
    indexer = getattr(app.builder, "indexer", None)
    if indexer:
        counts = Counter(map(indexer.lang.stem, pieces(doctree.astext())))
        app.env.press_often[docname] = sorted(piece for piece, n in counts.items() if n >= OFTEN and indexer.lang.word_filter(piece))
