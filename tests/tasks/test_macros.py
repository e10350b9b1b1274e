"""Canned replies and macros: whose they are, what they say, all steps or none."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import sharing
from groupware.errors import Forbidden, Invalid, NotFound
from groupware.models import Level, Permission
from groupware.people import personal_group
from modules.tasks import fields, tickets
from modules.tasks.canned import at_hand, placeholders, texts
from modules.tasks.canned.at_hand import Label
from modules.tasks.canned.models import CannedReply
from modules.tasks.fields import FieldKind, managing
from modules.tasks.fields.managing import Wish
from modules.tasks.macros import managing as macros
from modules.tasks.macros.models import Macro
from modules.tasks.macros.running import Refused, run
from modules.tasks.macros.steps import Steps
from modules.tasks.models import Comment, Kind, State, Task, Urgency, Waiting
from tests.factories import Desk

HELLO = "Hello {customer.first_name}, about {ticket.number} ({ticket.subject}): {agent.name}"


def canned(desk: Desk, body: str = HELLO, by: Any = None, **label: Any) -> CannedReply:
    actor = by or desk.agent
    return texts.create(desk.session, actor, Label("Hello", **label), body, now=desk.make.now)


def macro(desk: Desk, by: Any = None, task_list: Any = None, **steps: Any) -> Macro:
    label = Label("Done", task_list=task_list)
    return macros.create(desk.session, by or desk.agent, label, Steps(**steps), now=desk.make.now)


def used_by(desk: Desk, ticket: Task, *people: Any) -> list[bool]:
    query = lambda person: at_hand.offered(person, CannedReply, ticket)  # noqa: E731
    return [desk.session.scalar(query(each).limit(1)) is not None for each in people]


def test_a_text_is_private_then_shared_or_a_lists(desk: Desk, session: Session) -> None:
    ticket, other = desk.ticket(), desk.make.ticket()
    text = canned(desk)
    everybody = (desk.agent, desk.colleague, desk.reader, desk.customer)
    assert used_by(desk, ticket, *everybody) == [True, False, False, False]
    group = personal_group(session, desk.colleague).id
    at_hand.share(session, desk.agent, text, {group: sharing.USE}, now=desk.make.now)
    assert used_by(desk, ticket, *everybody) == [True, True, False, False]
    with pytest.raises(Forbidden):
        texts.edit(session, desk.colleague, text, Label("Mine"), "Text", now=desk.make.now)
    with pytest.raises(NotFound):
        at_hand.delete(session, desk.reader, text, now=desk.make.now)
    at_hand.delete(session, desk.agent, text, now=desk.make.now)
    with pytest.raises(Forbidden):
        canned(desk, task_list=desk.list)
    with pytest.raises(Forbidden):
        canned(desk, by=desk.customer)
    canned(desk, by=desk.manager, task_list=desk.list)
    assert used_by(desk, ticket, *everybody) == [True, True, False, False]
    assert used_by(desk, other, *everybody) == [False, False, False, False]


def test_placeholders_are_filled_once_and_unknown_ones_refused(desk: Desk) -> None:
    desk.customer.name = "{agent.name} Adeyemi"
    ticket = desk.ticket(subject="Printer {ticket.number}")
    said = texts.filled(desk.session, desk.agent, ticket, HELLO)
    number = ticket.id
    assert said == (
        f"Hello {{agent.name}}, about {number} (Printer {{ticket.number}}): {desk.agent.name}"
    )
    for body in ("{customer.password}", "{ticket.__class__}", "{name}", "{ticket.custom.x}"):
        with pytest.raises(Invalid) as refused:
            canned(desk, body)
        assert "body" in refused.value.errors
    assert canned(desk, "Braces { } {0} {} stay").body == "Braces { } {0} {} stay"
    occasion = placeholders.Occasion(desk.ticket(customer=desk.stranger), desk.agent, "Desk")
    for name in placeholders.PLACEHOLDERS:
        assert "{" not in placeholders.expand(f"{{{name}}}", occasion)


def test_a_macro_does_all_its_steps(desk: Desk, session: Session) -> None:
    bug = desk.make.category("bug", [desk.list])
    managing.add(
        session, desk.manager, desk.list, Wish("Floor", FieldKind.NUMBER), now=desk.make.now
    )
    ticket, text = desk.ticket(), canned(desk)
    made = macro(
        desk, canned=text.id, state="resolved", assignee="me", urgency="high", due_days=2,
        add_categories=(bug.id,), fields={"floor": "3"},
    )  # fmt: skip
    run(session, desk.agent, ticket, made, now=desk.make.later())
    assert (ticket.state, ticket.urgency) == (State.RESOLVED, Urgency.HIGH)
    assert ticket.assignee is desk.agent
    assert ticket.categories == [bug]
    assert ticket.due_is_date
    assert fields.read(session, ticket, public=False) == {"floor": 3}
    said = session.scalars(select(Comment).where(Comment.task_id == ticket.id)).one()
    assert said.body.startswith("Hello Samuel, about")
    assert said.kind == Kind.REPLY


def test_a_macro_with_a_refused_step_does_nothing_and_says_why(
    desk: Desk, session: Session
) -> None:
    ticket = desk.ticket()
    before = (ticket.sequence, ticket.reply_count)
    bug = desk.make.category("bug", [desk.make.task_list()])
    made = macro(
        desk, kind="note", body="Seen.", urgency="high", add_categories=(bug.id,),
        assignee=str(desk.reader.id), state="resolved",
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        run(session, desk.agent, ticket, made, now=desk.make.later())
    assert [what for what, _ in refused.value.reasons] == ["Categories", "Assignee"]
    session.refresh(ticket)
    assert (ticket.sequence, ticket.reply_count) == before
    assert ticket.note_count == 0
    assert (ticket.state, ticket.urgency) == (State.OPEN, Urgency.NORMAL)


def test_a_macro_widens_nothing(desk: Desk, session: Session) -> None:
    ticket, elsewhere = desk.ticket(), desk.make.ticket()
    group = desk.make.group(Permission.MANAGE_TICKETS, members=[desk.reader, desk.outsider])
    made = macro(desk, state="resolved")
    at_hand.share(session, desk.agent, made, {group.id: sharing.USE}, now=desk.make.now)
    for person in (desk.reader, desk.outsider, desk.customer):
        with pytest.raises(Forbidden):
            run(session, person, ticket, made, now=desk.make.now)
    with pytest.raises(NotFound):
        run(session, desk.colleague, ticket, made, now=desk.make.now)
    with pytest.raises(Forbidden):
        run(session, desk.agent, elsewhere, made, now=desk.make.now)
    # Somebody else's private text is not said through a shared macro.
    text = canned(desk)
    says = macro(desk, canned=text.id)
    own = personal_group(session, desk.colleague).id
    at_hand.share(session, desk.agent, says, {own: sharing.USE}, now=desk.make.now)
    with pytest.raises(Refused):
        run(session, desk.colleague, ticket, says, now=desk.make.now)
    # A macro of a list is for its tickets alone.
    there = desk.make.task_list(agents={desk.agent: Level.WRITE})
    of_list = macro(desk, by=desk.manager, task_list=there, waiting=Waiting.CUSTOMER)
    with pytest.raises(Invalid):
        run(session, desk.agent, ticket, of_list, now=desk.make.now)
    tickets.move(session, desk.agent, ticket, there, now=desk.make.now)
    run(session, desk.agent, ticket, of_list, now=desk.make.now)
    assert ticket.waiting == Waiting.CUSTOMER


def test_what_cannot_be_a_step_is_refused(desk: Desk) -> None:
    for steps, field in (
        ({}, None),
        ({"state": "gone"}, "state"),
        ({"urgency": "1"}, "urgency"),
        ({"waiting": "until"}, "waiting"),
        ({"due_days": 999}, "due_days"),
        ({"body": "{nothing}"}, "body"),
        ({"body": "a", "canned": 1}, "canned"),
    ):
        with pytest.raises(Invalid) as refused:
            macro(desk, **steps)
        assert field is None or field in refused.value.errors
