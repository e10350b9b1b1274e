"""The decision table at the door of the API: the same refusals, and nothing of a note."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from groupware import tokens
from groupware.blobs import store_at
from groupware.config import Settings
from groupware.models import Level, TokenKind
from tests.rules.policy import DESK, READ, STANDINGS, TABLE, WRITE, Standing
from tests.rules.world import World

NOWHERE = 999_999


class Program:
    """Asks the API with the person's token."""

    def __init__(self, app: Flask, secret: str) -> None:
        self.client = app.test_client()
        self.headers = {"Authorization": f"Bearer {secret}"}

    def __call__(self, method: str, path: str, **json: Any) -> TestResponse:
        sent: dict[str, Any] = {"json": json} if method in ("POST", "PATCH") else {}
        headers = self.headers | ({"If-Match": "*"} if method == "PATCH" else {})
        return self.client.open(
            f"/api/v1{path}", method=method, headers=headers, buffered=True, **sent
        )


@pytest.fixture(params=STANDINGS)
def world(request: pytest.FixtureRequest, session: Session, settings: Settings) -> World:
    return World(session, STANDINGS[request.param], store_at(settings.blob_url))


@pytest.fixture
def ask(world: World, app: Flask) -> Program:
    world.person.active = True
    secret = tokens.give(
        world.session, None, world.person, TokenKind.API, name="", now=world.make.now
    )
    world.person.active = world.who.active
    world.session.commit()
    return Program(app, secret)


def test_reading_through_the_api(world: World, ask: Program) -> None:
    who, number = world.who, world.ticket.id
    reply_file, note_file = world.file_of(world.reply).id, world.file_of(world.note).id
    world.session.commit()
    agents = who.level >= READ
    doors = [
        ("/tickets/{}", who.sees, number),
        ("/tickets/{}/comments", who.sees, number),
        ("/tickets/{}/attachments", who.sees, number),
        ("/tickets/{}/journal", who.sees, number),
        ("/tickets/{}/links", who.sees, number),
        ("/journal?ticket={}", who.sees, number),
        (f"/tickets/{number}/comments/{{}}", who.sees, world.reply.id),
        (f"/tickets/{number}/comments/{{}}", agents, world.note.id),
        ("/attachments/{}", who.sees, reply_file),
        ("/attachments/{}/content", who.sees, reply_file),
        ("/attachments/{}", agents, note_file),
        ("/attachments/{}/content", agents, note_file),
    ]
    told = ""
    for door, allowed, row in doors:
        there, missing = ask("GET", door.format(row)), ask("GET", door.format(NOWHERE))
        assert there.status_code == _answer(who, sees=allowed, allowed=allowed), door
        if there.status_code == 404:
            assert there.data == missing.data, f"{door} differs from one that does not exist"
        told += there.text
    for part in ("checklist", "web-links", "following"):
        answer = ask("GET", f"/tickets/{number}/{part}")
        assert answer.status_code == _answer(who, sees=who.sees, allowed=agents), part
        assert agents or "Yellow" not in answer.text
    assert ("Xylophone" in told) == agents
    assert ('"noted"' in told) == agents
    for query in ("", "?mine=true", "?q=Zephyr&status=all", "?q=Xylophone", f"?q=%23{number}"):
        listed = ask("GET", f"/tickets{query}")
        assert listed.status_code == _answer(who, sees=True, allowed=True), query
        if listed.status_code == 200:
            own_only = "mine" in query or not (who.manage_tickets or who.manage_support)
            sees = who.own and "Xylophone" not in query if own_only else agents
            found = [each["id"] for each in listed.get_json()["items"]]
            assert (number in found) == bool(sees), query


# The use cases behind it are tried on both engines where they are at home.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_acting_through_the_api(world: World, ask: Program) -> None:
    who, ticket = world.who, "/tickets/{ticket}"
    acts: dict[str, tuple[str, str, dict[str, Any]]] = {
        "note": ("POST", f"{ticket}/comments", {"kind": "note", "body": "Hm."}),
        "say": ("POST", f"{ticket}/comments", {"body": "Hello."}),
        "edit": ("PATCH", ticket, {"subject": "New", "details": "words"}),
        "resolve": ("PATCH", ticket, {"status": "resolved"}),
        "wait": ("PATCH", ticket, {"waiting": "third_party"}),
        "assign": ("PATCH", ticket, {"assignee": None}),
        "categorise": ("PATCH", ticket, {"categories": [world.category.id]}),
        "urgency": ("PATCH", ticket, {"urgency": "high"}),
        "due": ("PATCH", ticket, {"due": "2030-01-01"}),
        "locate": ("PATCH", ticket, {"location": world.location.id}),
        "hand over": ("PATCH", ticket, {"customer": world.companion.id}),
        "add participant": (
            "PATCH", ticket, {"participants": [world.companion.id, world.agent.id]},
        ),
        "remove participant": ("PATCH", ticket, {"participants": []}),
        "link a page": ("POST", f"{ticket}/web-links", {"url": "https://maple.example/"}),
        "merge": ("POST", f"{ticket}/merge", {"into": "other"}),
        "merge elsewhere": ("POST", f"{ticket}/merge", {"into": "far"}),
        "split": ("POST", f"{ticket}/comments/{{reply}}/split", {"subject": "New"}),
        "move a message": ("POST", f"{ticket}/comments/{{said}}/move", {"into": "other"}),
        "see what became of mails": ("GET", f"{ticket}/comments/{{reply}}/delivery", {}),
        "try mail again": ("POST", f"{ticket}/comments/{{reply}}/delivery", {}),
        "add to the checklist": ("POST", f"{ticket}/checklist", {"text": "Violet"}),
        "check off": ("PATCH", f"{ticket}/checklist/{{item}}", {"done": True}),
        "answer a field": ("PATCH", ticket, {"custom": {"device": "Violin"}}),
        "take from the checklist": ("DELETE", f"{ticket}/checklist/{{item}}", {}),
        "unlink": ("DELETE", f"{ticket}/links/{{other}}", {}),
        "be there": ("POST", f"{ticket}/presence", {}),
        "run a macro": ("POST", f"{ticket}/macros", {"macro": world.macro.id}),
        "follow": ("POST", f"{ticket}/following", {}),
        "keep a draft": ("POST", f"{ticket}/draft", {"body": "Violet", "kind": "note"}),
        "share a draft": ("POST", f"{ticket}/drafts", {"body": "Violet"}),
        "see shared drafts": ("GET", f"{ticket}/drafts/{{agent}}", {}),
        "take a shared draft": ("POST", f"{ticket}/drafts/{{agent}}/taking", {}),
        "drop another's draft": ("DELETE", f"{ticket}/drafts/{{agent}}", {}),
        "delete": ("DELETE", ticket, {}),
        "delete comment": ("DELETE", f"{ticket}/comments/{{reply}}", {}),
    }  # fmt: skip
    rules = {**TABLE, "say": lambda who: who.own or who.level >= WRITE}
    fresh = True
    for act, (method, path, body) in acts.items():
        if not fresh:
            world.begin()
        prepared = world.ready(act)
        before = world.state()
        place = path.format(
            ticket=world.ticket.id, reply=world.reply.id, item=world.item.id, agent=world.agent.id,
            said=world.said.id if world.said else 0, other=world.other.id,
        )  # fmt: skip
        ends = {"other": world.other.id, "far": world.far.id}
        sent = {name: ends.get(str(value), value) for name, value in body.items()}
        world.session.commit()
        answer = ask(method, place, **sent)
        allowed = who.active and rules[act](who)
        expected = _answer(who, sees=who.sees, allowed=allowed)
        if act == "unlink" and who.sees and who.level < READ and expected == 403:
            expected = 404  # links are not shown to them
        fine = answer.status_code // 100 == 2 if allowed else answer.status_code == expected
        assert fine, (act, answer.status_code, answer.text)
        fresh = not (allowed or prepared)
        world.session.expire_all()
        after = world.state()
        world.session.commit()
        assert allowed or after == before, f"{act} was refused and changed something"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_of_no_ticket_through_the_api(world: World, ask: Program) -> None:
    doors: dict[str, tuple[str, str, dict[str, Any]]] = {
        "save a view": ("POST", "/views", {"name": "V"}),
        "order one's views": ("POST", "/views/order", {"views": []}),
        "keep a canned reply": ("POST", "/canned-replies", {"name": "C", "body": "Hello."}),
        "keep a macro": ("POST", "/macros", {"name": "M", "steps": {"urgency": "high"}}),
        "change many": ("GET", f"/bulk/{NOWHERE}", {}),
        "export": ("GET", "/exports/tickets", {}),
        "import": ("GET", f"/imports/{NOWHERE}", {}),
        "read notices": ("GET", "/notices", {}),
        "choose notices": ("PATCH", "/notices/choices", {"filed": []}),
        "find people": ("GET", "/users", {}),
        "find groups": ("GET", "/groups", {}),
        "keep headings": ("POST", "/headings", {"name": "H"}),
        "keep categories": ("POST", "/categories", {"name": "K"}),
        "keep webhooks": ("GET", "/webhooks", {}),
        "keep people": ("POST", "/users", {"name": "N", "address": "n@maple.example"}),
        "keep groups": ("POST", "/groups", {"name": "G"}),
    }
    assert doors.keys() == DESK.keys()
    for act, (method, path, body) in doors.items():
        answer = ask(method, path, **body)
        if DESK[act](world.who):
            assert answer.status_code in (200, 201, 204, 404), (act, answer.text)
        else:
            assert answer.status_code == (403 if world.who.active else 401), act
    said = ask("GET", "/exports/tickets?q=Zephyr&kind=ics").text
    assert ("Zephyr fails" in said) == (world.who.level >= READ)


@pytest.mark.parametrize("here", [10, 20, 30])
@pytest.mark.parametrize("there", [0, 10, 20])
def test_moving_and_linking_through_the_api(
    session: Session, app: Flask, here: int, there: int
) -> None:
    world = World(session, Standing(manage_tickets=True, agent_entry=here))
    other_list = world.make.task_list(
        customers=[world.customer], agents={world.person: Level(there)} if there else {}
    )
    other = world.make.ticket(world.customer, other_list, location=world.location)
    secret = tokens.give(
        session, world.person, world.person, TokenKind.API, name="", now=world.make.now
    )
    session.commit()
    ask = Program(app, secret)
    path = f"/tickets/{world.ticket.id}"
    linked = ask("POST", f"{path}/links", ticket=other.id)
    allowed = here >= 30 and there >= 10
    assert linked.status_code == (201 if allowed else 404 if there < 10 else 403)
    moved = ask("PATCH", path, task_list=other_list.id)
    if here >= 30 and there >= 20:
        assert moved.get_json()["task_list"]["id"] == other_list.id
    else:
        assert moved.status_code == (422 if here >= 30 and there == 0 else 403)


def _answer(who: Standing, *, sees: bool, allowed: bool) -> int:
    if not who.active:
        return 401
    if not (who.create_tickets or who.manage_tickets or who.manage_support):
        return 403
    if not sees:
        return 404
    return 200 if allowed else 403
