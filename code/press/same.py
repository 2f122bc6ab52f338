r"""Whether two builds of one commit are the same byte for byte; ``.ci/twice`` makes them, ``python -m press.same ONE TWO`` looks.

Wall-clock values differ by right: the seconds of a run and what cells tagged ``timing`` print. So the runs are compared without these,
and the sites as they were printed from the same runs, when nothing may differ.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from press import BOOK, chapters, runs
from press.read import GLUE
from press.walk import cells


def files(folder: Path) -> dict[str, bytes]:
    r"""Return every file of a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def differing(one: dict, two: dict) -> list[str]:
    r"""Name what two builds do not hold alike.

    Examples:
        >>> differing({"a": b"1", "b": b"2", "c": b"3"}, {"a": b"1", "b": b"5", "d": b"4"})
        ['b', 'c', 'd']
    """
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


def outcome(text: str, store: Path) -> dict:
    r"""Return what a stored run holds that is no wall-clock value: outputs, dependencies, and the values that prose names."""
    (record,) = (store / runs.key(text)).glob("*/run.json")
    stored = json.loads(record.read_text("utf8"))
    timing = ["timing" in options.get("tags", ()) for _, _, options in cells(text)]
    named = {name.strip() for name, _ in GLUE.findall(text)}
    return {
        "outputs": [None if timed else outputs for timed, outputs in zip(timing, stored["outputs"], strict=True)],
        "values": {name: value for name, value in stored["values"].items() if name in named},
        "files": stored["files"],
        "packages": stored["packages"],
    }


def outcomes(build: Path) -> dict[str, dict]:
    r"""Return the outcome of each chapter in a build that was made from nothing."""
    texts = {chapter: (BOOK / f"{chapter}.md").read_text("utf8") for chapter in chapters()}
    return {chapter: outcome(text, build / "runs") for chapter, text in texts.items() if cells(text)}


def main(arguments: list[str]) -> int:
    r"""Compare two folders ``_build``, or with ``site`` before them the printed sites; print what differs and return 1 if anything does."""
    site, (one, two) = arguments[:1] == ["site"], map(Path, arguments[-2:])
    if site:
        faults = differing(files(one / "site"), files(two / "site"))
    else:
        faults = differing(outcomes(one), outcomes(two)) + differing(files(one / "figures"), files(two / "figures"))
    what = "sites" if site else "runs and drawings"
    print("\n".join(f"differs: {name}" for name in faults) or f"both {what} are the same")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
