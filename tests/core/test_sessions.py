"""Sessions: begun anew, ended by time, by hand and by a change of credentials."""

import pytest
from markupsafe import escape
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from groupware import people
from groupware.models import Permission, WebSession
from groupware.secrets import hash_of
from modules.tasks.models import Comment
from tests.conftest import Client, SignedIn
from tests.core.test_sign_in import at
from tests.factories import PASSWORD, Desk


def session_id(client: Client) -> str:
    with client.session_transaction() as kept:
        return str(kept.get("sid", ""))


def test_signing_in_gives_a_new_session_and_token(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    old, token = session_id(client), client.get("/csrf").get_json()["csrf_token"]
    again = client.send("/login", address=desk.customer.address, password=PASSWORD)
    assert again.status_code == 303
    new = session_id(client)
    assert new != old
    assert len(new) == 43
    assert client.post("/logout", data={"csrf_token": token}).status_code == 403
    desk.session.expire_all()
    kept = {row.token_hash for row in desk.session.scalars(select(WebSession))}
    assert kept == {hash_of(new)}
    with client.session_transaction() as values:
        values["sid"] = old
    assert client.get("/").location.startswith("/login")


def test_log_out_is_a_post_and_ends_the_session(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    kept = session_id(client)
    assert client.get("/logout").status_code == 405
    assert client.get("/tickets/my-tickets").status_code == 200
    assert client.send("/logout").status_code == 303
    with client.session_transaction() as values:
        values["sid"] = kept
    assert client.get("/tickets/my-tickets").status_code == 302


def test_a_session_ends_after_eight_idle_hours(
    desk: Desk, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(desk.customer)
    at(monkeypatch, hours=7, minutes=50)
    assert client.get("/tickets/my-tickets").status_code == 200
    at(monkeypatch, hours=15, minutes=40)
    assert client.get("/tickets/my-tickets").status_code == 200
    at(monkeypatch, hours=23, minutes=50)
    assert client.get("/tickets/my-tickets").status_code == 302


def test_no_session_lasts_longer_than_a_week(
    desk: Desk, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(desk.customer)
    for hours in range(6, 7 * 24, 6):
        at(monkeypatch, hours=hours)
        assert client.get("/tickets/my-tickets").status_code == 200, hours
    at(monkeypatch, days=7, minutes=1)
    assert client.get("/tickets/my-tickets").status_code == 302


@pytest.mark.parametrize(
    "header", [{"groupware-poll": "1"}, {"Accept": "text/event-stream"}], ids=["poll", "stream"]
)
def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(
    desk: Desk,
    signed_in: SignedIn,
    monkeypatch: pytest.MonkeyPatch,
    header: dict[str, str],
) -> None:
    client = signed_in(desk.customer)
    at(monkeypatch, hours=7)
    assert client.get("/csrf", headers=header).status_code == 200
    at(monkeypatch, hours=9)
    assert client.get("/tickets/my-tickets").status_code == 302


def test_a_new_password_or_being_shut_out_ends_every_session(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    from tests.factories import NOON

    clients = [signed_in(desk.customer), signed_in(desk.customer)]
    other = signed_in(desk.stranger)
    people.set_password(session, desk.administrator, desk.customer, "moon river tide", now=NOON)
    people.deactivate(session, desk.administrator, desk.stranger, now=NOON)
    session.commit()
    for client in (*clients, other):
        assert client.get("/tickets/my-tickets").status_code == 302


def test_a_revoked_right_is_gone_at_the_next_request(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    from groupware.models import Grant

    client = signed_in(desk.agent)
    assert client.get("/support").status_code == 200
    group = people.personal_group(session, desk.agent)
    grant = session.get(Grant, (group.id, Permission.MANAGE_TICKETS))
    session.delete(grant)
    session.commit()
    assert client.get("/support").status_code == 403


@pytest.mark.parametrize("how", ["ended", "another tab signed in", "another site"])
def test_what_was_written_comes_back_from_a_form_that_came_too_late(
    desk: Desk, session: Session, signed_in: SignedIn, how: str
) -> None:
    ticket = desk.ticket()
    session.commit()
    client = signed_in(desk.customer)
    form, text = f"/tickets/view/{ticket.id}", 'An hour\'s words <b>& "more"</b>'
    headers = {"Referer": f"http://localhost{form}", "Sec-Fetch-Site": "same-origin"}
    token = client.get("/csrf").get_json()["csrf_token"]
    if how == "ended":
        session.execute(delete(WebSession))
        session.commit()
    elif how == "another tab signed in":
        client.send("/login", address=desk.customer.address, password=PASSWORD)
    else:
        headers["Sec-Fetch-Site"] = "cross-site"
    fields = {"csrf_token": token, "body": text, "new_password": "not to be shown"}
    answer = client.post(form, data=fields, headers=headers)
    assert answer.status_code == (401 if how == "ended" else 403)
    assert (str(escape(text)) in answer.text) is (how != "another site")
    assert "not to be shown" not in answer.text
    leads = {"ended": f"/login?next={form}", "another tab signed in": form, "another site": "/"}
    assert f'href="{leads[how]}"' in answer.text
    assert list(session.scalars(select(Comment))) == []
