"""Configuration of Sphinx: what both editions share. What differs by language is in code/press/editions.py."""

from pathlib import Path

import press  # noqa: F401 (before MyST-NB, which it makes faster to load)

ROOT = Path(__file__).parent

author = ""
copyright = ""
language = "ko"

extensions = [
    "myst_nb",
    "sphinx_design",
    "sphinx_exercise",
    "sphinxcontrib.bibtex",
    "press",
    "press.theme",
]
exclude_patterns = ["_static", "_templates"]
templates_path = [str(ROOT / "book" / "_templates")]
locale_dirs = [str(ROOT / "locales")]
gettext_auto_build = False  # the press reads the chapters' catalogues; Sphinx compiles its own, sphinx.po, all the same
nitpicky = True
numfig = True
math_numfig = True

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist", "attrs_inline", "attrs_block"]
nb_execution_mode = "off"
nb_merge_streams = True
nb_render_markdown_format = "myst"  # tables that cells show
nb_ipywidgets_js = {}

bibtex_bibfiles = [str(ROOT / "book" / "references.bib")]
bibtex_default_style = "plain"
exercise_style = "solution_follow_exercise"

press_public = {"repository": "", "base_url": ""}  # as in owner/name and https://owner.github.io/name; see press.public

html_theme = "sphinx_book_theme"
html_static_path = [str(ROOT / "book" / "_static")]
html_favicon = str(ROOT / "book" / "_static" / "favicon.svg")
html_math_renderer = "katex"
html_css_files = ["katex/katex.min.css", "book.css"]
html_js_files = ["copy.js", ("reader.js", {"defer": "defer"})]
html_context = {"default_mode": "auto"}
html_scaled_image_link = False
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
