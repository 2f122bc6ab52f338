r"""``python -m bench``: the press beside Jupyter Book 1 on the same chapters, in one run on one machine."""

from __future__ import annotations

import argparse
import sys

from bench import report
from bench.books import ROOT
from bench.stages import Bench, a_function, a_paragraph, first_load, from_nothing, growth, nothing_changed

STAGES = {"a": from_nothing, "b": nothing_changed, "c": a_paragraph, "d": a_function, "e": first_load, "f": growth}


def main() -> int:
    r"""Run the stages, then show what the JSON holds."""
    described = "; ".join(f"{name}: {stage.__doc__.strip().rstrip('.')}" for name, stage in STAGES.items())
    parser = argparse.ArgumentParser(prog="python -m bench", description=f"The press beside Jupyter Book 1. Stages: {described}.")
    parser.add_argument("--chapters", nargs="*", default=[], metavar="CHAPTER", help="as in components/loss; all if none is named")
    parser.add_argument("--only", default="".join(STAGES), metavar="STAGES", help="as in a,c; `show` runs none and shows what there is")
    parser.add_argument("--sizes", type=int, nargs="*", default=[15, 30, 60, 120], metavar="N", help="of the books of generated chapters")
    chosen = parser.parse_args()
    stages = "" if chosen.only == "show" else chosen.only.replace(",", "")
    if unknown := set(stages) - set(STAGES):
        parser.error(f"no such stage: {', '.join(sorted(unknown))}; there are {', '.join(STAGES)}")
    bench = Bench(ROOT / "_build" / "bench", chosen.chapters)
    if stages:
        bench.prepare()
    for name in stages:
        STAGES[name](bench, *([chosen.sizes] if name == "f" else []))
    made = report.rows(bench.found)
    report.plot(bench.found, bench.home / "press")
    (bench.home / "press.md").write_text(report.markdown(made) + "\n", "utf8")
    print(f"\n{report.table(made)}\n\n{report.markdown(made)}\n\nin full: {bench.json.relative_to(ROOT)}; drawn: press.svg, press.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
