r"""The command says what went wrong in one message, and returns what a script must know."""

import errno
import os
import re
import signal
import subprocess
import sys

import pytest

from press import PressError, cli, lock


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (PressError("book/a.md:3: what; the cure"), 1, "press: book/a.md:3: what; the cure\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "x/y"),
            1,
            "press: No space left on device: x/y; make room on the disk, then build again; the last good site is as it was\n",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "x"),
            1,
            "press: Permission denied: x; let this user write there, then build again; the last good site is as it was\n",
        ),
        (KeyboardInterrupt(), 130, "press: interrupted; the last good site is as it was\n"),
    ],
)
def test_each_kind_of_failure_is_one_message(monkeypatch, capsys, error, code, message):
    def fail(chosen):
        raise error

    monkeypatch.setattr(cli, "_run", fail)
    monkeypatch.setenv("LC_ALL", "C")
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert cli.main(["status"]) == code
    finally:
        signal.signal(signal.SIGTERM, before)
    assert capsys.readouterr().err == message


def test_a_request_to_end_is_an_interruption(tmp_path):
    program = "import os, signal; from press import cli; cli._run = lambda chosen: os.kill(os.getpid(), signal.SIGTERM) or signal.pause(); raise SystemExit(cli.main(['status']))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (130, "press: interrupted; the last good site is as it was\n")


@pytest.mark.parametrize("arguments", [[], ["print"], ["html", "--fast"]])
def test_what_the_command_does_not_know_is_refused_with_what_it_knows(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == 2 and re.search(r"usage: press", capsys.readouterr().err)


@pytest.mark.parametrize("command", ["messages", "execute"])
def test_an_unknown_chapter_is_refused_with_the_chapters_that_are_there(built, command):
    result = built.press(command, "part/frist")
    assert result.returncode == 1
    assert result.stderr == "press: no such chapter: part/frist; there are bibliography, index, part/first, part/forms, part/second\n"


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8"])
def test_messages_of_a_whole_book_find_nothing_in_any_locale(built, locale):
    for arguments in (["messages", "--check"], ["messages"], ["messages", "part/first"]):
        assert built.made(*arguments, LC_ALL=locale, LANG=locale).startswith("every text is translated")


def test_messages_bring_a_catalogue_up_to_date_and_say_what_is_missing(fresh):
    fresh.change("book/part/second.md", "# 다시 쓰기", "# 다시 써 보기")
    fresh.write("book/part/second.md", fresh.read("book/part/second.md") + "\n끝이다.\n")
    check = fresh.press("messages", "--check", "part/second")
    assert check.returncode == 1 and "part/second.po:1: not up to date; run `press messages`" in check.stdout
    said = fresh.made("messages", "part/second")
    assert "locales/en/LC_MESSAGES/part/second.po:9: fuzzy: the text has changed to '다시 써 보기'" in said
    assert "book/part/second.md:12: not translated: '끝이다.'" in said
    assert 'msgid "끝이다."\nmsgstr ""' in fresh.read("locales/en/LC_MESSAGES/part/second.po")


def test_one_build_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "BUILD", tmp_path)
    lines = []
    program = "import fcntl, pathlib, sys, time; f = open('lock', 'w'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); "
    program += "sys.stdin.read(); time.sleep(0.3); pathlib.Path('ended').touch()"
    other = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert other.stdout.readline() == "held\n"

    def progress(line):
        lines.append((line, other.poll()))
        other.stdin.close()  # now the other ends

    with lock.alone(progress):
        assert (tmp_path / "ended").exists() and other.wait() == 0 and len(lock.held()) == 1
        assert os.get_inheritable(lock.held()[0]) is False  # only a child that is told inherits it
    other.stdout.close()
    assert lines == [("another build works in this folder; waiting for it", None)] and lock.held() == ()
    with lock.alone(lines.append):
        assert len(lines) == 1
