r"""``make live``: the built book and its kernels from one server on this machine, so that cells run in the page.

The site on the disk stays as it was published: what makes cells run is added to the pages as they are served, and does nothing
without the token. The token reaches the browser once, in the fragment of an address, which no server and no log sees.
"""

from __future__ import annotations

import secrets
import tempfile
import webbrowser
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from press import BUILD, ROOT, PressError

SITE = BUILD / "site"
CLIENT = Path(__file__).parent / "client"
THEBE = ROOT / "node_modules" / "thebe" / "lib"
IDLE = 1800  # seconds after which a kernel that computes nothing is ended
SCRIPTS = '<head><script src="/live/live.js"></script><link rel="stylesheet" href="/live/live.css"/>'


def live(ip: str = "127.0.0.1", port: int = 0, browser: bool = True) -> None:
    r"""Serve the built book with cells that run, until Ctrl-C.

    Args:
        ip: Address to listen on; of this machine alone, since whoever reaches a kernel can do all that you can.
        port: 0 takes any that is free.
        browser: Whether to open the book.

    Raises:
        PressError: If the address is not of this machine alone, if the book is not built or a library is missing.
    """
    if not _is_loopback(ip):
        raise PressError(f"--ip must be an address of this machine alone, as 127.0.0.1, got {ip}; a kernel obeys whoever reaches it")
    if not (SITE / "index.html").exists():
        raise PressError("there is no book to read yet; `make html` or `make book` builds it")
    if not (THEBE / "index.js").exists():
        raise PressError("thebe is missing in node_modules; `make live` installs it")
    try:
        app = _server(ip, port)
    except ImportError as error:
        raise PressError(f"{error.name} is missing; `make live` installs it, or pip install -e '.[live]'") from None
    port = app.http_server_port
    print(f"the book is live at {address(ip, port, app.identity_provider.token)}\nCtrl-C ends it and its kernels", flush=True)
    if browser:
        webbrowser.open(f"http://{_host(ip)}:{port}/open/{app.web_app.settings['book_ticket'][0]}")
    app.start()


def address(ip: str, port: int, token: str) -> str:
    r"""Return where the reader begins; the token stands in the fragment.

    Examples:
        >>> address("127.0.0.1", 8000, "secret")
        'http://127.0.0.1:8000/book/index.html#token=secret'
    """
    return f"http://{_host(ip)}:{port}/book/index.html#token={token}"


def _host(ip: str) -> str:
    return f"[{ip}]" if ":" in ip else ip


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_own(host: str, origin: str | None) -> bool:
    r"""Tell whether a request names this machine as its host and comes, if it says from where, from a page of that very host.

    Args:
        host: The header ``Host``.
        origin: The header ``Origin``, or None.

    Examples:
        >>> is_own("127.0.0.1:8000", None), is_own("127.0.0.1:8000", "http://127.0.0.1:8000")
        (True, True)
        >>> is_own("127.0.0.1:8000", "http://127.0.0.1:9000"), is_own("evil.example:8000", None)
        (False, False)
    """
    try:
        return _is_loopback(urlsplit(f"//{host}").hostname) and origin in (None, f"http://{host}")
    except ValueError:
        return False


def _server(ip: str, port: int):
    from jupyter_server.serverapp import ServerApp
    from tornado import web

    class Live(ServerApp):
        name = "press-live"
        default_services = ("api", "auth", "kernels", "kernelspecs", "sessions")
        http_server_port = 0

        def write_server_info_file(self):  # both would put the token into a file
            pass

        write_browser_open_files = write_server_info_file

        def init_httpserver(self):
            find = self.web_app.find_handler

            def own(request, **more):
                if is_own(request.host, request.headers.get("Origin")):
                    return find(request, **more)
                return self.web_app.get_handler_delegate(request, web.ErrorHandler, {"status_code": 403})

            self.web_app.find_handler = own
            super().init_httpserver()
            self.http_server_port = self.port

    class Pages(web.StaticFileHandler):
        r"""The site as it was published, its pages with the client in them."""

        def set_extra_headers(self, path):
            self.set_header("Cache-Control", "no-store")
            self.set_header("X-Frame-Options", "DENY")

        def compute_etag(self):  # pages are never kept
            return None

        async def get(self, path, include_body=True):
            file = (SITE / path).resolve()
            if file.suffix != ".html" or not file.is_relative_to(SITE.resolve()) or not file.is_file():
                return await super().get(path, include_body)
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.set_extra_headers(path)
            self.finish(file.read_text("utf8").replace("<head>", SCRIPTS, 1))

    class Open(web.RequestHandler):
        r"""Hand the token to the browser that was opened: once, so that a list of processes shows nothing of use."""

        def get(self, ticket):
            left = self.settings["book_ticket"]
            if ticket not in left:
                raise web.HTTPError(403)
            left.clear()
            self.redirect(f"/book/index.html#token={app.identity_provider.token}")

    folder = tempfile.TemporaryDirectory(prefix="book-live-")
    app = Live()
    app.folder = folder  # lives as long as the server
    settings = {
        "ServerApp": {
            "ip": ip, "port": port, "open_browser": False, "allow_root": True, "root_dir": folder.name, "log_level": "ERROR",
            "terminals_enabled": False, "answer_yes": True, "allow_remote_access": False, "jpserver_extensions": {},
        },
        "IdentityProvider": {"token": secrets.token_urlsafe(32)},
        "MappingKernelManager": {"cull_idle_timeout": IDLE, "cull_interval": 60, "cull_connected": True},
    }  # fmt: skip
    from traitlets.config import Config

    app.update_config(Config(settings))
    app.initialize(argv=[], find_extensions=False)
    app.web_app.settings["book_ticket"] = [secrets.token_urlsafe(16)]
    app.web_app.add_handlers(
        r".*$",
        [
            (r"/book/(.*)", Pages, {"path": str(SITE), "default_filename": "index.html"}),
            (r"/live/thebe/(.*)", web.StaticFileHandler, {"path": str(THEBE)}),
            (r"/live/(.*)", web.StaticFileHandler, {"path": str(CLIENT)}),
            (r"/open/(.*)", Open),
        ],
    )
    return app
