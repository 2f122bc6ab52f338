r"""Runs are stored by what they depend on, made longest first, and survive failures, damage and a full disk."""

import errno
import json
import os
import platform
import threading
import time
from pathlib import Path

import pytest

from press import PressError, drawings, kernel, runs
from press.execute import Outcome, execute

CELL = "```{code-cell}\n%s\n```\n"


def same(one: str, other: str) -> bool:
    return runs.key(one) == runs.key(other)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("글\n" + CELL % "x = 1", "다른 글\n\n" + CELL % "x = 1", True),
        (CELL % "x = 1  # 하나", CELL % "x = 1", True),
        (CELL % "x = 1", CELL % "x  =  (1)", True),
        (CELL % ":tags: [hide-input]\nx = 1", CELL % "x = 1", True),
        (
            CELL % "---\nmystnb:\n  figure:\n    caption: 가\n---\nx = 1",
            CELL % "---\nmystnb:\n  figure:\n    caption: 나\n---\nx = 1",
            True,
        ),
        (CELL % "def f():\n    'one'\n    return 1", CELL % "def f():\n    'two'\n    return 1", True),
        (CELL % "x = 1", CELL % "x = 2", False),
        (CELL % "x = '가'", CELL % "x = '나'", False),
        (CELL % "x", CELL % "x;", False),
        (CELL % "x = 1" + CELL % "y = 2", CELL % "y = 2" + CELL % "x = 1", False),
        (CELL % "x = 1" + CELL % "y = 2", CELL % "x = 1\ny = 2", False),
        (CELL % ":tags: [raises-exception]\nx = 1", CELL % "x = 1", False),
        (CELL % "x = (", CELL % "x = [", False),
    ],
)
def test_a_run_is_named_by_what_the_cells_compute(one, other, equal):
    assert same(one, other) is equal


@pytest.mark.parametrize(
    ("before", "after", "equal"),
    [
        ("def f(x):\n    return x\n", "def f(x):\n    # why\n    return x\n", True),
        ('def f(x):\n    "one"\n    return x\n', 'def f(x):\n    "two"\n    return x\n', True),
        ("def f(x):\n    return x\n", "def f(x):\n    return -x\n", False),
    ],
)
def test_of_a_module_only_what_computes_counts(tmp_path, before, after, equal):
    paths = tmp_path / "a.py", tmp_path / "b.py"
    for path, text in zip(paths, (before, after), strict=True):
        path.write_text(text)
    assert (runs.digest(str(paths[0])) == runs.digest(str(paths[1]))) is equal


def test_of_data_every_byte_counts_and_what_is_gone_has_a_name(tmp_path):
    (tmp_path / "a.csv").write_text("1,2  # x")
    (tmp_path / "b.csv").write_text("1,2")
    assert runs.digest(str(tmp_path / "a.csv")) != runs.digest(str(tmp_path / "b.csv"))
    assert runs.digest(str(tmp_path / "c.csv")) == "missing"


@pytest.fixture
def store(tmp_path, monkeypatch) -> Path:
    r"""A book of three chapters in a folder of its own; ``run`` is for each test to say."""
    for name, path in {"ROOT": ".", "BOOK": "book", "BUILD": "_build", "RUNS": "_build/runs"}.items():
        monkeypatch.setattr(runs, name, tmp_path / path)
    monkeypatch.setattr(drawings, "DRAWINGS", tmp_path / "_build/figures")
    monkeypatch.setattr(runs, "chapters", lambda: ["a", "b", "c"])
    monkeypatch.setattr(drawings.catalogue, "translations", lambda chapter, language: {})
    (tmp_path / "book").mkdir()
    (tmp_path / "code" / "press").mkdir(parents=True)
    (tmp_path / "code/press/kernel.py").write_text("")
    (tmp_path / "module.py").write_text("x = 1\n")
    for name in "abc":
        (tmp_path / "book" / f"{name}.md").write_text(CELL % f"print('{name}')")
    return tmp_path


def outcome(root: Path, **more) -> Outcome:
    report = {"files": [str(root / "module.py")], "packages": {"numpy": runs.version("numpy")}, "values": {"x": 1.5}}
    return Outcome([[{"output_type": "stream", "name": "stdout", "text": "1\n"}]], {**report, **more}, [0.1])


def test_a_stored_run_is_found_again_until_something_it_depends_on_changes(store):
    text = (store / "book/a.md").read_text()
    assert runs.find(text) is None
    made = runs._store(text, outcome(store))
    found = runs.find(text)
    assert (found.folder, found.outputs, found.values, found.seconds) == (made.folder, made.outputs, {"x": 1.5}, [0.1])
    (store / "module.py").write_text("x = 1  # why\n")
    assert runs.find(text) == found
    (store / "module.py").write_text("x = 2\n")
    assert runs.find(text) is None
    runs._store(text, outcome(store))
    (store / "module.py").write_text("x = 1\n")  # as before: both runs are kept, for work on two branches
    assert runs.find(text) == found
    runs._store(text, outcome(store, packages={"numpy": "0.1"}))
    assert runs.find(text) == found
    (found.folder / "run.json").unlink()
    assert runs.find(text) is None


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"files": {}}', b"\xff"])
def test_a_damaged_run_is_said_and_made_again(store, damage, capsys):
    text = (store / "book/a.md").read_text()
    record = runs._store(text, outcome(store)).folder / "run.json"
    record.write_bytes(damage)
    assert runs.find(text) is None
    assert "is damaged; the chapter runs again" in capsys.readouterr().err
    assert not record.parent.exists()


def test_a_figure_that_is_cut_off_is_a_damaged_run(store, capsys):
    text = (store / "book/a.md").read_text()
    made = outcome(store)._replace(outputs=[[{"output_type": "display_data", "data": {runs.FIGURE: "QUJD"}, "metadata": {}}]])
    figure = runs._store(text, made).folder / "0-0.pickle"
    assert runs.find(text) and figure.read_bytes() == b"ABC"
    figure.write_bytes(b"A")
    assert runs.find(text) is None and "is damaged" in capsys.readouterr().err


def test_a_full_disk_leaves_no_half_of_a_run(store, monkeypatch):
    def full(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        runs._store("a", outcome(store))
    assert list((store / "_build/runs").iterdir()) == []


def fake(store: Path, order: list, failing=(), slow=()):
    failed = threading.Event()

    def run(chapter):
        order.append(chapter)
        if chapter in slow:
            failed.wait(60)
            time.sleep(0.1)  # long enough for a chapter that waits to begin, if nothing keeps it
        if chapter in failing:
            while not set(slow) <= set(order):
                time.sleep(0.01)
            failed.set()
            raise PressError(f"book/{chapter}.md:2: no")
        return runs._store((store / f"book/{chapter}.md").read_text(), outcome(store))

    return run


def test_each_chapter_runs_once_and_the_longest_first(store, monkeypatch):
    order, lines = [], []
    monkeypatch.setattr(runs, "run", fake(store, order))
    (store / "_build").mkdir()
    (store / "_build/seconds.json").write_text(json.dumps({"a": 1.0, "b": 9.0}))  # c never ran: it may be the longest
    done = runs.all_runs(lines.append, jobs=1)
    assert order == ["c", "b", "a"] and set(done) == {"a", "b", "c"}
    assert [line.split(" in ")[0] for line in lines] == ["[1/3] ran c", "[2/3] ran b", "[3/3] ran a"]
    assert runs.all_runs(lines.append).keys() == done.keys() and len(order) == 3 and len(lines) == 3


def test_after_a_failure_what_runs_is_stored_and_what_waits_does_not_begin(store, monkeypatch):
    order = []
    monkeypatch.setattr(runs, "run", fake(store, order, failing="a", slow="b"))
    (store / "_build").mkdir()
    (store / "_build/seconds.json").write_text(json.dumps({"a": 9.0, "b": 8.0, "c": 1.0}))
    thread = threading.Thread(
        target=lambda: order.append(pytest.raises(PressError, runs.all_runs, lambda line: None, 2).value), daemon=True
    )
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "a failure while chapters wait must not hang the build"
    assert sorted(order[:2]) == ["a", "b"] and str(order[2]) == "book/a.md:2: no" and len(order) == 3
    assert runs.find((store / "book/b.md").read_text())


def test_a_fault_of_the_source_names_its_file(store):
    (store / "book/b.md").write_text("```{code-cell}\n---\na: [\n---\n1\n```\n")
    with pytest.raises(PressError, match="^book/b.md:[34]: these options are not YAML"):
        runs.all_runs(lambda line: None)


def test_what_no_chapter_uses_goes_after_a_while(store, monkeypatch):
    monkeypatch.setattr(runs, "run", fake(store, []))
    old, young = store / "_build/runs/0/old", store / "_build/runs/0/young"
    part, drawing = store / "_build/runs/part-x", store / "_build/figures/old"
    for folder in (old, young, part, drawing):
        folder.mkdir(parents=True)
    for folder in (old, part, drawing):
        os.utime(folder, (0, time.time() - runs.KEPT - 60))
    used = runs.all_runs(lambda line: None)["a"].folder
    os.utime(used, (0, 0))
    runs.all_runs(lambda line: None)
    assert used.exists() and young.exists() and not old.exists() and not part.exists() and not drawing.exists()


def test_what_a_cell_prints_slowly_is_one_output():
    cell = CELL % "import time\nfor n in range(3):\n    print(n, flush=True)\n    time.sleep(0.3)"
    assert [output["text"] for output in execute("part/slow", cell).outputs[0]] == ["0\n1\n2\n"]


STEPS = """import resource
import torch

layers = torch.nn.Sequential(torch.nn.Conv2d(3, 16, 3), torch.nn.ReLU(), torch.nn.Conv2d(16, 16, 3))
faults = []
for _ in range(12):
    layers(torch.rand(64, 3, 24, 24)).sum().backward()
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(faults[-1] - faults[5])"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the variables are glibc's")
def test_a_step_of_training_uses_the_memory_of_the_step_before():
    # six steps: some 8,000 pages are asked for again where glibc is left to itself, none where it keeps them
    printed = execute("part/steps", CELL % STEPS).outputs[0][0]["text"]
    assert int(printed) < 1000


def test_a_run_depends_on_data_and_not_on_how_deepbook_is_installed(monkeypatch):
    monkeypatch.setattr(kernel, "_read", set())
    for name in ("code/deepbook.egg-info/PKG-INFO", "_build/lock", ".venv/pyvenv.cfg", "code/deepbook/a.pyc", "code/deepbook/text.jsonl"):
        kernel._audit("open", (f"/book/{name}", "r", 0), "/book")
    assert kernel._read == {"/book/code/deepbook/text.jsonl"}
