"""Replies and notes through the agents' page."""

import io
import re
from typing import Any

import pytest
from sqlalchemy import select

from modules.tasks.models import Attachment, Comment, Kind, Task, Waiting
from tests.conftest import SignedIn
from tests.factories import Desk


@pytest.fixture
def ticket(desk: Desk) -> Task:
    return desk.ticket()


def now_of(desk: Desk, ticket: Task) -> Any:
    columns = Task.status, Task.closed, Task.waiting, Task.public_modified, Task.assignee_id
    row = desk.session.execute(select(*columns).where(Task.id == ticket.id)).one()
    desk.session.commit()
    return row


def comments(desk: Desk) -> list[Any]:
    rows = desk.session.execute(
        select(Comment.id, Comment.kind, Comment.body, Comment.from_staff, Comment.edited)
    ).all()
    desk.session.commit()
    return list(rows)


def test_a_reply_makes_an_open_ticket_in_progress(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    address = f"/support/tickets/{ticket.id}/comments"
    answer = signed_in(desk.agent).send(address, kind="reply", body="Hello.")
    assert re.fullmatch(rf"/support/tickets/{ticket.id}#comment-\d+", answer.location)
    assert now_of(desk, ticket).status == "IN-PROCESS"
    assert now_of(desk, ticket).assignee_id == desk.agent.id


def test_a_note_leaves_everything_that_the_customer_sees(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    before = now_of(desk, ticket)
    address = f"/support/tickets/{ticket.id}/comments"
    signed_in(desk.agent).send(address, kind="note", body="It is the cable.")
    assert now_of(desk, ticket) == before
    assert comments(desk)[0].kind == Kind.NOTE


@pytest.mark.parametrize("then", ["resolved", "waiting"])
def test_sending_may_resolve_or_wait_at_once(
    desk: Desk, ticket: Task, signed_in: SignedIn, then: str
) -> None:
    address = f"/support/tickets/{ticket.id}/comments"
    signed_in(desk.agent).send(address, kind="reply", body="Hello.", then=then)
    row = now_of(desk, ticket)
    wanted = ("COMPLETED", None) if then == "resolved" else ("IN-PROCESS", Waiting.CUSTOMER)
    assert (row.status, row.waiting) == wanted


def test_an_error_keeps_the_text_the_face_and_the_files(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    client = signed_in(desk.agent)
    address = f"/support/tickets/{ticket.id}/comments"
    file = (io.BytesIO(b"a,b"), "list.csv")
    wrong = client.send(address, kind="note", body="x" * 100_001, attachments=[file])
    assert wrong.status_code == 422
    assert "This is longer than 100,000 characters." in wrong.text
    assert 'value="note" checked' in wrong.text
    token = re.search(r'name="uploads" value="([^"]+)"', wrong.text)
    assert token
    assert "list.csv" in wrong.text
    assert comments(desk) == []
    right = client.send(address, kind="note", body="Short.", uploads=token.group(1))
    assert right.status_code == 303
    attached = desk.session.scalars(select(Attachment)).one()
    assert (attached.name, attached.size, attached.comment_id) == ("list.csv", 3, 1)


def test_six_files_are_refused_and_five_stay(desk: Desk, ticket: Task, signed_in: SignedIn) -> None:
    files = [(io.BytesIO(b"x"), f"{number}.txt") for number in range(6)]
    address = f"/support/tickets/{ticket.id}/comments"
    answer = signed_in(desk.agent).send(address, kind="reply", body="Look.", attachments=files)
    assert answer.status_code == 422
    assert "At most 5 attachments." in answer.text
    assert ">Look.</textarea>" in answer.text
    assert comments(desk) == []


def test_ones_own_message_is_edited_for_a_while(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    client = signed_in(desk.agent)
    address = f"/support/tickets/{ticket.id}"
    client.send(f"{address}/comments", kind="reply", body="Helo.")
    mine = f"{address}/comments/{comments(desk)[0].id}"
    assert f'{mine}"' in client.get(address).text
    assert "Helo." in client.get(mine).text
    assert client.send(mine, body=" ").status_code == 422
    assert client.send(mine, body="Hello.").status_code == 303
    assert comments(desk)[0].body == "Hello."
    assert "edited" in client.get(address).text
    for other in (desk.colleague, desk.manager):
        theirs = signed_in(other)
        assert theirs.get(mine).status_code == 403
        assert theirs.send(mine, body="Mine now.").status_code == 403
    desk.session.refresh(ticket)
    desk.make.response(ticket)
    desk.session.commit()
    assert client.send(mine, body="Too late.").status_code == 403
    assert comments(desk)[0].body == "Hello."


def test_an_old_message_stays_as_it_is(desk: Desk, ticket: Task, signed_in: SignedIn) -> None:
    comment = desk.make.reply(ticket, desk.agent)  # the makers' clock is long past
    client = signed_in(desk.agent)
    address = f"/support/tickets/{ticket.id}/comments/{comment.id}"
    assert f'{address}"' not in client.get(f"/support/tickets/{ticket.id}").text
    assert client.get(address).status_code == 403
    assert client.send(address, body="Later words.").status_code == 403


def test_a_message_is_deleted_after_a_question(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    comment = desk.make.reply(ticket, desk.agent, "My password is secret.")
    client = signed_in(desk.manager)
    address = f"/support/tickets/{ticket.id}/comments/{comment.id}/deletion"
    assert "gone for good" in client.get(address).text
    assert len(comments(desk)) == 1, "asking deletes nothing"
    assert client.send(address).status_code == 303
    assert comments(desk) == []
    page = client.get(f"/support/tickets/{ticket.id}").text
    assert "deleted a reply" in page
    assert "secret" not in page + client.get(f"/support/tickets/{ticket.id}/history").text


def test_a_message_of_another_ticket_is_not_found_here(
    desk: Desk, ticket: Task, signed_in: SignedIn
) -> None:
    other = desk.ticket()
    comment = desk.make.reply(other, desk.agent)
    client = signed_in(desk.manager)
    assert client.get(f"/support/tickets/{ticket.id}/comments/{comment.id}").status_code == 404
    address = f"/support/tickets/{ticket.id}/comments/{comment.id}/deletion"
    assert client.send(address).status_code == 404
    assert len(comments(desk)) == 1


def test_an_agent_on_their_own_ticket_writes_as_its_customer(
    desk: Desk, signed_in: SignedIn
) -> None:
    desk.make.allow(desk.list.customer_acl, desk.agent, 20)  # type: ignore[arg-type]
    own = desk.make.ticket(desk.agent, desk.list, location=desk.make.location(desk.agent))
    desk.make.note(own, desk.colleague, "They will never see this.")
    client = signed_in(desk.agent)
    assert "They will never see this." in client.get(f"/support/tickets/{own.id}").text
    client.send(f"/support/tickets/{own.id}/comments", kind="reply", body="It is me.")
    assert comments(desk)[-1].from_staff is False
    row = now_of(desk, own)
    assert (row.status, row.assignee_id) == ("NEEDS-ACTION", None)
