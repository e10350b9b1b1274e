"""Everybody tries everything, and the product agrees with the decision table each time."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from groupware.errors import Forbidden, NotFound
from groupware.models import Level, User
from modules.tasks import queries, tickets
from modules.tasks.icalendar.facts import Face, Reader, facts_of
from modules.tasks.icalendar.writing import calendar as calendar_of
from modules.tasks.models import Task
from tests.rules.policy import STANDINGS, TABLE, Standing
from tests.rules.world import World


@pytest.mark.parametrize("name", STANDINGS)
def test_the_product_agrees_with_the_decision_table(session: Session, name: str) -> None:
    world = World(session, STANDINGS[name])
    for act, rule in TABLE.items():
        world.begin()
        before = world.state()
        if rule(world.who):
            world.do(act)
        else:
            with pytest.raises((Forbidden, NotFound)):
                world.do(act)
            assert world.state() == before, f"{act} was refused and changed something"


@pytest.mark.parametrize("name", ["customer", "participant", "agent who may write"])
def test_what_is_closed_is_edited_by_staff_only(session: Session, name: str) -> None:
    who = replace(STANDINGS[name], closed=True)
    world = World(session, who)
    if TABLE["edit"](who):
        world.do("edit")
    else:
        with pytest.raises(Forbidden):
            world.do("edit")


@pytest.mark.parametrize("here", [0, 10, 20, 30])
@pytest.mark.parametrize("there", [0, 10, 20, 30])
def test_moving_needs_write_here_and_create_there(session: Session, here: int, there: int) -> None:
    world = World(session, Standing(manage_tickets=True, agent_entry=here))
    other = world.make.task_list(agents={world.person: Level(there)} if there else {})
    if here >= 30 and there >= 20:
        tickets.move(session, world.person, world.ticket, other, now=world.make.later())
        assert world.ticket.task_list is other
        assert session.scalar(queries.own_of(world.customer).where(Task.id == world.ticket.id)), (
            "the customer keeps it"
        )
    else:
        before = world.state()
        with pytest.raises(Forbidden):
            tickets.move(session, world.person, world.ticket, other, now=world.make.later())
        assert world.state() == before


@pytest.mark.parametrize("here", [10, 30])
@pytest.mark.parametrize("there", [0, 10])
def test_linking_needs_write_here_and_read_there(session: Session, here: int, there: int) -> None:
    world = World(session, Standing(manage_tickets=True, agent_entry=here))
    other_list = world.make.task_list(
        customers=[world.customer], agents={world.person: Level(there)} if there else {}
    )
    other = world.make.ticket(world.customer, other_list, location=world.location)
    if here >= 30 and there >= 10:
        tickets.link(session, world.person, world.ticket, other, now=world.make.later())
    else:
        with pytest.raises((Forbidden, NotFound)):
            tickets.link(session, world.person, world.ticket, other, now=world.make.later())


@pytest.mark.parametrize("name", STANDINGS)
def test_the_customers_face_holds_no_note_for_anybody(session: Session, name: str) -> None:
    who = STANDINGS[name]
    world = World(session, who)
    seen = session.scalars(queries.comments_asked_by(world.person)).all()
    assert world.note not in seen
    assert (world.reply in seen) == who.sees_as_customer


@pytest.mark.parametrize(
    "act", ["merge", "merge elsewhere", "move", "split", "split a note", "link"]
)
def test_what_is_joined_or_parted_lets_no_customer_read_more(session: Session, act: str) -> None:
    """By lists, messages, files, search, counts, history and calendar, for all who may only ask."""
    world = World(session, STANDINGS["manager"])
    stranger = world.make.customer(organisation="Maple")
    people = (world.customer, world.companion, stranger)
    before = {person.id: _read_of(world, person) for person in people}
    world.do(act)
    for person in people:
        more = _read_of(world, person) - before[person.id]
        words = " ".join(more)
        assert "Xylophone" not in words, "a note stays a note"
        assert "Yellow" not in words, "a checklist is the agents'"
        # The customer's own words may stand in another place; nobody else has any new ones.
        assert person is world.customer or not more, (act, more)


def _read_of(world: World, person: User) -> set[str]:
    session = world.session
    session.flush()
    said = {c.body for c in session.scalars(queries.comments_asked_by(person))}
    said |= {f.name for f in session.scalars(queries.files_asked_by(person))}
    shown = session.scalars(queries.asked_by(person)).all()
    said |= {text for ticket in shown for text in (ticket.summary, ticket.description)}
    reader = Reader(person, Face.CUSTOMER, "http://localhost")
    facts = facts_of(session, queries.asked_by(person), reader)
    calendar = b"".join(calendar_of(facts, Face.CUSTOMER)).decode()
    return said | {word for word in ("Xylophone", "Yellow") if word in calendar}
