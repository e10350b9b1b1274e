"""The agents' page of a ticket: what it shows, to whom, and at what cost."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import delete, event

from groupware.database import Database
from modules.tasks import tickets
from modules.tasks.mail.models import Contact
from modules.tasks.models import Participant, State
from tests.conftest import SignedIn
from tests.factories import Desk


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def test_an_agent_sees_details_replies_notes_and_events_in_order(
    desk: Desk, signed_in: SignedIn
) -> None:
    ticket = desk.ticket(subject="The printer jams", details="It eats *paper*.")
    desk.make.reply(ticket, desk.agent, "Which printer?")
    desk.make.response(ticket, "The big one.")
    desk.make.note(ticket, desk.colleague, "It is the old one.")
    page = signed_in(desk.agent).get(f"/support/tickets/{ticket.id}").text
    places = [
        page.index(text)
        for text in (
            "It eats <em>paper</em>.",
            "took this ticket, changed the status to In progress",
            "Which printer?",
            "The big one.",
            "It is the old one.",
        )
    ]
    assert places == sorted(places)
    assert "Internal note" in page


def test_who_wrote_without_an_account_is_named_in_a_customers_place(
    desk: Desk, signed_in: SignedIn
) -> None:
    ticket = desk.ticket()
    desk.session.execute(delete(Participant).where(Participant.task_id == ticket.id))
    ticket.customer_id = None
    desk.session.add(
        Contact(task_id=ticket.id, address="nora@outside.example", folded="x", name="Nora <Neu>")
    )
    desk.session.commit()
    client = signed_in(desk.agent)
    page = client.get(f"/support/tickets/{ticket.id}").text
    assert "Without an account" in page
    assert 'href="mailto:nora@outside.example"' in page
    assert "Write to Nora &lt;Neu&gt;" in page
    assert "Nora &lt;Neu&gt;" in client.get("/support").text


@pytest.mark.parametrize("who", ["outsider", "customer", "stranger"])
def test_who_does_not_work_on_the_list_gets_no_page(
    desk: Desk, signed_in: SignedIn, who: str
) -> None:
    ticket = desk.ticket()
    client = signed_in(getattr(desk, who))
    seen = client.get(f"/support/tickets/{ticket.id}")
    missing = client.get(f"/support/tickets/{ticket.id + 1000}")
    assert seen.status_code == missing.status_code == (404 if who == "outsider" else 403)
    assert _without_numbers(seen.text) == _without_numbers(missing.text)


def test_a_reader_sees_everything_and_may_only_follow(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket(subject="The printer jams")
    desk.make.note(ticket, desk.agent, "A note that agents see.")
    page = signed_in(desk.reader).get(f"/support/tickets/{ticket.id}").text
    assert "A note that agents see." in page
    assert "The printer jams" in page
    controls = re.findall(r'method="post" action="(/support[^"]*)"', page)
    assert controls == [f"/support/tickets/{ticket.id}/following#aside-followers"]
    assert "data-composer" not in page


def test_only_levels_above_write_are_offered_deletion(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    desk.make.reply(ticket, desk.agent)
    deletion = f"/support/tickets/{ticket.id}/deletion"
    assert deletion not in signed_in(desk.agent).get(f"/support/tickets/{ticket.id}").text
    page = signed_in(desk.manager).get(f"/support/tickets/{ticket.id}").text
    assert deletion in page
    assert f"/comments/{ticket.last_reply_id}/deletion" in page


def test_a_long_thread_shows_its_newest_part_and_leads_to_the_rest(
    desk: Desk, signed_in: SignedIn
) -> None:
    ticket = desk.ticket()
    for number in range(60):
        desk.make.reply(ticket, desk.agent, f"Reply number {number:02}.")
    client = signed_in(desk.agent)
    page = client.get(f"/support/tickets/{ticket.id}").text
    assert re.findall(r"Reply number (\d\d)", page) == [f"{number:02}" for number in range(10, 60)]
    earlier = re.search(r'href="(/support/tickets/\d+\?before=[^"]+)"', page)
    assert earlier
    page = client.get(earlier.group(1)).text
    assert re.findall(r"Reply number (\d\d)", page) == [f"{number:02}" for number in range(10)]
    assert "took this ticket" in page
    assert "Show earlier" not in page


def test_what_came_since_the_last_visit_is_marked(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    desk.make.reply(ticket, desk.agent)
    client = signed_in(desk.agent)
    address = f"/support/tickets/{ticket.id}"
    assert "New since you were here" not in client.get(address).text
    desk.make.response(ticket, "One more thing.")
    desk.session.commit()
    page = client.get(address).text
    assert page.index("New since you were here") < page.index("One more thing.")
    assert "New since you were here" not in client.get(address).text


def test_links_show_only_to_who_sees_both_ends(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    secret_list = desk.make.task_list(customers=[desk.customer], agents=[desk.agent])
    other = desk.make.ticket(desk.customer, secret_list, "A secret", location=desk.location)
    tickets.link(desk.session, desk.agent, ticket, other, now=desk.make.later())
    for page in ("", "/history"):
        address = f"/support/tickets/{ticket.id}{page}"
        assert f"#{other.id}" in signed_in(desk.agent).get(address).text
        theirs = signed_in(desk.colleague).get(address).text
        assert f"#{other.id}" not in theirs
        assert "A secret" not in theirs
        assert "another ticket" not in theirs


def test_earlier_requests_are_those_that_the_agent_may_see(desk: Desk, signed_in: SignedIn) -> None:
    desk.ticket(subject="An earlier one")
    hidden = desk.make.task_list(customers=[desk.customer])
    desk.make.ticket(desk.customer, hidden, "A hidden one", location=desk.location)
    ticket = desk.ticket()
    page = signed_in(desk.agent).get(f"/support/tickets/{ticket.id}").text
    assert "An earlier one" in page
    assert "A hidden one" not in page


def test_the_history_has_before_and_after(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket(subject="Before words", details="Old details.")
    tickets.edit(
        desk.session,
        desk.agent,
        ticket,
        subject="After words",
        details="New details.",
        now=desk.make.later(),
    )
    tickets.assign(desk.session, desk.agent, ticket, to=desk.colleague, now=desk.make.later())
    page = signed_in(desk.reader).get(f"/support/tickets/{ticket.id}/history").text
    for text in ("Before words", "After words", "Old details.", desk.colleague.name):
        assert text in page


def test_the_way_back_keeps_the_queues_address_and_nothing_else(
    desk: Desk, signed_in: SignedIn
) -> None:
    ticket = desk.ticket()
    client = signed_in(desk.agent)
    address = f"/support/tickets/{ticket.id}"
    page = client.get(address, query_string={"from": "/support?mine=1&sort=due"}).text
    assert 'href="/support?mine=1&amp;sort=due"' in page
    for evil in ("https://evil.example/", "//evil.example", "/support/../logout", "/supportive"):
        page = client.get(address, query_string={"from": evil}).text
        assert 'href="/support"' in page
        assert "evil" not in page
        assert "logout?" not in page
    came = {"Referer": "http://localhost/support?mine=1&bulk=7"}
    assert 'href="/support?mine=1"' in client.get(address, headers=came).text
    assert 'href="/support"' in client.get(address, query_string={"from": "/support?bulk=7"}).text


def test_a_ticket_of_many_parts_costs_few_statements(
    desk: Desk, signed_in: SignedIn, database: Database
) -> None:
    ticket = desk.ticket()
    category = desk.make.category()
    tickets.categorise(desk.session, desk.agent, ticket, [category], now=desk.make.later())
    for _ in range(10):
        desk.make.reply(ticket, desk.agent)
        desk.make.response(ticket)
        desk.make.note(ticket, desk.colleague)
        tickets.link(desk.session, desk.agent, ticket, desk.ticket(), now=desk.make.later())
    client = signed_in(desk.agent)
    address = f"/support/tickets/{ticket.id}"
    client.get(address)
    with statements(database) as sent:
        assert client.get(address).status_code == 200
    assert len(sent) <= 13, "\n\n".join(sent)


def test_texts_from_outside_stay_texts(desk: Desk, signed_in: SignedIn) -> None:
    evil = "<script>alert(1)</script>"
    ticket = desk.ticket(subject=evil, details=evil)
    desk.customer.name = f"{evil} مرحبا 🌍"
    desk.make.response(ticket, f"{evil} [x](javascript:alert(1))")
    page = signed_in(desk.agent).get(f"/support/tickets/{ticket.id}").text
    assert "<script>alert" not in page
    assert "javascript:alert" not in page.replace("](javascript:alert(1))", "")


def test_a_deleted_ticket_is_not_found(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    tickets.delete(desk.session, desk.manager, ticket, now=desk.make.later())
    assert signed_in(desk.agent).get(f"/support/tickets/{ticket.id}").status_code == 404


def test_a_resolved_ticket_offers_to_open_it_again(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    tickets.set_state(desk.session, desk.agent, ticket, State.RESOLVED, now=desk.make.later())
    page = signed_in(desk.agent).get(f"/support/tickets/{ticket.id}").text
    assert "Open again" in page


def _without_numbers(text: str) -> str:
    return re.sub(r"\d+|csrf-token\" content=\"[^\"]*\"|value=\"[^\"]*\"", "", text)
