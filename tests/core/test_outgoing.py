"""The page of outgoing mail: for administrators, and what holds a secret is noted when read."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import outbox
from groupware.models import Delivery, JournalEntry, OutboundMail, User
from tests.factories import NOON, Desk

SignedIn = Callable[[User | None], FlaskClient]
PAGE = "/settings/mail/outgoing"


def put(session: Session, number: int = 1, **values: object) -> OutboundMail:
    text = f"Follow https://desk.example/reset/secret{number} <script>"
    return outbox.put(
        session, to="sam@maple.example", subject=f"Mail <{number}>", text=text, now=NOON, **values  # type: ignore[arg-type]
    )  # fmt: skip


def test_an_administrator_sees_the_mail_and_its_text(
    desk: Desk, session: Session, signed_in: SignedIn
) -> None:
    row = put(session)
    client = signed_in(desk.administrator)
    listing = client.get(PAGE).text
    assert "Mail &lt;1&gt;" in listing
    assert "sam@maple.example" in listing
    assert "Mail is kept, not sent" in listing
    shown = client.get(f"{PAGE}/{row.id}")
    assert "https://desk.example/reset/secret1 &lt;script&gt;" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"


def test_what_a_letter_says_is_not_shown_to_who_may_not_see_its_ticket(
    desk: Desk, session: Session, signed_in: SignedIn
) -> None:
    row = put(session)
    row.kind, row.state = "notice", Delivery.HELD
    row.log = [[NOON.isoformat(), "451 <later>"]]
    client = signed_in(desk.administrator)
    for path in (PAGE, f"{PAGE}/{row.id}"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Letter about a ticket: notice" in answer.text
        assert "secret1" not in answer.text
        assert "Mail &lt;1&gt;" not in answer.text
    assert "451 &lt;later&gt;" in answer.text


@pytest.mark.parametrize("who", ["customer", "agent", "manager"])
def test_nobody_else_does(desk: Desk, session: Session, signed_in: SignedIn, who: str) -> None:
    row = put(session)
    client = signed_in(getattr(desk, who))
    for path in (PAGE, f"{PAGE}/{row.id}"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "secret1" not in answer.text
    assert client.send(f"{PAGE}/{row.id}/delivery").status_code == 403


def test_who_reads_a_link_that_signs_somebody_in_is_written_down(
    desk: Desk, session: Session, signed_in: SignedIn
) -> None:
    plain, secret = put(session), put(session, 2, secret=True)
    client = signed_in(desk.administrator)
    for row in (plain, secret):
        assert client.get(f"{PAGE}/{row.id}").status_code == 200
    read = session.scalars(select(JournalEntry).where(JournalEntry.act == "read")).all()
    assert [(each.entity_id, each.actor_id) for each in read] == [
        (secret.id, desk.administrator.id)
    ]


def test_mail_is_paged_and_what_is_missing_is_not_found(
    desk: Desk, session: Session, signed_in: SignedIn
) -> None:
    rows = [put(session, number) for number in range(1, 61)]
    client = signed_in(desk.administrator)
    first = client.get(PAGE).text
    assert "Mail &lt;60&gt;" in first
    assert "Mail &lt;10&gt;" not in first
    second = client.get(f"{PAGE}?before={rows[10].id}").text
    assert "Mail &lt;10&gt;" in second
    assert "Mail &lt;11&gt;" not in second
    assert client.get(f"{PAGE}?before=nonsense").status_code == 200
    assert client.get(f"{PAGE}/{10**30}").status_code == 404


def test_a_failed_mail_is_tried_again_on_demand(
    desk: Desk, session: Session, signed_in: SignedIn
) -> None:
    row = put(session)
    row.state, row.error = Delivery.FAILED, "550 <no> such user"
    client = signed_in(desk.administrator)
    assert "550 &lt;no&gt; such user" in client.get(f"{PAGE}/{row.id}").text
    assert client.send(f"{PAGE}/{row.id}/delivery").status_code == 303
    session.expire_all()
    assert session.get_one(OutboundMail, row.id).state == Delivery.WAITING
