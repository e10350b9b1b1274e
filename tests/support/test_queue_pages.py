"""Pages of the queue follow one another: nothing is left out, and nothing comes twice."""

from datetime import timedelta

import pytest

from modules.tasks import search_index, tickets
from modules.tasks.models import State, Task, TaskList
from modules.tasks.queries import lists_worked_by
from modules.tasks.queue import Asked, Filters, cut
from modules.tasks.queue import paging as queue
from tests.bulk import fill
from tests.factories import NOON, Desk

SORTS = [
    f"{sort}{order}"
    for sort in ("", "sort=updated", "sort=created", "sort=due", "sort=urgency", "sort=number")
    for order in ("", "&order=asc", "&order=desc")
]
QUERIES = [
    *SORTS,
    "state=all",
    "state=closed&sort=due",
    "assignee=none",
    "assignee=me&sort=urgency",
    "due=overdue&state=all",
    "q=work",
    "q=work&assignee=me",
    "group=assignee",
    "group=assignee&sort=due&state=all",
    "group=list&sort=urgency",
    "group=urgency&sort=created&order=asc",
    "group=urgency&sort=urgency&order=asc",
    "group=none&sort=due",
    "group=none&assignee=me&state=all",
    "group=list&q=work",
]


@pytest.fixture
def asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """An agent of three lists with tickets of all sorts, many of which share their times."""
    monkeypatch.setattr(queue, "PAGE", 7)
    lists = [desk.list, *(desk.make.task_list(agents=[desk.agent]) for _ in range(2))]
    hidden = desk.make.task_list(agents=[desk.outsider])
    fill(
        desk.session,
        160,
        lists=[each.id for each in (*lists, hidden)],
        customers=[desk.customer.id],
        agents=[desk.agent.id, desk.colleague.id],
        location=desk.location.id,
    )
    same = desk.session.get_one(Task, 40).last_modified
    for ticket in desk.session.query(Task).where(Task.id < 60, Task.id % 3 == 0):
        ticket.last_modified = ticket.created = same
        if ticket.due:
            ticket.due = same
    search_index.reindex(desk.session)
    ids = list(desk.session.scalars(lists_worked_by(desk.agent).with_only_columns(TaskList.id)))
    return Asked(desk.agent.id, ids, Filters(), NOON)


def with_filters(asked: Asked, query: str) -> Asked:
    values = dict(part.split("=") for part in query.split("&") if part)
    return Asked(asked.user_id, asked.list_ids, Filters.read(values), asked.now)


@pytest.mark.parametrize("query", QUERIES)
def test_forth_and_back_the_pages_are_the_same(query: str, asked: Asked, desk: Desk) -> None:
    wanted = with_filters(asked, query)
    pages = [cut(desk.session, wanted)]
    assert pages[0].newer is None
    while pages[-1].older:
        pages.append(cut(desk.session, wanted, after=pages[-1].older))
        assert len(pages) < 50
    numbers = [number for page in pages for number in page.numbers]
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) == everything(desk, wanted)
    assert all(len(page.numbers) == queue.PAGE for page in pages[:-1])
    back = pages[-1]
    for page in reversed(pages[:-1]):
        assert back.newer is not None
        back = cut(desk.session, wanted, before=back.newer)
        assert back.numbers == page.numbers
    assert back.newer is None


def everything(desk: Desk, asked: Asked) -> set[int]:
    """What the filters mean, said once more in Python."""
    filters = asked.filters
    found = set()
    for ticket in desk.session.query(Task).where(Task.task_list_id.in_(asked.list_ids)):
        assignee = {"me": asked.user_id, "none": None}.get(
            str(filters.only("assignee")), ticket.assignee_id
        )
        late = ticket.due is not None and ticket.due < asked.now
        fits = ticket.state in filters.states and ticket.assignee_id == assignee
        if fits and (late or not filters.only("due")):
            found.add(ticket.id)
    return found


@pytest.mark.parametrize("query", ["", "sort=due", "sort=urgency", "sort=number", "state=all"])
def test_the_order_is_what_it_says(query: str, asked: Asked, desk: Desk) -> None:
    wanted = with_filters(asked, query)
    page, numbers = cut(desk.session, wanted), []
    while True:
        numbers += page.numbers
        if page.older is None:
            break
        page = cut(desk.session, wanted, after=page.older)
    found = [desk.session.get_one(Task, number) for number in numbers]
    newest = lambda ticket: (-ticket.last_modified.timestamp(), -ticket.id)  # noqa: E731
    far = NOON + timedelta(days=9999)
    keys = {
        "due": lambda t: (t.due is None, (t.due or far, t.id) if t.due else newest(t)),
        "urgency": lambda t: (t.urgency.band, newest(t)),
        "number": lambda t: -t.id,
        "updated": newest,
    }
    key = keys[wanted.filters.by.value]
    states = list(State)
    assert found == sorted(found, key=lambda t: (states.index(t.state), key(t)))


def test_a_change_between_two_pages_costs_no_other_ticket(asked: Asked, desk: Desk) -> None:
    first = cut(desk.session, asked)
    assert first.older is not None
    before = everything(desk, asked)
    moved = desk.session.get_one(Task, first.numbers[-1])
    filed = desk.ticket()
    tickets.set_state(desk.session, desk.agent, moved, State.RESOLVED, now=desk.make.later())
    seen, page = list(first.numbers), first
    while page.older:
        page = cut(desk.session, asked, after=page.older)
        seen += page.numbers
    assert len(set(seen)) == len(seen)
    assert set(seen) == before
    assert filed.id not in seen


def test_a_page_that_has_become_empty_is_the_first_one(asked: Asked, desk: Desk) -> None:
    wanted = with_filters(asked, "sort=number")
    first = cut(desk.session, wanted)
    assert first.older is not None
    for ticket in desk.session.query(Task).where(Task.id.not_in(first.numbers)):
        ticket.deleted_at = NOON
    desk.session.flush()
    assert cut(desk.session, wanted, after=first.older).numbers == first.numbers


def test_many_lists_come_in_the_same_order_as_few(
    asked: Asked, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for query in SORTS:
        wanted = with_filters(asked, query)
        few = cut(desk.session, wanted)
        monkeypatch.setattr(queue, "MOST_ARMS", 1)
        assert cut(desk.session, wanted) == few, query
        monkeypatch.undo()
        monkeypatch.setattr(queue, "PAGE", 7)
