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
import pickle
import re
import unicodedata
from collections import Counter, defaultdict
from functools import lru_cache
from pathlib import Path

import snowballstemmer
from docutils import nodes
from sphinx import package_dir
from sphinx.search import SearchLanguage, _JavaScriptIndex
from sphinx.search._stopwords.en import ENGLISH_STOPWORDS

from press import BOOK, catalogue, chapters, terms

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
OFTEN = 4  # how often a page has a word is known from here on


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
    found = [[term.english, term.korean, *(form for form in avoided[term] if form and form not in names)] for term in listed]
    listed_titles = titles()
    short = {title for pair in listed_titles for title in pair}
    initials = {term.english: "".join(word[0] for word in re.split(r"[ -]", term.english)).upper() for term in listed}
    found += [[name, initials[t.english]] for t in listed if initials[t.english] in short for name in (t.english, t.korean)]
    return found + [[english, korean] for korean, english in listed_titles if korean != english and not {korean, english} & names]


def titles() -> list[tuple[str, str]]:
    r"""Return the title of each chapter in Korean and in English, so that a chapter is found by either."""
    found = []
    for chapter in chapters():
        korean = re.search(r"^# (.+)$", (BOOK / f"{chapter}.md").read_text("utf8"), re.M)
        english = korean and catalogue.translations(chapter, "en").get(korean[1], korean[1])
        if "/" in chapter and korean:
            found.append((korean[1], english))
    return found


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
    r"""Sphinx's index with Hangul as such, half as long as with escapes, with how often a page has a piece, and its description."""

    def __init__(self, env):
        self._often, self._metadata = env.press_often, env.metadata

    def dumps(self, data):
        often = defaultdict(list)
        for number, page in enumerate(data["docnames"]):
            for piece, times in self._often.get(page, {}).items():
                often[piece] += [number, times]
        for places in data["indexentries"].values():
            places.sort()  # whichever pages were written first
        about = [self._metadata.get(page, {}).get("description", "") for page in data["docnames"]]
        data = data | {"often": often, "about": about}
        return self.PREFIX + json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + self.SUFFIX


EXERCISES = {"exercise_node", "exercise_enumerable_node", "solution_node"}
UNREAD = (nodes.literal_block, nodes.math_block, nodes.raw, nodes.comment, nodes.system_message)


def parts(document: nodes.document) -> list[list[str]]:
    r"""Cut the text of a page where something begins that a link can lead to: a section, an exercise, a term of the glossary.

    Args:
        document: The page, its references resolved.

    Returns:
        The id, the title and the text of each part; code, displayed formulas and titles are not in the text.
    """
    found = [["", "", ""]]

    def read(node):
        kind = type(node).__name__
        if isinstance(node, nodes.definition_list_item) and node[0].get("ids"):
            found.append([node[0]["ids"][0], _said(node[0]), ""])
            children = node[1:]
        elif (isinstance(node, nodes.section) and not _is_inside(node) or kind in EXERCISES) and node["ids"]:
            title = _said(node[0]).strip("()") if isinstance(node[0], nodes.title) else found[-1][1]
            found.append([node["ids"][0], title, ""])
            children = node.children
        else:
            children = node.children
        for child in children:
            if isinstance(child, nodes.TextElement):
                if not isinstance(child, (*UNREAD, nodes.title)):
                    found[-1][2] = f"{found[-1][2]} {_said(child)}".strip()
            elif isinstance(child, nodes.Element) and not isinstance(child, UNREAD):
                read(child)

    read(document)
    return [part for part in found if part[0] or part[2]]


def _is_inside(node: nodes.Element) -> bool:
    r"""Whether a section is only the body of an exercise or a solution."""
    return type(node.parent).__name__ in EXERCISES


def _said(node: nodes.Element) -> str:
    r"""Return the text of a node in one line, with an ellipsis for each formula that is more than a letter."""
    words = []
    for text in node.findall(nodes.Text):
        formula = isinstance(text.parent, nodes.math) and len(text.astext()) > 1
        words.append("" if isinstance(text.parent, nodes.raw) else "…" if formula else text.astext())
    return " ".join("".join(words).split())


def _write_text(app, pagename, templatename, context, doctree):
    r"""Write the text of a page as a script, which a page opened from the disk can load where it may not fetch."""
    if doctree is None or app.builder.name != "html":
        return
    out = Path(app.outdir) / "searchtext" / f"{pagename}.js"
    out.parent.mkdir(parents=True, exist_ok=True)
    said = json.dumps(parts(doctree), ensure_ascii=False, separators=(",", ":"))
    out.write_text(f"bookSearch.text({json.dumps(pagename)},{said});\n", "utf8")


def setup(app):
    r"""Give both editions this search."""
    app.connect("html-page-context", _write_text)
    app.add_search_language(Search)
    app.add_search_language(EnglishSearch)
    app.connect("builder-inited", _use_index)
    app.connect("doctree-resolved", _count)
    app.connect("build-finished", _keep)
    made_of = repr(renderings()) + "".join(Path(__file__).with_suffix(end).read_text("utf8") for end in (".py", ".js"))
    app.add_config_value("press_search", hashlib.sha256(made_of.encode()).hexdigest(), "html", types=str)  # another search, another index


FIELDS = ("_titles", "_filenames", "_mapping", "_title_mapping", "_all_titles", "_index_entries")
r"""What an index knows of the pages that it was fed."""


def _use_index(app):
    if not hasattr(app.env, "press_often"):
        app.env.press_often = {}
    if app.builder.format == "html":
        app.builder.indexer_format = Index(app.env)
        app.builder.load_indexer = lambda written: _restore(app, written)  # Sphinx's own forgets the index entries


def _kept(app) -> Path:
    return Path(app.doctreedir) / "search.pickle"


def _keep(app, error):
    r"""Keep what the index knows of each page for a build that does not write all of them."""
    if not error and (indexer := getattr(app.builder, "indexer", None)):
        _kept(app).write_bytes(pickle.dumps(({name: getattr(indexer, name) for name in FIELDS}, app.env.press_often)))


def _restore(app, written):
    r"""Let the index know what it knew of the pages that are not written."""
    indexer, stay = app.builder.indexer, app.env.all_docs.keys() - written
    if not stay:
        return
    known, often = pickle.loads(_kept(app).read_bytes())
    for name, value in known.items():
        setattr(indexer, name, value)
    indexer.prune(stay)
    for words in (indexer._mapping, indexer._title_mapping):
        for word in [word for word, pages in words.items() if not pages]:
            del words[word]
    for page in indexer._index_entries.keys() - stay:
        del indexer._index_entries[page]
    app.env.press_often.update({page: counts for page, counts in often.items() if page in stay})


def _count(app, doctree, docname):
    indexer = getattr(app.builder, "indexer", None)
    if indexer:
        counts = Counter(map(indexer.lang.stem, pieces(doctree.astext())))
        app.env.press_often[docname] = {p: n for p, n in sorted(counts.items()) if n >= OFTEN and indexer.lang.word_filter(p)}
