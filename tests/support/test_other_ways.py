"""The queue beside a ticket, by days, and what one looked at last."""

import re
from datetime import timedelta
from typing import Any

from groupware.database import utc_now
from modules.tasks import seen, tickets
from modules.tasks.models import State
from tests.conftest import SignedIn
from tests.factories import Desk

HEADING = re.compile(r'data-group="([\w-]+)"(.*?)</tbody>', re.DOTALL)


def groups(page: Any) -> dict[str, list[int]]:
    assert page.status_code == 200, page.text
    return {
        key: [int(each) for each in re.findall(r'data-id="(\d+)"', inside)]
        for key, inside in HEADING.findall(page.text)
    }


def test_the_agenda_has_a_heading_for_each_day(desk: Desk, signed_in: SignedIn) -> None:
    now = utc_now().replace(hour=12)
    at = {
        name: desk.ticket(due=now + timedelta(days=days)).id
        for name, days in (("late", -3), ("tomorrow", 1), ("third", 3), ("far", 40))
    }
    begun = desk.ticket(due=now + timedelta(days=1, hours=-1))
    tickets.set_state(desk.session, desk.agent, begun, State.IN_PROGRESS, now=desk.make.later())
    desk.ticket()  # never due
    found = groups(signed_in(desk.agent).get("/support/agenda"))
    assert found == {
        "overdue": [at["late"]],
        "day-1": [begun.id, at["tomorrow"]],
        "day-3": [at["third"]],
        "later": [at["far"]],
    }
    assert groups(signed_in(desk.agent).get("/support/agenda?q=is:overdue")) == {
        "overdue": [at["late"]]
    }
    assert groups(signed_in(desk.outsider).get("/support/agenda")) == {}


def test_a_ticket_has_the_list_beside_it(desk: Desk, signed_in: SignedIn) -> None:
    first, second = desk.ticket(), desk.ticket(assignee=desk.agent)
    hidden = desk.make.ticket()
    client = signed_in(desk.agent)
    page = client.get("/support/split?q=assignee:none").text
    assert f"/support/tickets/{first.id}?from=/support/split%3Fassignee%3Dnone" in page
    assert f"/support/tickets/{second.id}?" not in page
    beside = client.get(f"/support/tickets/{second.id}?from=/support/split").text
    rows = re.findall(r'<a[^>]*class="split-row[^>]*href="/support/tickets/(\d+)', beside)
    assert [int(each) for each in rows] == [second.id, first.id]
    assert str(hidden.id) not in rows
    for odd in ("/support/split%3Flist%3Dx", "/support/split%3Fq%3Dstatus:x", "//split"):
        assert client.get(f"/support/tickets/{second.id}?from={odd}").status_code == 200
    assert "split-row" not in client.get(f"/support/tickets/{second.id}").text


def test_what_one_looked_at_last_comes_first(desk: Desk, signed_in: SignedIn) -> None:
    first, second, unseen, gone = (desk.ticket() for _ in range(4))
    for ticket in (second, first, gone):
        seen.saw(desk.session, desk.agent.id, ticket.id, desk.make.later())
    tickets.delete(desk.session, desk.manager, gone, now=desk.make.later())
    seen.saw(desk.session, desk.colleague.id, unseen.id, desk.make.later())
    assert groups(signed_in(desk.agent).get("/support/recent")) == {"found": [first.id, second.id]}
    desk.list.agent_acl.entries.clear()
    assert groups(signed_in(desk.agent).get("/support/recent")) == {}
