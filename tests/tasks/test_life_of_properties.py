"""What staff change about a ticket: who may, what follows, and what a refusal leaves alone."""

import pytest
from sqlalchemy import func, select

from groupware.errors import Forbidden, Invalid, NotFound
from groupware.models import JournalEntry, Level
from modules.tasks import tickets
from modules.tasks.models import Link, Participant, Role, State, Status, Urgency, Waiting
from modules.tasks.tickets import Request
from tests.factories import Desk


def wish(desk: Desk, **values: object) -> Request:
    given = {
        "subject": "Subject",
        "details": "Details",
        "urgency": Urgency.NORMAL,
        "location": desk.location,
    }
    return Request(**{**given, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", "\u200b \u2060"),
        ("subject", "x" * 201),
        ("details", " \n"),
        ("details", "x" * 100_001),
        ("location", None),
    ],
)
def test_what_is_required_is_required(desk: Desk, field: str, value: object) -> None:
    with pytest.raises(Invalid) as refused:
        tickets.file(
            desk.session, desk.customer, desk.list, wish(desk, **{field: value}), now=desk.make.now
        )
    assert list(refused.value.errors) == [field]


def test_a_list_may_leave_out_the_location(desk: Desk) -> None:
    desk.list.location_required = False
    ticket = tickets.file(
        desk.session, desk.customer, desk.list, wish(desk, location=None), now=desk.make.now
    )
    assert ticket.location is None


def test_archived_lists_and_lists_of_mere_tasks_take_no_requests(desk: Desk) -> None:
    for values in ({"archived": True}, {"role": Role.TASKS}):
        other = desk.make.task_list(customers=[desk.customer], agents=[desk.agent], **values)
        with pytest.raises(Forbidden):
            tickets.file(desk.session, desk.customer, other, wish(desk), now=desk.make.now)
        with pytest.raises(Invalid):
            tickets.file_for(
                desk.session, desk.agent, desk.customer, other, wish(desk), now=desk.make.now
            )


def test_filing_for_a_customer_needs_create_and_their_right_to_ask(desk: Desk) -> None:
    def file_for(actor: object, customer: object) -> object:
        return tickets.file_for(
            desk.session,
            actor,  # type: ignore[arg-type]
            customer,  # type: ignore[arg-type]
            desk.list,
            wish(desk),
            now=desk.make.now,
        )

    with pytest.raises(Forbidden):
        file_for(desk.reader, desk.customer)
    with pytest.raises(Invalid, match="may not ask"):
        file_for(desk.agent, desk.make.customer())
    helper = desk.make.agent()
    desk.make.allow(desk.list.agent_acl, helper, Level.CREATE)
    assert file_for(helper, desk.customer)


def test_moving_drops_what_does_not_belong_there(desk: Desk) -> None:
    elsewhere = desk.make.task_list(agents={desk.agent: Level.CREATE})
    here, everywhere = desk.make.category(task_lists=[desk.list]), desk.make.category()
    ticket = desk.ticket()
    session, now = desk.session, desk.make.later()
    tickets.categorise(session, desk.agent, ticket, [here, everywhere], now=now)
    tickets.assign(session, desk.agent, ticket, to=desk.agent, now=now)
    before = desk.list.change_number
    tickets.move(session, desk.agent, ticket, elsewhere, now=desk.make.later())
    assert (ticket.assignee, ticket.categories) == (None, [everywhere])
    assert ticket.customer is desk.customer
    session.refresh(desk.list)
    assert desk.list.change_number > before, "who follows the old list sees that it left"


def test_moving_keeps_an_assignee_who_may_work_there(desk: Desk) -> None:
    elsewhere = desk.make.task_list(agents=[desk.agent])
    ticket = desk.ticket()
    tickets.assign(desk.session, desk.agent, ticket, to=desk.agent, now=desk.make.later())
    tickets.move(desk.session, desk.agent, ticket, elsewhere, now=desk.make.later())
    assert ticket.assignee is desk.agent


def test_nothing_is_moved_into_an_archived_list(desk: Desk) -> None:
    elsewhere = desk.make.task_list(agents=[desk.agent], archived=True)
    ticket = desk.ticket()
    with pytest.raises(Invalid):
        tickets.move(desk.session, desk.agent, ticket, elsewhere, now=desk.make.later())
    assert ticket.task_list is desk.list


def test_a_category_of_another_list_is_refused_and_one_archived_stays(desk: Desk) -> None:
    foreign = desk.make.category(task_lists=[desk.make.task_list()])
    ticket = desk.ticket()
    with pytest.raises(Invalid):
        tickets.categorise(desk.session, desk.agent, ticket, [foreign], now=desk.make.later())
    old = desk.make.category()
    tickets.categorise(desk.session, desk.agent, ticket, [old], now=desk.make.later())
    old.archived = True
    new = desk.make.category()
    tickets.categorise(desk.session, desk.agent, ticket, [old, new], now=desk.make.later())
    assert set(ticket.categories) == {old, new}
    tickets.categorise(desk.session, desk.agent, ticket, [new], now=desk.make.later())
    with pytest.raises(Invalid):
        tickets.categorise(desk.session, desk.agent, ticket, [old, new], now=desk.make.later())


def test_a_new_customer_sees_the_ticket_and_the_old_one_no_more(desk: Desk) -> None:
    ticket = desk.ticket()
    tickets.hand_to(desk.session, desk.agent, ticket, desk.stranger, now=desk.make.later())
    assert ticket.customer is desk.stranger
    parts = select(Participant.user_id, Participant.is_customer)
    assert desk.session.execute(parts).all() == [(desk.stranger.id, True)]
    with pytest.raises(Invalid):
        tickets.hand_to(desk.session, desk.agent, ticket, desk.outsider, now=desk.make.later())


def test_handing_to_who_has_it_asks_no_rights_of_them(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.make.allow(desk.list.customer_acl, desk.customer, Level.READ)
    tickets.hand_to(desk.session, desk.agent, ticket, desk.customer, now=desk.make.later())
    assert ticket.customer is desk.customer


def test_links_are_undone_only_by_who_sees_both_ends(desk: Desk) -> None:
    hidden = desk.make.task_list(customers=[desk.customer], agents=[desk.agent])
    other = desk.make.ticket(desk.customer, hidden, location=desk.location)
    ticket = desk.ticket()
    tickets.link(desk.session, desk.agent, ticket, other, now=desk.make.later())
    tickets.link(desk.session, desk.agent, other, ticket, now=desk.make.later())
    assert desk.session.scalar(select(func.count()).select_from(Link)) == 1
    with pytest.raises(NotFound):
        tickets.unlink(desk.session, desk.colleague, ticket, other, now=desk.make.later())
    tickets.unlink(desk.session, desk.agent, other, ticket, now=desk.make.later())
    assert desk.session.scalar(select(func.count()).select_from(Link)) == 0
    with pytest.raises(Invalid):
        tickets.link(desk.session, desk.agent, ticket, ticket, now=desk.make.later())


def test_waiting_is_a_detail_of_in_progress(desk: Desk) -> None:
    ticket = desk.ticket()
    session, agent = desk.session, desk.agent
    with pytest.raises(Invalid):
        tickets.wait(session, agent, ticket, waiting=Waiting.UNTIL, now=desk.make.later())
    assert ticket.state == State.OPEN
    tickets.wait(session, agent, ticket, waiting=Waiting.CUSTOMER, now=desk.make.later())
    assert (ticket.state, ticket.waiting) == (State.IN_PROGRESS, Waiting.CUSTOMER)
    tickets.set_state(session, agent, ticket, State.RESOLVED, now=desk.make.later())
    assert ticket.waiting is None


def test_whom_staff_wait_for_is_told_to_the_customer_only_if_it_is_them(desk: Desk) -> None:
    ticket = desk.ticket()
    session, agent = desk.session, desk.agent
    tickets.set_state(session, agent, ticket, State.IN_PROGRESS, now=desk.make.later())
    before = ticket.public_modified
    tickets.wait(session, agent, ticket, waiting=Waiting.THIRD_PARTY, now=desk.make.later())
    assert ticket.public_modified == before
    tickets.wait(session, agent, ticket, waiting=Waiting.CUSTOMER, now=desk.make.later())
    assert ticket.public_modified > before


def test_closed_is_completed_only_where_it_was_resolved(desk: Desk) -> None:
    for first, status in ((State.RESOLVED, Status.COMPLETED), (State.OPEN, Status.CANCELLED)):
        ticket = desk.ticket()
        tickets.set_state(desk.session, desk.agent, ticket, first, now=desk.make.later())
        tickets.set_state(desk.session, desk.agent, ticket, State.CLOSED, now=desk.make.later())
        assert (ticket.state, ticket.status) == (State.CLOSED, status)
        tickets.set_state(desk.session, desk.agent, ticket, State.OPEN, now=desk.make.later())
        assert (ticket.state, ticket.completed, ticket.closed) == (State.OPEN, None, None)


def test_assigning_leaves_the_status_and_tells_nobody_outside(desk: Desk) -> None:
    ticket = desk.ticket()
    before = ticket.public_modified
    tickets.assign(desk.session, desk.agent, ticket, to=desk.colleague, now=desk.make.later())
    assert (ticket.state, ticket.assignee) == (State.OPEN, desk.colleague)
    assert ticket.public_modified == before
    tickets.assign(desk.session, desk.agent, ticket, to=None, now=desk.make.later())
    desk.colleague.active = False
    desk.session.flush()
    with pytest.raises(Invalid):
        tickets.assign(desk.session, desk.agent, ticket, to=desk.colleague, now=desk.make.later())


def test_doing_what_is_done_writes_nothing(desk: Desk) -> None:
    ticket = desk.ticket()
    session, agent, now = desk.session, desk.agent, desk.make.later()
    before = session.scalar(select(func.count(JournalEntry.id)))
    tickets.set_state(session, agent, ticket, State.OPEN, now=now)
    tickets.assign(session, agent, ticket, to=None, now=now)
    tickets.set_urgency(session, agent, ticket, ticket.urgency, now=now)
    tickets.set_due(session, agent, ticket, due=None, now=now)
    tickets.wait(session, agent, ticket, waiting=None, now=now)
    tickets.categorise(session, agent, ticket, [], now=now)
    tickets.locate(session, agent, ticket, ticket.location, now=now)
    tickets.move(session, agent, ticket, desk.list, now=now)
    tickets.edit(
        session, agent, ticket, subject=ticket.summary, details=ticket.description, now=now
    )
    assert session.scalar(select(func.count(JournalEntry.id))) == before


def test_a_deleted_ticket_is_restored_as_it_was(desk: Desk) -> None:
    ticket = desk.ticket()
    with pytest.raises(Forbidden):
        tickets.delete(desk.session, desk.agent, ticket, now=desk.make.later())
    tickets.delete(desk.session, desk.manager, ticket, now=desk.make.later())
    assert ticket.deleted_at is not None
    with pytest.raises(Forbidden):
        tickets.restore(desk.session, desk.agent, ticket, now=desk.make.later())
    tickets.restore(desk.session, desk.manager, ticket, now=desk.make.later(hours=1))
    assert (ticket.deleted_at, ticket.state) == (None, State.OPEN)
