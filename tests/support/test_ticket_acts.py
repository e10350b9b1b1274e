"""What an agent does to a ticket through its page, and what who may not gets."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from groupware.models import JournalEntry, Level, User
from modules.tasks.models import Comment, Link, Participant, State, Task, Urgency, Waiting
from tests.conftest import SignedIn
from tests.factories import Desk


@pytest.fixture
def ticket(desk: Desk) -> Task:
    return desk.ticket()


def again(desk: Desk, ticket: Task) -> Task:
    """The ticket as it is now."""
    found = desk.session.get_one(
        Task,
        ticket.id,
        options=[joinedload(Task.assignee), joinedload(Task.categories)],
        populate_existing=True,
    )
    desk.session.commit()  # a test that reads on holds up whoever writes
    return found


def test_each_property_is_changed_by_its_form(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    place = desk.make.location(desk.customer)
    category = desk.make.category()
    other = desk.make.task_list(agents={desk.agent: Level.CREATE})
    desk.agent.time_zone = "Europe/Berlin"
    client = signed_in(desk.agent)
    for name, form in (
        ("urgency", {"urgency": "urgent"}),
        ("assignee", {"assignee": desk.agent.id}),
        ("categories", {"categories": [category.id]}),
        ("location", {"location": place.id}),
        ("due", {"due": "2026-07-01", "time": "09:30"}),
        ("waiting", {"waiting": "until", "until": "2999-07-01T09:30"}),
        ("task-list", {"task_list": other.id}),
    ):
        answer = client.send(f"/support/tickets/{ticket.id}/{name}", form)
        assert (name, answer.status_code) == (name, 303)
    found = again(desk, ticket)
    assert (found.urgency, found.state) == (Urgency.URGENT, State.IN_PROGRESS)
    assert (found.location_id, found.categories) == (place.id, [category])
    assert found.due == datetime(2026, 7, 1, 7, 30, tzinfo=UTC)
    assert (found.due_tz, found.due_is_date) == ("Europe/Berlin", False)
    assert found.waiting == Waiting.UNTIL
    assert found.waiting_until == datetime(2999, 7, 1, 7, 30, tzinfo=UTC)
    assert found.task_list_id == other.id
    assert found.assignee is None, "who may not work there is not the assignee there"


def test_a_due_date_without_a_time_lasts_its_whole_day(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    client = signed_in(desk.agent)
    client.send(f"/support/tickets/{ticket.id}/due", due="2026-07-01")
    found = again(desk, ticket)
    assert found.due == datetime(2026, 7, 1, 23, 59, tzinfo=UTC)
    assert found.due_is_date
    client.send(f"/support/tickets/{ticket.id}/due", due="2026-07-01", clear="1")
    assert again(desk, ticket).due is None


def test_a_ticket_is_resolved_and_opened_as_a_resource(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    client = signed_in(desk.agent)
    assert client.send(f"/support/tickets/{ticket.id}/resolution").status_code == 303
    assert again(desk, ticket).state == State.RESOLVED
    token = client.get("/csrf").get_json()["csrf_token"]
    client.delete(
        f"/support/tickets/{ticket.id}/resolution",
        headers={"X-CSRFToken": token, "Sec-Fetch-Site": "same-origin"},
    )
    assert again(desk, ticket).state == State.OPEN


def test_the_customer_is_found_by_address_and_replaced(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    client = signed_in(desk.agent)
    address = f"/support/tickets/{ticket.id}/customer"
    assert client.send(address, who=desk.stranger.address.upper()).status_code == 303
    assert again(desk, ticket).customer_id == desk.stranger.id


def test_a_part_of_a_name_asks_who_is_meant(desk: Desk, ticket: Task, signed_in: SignedIn) -> None:
    answer = signed_in(desk.agent).send(f"/support/tickets/{ticket.id}/customer", who="Gret")
    assert answer.status_code == 200
    assert desk.stranger.name in answer.text
    assert again(desk, ticket).customer_id == desk.customer.id


def test_a_search_for_a_customer_names_nobody_who_may_not_ask_here(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    outside = desk.make.customer(name="Gretchen Outside")
    answer = signed_in(desk.agent).send(f"/support/tickets/{ticket.id}/customer", who="Gret%")
    assert answer.status_code == 422, "a percent sign is a letter"
    answer = signed_in(desk.agent).send(f"/support/tickets/{ticket.id}/customer", who="Gret")
    assert outside.name not in answer.text


def test_somebody_takes_part_and_no_longer(desk: Desk, ticket: Task, signed_in: SignedIn) -> None:
    client = signed_in(desk.agent)
    address = f"/support/tickets/{ticket.id}"
    assert client.send(f"{address}/participants", who="Greta Nilsen").status_code == 303
    assert takes_part(desk, ticket, desk.stranger)
    assert "Greta Nilsen" in client.get(address).text
    removal = f"{address}/participants/{desk.stranger.id}/removal"
    assert client.send(removal).status_code == 303
    assert not takes_part(desk, ticket, desk.stranger)
    removal = f"{address}/participants/{desk.customer.id}/removal"
    assert client.send(removal).status_code == 422


def test_links_are_made_by_number_and_undone(desk: Desk, ticket: Task, signed_in: SignedIn) -> None:
    other = desk.ticket(subject="The other one")
    client = signed_in(desk.agent)
    address = f"/support/tickets/{ticket.id}"
    assert client.send(f"{address}/links", link=f"#{other.id}").status_code == 303
    assert "The other one" in client.get(address).text
    assert f"linked #{ticket.id}" in client.get(f"/support/tickets/{other.id}").text
    assert client.send(f"{address}/links/{other.id}/removal").status_code == 303
    for wrong in ("99999", "abc", "-1", "٣", str(ticket.id), str(2**63)):
        assert client.send(f"{address}/links", link=wrong).status_code == 422


def test_what_cannot_be_chosen_is_refused_and_said(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    foreign_place = desk.make.location()
    foreign_list = desk.make.task_list()
    archived = desk.make.task_list(agents=[desk.agent], archived=True)
    foreign_category = desk.make.category(task_lists=[foreign_list])
    client = signed_in(desk.agent)
    before = state(desk)
    for name, form in (
        ("assignee", {"assignee": desk.reader.id}),
        ("assignee", {"assignee": 99999999999999999999}),
        ("assignee", {"assignee": "x"}),
        ("location", {"location": foreign_place.id}),
        ("location", {"location": ""}),
        ("task-list", {"task_list": foreign_list.id}),
        ("task-list", {"task_list": archived.id}),
        ("task-list", {}),
        ("categories", {"categories": [foreign_category.id]}),
        ("categories", {"categories": ["x"]}),
        ("urgency", {"urgency": "sky-high"}),
        ("state", {"status": "gone"}),
        ("waiting", {"waiting": "until"}),
        ("waiting", {"waiting": "until", "until": "2001-01-01T00:00"}),
        ("due", {"due": "tomorrow"}),
        ("due", {"time": "09:00"}),
        ("customer", {"who": desk.outsider.address}),
        ("participants", {"who": "nobody@nowhere.example"}),
    ):
        answer = client.send(f"/support/tickets/{ticket.id}/{name}", form)
        assert (name, form, answer.status_code) == (name, form, 422)
        assert 'role="alert"' in answer.text
    assert state(desk) == before


ACTS: list[tuple[str, dict[str, Any]]] = [
    ("state", {"status": "resolved"}),
    ("resolution", {}),
    ("urgency", {"urgency": "low"}),
    ("assignee", {"assignee": ""}),
    ("task-list", {"task_list": "1"}),
    ("categories", {}),
    ("location", {"location": ""}),
    ("due", {"due": "2026-07-01"}),
    ("waiting", {"waiting": "customer"}),
    ("customer", {"who": "Greta Nilsen"}),
    ("participants", {"who": "Greta Nilsen"}),
    ("participants/1/removal", {}),
    ("links", {"link": "1"}),
    ("links/1/removal", {}),
    ("details", {"subject": "New", "details": "Words"}),
    ("comments", {"kind": "reply", "body": "Hello."}),
    ("comments", {"kind": "note", "body": "Hello."}),
    ("comments/1", {"body": "Other words."}),
    ("comments/1/deletion", {}),
    ("deletion", {}),
]


@pytest.mark.parametrize(
    ("who", "status"),
    [("reader", 403), ("outsider", 404), ("customer", 403), ("stranger", 403)],
)
def test_who_may_not_changes_nothing(
    desk: Desk, ticket: Task, signed_in: SignedIn, who: str, status: int
) -> None:
    desk.make.reply(ticket, desk.agent)
    client = signed_in(getattr(desk, who))
    before = state(desk)
    for act, form in ACTS:
        answer = client.send(f"/support/tickets/{ticket.id}/{act}", form)
        assert (act, answer.status_code) == (act, status)
    assert state(desk) == before


def test_write_is_not_enough_to_delete(desk: Desk, ticket: Task, signed_in: SignedIn) -> None:
    comment = desk.make.reply(ticket, desk.agent)
    client = signed_in(desk.agent)
    before = state(desk)
    for act in ("deletion", f"comments/{comment.id}/deletion"):
        address = f"/support/tickets/{ticket.id}/{act}"
        assert client.get(address).status_code == 403
        assert client.send(address).status_code == 403
    assert state(desk) == before


def test_a_deleted_ticket_can_be_brought_back(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    deleter = desk.make.agent(password="correct horse battery")
    desk.make.allow(desk.list.agent_acl, deleter, Level.DELETE)
    client = signed_in(deleter)
    address = f"/support/tickets/{ticket.id}"
    assert "Delete ticket" in client.get(f"{address}/deletion").text
    told = client.send(f"{address}/deletion")
    assert told.location == f"{address}/deletion"
    assert client.get(address).status_code == 404
    assert "can be brought back" in client.get(told.location).text
    assert signed_in(desk.agent).send(f"{address}/restoration").status_code == 404
    assert client.send(f"{address}/restoration").status_code == 303
    assert client.get(address).status_code == 200
    assert client.send(f"{address}/restoration").status_code == 404


def test_subject_and_details_are_edited_with_history(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    client = signed_in(desk.agent)
    address = f"/support/tickets/{ticket.id}/details"
    assert ticket.description in client.get(address).text
    empty = client.send(address, subject=" ", details="Typed words")
    assert empty.status_code == 422
    assert "Typed words" in empty.text
    assert client.send(address, subject="New", details="Words").status_code == 303
    entry = desk.session.scalars(select(JournalEntry).where(JournalEntry.act == "edited")).one()
    assert entry.changes["description"] == ["It does not work.", "Words"]


def test_the_way_back_survives_an_act(desk: Desk, ticket: Task, signed_in: SignedIn) -> None:
    address = f"/support/tickets/{ticket.id}/urgency?from=/support%3Fmine=1"
    answer = signed_in(desk.agent).send(address, urgency="low")
    assert answer.location == f"/support/tickets/{ticket.id}?from=/support%3Fmine%3D1"


def test_the_ticket_of_a_customer_who_may_no_longer_ask_is_still_worked_on(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    desk.make.allow(desk.list.customer_acl, desk.customer, Level.READ)
    client = signed_in(desk.agent)
    answer = client.send(
        f"/support/tickets/{ticket.id}/comments", kind="reply", body="Here we are."
    )
    assert answer.status_code == 303
    moved = client.send(f"/support/tickets/{ticket.id}/customer", person=desk.customer.id)
    assert moved.status_code == 422, "who is chosen anew must be allowed to ask"


def takes_part(desk: Desk, ticket: Task, person: User) -> bool:
    there = Participant.user_id == person.id, Participant.task_id == ticket.id
    found = desk.session.scalar(select(Participant.user_id).where(*there))
    desk.session.commit()
    return found is not None


def state(desk: Desk) -> object:
    """Everything that an act could change."""
    rows = [
        desk.session.execute(select(*model.__table__.columns)).all()
        for model in (Task, Comment, Participant, Link)
    ]
    told = select(JournalEntry.id).where(JournalEntry.entity == "task")
    rows.append(desk.session.execute(told).all())
    desk.session.commit()
    return rows
