"""How many statements a hot page may send: as many for a thousand tickets as for ten."""

from collections.abc import Iterable

import pytest
from flask.testing import FlaskClient

from groupware import sharing
from modules.tasks import fields, saved_views, search_index
from modules.tasks.fields import FieldKind, managing
from modules.tasks.models import Task
from modules.tasks.queue import Filters
from modules.tasks.saved_views import Wish
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
    "/support/board": 12,
    "/support/split": 7,
    "/support/agenda": 9,
    "/support/tickets/{ticket}": 12,
    "/support/tickets/{ticket}?from=/support/split": 15,
}
CUSTOMERS = {"/tickets/my-tickets": 5, "/tickets/view/{ticket}": 9}


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


def test_hot_pages_send_few_statements_whatever_fields_and_views_there_are(
    busy: dict[str, int], desk: Desk, signed_in: SignedIn, statements: Statements
) -> None:
    agent, customer = signed_in(desk.agent), signed_in(desk.customer)

    def sent(client: FlaskClient, paths: Iterable[str]) -> dict[str, list[str]]:
        found = {}
        for path in paths:
            client.get(path.format(**busy))  # what is remembered between requests is there
            with statements() as found[path]:
                assert client.get(path.format(**busy)).status_code == 200
        return found

    def few(found: dict[str, list[str]], most: dict[str, int], *, more: int) -> None:
        for path, each in found.items():
            assert len(each) <= most[path] + more, path + "\n\n" + "\n\n".join(each)

    few(sent(agent, AGENTS), AGENTS, more=0)
    few(sent(customer, CUSTOMERS), CUSTOMERS, more=0)
    _twenty_fields(desk, busy["ticket"])
    views = _fifty_views(desk)
    paths = {**AGENTS, f"/support?view={views[0]}": 10, f"/support/board?view={views[-1]}": 14}
    few(sent(agent, paths), paths, more=2)  # the views' numbers; the names of people in fields
    few(sent(customer, CUSTOMERS), CUSTOMERS, more=1)
    page = agent.get("/support").text
    assert page.count("/support?view=") >= len(views) == 50


def _twenty_fields(desk: Desk, ticket_id: int) -> None:
    """Fields of the list, each of which the ticket answers; the first names a person."""
    ticket = desk.session.get_one(Task, ticket_id)
    values = {}
    for number in range(20):
        kind = FieldKind.TEXT if number else FieldKind.PERSON
        wish = managing.Wish(f"Field {number}", kind)
        made = managing.add(desk.session, desk.manager, desk.list, wish, now=desk.make.now)
        values[made.slug] = f"Answer {number}" if number else desk.customer.address
    fields.write(desk.session, desk.agent, ticket, values, now=desk.make.now)


def _fifty_views(desk: Desk) -> list[int]:
    """Half of them one's own, half shared by a colleague; with columns of fields."""
    column = fields.fields_of(desk.session, desk.list.id)[0]
    group = desk.make.group(members=[desk.agent])
    made = []
    for number in range(50):
        owner = desk.agent if number % 2 else desk.colleague
        filters = Filters.of(list=desk.list.id, urgency="high" if number % 3 else "low")
        wish = Wish(f"View {number:02}", filters, columns=["due", f"field:{column.id}"])
        view = saved_views.save(desk.session, owner, wish, now=desk.make.now)
        if owner is desk.colleague:
            levels = {group.id: sharing.USE}
            saved_views.share(desk.session, owner, view, levels, now=desk.make.now)
        made.append(view.id)
    desk.session.commit()
    return made
