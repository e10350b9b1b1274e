"""Everybody tries everything, and the product agrees with the decision table each time."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from groupware.errors import Forbidden, Invalid, NotFound
from groupware.models import Level, User
from modules.tasks import queries, search, tickets
from modules.tasks.icalendar.facts import Face, Reader, facts_of
from modules.tasks.icalendar.writing import calendar as calendar_of
from modules.tasks.models import Task
from tests.rules.policy import STANDINGS, TABLE, Standing
from tests.rules.world import World


@pytest.mark.parametrize("name", STANDINGS)
def test_the_product_agrees_with_the_decision_table(session: Session, name: str) -> None:
    world, fresh = World(session, STANDINGS[name]), True
    for act, rule in TABLE.items():
        if not fresh:
            world.begin()
        prepared = world.ready(act)
        before = world.state()
        if rule(world.who):
            world.do(act)
            fresh = False
        else:
            with pytest.raises((Forbidden, NotFound)):
                world.do(act)
            assert world.state() == before, f"{act} was refused and changed something"
            fresh = not prepared


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
    "act",
    ["merge", "merge elsewhere", "move", "split", "split a response", "split a note", "link",
     "unlink", "move a message", "move a message elsewhere"],
)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_joined_or_parted_lets_no_customer_read_more(session: Session, act: str) -> None:
    """By lists, messages, files, search and calendar, for all who may only ask.

    Lists may show tickets to the customer's colleagues; only a ticket that is moved to such a list
    as a whole lives by that list's rule.
    """
    world = World(session, STANDINGS["manager"])
    world.companion.organisation = "Oak"
    people = [
        world.customer,
        world.companion,
        world.make.customer(organisation="Oak"),
        world.make.customer(organisation="Maple"),
    ]
    for shared in ("nowhere", "here", "there"):
        point = session.begin_nested()  # so that nobody has read these words elsewhere before
        world.begin()
        world.list.colleagues_see = shared == "here"
        world.elsewhere.colleagues_see = shared == "there"
        world.ready(act)
        before = {person.id: _read_of(world, person) for person in people}
        try:
            with session.begin_nested():
                world.do(act)
        except Invalid:
            assert act.startswith("move a message"), "what others read is not moved there"
        by_its_rule = act == "move" and shared == "there"
        for person in people[:3] if by_its_rule else people:
            more = _read_of(world, person) - before[person.id] - {"New"}
            assert not more, (act, shared, person.organisation, more)
        point.rollback()


def _read_of(world: World, person: User) -> set[str]:
    """Every word that the person can read, or find, or count."""
    session = world.session
    session.flush()
    texts = [c.body for c in session.scalars(queries.comments_asked_by(person))]
    texts += [f.name for f in session.scalars(queries.files_asked_by(person))]
    shown = session.scalars(queries.asked_by(person)).all()
    texts += [text for ticket in shown for text in (ticket.summary, ticket.description)]
    said = {word for text in texts for word in text.split()}
    reader = Reader(person, Face.CUSTOMER, "http://localhost")
    facts = facts_of(session, queries.asked_by(person), reader)
    calendar = b"".join(calendar_of(facts, Face.CUSTOMER)).decode()
    said |= {word for word in WORDS if word in calendar}
    return said | {
        word for word in WORDS if session.scalars(search.own(session, person, word)).all()
    }


WORDS = ("Xylophone", "Yellow", "Quixotic", "Umbrella")
"""Of a note, the checklist, a reply and a response."""
