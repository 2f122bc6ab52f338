r"""Where the book is public: one setting, ``press_public`` in ``conf.py``. Unset, no page has a link that it would make.

With ``repository`` (``owner/name`` on GitHub) each chapter links its notebook in Colab, and each notebook begins by installing
``deepbook`` from there. Colab reads notebooks from a branch, so the workflow puts them into one. With ``base_url`` each page names its
address and that of the other edition to search engines.
"""

from __future__ import annotations

import re

from press import LANGUAGES, PressError

BRANCH = "notebooks"
SETTINGS = {
    "repository": (r"[\w.-]+/[\w.-]+", "owner/name, as on GitHub"),
    "base_url": (r"https?://[^\s?#]+[^\s?#/]", "an address such as https://owner.github.io/name, without a slash at its end"),
}


def checked(settings: dict) -> dict[str, str]:
    r"""Return the settings, each of which may be empty.

    Args:
        settings: ``press_public`` as it stands in ``conf.py``.

    Raises:
        PressError: If a setting is unknown, or is neither empty nor of its form.

    Examples:
        >>> checked({"repository": "reader/book"})
        {'repository': 'reader/book', 'base_url': ''}
    """
    if unknown := settings.keys() - SETTINGS.keys():
        raise PressError(f"conf.py: press_public has no setting {', '.join(sorted(unknown))}; it has {', '.join(SETTINGS)}")
    found = {name: settings.get(name) or "" for name in SETTINGS}
    for name, (form, said) in SETTINGS.items():
        if found[name] and not re.fullmatch(form, found[name]):
            raise PressError(f"conf.py: press_public wants as {name} {said}, got {found[name]!r}; mend it or leave it empty")
    return found


def colab(settings: dict, language: str, page: str) -> str:
    r"""Return the address of a notebook in Colab, or nothing.

    Examples:
        >>> colab({"repository": "reader/book"}, "ko", "components/loss")
        'https://colab.research.google.com/github/reader/book/blob/notebooks/ko/components/loss.ipynb'
    """
    repository = checked(settings)["repository"]
    return f"https://colab.research.google.com/github/{repository}/blob/{BRANCH}/{language}/{page}.ipynb" if repository else ""


def install(settings: dict) -> str | None:
    r"""Return the first cell of a notebook, which installs what the others need, or None.

    Examples:
        >>> install({"repository": "reader/book"})
        '%pip install -q "deepbook @ git+https://github.com/reader/book"'
    """
    repository = checked(settings)["repository"]
    return f'%pip install -q "deepbook @ git+https://github.com/{repository}"' if repository else None


def alternates(settings: dict, page: str) -> list[tuple[str, str]]:
    r"""Return the address of a page in each language, and of the page that chooses one.

    Examples:
        >>> alternates({"base_url": "https://a.b/c"}, "components/loss")[0]
        ('ko', 'https://a.b/c/ko/components/loss.html')
        >>> alternates({}, "components/loss")
        []
    """
    base = checked(settings)["base_url"]
    return [*((code, f"{base}/{code}/{page}.html") for code in LANGUAGES), ("x-default", f"{base}/index.html")] if base else []


def setup(app):
    r"""Add the setting and what follows from it."""
    app.add_config_value("press_public", {}, "html", types=dict)
    app.connect("config-inited", _name_addresses, priority=120)
    app.connect("html-page-context", _link)


def _name_addresses(app, config):
    if base := checked(config.press_public)["base_url"]:
        config.html_baseurl = f"{base}/{config.language}/"


def _link(app, pagename, templatename, context, doctree):
    settings = app.config.press_public
    context["colab"] = colab(settings, app.config.language, pagename) if context.get("notebook") else ""
    context["alternates"] = alternates(settings, pagename)
