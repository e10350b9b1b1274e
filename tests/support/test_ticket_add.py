"""A new ticket for a customer."""

import io
import re

import pytest
from sqlalchemy import func, select

from groupware.models import Level
from modules.tasks.models import Attachment, Task, Urgency
from tests.conftest import SignedIn
from tests.factories import PASSWORD, Desk


@pytest.fixture
def filling(desk: Desk) -> dict[str, str]:
    """What an agent fills in."""
    return {
        "customer": str(desk.customer.id),
        "subject": "The phone is dead",
        "details": "Samuel called from a neighbour's.",
        "urgency": "high",
        "task_list": str(desk.list.id),
        "location": str(desk.location.id),
    }


def filed(desk: Desk) -> int:
    found = desk.session.scalars(select(func.count(Task.id))).one()
    desk.session.commit()
    return found


def test_a_customer_is_found_by_name_or_address(desk: Desk, signed_in: SignedIn) -> None:
    desk.make.customer(name="Samuel Who may not ask here")
    client = signed_in(desk.agent)
    for words in ("samuel", "Adeyemi Samuel", desk.customer.address[:9]):
        page = client.get("/support/add", query_string={"q": words}).text
        assert f'href="/support/add?customer={desk.customer.id}"' in page
        assert "Who may not ask" not in page
    assert "Nobody was found" in client.get("/support/add?q=%25").text


def test_it_is_filed_in_the_customers_name(
    desk: Desk, signed_in: SignedIn, filling: dict[str, str]
) -> None:
    client = signed_in(desk.agent)
    assert desk.location.name in client.get(f"/support/add?customer={desk.customer.id}").text
    filling |= {"attachments": (io.BytesIO(b"x"), "a.txt")}  # type: ignore[dict-item]
    answer = client.send("/support/add", filling)
    ticket = desk.session.scalars(select(Task)).one()
    assert answer.location == f"/support/tickets/{ticket.id}"
    assert (ticket.customer, ticket.created_by_id) == (desk.customer, desk.agent.id)
    assert (ticket.urgency, ticket.location) == (Urgency.HIGH, desk.location)
    assert desk.session.scalars(select(Attachment.name)).all() == ["a.txt"]


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("subject", " ", "Subject is required."),
        ("details", "", "Details are required."),
        ("urgency", "", "Urgency is required."),
        ("location", "", "Location is required."),
        ("location", "99999", "Not a valid choice"),
        ("task_list", "99999", "Not a valid choice"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_stays(
    desk: Desk,
    signed_in: SignedIn,
    filling: dict[str, str],
    field: str,
    value: str,
    text: str,
) -> None:
    answer = signed_in(desk.agent).send("/support/add", filling | {field: value})
    assert answer.status_code == 422
    assert text in answer.text
    for name, typed in filling.items():
        if name in ("subject", "details") and name != field:
            assert typed.replace("'", "&#39;") in answer.text
    assert filed(desk) == 0


def test_only_places_of_the_customer_can_be_chosen(
    desk: Desk, signed_in: SignedIn, filling: dict[str, str]
) -> None:
    mine = desk.make.location(desk.agent)
    filling["location"] = str(mine.id)
    assert signed_in(desk.agent).send("/support/add", filling).status_code == 422


def test_only_lists_where_both_may_can_be_chosen(
    desk: Desk, signed_in: SignedIn, filling: dict[str, str]
) -> None:
    not_mine = desk.make.task_list(customers=[desk.customer])
    not_theirs = desk.make.task_list(agents=[desk.agent])
    archived = desk.make.task_list(customers=[desk.customer], agents=[desk.agent], archived=True)
    client = signed_in(desk.agent)
    for wrong in (not_mine, not_theirs, archived):
        answer = client.send("/support/add", filling | {"task_list": str(wrong.id)})
        assert answer.status_code == 422
        assert f">{wrong.name}</option>" not in answer.text
    assert filed(desk) == 0


def test_create_is_the_level_that_it_needs(
    desk: Desk, signed_in: SignedIn, filling: dict[str, str]
) -> None:
    helper = desk.make.agent(password=PASSWORD)
    desk.make.allow(desk.list.agent_acl, helper, Level.CREATE)
    for person in (desk.reader, desk.outsider):
        client = signed_in(person)
        assert "There is no list" in client.get("/support/add").text
        assert client.send("/support/add", filling).status_code == 422
    assert signed_in(desk.customer).send("/support/add", filling).status_code == 403
    assert filed(desk) == 0
    assert signed_in(helper).send("/support/add", filling).status_code == 303
    assert filed(desk) == 1


def test_sending_twice_files_once(desk: Desk, signed_in: SignedIn, filling: dict[str, str]) -> None:
    client = signed_in(desk.agent)
    page = client.get(f"/support/add?customer={desk.customer.id}").text
    key = re.search(r'name="idempotency_key" value="([^"]+)"', page)
    assert key
    filling["idempotency_key"] = key.group(1)
    first = client.send("/support/add", filling)
    assert client.send("/support/add", filling).location == first.location
    assert filed(desk) == 1
