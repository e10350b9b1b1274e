"""What the server that we believe says of a mail's sender: `Authentication-Results`, RFC 8601.

Only the topmost block counts, and only with the name that the mailbox's owner has set. Everything
below may have been written by whoever sent the mail.
"""

import re

from groupware.mail.message import Message

MICROSOFT = "microsoft"
"""Set as the name where the mailbox is Microsoft 365's, whose header has none."""

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"\([^()]{0,500}\)")
_DMARC = re.compile(r"\s*dmarc\s*=\s*([a-z]+)", re.IGNORECASE)
_FROM = re.compile(r"\sheader\.from\s*=\s*([^\s;]+)", re.IGNORECASE)


def proof(message: Message, authserv_id: str) -> str:
    """`pass` or `fail` as the believed server says of From's domain by DMARC; else nothing."""
    if not authserv_id or message.sender is None or not message.identified:
        return ""
    domain = message.sender.key.rpartition("@")[2]
    said = [
        result
        for value in _topmost(message)
        if _of_server(value, authserv_id)
        for result in _dmarc(value, domain)
    ]
    if said and all(result == "pass" for result in said):
        return "pass"
    return "fail" if "fail" in said else ""


def _topmost(message: Message) -> list[str]:
    """The headers of the first block: later ones, below anything else, are anybody's."""
    found: list[str] = []
    for name, value in message.headers[:200]:
        if name == "authentication-results":
            found.append(value)
        elif found:
            break
    return found


def _of_server(value: str, authserv_id: str) -> bool:
    first = _plain(value).split(";", 1)[0].strip().casefold()
    if authserv_id.casefold() == MICROSOFT:
        return "=" in first
    return first.split()[:1] == [authserv_id.casefold()]


def _dmarc(value: str, domain: str) -> list[str]:
    results = []
    for part in _plain(value)[:10_000].split(";"):
        if match := _DMARC.match(part):
            about = _FROM.search(part)
            aligned = about is not None and about[1].casefold().rstrip(".") == domain
            result = match[1].lower()
            results.append(result if aligned or result == "fail" else "unclear")
    return results


def _plain(value: str) -> str:
    """Without quoted words and comments, in which a sender could write anything."""
    value = _QUOTED.sub(" ", value[:10_000])
    for _ in range(5):
        value = _COMMENT.sub(" ", value)
    return value
