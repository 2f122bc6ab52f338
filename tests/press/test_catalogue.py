r"""Catalogues keep what translators wrote, mark what has changed, and say where each fault is."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from press import PressError, catalogue

HEAD = '# One msgstr for each msgid: see CONTRIBUTING.md.\nmsgid ""\nmsgstr ""\n"Language: en\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
HEAD += '"Content-Transfer-Encoding: 8bit\\n"\n\n'


@dataclass
class Chapter:
    source: Path
    path: Path

    def update(self, text: str | None = None, write: bool = True) -> list[str]:
        if text is not None:
            self.source.write_text(text, "utf8")
        return [str(fault) for fault in catalogue.update("part/a", "en", write)]

    def entries(self, *pairs: tuple[str, str]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(HEAD + "\n".join(f'msgid "{korean}"\nmsgstr "{english}"\n' for korean, english in pairs), "utf8")

    @property
    def text(self) -> str:
        return self.path.read_text("utf8")


@pytest.fixture
def chapter(tmp_path, monkeypatch) -> Chapter:
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    monkeypatch.setattr(catalogue, "BOOK", tmp_path / "book")
    monkeypatch.setattr(catalogue, "LOCALES", tmp_path / "locales")
    monkeypatch.setattr(catalogue, "chapters", lambda: ["part/a"])
    (tmp_path / "book" / "part").mkdir(parents=True)
    return Chapter(tmp_path / "book/part/a.md", tmp_path / "locales/en/LC_MESSAGES/part/a.po")


def test_a_new_catalogue_holds_each_text_once_in_order_with_its_kind(chapter):
    faults = chapter.update("# 손실\n\n정도다.\n\n손실\n\n```{code-cell}\nx = '값'  # 주석\n```\n")
    assert chapter.text == HEAD + (
        'msgid "손실"\nmsgstr ""\n\nmsgid "정도다."\nmsgstr ""\n\n#. string\nmsgid "값"\nmsgstr ""\n\n#. comment\nmsgid "주석"\nmsgstr ""\n\n'
    )
    lines = [(1, "손실"), (3, "정도다."), (8, "값"), (8, "주석")]
    assert faults == [f"book/part/a.md:{line}: not translated: {text!r}" for line, text in lines]


def test_an_update_keeps_translations_and_comments_of_translators(chapter):
    chapter.update("# 손실\n\n정도다.\n")
    chapter.path.write_text(chapter.text.replace('msgid "손실"\nmsgstr ""', '# a word of caution\nmsgid "손실"\nmsgstr "Loss"'), "utf8")
    faults = chapter.update("# 손실\n\n새 글.\n\n정도다.\n")
    assert '# a word of caution\nmsgid "손실"\nmsgstr "Loss"' in chapter.text
    assert [f.split(": ", 1)[1] for f in faults] == ["not translated: '새 글.'", "not translated: '정도다.'"]


def test_an_update_of_what_is_up_to_date_changes_no_byte(chapter):
    chapter.entries(("손실", "Loss"))
    chapter.update("# 손실\n")
    before = chapter.path.read_bytes(), chapter.path.stat().st_mtime_ns
    assert chapter.update() == []
    assert before == (chapter.path.read_bytes(), chapter.path.stat().st_mtime_ns)


def test_a_text_that_changed_keeps_its_translation_marked_fuzzy_until_the_mark_is_deleted(chapter):
    chapter.entries(("손실은 예측이 틀린 정도다.", "The loss says how wrong a prediction is."))
    assert chapter.update("손실은 예측이 틀린 정도다.\n") == []
    for _ in range(2):
        faults = chapter.update("손실은 예측이 크게 틀린 정도다.\n")
        assert len(faults) == 1 and "a.po:9: fuzzy: the text has changed to '손실은 예측이 크게 틀린 정도다.'" in faults[0]
        assert 'msgstr "The loss says how wrong a prediction is."' in chapter.text
        assert catalogue.translations("part/a", "en") == {}
    chapter.path.write_text(chapter.text.replace("#, fuzzy\n", ""), "utf8")
    assert chapter.update() == []


def test_a_text_that_is_gone_becomes_obsolete(chapter):
    chapter.entries(("손실", "Loss"), ("전혀 다른 긴 문장이다.", "A sentence of its own."))
    faults = chapter.update("# 손실\n")
    assert faults == ["locales/en/LC_MESSAGES/part/a.po:1: obsolete: '전혀 다른 긴 문장이다.'; delete it"]
    assert '#~ msgid "전혀 다른 긴 문장이다."' in chapter.text
    assert "전혀 다른 긴 문장이다." not in catalogue.translations("part/a", "en")


def test_check_writes_nothing_and_says_what_is_out_of_date(chapter):
    chapter.source.write_text("# 손실\n", "utf8")
    faults = chapter.update(write=False)
    assert faults[0] == "locales/en/LC_MESSAGES/part/a.po:1: not up to date; run `press messages`"
    assert not chapter.path.exists()


def test_faults_of_a_translation_are_said_with_the_line_of_the_catalogue(chapter):
    chapter.entries(("손실", "Loss"), (r"값 $\\nu$다.", "The value."), ("3이다", "4"))
    faults = chapter.update("# 손실\n\n값 $\\nu$다.\n\n3이다\n")
    assert faults == [
        "locales/en/LC_MESSAGES/part/a.po:11: maths: wants ['$\\\\nu$'] in 'The value.'",
        "locales/en/LC_MESSAGES/part/a.po:14: numbers: wants ['3'], has ['4'] in '4'",
    ]


def test_a_translation_that_breaks_a_cell_is_said_with_the_line_of_the_chapter(chapter):
    chapter.entries(("값", "it's"))
    (fault,) = chapter.update("글\n\n```{code-cell}\nx = '값'\n```\n".replace("글", "text"))
    assert fault.startswith("book/part/a.md:4: the translation of a string makes other code")


def test_a_chapter_without_korean_needs_no_catalogue(chapter):
    assert chapter.update("# Loss\n") == [] and not chapter.path.exists()


@pytest.mark.parametrize(
    "broken",
    [
        'msgid "손실"\nmsgstr "Loss\n',
        'msgid "손실"\nmsgstr Loss\n',
        "손실 = Loss\n",
        'msgid "손실"\nmsgstr "\\xff"\n'.replace("\\xff", "\udcff"),
    ],
)
def test_a_broken_catalogue_is_an_error_with_its_name(chapter, broken):
    chapter.entries()
    chapter.path.write_bytes((HEAD + broken).encode("utf8", "surrogateescape"))
    with pytest.raises(PressError, match=r"^locales/en/LC_MESSAGES/part/a.po(:\d+)?: this .*catalogue cannot be read.*restore it from git"):
        chapter.update("# 손실\n")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b"# \xff\xfe", "^book/part/a.md: not UTF-8 .*save it as UTF-8"),
        ("글\n\n<div>가</div>\n".encode(), "^book/part/a.md:3: Hangul here cannot be translated"),
        ("```{image} a\n:alt: 가: 나\n```\n".encode(), "^book/part/a.md:2: these options are not YAML"),
    ],
)
def test_a_chapter_that_cannot_be_read_is_an_error_with_its_name(chapter, text, wanted):
    chapter.source.write_bytes(text)
    with pytest.raises(PressError, match=wanted):
        chapter.update()


def test_a_build_needs_every_translation(chapter):
    chapter.update("# 손실\n\n정도다.\n")
    with pytest.raises(PressError, match=r"(?s)run `press messages` and mend:.*a.md:1: not translated.*a.md:3: not translated"):
        catalogue.require_complete("en")
    catalogue.require_complete("ko")


def test_a_changed_catalogue_is_read_again(chapter):
    chapter.entries(("손실", "Loss"))
    assert catalogue.translations("part/a", "en") == {"손실": "Loss"}
    chapter.entries(("손실", "Losses"))
    assert catalogue.translations("part/a", "en") == {"손실": "Losses"}
