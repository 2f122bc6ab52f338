r"""`press live`: cells run in the page, in both languages, and nobody without the token reaches a kernel."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from press import BUILD, ROOT, PressError, live
from press.server import is_own

PAGE = "components/loss.html"
WORDS = {"ko": ("커널이 꺼졌다가", "앞의 셀에서"), "en": ("The kernel died", "An earlier cell")}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    r"""A running `press live`: its process, host, token and folder of runtime files."""
    if not (BUILD / "site" / "ko" / PAGE).exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("the site is not built; run `make html`")
    runtime = tmp_path_factory.mktemp("runtime")
    browser = runtime / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {runtime}/opened\n')
    browser.chmod(0o755)
    environment = {**os.environ, "BROWSER": str(browser), "JUPYTER_RUNTIME_DIR": str(runtime), "PYTHONPATH": str(ROOT / "code")}
    command = [sys.executable, "-u", "-m", "press", "live"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    said = process.stdout.readline()
    found = re.search(r"http://([\d.:]+)/book/index.html#token=(\S+)", said)
    assert found, said
    yield process, found[1], found[2], runtime
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


@pytest.fixture
def answer(served):
    r"""Ask the server something, and return the status."""

    def ask(path, **headers):
        connection = http.client.HTTPConnection(served[1], timeout=30)
        connection.request("GET", path, headers=headers)
        status = connection.getresponse().status
        connection.close()
        return status

    return ask


@pytest.fixture
def page(browser, served):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    page.goto(f"http://{served[1]}/book/index.html#token={served[2]}")
    yield page
    page.close()


def ready(page):
    page.wait_for_function("document.querySelector('.live-state').dataset.state === 'idle'")


def write(page, code):
    r"""Type code into the first cell and run it with the keys."""
    page.locator(".CodeMirror").first.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)
    page.keyboard.press("Shift+Enter")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_cell_runs_is_edited_runs_again_and_outlives_its_kernel(page, served, language):
    page.goto(f"http://{served[1]}/book/{language}/{PAGE}")
    assert page.url.endswith(PAGE) and page.locator(".live-state").get_attribute("data-state") == "off"
    tools = page.locator(".live-tools")
    tools.first.get_by_role("button").first.click()
    page.wait_for_selector(".CodeMirror")
    ready(page)
    output = page.locator(".live-tools + .thebe-output").first
    write(page, "print(6 * 7)")
    page.wait_for_function("document.querySelector('.thebe-output').textContent.includes('42')")
    figure = "import matplotlib.pyplot as plt\nplt.plot([1, %d]);"
    write(page, figure % 2)
    output.locator("img").first.wait_for()
    before = output.locator("img").first.get_attribute("src")
    write(page, figure % 9)
    page.wait_for_function("(old) => { const i = document.querySelector('.thebe-output img'); return i && i.src !== old }", arg=before)
    write(page, "import os; os._exit(1)")
    page.get_by_role("alert").filter(has_text=WORDS[language][0]).wait_for()
    ready(page)
    write(page, "print(plt)")
    page.get_by_role("alert").filter(has_text=WORDS[language][1]).wait_for()
    write(page, "print('alive')")
    page.wait_for_function("document.querySelector('.thebe-output').textContent.trim() === 'alive'")


def test_up_to_here_runs_all_before_it(page, served):
    page.goto(f"http://{served[1]}/book/ko/{PAGE}")
    page.locator(".live-tools").nth(2).get_by_role("button").nth(1).click()
    page.locator(".thebe-output img").first.wait_for()  # the picture of a cell whose code is folded
    ready(page)
    assert page.locator(".live-ran").count() >= 2
    assert page.get_by_role("alert").count() == 0


def test_without_a_token_nothing_runs(browser, served, answer):
    page = browser.new_page()
    page.goto(f"http://{served[1]}/book/ko/{PAGE}")
    assert page.locator(".live-bar").count() == 0
    page.close()
    good = {"Authorization": f"token {served[2]}"}
    assert answer("/api/kernels", **good) == 200
    assert answer("/api/kernels") == 403 and answer("/api/kernels", Authorization="token wrong") == 403
    assert answer("/api/kernels", Origin="http://evil.example", **good) == 403
    assert answer("/api/kernels", Host="evil.example", **good) == 403
    assert answer(f"/book/ko/{PAGE}") == 200 and answer(f"/book/ko/{PAGE}", Host="evil.example:80") == 403
    assert answer("/book/../../pyproject.toml") in (403, 404) and answer("/open/guessed") == 403


def test_the_browser_that_is_opened_gets_the_token_once(served):
    _, host, token, runtime = served
    path = urlsplit((runtime / "opened").read_text().strip()).path
    connection = http.client.HTTPConnection(host, timeout=30)
    answers = []
    for _ in range(2):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        answers.append((answer.status, answer.headers.get("Location")))
    connection.close()
    assert answers == [(302, f"http://{host}/book/index.html#token={token}"), (403, None)]


@pytest.mark.parametrize(("name", "message"), [("SITE", "there is no book to read yet"), ("THEBE", "thebe is missing in node_modules")])
def test_what_is_missing_is_said(monkeypatch, tmp_path, name, message):
    (tmp_path / "index.html").touch()
    monkeypatch.setattr(live, "SITE", tmp_path)
    monkeypatch.setattr(live, name, tmp_path / "nowhere")
    with pytest.raises(PressError, match=message):
        live.live()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[", "10.0.0.1:80", ""])
def test_other_hosts_are_not_own(host):
    assert not is_own(host, None)


def test_other_addresses_are_refused():
    command = [sys.executable, "-m", "press", "live", "--ip", "0.0.0.0", "--no-browser"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT / "code")})
    assert result.returncode == 1 and result.stderr.startswith(
        "press: --ip must be an address of this machine alone, as 127.0.0.1, got 0.0.0.0"
    )


def test_the_token_lies_in_no_file_and_ctrl_c_ends_all(served):
    process, _, token, runtime = served
    places = [
        p for folder in (runtime, BUILD / "site") for p in folder.rglob("*") if p.is_file() and p.suffix in (".json", ".html", ".js", "")
    ]
    assert places and not [p for p in places if token in p.read_text("utf8", "ignore")]
    assert not [p for p in (BUILD / "site").rglob("*.html") if "live.js" in p.read_text("utf8")]
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 0
    mine = [p for p in Path("/proc").glob("[0-9]*") if str(runtime).encode() in _command(p)]
    assert not mine


def _command(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""
