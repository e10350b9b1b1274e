"""Ports of this machine for servers that must be told theirs before they start."""

import os
import socket
from itertools import count

FIRST, LAST, OF_ONE = 10_000, 30_000, 500
"""Below those that the system gives to whoever connects; each process begins at a place of its own."""

_numbers = count(os.getpid() * OF_ONE)


def free_port() -> int:
    """A port of the loopback interface where nobody listens, and that nobody else is about to take."""
    for number in _numbers:
        port = FIRST + number % (LAST - FIRST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("numbers do not end")
