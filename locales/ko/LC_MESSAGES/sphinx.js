// Words of Sphinx's scripts in the Korean edition; takes the place of Sphinx's own file. For templates: sphinx.po.
Documentation.addTranslations({
    "locale": "ko",
    "messages": {
        ", in ": ", ",
        "Hide Search Matches": "찾은 낱말 표시 지우기",
        "Preparing search...": "검색 준비 중…",
        "Search": "검색",
        "Search Page": "검색",
        "Search Results": "검색 결과",
        "Search finished, found one page matching the search query.": ["${resultCount}쪽을 찾았다."],
        "Searching": "검색 중",
        "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.": "찾는 낱말이 든 쪽이 없다. 낱말을 바르게 적었는지 살펴보라."
    },
    "plural_expr": "0"
});
