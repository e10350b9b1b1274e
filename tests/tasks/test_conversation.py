"""What is said in a ticket, and what it sets going."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from groupware.errors import Forbidden, Invalid
from groupware.models import JournalEntry, Level
from modules.tasks import conversation, queries, tickets
from modules.tasks.models import Comment, Link, Participant, State, Task, Waiting
from tests.factories import Desk


def closed(desk: Desk, *, days: int, limit: int = 7) -> Task:
    """A ticket that was closed so many days ago, in a list with that limit."""
    desk.list.reopen_within_days = limit
    ticket = desk.ticket()
    tickets.set_state(desk.session, desk.agent, ticket, State.CLOSED, now=desk.make.later())
    desk.make.later(days=days)
    return ticket


def test_a_reply_on_anything_but_open_leaves_the_status(desk: Desk) -> None:
    for state in (State.IN_PROGRESS, State.RESOLVED, State.CLOSED):
        ticket = desk.ticket()
        tickets.set_state(desk.session, desk.agent, ticket, state, now=desk.make.later())
        desk.make.reply(ticket, desk.colleague)
        assert (ticket.state, ticket.assignee) == (state, None)


def test_a_reply_leaves_the_assignee(desk: Desk) -> None:
    ticket = desk.ticket()
    tickets.assign(desk.session, desk.agent, ticket, to=desk.colleague, now=desk.make.later())
    desk.make.reply(ticket, desk.agent)
    assert (ticket.state, ticket.assignee) == (State.IN_PROGRESS, desk.colleague)


def test_a_response_on_open_changes_nothing_but_the_conversation(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.make.response(ticket)
    assert (ticket.state, ticket.assignee) == (State.OPEN, None)


def test_a_response_ends_the_waiting_whatever_for(desk: Desk) -> None:
    for waiting in Waiting:
        ticket = desk.ticket()
        tickets.wait(
            desk.session,
            desk.agent,
            ticket,
            waiting=waiting,
            until=desk.make.now + timedelta(days=3),
            now=desk.make.later(),
        )
        desk.make.response(ticket)
        assert (ticket.waiting, ticket.waiting_until) == (None, None)
        assert ticket.state == State.IN_PROGRESS


def test_a_list_may_leave_answered_tickets_resolved_and_mark_them(desk: Desk) -> None:
    desk.list.response_reopens = False
    ticket = desk.ticket()
    tickets.set_state(desk.session, desk.agent, ticket, State.RESOLVED, now=desk.make.later())
    desk.make.response(ticket)
    assert (ticket.state, ticket.answered_after_resolution) == (State.RESOLVED, True)
    desk.make.reply(ticket, desk.agent)
    assert (ticket.state, ticket.answered_after_resolution) == (State.RESOLVED, False)


def test_a_response_on_a_closed_ticket_opens_it_within_the_lists_limit(desk: Desk) -> None:
    ticket = closed(desk, days=6)
    assert desk.make.response(ticket).task is ticket
    assert ticket.state == State.OPEN


def test_a_response_beyond_the_limit_begins_a_new_linked_ticket(desk: Desk) -> None:
    ticket = closed(desk, days=8)
    tickets.add_participant(desk.session, desk.agent, ticket, desk.stranger, now=desk.make.later())
    follower = desk.make.response(ticket, "It is back.").task
    assert follower is not ticket
    assert (ticket.state, follower.state) == (State.CLOSED, State.OPEN)
    assert follower.customer is desk.customer
    assert desk.session.get(Link, (follower.id, ticket.id, "related"))
    for person in (desk.customer, desk.stranger):
        own = queries.own_of(person).where(Task.id == follower.id)
        assert desk.session.scalar(own) is follower


def test_a_participants_late_response_keeps_the_customer(desk: Desk) -> None:
    ticket = closed(desk, days=8)
    tickets.add_participant(desk.session, desk.agent, ticket, desk.stranger, now=desk.make.later())
    follower = desk.make.response(ticket, by=desk.stranger).task
    assert follower.customer is desk.customer
    assert desk.session.get(Participant, (desk.stranger.id, follower.id))


def test_without_a_limit_or_in_an_archived_list_the_old_ticket_opens(desk: Desk) -> None:
    ticket = closed(desk, days=800, limit=0)
    assert desk.make.response(ticket).task is ticket
    old = closed(desk, days=8)
    desk.list.archived = True
    assert desk.make.response(old).task is old


def test_who_may_no_longer_ask_still_answers_their_own(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.make.allow(desk.list.customer_acl, desk.customer, Level.READ)
    desk.make.response(ticket)
    with pytest.raises(Forbidden):
        desk.ticket()


def test_a_moved_ticket_stays_its_customers(desk: Desk) -> None:
    ticket = desk.ticket()
    elsewhere = desk.make.task_list(agents=[desk.agent])
    tickets.move(desk.session, desk.agent, ticket, elsewhere, now=desk.make.later())
    desk.make.response(ticket)
    own = queries.own_of(desk.customer).where(Task.id == ticket.id)
    assert desk.session.scalar(own) is ticket


def test_colleagues_read_where_the_list_says_so_and_do_not_respond(desk: Desk) -> None:
    desk.customer.organisation = desk.stranger.organisation = "Maple"
    ticket = desk.ticket()
    seen = queries.asked_by(desk.stranger).where(Task.id == ticket.id)
    assert desk.session.scalar(seen) is None
    desk.list.colleagues_see = True
    desk.session.flush()
    assert desk.session.scalar(seen) is ticket
    with pytest.raises(Forbidden):
        desk.make.response(ticket, by=desk.stranger)


def test_an_agent_who_takes_part_replies_as_staff_and_responds_as_a_participant(
    desk: Desk,
) -> None:
    ticket = desk.ticket()
    tickets.add_participant(desk.session, desk.agent, ticket, desk.agent, now=desk.make.later())
    response = desk.make.response(ticket, by=desk.agent)
    assert (response.from_staff, ticket.state) == (False, State.OPEN)
    reply = desk.make.reply(ticket, desk.agent)
    assert (reply.from_staff, ticket.state) == (True, State.IN_PROGRESS)


def test_an_agents_reply_on_their_own_ticket_triggers_no_rule(desk: Desk) -> None:
    desk.make.allow(desk.list.customer_acl, desk.agent, Level.CREATE)
    place = desk.make.location(desk.agent)
    for state in (State.OPEN, State.RESOLVED, State.CLOSED):
        own = desk.make.ticket(desk.agent, desk.list, location=place)
        tickets.set_state(desk.session, desk.colleague, own, state, now=desk.make.later())
        reply = desk.make.reply(own, desk.agent)
        assert (own.state, own.assignee, reply.from_staff) == (state, None, False)
        assert own.answered_at is None


def test_a_note_moves_no_stamp_or_count_of_the_customers(desk: Desk) -> None:
    ticket = desk.ticket()
    before = (ticket.public_modified, ticket.asked_at, ticket.answered_at, ticket.last_reply_id)
    note = desk.make.note(ticket, desk.agent)
    conversation.edit_comment(desk.session, desk.agent, note, "Other words.", now=desk.make.later())
    conversation.delete_comment(desk.session, desk.manager, note, now=desk.make.later())
    after = (ticket.public_modified, ticket.asked_at, ticket.answered_at, ticket.last_reply_id)
    assert after == before
    assert (ticket.reply_count, ticket.note_count) == (0, 0)
    public = select(JournalEntry.act).where(JournalEntry.public, JournalEntry.entity == "task")
    assert desk.session.scalars(public).all() == ["filed"]


def test_a_message_is_edited_within_fifteen_minutes_and_unanswered(desk: Desk) -> None:
    ticket = desk.ticket()
    reply = desk.make.reply(ticket, desk.agent)
    desk.make.note(ticket, desk.colleague)
    moment = reply.created + timedelta(minutes=15)
    conversation.edit_comment(desk.session, desk.agent, reply, "Better words.", now=moment)
    assert (reply.body, reply.edited) == ("Better words.", moment)
    late = moment + timedelta(seconds=1)
    with pytest.raises(Forbidden, match="15 minutes"):
        conversation.edit_comment(desk.session, desk.agent, reply, "Late.", now=late)
    desk.make.response(ticket)
    with pytest.raises(Forbidden, match="answered"):
        conversation.edit_comment(desk.session, desk.agent, reply, "No.", now=moment)


def test_nobody_edits_what_somebody_else_wrote(desk: Desk) -> None:
    ticket = desk.ticket()
    reply = desk.make.reply(ticket, desk.agent)
    for person in (desk.colleague, desk.manager, desk.customer):
        with pytest.raises(Forbidden):
            conversation.edit_comment(desk.session, person, reply, "Mine.", now=desk.make.now)


def test_who_is_no_agent_any_more_edits_no_note(desk: Desk) -> None:
    ticket = desk.ticket()
    note = desk.make.note(ticket, desk.agent)
    tickets.add_participant(desk.session, desk.manager, ticket, desk.agent, now=desk.make.now)
    desk.make.allow(desk.list.agent_acl, desk.agent, Level.READ)
    with pytest.raises(Forbidden):
        conversation.edit_comment(desk.session, desk.agent, note, "Mine.", now=desk.make.now)


def test_deleting_a_message_takes_its_text_out_of_the_journal_too(desk: Desk) -> None:
    ticket = desk.ticket()
    first = desk.make.reply(ticket, desk.agent)
    reply = desk.make.reply(ticket, desk.agent, "My password is secret.")
    conversation.edit_comment(desk.session, desk.agent, reply, "Oh.", now=desk.make.later())
    with pytest.raises(Forbidden):
        conversation.delete_comment(desk.session, desk.agent, reply, now=desk.make.later())
    conversation.delete_comment(desk.session, desk.manager, reply, now=desk.make.later())
    entries = desk.session.scalars(select(JournalEntry)).all()
    assert not [entry for entry in entries if "secret" in str(entry.changes)]
    assert [entry.act for entry in entries][-1] == "comment_deleted"
    assert (ticket.reply_count, ticket.last_reply_id) == (1, first.id)
    assert ticket.answered_at == first.created
    assert desk.session.scalars(select(Comment)).all() == [first]


def test_an_empty_or_endless_message_is_refused(desk: Desk) -> None:
    ticket = desk.ticket()
    for body in ("", " \n", "\u0000", "x" * 100_001):
        with pytest.raises(Invalid):
            conversation.note(desk.session, desk.agent, ticket, body, now=desk.make.later())
    assert ticket.note_count == 0
