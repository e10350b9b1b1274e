"""How many statements a hot page may send: as many for a thousand tickets as for ten."""

import pytest

from modules.tasks import search_index
from tests.bulk import fill
from tests.conftest import SignedIn, Statements
from tests.factories import Desk

AGENTS = {
    "/support": 7,
    "/support?assignee=me": 7,
    "/support?assignee=none&sort=urgency": 7,
    "/support?state=closed&due=overdue": 7,
    "/support?list={list}": 7,
    "/support?category={category}": 8,
    "/support?q=does+not": 8,
    "/support?q=%23{ticket}": 8,
    "/support/tickets/{ticket}": 12,
}
CUSTOMERS = {"/tickets/my-tickets": 7, "/tickets/view/{ticket}": 11}


@pytest.fixture
def busy(desk: Desk) -> dict[str, int]:
    """A desk with more tickets than fit a page, and their numbers for addresses."""
    ticket = desk.ticket(assignee=desk.agent)
    desk.make.reply(ticket, desk.agent)
    category = desk.make.category()
    fill(
        desk.session,
        600,
        lists=[desk.list.id],
        customers=[desk.customer.id],
        agents=[desk.agent.id],
        location=desk.location.id,
        category=category.id,
    )
    search_index.reindex(desk.session)
    return {"list": desk.list.id, "category": category.id, "ticket": ticket.id}


@pytest.mark.parametrize("path", AGENTS)
def test_an_agents_page_sends_few_statements(
    path: str, busy: dict[str, int], desk: Desk, signed_in: SignedIn, statements: Statements
) -> None:
    client = signed_in(desk.agent)
    client.get(path.format(**busy))  # what is remembered between requests is there
    with statements() as sent:
        assert client.get(path.format(**busy)).status_code == 200
    assert len(sent) <= AGENTS[path], "\n\n".join(sent)


@pytest.mark.parametrize("path", CUSTOMERS)
def test_a_customers_page_sends_few_statements(
    path: str, busy: dict[str, int], desk: Desk, signed_in: SignedIn, statements: Statements
) -> None:
    client = signed_in(desk.customer)
    client.get(path.format(**busy))
    with statements() as sent:
        assert client.get(path.format(**busy)).status_code == 200
    assert len(sent) <= CUSTOMERS[path], "\n\n".join(sent)
