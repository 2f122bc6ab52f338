r"""What differs between the languages: settings of Sphinx, names of things; see press.latex for the PDF."""

from __future__ import annotations

TITLES = {"ko": "딥러닝, 요소에서 이정표까지", "en": "Deep Learning: From Components to Milestones"}
NAMES = {"ko": "한국어", "en": "English"}
PDF = "deep-learning-{language}.pdf"

NUMBERED = {
    "ko": {"figure": "그림 %s", "table": "표 %s", "code-block": "코드 %s", "section": "%s절", "exercise": "연습문제 %s"},
    "en": {"figure": "Figure %s", "table": "Table %s", "code-block": "Listing %s", "section": "Section %s", "exercise": "Exercise %s"},
}
WORDS = {
    "ko": {
        "solution": "풀이",
        "show": "코드 펼치기",
        "hide": "코드 접기",
        "search": "검색",
        "notebook": "노트북 내려받기",
        "colab": "Colab에서 열기",
        "pdf": "PDF 내려받기",
        "language": "언어",
        "contents": "이 장의 차례",
        "equation_link": "이 식의 주소",
        "minutes": "읽고 셀을 돌려 보는 데 {minutes}분쯤 걸린다.",
    },
    "en": {
        "solution": "Solution",
        "show": "Show code",
        "hide": "Hide code",
        "search": "Search",
        "notebook": "Download notebook",
        "colab": "Open in Colab",
        "pdf": "Download PDF",
        "language": "Language",
        "contents": "On this page",
        "equation_link": "Link to this equation",
        "minutes": "Reading the chapter and running its cells takes about {minutes} minutes.",
    },
}

THEME = {
    "article_header_end": ["page-tools.html", "theme-switcher.html", "search-button.html", "toggle-secondary-sidebar.html"],
    "navbar_persistent": [],
    "primary_sidebar_end": [],
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "footer_content_items": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def settings(language: str) -> dict:
    r"""Return the settings of Sphinx for an edition in a language.

    Examples:
        >>> settings("en")["numfig_format"]["figure"]
        'Figure %s'
    """
    title = TITLES[language]
    return {
        "project": title,
        "html_title": title,
        "press_words": WORDS[language],
        "bibtex_reference_style": f"press_{language}",
        "html_search_language": language,
        "html_theme_options": THEME | {"toc_title": WORDS[language]["contents"], "search_bar_text": WORDS[language]["search"]},
        "numfig_format": NUMBERED[language],
        "nb_code_prompt_show": WORDS[language]["show"],
        "nb_code_prompt_hide": WORDS[language]["hide"],
    }
