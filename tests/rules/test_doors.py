"""The decision table at every door: pages, acts, calendar, search, counts, files.

Whoever may not know of a ticket gets what they would get for one that does not exist, whichever
way they come; whoever may know of it and not do a thing gets 403, and nothing changes.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from groupware.blobs import store_at
from groupware.config import Settings
from tests.conftest import SignedIn
from tests.rules.policy import READ, STANDINGS, TABLE, Standing
from tests.rules.world import World

NOWHERE = 999_999


@pytest.fixture(params=STANDINGS)
def world(request: pytest.FixtureRequest, session: Session, settings: Settings) -> World:
    """A ticket with a file on its reply and on its note, and somebody who stands to it."""
    return World(session, STANDINGS[request.param], store_at(settings.blob_url))


@pytest.fixture
def client(world: World, app: Flask, signed_in: SignedIn) -> Iterator[FlaskClient]:
    """The person's browser; an inactive one was signed in before."""
    world.person.active = True
    browser = signed_in(world.person)
    world.person.active = world.who.active
    world.session.commit()
    return browser


def test_reading(world: World, client: FlaskClient) -> None:
    who, number = world.who, world.ticket.id
    agents, customers = who.level >= READ, who.sees_as_customer
    reply_file, note_file = world.file_of(world.reply), world.file_of(world.note)
    doors = [
        ("/support/tickets/{}", agents, _staff(who)),
        ("/support/tickets/{}.ics", agents, _staff(who)),
        ("/support/tickets/{}/history", agents, _staff(who)),
        ("/tickets/view/{}", customers, who.create_tickets),
        ("/tickets/view/{}.ics", customers, who.create_tickets),
    ]
    for door, allowed, module in doors:
        there, missing = (
            client.get(door.format(each), buffered=True) for each in (number, NOWHERE)
        )
        assert there.status_code == _read(who, allowed=allowed, module=module), door
        if who.active and module and not allowed:
            assert _body(there) == _body(missing), f"{door} differs from one that does not exist"
    any_module = _staff(who) or who.create_tickets
    for file, allowed in ((reply_file, who.sees), (note_file, agents)):
        path = f"/attachments/{file.id}/{file.name}"
        for headers in ({}, {"Range": "bytes=0-1"}, {"If-None-Match": f'"{file.sha256}"'}):
            answer = client.get(path, headers=headers, buffered=True)
            if who.active and any_module and allowed:
                assert answer.status_code in (200, 206, 304), path
            else:
                assert answer.status_code == _read(who, allowed=False, module=any_module), (
                    path,
                    headers,
                )


def test_searching_counting_and_exporting(world: World, client: FlaskClient) -> None:
    who = world.who
    agents = who.level >= READ
    for word in ("Zephyr", "Quixotic", "Xylophone", f"%23{world.ticket.id}"):
        found = client.get(f"/support?q={word}")
        assert ("Zephyr fails" in found.text) == (agents), word
        own = client.get(f"/tickets/my-tickets?q={word}").text
        assert ("Zephyr fails" in own) == (who.own and word != "Xylophone"), word
    if who.active and _staff(who):
        queue = client.get("/support").text
        assert (world.list.name in queue) == agents
        assert ("Zephyr fails" in queue) == agents
        export = client.get("/support/export.ics", buffered=True)
        assert export.status_code == 200
        assert ("Zephyr fails" in export.text) == agents
    if who.active and who.create_tickets:
        mine = client.get("/tickets/my-tickets?state=in_progress").text
        assert ("Zephyr fails" in mine) == who.own
    listed = client.get(f"/support/lists/{world.list.id}.ics", buffered=True)
    assert listed.status_code == _read(who, allowed=agents, module=_staff(who))


def test_acting_on_the_agents_pages(world: World, client: FlaskClient) -> None:
    acts: dict[str, tuple[str, dict[str, Any]]] = {
        "reply": ("comments", {"kind": "reply", "body": "Hello."}),
        "note": ("comments", {"kind": "note", "body": "Hm."}),
        "resolve": ("resolution", {}),
        "wait": ("waiting", {"waiting": "third_party"}),
        "assign": ("assignee", {"assignee": ""}),
        "categorise": ("categories", {"categories": str(world.category.id)}),
        "urgency": ("urgency", {"urgency": "high"}),
        "due": ("due", {"due": "2030-01-01"}),
        "locate": ("location", {"location": str(world.location.id)}),
        "hand over": ("customer", {"person": str(world.companion.id)}),
        "add participant": ("participants", {"person": str(world.agent.id)}),
        "remove participant": (f"participants/{world.companion.id}/removal", {}),
        "edit": ("details", {"subject": "New", "details": "words"}),
        "delete comment": ("comments/{}/deletion", {}),
        "delete": ("deletion", {}),
    }
    for act, (place, form) in acts.items():
        world.begin()
        world.session.commit()
        before = world.state()
        world.session.commit()
        path = place.format(world.reply.id)
        answer = client.send(f"/support/tickets/{world.ticket.id}/{path}", **form)
        world.session.expire_all()
        after = world.state()
        # The customer's right to edit is exercised at their own page.
        allowed = world.who.level >= 30 if act == "edit" else TABLE[act](world.who)
        if allowed and world.who.active:
            assert answer.status_code in (200, 302, 303), (act, answer.status_code, answer.text)
        else:
            assert after == before, f"{act} was refused and changed something"
            if not world.who.active:
                assert answer.status_code in (401, 403), act
            elif not _staff(world.who) or world.who.level >= READ:
                assert answer.status_code == 403, act
            else:
                assert answer.status_code == 404, act


def test_acting_on_the_customers_pages(world: World, client: FlaskClient) -> None:
    who = world.who
    doors = {
        "respond": ("/tickets/view/{}", {"body": "Yes."}, who.own),
        "edit": ("/tickets/edit/{}", {"subject": "New", "details": "words"}, who.own),
    }
    for act, (path, form, allowed) in doors.items():
        world.begin()
        world.session.commit()
        before = world.state()
        world.session.commit()
        answer = client.send(path.format(world.ticket.id), **form)
        world.session.expire_all()
        if allowed:
            assert answer.status_code == 303, (act, answer.text)
        else:
            assert world.state() == before, f"{act} was refused and changed something"
            if not who.active:
                assert answer.status_code in (401, 403)
            else:
                hidden = who.create_tickets and not who.sees_as_customer
                assert answer.status_code == (404 if hidden else 403), act


def _body(answer: TestResponse) -> str:
    """A page without its form token, which is signed with the second it was made in."""
    return re.sub(r'name="csrf[-_]token" (content|value)="[^"]+"', "", answer.text)


def _staff(who: Standing) -> bool:
    return who.manage_tickets or who.manage_support


def _read(who: Standing, *, allowed: bool, module: bool) -> int:
    if not who.active:
        return 302
    if not module:
        return 403
    return 200 if allowed else 404
