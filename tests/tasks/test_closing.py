"""Resolved tickets close after some quiet days."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from groupware.models import JournalEntry
from modules.tasks import closing, tickets
from modules.tasks.models import State, Task, Waiting
from modules.tasks.queries import quiet_since
from tests.factories import Desk


def resolved(desk: Desk) -> Task:
    ticket = desk.ticket()
    desk.make.reply(ticket, desk.agent)
    tickets.set_state(desk.session, desk.agent, ticket, State.RESOLVED, now=desk.make.later())
    desk.session.flush()
    return ticket


def closed_now(desk: Desk, **later: float) -> int:
    desk.session.flush()
    return closing.close_quiet(desk.session, desk.make.later(**later))


@pytest.fixture
def quiet_desk(desk: Desk) -> Desk:
    desk.list.close_after_days = 7
    return desk


def test_a_resolved_ticket_closes_after_its_lists_quiet_days(quiet_desk: Desk) -> None:
    ticket = resolved(quiet_desk)
    assert closed_now(quiet_desk, days=6, hours=23) == 0
    assert closed_now(quiet_desk, hours=1) == 1
    assert ticket.state == State.CLOSED


def test_the_customer_can_see_that_it_closed_by_itself(quiet_desk: Desk) -> None:
    ticket = resolved(quiet_desk)
    closed_now(quiet_desk, days=8)
    entry = quiet_desk.session.scalars(
        select(JournalEntry).where(
            JournalEntry.act == "closed", JournalEntry.entity_id == ticket.id
        )
    ).one()
    assert (entry.public, entry.actor_id) == (True, None)
    assert ticket.public_modified == quiet_desk.make.now


def test_without_quiet_days_nothing_closes(desk: Desk) -> None:
    ticket = resolved(desk)
    assert closed_now(desk, days=4000) == 0
    assert ticket.state == State.RESOLVED


def test_only_what_is_resolved_closes(quiet_desk: Desk) -> None:
    ticket = quiet_desk.ticket()
    quiet_desk.make.reply(ticket, quiet_desk.agent)
    assert closed_now(quiet_desk, days=100) == 0


def test_an_answer_begins_the_quiet_days_again_and_a_note_does_not(quiet_desk: Desk) -> None:
    quiet_desk.list.response_reopens = False
    answered, noted = resolved(quiet_desk), resolved(quiet_desk)
    quiet_desk.make.later(days=5)
    quiet_desk.make.reply(answered, quiet_desk.agent)
    quiet_desk.make.note(noted, quiet_desk.agent)
    assert closed_now(quiet_desk, days=3) == 1
    assert (answered.state, noted.state) == (State.RESOLVED, State.CLOSED)


def test_what_the_customer_answered_after_resolution_waits_for_staff(quiet_desk: Desk) -> None:
    quiet_desk.list.response_reopens = False
    ticket = resolved(quiet_desk)
    quiet_desk.make.response(ticket)
    assert closed_now(quiet_desk, days=100) == 0


def test_a_round_closes_no_more_than_a_batch(
    quiet_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "BATCH", 2)
    made = [resolved(quiet_desk) for _ in range(3)]
    assert closed_now(quiet_desk, days=8) == 2
    assert [ticket.state for ticket in made] == [State.CLOSED, State.CLOSED, State.RESOLVED]
    assert closed_now(quiet_desk) == 1
    assert closed_now(quiet_desk) == 0


def test_the_quiet_tickets_are_found_by_their_index(database_url: str, quiet_desk: Desk) -> None:
    query = quiet_since(quiet_desk.list, quiet_desk.make.now)
    compiled = query.compile(
        quiet_desk.session.get_bind(), compile_kwargs={"render_postcompile": True}
    )
    if not database_url.startswith("sqlite"):
        return  # a small table is scanned there, whatever its indexes
    plan = quiet_desk.session.connection().exec_driver_sql(
        f"EXPLAIN QUERY PLAN {compiled}", tuple(compiled.params.values())
    )
    assert "ix_tasks_resolved" in str(plan.all())


def test_waiting_until_a_time_ends_with_it(desk: Desk) -> None:
    ticket = desk.ticket()
    until = desk.make.now + timedelta(days=1)
    tickets.wait(
        desk.session, desk.agent, ticket, waiting=Waiting.UNTIL, until=until, now=desk.make.later()
    )
    assert closing.wake(desk.session, until - timedelta(minutes=1)) == 0
    assert closing.wake(desk.session, until) == 1
    assert (ticket.waiting, ticket.state) == (None, State.IN_PROGRESS)
