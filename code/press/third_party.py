r"""``THIRD_PARTY.md``: what the site carries of others, with versions and licences from the lock files and packages."""

from __future__ import annotations

import json
from importlib.metadata import distribution

from press import ROOT, PressError

CARRIED = {
    "sphinx": "scripts and styles of the search and of the pages",
    "pydata-sphinx-theme": "styles and scripts, with Bootstrap and the Font Awesome icons",
    "sphinx-book-theme": "styles and scripts",
    "sphinx-design": "styles of tabs and grids",
    "sphinx-exercise": "styles of exercises",
    "myst-nb": "styles of cells",
}


def text() -> str:
    r"""Return the page.

    Raises:
        PressError: If a package of the lock file is not installed or has no licence.
    """
    parts = ["# What this site carries of others\n"]
    for name, what in CARRIED.items():
        package = distribution(name)
        parts.append(f"- {name} {package.version}: {what}. Licence: {_licence(package)}.")
    lock = json.loads((ROOT / "package-lock.json").read_text("utf8"))
    for name in json.loads((ROOT / "package.json").read_text("utf8"))["dependencies"]:
        entry = lock["packages"][f"node_modules/{name}"]
        parts.append(f"- {name} {entry['version']}: styles and fonts. Licence: {entry['license']}.")
    parts.append("- NanumGothic: the letters in the figures, drawn as outlines. Licence: SIL Open Font License 1.1.")
    for name in json.loads((ROOT / "package.json").read_text("utf8"))["dependencies"]:
        files = sorted((ROOT / "node_modules" / name).glob("LICENSE*"))
        if not files:
            raise PressError(f"node_modules/{name} has no licence file; run `npm ci` again")
        parts.append(f"\n## {name}\n\n```text\n{files[0].read_text('utf8').strip()}\n```")
    parts.append(f"\n## NanumGothic\n\n```text\n{(ROOT / 'code/deepbook/fonts/OFL.txt').read_text('utf8').strip()}\n```")
    return "\n".join(parts) + "\n"


def _licence(package) -> str:
    meta = package.metadata
    classifiers = [c.rpartition("::")[2].strip() for c in meta.get_all("Classifier", []) if c.startswith("License ::")]
    return meta.get("License-Expression") or "; ".join(classifiers) or (meta.get("License") or "see its package").split("\n")[0]
