"""The queue: who sees what in it, its groups, its filters, its chips."""

from datetime import timedelta
from typing import Any

import pytest

from groupware.models import User
from modules.tasks import seen, tickets
from modules.tasks.models import State, Task, Urgency, Waiting
from modules.tasks.queue import paging
from modules.tasks.queue.filters import READERS
from tests.conftest import SignedIn
from tests.factories import Desk


def numbers(page: Any) -> list[int]:
    """The tickets of a page, in its order."""
    assert page.status_code == 200, page.text
    return [int(part.split('"')[0]) for part in page.text.split('data-id="')[1:]]


def test_everybody_sees_the_tickets_of_their_own_lists(desk: Desk, signed_in: SignedIn) -> None:
    ours = desk.ticket()
    elsewhere = desk.make.ticket(
        task_list=desk.make.task_list(agents=[desk.outsider], customers=[desk.customer]),
        customer=desk.customer,
    )
    expected: dict[User, list[int]] = {
        desk.agent: [ours.id],
        desk.reader: [ours.id],
        desk.outsider: [elsewhere.id],
        desk.manager: [ours.id, elsewhere.id],
        desk.administrator: [ours.id, elsewhere.id],
    }
    for person, found in expected.items():
        client = signed_in(person)
        assert sorted(numbers(client.get("/support"))) == found, person.name
        assert sorted(numbers(client.get("/support?q=work"))) == found, person.name
        assert sorted(numbers(client.get(f"/support?customer={desk.customer.id}"))) == found


def test_a_customer_has_no_queue(desk: Desk, signed_in: SignedIn) -> None:
    assert signed_in(desk.customer).get("/support").status_code == 403
    assert signed_in(None).get("/support").status_code == 302


def test_an_agent_who_lost_the_list_sees_it_no_more(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    client = signed_in(desk.agent)
    assert numbers(client.get("/support")) == [ticket.id]
    desk.list.agent_acl.entries.clear()
    desk.session.commit()
    page = client.get("/support")
    assert numbers(page) == []
    assert "No task list is open to you" in page.text
    assert desk.list.name not in page.text


def test_tickets_stand_by_state_the_last_touched_first(desk: Desk, signed_in: SignedIn) -> None:
    make = desk.make
    first, second, third, fourth = (desk.ticket() for _ in range(4))
    make.reply(second, desk.agent)
    make.reply(first, desk.agent)
    make.response(third)
    tickets.set_state(desk.session, desk.agent, fourth, State.RESOLVED, now=make.later())
    page = signed_in(desk.agent).get("/support")
    assert numbers(page) == [third.id, first.id, second.id]
    assert page.text.count('data-group="') == 2
    assert numbers(signed_in(desk.agent).get("/support?state=all"))[-1] == fourth.id


def test_tickets_stand_together_as_one_likes(
    desk: Desk, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = desk.make
    second = make.task_list(name="Second", agents=[desk.agent], customers=[desk.customer])
    mine, urgent, plain, theirs, elsewhere = (
        desk.ticket(assignee=desk.agent),
        desk.ticket(urgency=Urgency.URGENT),
        desk.ticket(),
        desk.ticket(assignee=desk.colleague),
        make.ticket(task_list=second, customer=desk.customer, assignee=desk.agent),
    )
    hidden = make.task_list(agents=[desk.outsider], customers=[desk.customer])
    make.ticket(task_list=hidden, customer=desk.customer, assignee=desk.outsider)
    tickets.set_state(desk.session, desk.agent, mine, State.IN_PROGRESS, now=make.later())
    nobodys, ours, hers = "assignee-0", f"assignee-{desk.agent.id}", f"assignee-{desk.colleague.id}"
    expected = {
        "assignee": {nobodys: [plain, urgent], ours: [mine, elsewhere], hers: [theirs]},
        "urgency": {
            "urgency-urgent": [urgent],
            "urgency-normal": [mine, elsewhere, theirs, plain],
        },
        "list": {f"list-{desk.list.id}": [mine, theirs, plain, urgent],
                 f"list-{second.id}": [elsewhere]},
        "none": {"none-": [mine, elsewhere, theirs, plain, urgent]},
    }  # fmt: skip
    client = signed_in(desk.agent)
    for by, groups in expected.items():
        page = client.get(f"/support?group={by}")
        found = {}
        for part in page.text.split('data-group="')[1:]:
            name, _, rows = part.partition('"')
            found[name] = [int(row.split('"')[0]) for row in rows.split('data-id="')[1:]]
            assert f'<span class="count">{len(found[name])}</span>' in part, (by, name)
        assert found == {name: [each.id for each in some] for name, some in groups.items()}, by
        assert list(found) == list(groups), by
        assert desk.outsider.name not in page.text.split("<table")[1].split("</table>")[0], by
    # A group that goes on after the page is counted whole.
    monkeypatch.setattr(paging, "PAGE", 3)
    page = client.get("/support?group=assignee&urgency=normal,urgent").text
    assert page.split(f'data-group="{ours}"')[1].count('<span class="count">2</span>') == 1
    after = page.split("after=")[1].split('"')[0]
    page = client.get(f"/support?group=assignee&urgency=normal,urgent&after={after}").text
    assert page.split(f'data-group="{ours}"')[1].count('<span class="count">2</span>') == 1
    assert f'data-id="{elsewhere.id}"' in page
    # From ticket to ticket in the same order; who has it is no page's way in to what is hidden.
    way = f"/support/tickets/{mine.id}/next?from=/support?group=assignee"
    assert client.get(way).location.startswith(f"/support/tickets/{elsewhere.id}?")
    assert client.get("/support?group=assignee&after=8.1.1").status_code == 200
    assert "Unassigned" in client.get("/support/split?group=assignee").text


@pytest.fixture
def mixed(desk: Desk) -> dict[str, Task]:
    """A ticket for each filter, named by what it is."""
    make, session, agent = desk.make, desk.session, desk.agent
    now = make.now
    second = make.task_list(name="Second", agents=[agent], customers=[desk.customer])
    place = make.location(desk.customer, name="Riverside")
    found = {
        "plain": desk.ticket(),
        "mine": desk.ticket(),
        "colleagues": desk.ticket(),
        "late": desk.ticket(due=now - timedelta(days=400)),
        "urgent": desk.ticket(urgency=Urgency.URGENT),
        "second": make.ticket(task_list=second, customer=desk.customer),
        "hers": desk.ticket(customer=desk.stranger),
        "tagged": desk.ticket(),
        "waiting": desk.ticket(),
        "resolved": desk.ticket(),
        "closed": desk.ticket(),
        "deleted": desk.ticket(),
        "read": desk.ticket(),
    }
    found["there"] = make.ticket(task_list=desk.list, customer=desk.customer, location=place)
    later = make.later()
    tickets.assign(session, agent, found["mine"], to=agent, now=later)
    tickets.assign(session, agent, found["colleagues"], to=desk.colleague, now=later)
    tickets.categorise(session, agent, found["tagged"], [make.category("bug")], now=later)
    tickets.wait(session, agent, found["waiting"], waiting=Waiting.CUSTOMER, now=later)
    tickets.set_state(session, agent, found["resolved"], State.RESOLVED, now=later)
    tickets.set_state(session, agent, found["closed"], State.CLOSED, now=later)
    tickets.delete(session, desk.manager, found["deleted"], now=later)
    seen.saw(session, agent.id, found["read"].id, make.later())
    return found


EVERYTHING = "plain mine colleagues late urgent second there hers tagged waiting read"

FILTERS = {
    "": EVERYTHING,
    "state=open": EVERYTHING.replace("waiting ", ""),
    "state=in_progress": "waiting",
    "state=resolved": "resolved",
    "state=closed": "closed",
    "state=all": f"{EVERYTHING} resolved closed",
    "assignee=me": "mine",
    "assignee={colleague}": "colleagues",
    "assignee=none": EVERYTHING.replace("mine colleagues ", ""),
    "due=overdue": "late",
    "due=soon": "",
    "urgency=urgent": "urgent",
    "list={second}": "second",
    "location={place}": "there",
    "customer={stranger}": "hers",
    "category={bug}": "tagged",
    "waiting=any": "waiting",
    "waiting=customer": "waiting",
    "waiting=until": "",
    "unread=1": EVERYTHING.replace(" read", ""),
    "customer={stranger}&state=open&assignee=none&unread=1": "hers",
    "customer={stranger}&assignee=me": "",
    "urgency=urgent&sort=urgency": "urgent",
    "q=work&assignee=me": "mine",
    "q=work&state=resolved": "resolved",
    "q=work&list={second}": "second",
    "q=work&customer={stranger}&urgency=normal": "hers",
    "q=work&category={bug}": "tagged",
    "q=%23{plain}": "plain",
    "q=%23{plain}&assignee=me": "",
    "q=adeyemi&state=closed": "closed",
}


@pytest.mark.parametrize("query", FILTERS)
def test_each_filter_and_all_of_them_together(
    query: str, mixed: dict[str, Task], desk: Desk, signed_in: SignedIn
) -> None:
    there = mixed["there"].location
    assert there is not None
    named = {
        "colleague": desk.colleague.id,
        "second": mixed["second"].task_list_id,
        "place": there.id,
        "stranger": desk.stranger.id,
        "bug": mixed["tagged"].categories[0].id,
        "plain": mixed["plain"].id,
    }
    page = signed_in(desk.agent).get(f"/support?{query.format(**named)}")
    names = {ticket.id: name for name, ticket in mixed.items()}
    assert {names[number] for number in numbers(page)} == set(FILTERS[query].split())


@pytest.mark.parametrize(
    "query",
    [
        "state=broken",
        "assignee=you",
        "assignee=0",
        "assignee=--1",
        "list=abc",
        "list=9223372036854775808",
        "category=1%20",
        "customer=٣",
        "due=someday",
        "urgency=5",
        "waiting=1",
        "unread=yes",
        "sort=summary",
        "sort=updated;drop",
        "order=up",
        "after=x",
        "after=9.1.1",
        "after=0.-99999999999999999.1",
        "after=0.1.0",
        "before=0.1.9223372036854775808",
    ],
)
def test_what_is_no_filter_is_refused(query: str, desk: Desk, signed_in: SignedIn) -> None:
    desk.ticket()
    assert signed_in(desk.agent).get(f"/support?{query}").status_code in (400, 422)


@pytest.mark.parametrize("name", ["list", "category", "location", "customer", "assignee"])
def test_what_one_may_not_see_is_found_like_what_is_not_there(
    name: str, desk: Desk, signed_in: SignedIn
) -> None:
    hidden = desk.make.ticket(customer=desk.make.customer(name="Hidden Person"))
    hidden.task_list.name = "Hidden list"
    values = {
        "list": hidden.task_list_id,
        "category": 4711,
        "location": hidden.location_id,
        "customer": hidden.customer_id,
        "assignee": hidden.customer_id,
    }
    client = signed_in(desk.agent)
    there = client.get(f"/support?{name}={values[name]}")
    missing = client.get(f"/support?{name}={2**62}")
    assert numbers(there) == numbers(missing) == []
    for page in (there, missing):
        assert "Nothing found" in page.text
        assert "Hidden Person" not in page.text
        assert "Hidden list" not in page.text


def test_each_chip_takes_its_filter_off(desk: Desk, signed_in: SignedIn) -> None:
    desk.ticket(assignee=desk.agent, urgency=Urgency.HIGH)
    page = signed_in(desk.agent).get("/support?assignee=me&urgency=high&sort=due")
    assert (
        'href="/support?assignee=me&amp;sort=due" aria-label="Remove the filter High' in page.text
    )
    assert 'href="/support?urgency=high&amp;sort=due" aria-label="Remove' in page.text
    assert "state=all" in page.text


def test_every_filter_has_a_way_in_and_a_chip(
    mixed: dict[str, Task], desk: Desk, signed_in: SignedIn
) -> None:
    page = signed_in(desk.agent).get("/support").text
    for name in set(READERS) - {"customer", "updated", "resolved", "field"}:
        assert f"?{name}=" in page, name
    assert "sort=urgency&amp;order=asc" in page


def test_nothing_found_leads_out(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.agent)
    assert "All done" in client.get("/support").text
    page = client.get("/support?q=nowhere&assignee=me&sort=due").text
    assert 'href="/support?sort=due"' in page


@pytest.mark.parametrize("typed", ["'", '"', "%", "_", "\0x", "-", "a OR", "<b>x</b>", "x" * 5000])
def test_whatever_is_typed_is_answered(typed: str, desk: Desk, signed_in: SignedIn) -> None:
    desk.ticket(subject="Something else")
    page = signed_in(desk.agent).get("/support", query_string={"q": typed})
    assert numbers(page) == []
    assert "<b>x</b>" not in page.text


def test_hostile_subjects_are_shown_as_text(desk: Desk, signed_in: SignedIn) -> None:
    desk.ticket(subject="<script>alert(1)</script> لا يعمل 😀 " + "x" * 120)
    page = signed_in(desk.agent).get("/support").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "لا يعمل 😀" in page


def test_notes_and_their_files_count_for_agents(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    desk.make.note(ticket, desk.agent)
    desk.make.reply(ticket, desk.agent)
    assert 'title="2 replies and notes"' in signed_in(desk.reader).get("/support").text


def test_a_ticket_is_unread_until_its_last_change_was_seen(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    client = signed_in(desk.agent)
    assert "unread-dot" in client.get("/support").text
    seen.saw(desk.session, desk.agent.id, ticket.id, ticket.last_modified)
    desk.session.commit()
    assert "unread-dot" not in client.get("/support").text
    assert "unread-dot" in signed_in(desk.reader).get("/support").text
    desk.make.response(ticket)
    desk.session.commit()
    assert "unread-dot" in client.get("/support").text
