"""One act on many tickets: the same rights as for one, a report, and one way back."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.database import Database
from groupware.errors import Conflict, Invalid
from groupware.models import JournalEntry, Level, User
from modules.support.bulk import acts, running
from modules.support.bulk.models import BulkRun, Outcome
from modules.tasks import tickets
from modules.tasks.canned.at_hand import Label
from modules.tasks.macros import managing as macros
from modules.tasks.macros.steps import Steps
from modules.tasks.models import State, Task, Urgency, Waiting
from modules.tasks.queries import worked_by
from tests.bulk import fill
from tests.conftest import SignedIn
from tests.factories import NOON, Desk


def run(desk: Desk, database: Database, person: User, numbers: list[int], **form: str) -> BulkRun:
    """What a request and the worker do."""
    desk.session.flush()
    made = running.begin(
        desk.session, person, acts.read(desk.session, person, form), numbers, now=NOON
    )
    return finished(desk, database, made)


def finished(desk: Desk, database: Database, made: BulkRun) -> BulkRun:
    desk.session.commit()
    assert running.work_off(database, made.id, lambda: NOON + timedelta(hours=1))
    desk.session.expire_all()
    return made


def look(ticket: Task) -> dict[str, object]:
    return {
        "state": ticket.state,
        "assignee": ticket.assignee_id,
        "list": ticket.task_list_id,
        "categories": {each.id for each in ticket.categories},
        "urgency": ticket.urgency,
        "waiting": ticket.waiting,
        "gone": ticket.deleted_at is not None,
        "replies": ticket.reply_count,
    }


ACTS: dict[str, Callable[[Task], bool]] = {
    "status resolved": lambda ticket: ticket.state == State.RESOLVED,
    "assignee {agent}": lambda ticket: ticket.assignee is not None,
    "list {other}": lambda ticket: ticket.task_list.name == "Elsewhere",
    "category +{category}": lambda ticket: len(ticket.categories) == 2,
    "category -{had}": lambda ticket: ticket.categories == [],
    "urgency urgent": lambda ticket: ticket.urgency == Urgency.URGENT,
    "waiting customer": lambda ticket: ticket.waiting == Waiting.CUSTOMER,
    "merge": lambda ticket: ticket.merged_into_id is not None,
    "delete": lambda ticket: ticket.deleted_at is not None,
}


@pytest.mark.parametrize("do", ACTS)
def test_an_act_is_done_to_each_and_taken_back_as_a_whole(
    desk: Desk, database: Database, do: str
) -> None:
    person = desk.make.agent(name="Bulk")
    desk.make.allow(desk.list.agent_acl, person, Level.DELETE)
    other = desk.make.task_list(
        name="Elsewhere", customers=[desk.customer], agents={person: Level.DELETE}
    )
    had = desk.make.category(task_lists=[desk.list])
    some = [desk.ticket() for _ in range(3)]
    for ticket in some:
        tickets.categorise(desk.session, person, ticket, [had], now=NOON)
        desk.make.response(ticket)
    into = desk.ticket()
    names = {
        "agent": desk.agent.id,
        "other": other.id,
        "category": desk.make.category().id,
        "had": had.id,
    }
    before = [look(ticket) for ticket in some]
    numbers = [ticket.id for ticket in some]
    made = run(desk, database, person, numbers, do=do.format(**names), into=f"#{into.id}")
    found = running.outcomes(desk.session, made)
    assert (found[Outcome.DONE], found[Outcome.REFUSED]) == (3, 0)
    assert all(ACTS[do](ticket) for ticket in some)
    undo = finished(desk, database, running.begin_undo(desk.session, person, made, now=NOON))
    assert running.outcomes(desk.session, undo)[Outcome.DONE] == 3
    assert running.outcomes(desk.session, made)[Outcome.UNDONE] == 3
    assert [look(ticket) for ticket in some] == before


def test_each_ticket_is_asked_for_anew_and_refusals_are_told(
    desk: Desk, database: Database
) -> None:
    hidden = desk.make.task_list(customers=[desk.customer])
    readable = desk.make.task_list(customers=[desk.customer], agents={desk.agent: Level.READ})
    mine, hers, theirs = (
        desk.ticket(),
        *(
            desk.make.ticket(desk.customer, each, location=desk.location)
            for each in (readable, hidden)
        ),
    )
    made = run(
        desk, database, desk.agent, [mine.id, hers.id, theirs.id, 987654][:3], do="urgency high"
    )
    assert running.outcomes(desk.session, made) == {
        Outcome.WAITING: 0, Outcome.DONE: 1, Outcome.UNCHANGED: 0, Outcome.REFUSED: 2,
        Outcome.UNDONE: 0,
    }  # fmt: skip
    assert (mine.urgency, hers.urgency, theirs.urgency) == (
        Urgency.HIGH, Urgency.NORMAL, Urgency.NORMAL
    )  # fmt: skip


def test_who_loses_the_right_on_the_way_is_refused_from_there_on(
    desk: Desk, database: Database
) -> None:
    numbers = [desk.ticket().id for _ in range(4)]
    made = running.begin(
        desk.session, desk.agent, ("urgency", {"to": "high"}, "Urgency"), numbers, now=NOON
    )
    desk.session.commit()
    assert not running.work_off(database, made.id, lambda: NOON, 2)
    desk.make.allow(desk.list.agent_acl, desk.agent, Level.READ)
    finished(desk, database, made)
    found = running.outcomes(desk.session, made)
    assert (found[Outcome.DONE], found[Outcome.REFUSED]) == (2, 2)


def test_what_was_changed_since_is_not_taken_back(desk: Desk, database: Database) -> None:
    one, other = desk.ticket(), desk.ticket()
    made = run(desk, database, desk.agent, [one.id, other.id], do="status closed")
    tickets.set_state(desk.session, desk.colleague, one, State.RESOLVED, now=NOON)
    undo = finished(desk, database, running.begin_undo(desk.session, desk.agent, made, now=NOON))
    found = running.outcomes(desk.session, undo)
    assert (found[Outcome.DONE], found[Outcome.REFUSED]) == (1, 1)
    assert (one.state, other.state) == (State.RESOLVED, State.OPEN)


def test_ticked_tickets_are_changed_at_once_and_told_of(desk: Desk, signed_in: SignedIn) -> None:
    numbers = [desk.ticket().id for _ in range(3)]
    client = signed_in(desk.agent)
    assert 'name="all"' not in client.get("/support").text.split('id="bulk"')[1].split("Assign")[0]
    sent = {"do": "status resolved", "view": "/support?urgency=normal", "idempotency_key": "one"}
    answer = client.send("/support/bulk", {**sent, "ids": [str(each) for each in numbers[:2]]})
    assert answer.status_code == 303
    again = client.send("/support/bulk", {**sent, "ids": [str(each) for each in numbers[:2]]})
    assert again.location == answer.location
    told = client.get(answer.location).text
    assert "2 tickets changed" in told
    number = answer.location.rpartition("=")[2]
    stranger, customer = signed_in(desk.colleague), signed_in(desk.customer)
    for path in (f"/support/bulk/{number}", "/support/bulk/987654"):
        assert stranger.get(path).status_code == 404
    assert stranger.send(f"/support/bulk/{number}/undo").status_code == 404
    assert "2 tickets changed" not in stranger.get(answer.location).text
    assert client.send(f"/support/bulk/{number}/undo").status_code == 303
    desk.session.expire_all()
    states = {t.state for t in desk.session.scalars(worked_by(desk.agent))}
    desk.session.commit()
    assert states == {State.OPEN}
    assert client.send(f"/support/bulk/{number}/undo").status_code == 409
    for wrong in ({"do": "status gone"}, {"do": "x"}, {"do": "merge", "into": "9"}, {"ids": "x"}):
        assert client.send("/support/bulk", {**sent, "ids": "1", **wrong}).status_code == 422
    assert customer.send("/support/bulk", {**sent, "ids": "1"}).status_code == 403
    hidden = desk.make.ticket().id
    desk.session.commit()
    for nothing in (hidden, 987_654):  # what is hidden is as what is not there
        assert client.send("/support/bulk", {**sent, "ids": str(nothing)}).status_code == 422


def test_a_whole_view_goes_on_in_the_worker(
    desk: Desk, database: Database, signed_in: SignedIn
) -> None:
    fill(
        desk.session, 200, lists=[desk.list.id], customers=[desk.customer.id],
        agents=[desk.agent.id], location=desk.location.id, category=desk.make.category().id,
    )  # fmt: skip
    client = signed_in(desk.agent)
    there = urlencode({"assignee": "me", "state": "all"})
    mine = set(desk.session.scalars(
        worked_by(desk.agent).where(Task.assignee_id == desk.agent.id).with_only_columns(Task.id)
    ))  # fmt: skip
    desk.session.commit()
    page = client.get(f"/support?{there}").text
    assert "in this view" in page
    sent = {"do": "urgency urgent", "view": f"/support?{there}", "whole": there, "all": "1"}
    answer = client.send("/support/bulk", sent)
    made = desk.session.scalars(select(BulkRun)).one()
    assert made.total == len(mine) > running.AT_ONCE
    assert answer.location == f"/support/bulk/{made.id}"
    desk.session.commit()
    assert "http-equiv" in client.get(answer.location).text
    running.go_on(database, lambda: NOON)
    told = client.get(answer.location).text
    assert "tickets changed" in told
    assert "http-equiv" not in told
    touched = set(desk.session.scalars(
        select(JournalEntry.entity_id).where(JournalEntry.act == "urgency")
    ))  # fmt: skip
    assert touched <= mine


def test_a_macro_runs_where_it_may_and_stays(desk: Desk, database: Database) -> None:
    """Its steps are taken or refused ticket by ticket; what it may have answered is not undone."""
    macro = macros.create(
        desk.session, desk.agent, Label("Done"), Steps(state=State.RESOLVED.value), now=NOON
    )
    mine, elsewhere = desk.ticket(), desk.make.ticket()
    with pytest.raises(Invalid):
        acts.read(desk.session, desk.colleague, {"do": f"macro {macro.id}"})
    made = run(desk, database, desk.agent, [mine.id, elsewhere.id], do=f"macro {macro.id}")
    assert running.outcomes(desk.session, made)[Outcome.DONE] == 1
    assert (mine.state, elsewhere.state) == (State.RESOLVED, State.OPEN)
    with pytest.raises(Conflict):
        running.begin_undo(desk.session, desk.agent, made, now=NOON)


def test_old_runs_are_forgotten(desk: Desk, database: Database, session: Session) -> None:
    made = run(desk, database, desk.agent, [desk.ticket().id], do="status closed")
    finished(desk, database, running.begin_undo(session, desk.agent, made, now=NOON))
    running.forget_old(session, NOON + timedelta(days=40))
    assert session.scalars(select(BulkRun)).all() == []
