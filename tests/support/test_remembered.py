"""What is drawn once for many pages: every reader sees their own words, and what is there now."""

from datetime import UTC, datetime

from modules.tasks import tickets
from tests.conftest import SignedIn
from tests.factories import Desk


def test_rows_are_drawn_for_each_reader_and_anew_when_something_changes(
    desk: Desk, signed_in: SignedIn
) -> None:
    evil = "<b>Jam</b>"
    ticket = desk.ticket(subject=evil)
    ticket.last_modified = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)
    desk.colleague.time_zone, desk.colleague.locale = "Asia/Tokyo", "de"
    desk.agent.time_zone, desk.agent.locale = "UTC", "en-GB"
    desk.session.commit()
    mine, theirs = signed_in(desk.agent), signed_in(desk.colleague)
    for _ in range(2):
        assert "4 Mar 2026" in mine.get("/support").text
        page = theirs.get("/support").text
        assert "05.03.2026" in page
        assert "4 Mar 2026" not in page
    assert evil not in page
    assert 'class="ticket unread"' in page
    theirs.get(f"/support/tickets/{ticket.id}")
    assert 'class="ticket unread"' not in theirs.get("/support").text
    assert 'class="ticket unread"' in mine.get("/support").text
    desk.session.expire_all()
    tickets.edit(
        desk.session,
        desk.agent,
        ticket,
        subject="Paper",
        details="All gone.",
        now=desk.make.later(),
    )
    desk.session.commit()
    page = mine.get("/support").text
    assert ">Paper</a>" in page
    assert "Jam" not in page


def test_a_customers_cards_say_their_times(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    ticket.public_modified = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)
    desk.customer.time_zone, desk.customer.locale = "Asia/Tokyo", "de"
    desk.session.commit()
    client = signed_in(desk.customer)
    assert "05.03.2026" in client.get("/tickets/my-tickets").text
    desk.customer.time_zone = "UTC"
    desk.session.commit()
    assert "04.03.2026" in client.get("/tickets/my-tickets").text
