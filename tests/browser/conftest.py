r"""The built site in Chromium, opened from the disk and from a server on this machine."""

from __future__ import annotations

import functools
import os
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from press import BUILD

SITE = BUILD / "site"


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


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *given):
        pass


@pytest.fixture(scope="module", params=["file", "http"])
def base(request):
    if request.param == "file":
        yield SITE.as_uri()
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=SITE))
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
