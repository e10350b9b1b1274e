"""Ports of this machine for servers that must be told theirs before they start."""

import secrets
import socket

FIRST, LAST = 10_000, 30_000
"""Below those that the system gives to whoever connects."""


def free_port() -> int:
    """A port of the loopback interface where nobody listens, and hardly anybody else looks for one."""
    while True:
        port = FIRST + secrets.randbelow(LAST - FIRST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
