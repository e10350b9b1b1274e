"""Links by mail: a new password, an invitation, an address of one's own. Each works once."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import credentials, people
from groupware.database import utc_now
from groupware.models import Address, OutboundMail, Token, User
from tests.conftest import Client, SignedIn
from tests.core.test_sign_in import at
from tests.factories import PASSWORD, Desk

NEW = "quiet harbour lamp"
VOID = "This link is no longer valid."


def last_mail(session: Session) -> tuple[str, str]:
    """To whom the last mail goes, and the path of the link in it."""
    session.commit()
    row = session.scalars(select(OutboundMail).order_by(OutboundMail.id.desc())).first()
    assert row is not None
    body = message_from_bytes(row.message, policy=policy.default).get_content()
    found = re.search(r"http://localhost(/link/\S+)", body)
    session.commit()
    return row.recipient, found[1] if found else ""


def mails(session: Session) -> int:
    found = session.scalar(select(func.count()).select_from(OutboundMail)) or 0
    session.commit()
    return found


def choose(client: Client, path: str, password: str = NEW) -> int:
    assert client.get(path).status_code == 303
    return int(client.send("/link", password=password).status_code)


def ask(client: Client, address: str) -> str:
    answer = client.send("/forgotten", address=address)
    assert answer.status_code == 200
    return str(re.sub(r'content="[^"]*"', "", answer.text))


def signs_in(client: Client, user: User, password: str) -> bool:
    return bool(client.send("/login", address=user.address, password=password).status_code == 303)


def test_whoever_forgot_their_password_chooses_a_new_one(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    elsewhere, client = signed_in(desk.customer), signed_in(None)
    ask(client, desk.customer.address.upper())
    recipient, path = last_mail(session)
    assert recipient == desk.customer.address
    followed = client.get(path)
    assert followed.location == "/link"
    assert followed.headers["Referrer-Policy"] == "no-referrer"
    assert desk.customer.name in client.get("/link").text
    assert choose(client, path) == 303
    assert elsewhere.get("/tickets/my-tickets").status_code == 302
    assert not signs_in(client, desk.customer, PASSWORD)
    assert signs_in(client, desk.customer, NEW)


def test_the_answer_is_the_same_for_every_address(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    desk.stranger.active = False
    session.add(
        Address(user_id=desk.agent.id, address="x@y.example", folded="x@y.example", verified=False)
    )
    client = signed_in(None)
    answers = {
        ask(client, address)
        for address in (
            desk.customer.address,
            "nobody@maple.example",
            desk.stranger.address,
            "x@y.example",
            "not an address",
        )
    }
    assert len(answers) == 1
    assert mails(session) == 1


def test_a_link_works_once_and_only_its_hash_is_kept(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    client = signed_in(None)
    ask(client, desk.customer.address)
    path = last_mail(session)[1]
    secret = path.rsplit("/", 1)[1]
    token = session.scalars(select(Token)).one()
    assert len(token.token_hash) == 32
    assert secret.encode() not in token.token_hash
    session.commit()
    assert choose(client, path) == 303
    client.get(path)
    for answer in (client.get("/link"), client.send("/link", password=NEW)):
        assert answer.status_code == 422
        assert VOID in answer.text


def test_a_reset_link_lasts_half_an_hour(
    desk: Desk, signed_in: SignedIn, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(None)
    ask(client, desk.customer.address)
    path = last_mail(session)[1]
    at(monkeypatch, minutes=29)
    client.get(path)
    assert client.get("/link").status_code == 200
    at(monkeypatch, minutes=31)
    assert client.get("/link").status_code == 422
    assert choose(client, path) == 422


def test_three_links_an_hour_and_no_more(desk: Desk, signed_in: SignedIn, session: Session) -> None:
    client = signed_in(None)
    for _ in range(3):
        ask(client, desk.customer.address)
    answer = client.send("/forgotten", address=desk.customer.address)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 3000
    assert mails(session) == 3


def test_guessed_and_broken_links_are_void(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(None)
    assert client.get("/link").status_code == 422
    for guess in ("x", "x" * 43, "%00", "a%2Fb", "é"):
        assert choose(client, f"/link/{guess}") in (422, 303) if "%2F" not in guess else True
        assert VOID in client.get("/link").text


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "12 characters or more"),
        ("password1234", "somebody would guess"),
        ("samuel adeyemi", "your own name"),
        ("x" * 1025, "longer than 1024"),
        ("ab" * 500_000, "longer than 1024"),
    ],
)
def test_a_bad_password_is_refused_with_the_reason(
    desk: Desk, signed_in: SignedIn, session: Session, password: str, reason: str
) -> None:
    client = signed_in(None)
    ask(client, desk.customer.address)
    client.get(last_mail(session)[1])
    answer = client.send("/link", password=password)
    assert answer.status_code == 422
    assert reason in answer.text
    assert choose(client, last_mail(session)[1]) == 303


def test_an_invitation_lasts_three_days(
    desk: Desk, signed_in: SignedIn, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utc_now()
    person = people.create(session, desk.administrator, name="Noor", address="n@m.example", now=now)
    credentials.invite(session, desk.administrator, person, base_url="http://localhost", now=now)
    client = signed_in(None)
    path = last_mail(session)[1]
    at(monkeypatch, hours=71)
    client.get(path)
    assert "Welcome, Noor" in client.get("/link").text
    at(monkeypatch, hours=73)
    assert choose(client, path) == 422
    at(monkeypatch, hours=1)
    assert choose(client, path) == 303
    assert signs_in(client, person, NEW)


def test_an_address_is_ones_own_once_its_link_was_followed(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    client = signed_in(desk.customer)
    answer = client.send("/profile/addresses", address="sam@home.example", password=PASSWORD)
    assert answer.status_code == 303
    recipient, path = last_mail(session)
    assert recipient == "sam@home.example"
    assert people.by_address(session, "sam@home.example") is None
    # Somebody else who gets hold of the link can do nothing with it.
    stranger = signed_in(desk.stranger)
    stranger.get(path)
    assert stranger.get("/link").status_code == 403
    nobody = signed_in(None)
    nobody.get(path)
    assert nobody.get("/link").location == "/login?next=/link"
    client.get(path)
    assert "sam@home.example" in client.get("/link").text
    assert client.send("/link").status_code == 303
    session.commit()
    assert people.by_address(session, "SAM@home.example") == desk.customer
    session.commit()
    client.get(path)
    assert client.send("/link").status_code == 422


def test_somebody_elses_address_is_not_told_from_a_free_one(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    client = signed_in(desk.customer)
    answers = []
    for address in (desk.stranger.address, "free@maple.example"):
        answer = client.send("/profile/addresses", address=address, password=PASSWORD)
        answers.append((answer.status_code, answer.location))
    assert answers[0] == answers[1]
    assert mails(session) == 2


def test_links_are_void_after_the_password_has_changed(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    client = signed_in(None)
    ask(client, desk.customer.address)
    path = last_mail(session)[1]
    now = utc_now() + timedelta(seconds=1)
    people.set_password(session, desk.administrator, desk.customer, "moon river tide", now=now)
    session.commit()
    assert choose(client, path) == 422
