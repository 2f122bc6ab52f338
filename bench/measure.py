r"""What a command takes, and what a page loads."""

from __future__ import annotations

import functools
import gzip
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil

INTERVAL = 0.5  # seconds between two looks at the memory
PACKED = (".woff2", ".woff", ".png", ".jpg")  # a server does not compress these again


@dataclass(frozen=True)
class Took:
    r"""What a command took.

    Attributes:
        seconds: Wall time.
        memory: Peak of the whole tree of processes, bytes; pages that several share count once where the system tells (Linux).
        lines: What it printed, each line with the second at which it came.
    """

    seconds: float
    memory: int
    lines: tuple[tuple[float, str], ...]

    @property
    def said(self) -> str:
        r"""What it printed."""
        return "".join(line for _, line in self.lines)

    def when(self, words: str) -> float:
        r"""Return the second at which the last line with these words came; 0 if none did."""
        return max((second for second, line in self.lines if words in line), default=0.0)

    def row(self) -> dict:
        r"""Return what is kept in the JSON."""
        return {"seconds": round(self.seconds, 2), "megabytes": round(self.memory / 1e6)}


def timed(command: list[str], folder: Path, environment: dict[str, str]) -> Took:
    r"""Run a command to its end.

    Raises:
        SystemExit: If it fails, with the last lines of what it said.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines, peak, ended = [], [0], threading.Event()
    watch = threading.Thread(target=_watch, args=(process.pid, peak, ended))
    watch.start()
    try:
        for line in process.stdout:
            lines.append((time.perf_counter() - start, line))
        process.wait()
    finally:
        seconds = time.perf_counter() - start
        ended.set()
        watch.join()
    if process.returncode:
        raise SystemExit(f"bench: {' '.join(command)} failed in {folder}:\n" + "".join(line for _, line in lines[-40:]))
    return Took(seconds, peak[0], tuple(lines))


def _watch(pid: int, peak: list[int], ended: threading.Event) -> None:
    while not ended.wait(INTERVAL):
        try:
            root = psutil.Process(pid)
            peak[0] = max(peak[0], sum(map(_memory, [root, *root.children(recursive=True)])))
        except psutil.Error:
            continue


def _memory(process: psutil.Process) -> int:
    try:
        found = process.memory_full_info()
        return getattr(found, "pss", found.rss)
    except psutil.Error:
        return 0


# -- pages -----------------------------------------------------------------------------------------------------------


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *given):
        pass


def weights(site: Path, pages: list[str]) -> dict[str, dict]:
    r"""Open pages in Chromium, each for the first time, and add up what they load but for their figures.

    Args:
        site: The folder of a built site.
        pages: Paths of pages in it.

    Returns:
        For each page the bytes that this site sends, compressed as a server does, and how many files it asks other hosts for,
        which are not in the bytes: they are refused.
    """
    from playwright import sync_api

    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        raise SystemExit("bench: no Chromium to weigh pages with; `make test` installs it on Debian and Ubuntu")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-background-networking"])
            found = {page: _weight(browser, f"http://127.0.0.1:{server.server_port}", site, page) for page in pages}
            browser.close()
    finally:
        server.shutdown()
    return found


def _weight(browser, base: str, site: Path, name: str) -> dict:
    context = browser.new_context()
    page = context.new_page()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    page.route("**/*", lambda route: route.continue_() if route.request.url.startswith(base) else route.abort())
    page.route("**/_images/*", lambda route: route.fulfill(status=200, content_type="image/svg+xml", body="<svg/>"))
    page.goto(f"{base}/{name}", wait_until="load")
    page.evaluate("document.fonts.ready")
    context.close()
    paths = {unquote(urlsplit(url).path).lstrip("/") for url in asked if url.startswith(base)}
    sent = [site / path for path in sorted(paths) if "_images" not in path and (site / path).is_file()]
    return {"bytes": sum(map(packed, sent)), "elsewhere": sum(not url.startswith((base, "data:", "blob:")) for url in asked)}


def packed(file: Path) -> int:
    r"""Return how many bytes a server sends for a file."""
    data = file.read_bytes()
    return len(data if file.suffix in PACKED else gzip.compress(data, 6))
