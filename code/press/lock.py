r"""One build at a time in a folder: a second one waits."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator

from press import BUILD

_held: list[int] = []


@contextlib.contextmanager
def alone(progress=print) -> Iterator[None]:
    r"""Wait until no other build works in this folder, and keep others out.

    Args:
        progress: Called with one line if there is something to wait for.
    """
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("another build works in this folder; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        _held.append(file.fileno())
        try:
            yield
        finally:
            _held.remove(file.fileno())


def held() -> tuple[int, ...]:
    r"""Return what a child process must inherit, so that the lock holds until the last of a killed build has ended."""
    return tuple(_held)
