"""Answers: 207 as a stream of text, and refusals that name their condition and say why.

A refusal is raised, so that the transaction of the request leaves nothing behind.
"""

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from flask import request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from groupware.errors import Forbidden, Invalid, NotFound, Refusal

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
SPACES = (
    'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" '
    'xmlns:cs="http://calendarserver.org/ns/" xmlns:ic="http://apple.com/ns/ical/"'
)
XML = "application/xml; charset=utf-8"
AT_ONCE = 500
METHODS = (
    "OPTIONS", "GET", "HEAD", "PROPFIND", "PROPPATCH", "REPORT", "PUT", "DELETE", "MOVE",
    "MKCALENDAR", "MKCOL",
)  # fmt: skip


def multistatus(parts: Iterable[str], **headers: str) -> Response:
    """207: responses one after the other, sent while they are written."""
    answer = Response(_streamed(parts), 207, content_type=XML)
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


def _streamed(parts: Iterable[str]) -> Iterator[bytes]:
    pending = [f"{HEAD}<d:multistatus {SPACES}>"]
    for part in parts:
        pending.append(part)
        if len(pending) >= AT_ONCE:
            yield "".join(pending).encode()
            pending = []
    yield "".join([*pending, "</d:multistatus>\n"]).encode()


def found(path: str, props: str, missing: str = "") -> str:
    """A response with the properties that are there, and those that are not."""
    told = ""
    if props or not missing:
        told = (
            f"<d:propstat><d:prop>{props}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
        )
    if missing:
        told += (
            f"<d:propstat><d:prop>{missing}</d:prop>"
            "<d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>"
        )
    return f"<d:response><d:href>{escape(path)}</d:href>{told}</d:response>"


def gone(path: str) -> str:
    """A response for what is not there."""
    return (
        f"<d:response><d:href>{escape(path)}</d:href>"
        "<d:status>HTTP/1.1 404 Not Found</d:status></d:response>"
    )


def refused(status: int, condition: str = "", *, reason: str = "") -> HTTPException:
    """A refusal to raise: its status, the condition that was not met, and why in words."""
    # An error without anything in it is read as a sign to slow down by some.
    said = f"<d:responsedescription>{escape(reason)}</d:responsedescription>" if reason else ""
    inside = condition + said
    content = f"{HEAD}<d:error {SPACES}>{inside}</d:error>\n" if inside else ""
    response = Response(content, status, content_type=XML)
    if status == 405:
        response.headers["Allow"] = ", ".join(each for each in METHODS if each != request.method)
    return HTTPException(response=response)


def meant(header: str, etag: str) -> bool:
    """True where If-Match or If-None-Match (RFC 9110, 13.1) means this ETag."""
    # Some clients forget the quotes; ETags of ours have none inside.
    said = [each.strip().removeprefix("W/").strip('"') for each in header.split(",")]
    return header.strip() == "*" or etag.strip('"') in said


def withheld(path: str, privilege: str, reason: str = "") -> HTTPException:
    """403 need-privileges (RFC 3744, 7.1.1): clients undo what they did only when told so."""
    condition = (
        f"<d:need-privileges><d:resource><d:href>{escape(path)}</d:href>"
        f"<d:privilege><d:{privilege}/></d:privilege></d:resource></d:need-privileges>"
    )
    return refused(403, condition, reason=reason or Forbidden.message)


def as_answer(refusal: Refusal, path: str, privilege: str) -> HTTPException:
    """What a use case refuses, as a client understands it."""
    if isinstance(refusal, NotFound):
        return refused(404, reason=refusal.message)
    if isinstance(refusal, Forbidden):
        return withheld(path, privilege, refusal.message)
    if isinstance(refusal, Invalid):
        return refused(403, "<c:valid-calendar-data/>", reason=refusal.message)
    return refused(409, reason=refusal.message)


class NotXml(HTTPException):
    """What was sent as XML is none."""

    def __init__(self) -> None:
        super().__init__(response=refused(400, reason="This is no XML.").response)
