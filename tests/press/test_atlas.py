r"""The map of the cover page: every chapter stands on it, once, with a link where it exists."""

import re
import xml.etree.ElementTree as ET

import pytest

from press import atlas, chapters

SVG = "{http://www.w3.org/2000/svg}"
PAGES = [f"{part[0]}/{chapter[0]}" for part, listed in atlas.PLAN.items() for chapter in listed]


def _drawn(form, language, there=()):
    return ET.fromstring(atlas.drawing(form, language, lambda name: f"{name}.html" if name in there else ""))


def test_the_plan_is_that_of_the_book():
    assert [len(listed) for listed in atlas.PLAN.values()] == [4, 4, 5, 8, 10]
    assert len(set(PAGES)) == 31
    assert atlas.unplanned(chapters()) == [], "give these chapters a place on the map: PLAN in press/atlas.py"


@pytest.mark.parametrize("form", atlas.FORMS, ids=lambda form: form.name)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_chapter_has_a_link_as_soon_as_it_exists(form, language):
    there = ["components/loss", "milestones/gpt", "components/index"]
    drawn = _drawn(form, language, there)
    links = {a.get("href"): "".join(a.itertext()) for a in drawn.iter(f"{SVG}a")}
    names = {"ko": ("손실", "2018 GPT", "네 가지 요소"), "en": ("Loss", "2018 GPT", "Four components")}
    assert links == dict(zip((f"{name}.html" for name in there), names[language], strict=True))
    coming = [g.get("aria-label") for g in drawn.iter(f"{SVG}g") if g.get("role") == "img"]
    assert len(coming) == 29 and all(label.endswith(f"({atlas.WORDS[language]['coming']})") for label in coming)
    assert len([a for a in _drawn(form, language, PAGES).iter(f"{SVG}a")]) == 31
    assert (language == "ko") == bool(re.search("[가-힣]", "".join(drawn.itertext())))


@pytest.mark.parametrize("form", atlas.FORMS, ids=lambda form: form.name)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_boxes_neither_meet_nor_leave_the_drawing_and_names_fit(form, language):
    drawn = _drawn(form, language)
    height = float(drawn.get("height"))
    boxes = [tuple(float(rect.get(name)) for name in ("x", "y", "width", "height")) for rect in drawn.iter(f"{SVG}rect")]
    assert len(boxes) == 31
    for x, y, w, h in boxes:
        assert x >= 0 and y >= 0 and x + w <= form.width and y + h <= height
    for i, (x, y, w, h) in enumerate(boxes):
        for other in boxes[:i]:
            assert x >= other[0] + other[2] or other[0] >= x + w or y >= other[1] + other[3] or other[1] >= y + h
    for group in drawn.iter(f"{SVG}g"):
        rect, texts = group.find(f"{SVG}rect"), group.findall(f"{SVG}text")
        if rect is not None:
            assert 1 <= len(texts) <= 3
            assert all(atlas.width(text.text.strip()) <= float(rect.get("width")) for text in texts)
            low, high = float(rect.get("y")), float(rect.get("y")) + float(rect.get("height"))
            assert all(low + 10 < float(text.get("y")) < high - 3 for text in texts)
