r"""What a page loads: one style sheet, no element around plain code, no script of the theme that lays all of the page out."""

import pytest
from pygments.styles import get_style_by_name
from pygments.token import Text

from press import PressError, editions, weight

HTML = """<head><script>1</script>
<link href="../_static/styles/theme.css" rel="stylesheet" />
<link rel="stylesheet" type="text/css" href="../_static/a/a.css?v=1" />
<link rel="icon" href="../_static/favicon.svg"/><link rel="index" title="Index" href="../genindex.html" /></head><body class="kept">
"""


@pytest.fixture
def site(tmp_path):
    r"""A built site with one page and two style sheets, ."""
    files = {
        "part/one.html": HTML,
        "_static/basic.css": ".kept{color:red}",
        "_static/styles/theme.css": '@import "../basic.css";\n.nowhere-at-all{color:red}.kept{margin:0}',
        "_static/a/a.css": ".kept{src:url(fonts/x.woff2)}.kept b{background:url('data:image/svg+xml,x')}",
        "_static/scripts/pydata-sphinx-theme.js": 'e(1),"complete"===document.readyState?I():window.addEventListener("load",I)})();',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf8")
    return tmp_path


@pytest.mark.parametrize("name", [editions.THEME["pygments_light_style"], editions.THEME["pygments_dark_style"]])
def test_plain_code_looks_like_text(name):
    style = get_style_by_name(name)
    text = {**style.style_for_token(Text), "color": None}
    colors = set()
    for token in weight.PLAIN:
        look = style.style_for_token(token)
        colors.add(look["color"])
        assert {**look, "color": None} == text, token
    assert len(colors - {None}) <= 1, colors  # the one that Pygments takes for all of a block


def test_a_page_loads_one_sheet_with_all_rules_in_order(site):
    weight.trim(site)
    html = (site / "part" / "one.html").read_text("utf8")
    assert html.count('rel="stylesheet"') == 1 and 'rel="icon"' in html and 'rel="index"' in html
    sheet = weight.SHEET.search(html)["href"]
    css = (site / "part" / sheet).resolve().read_text("utf8")
    assert css.index("color:red") < css.index("margin:0") < css.index("src:") and "nowhere" not in css
    assert "url(a/fonts/x.woff2)" in css and "url('data:image/svg+xml,x')" in css


def test_the_theme_asks_no_box_whether_it_scrolls(site):
    weight.trim(site)
    script = site / "_static" / "scripts" / "pydata-sphinx-theme.js"
    assert script.read_text("utf8") == "e(1)})();"
    script.write_text('window.onload=I,addEventListener("load",I)', "utf8")
    with pytest.raises(PressError, match="does not look as it did"):
        weight.trim(site)


def test_a_site_that_is_trimmed_twice_stays_as_it_is(site):
    r"""As where Sphinx found no page to write again."""
    weight.trim(site)
    before = {path: path.read_bytes() for path in site.rglob("*.*")}
    weight.trim(site)
    assert {path: path.read_bytes() for path in site.rglob("*.*")} == before
