"""Plans at a size where it matters: first pages walk indexes, whatever the view."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import case, event, insert, literal, select
from sqlalchemy.orm import Session

from groupware.database import Database
from groupware.models import Level
from modules.tasks import counts, search_index
from modules.tasks.dav.members import named
from modules.tasks.dav.places import place_at
from modules.tasks.dav.sync import changes
from modules.tasks.fields import FieldKind, FieldValue, managing
from modules.tasks.fields.managing import Wish
from modules.tasks.models import State, Task, TaskList
from modules.tasks.queries import in_list, lists_worked_by
from modules.tasks.queue import Asked, Filters, cut
from modules.tasks.queue.paging import PAGE
from modules.tasks.search import hits, parse
from tests.bulk import analyse, fill
from tests.factories import Desk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NUMBER = 40_000
NOW = datetime(2026, 1, 25, tzinfo=UTC)  # late in what is filled in, a ticket a minute
SORTED = re.compile(r"Sort  \(cost=.* rows=(\d+)")

VIEWS: list[dict[str, str]] = [
    {},
    {"assignee": "me"},
    {"assignee": "none"},
    {"assignee": "{colleague}"},
    {"list": "{list}"},
    {"list": "{list}", "assignee": "me"},
    {"customer": "{customer}"},
    {"location": "{location}"},
    {"category": "{category}"},
    {"due": "overdue"},
    {"due": "soon"},
    {"state": "resolved"},
    {"state": "closed"},
    {"state": "all"},
    {"waiting": "any"},
    {"urgency": "urgent"},
    {"unread": "1"},
    {"assignee": "me,{colleague}"},
    {"assignee": "none,me"},
    {"assignee": "-me"},
    {"category": "-{category}"},
    {"category": "{category},none"},
    {"urgency": "high,urgent"},
    {"due": "<7d", "has": "due"},
    {"created": ">2026-01-02"},
    {"list": "{list}", "created": "2026-01", "state": "-closed"},
    {"list": "{list}", "field": "{field}:often"},
    {"field": "{field}:often", "assignee": "me"},
    {"list": "{list}", "field": "-{field}:often"},
    {"sort": "created"},
    {"sort": "due"},
    {"sort": "urgency"},
    {"sort": "number"},
    {"sort": "updated", "order": "asc"},
    {"group": "assignee"},
    {"group": "list", "sort": "due"},
    {"group": "urgency"},
    {"group": "none", "sort": "created"},
    {"group": "assignee", "list": "{list}", "state": "all"},
]


@pytest.fixture
def names(desk: Desk) -> dict[str, Any]:
    """A desk with many tickets, and what addresses call its parts."""
    make = desk.make
    lists = [desk.list, *(make.task_list(agents=[desk.agent]) for _ in range(3))]
    hidden = [make.task_list(agents=[desk.outsider]) for _ in range(2)]
    customers = [desk.customer, desk.stranger, *(make.customer() for _ in range(10))]
    category = make.category()
    fill(
        desk.session,
        NUMBER,
        lists=[each.id for each in (*lists, *hidden)],
        customers=[each.id for each in customers],
        agents=[desk.agent.id, desk.colleague.id, desk.outsider.id],
        location=desk.location.id,
        category=category.id,
    )
    wish = Wish("Severity", FieldKind.CHOICE, choices=["often", "seldom"])
    field = managing.add(desk.session, desk.manager, desk.list, wish, now=make.now)
    said = case((Task.id % 21 < 7, "often"), else_="seldom")
    every = select(Task.id, literal(field.id), literal(0), said)
    wanted = every.where(Task.task_list_id == desk.list.id)
    columns = ["task_id", "field_id", "place", "word"]
    desk.session.execute(insert(FieldValue).from_select(columns, wanted))
    analyse(desk.session)
    return {
        "field": field.id,
        "list": desk.list.id,
        "customer": desk.customer.id,
        "colleague": desk.colleague.id,
        "location": desk.location.id,
        "category": category.id,
    }


def test_no_first_page_walks_or_sorts_the_tickets(
    desk: Desk, names: dict[str, Any], database: Database
) -> None:
    lists = _lists(desk)
    for view in VIEWS:
        filters = Filters.read({key: value.format(**names) for key, value in view.items()})
        asked = Asked(desk.agent.id, lists, filters, NOW)
        with _Heard(database) as heard:
            first = cut(desk.session, asked)
        if view != {"waiting": "any"}:
            assert len(first.numbers) == PAGE, view
        for statement, bound in heard.sent:
            assert not _faults(desk.session, statement, bound), view
        if first.older:
            with _Heard(database) as heard:
                cut(desk.session, asked, after=first.older)
            for statement, bound in heard.sent:
                assert not _faults(desk.session, statement, bound), (view, "older")


def test_counting_and_synchronising_walk_no_table(
    desk: Desk, names: dict[str, Any], database: Database
) -> None:
    lists = _lists(desk)
    with _Heard(database) as heard:
        found = counts.counts(desk.session, desk.agent, lists, NOW)
    assert str(found.active) == f"{counts.MOST}+"
    ((statement, bound),) = heard.sent
    assert not _faults(desk.session, statement, bound)
    _check_sync_after_one_change(desk, database)


def _check_sync_after_one_change(desk: Desk, database: Database) -> None:
    number = desk.list.change_number = NUMBER + 2
    ticket = desk.session.scalars(in_list(desk.list.id).limit(1)).one()
    ticket.change_number = number
    desk.session.flush()
    place = place_at(desk.session, desk.agent, f"/dav/calendars/{desk.agent.id}/{desk.list.id}/")
    assert place.collection is not None
    base_url = "http://localhost"
    token = f"{base_url}/ns/sync/{desk.list.id}/{number - 1}"
    with _Heard(database) as heard:
        found, _ = changes(
            desk.session, desk.agent, place.collection, token,
            limit=None, base_url=base_url, now=NOW,
        )  # fmt: skip
        named(desk.session, desk.agent, place.collection, [f"{ticket.uid}.ics"])
    assert [each.id for each in found.members] == [ticket.id]
    for statement, bound in heard.sent:
        assert not _faults(desk.session, statement, bound), statement
    since = next(each for each in heard.sent if "tasks.change_number >" in each[0])
    # Not only the list, but the change within it is looked up.
    assert re.search(r"change_number ?>", " ".join(_plan(desk.session, *since)))


def test_search_walks_no_table(desk: Desk, names: dict[str, Any], database: Database) -> None:
    search_index.reindex(desk.session)
    analyse(desk.session)
    for typed in ("does not work", "77", "work 77", "nowhere"):
        with _Heard(database) as heard:
            hits(desk.session, parse(typed), _lists(desk), tuple(State), most=PAGE)
        for statement, bound in heard.sent:
            if not statement.startswith("EXPLAIN"):
                assert not _faults(desk.session, statement, bound), typed


def test_a_view_without_an_index_would_be_noticed(desk: Desk, names: dict[str, Any]) -> None:
    for statement in (
        "SELECT id FROM tasks WHERE summary = 'x'",
        "SELECT id FROM tasks WHERE task_list_id > 0 ORDER BY asked_at LIMIT 50",
    ):
        assert _faults(desk.session, statement, None)


def _lists(desk: Desk) -> list[int]:
    query = lists_worked_by(desk.agent, Level.READ).with_only_columns(TaskList.id)
    return list(desk.session.scalars(query))


def _faults(session: Session, statement: str, bound: Any) -> list[str]:
    """Lines of the plan that walk the table, or sort more than a few pages of it."""
    return [line for line in _plan(session, statement, bound) if _is_fault(line)]


def _plan(session: Session, statement: str, bound: Any) -> Iterator[str]:
    connection = session.connection()
    sqlite = connection.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
    for row in connection.exec_driver_sql(f"{explain} {statement}", bound or ()):
        yield str(row[-1])


def _is_fault(line: str) -> bool:
    if "SCAN tasks" in line and "task_search" not in line:
        return True
    if "USE TEMP B-TREE FOR ORDER BY" in line or "Seq Scan on tasks" in line:
        return True
    found = SORTED.search(line)
    return found is not None and int(found[1]) > 1_000


class _Heard:
    """Collects the statements that are sent meanwhile, with what they bind."""

    def __init__(self, database: Database) -> None:
        self.engine = database.engine
        self.sent: list[tuple[str, Any]] = []

    def _hear(self, _connection: Any, _cursor: Any, statement: str, bound: Any, *_: Any) -> None:
        if "FROM custom_fields" not in statement:  # a list's own few
            self.sent.append((statement, bound))

    def __enter__(self) -> "_Heard":
        event.listen(self.engine, "before_cursor_execute", self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._hear)
