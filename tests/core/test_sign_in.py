"""Sign-in and what it opens."""

from tests.conftest import SignedIn
from tests.factories import Desk


def test_a_page_asks_a_stranger_to_sign_in(signed_in: SignedIn) -> None:
    answer = signed_in(None).get("/tickets/my-tickets")
    assert (answer.status_code, answer.location) == (302, "/login?next=/tickets/my-tickets")


def test_a_customer_lands_on_their_requests(desk: Desk, signed_in: SignedIn) -> None:
    desk.ticket(subject="The printer jams")
    client = signed_in(desk.customer)
    assert client.get("/").location == "/tickets/my-tickets"
    page = client.get("/tickets/my-tickets")
    assert "The printer jams" in page.text


def test_an_agent_sees_the_queue_of_their_lists(desk: Desk, signed_in: SignedIn) -> None:
    desk.ticket(subject="The printer jams")
    assert "The printer jams" in signed_in(desk.agent).get("/support").text
    assert "The printer jams" not in signed_in(desk.outsider).get("/support").text
    assert signed_in(desk.customer).get("/support").status_code == 403
