"""The side bar: its views, its lists, and what waits in them."""

import re
from datetime import timedelta

import pytest

from groupware.models import User
from modules.tasks import counts, tickets
from modules.tasks.models import State, TaskList
from modules.tasks.queries import lists_worked_by
from tests.bulk import fill
from tests.conftest import SignedIn
from tests.factories import NOON, Desk

ITEM = re.compile(
    r'<span class="nav-label">([^<]+)</span>\s*(?:<span class="count">([^<]+)</span>)?'
)


def sidebar(client: object, path: str = "/support") -> dict[str, str]:
    """Label and count of each line."""
    page = client.get(path).text  # type: ignore[attr-defined]
    return {label: count for label, count in ITEM.findall(page) if label not in ("", None)}


def of(desk: Desk, user: User) -> counts.Counts:
    ids = desk.session.scalars(lists_worked_by(user).with_only_columns(TaskList.id)).all()
    return counts.counts(desk.session, user, ids, desk.make.now)


def test_it_counts_what_waits(desk: Desk, signed_in: SignedIn) -> None:
    second = desk.make.task_list(name="Second", agents=[desk.agent], customers=[desk.customer])
    desk.ticket()
    desk.ticket(assignee=desk.agent)
    desk.ticket(due=NOON - timedelta(days=9999), assignee=desk.colleague)
    desk.make.ticket(task_list=second, customer=desk.customer)
    done = desk.ticket()
    tickets.set_state(desk.session, desk.agent, done, State.RESOLVED, now=desk.make.later())
    tickets.delete(desk.session, desk.manager, desk.ticket(), now=desk.make.later())
    desk.make.ticket()  # in a list of somebody else's
    found = sidebar(signed_in(desk.agent))
    assert found["All open"] == "4"
    assert found["Assigned to me"] == "1"
    assert found["Unassigned"] == "2"
    assert found["Overdue"] == "1"
    assert found["Recently resolved"] == ""
    assert (found["Clinic software"], found["Second"]) == ("3", "1")


def test_everybody_counts_their_own_lists_alone(desk: Desk) -> None:
    desk.ticket()
    desk.make.ticket()
    totals = {
        person.name: str(of(desk, person).active)
        for person in (desk.agent, desk.reader, desk.outsider, desk.manager, desk.customer)
    }
    assert list(totals.values()) == ["1", "1", "", "2", ""]


def test_mine_in_a_list_that_i_no_longer_work_on_counts_no_more(desk: Desk) -> None:
    desk.ticket(assignee=desk.agent)
    assert str(of(desk, desk.agent).mine) == "1"
    desk.list.agent_acl.entries.clear()
    desk.session.flush()
    assert str(of(desk, desk.agent).mine) == ""


def test_a_list_that_one_may_not_see_has_no_line(desk: Desk, signed_in: SignedIn) -> None:
    desk.make.task_list(name="Salaries", agents=[desk.outsider])
    assert "Salaries" not in sidebar(signed_in(desk.agent))
    assert "Salaries" in sidebar(signed_in(desk.manager))


def test_an_archived_list_stays_while_something_waits_in_it(
    desk: Desk, signed_in: SignedIn
) -> None:
    ticket = desk.ticket()
    desk.list.archived = True
    client = signed_in(desk.agent)
    assert "Clinic software" in sidebar(client)
    tickets.set_state(desk.session, desk.agent, ticket, State.CLOSED, now=desk.make.later())
    desk.session.commit()
    assert "Clinic software" not in sidebar(client)


def test_counting_ends_at_a_thousand(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "MOST", 10)
    counts._counts.cache_clear()
    fill(
        desk.session,
        100,
        lists=[desk.list.id],
        customers=[desk.customer.id],
        agents=[desk.agent.id],
        location=desk.location.id,
    )
    found = of(desk, desk.agent)
    counts._counts.cache_clear()
    assert (found.active.open, found.active.in_progress) == (10, 10)
    assert str(found.active) == "10+"
    assert str(found.mine) == "10+"


def test_the_view_that_is_shown_is_marked(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.agent)
    for path, label in (
        ("/support", "All open"),
        ("/support?sort=due", "All open"),
        ("/support?assignee=me", "Assigned to me"),
        (f"/support?list={desk.list.id}", "Clinic software"),
    ):
        page = client.get(path).text
        marked = re.findall(r'<a href="[^"]*" aria-current="page" title="([^"]*)"', page)
        assert marked == [label], path
    page = client.get(f"/support?list={desk.list.id}&assignee=me").text
    assert not re.findall(r'aria-current="page" title=', page)


def test_the_heading_says_how_many(desk: Desk, signed_in: SignedIn) -> None:
    fill(
        desk.session,
        400,
        lists=[desk.list.id],
        customers=[desk.customer.id],
        agents=[desk.agent.id],
        location=desk.location.id,
    )
    page = signed_in(desk.agent).get("/support").text
    assert '<h1>All open</h1><span class="count">80<' in page
    assert page.count('data-group="') == 2
    headings = re.findall(r'data-group="(\w+)".*?<span class="count">(\d+)</span>', page, re.DOTALL)
    assert headings == [("open", "40"), ("in_progress", "40")]
