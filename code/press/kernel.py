r"""What runs inside the kernel beside a chapter's cells: figures kept as objects, no network, a list of what was used."""

from __future__ import annotations

import base64
import math
import sys
from importlib.metadata import packages_distributions, version

from press.network import stay_home

FIGURE = "application/vnd.deepbook.figure"
REPORT = "application/vnd.deepbook.report+json"
NO_DATA = ("/_build/", "/.venv/", ".egg-info/")
"""What a run reads under the book's folder without depending on it; packages count by their versions."""

_read: set[str] = set()


def start(root: str) -> None:
    r"""Prepare a kernel: figures are kept as objects, torch is deterministic, other hosts are out of reach."""
    import matplotlib.pyplot as plt
    import torch
    from IPython import get_ipython
    from matplotlib.figure import Figure

    torch.set_num_threads(1)
    torch.set_deterministic_debug_mode("error")  # the same as use_deterministic_algorithms, without a second of importing the compiler
    shell = get_ipython()
    plt.switch_backend("module://matplotlib_inline.backend_inline")
    shell.run_line_magic("matplotlib", "inline")
    for formatter in shell.display_formatter.formatters.values():
        formatter.pop(Figure, None)
    shell.display_formatter.mimebundle_formatter.for_type(Figure, _bundle)
    sys.addaudithook(lambda event, args: _audit(event, args, root))
    stay_home("a cell of the book must not use the network, but this one asked for {host}; generate the data or ship it")


def _bundle(figure, include=None, exclude=None):
    import cloudpickle

    return {FIGURE: base64.b64encode(cloudpickle.dumps(figure)).decode(), "text/plain": "<Figure>"}, {}


def _audit(event: str, args: tuple, root: str) -> None:
    if event == "open" and isinstance(args[0], str) and args[0].startswith(root) and not args[0].endswith((".py", ".pyc")):
        if not any(folder in args[0] for folder in NO_DATA) and "w" not in str(args[1] or "r"):
            _read.add(args[0])


def finish(root: str) -> None:
    r"""Report the values that prose may name and the files and packages on which the run depends."""
    from IPython import get_ipython
    from IPython.display import display

    modules = {m.__file__ for m in list(sys.modules.values()) if getattr(m, "__file__", None)}
    own = sorted(f for f in modules if f.startswith(root) and "/deepbook/" in f and "/.venv/" not in f)
    names = {name.partition(".")[0] for name in sys.modules}
    known = packages_distributions()
    used = sorted({known[name][0] for name in names if name in known and known[name][0] != "deepbook"})
    values = {k: v for k, o in get_ipython().user_ns.items() if not k.startswith("_") and (v := scalar(o)) is not None}
    infinite = {k: str(v) for k, v in values.items() if isinstance(v, float) and not math.isfinite(v)}  # JSON has no word for these
    report = {
        "values": {k: v for k, v in values.items() if k not in infinite},
        "infinite": infinite,
        "files": own + sorted(_read),
        "packages": {name: version(name) for name in used},
    }
    display({REPORT: report}, raw=True)


def scalar(value) -> float | int | str | None:
    r"""Return a number or a string as plain Python, or None for anything else.

    Examples:
        >>> import torch
        >>> scalar(torch.tensor([2.5])), scalar(True), scalar([1])
        (2.5, 1, None)
    """
    if isinstance(value, str):
        return value if len(value) <= 200 else None
    if hasattr(value, "item") and getattr(value, "size", None) is not None:
        count = value.numel() if hasattr(value, "numel") else value.size
        value = value.item() if count == 1 else None
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, int | float) else None
