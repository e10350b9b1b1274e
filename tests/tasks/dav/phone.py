"""A task app: it speaks CalDAV with an app password."""

import base64
from typing import Any
from uuid import uuid4

from flask import Flask
from lxml import etree
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from groupware import tokens
from groupware.models import TokenKind, User
from modules.tasks.models import Task, TaskList
from tests.tasks.ics import as_bytes

SPACES = {"d": "DAV:", "c": "urn:ietf:params:xml:ns:caldav", "cs": "http://calendarserver.org/ns/"}
DECLARED = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in SPACES.items())


class Phone:
    """`phone("PROPFIND", path, "<d:allprop/>", depth=1)`"""

    def __init__(self, app: Flask, session: Session, user: User) -> None:
        self.user, self.session = user, session
        secret = tokens.give(session, user, user, TokenKind.DAV, name="phone", now=user.created_at)
        session.commit()
        self.client = app.test_client()
        told = base64.b64encode(f"{user.address}:{secret}".encode()).decode()
        self.headers = {"Authorization": f"Basic {told}"}

    def __call__(
        self, method: str, path: str, body: str | bytes = "", **headers: Any
    ) -> TestResponse:
        sent = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        written = body.encode() if isinstance(body, str) else body
        self.session.commit()
        answer = self.client.open(
            path, method=method, data=written, headers={**self.headers, **sent}, buffered=True
        )
        self.session.expire_all()
        return answer

    def home(self) -> str:
        return f"/dav/calendars/{self.user.id}/"

    def at(self, task_list: TaskList | None, name: str = "") -> str:
        return f"{self.home()}{task_list.id if task_list else 'requests'}/{name}"

    def of(self, ticket: Task) -> str:
        return self.at(ticket.task_list, f"{ticket.uid}.ics")

    def put(self, path: str, ics: bytes, **headers: Any) -> TestResponse:
        return self("PUT", path, ics, Content_Type="text/calendar", **headers)

    def propfind(self, path: str, *names: str, depth: int = 0) -> "Answer":
        wanted = "".join(f"<{name}/>" for name in names)
        body = f"<d:propfind {DECLARED}><d:prop>{wanted}</d:prop></d:propfind>"
        return Answer(self("PROPFIND", path, body, Depth=depth, Content_Type="text/xml"))

    def report(self, path: str, name: str, inside: str, depth: int = 1) -> "Answer":
        body = f"<{name} {DECLARED}>{inside}</{name}>"
        return Answer(self("REPORT", path, body, Depth=depth, Content_Type="text/xml"))

    def sync(self, path: str, token: str = "", limit: int = 0) -> "Answer":
        most = f"<d:limit><d:nresults>{limit}</d:nresults></d:limit>" if limit else ""
        inside = (
            f"<d:sync-token>{token}</d:sync-token><d:sync-level>1</d:sync-level>{most}"
            "<d:prop><d:getetag/><d:getcontenttype/></d:prop>"
        )
        return self.report(path, "d:sync-collection", inside, depth=0)

    def query(self, path: str, conditions: str, wanted: str = "<d:getetag/>") -> "Answer":
        inside = (
            f'<d:prop>{wanted}</d:prop><c:filter><c:comp-filter name="VCALENDAR">'
            f'<c:comp-filter name="VTODO">{conditions}</c:comp-filter>'
            "</c:comp-filter></c:filter>"
        )
        return self.report(path, "c:calendar-query", inside)

    def lines(self, path: str) -> list[str]:
        """A task's content lines."""
        answer = self("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.text.replace("\r\n ", "").split("\r\n")


class Answer:
    """207, taken apart."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.root = etree.fromstring(response.data) if response.data[:5] == b"<?xml" else None

    def paths(self, status: str = "") -> list[str]:
        """The addresses in it: of what is there, or with this status of their own."""
        assert self.root is not None, self.response.text
        return [
            each.findtext("d:href", namespaces=SPACES) or ""
            for each in self.root.iterfind("d:response", SPACES)
            if status in (each.findtext("d:status", namespaces=SPACES) or "")
            and (bool(status) == (each.find("d:status", SPACES) is not None))
        ]

    def value(self, name: str, path: str = "") -> Any:
        """A property that is there, as an element; None where it is not."""
        assert self.root is not None, self.response.text
        for each in self.root.iterfind("d:response", SPACES):
            if path and each.findtext("d:href", namespaces=SPACES) != path:
                continue
            for propstat in each.iterfind("d:propstat", SPACES):
                found = propstat.find(f"d:prop/{name}", SPACES)
                if found is not None and "200" in propstat.findtext("d:status", "", SPACES):
                    return found
        return None

    def text(self, name: str, path: str = "") -> str:
        found = self.value(name, path)
        return "" if found is None else "".join(found.itertext())

    def names_in(self, name: str, path: str = "") -> list[str]:
        """The names of the elements within a property, at any depth."""
        found = self.value(name, path)
        return [etree.QName(each).localname for each in found.iter()][1:]

    @property
    def token(self) -> str:
        assert self.root is not None
        return str(self.root.findtext("d:sync-token", "", SPACES))

    @property
    def conditions(self) -> list[str]:
        """What a refusal names."""
        assert self.root is not None, self.response.text
        return [etree.QName(each).localname for each in self.root]


def conditions(answer: TestResponse) -> list[str]:
    return Answer(answer).conditions


def task(uid: str = "", **properties: str) -> bytes:
    """A calendar with one task; a value with parameters begins with `;`."""
    properties = {"summary": "A task", **properties}
    lines = [
        f"{name.upper().replace('_', '-')}{value if value[:1] == ';' else ':' + value}"
        for name, value in properties.items()
    ]
    inside = "\n".join([f"UID:{uid or uuid4()}", "DTSTAMP:20260301T000000Z", *lines])
    return as_bytes(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//EN\n"
        f"BEGIN:VTODO\n{inside}\nEND:VTODO\nEND:VCALENDAR"
    )


def without(lines: list[str], *names: str) -> bytes:
    """A task as it was given, without these properties."""
    kept = [each for each in lines if not each.startswith(names)]
    return "\r\n".join(kept).encode()


def changed(lines: list[str], **properties: str) -> bytes:
    """A task as it was given, with these properties set anew, or taken away where they are empty."""
    names = {name.upper().replace("_", "-"): value for name, value in properties.items()}
    kept = [
        each for each in lines if each.partition(":")[0].partition(";")[0] not in names and each
    ]
    at = kept.index("END:VTODO")
    added = [f"{name}:{value}" for name, value in names.items() if value]
    return "\r\n".join([*kept[:at], *added, *kept[at:], ""]).encode()
