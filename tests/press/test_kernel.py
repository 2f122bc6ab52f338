r"""What runs beside a chapter's cells: figures stay objects, other hosts are out of reach, and a report of what the run left and used."""

from __future__ import annotations

import base64
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from press import ROOT
from press.kernel import FIGURE, REPORT

PROGRAM = """
import json, sys, torch
from IPython.terminal.interactiveshell import TerminalInteractiveShell
from IPython.utils.capture import capture_output

shell, root = TerminalInteractiveShell.instance(), sys.argv[1]

def cell(code):
    with capture_output() as captured:
        shell.run_cell(code).raise_error()
    return [output.data for output in captured.outputs]

cell(f"from press.kernel import start as _s; _s({root!r})")
cell(f"text = open({root!r} + '/table.csv').read(); open({root!r} + '/made.txt', 'w').close()")
cell("import math, torch, part.first; three = torch.tensor([3]); worst, none = math.inf, [1]; _own = 1")
figure = cell("import matplotlib.pyplot as plt; plt.figure().text(0, 0, '손실');")
try:
    cell("import socket; socket.create_connection(('192.0.2.1', 80), 5)")
except PermissionError as error:
    said = str(error)
strict = torch.get_deterministic_debug_mode()
report = cell(f"from press.kernel import finish as _f; _f({root!r})")
print(json.dumps({"figure": figure, "said": said, "strict": strict, "threads": torch.get_num_threads(), "report": report}))
"""


@pytest.fixture(scope="module")
def left(tmp_path_factory) -> dict:
    r"""What a kernel showed and reported for a few cells in a book of one module and one table."""
    root = tmp_path_factory.mktemp("책")
    (root / "code/deepbook/part").mkdir(parents=True)
    (root / "code/deepbook/part/first.py").write_text("x = 1\n")
    (root / "table.csv").write_text("1,2\n")
    paths = os.pathsep.join(map(str, (root / "code/deepbook", ROOT / "code")))
    environment = {**os.environ, "PYTHONPATH": paths, "IPYTHONDIR": str(root / "ipython")}
    result = subprocess.run([sys.executable, "-c", PROGRAM, str(root)], capture_output=True, text=True, env=environment, cwd=root)
    assert result.returncode == 0, result.stderr
    return {"root": root, **json.loads(result.stdout.split("\n")[-2])}


def test_a_figure_is_kept_as_an_object(left):
    (shown,) = left["figure"]
    assert shown.keys() == {FIGURE, "text/plain"}  # no picture is drawn in the kernel
    figure = pickle.loads(base64.b64decode(shown[FIGURE]))
    assert [text.get_text() for text in figure.texts] == ["손실"]


def test_runs_are_the_same_each_time_and_stay_at_home(left):
    assert (left["strict"], left["threads"]) == (2, 1)  # 2: what is not deterministic is an error
    assert left["said"].startswith("a cell of the book must not use the network, but this one asked for 192.0.2.1")


def test_the_report_names_values_files_and_packages(left):
    (report,) = (shown[REPORT] for shown in left["report"])
    assert report["values"] == {"text": "1,2\n", "three": 3}
    assert report["infinite"] == {"worst": "inf"}
    assert [Path(name).relative_to(left["root"]).as_posix() for name in report["files"]] == ["code/deepbook/part/first.py", "table.csv"]
    assert {"torch", "numpy", "matplotlib"} <= report["packages"].keys() and "deepbook" not in report["packages"]
