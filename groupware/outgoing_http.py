"""The one way in which the program calls another server by HTTP, for addresses that people type.

Whoever types an address could mean this machine, or one that only it can reach. So every address
that a name leads to must be one of the open internet, the connection goes to the very address that
was judged, and nobody is followed elsewhere:

name -> all its addresses -> each is global, else refused -> connect to the first -> one answer
"""

import http.client
import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from groupware.errors import Invalid

PORTS = {"http": 80, "https": 443}
TIMEOUT = 5.0
LARGEST_ANSWER = 64 * 1024
LONGEST_URL = 2000
NOT_ALLOWED = "This address is not allowed. It may be that its name was not found."
"""The two are not told apart: who asks would learn which names there are inside."""

Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True)
class Target:
    """Where a request goes: what was judged, and nothing that is looked up again."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


@dataclass(frozen=True)
class Answer:
    """What came back, up to 64 KB of it."""

    status: int
    body: bytes


class Unreachable(Exception):
    """Nothing came back, or nothing that is HTTP; the text says what happened."""


def addresses_of(host: str, port: int) -> list[str]:
    """Every address that the name leads to, within TIMEOUT seconds; raises OSError."""
    answers: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(each[4][0]) for each in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    # The system's own patience is longer, and who asks may hold the database meanwhile.
    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=TIMEOUT)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def judged(url: str, *, resolve: Resolve = addresses_of, loopback: bool = False) -> Target:
    """Where this address leads; raises Invalid(url=...) where the program must not go.

    `loopback` lets in this machine with any port, for tests alone.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise Invalid(url=NOT_ALLOWED) from None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if not plain or parts.scheme not in PORTS or not host or parts.username is not None:
        raise Invalid(url=NOT_ALLOWED)
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError):
        raise Invalid(url=NOT_ALLOWED) from None
    if not found or not all(_open_to_all(each, loopback=loopback) for each in found):
        raise Invalid(url=NOT_ALLOWED)
    if port not in PORTS.values() and not loopback:
        raise Invalid(url=NOT_ALLOWED)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, found[0])


def post(target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send this there, once; raises Unreachable. A redirect is an answer like any other."""
    connection = _connection(target)
    # Each read has its own time; who answers drop by drop has the same for all of it.
    end = threading.Timer(TIMEOUT, connection.abort)
    end.start()
    try:
        connection.request("POST", target.path, body, {**headers, "Connection": "close"})
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(LARGEST_ANSWER))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(str(error) or type(error).__name__) from error
    finally:
        end.cancel()
        connection.close()


class _Plain(http.client.HTTPConnection):
    """Connects to the address that was judged, whatever the name says by now."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=TIMEOUT)
        self.target = target
        self.line: socket.socket | None = None  # http.client lets go of its own while it reads
        self.aborted = False

    def connect(self) -> None:
        address = (self.target.address, self.target.port)
        self.sock = self.line = socket.create_connection(address, TIMEOUT)
        if self.aborted:
            raise TimeoutError("timed out")

    def abort(self) -> None:
        """End it from another thread."""
        self.aborted = True
        if self.line is not None:
            with suppress(OSError):
                self.line.shutdown(socket.SHUT_RDWR)


class _Sealed(_Plain):
    """The same by TLS, whose certificate must be the name's."""

    default_port = 443

    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        self.sock = self.line = context.wrap_socket(self.sock, server_hostname=self.target.host)


def _connection(target: Target) -> _Plain:
    return _Sealed(target) if target.scheme == "https" else _Plain(target)


def _open_to_all(address: str, *, loopback: bool) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        # An IPv4 address in IPv6's clothes is judged as what it is.
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is not None:
            found = inner
        elif found.is_reserved or found.is_site_local or any(found in each for each in _NAT64):
            return False  # and so is what some networks, or none today, lead to inside
    if loopback and found.is_loopback:
        return True
    return found.is_global and not found.is_multicast


_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
