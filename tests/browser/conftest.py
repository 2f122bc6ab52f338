r"""The built site in Chromium, opened from the disk and from a server on this machine."""

from __future__ import annotations

import functools
import gzip
import io
import os
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from press import BUILD

SITE = Path(os.environ.get("BOOK_SITE", BUILD / "site"))


def _miss(why):
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="module")
def browser():
    try:
        from playwright import sync_api
    except ImportError:
        _miss("no Playwright to drive Chromium with: install the extra `test`")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not (SITE / "ko" / "search.html").exists():
        _miss("no site to drive: run `make html` first")
    if not program:
        _miss("no Chromium to drive the site with")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-background-networking"])
        yield browser
        browser.close()


class _Server(SimpleHTTPRequestHandler):
    r"""A server that compresses text, as those do on which a book is published."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *given):
        pass

    def send_head(self):
        path = Path(self.translate_path(self.path))
        if path.suffix not in (".html", ".css", ".js", ".svg") or not path.is_file():
            return super().send_head()
        data = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        for name, value in {"Content-Type": self.guess_type(path), "Content-Encoding": "gzip", "Content-Length": len(data)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        return io.BytesIO(data)


@pytest.fixture(scope="module", params=["file", "http"])
def base(request):
    if request.param == "file":
        yield SITE.as_uri()
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Server, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def page(browser, base):
    """A page that must ask nobody else for anything and must make no mistake."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    asked, faults = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.asked = asked
    yield page
    page.close()
    assert [url for url in asked if not url.startswith((base, "data:", "blob:"))] == []
    assert faults == []


@pytest.fixture(scope="session")
def pages():
    r"""Names of the pages of an edition; with `made` also those that Sphinx makes."""

    def names(language, made=False):
        folder = SITE / language
        found = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.html") if "_static" not in p.parts)
        return [name for name in found if made or name not in ("search.html", "genindex.html")]

    return names


@pytest.fixture(scope="session")
def site_files():
    r"""The folder of the site."""
    return SITE
