"""Sign-in: who gets in, who waits, and what ends it."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import passwords
from groupware.models import JournalEntry
from tests.conftest import Client, SignedIn
from tests.factories import PASSWORD, Desk

WRONG = "Wrong e-mail or password."


def try_to_sign_in(app: Flask, address: str, password: str, remote: str) -> int:
    client = Client(app, app.response_class)
    client.environ_base = {"REMOTE_ADDR": remote}
    return int(client.send("/login", address=address, password=password).status_code)


def at(monkeypatch: pytest.MonkeyPatch, **later: float) -> None:
    """Let the requests that follow come so much later."""
    from groupware.database import utc_now

    moment = utc_now() + timedelta(**later)
    monkeypatch.setattr("groupware.web.request.utc_now", lambda: moment)


def test_a_page_asks_a_stranger_to_sign_in(desk: Desk, signed_in: SignedIn) -> None:
    answer = signed_in(None).get("/tickets/my-tickets")
    assert (answer.status_code, answer.location) == (302, "/login?next=/tickets/my-tickets")


def test_a_customer_lands_on_their_requests(desk: Desk, signed_in: SignedIn) -> None:
    desk.ticket(subject="The printer jams")
    client = signed_in(desk.customer)
    assert client.get("/").location == "/tickets/my-tickets"
    assert "The printer jams" in client.get("/tickets/my-tickets").text


def test_an_agent_sees_the_queue_of_their_lists(desk: Desk, signed_in: SignedIn) -> None:
    desk.ticket(subject="The printer jams")
    assert "The printer jams" in signed_in(desk.agent).get("/support").text
    assert "The printer jams" not in signed_in(desk.outsider).get("/support").text
    assert signed_in(desk.customer).get("/support").status_code == 403


def test_wrong_unknown_and_disabled_get_one_answer(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    desk.stranger.active = False
    client = signed_in(None)
    tries = [
        (desk.customer.address, "not the password"),
        ("nobody@maple.example", PASSWORD),
        (desk.stranger.address, PASSWORD),
        ("nul\0@maple.example", PASSWORD),
        (desk.customer.address, "x" * 2000),
    ]
    for address, password in tries:
        answer = client.send("/login", address=address, password=password)
        assert answer.status_code == 401, address
        assert WRONG in answer.text


@pytest.mark.slow
@pytest.mark.usefixtures("real_hashes")
def test_an_unknown_address_takes_as_long_as_a_wrong_password(
    desk: Desk, app: Flask, session: Session
) -> None:
    session.commit()

    def took(address: str, remote: str) -> float:
        client = Client(app, app.response_class)
        client.environ_base = {"REMOTE_ADDR": remote}
        client.get("/login")
        began = time.process_time()  # not the clock's: that of a busy machine says little
        client.send("/login", address=address, password="not the password")
        return time.process_time() - began

    took("warm@up.example", "10.0.9.9")
    known = [took(desk.customer.address, f"10.0.1.{number}") for number in range(15)]
    unknown = [took("nobody@maple.example", f"10.0.2.{number}") for number in range(15)]
    ratio = statistics.median(known) / statistics.median(unknown)
    assert 0.6 < ratio < 1.6


def test_five_tries_a_minute_for_an_account_then_wait(
    desk: Desk, app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.commit()
    client = Client(app, app.response_class)
    address = desk.customer.address
    for _ in range(5):
        assert client.send("/login", address=address, password="wrong wrong").status_code == 401
    answer = client.send("/login", address=address.upper(), password=PASSWORD)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 61
    at(monkeypatch, seconds=61)
    assert client.send("/login", address=address, password=PASSWORD).status_code == 303


def test_the_owner_gets_in_from_another_address(desk: Desk, app: Flask, session: Session) -> None:
    session.commit()
    for _ in range(6):
        last = try_to_sign_in(app, desk.customer.address, "wrong wrong", "10.0.0.1")
    assert last == 429
    assert try_to_sign_in(app, desk.customer.address, PASSWORD, "10.0.0.2") == 303


def test_twenty_wrong_tries_a_minute_from_one_address(
    desk: Desk, app: Flask, session: Session
) -> None:
    session.commit()
    answers = [try_to_sign_in(app, f"a{n}@maple.example", "x", "10.0.0.1") for n in range(21)]
    assert answers == [401] * 20 + [429]
    # In IPv6 somebody has a whole network to come from.
    for number in range(20):
        try_to_sign_in(app, f"b{number}@maple.example", "x", f"2001:db8::{number:x}")
    assert try_to_sign_in(app, "c@maple.example", "x", "2001:db8::ffff") == 429
    assert try_to_sign_in(app, "c@maple.example", "x", "2001:db8:0:1::1") == 401


def test_right_passwords_do_not_count(desk: Desk, app: Flask, session: Session) -> None:
    session.commit()
    answers = {try_to_sign_in(app, desk.agent.address, PASSWORD, "10.0.0.1") for _ in range(8)}
    assert answers == {303}


def test_tries_at_the_same_time_are_all_counted(desk: Desk, app: Flask, session: Session) -> None:
    session.commit()
    with ThreadPoolExecutor(12) as pool:
        answers = list(
            pool.map(
                lambda _: try_to_sign_in(app, desk.customer.address, "wrong wrong", "10.0.0.1"),
                range(24),
            )
        )
    assert sorted(answers) == [401] * 5 + [429] * 19


def test_a_forwarded_address_of_a_stranger_is_not_believed(
    desk: Desk, app: Flask, session: Session
) -> None:
    session.commit()
    for number in range(5):
        client = Client(app, app.response_class)
        client.environ_base["HTTP_X_FORWARDED_FOR"] = f"10.9.9.{number}"
        client.send("/login", address=desk.customer.address, password="wrong wrong")
    assert try_to_sign_in(app, desk.customer.address, PASSWORD, "127.0.0.1") == 429


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/support?q=a%20b", "/support?q=a%20b"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\n/evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("", "/"),
    ],
)
def test_sign_in_leads_only_to_this_site(
    desk: Desk, signed_in: SignedIn, target: str, leads_to: str
) -> None:
    client = signed_in(None)
    answer = client.send("/login", address=desk.agent.address, password=PASSWORD, next=target)
    assert (answer.status_code, answer.location) == (303, leads_to)


def test_next_is_carried_by_the_form(desk: Desk, signed_in: SignedIn) -> None:
    page = signed_in(None).get("/login?next=/support%3Fq%3D1").text
    assert 'value="/support?q=1"' in page


def test_at_most_two_passwords_are_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0

    class Counting:
        def verify(self, _kept: str, _password: str) -> bool:
            nonlocal running, most
            running += 1
            most = max(most, running)
            time.sleep(0.02)
            running -= 1
            return True

        def hash(self, _password: str) -> str:
            return "x"

    monkeypatch.setattr(passwords, "_hasher", Counting())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: passwords.matches("kept", "word"), range(16)))
    assert most == 2


def test_nobody_waits_to_write_while_a_password_is_checked(
    desk: Desk, signed_in: SignedIn, session: Session, monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    client = signed_in(desk.customer)
    database = app.extensions["groupware"].database

    def slow(_kept: str | None, _password: str) -> bool:
        with database.writing() as other:  # would time out while the request holds the lock
            other.add(JournalEntry(act="x", entity="x", at=desk.make.now))
        return False

    monkeypatch.setattr("groupware.web.accounts.matches", slow)
    answer = client.send("/login", address=desk.customer.address, password="x")
    assert answer.status_code == 401
    assert session.scalar(select(func.count()).where(JournalEntry.act == "x")) == 1


def test_a_huge_password_is_answered_at_once(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(None)
    began = time.process_time()
    answer = client.send("/login", address=desk.customer.address, password="x" * 1_000_000)
    assert answer.status_code == 401
    assert time.process_time() - began < 1


def test_sign_ins_and_refusals_are_logged_without_secrets(
    desk: Desk, signed_in: SignedIn, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        signed_in(None).send("/login", address=desk.customer.address, password="my secret word")
        signed_in(desk.customer)
    assert f"sign-in refused: user {desk.customer.id}" in caplog.text
    assert f"signed in: user {desk.customer.id}" in caplog.text
    assert "my secret word" not in caplog.text
    assert PASSWORD not in caplog.text
    acts = session.scalars(select(JournalEntry.act).where(JournalEntry.entity == "user")).all()
    assert "signed_in" in acts
