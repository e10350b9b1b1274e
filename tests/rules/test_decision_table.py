"""Everybody tries everything, and the product agrees with the decision table each time."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from groupware.errors import Forbidden, NotFound
from groupware.models import Level, Permission, User
from modules.tasks import conversation, queries, tickets
from modules.tasks.models import (
    Attachment,
    Category,
    Comment,
    Participant,
    State,
    Task,
    TaskList,
    Urgency,
    Waiting,
)
from tests.factories import Make
from tests.rules.policy import STANDINGS, TABLE, Standing


class World:
    """One ticket, and somebody who stands to it as told."""

    def __init__(self, session: Session, who: Standing) -> None:
        self.session = session
        self.make = make = Make(session)
        self.customer = make.customer(organisation="Maple")
        self.companion = make.customer()
        self.agent = make.agent()
        self.location = make.location(self.customer)
        self.list: TaskList = make.task_list(
            customers=[self.customer], agents=[self.agent], colleagues_see=who.colleague
        )
        self.person = self._person(who)
        self.make.allow(self.list.customer_acl, self.companion, Level.CREATE)
        self.ticket = make.ticket(self.customer, self.list, location=self.location)
        tickets.add_participant(session, self.agent, self.ticket, self.companion, now=make.later())
        if who.takes_part:
            session.add(Participant(task_id=self.ticket.id, user_id=self.person.id))
        self.reply = make.reply(self.ticket, self.agent)
        self.note = make.note(self.ticket, self.agent)
        self.category: Category = make.category()
        if who.closed:
            tickets.set_state(session, self.agent, self.ticket, State.CLOSED, now=make.later())
        session.flush()

    def _person(self, who: Standing) -> User:
        permissions = [
            permission
            for permission, held in (
                (Permission.CREATE_TICKETS, who.create_tickets),
                (Permission.MANAGE_TICKETS, who.manage_tickets),
                (Permission.MANAGE_SUPPORT, who.manage_support),
                (Permission.ADMINISTER, who == STANDINGS["administrator only"]),
            )
            if held
        ]
        person = self.make.user(*permissions, active=who.active)
        person.organisation = "Maple" if who.colleague else ""
        if who.agent_entry:
            self.make.allow(self.list.agent_acl, person, Level(who.agent_entry))
        return person

    def do(self, act: str) -> None:
        """Let the person do it, through the use case that every door calls."""
        session, person, ticket, now = self.session, self.person, self.ticket, self.make.later()
        acts: dict[str, Callable[[], object]] = {
            "see": lambda: self._see(queries.visible_to(person)),
            "see notes": self._see_note,
            "respond": lambda: conversation.respond(session, person, ticket, "Yes.", now=now),
            "edit": lambda: tickets.edit(
                session, person, ticket, subject="New", details="words", now=now
            ),
            "reply": lambda: conversation.reply(session, person, ticket, "Hello.", now=now),
            "note": lambda: conversation.note(session, person, ticket, "Hm.", now=now),
            "resolve": lambda: tickets.set_state(session, person, ticket, State.RESOLVED, now=now),
            "wait": lambda: tickets.wait(
                session, person, ticket, waiting=Waiting.THIRD_PARTY, now=now
            ),
            "assign": lambda: tickets.assign(session, person, ticket, to=None, now=now),
            "categorise": lambda: tickets.categorise(
                session, person, ticket, [self.category], now=now
            ),
            "urgency": lambda: tickets.set_urgency(session, person, ticket, Urgency.HIGH, now=now),
            "due": lambda: tickets.set_due(session, person, ticket, due=now, now=now),
            "locate": lambda: tickets.locate(session, person, ticket, self.location, now=now),
            "hand over": lambda: tickets.hand_to(session, person, ticket, self.companion, now=now),
            "add participant": lambda: tickets.add_participant(
                session, person, ticket, self.agent, now=now
            ),
            "remove participant": lambda: tickets.remove_participant(
                session, person, ticket, self.companion, now=now
            ),
            "delete": lambda: tickets.delete(session, person, ticket, now=now),
            "delete comment": lambda: conversation.delete_comment(
                session, person, self.reply, now=now
            ),
        }
        acts[act]()

    def _see(self, query: object) -> None:
        if self.session.scalar(query.where(Task.id == self.ticket.id)) is None:  # type: ignore[attr-defined]
            raise NotFound

    def _see_note(self) -> None:
        query = queries.comments_worked_by(self.person).where(Comment.id == self.note.id)
        if self.session.scalar(query) is None:
            raise NotFound

    def state(self) -> object:
        """Everything of the ticket, to see whether a refusal changed anything."""
        self.session.flush()
        rows: list[object] = []
        for model in (Task, Comment, Participant, Attachment):
            columns = list(inspect(model).columns)
            rows.append(self.session.execute(select(*columns)).all())
        return rows


@pytest.mark.parametrize("act", TABLE)
@pytest.mark.parametrize("name", STANDINGS)
def test_the_product_agrees_with_the_decision_table(session: Session, name: str, act: str) -> None:
    world = World(session, STANDINGS[name])
    allowed = TABLE[act](STANDINGS[name])
    before = world.state()
    if allowed:
        world.do(act)
    else:
        with pytest.raises((Forbidden, NotFound)):
            world.do(act)
        assert world.state() == before


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
