"""Each family of clients, request by request as it sends them, both ways."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy.orm import Session

from groupware.models import Level
from modules.tasks import tickets
from modules.tasks.models import State, Task, Urgency
from modules.tasks.queries import deleted_of, visible_to
from tests.factories import Desk
from tests.tasks.dav.phone import DECLARED, Answer, Phone, conditions
from tests.tasks.ics import APPLE, EVOLUTION, TASKS_ORG, THUNDERBIRD, as_bytes

AT = "20261101T100000Z"
DONE = {"STATUS": "COMPLETED", "COMPLETED": AT, "PERCENT-COMPLETE": "100"}
APPLES = (
    "d:add-member", "c:calendar-description", "c:calendar-timezone", "cs:getctag", "d:owner",
    "d:current-user-privilege-set", "d:displayname", "d:quota-available-bytes", "d:resource-id",
    "d:resourcetype", "c:schedule-calendar-transp", "c:supported-calendar-component-set",
    "d:supported-report-set", "d:sync-token", "cs:subscribed-strip-alarms", "cs:pre-publish-url",
)  # fmt: skip


@dataclass(frozen=True)
class Family:
    """How one of them goes about it."""

    begins: tuple[tuple[str, str], ...]  # what it asks first, and of whom it expects to hear
    reads: str  # how it finds what has changed
    task: str  # a task as it writes it
    agent: str
    conditional: bool = True  # with If-Match
    looks: tuple[str, ...] = ("d:resourcetype", "d:displayname", "cs:getctag")
    reopens: dict[str, str] = field(default_factory=dict)
    drops: tuple[str, ...] = ()  # what it does not know, and does not write back


FAMILIES = {
    "Thunderbird": Family(
        begins=(("PROPFIND", "/dav/"), ("PROPFIND", "/.well-known/caldav")),
        reads="sync", task=THUNDERBIRD, agent="Mozilla/5.0 Thunderbird/153.0",
        looks=("d:resourcetype", "d:owner", "d:current-user-principal", "cs:getctag",
               "d:current-user-privilege-set", "d:supported-report-set",
               "c:supported-calendar-component-set"),
    ),
    "Apple Reminders": Family(
        begins=(("PROPFIND", "/.well-known/caldav"), ("PROPFIND", "/"), ("PROPFIND", "/principals/")),
        reads="sync", task=APPLE, agent="iOS/18.0 remindd/1.0", looks=APPLES,
        reopens={"STATUS": "NEEDS-ACTION", "PERCENT-COMPLETE": "0"},
        drops=("ATTENDEE", "CONTACT", "X-GROUPWARE"),
    ),
    "Tasks.org with DAVx5": Family(
        begins=(("PROPFIND", "/dav/"), ("PROPFIND", "/.well-known/caldav")),
        reads="sync", task=TASKS_ORG, agent="DAVx5/4.5-ose dav4jvm",
        looks=("d:resourcetype", "d:displayname", "d:current-user-privilege-set", "d:sync-token",
               "cs:getctag", "c:max-resource-size", "d:supported-report-set"),
    ),
    "Evolution": Family(
        begins=(("PROPFIND", "/dav/"), ("PROPFIND", "/.well-known/caldav")),
        reads="query", task=EVOLUTION, agent="Evolution/3.46", conditional=False,
        reopens={"STATUS": "NEEDS-ACTION", "PERCENT-COMPLETE": "0"},
    ),
}  # fmt: skip


class App:
    """One of them, at work."""

    def __init__(self, family: Family, phone: Phone) -> None:
        self.family, self.phone = family, phone
        self.phone.headers = {**phone.headers, "User-Agent": family.agent}
        self.token, self.etags = "", {"": ""}

    def discover(self) -> str:
        """The home, from wherever it begins."""
        home = ""
        for method, path in self.family.begins:
            body = (
                f"<d:propfind {DECLARED}><d:prop><d:resourcetype/><d:current-user-principal/>"
                "<d:principal-URL/><c:calendar-home-set/></d:prop></d:propfind>"
            )
            answer = self.phone(method, path, body, Depth=0, Content_Type="application/xml")
            if leads := answer.headers.get("Location"):
                assert answer.status_code == 301
                answer = self.phone(method, leads, body, Depth=0, Content_Type="application/xml")
            me = Answer(answer).text("d:current-user-principal")
            options = self.phone("OPTIONS", me)
            assert "calendar-access" in options.headers["DAV"]
            assert "auto-schedule" not in options.headers["DAV"]
            told = self.phone.propfind(
                me, "c:calendar-home-set", "c:calendar-user-address-set", "c:schedule-inbox-URL",
                "d:principal-collection-set", "cs:notification-URL",
            )  # fmt: skip
            home = told.text("c:calendar-home-set")
        return home

    def changed(self, path: str) -> tuple[set[str], set[str]]:
        """What is new or changed since it looked last, and what is gone."""
        if self.family.reads == "sync":
            answer = self.phone.sync(path, self.token)
            assert answer.status == 207
            self.token = answer.token
            return set(answer.paths()), set(answer.paths("404"))
        answer = self.phone.query(path, "")
        there = {each: answer.text("d:getetag", each) for each in answer.paths()}
        before, self.etags = self.etags, there
        new = {each for each, etag in there.items() if before.get(each) != etag}
        return new, before.keys() - there.keys() - {""}

    def read(self, collection: str, path: str) -> tuple[list[str], str]:
        """A task and its ETag, by multiget."""
        inside = f"<d:prop><d:getetag/><c:calendar-data/></d:prop><d:href>{path}</d:href>"
        answer = self.phone.report(collection, "c:calendar-multiget", inside)
        text = answer.text("c:calendar-data").replace("\r\n ", "").split("\r\n")
        return text, answer.text("d:getetag")

    def write(self, path: str, lines: list[str], etag: str, **properties: str) -> Any:
        """What it was given, with these properties as it would write them; "" takes one away."""
        names = {name.replace("_", "-").upper(): value for name, value in properties.items()}
        kept = [
            each
            for each in lines
            if each.partition(":")[0].partition(";")[0] not in names
            and not each.startswith(self.family.drops or ("\0",))
        ]
        at = kept.index("BEGIN:VTODO") + 1
        said = [f"{name}:{value}" for name, value in names.items() if value]
        body = "\r\n".join([*kept[:at], *said, *kept[at:]]).encode()
        headers = {"If_Match": etag} if self.family.conditional else {}
        return self.phone.put(path, body, **headers)


@pytest.mark.parametrize(
    "database_url", ["sqlite"], indirect=True
)  # what is said, not how it is kept
@pytest.mark.parametrize("name", FAMILIES)
def test_a_client_family_works_on_the_queue_and_hears_of_it(  # noqa: PLR0915  # a story
    desk: Desk, phone: Phone, session: Session, name: str
) -> None:
    family = FAMILIES[name]
    desk.make.allow(desk.list.agent_acl, desk.agent, Level.DELETE)
    ticket = desk.ticket(subject="The printer jams")
    app, home, path = App(family, phone), phone.at(desk.list), phone.of(ticket)
    assert app.discover() == phone.home()
    shown = phone.propfind(phone.home(), *family.looks, depth=1)
    assert home in shown.paths()
    assert "calendar" in shown.names_in("d:resourcetype", home)
    look = (
        f'<d:propertyupdate {DECLARED} xmlns:i="http://apple.com/ns/ical/"><d:set><d:prop>'
        "<i:calendar-color>#FF2968FF</i:calendar-color><i:calendar-order>3</i:calendar-order>"
        "</d:prop></d:set></d:propertyupdate>"
    )
    assert phone("PROPPATCH", home, look, Content_Type="text/xml").status_code == 207

    def now() -> Task:
        session.refresh(ticket)
        return ticket

    # What is at the desk comes to the app; what is done there is done here.
    assert app.changed(home) == ({path}, set())
    lines, etag = app.read(home, path)
    assert "SUMMARY:The printer jams" in lines
    assert (
        app.write(path, lines, etag, SUMMARY="The printer burns", PRIORITY="1").status_code == 204
    )
    assert (now().summary, now().urgency) == ("The printer burns", Urgency.URGENT)
    assert app.changed(home) == ({path}, set())
    lines, etag = app.read(home, path)
    assert app.write(path, lines, etag, **DONE).status_code == 204
    assert now().state == State.RESOLVED
    lines, etag = app.read(home, path)
    reopening = {**dict.fromkeys(DONE, ""), **family.reopens}
    assert app.write(path, lines, etag, **reopening).status_code == 204
    assert now().state == State.OPEN
    assert now().assignee is None

    # Both change it at once: what does not meet is merged, or the app is told to look again.
    app.changed(home)
    lines, etag = app.read(home, path)
    tickets.set_urgency(session, desk.colleague, ticket, Urgency.LOW, now=desk.make.later())
    answer = app.write(path, lines, etag, SUMMARY="It is out")
    assert answer.status_code == (412 if family.conditional else 204)
    if family.conditional:
        assert app.changed(home) == ({path}, set())
        lines, etag = app.read(home, path)
        assert app.write(path, lines, etag, SUMMARY="It is out").status_code == 204
    assert (now().summary, now().urgency) == ("It is out", Urgency.LOW)

    # A task of its own becomes a ticket, and comes back as it was written.
    app.changed(home)
    mine = phone.at(desk.list, f"{name[:4]}-1.ics")
    own = as_bytes(family.task)
    uid = next(each[4:] for each in family.task.split("\n") if each.startswith("UID:"))
    assert phone.put(mine, own, If_None_Match="*").status_code == 201
    made = session.scalar(visible_to(desk.agent).where(Task.uid == uid))
    assert made is not None
    assert made.source == "dav"
    assert app.changed(home) == ({mine}, set())
    lines, etag = app.read(home, mine)
    foreign = [
        each for each in family.task.split("\n") if each.startswith("X-") and "TZ" not in each
    ]
    assert set(foreign) <= set(lines) | {"X-LIC-LOCATION:Europe/Lisbon"}
    again = app.write(mine, lines, etag)
    assert again.status_code == 204
    assert app.changed(home) == (set(), set()), "nothing was changed"

    # It is deleted there, and can be restored here.
    headers = {"If_Match": app.read(home, mine)[1]} if family.conditional else {}
    assert phone("DELETE", mine, **headers).status_code == 204
    assert app.changed(home) == (set(), {mine})
    gone = session.scalar(deleted_of(desk.agent, desk.make.later()).where(Task.uid == uid))
    assert gone is not None
    refused = phone("MKCALENDAR", f"{phone.home()}mine/", f"<c:mkcalendar {DECLARED}/>")
    assert (refused.status_code, conditions(refused)[0]) == (403, "need-privileges")
