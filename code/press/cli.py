r"""The command ``press``: build the book, bring its catalogues up to date, tell its state."""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import signal
import sys
import time

from press import PressError


def main(arguments: list[str] | None = None) -> int:
    r"""Run a command of the press.

    Args:
        arguments: What stands after ``press`` on the command line.

    Returns:
        0, or 1 after an error, of which the message has been printed.
    """
    parser = argparse.ArgumentParser(prog="press", description="Print the book: one Korean chapter, run once, four editions.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("book", help="build all editions into _build/site")
    commands.add_parser("html", help="build the HTML editions; needs no TeX")
    commands.add_parser("pdf", help="build the PDF editions, and the HTML that links them")
    running = commands.add_parser("execute", help="run the chapters whose stored run does not hold any more")
    running.add_argument("chapters", nargs="*", help="as in components/loss; all if none is named")
    update = commands.add_parser("messages", help="bring the catalogues up to date; list what is missing, fuzzy or at odds")
    update.add_argument("chapters", nargs="*", help="as in components/loss; all if none is named")
    update.add_argument("--check", action="store_true", help="write nothing; fail if anything is missing, fuzzy, obsolete or out of date")
    commands.add_parser("status", help="what each chapter holds and cost")
    counting = commands.add_parser("count", help="count what the built book holds; fail if there is less than counts.json has on record")
    counting.add_argument("--keep", action="store_true", help="put what there is on record, fewer too")
    serving = commands.add_parser("live", help="read the built book with cells that run in the page")
    serving.add_argument("--ip", default="127.0.0.1", help="address of this machine to listen on")
    serving.add_argument("--port", type=int, default=0, help="0 takes any that is free")
    serving.add_argument("--no-browser", action="store_true", help="only print where the book is")
    chosen = parser.parse_args(arguments)
    os.environ["LC_ALL"] = "C.UTF-8"
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start = time.perf_counter()
    try:
        code = _run(chosen)
    except PressError as error:
        print(f"press: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if isinstance(error, shutil.Error):  # of copying a folder: one line for each file, of which the first says enough
            source, target, what = error.args[0][0]
            error = OSError(errno.ENOSPC if "No space left" in what else errno.EIO, what.rpartition("] ")[2].partition(":")[0], target)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        cure = "make room on the disk, then build again; " if full else ""
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            cure = "let this user write there, then build again; "
        print(f"press: {error.strerror or error}: {error.filename or ''}; {cure}the last good site is as it was", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("press: interrupted; the last good site is as it was", file=sys.stderr)
        return 130
    if chosen.command in ("book", "html", "pdf", "execute"):
        print(f"done in {time.perf_counter() - start:.1f} s")
    return code


def _run(chosen) -> int:
    from press import catalogue, chapters, lock, runs, status

    if chosen.command in ("book", "html", "pdf"):
        from press import build

        with lock.alone():
            build.build(("html",) if chosen.command == "html" else ("html", "pdf"))
    elif chosen.command == "execute":
        with lock.alone():
            runs.all_runs(only=_known(chosen.chapters))
    elif chosen.command == "live":
        from press.live import live

        live(chosen.ip, chosen.port, not chosen.no_browser)
    elif chosen.command == "count":
        return _count(chosen.keep)
    elif chosen.command == "status":
        print(status.table(status.status()))
    else:
        wanted = _known(chosen.chapters) or chapters()
        faults = [f for language in catalogue.languages() for c in wanted for f in catalogue.update(c, language, write=not chosen.check)]
        print("\n".join(map(str, faults)) or "every text is translated")
        return 1 if chosen.check and faults else 0
    return 0


def _count(keep: bool) -> int:
    from press import counts

    found = counts.counts()
    if keep:
        counts.keep(found)
    kept = json.loads(counts.KEPT.read_text("utf8"))
    for name, count in found.items():
        print(f"{name:16} {count:8,}" + (f"  ({kept[name]:,} on record)" if kept.get(name) not in (None, count) else ""))
    if missing := counts.lost(found, kept):
        raise PressError("the book has become less:\n  " + "\n  ".join(missing) + "\nif that is meant, run `press count --keep`")
    return 0


def _known(names: list[str]) -> list[str]:
    from press import chapters

    if unknown := set(names) - set(chapters()):
        raise PressError(f"no such chapter: {', '.join(sorted(unknown))}; there are {', '.join(chapters())}")
    return names


if __name__ == "__main__":
    sys.exit(main())
