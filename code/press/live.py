r"""``make live``: the built book and its kernels from one server on this machine, so that cells run in the page.

The site on the disk stays as it was published: what makes cells run is added to the pages as they are served, and does nothing
without the token. The token reaches the browser once, in the fragment of an address, which no server and no log sees.
"""

from __future__ import annotations

import webbrowser

from press import ROOT, PressError
from press.build import SITE
from press.network import is_loopback

THEBE = ROOT / "node_modules" / "thebe" / "lib"


def live(ip: str = "127.0.0.1", port: int = 0, browser: bool = True) -> None:
    r"""Serve the built book with cells that run, until Ctrl-C.

    Args:
        ip: Address to listen on; of this machine alone, since whoever reaches a kernel can do all that you can.
        port: 0 takes any that is free.
        browser: Whether to open the book.

    Raises:
        PressError: If the address is not of this machine alone, if the book is not built or a library is missing.
    """
    if not is_loopback(ip):
        raise PressError(f"--ip must be an address of this machine alone, as 127.0.0.1, got {ip}; a kernel obeys whoever reaches it")
    if not (SITE / "index.html").exists():
        raise PressError("there is no book to read yet; `make html` or `make book` builds it")
    if not (THEBE / "index.js").exists():
        raise PressError("thebe is missing in node_modules; `make live` installs it")
    try:
        from press import server
    except ImportError as error:
        raise PressError(f"{error.name} is missing; `make live` installs it, or pip install -e '.[live]'") from None
    book = server.Server.of(SITE, THEBE, ip, port)
    print(f"the book is live at {book.address}\nCtrl-C ends it and its kernels", flush=True)
    if browser:
        webbrowser.open(book.opening)
    book.start()
