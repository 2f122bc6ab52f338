r"""No page loads what it does not use: style sheets and scripts by what stands on the page, no icon font, no unused files of the theme,
no element around a word of code that looks like the words beside it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

from pygments.formatters import HtmlFormatter
from pygments.token import Name, Punctuation, Text
from sphinx.highlighting import PygmentsBridge

from press import PressError

NEEDED_BY = {
    "katex.min.css": 'class="katex',
    "exercise.css": "exercise",
    "mystnb.": 'class="cell',
    "sphinx-design": 'class="sd-',
    "design-tabs": 'class="sd-tab',
    "pygments.css": "highlight",
    "copy.js": 'class="highlight',
}
r"""A style sheet or script, by a part of its name, and what a page that uses it has in its body."""
THEMES = "styles/*.css"  # those of MyST-NB are also for what a live cell shows
UNUSED = ["_static/scripts/fontawesome.js", "_static/scripts/fontawesome.js.LICENSE.txt", "_static/vendor", "_static/images"]
ASIDE = re.compile(r',"complete"===document\.readyState\?(\w+)\(\):window\.addEventListener\("load",\1\)')
r"""Where the theme asks every box of a page whether it scrolls, which lays all of it out; `reader.js` asks those that come near."""
PLAIN = frozenset({Name, Name.Namespace, Name.Other, Punctuation, Punctuation.Marker, Text.Whitespace})
r"""What the styles of code show as they show text: three of five words of a chapter's code."""
SHEET = re.compile(r'\s*<link\b(?=[^>]* rel="stylesheet")[^>]* href="(?P<href>[^"?#]+\.css)[^"]*"[^>]*>')
URL = re.compile(r"url\((?!['\"]?(?:data:|#|/|\w+:))(['\"]?)([^)'\"]+)\1\)")
IMPORT = re.compile(r'@import "([^"]+\.css)";')
RULE = re.compile(r"(?P<selectors>[^{};]+)\{[^{}]*\}")
GROUP = re.compile(r"\([^()]*\)")
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
PICTURE = re.compile(r'\b_images/([^"\'?#\s]+)')


class Formatter(HtmlFormatter):
    r"""Highlight code without elements around what is `PLAIN`.

    Examples:
        >>> from pygments import highlight, lexers
        >>> print(highlight("a.b(1)", lexers.PythonLexer(), Formatter(nowrap=True)), end="")
        a<span class="o">.</span>b(<span class="mi">1</span>)
    """

    def _get_css_classes(self, ttype):
        return "" if ttype in PLAIN else super()._get_css_classes(ttype)


def setup(app):
    r"""Connect these to a build."""
    PygmentsBridge.html_formatter = Formatter
    app.add_config_value("press_trim", True, "", types=bool)  # the press keeps what Sphinx wrote, and trims a copy
    app.connect("html-page-context", _choose, priority=900)
    app.connect("build-finished", _trim, priority=900)  # the theme writes the colors of code when a build is finished


def _choose(app, pagename, templatename, context, doctree):
    body = context.get("body", "")
    for kind in ("css_files", "script_files"):
        context[kind] = [file for file in context.get(kind, ()) if _is_used(str(getattr(file, "filename", file)), body)]
    if pagename != "search":  # what that page itself loads wants Sphinx's own scripts at once
        context["script_files"] = [
            _late(script) for script in context["script_files"] if script.filename
        ]  # the others set the theme's options


def _late(script):
    r"""Let a script wait until the page is there, so that the page need not wait for it."""
    return type(script)(script.filename, priority=script.priority, **{"defer": "defer"} | script.attributes)


def _is_used(file: str, body: str) -> bool:
    r"""Say whether a page uses a style sheet or a script.

    Examples:
        >>> _is_used("_static/katex/katex.min.css", "<p>words</p>"), _is_used("_static/book.css", "<p>words</p>")
        (False, True)
    """
    return all(mark in body for name, mark in NEEDED_BY.items() if name in file)


def without_unused(css: str, classes: set[str]) -> str:
    r"""Take the icon font and the rules for classes that are not used out of a style sheet; ``book.css`` draws the icons.

    Examples:
        >>> without_unused(".a .b,.c{--fa:'1'}@font-face{font-family:Font Awesome;src:url(x)}.b:not(.a){color:red}", {"b"})
        '.b:not(.a){color:red}'
    """

    def seen(selector: str) -> bool:
        return set(CLASS.findall(selector)) <= classes

    def keep(rule: re.Match) -> str:
        selectors = rule["selectors"]
        while selectors != (plain := GROUP.sub("", selectors)):
            selectors = plain
        gone = not any(map(seen, selectors.split(","))) or ("@font-face" in selectors and "Font Awesome" in rule[0])
        return "" if gone else rule[0]

    return RULE.sub(keep, css)


def _classes(pages: dict[Path, str], static: Path) -> set[str]:
    r"""Return the classes of all pages, and all words of their scripts, which may set them."""
    names = {name for html in pages.values() for value in re.findall(r'class="([^"]*)"', html) for name in value.split()}
    scripts = [*static.rglob("*.js"), *(Path(__file__).parent / "client").rglob("*.js")]
    return names.union(*(re.findall(r"[\w-]+", script.read_text("utf8")) for script in scripts))


def _trim(app, error):
    if not error and app.builder.format == "html" and app.config.press_trim:
        trim(Path(app.outdir))


def trim(out: Path) -> None:
    r"""Take out of the pages in a folder what they do not use, and put the style sheets of each into one.

    Raises:
        PressError: If the theme's script is not the one that this module knows.
    """
    for name in UNUSED:
        path = out / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    static = out.resolve() / "_static"
    pages = {page: page.read_text("utf8") for page in out.rglob("*.html") if "_static" not in page.relative_to(out).parts}
    shown = {unquote(name) for html in pages.values() for name in PICTURE.findall(html)}
    for picture in (out / "_images").glob("*"):
        if picture.name not in shown:  # of a page that has been written again without it
            picture.unlink()
    classes = _classes(pages, static)
    for sheet in static.glob(THEMES):
        css = sheet.read_text("utf8")
        for imported in IMPORT.findall(css):  # a page would wait for one after the other
            css = css.replace(f'@import "{imported}";', (sheet.parent / imported).read_text("utf8"))
        sheet.write_text(without_unused(css, classes), "utf8")
    for page, html in pages.items():
        page.write_text(_with_one_sheet(page, html, static), "utf8")
    script = static / "scripts" / "pydata-sphinx-theme.js"
    code = ASIDE.sub("", script.read_text("utf8"))
    if '"load"' in code:
        raise PressError(
            f"{script.name} of the theme does not look as it did; see what it does when a page is there, and mend ASIDE in press/weight.py"
        )
    script.write_text(code, "utf8")


def _with_one_sheet(page: Path, html: str, static: Path) -> str:
    r"""Put the style sheets of a page into one, so that it is drawn after one answer and not after nine."""
    sheets = [(page.parent / link["href"]).resolve() for link in SHEET.finditer(html)]
    if len(sheets) < 2:  # done when the page was written
        return html
    css = "".join(URL.sub(rf"url({os.path.relpath(sheet.parent, static)}/\2)", sheet.read_text("utf8")) for sheet in sheets)
    one = static / f"{hashlib.sha256(css.encode()).hexdigest()[:12]}.css"
    one.write_text(css, "utf8")
    links = iter([f'\n<link rel="stylesheet" href="{os.path.relpath(one, page.parent.resolve())}" />'])
    return SHEET.sub(lambda link: next(links, ""), html)
