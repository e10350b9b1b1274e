"""Canned replies and macros on pages: kept, shared, inserted, run."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.database import Database
from groupware.people import personal_group
from modules.tasks.canned import texts
from modules.tasks.canned.at_hand import Label
from modules.tasks.canned.models import CannedReply
from modules.tasks.macros import managing as macros
from modules.tasks.macros.models import Macro
from modules.tasks.macros.steps import Steps
from modules.tasks.models import Comment, State
from modules.tasks.queries import numbered
from tests.conftest import SignedIn
from tests.factories import Desk
from tests.support.test_settings_pages import base_of, fresh


@pytest.fixture
def seen(database: Database) -> Iterator[Session]:
    """A session that only reads: a writer's would keep the pages waiting."""
    with database.reading() as session:
        yield session


def test_a_text_is_written_shared_and_used(desk: Desk, signed_in: SignedIn, seen: Session) -> None:
    ticket = desk.ticket()
    mine, theirs = signed_in(desk.agent), signed_in(desk.colleague)
    refused = mine.send("/settings/canned-replies/add", name="Hi", body="Hi {nobody}")
    assert refused.status_code == 422
    assert "There is no placeholder {nobody}." in refused.text
    assert "Hi {nobody}</textarea>" in refused.text
    body = "Hi {customer.first_name} <script>"
    made = mine.send("/settings/canned-replies/add", name="Hi", category="Start", body=body)
    assert made.status_code == 303
    here = f"/support/tickets/{ticket.id}/canned-replies"
    found = mine.get(f"{here}?q=h").json
    assert [each["value"] for each in found] == ["Hi Samuel <script>"]
    assert theirs.get(f"{here}?q=h").json == []
    assert theirs.get(made.location).status_code == 404
    number = int(made.location.rsplit("/", 1)[1])
    assert theirs.get(f"{here}/{number}").status_code == 404
    group = personal_group(seen, desk.colleague).id
    fresh(seen)
    shared = mine.send(f"{made.location}/access/add", group=group, level=10)
    assert shared.status_code == 303
    assert theirs.get(f"{here}/{number}").json == {"value": "Hi Samuel <script>"}
    assert "You may use it, and not change it" in theirs.get(made.location).text
    assert theirs.send(f"{made.location}/access/add", group=group, level=50).status_code == 403
    assert theirs.send(f"{made.location}/deletion").status_code == 403
    # Without scripts the page comes back with the text after what was typed.
    page = mine.send(here, body="Well,", canned=number, kind="note")
    assert page.status_code == 200
    assert "Well,\n\nHi Samuel &lt;script&gt;</textarea>" in page.text
    for person in (desk.reader, desk.outsider, desk.customer):
        assert signed_in(person).send(here, body="", canned=number).status_code in (403, 404)


def test_who_shares_cannot_leave_a_text_to_nobody(
    desk: Desk, signed_in: SignedIn, seen: Session
) -> None:
    text = texts.create(desk.session, desk.agent, Label("Hi"), "Hello", now=desk.make.now)
    client, path = signed_in(desk.agent), f"/settings/canned-replies/{text.id}"
    own = personal_group(seen, desk.agent).id
    page = client.get(path).text
    assert "Only you so far." in page
    base = base_of(page, f"{path}/access")
    assert client.send(f"{path}/access", base=base, remove=own).status_code == 422
    assert client.get(path).status_code == 200
    assert client.send(f"{path}/deletion").status_code == 303
    fresh(seen)
    assert seen.scalar(select(CannedReply)) is None


def test_a_macro_is_written_and_run_once(desk: Desk, signed_in: SignedIn, seen: Session) -> None:
    ticket, client = desk.ticket(), signed_in(desk.agent)
    empty = client.send("/settings/macros/add", name="Done", kind="reply")
    assert empty.status_code == 422
    assert "A macro does at least one thing." in empty.text
    made = client.send(
        "/settings/macros/add", name="Done", kind="reply", body="Bye {customer.first_name}",
        state="resolved", assignee="me",
    )  # fmt: skip
    assert made.status_code == 303
    number = made.location.rsplit("/", 1)[1]
    path = f"/support/tickets/{ticket.id}/macros/{number}"
    assert path in client.get(f"/support/tickets/{ticket.id}").text
    for _ in range(2):
        assert client.send(path, idempotency_key="once").status_code == 303
    fresh(seen)
    found = seen.scalars(numbered(ticket.id)).one()
    assert (found.state, found.assignee_id) == (State.RESOLVED, desk.agent.id)
    said = seen.scalars(select(Comment).where(Comment.task_id == ticket.id)).all()
    assert [each.body for each in said] == ["Bye Samuel"]
    fresh(seen)
    for person in (desk.colleague, desk.reader, desk.outsider, desk.customer):
        assert signed_in(person).send(path).status_code in (403, 404)


def test_a_macro_that_is_refused_tells_why_and_changes_nothing(
    desk: Desk, signed_in: SignedIn, seen: Session
) -> None:
    ticket = desk.ticket()
    steps = Steps(assignee=str(desk.reader.id), state="resolved", body="Bye")
    macro = macros.create(desk.session, desk.agent, Label("Away"), steps, now=desk.make.now)
    client = signed_in(desk.agent)
    answer = client.send(f"/support/tickets/{ticket.id}/macros/{macro.id}", idempotency_key="a")
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "“Away” changed nothing. Assignee: This person cannot work" in page
    fresh(seen)
    found = seen.scalars(numbered(ticket.id)).one()
    assert (found.state, found.reply_count) == (State.OPEN, 0)
    assert seen.get_one(Macro, macro.id).steps == steps.kept()
