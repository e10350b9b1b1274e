"""Programs come with a secret in the header: what it opens, when it opens no more."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import people, tokens
from groupware.models import Attempt, Token, TokenKind, User
from groupware.web import programs
from tests.conftest import SignedIn
from tests.factories import NOON, Desk

ME = "/api/v1/me"


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def given(session: Session, user: User, kind: TokenKind = TokenKind.API) -> str:
    secret = tokens.give(session, user, user, kind, name="a script", now=NOON)
    session.commit()
    return secret


def test_a_secret_is_made_on_the_page_shown_once_and_revoked_there(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    client = signed_in(desk.customer)
    assert client.send("/profile/apps", name="  ", kind="api").status_code == 422
    assert client.send("/profile/apps", name="x", kind="feed").status_code == 422
    answer = client.send("/profile/apps", name="Monthly <report>", kind="dav")
    assert answer.status_code == 201
    assert "no-store" in answer.headers["Cache-Control"]
    token = session.scalars(select(Token)).one()
    assert (token.user_id, token.kind, token.name) == (desk.customer.id, "dav", "Monthly <report>")
    again = client.get("/profile/apps").text
    assert "Monthly &lt;report&gt;" in again
    assert "data-copy" not in again, "the secret is shown once"
    stranger = signed_in(desk.stranger)
    assert stranger.send(f"/profile/apps/{token.id}/revocation").status_code == 404
    assert client.send(f"/profile/apps/{token.id}/revocation").status_code == 303
    session.expire_all()
    assert session.scalar(select(Token)) is None


def test_a_token_opens_the_api_alone_and_is_noticed(
    desk: Desk, app: Flask, session: Session
) -> None:
    client, secret = app.test_client(), given(session, desk.customer)
    assert client.get(ME, headers=bearer(secret)).get_json()["name"] == desk.customer.name
    session.expire_all()
    used = session.scalars(select(Token.used_at)).one()
    assert used is not None
    assert datetime.now(UTC) - used < timedelta(minutes=1)
    # Pages, and secrets of another kind, are not for it.
    assert client.get("/profile", headers=bearer(secret)).status_code == 302
    other = given(session, desk.customer, TokenKind.DAV)
    assert client.get(ME, headers=bearer(other)).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    ["Bearer", "Bearer nonsense", f"Bearer {'x' * 5000}", "Basic YTpi", "nonsense", "Bearer \xe9"],
)
def test_a_wrong_secret_is_401_even_beside_a_session(
    desk: Desk, signed_in: SignedIn, wrong: str
) -> None:
    answer = signed_in(desk.customer).get(ME, headers={"Authorization": wrong})
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_nobody_comes_in_without_or_with_a_token_in_the_address(
    desk: Desk, app: Flask, session: Session
) -> None:
    client, secret = app.test_client(), given(session, desk.customer)
    for path in (ME, f"{ME}?access_token={secret}", f"{ME}?token={secret}"):
        answer = client.get(path)
        assert answer.status_code == 401, path
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert client.post("/api/v1/tickets", json={}).status_code == 401
    assert client.get("/api/docs").status_code == 302


def test_a_token_is_void_with_the_credentials_it_was_given_by(
    desk: Desk, app: Flask, session: Session
) -> None:
    client, secret = app.test_client(), given(session, desk.customer)
    people.void_credentials(session, [desk.customer.id])
    session.commit()
    assert client.get(ME, headers=bearer(secret)).status_code == 401
    second = given(session, desk.customer)
    assert client.get(ME, headers=bearer(second)).status_code == 200
    desk.customer.active = False
    session.commit()
    assert client.get(ME, headers=bearer(second)).status_code == 401


def test_a_session_needs_the_form_token_and_a_bearer_needs_none(
    desk: Desk, signed_in: SignedIn, app: Flask, session: Session
) -> None:
    ticket = desk.ticket()
    path = f"/api/v1/tickets/{ticket.id}/comments"
    client = signed_in(desk.customer)
    assert client.post(path, json={"body": "Hi"}).status_code == 403
    token = {"X-CSRFToken": client.get("/csrf").get_json()["csrf_token"]}
    assert client.post(path, json={"body": "Hi"}, headers=token).status_code == 201
    elsewhere = {**token, "Origin": "https://evil.example"}
    assert client.post(path, json={"body": "Hi"}, headers=elsewhere).status_code == 403
    program = {**bearer(given(session, desk.customer)), "Origin": "https://evil.example"}
    assert app.test_client().post(path, json={"body": "Hi"}, headers=program).status_code == 201


def test_wrong_secrets_are_counted_by_place_and_right_ones_are_not(
    desk: Desk, app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "MOST_WRONG", 2)
    client, secret = app.test_client(), given(session, desk.customer)
    for status in (401, 401, 429):
        answer = client.post("/api/v1/tickets", json={}, headers=bearer("wrong"))
        assert answer.status_code == status
    assert "Retry-After" in answer.headers
    assert client.get(ME, headers=bearer(secret)).status_code == 200
    assert len(session.scalars(select(Attempt)).all()) == 2
