r"""Which hosts are this machine, and a guard that keeps a program from all others."""

from __future__ import annotations

import sys
from ipaddress import ip_address


def is_loopback(host: str | None) -> bool:
    r"""Tell whether a name or an address means this machine alone.

    Examples:
        >>> [is_loopback(h) for h in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "127.0.0.1.evil.example", "")]
        [True, True, True, False, False, False]
    """
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def stay_home(complaint: str) -> None:
    r"""Refuse from now on, for as long as this process lives, what would reach another host.

    Args:
        complaint: The message of the `PermissionError`; {host} stands for what was asked for.
    """

    def audit(event: str, args: tuple) -> None:
        if event == "socket.getaddrinfo":
            host = args[0]
        elif event == "socket.connect" and isinstance(args[1], tuple):
            host = args[1][0]
        else:
            return
        if host and not is_loopback(host if isinstance(host, str) else host.decode()):
            raise PermissionError(complaint.format(host=host))

    sys.addaudithook(audit)
