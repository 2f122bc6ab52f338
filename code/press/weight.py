r"""No page loads what it does not use: style sheets and scripts by what stands on the page, no icon font, no unused files of the theme."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

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
IMPORT = re.compile(r'@import "([^"]+\.css)";')
RULE = re.compile(r"(?P<selectors>[^{};]+)\{[^{}]*\}")
GROUP = re.compile(r"\([^()]*\)")
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")


def setup(app):
    r"""Connect these to a build."""
    app.connect("html-page-context", _choose, priority=900)
    app.connect("build-finished", _trim)


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


def _classes(folder: Path) -> set[str]:
    r"""Return the classes of all pages in a folder, and all words of its scripts, which may set them."""
    names = {
        name
        for page in folder.rglob("*.html")
        for value in re.findall(r'class="([^"]*)"', page.read_text("utf8"))
        for name in value.split()
    }
    scripts = [*(folder / "_static").rglob("*.js"), *(Path(__file__).parent / "client").rglob("*.js")]
    return names.union(*(re.findall(r"[\w-]+", script.read_text("utf8")) for script in scripts))


def _trim(app, error):
    out = Path(app.outdir)
    if error or app.builder.format != "html":
        return
    for name in UNUSED:
        path = out / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    classes = _classes(out)
    for sheet in (out / "_static").glob(THEMES):
        css = sheet.read_text("utf8")
        for imported in IMPORT.findall(css):  # a page would wait for one after the other
            css = css.replace(f'@import "{imported}";', (sheet.parent / imported).read_text("utf8"))
        sheet.write_text(without_unused(css, classes), "utf8")
