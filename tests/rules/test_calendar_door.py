"""The decision table at the calendar's door: what a task app writes is an act like any other."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from modules.tasks.models import Participant
from tests.rules.policy import DELETE, READ, STANDINGS, TABLE, Standing
from tests.rules.world import World
from tests.tasks.dav.phone import Phone, changed

WRITES = {
    "edit": {"summary": "New words"},
    "resolve": {"status": "COMPLETED"},
    "urgency": {"priority": "1"},
    "due": {"due": "20301201T100000Z"},
    "categorise": {"categories": "garden"},
    "note": {"comment": "Hm."},
    "assign": {"attendee": "mailto:{agent}"},
    "link": {"related_to": "{other}"},
    "add a file": {"attach;value=binary;encoding=base64": "SGk="},
}


@pytest.mark.parametrize("name", STANDINGS)
def test_the_calendar_agrees_with_the_decision_table(
    app: Flask, session: Session, name: str
) -> None:
    world = World(session, STANDINGS[name])
    who, person = world.who, world.person
    world.category.name = "garden"
    active, person.active = person.active, True
    phone, manager = Phone(app, session, person), Phone(app, session, world.make.manager())
    person.active = active
    reading(world, phone)
    # Who may do nothing is refused everything at once.
    everything = {key: value for each in WRITES.values() for key, value in each.items()}
    for act, properties in WRITES.items() if who.level >= 30 else [("resolve", everything)]:
        world.begin()
        session.commit()
        lines = manager.lines(manager.of(world.ticket))
        known = {"agent": world.agent.address, "other": world.other.uid}
        said = {key: value.format_map(known) for key, value in properties.items()}
        before = world.state()
        answer = phone.put(phone.of(world.ticket), changed(lines, **said))
        # Customers edit on their own page; their calendar is there to be read.
        allowed = who.level >= 30 if act in ("edit", "add a file") else TABLE[act](who)
        assert answer.status_code == (204 if allowed else refusal(who)), act
        assert (world.state() != before) == allowed, act
    world.begin()
    session.commit()
    before = world.state()
    answer = phone("DELETE", phone.of(world.ticket))
    assert answer.status_code == (204 if TABLE["delete"](who) else refusal(who))
    assert (world.state() != before) == (who.level >= DELETE)


def reading(world: World, phone: Phone) -> None:
    """Who sees it sees it, by their face; nobody reads the note."""
    who, ticket = world.who, world.ticket
    answer = phone("GET", phone.of(ticket))
    assert answer.status_code == (200 if who.level >= READ else refusal(who))
    own = phone("GET", phone.at(None, f"{ticket.uid}.ics"))
    takes_part = world.session.get(Participant, (world.person.id, ticket.id)) is not None
    if not who.active or not _anything(who):
        assert own.status_code == refusal(who)
    else:
        # What an agent reads lies in its list, and there alone.
        asks = takes_part and who.create_tickets and who.level < READ
        assert own.status_code == (200 if asks else 404)
    for text in (answer.text, own.text):
        assert "Xylophone" not in text


def refusal(who: Standing) -> int:
    if not who.active:
        return 401
    if not _anything(who):
        return 403
    return 403 if who.level >= READ else 404


def _anything(who: Standing) -> bool:
    return who.create_tickets or who.manage_tickets or who.manage_support
