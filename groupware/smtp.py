"""Handing mail to a server: the one that GROUPWARE_SMTP_URL names, or a mailbox's own.

    smtp://127.0.0.1:25                           plain: a relay on this machine
    starttls://user:secret@mail.example.org:587   TLS after the greeting
    smtps://user:secret@mail.example.org:465      TLS from the first byte

`?from=support@example.org&name=Maple+Support` says who writes; `bounces=` is the envelope's sender,
empty unless told, as automatic mail should have it. Certificates are always verified.

A mail with an envelope sender of its own asks for reports to it: where the server knows RFC 3461,
that address is the ENVID as well, so that a report finds back either way.
"""

import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from groupware.mail.writing import PLAIN_ADDRESS, mailbox, one_line
from groupware.outbox import Mail, Refused, Transport, Uncertain
from groupware.server_words import said

PORTS = {"smtp": 25, "starttls": 587, "smtps": 465}
LOOPBACK = ("127.0.0.1", "::1", "localhost")
TIMEOUT = 30


@dataclass(frozen=True)
class Server:
    """How to reach a mail server, and who writes."""

    scheme: str
    host: str
    port: int
    sender: str
    name: str = ""
    bounces: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    bearer: str = field(default="", repr=False)  # an access token, for XOAUTH2


def server_at(url: str, hostname: str) -> Server:
    """The server that a URL names; `hostname` is the desk's own. Raises ValueError with the reason."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError("it is not like starttls://user:secret@mail.example.org:587")
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if unknown := query.keys() - {"from", "name", "bounces"}:
        raise ValueError(f"{min(unknown)}= is not known; from=, name= and bounces= are")
    domain = hostname if "." in hostname.strip("0123456789.") else "localhost.localdomain"
    server = Server(
        scheme=parts.scheme,
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        sender=query.get("from", f"noreply@{domain}"),
        name=one_line(query.get("name", ""))[:60],
        bounces=query.get("bounces", ""),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
    for address in (server.sender, server.bounces):
        if address and not PLAIN_ADDRESS.fullmatch(address):
            raise ValueError(f"{address!r} is no plain address")
    if server.password and server.scheme == "smtp" and server.host not in LOOPBACK:
        raise ValueError("a password would go out in the clear: say starttls:// or smtps://")
    return server


def transport(server: Server, tls: ssl.SSLContext | None = None) -> Transport:
    """Sends mail through this server; one connection a mail."""
    return lambda mail: _send(server, mail, tls or _tls(server))


def check(server: Server) -> None:
    """Connect, secure, sign in, and send nothing; raises Refused with the server's words."""
    smtp = _connect(server, _tls(server))
    with suppress(smtplib.SMTPException, OSError):
        smtp.quit()


def with_sender(server: Server, message: bytes) -> bytes:
    """The frozen mail with a From: its own, or the server's before it."""
    if message[:5] == b"From:":
        return message
    return f"From: {mailbox(server.name, server.sender)}\r\n".encode("ascii") + message


def envelope_id(envelope: str) -> str:
    """The envelope's sender as RFC 3461 has it in an ENVID, which holds a hundred letters."""
    xtext = "".join(f"+{ord(each):02X}" if each in "+=" else each for each in envelope)
    return xtext if len(xtext) <= 100 else ""


def _tls(server: Server) -> ssl.SSLContext | None:
    """What verifies certificates; to make it takes longer than to send a mail in the clear."""
    return None if server.scheme == "smtp" else ssl.create_default_context()


def _send(server: Server, mail: Mail, tls: ssl.SSLContext | None) -> None:
    smtp = _connect(server, tls)
    try:
        returned, wished = _reports(smtp, mail)
        _expect(250, *_asked(smtp.mail, mail.envelope or server.bounces, returned))
        _expect(250, *_asked(smtp.rcpt, mail.recipient, wished))
        _expect(354, *_asked(smtp.docmd, "DATA"))
        lines = re.sub(rb"(?m)^\.", b"..", with_sender(server, mail.message))
        _asked(smtp.send, lines + (b"" if lines.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        try:
            answer = smtp.getreply()
        except (smtplib.SMTPException, OSError) as lost:
            raise Uncertain from lost
        _expect(250, *answer)
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()
    finally:
        smtp.close()


def _connect(server: Server, tls: ssl.SSLContext | None) -> smtplib.SMTP:
    try:
        smtp: smtplib.SMTP = (
            smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=tls)
            if server.scheme == "smtps"
            else smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
        )
    except (smtplib.SMTPException, OSError) as failure:
        words = f"{server.host}:{server.port} cannot be reached: {said(failure)}"
        raise Refused(words, unreachable=True) from failure
    try:
        if server.scheme == "starttls":
            smtp.starttls(context=tls)
        smtp.ehlo_or_helo_if_needed()
        if server.bearer:
            smtp.auth("XOAUTH2", lambda challenge=None: _xoauth2(server, challenge))
        elif server.user:
            smtp.login(server.user, server.password)
    except (smtplib.SMTPException, OSError) as failure:
        # Also a wrong password: an administrator mends it, then everything that waits goes out.
        smtp.close()
        words = f"{server.host}:{server.port} does not let us in: {said(failure)}"
        raise Refused(words, unreachable=True) from failure
    return smtp


def _xoauth2(server: Server, challenge: bytes | None) -> str:
    """The token; a challenge means that it was refused, and an empty answer asks for the reason."""
    if challenge is not None:
        return ""
    return f"user={server.user}\x01auth=Bearer {server.bearer}\x01\x01"


def _reports(smtp: smtplib.SMTP, mail: Mail) -> tuple[list[str], list[str]]:
    """What RFC 3461 lets us ask for: our name for the mail, and reports of failure and delay."""
    name = envelope_id(mail.envelope)
    if not name or not smtp.has_extn("dsn"):
        return [], []
    return [f"ENVID={name}", "RET=HDRS"], ["NOTIFY=FAILURE,DELAY"]


def _asked(ask: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return ask(*arguments)
    except (smtplib.SMTPException, OSError) as failure:
        raise Refused(f"The connection was lost: {failure}") from failure


def _expect(code: int, got: int, text: bytes) -> None:
    if got != code:
        words = text.decode("utf-8", "replace")
        raise Refused(f"{got} {words}", for_good=500 <= got <= 599)
