r"""Everything that is installed for the book is pinned: Python packages and npm's with hashes, torch by version, actions by commit.

``python -m press.pins`` says what is not; ``.ci/lock`` writes ``requirements.txt`` anew.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from press import ROOT, bootstrap

LOCKED = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.!+-]+)(?: ; (?P<marker>[^\\]+?))?(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)")


def locked(text: str) -> tuple[dict[str, str], list[str]]:
    r"""Read ``requirements.txt``.

    Returns:
        The version of each package that this machine needs, and the lines that pin nothing.

    Examples:
        >>> locked("A_b==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\nc>=2\n")
        ({'a-b': '1.0'}, ['c>=2'])
    """
    pinned, loose = {}, []
    for line in re.sub(r"\s*\\\n\s*", " ", text).split("\n"):
        found = LOCKED.fullmatch(line.strip())
        if found and (not found["marker"] or Requirement(f"x; {found['marker']}").marker.evaluate()):
            pinned[canonicalize_name(found["name"])] = found["version"]
        elif not found and line.strip() and not line.startswith("#"):
            loose.append(line.strip())
    return pinned, loose


def python_faults(root: Path = ROOT) -> list[str]:
    r"""Say which Python packages the book asks for, or these ask for, that have no pin with a hash, or another version here."""
    pinned, loose = locked((root / "requirements.txt").read_text("utf8"))
    faults = [f"requirements.txt: not pinned with a hash: {line}" for line in loose]
    project = tomllib.loads((root / "pyproject.toml").read_text("utf8"))
    build = project["build-system"]["requires"]
    faults += [f"pyproject.toml: the build needs an exact version: {text}" for text in build if "==" not in text]
    if not re.fullmatch(r"torch==[\d.]+", bootstrap.TORCH):
        faults.append(f"code/press/bootstrap.py: TORCH is not pinned: {bootstrap.TORCH}")
    extras = project["project"].get("optional-dependencies", {})
    waiting = [(text, "pyproject.toml") for texts in (build, project["project"]["dependencies"], *extras.values()) for text in texts]
    seen = {"torch"}  # and what torch alone asks for, which differs by platform
    while waiting:
        text, source = waiting.pop()
        wanted = Requirement(text)
        name = canonicalize_name(wanted.name)
        chosen = [{"extra": extra} for extra in (*wanted.extras, "")]
        if wanted.marker and not any(wanted.marker.evaluate(more) for more in chosen):
            continue
        if name in pinned and not wanted.specifier.contains(pinned[name], prereleases=True):
            faults.append(f"{source}: wants {text}, but requirements.txt has {pinned[name]}; run `.ci/lock`")
        if name in seen:
            continue
        seen.add(name)
        if name not in pinned:
            faults.append(f"{source}: wants {text}, which requirements.txt does not pin; run `.ci/lock`")
            continue
        try:
            if version(name) != pinned[name]:
                faults.append(f"here is {name} {version(name)}, but {pinned[name]} is pinned; run `make html`")
        except PackageNotFoundError:
            continue
        for more in requires(name) or ():
            inner = Requirement(more)
            if not inner.marker or any(inner.marker.evaluate({"extra": extra}) for extra in (*wanted.extras, "")):
                inner.marker = None
                waiting.append((str(inner), name))
    return faults


GROUPS = ("dependencies", "devDependencies", "optionalDependencies")


def npm_faults(root: Path = ROOT) -> list[str]:
    r"""Say which packages of npm have no exact version or no hash."""
    asked = json.loads((root / "package.json").read_text("utf8"))
    faults = []
    for group in GROUPS:
        faults += [f"package.json: not pinned: {n} {v}" for n, v in asked.get(group, {}).items() if not re.fullmatch(r"\d+\.\d+\.\d+", v)]
    packages = json.loads((root / "package-lock.json").read_text("utf8"))["packages"]
    faults += [f"package-lock.json: without a hash: {name}" for name, row in packages.items() if name and "integrity" not in row]
    missing = [pair for group in GROUPS for pair in asked.get(group, {}).items()]
    return faults + [
        f"package-lock.json: not what package.json asks for: {name} {wanted}"
        for name, wanted in missing
        if packages.get(f"node_modules/{name}", {}).get("version") != wanted
    ]


def action_faults(root: Path = ROOT) -> list[str]:
    r"""Say which actions of the workflows are not pinned by the hash of a commit."""
    used = [(p.name, use) for p in sorted(root.glob(".github/workflows/*.yml")) for use in re.findall(r"uses: *(\S+)", p.read_text("utf8"))]
    return [f"{name}: not pinned by the hash of a commit: {use}" for name, use in used if not re.search(r"@[0-9a-f]{40}$", use)]


def main() -> int:
    r"""Print what is not pinned; return 1 if there is any."""
    faults = python_faults() + npm_faults() + action_faults()
    print("\n".join(faults) or "every dependency is pinned")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
