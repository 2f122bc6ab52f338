r"""The server of ``make live``: Jupyter's, cut down to kernels, with the pages of the book beside them."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from jupyter_server.serverapp import ServerApp
from tornado import web
from traitlets.config import Config

from press.network import is_loopback

CLIENT = Path(__file__).parent / "client"
SCRIPTS = '<head><script src="/live/live.js"></script><link rel="stylesheet" href="/live/live.css"/>'
IDLE = 1800  # seconds after which a kernel that computes nothing is ended


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
        return is_loopback(urlsplit(f"//{host}").hostname) and origin in (None, f"http://{host}")
    except ValueError:
        return False


class Server(ServerApp):
    r"""Kernels and the book on one origin, for this machine alone."""

    name = "press-live"
    default_services = ("api", "auth", "kernels", "kernelspecs", "sessions")

    @classmethod
    def of(cls, site: Path, thebe: Path, ip: str, port: int) -> Server:
        r"""Make a server that listens already.

        Args:
            site: The folder of the book.
            thebe: The folder of Thebe's bundle.
            ip: Address to listen on.
            port: 0 takes any that is free.
        """
        server = cls()
        server.folder = tempfile.TemporaryDirectory(prefix="book-live-")  # empty: Jupyter serves the files of its root
        options = {
            "ip": ip, "port": port, "open_browser": False, "allow_root": True, "root_dir": server.folder.name, "answer_yes": True,
            "log_level": "ERROR", "terminals_enabled": False, "allow_remote_access": False, "jpserver_extensions": {},
        }  # fmt: skip
        culling = {"cull_idle_timeout": IDLE, "cull_interval": 60, "cull_connected": True}
        token = {"token": secrets.token_urlsafe(32)}
        server.update_config(Config({"ServerApp": options, "IdentityProvider": token, "MappingKernelManager": culling}))
        server.initialize(argv=[], find_extensions=False)
        server.tickets = {secrets.token_urlsafe(16)}
        handlers = [
            (r"/book/(.*)", Pages, {"path": str(site), "default_filename": "index.html"}),
            (r"/live/thebe/(.*)", web.StaticFileHandler, {"path": str(thebe)}),
            (r"/live/(.*)", web.StaticFileHandler, {"path": str(CLIENT)}),
            (r"/open/(.*)", Open, {"server": server}),
        ]
        server.web_app.add_handlers(r".*$", handlers)
        return server

    @property
    def origin(self) -> str:
        return f"http://[{self.ip}]:{self.port}" if ":" in self.ip else f"http://{self.ip}:{self.port}"

    @property
    def address(self) -> str:
        r"""Where the reader begins; the token stands in the fragment."""
        return f"{self.origin}/book/index.html#token={self.identity_provider.token}"

    @property
    def opening(self) -> str:
        r"""An address that leads there once, so that a list of processes shows nothing of use."""
        return f"{self.origin}/open/{next(iter(self.tickets))}"

    def init_httpserver(self):
        find = self.web_app.find_handler

        def own(request, **more):
            if is_own(request.host, request.headers.get("Origin")):
                return find(request, **more)
            return self.web_app.get_handler_delegate(request, web.ErrorHandler, {"status_code": 403})

        self.web_app.find_handler = own
        super().init_httpserver()

    def write_server_info_file(self):  # this and the next would put the token into a file
        pass

    write_browser_open_files = write_server_info_file


class Pages(web.StaticFileHandler):
    r"""The site as it was published, its pages with the client in them."""

    def set_extra_headers(self, path):
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Frame-Options", "DENY")

    def compute_etag(self):  # pages are never kept
        return None

    async def get(self, path, include_body=True):
        root = Path(self.root).resolve()
        file = (root / path).resolve()
        if file.suffix != ".html" or not file.is_relative_to(root) or not file.is_file():
            return await super().get(path, include_body)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_extra_headers(path)
        self.finish(file.read_text("utf8").replace("<head>", SCRIPTS, 1))


class Open(web.RequestHandler):
    r"""Hand the token to the browser that was opened, once."""

    def initialize(self, server: Server):
        self.server = server

    def get(self, ticket):
        if ticket not in self.server.tickets:
            raise web.HTTPError(403)
        self.server.tickets.clear()
        self.redirect(self.server.address)
