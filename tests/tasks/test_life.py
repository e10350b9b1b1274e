"""The rules of a ticket's life."""

import pytest

from groupware.errors import Forbidden, Invalid
from modules.tasks import conversation, tickets
from modules.tasks.models import State
from tests.factories import Desk


def test_a_new_ticket_is_open(desk: Desk) -> None:
    assert desk.ticket().state == State.OPEN


def test_a_staff_reply_on_an_open_ticket_makes_it_in_progress_and_assigns_it(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.make.reply(ticket, desk.agent)
    assert (ticket.state, ticket.assignee) == (State.IN_PROGRESS, desk.agent)


def test_a_list_may_leave_replied_tickets_unassigned(desk: Desk) -> None:
    desk.list.reply_assigns = False
    ticket = desk.ticket()
    desk.make.reply(ticket, desk.agent)
    assert (ticket.state, ticket.assignee) == (State.IN_PROGRESS, None)


def test_a_note_changes_nothing_that_the_customer_sees(desk: Desk) -> None:
    ticket = desk.ticket()
    before = (ticket.state, ticket.public_modified, ticket.reply_count, ticket.file_count)
    desk.make.note(ticket, desk.agent)
    assert (ticket.state, ticket.public_modified, ticket.reply_count, ticket.file_count) == before


def test_a_response_on_a_resolved_ticket_opens_it_with_the_same_assignee(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.make.reply(ticket, desk.agent)
    tickets.set_state(desk.session, desk.agent, ticket, State.RESOLVED, now=desk.make.later())
    desk.make.response(ticket)
    assert (ticket.state, ticket.assignee) == (State.OPEN, desk.agent)


def test_a_reader_cannot_reply(desk: Desk) -> None:
    ticket = desk.ticket()
    with pytest.raises(Forbidden):
        desk.make.reply(ticket, desk.reader)


def test_a_manager_may_work_on_every_list(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.make.reply(ticket, desk.manager)
    assert ticket.state == State.IN_PROGRESS


def test_an_assignee_needs_to_be_able_to_work_there(desk: Desk) -> None:
    ticket = desk.ticket()
    with pytest.raises(Invalid, match="cannot work"):
        tickets.assign(desk.session, desk.agent, ticket, to=desk.reader, now=desk.make.later())


def test_an_empty_response_is_refused(desk: Desk) -> None:
    ticket = desk.ticket()
    with pytest.raises(Invalid):
        conversation.respond(desk.session, desk.customer, ticket, " ", now=desk.make.now)
