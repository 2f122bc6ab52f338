r"""The cover page: a map of the book, drawn as SVG with a link for each chapter that exists, and what the build counted."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from html import escape

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from press import status

PLAN = {
    ("start", "시작하기", "Getting started"): [
        ("what_is_deep_learning", "딥러닝이란 무엇인가", "What is deep learning?"),
        ("mathematics", "수학", "Mathematics"),
        ("implementation", "구현", "Implementation"),
        ("reading_papers", "논문 읽기", "Reading papers"),
    ],
    ("components", "네 가지 요소", "Four components"): [
        ("data", "데이터", "Data"),
        ("model", "모델", "Model"),
        ("loss", "손실", "Loss"),
        ("optimizer", "옵티마이저", "Optimizer"),
    ],
    ("tasks", "다섯 가지 과제", "Five tasks"): [
        ("classification", "분류", "Classification"),
        ("semantic_segmentation", "의미론적 분할", "Semantic segmentation"),
        ("object_detection", "객체 탐지", "Object detection"),
        ("pose_estimation", "자세 추정", "Pose estimation"),
        ("visual_question_answering", "시각 질의응답", "Visual question answering"),
    ],
    ("techniques", "여덟 가지 기법", "Eight techniques"): [
        ("dropout", "드롭아웃", "Dropout"),
        ("early_stopping", "조기 종료", "Early stopping"),
        ("cross_validation", "교차 검증", "Cross-validation"),
        ("weight_decay", "가중치 감쇠", "Weight decay"),
        ("batch_normalization", "배치 정규화", "Batch normalization"),
        ("mixup", "믹스업", "Mixup"),
        ("ensemble", "앙상블", "Ensembles"),
        ("bayesian_optimization", "베이지안 최적화", "Bayesian optimization"),
    ],
    ("milestones", "열 가지 이정표", "Ten milestones"): [
        ("alexnet", "2012 AlexNet", "2012 AlexNet"),
        ("dqn", "2013 DQN", "2013 DQN"),
        ("seq2seq", "2014 시퀀스 투 시퀀스", "2014 Sequence to sequence"),
        ("adam", "2014 Adam", "2014 Adam"),
        ("gan", "2014 GAN", "2014 GAN"),
        ("resnet", "2015 ResNet", "2015 ResNet"),
        ("transformer", "2017 트랜스포머", "2017 Transformer"),
        ("bert", "2018 BERT", "2018 BERT"),
        ("gpt", "2018 GPT", "2018 GPT"),
        ("self_supervised", "2020 자기 지도 학습", "2020 Self-supervised learning"),
    ],
}
r"""What the book is to hold: each part and its chapters, each with its page and its short name in both languages."""
WORDS = {
    "ko": {
        "map": "이 책의 지도",
        "coming": "앞으로 올 장",
        "begin": "첫 장부터 읽기",
        "facts": "{chapters}장 · 실행한 셀 {cells:,}개 · 그 셀이 그린 그림 {figures:,}점 · 풀이가 있는 연습문제 {exercises:,}개",
    },
    "en": {
        "map": "A map of the book",
        "coming": "still to come",
        "begin": "Start with the first chapter",
        "facts": "{chapters} chapters · {cells:,} cells that ran · {figures:,} figures that they drew · {exercises:,} exercises with solutions",
    },
}
SIZE = 14  # of letters, in pixels of a drawing that is not scaled
HIGH, GAP, HEAD = 54, 10, 34


@dataclass(frozen=True)
class Form:
    r"""A form of the drawing: its name, its width and how many boxes stand in a row of each part."""

    name: str
    width: int
    columns: tuple[int, ...]


FORMS = (Form("wide", 720, (4, 4, 5, 4, 5)), Form("narrow", 336, (2, 2, 2, 2, 2)))


def width(text: str, size: float = SIZE) -> float:
    r"""Estimate how wide a text is, in pixels.

    Examples:
        >>> width("손실", 10), width("loss", 10)
        (20.0, 23.2)
    """
    return round(sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.58 for letter in text) * size, 1)


def lines(text: str, room: float) -> list[str]:
    r"""Break a name at its spaces, so that it fits into a box.

    Examples:
        >>> lines("Visual question answering", 124), lines("손실", 120)
        (['Visual question', 'answering'], ['손실'])
    """
    found = [""]
    for word in text.split():
        longer = f"{found[-1]} {word}".strip()
        if found[-1] and width(longer) > room:
            found.append(word)
        else:
            found[-1] = longer
    return found


def drawing(form: Form, language: str, link) -> str:
    r"""Draw the map.

    Args:
        form: Its form.
        language: ``ko`` or ``en``.
        link: Called with the name of a page, as in ``components/loss``; returns its address, or nothing if there is no such page.

    Returns:
        An SVG element; its colours are those of the page.
    """
    of = {"ko": 1, "en": 2}[language]
    parts, top = [], 0
    for number, ((part, chapters), columns) in enumerate(zip(PLAN.items(), form.columns, strict=True)):
        gap = 28 if part[0] == "components" and columns == 4 else GAP  # where the arrows go
        wide = (form.width - 2 - gap * (columns - 1)) / columns
        boxes = []
        for n, chapter in enumerate(chapters):
            x, y = 1 + n % columns * (wide + gap), top + HEAD + n // columns * (HIGH + GAP)
            boxes.append(_box(x, y, wide, chapter[of], link(f"{part[0]}/{chapter[0]}"), language))
        if gap != GAP:
            boxes.append(_arrows(top + HEAD, wide, gap))
        title = escape(part[of])
        if address := link(f"{part[0]}/index"):
            title = f'<a href="{escape(address)}">{title}</a>'
        parts.append(
            f'<g class="map-part map-{number}"><text class="map-title" x="1" y="{top + 22}">{title}</text>'
            f'<g role="list" aria-label="{escape(part[of])}">{"".join(boxes)}</g></g>'
        )
        top += HEAD + -(-len(chapters) // columns) * (HIGH + GAP) + (12 if gap != GAP else 0)
    size = f'viewBox="0 0 {form.width} {top}" width="{form.width}" height="{top}"'
    return f'<svg class="map-{form.name}" {size} xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'


def _box(x: float, y: float, wide: float, name: str, address: str, language: str) -> str:
    year, _, rest = name.partition(" ")
    texts = lines(rest, wide - 12) if year.isdigit() else lines(name, wide - 12)
    rows = ([(year, "map-year")] if year.isdigit() else []) + [(text, "map-name") for text in texts]
    step = 17 if len(rows) < 3 else 15
    first = y + HIGH / 2 + 5 - (len(rows) - 1) * step / 2
    written = "".join(
        f'<text class="{kind}" x="{x + wide / 2:g}" y="{first + step * n:g}">{escape(text)}{" " if n + 1 < len(rows) else ""}</text>'
        for n, (text, kind) in enumerate(rows)
    )
    inside = f'<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{HIGH}" rx="6"/>{written}'
    if address:
        return f'<g role="listitem"><a href="{escape(address)}">{inside}</a></g>'
    label = escape(f"{name} ({WORDS[language]['coming']})")
    return f'<g role="listitem" class="map-coming"><g role="img" aria-label="{label}">{inside}</g></g>'


def _arrows(y: float, wide: float, gap: float) -> str:
    r"""From each component to the next, and from the optimizer back to the model."""
    found = []
    for n in range(1, 4):
        end = 1 + n * (wide + gap) - 4
        found.append(f"M{end - gap + 8:g} {y + HIGH / 2:g}H{end:g}m-6 -5l6 5l-6 5")
    back, home = 1 + 3 * (wide + gap) + wide / 2, 1 + wide + gap + wide / 2
    found.append(f"M{back:g} {y + HIGH + 3:g}v7q0 6 -6 6H{home + 6:g}q-6 0 -6 -6v-6m-5 5l5 -6l5 6")
    return f'<path class="map-arrow" aria-hidden="true" d="{"".join(found)}"/>'


# -- Sphinx ----------------------------------------------------------------------------------------------------------


class Map(nodes.General, nodes.Element):
    r"""The place of the map and of the buttons on a page; other editions than HTML say the same in the text that follows it."""


class CoverDirective(SphinxDirective):
    r"""``{cover}``: what the build counted, where to begin, and the map."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        r"""Leave the places."""
        self.env.note_reread()  # chapters come, and counts change, while this page stays as it is
        facts = WORDS[self.config.language]["facts"].format(**status.facts(status.of_book(self.config)))
        return [nodes.paragraph("", facts, classes=["cover-facts"]), Map()]


def _visit(self, node):
    builder, language = self.builder, self.config.language
    here = builder.current_docname

    def link(name: str) -> str:
        return builder.get_relative_uri(here, name) if name in builder.env.found_docs else ""

    pages = [f"{part[0]}/{chapter[0]}" for part, chapters in PLAN.items() for chapter in chapters]
    first = next(filter(None, map(link, pages)), "")
    words = WORDS[language]
    if first:
        self.body.append(f'<p class="cover-actions"><a class="btn btn-primary" href="{first}">{words["begin"]}</a></p>\n')
    legend = "" if all(map(link, pages)) else f'<p class="map-legend"><span aria-hidden="true"></span>{words["coming"]}</p>'
    drawings = "".join(drawing(form, language, link) for form in FORMS)
    self.body.append(f'<div class="book-map" role="group" aria-label="{words["map"]}">{drawings}{legend}</div>\n')
    raise nodes.SkipNode


def _skip(self, node):
    raise nodes.SkipNode


def setup(app):
    r"""Add the directive."""
    app.add_node(Map, html=(_visit, None), latex=(_skip, None), text=(_skip, None))
    app.add_directive("cover", CoverDirective)


def unplanned(chapters: list[str]) -> list[str]:
    r"""Return the chapters that the map does not show.

    Examples:
        >>> unplanned(["components/loss", "components/index", "components/luck", "index"])
        ['components/luck']
    """
    planned = {f"{part[0]}/{chapter[0]}" for part, listed in PLAN.items() for chapter in listed}
    return [name for name in chapters if "/" in name and not name.endswith("/index") and name not in planned]
