r"""A build that is killed, interrupted, doubled or out of disk leaves the last good site, and the next build succeeds."""

import os
import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from press.execute import execute

SLOW = "```{code-cell}\nimport pathlib, time\npathlib.Path(%r).touch()\ntime.sleep(600)\n```"


def from_scratch(book):
    r"""Make the next build write every page again."""
    (book.root / "_build" / "site.stamp").unlink()
    shutil.rmtree(book.root / "_build" / "work")


def test_a_build_killed_in_the_middle_leaves_the_site_and_the_next_one_succeeds(book, until, killed):
    before = book.pages()
    from_scratch(book)
    process = book.start("html")
    killed(process)
    until((book.root / "_build/work/en/unfinished").exists, "Sphinx writes")
    process.kill()  # the press alone: Sphinx goes on, and the next build must wait for it
    process.wait()
    assert book.pages() == before
    assert book.made("html").startswith("another build works in this folder; waiting for it\n")
    assert book.pages() == before
    until(lambda: not book.processes(), "nothing is left running")


def test_kills_at_random_moments_leave_the_site_and_the_next_build_succeeds(book, killed):
    before = book.pages()
    shutil.rmtree(book.root / "_build" / "runs")
    shutil.rmtree(book.root / "_build" / "figures")
    from_scratch(book)
    whole = float(re.search(r"done in ([\d.]+) s", book.read("said"))[1])
    chance = random.Random(0)
    for _ in range(10):
        process = book.start("html")
        killed(process)
        time.sleep(chance.uniform(0, whole / 2))  # what was finished is kept, so that later ones get further
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert before.keys() == book.pages().keys()
    book.made("html")
    assert {name for name, data in book.pages().items() if data != before.get(name)} <= {"status.json"}


def test_two_builds_at_once_wait_for_each_other(book, until, killed):
    before = book.pages()
    from_scratch(book)
    process = book.start("html")
    killed(process)
    until((book.root / "_build/work/en/unfinished").exists, "the first one works")
    said = book.made("html")
    assert said.startswith("another build works in this folder; waiting for it\nnothing has changed\n")
    assert process.wait() == 0 and book.pages() == before


def test_a_site_that_was_being_moved_is_put_back(book):
    before = book.pages()
    (book.root / "_build/site").rename(book.root / "_build/site.old")  # killed between the two renames
    book.made("html")
    assert book.pages() == before


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)], ids=["Ctrl-C", "end", "kill"]
)
def test_an_interrupted_run_leaves_no_kernel(book, until, killed, number, code, tmp_path):
    before = book.pages()
    book.add("part/second", SLOW % str(tmp_path / "started"))
    process = book.start("execute")
    killed(process)
    until((tmp_path / "started").exists, "the cell runs")
    assert any("ipykernel" in command for command in book.processes())
    os.kill(process.pid, number)
    assert process.wait() == code
    if code == 130:
        assert process.stdout.read().decode().endswith("press: interrupted; the last good site is as it was\n")
    until(lambda: not book.processes(), "the kernel ends")
    assert book.pages() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk; CI runs as root")
@pytest.mark.parametrize("command", ["html", "execute"])
def test_a_full_disk_is_said_and_leaves_the_site(book, command, tmp_path):
    build = book.root / "_build"
    if command == "html":
        (build / "site.stamp").unlink()
        room = 1_000_000  # less than a second copy of the site
    else:
        book.add("part/second", "```{code-cell}\nnoise = 'x' * 90_000\nprint(noise)\nprint(noise[::-1])\n```".replace("noise[::-1]", "1"))
        room = 30_000  # less than this output
    size = sum(-(-p.stat().st_size // 4096) * 4096 for p in build.rglob("*") if p.is_file()) + 4096 * 50
    shutil.move(build, tmp_path / "build")
    build.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size + room}", "tmpfs", build], check=True)
    try:
        shutil.copytree(tmp_path / "build", build, dirs_exist_ok=True)
        free = shutil.disk_usage(build).free
        filler = build / "filler"
        filler.write_bytes(b"x" * max(0, free - room))
        said = book.fault(command)
        assert "No space left on device" in said and "make room on the disk, then build again; the last good site is as it was" in said
        assert not list(build.glob("runs/part-*")) and not (build / "site.new").exists()
        filler.unlink()
        subprocess.run(["mount", "-o", f"remount,size={size + 500_000_000}", build], check=True)
        book.made(command)
    finally:
        subprocess.run(["umount", build], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a folder read-only; CI runs as root")
def test_an_output_that_cannot_be_written_is_said_and_leaves_the_site(book):
    build = book.root / "_build"
    (build / "site.stamp").unlink()
    subprocess.run(["mount", "--bind", build, build], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", build], check=True)
        said = book.fault("html")
        assert "Read-only file system" in said and "let this user write there, then build again; the last good site is as it was" in said
    finally:
        subprocess.run(["umount", build], check=True)
    book.made("html")


def test_a_kernel_ends_with_its_chapter():
    text = "```{code-cell}\nimport os\nx = os.getpid()\n```\n```{code-cell}\n:tags: [raises-exception]\nx / 0\n```"
    outcome = execute("a", text)
    assert not Path(f"/proc/{outcome.report['values']['x']}").exists()
    assert len(outcome.outputs) == len(outcome.seconds) == 2 and outcome.outputs[1][0]["ename"] == "ZeroDivisionError"
