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
THEME_CSS = "_static/styles/pydata-sphinx-theme.css"
UNUSED = ["_static/scripts/fontawesome.js", "_static/scripts/fontawesome.js.LICENSE.txt", "_static/vendor", "_static/images"]
RULE = re.compile(r"(?P<selectors>[^{}]+)\{[^{}]*\}")
FOREIGN = (
    "ablog|nboutput|nbinput|carousel|offcanvas|modal-|toast|accordion|progress|spinner|placeholder|popover|pagination|list-group|breadcrumb"
)
UNSEEN = re.compile(rf"^\s*\.(?:fa-[\w-]+|[\w-]+-(?:sm|md|xl|xxl)-[\w-]+)$|\.(?:{FOREIGN})")


def setup(app):
    r"""Connect these to a build."""
    app.connect("html-page-context", _choose, priority=900)
    app.connect("build-finished", _trim)


def _choose(app, pagename, templatename, context, doctree):
    body = context.get("body", "")
    for kind in ("css_files", "script_files"):
        context[kind] = [file for file in context.get(kind, ()) if _is_used(str(getattr(file, "filename", file)), body)]


def _is_used(file: str, body: str) -> bool:
    r"""Say whether a page uses a style sheet or a script.

    Examples:
        >>> _is_used("_static/katex/katex.min.css", "<p>words</p>"), _is_used("_static/book.css", "<p>words</p>")
        (False, True)
    """
    return all(mark in body for name, mark in NEEDED_BY.items() if name in file)


def without_unused(css: str) -> str:
    r"""Take the icon font, the names of its icons and what no page of the book has out of a style sheet; ``book.css`` draws the icons.

    Examples:
        >>> without_unused(".fa-a,.fa-b{--fa:'1'}@font-face{font-family:Font Awesome;src:url(x)}.kept{color:red}")
        '.kept{color:red}'
    """

    def keep(rule: re.Match) -> str:
        names = rule["selectors"].split(",")
        gone = all(UNSEEN.search(name) for name in names) or ("@font-face" in names[0] and "Font Awesome" in rule[0])
        return "" if gone else rule[0]

    return RULE.sub(keep, css)


def _trim(app, error):
    if error or app.builder.format != "html" or not (sheet := Path(app.outdir) / THEME_CSS).exists():
        return
    sheet.write_text(without_unused(sheet.read_text("utf8")), "utf8")
    for name in UNUSED:
        path = Path(app.outdir) / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
