"""Two agents at one ticket: the second is told, and loses nothing."""

import re
import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from groupware.models import JournalEntry
from modules.tasks import tickets
from modules.tasks.models import Comment, State, Task, Urgency
from tests.conftest import SignedIn
from tests.factories import Desk


@pytest.fixture
def ticket(desk: Desk) -> Task:
    return desk.ticket()


def test_a_change_of_something_changed_meanwhile_is_not_made(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    tickets.set_urgency(desk.session, desk.colleague, ticket, Urgency.URGENT, now=desk.make.later())
    client = signed_in(desk.agent)
    address = f"/support/tickets/{ticket.id}/urgency"
    answer = client.send(address, was="normal", urgency="low")
    assert answer.status_code == 409
    assert f"{desk.colleague.name} changed the urgency to Urgent" in answer.text
    assert _urgency(desk, ticket) == Urgency.URGENT
    fields = dict(re.findall(r'name="(was|urgency)" value="(\w+)"><', _banner(answer.text)))
    assert fields == {"was": "urgent", "urgency": "low"}
    assert client.send(address, fields).status_code == 303
    assert _urgency(desk, ticket) == Urgency.LOW


def test_wishing_for_what_the_other_has_done_is_no_conflict(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    tickets.set_state(desk.session, desk.colleague, ticket, State.RESOLVED, now=desk.make.later())
    client = signed_in(desk.agent)
    address = f"/support/tickets/{ticket.id}/state"
    assert client.send(address, was="open", status="resolved").status_code == 303


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("state", {"was": "resolved", "status": "closed"}),
        ("assignee", {"was": "77", "assignee": ""}),
        ("task-list", {"was": "77", "task_list": "78"}),
        ("categories", {"was": "77", "categories": ["78"]}),
        ("due", {"was": "20200101T000000Z", "due": "2026-07-01"}),
        ("waiting", {"was": "customer", "waiting": "third_party"}),
        ("customer", {"was": "77", "who": "Greta Nilsen"}),
        ("details", {"was": "77", "subject": "Mine", "details": "My words"}),
    ],
)
def test_each_property_tells_of_a_conflict(
    desk: Desk, ticket: Task, signed_in: SignedIn, name: str, form: dict[str, Any]
) -> None:
    if name == "assignee":
        tickets.assign(desk.session, desk.agent, ticket, to=desk.agent, now=desk.make.later())
    before = _entries(desk)
    answer = signed_in(desk.agent).send(f"/support/tickets/{ticket.id}/{name}", form)
    assert answer.status_code == 409
    assert _entries(desk) == before
    if name == "details":
        assert "My words" in answer.text
        assert ticket.description in answer.text


def test_a_reply_past_a_new_answer_comes_back_with_its_text(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    client = signed_in(desk.agent)
    page = client.get(f"/support/tickets/{ticket.id}").text
    seen = _field(page, "seen_comment")
    desk.make.response(ticket, "It works again, thank you.")
    desk.session.commit()
    address = f"/support/tickets/{ticket.id}/comments"
    typed = {"kind": "reply", "body": "Have you tried?", "seen_comment": seen}
    typed["idempotency_key"] = _field(page, "idempotency_key")
    answer = client.send(address, typed)
    assert answer.status_code == 409
    assert "has written meanwhile" in answer.text
    assert "It works again, thank you." in answer.text
    assert ">Have you tried?</textarea>" in answer.text
    assert _replies(desk, ticket) == 1
    typed["seen_comment"] = _field(answer.text, "seen_comment")
    typed["idempotency_key"] = _field(answer.text, "idempotency_key")
    assert client.send(address, typed).status_code == 303
    assert _replies(desk, ticket) == 2


def test_notes_and_ones_own_replies_hold_up_nobody(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    desk.make.note(ticket, desk.colleague)
    desk.make.reply(ticket, desk.agent)
    client = signed_in(desk.agent)
    address = f"/support/tickets/{ticket.id}/comments"
    assert client.send(address, kind="reply", body="And?", seen_comment="0").status_code == 303
    desk.session.refresh(ticket)
    desk.make.response(ticket)
    desk.session.commit()
    assert client.send(address, kind="note", body="Hm.", seen_comment="0").status_code == 303


def test_a_double_click_sends_once(
    desk: Desk, ticket: Task, app: Flask, signed_in: SignedIn
) -> None:
    client = signed_in(desk.agent)
    form = {"kind": "reply", "body": "Once.", "idempotency_key": "k" * 40, "seen_comment": "0"}
    form["csrf_token"] = client.get("/csrf").get_json()["csrf_token"]
    cookie = client.get_cookie("session")
    assert cookie is not None
    answers: list[Any] = []

    def send() -> None:
        other = app.test_client()
        other.set_cookie("session", cookie.value)
        headers = {"Sec-Fetch-Site": "same-origin"}
        address = f"/support/tickets/{ticket.id}/comments"
        answers.append(other.post(address, data=form, headers=headers))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [303] * 4
    assert len({answer.location for answer in answers}) == 1
    assert _replies(desk, ticket) == 1


def test_many_agents_at_once_lose_no_change(
    desk: Desk, ticket: Task, app: Flask, signed_in: SignedIn
) -> None:
    clients = [signed_in(person) for person in (desk.agent, desk.colleague, desk.manager)]
    statuses: list[int] = []

    def send(number: int) -> None:
        answer = clients[number].send(
            f"/support/tickets/{ticket.id}/comments", kind="note", body=f"Note {number}."
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [303] * 3
    counts = desk.session.execute(select(Task.note_count, Task.revision)).one()
    assert counts[0] == 3


def _banner(page: str) -> str:
    start = page.index("banner-actions")
    return page[start : page.index("</form>", start)].replace(">", "><")


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found.group(1)


def _urgency(desk: Desk, ticket: Task) -> Urgency:
    priority = desk.session.scalars(select(Task.priority).where(Task.id == ticket.id)).one()
    desk.session.commit()
    return Urgency.of(priority)


def _replies(desk: Desk, ticket: Task) -> int:
    count = select(func.count(Comment.id)).where(Comment.task_id == ticket.id)
    found = desk.session.scalars(count.where(Comment.kind == "reply")).one()
    desk.session.commit()
    return found


def _entries(desk: Desk) -> int:
    found = desk.session.scalars(
        select(func.count(JournalEntry.id)).where(JournalEntry.entity == "task")
    ).one()
    desk.session.commit()
    return found
