"""One's own page: what may be changed there, and what needs the password."""

from datetime import timedelta

import pytest
from babel import Locale
from flask import Flask, g
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.models import Address, WebSession
from groupware.web.words import LOCALES, t_ago
from tests.conftest import Client, SignedIn
from tests.factories import NOON, PASSWORD, Desk

NEW = "quiet harbour lamp"


def manner(**changes: str) -> dict[str, str]:
    usual = {
        "name": "Samuel Adeyemi",
        "time_zone": "Europe/Berlin",
        "locale": "de",
        "theme": "dark",
        "density": "roomy",
        "default_location_id": "",
    }
    return {**usual, **changes}


def test_languages_stand_under_their_own_names_in_their_order() -> None:
    own = {name: Locale.parse(name, sep="-").display_name or "" for name in LOCALES}
    assert {name: text[:1].upper() + text[1:] for name, text in own.items()} == LOCALES
    assert list(LOCALES.values()) == sorted(LOCALES.values())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_this_moment_is_not_still_to_come(app: Flask) -> None:
    with app.app_context():
        g.now = NOON
        told = [t_ago(NOON + timedelta(seconds=each)) for each in (0, -0.4, 0.4, -40, 60)]
    assert told == ["1 second ago"] * 3 + ["40 seconds ago", "in 1 minute"]


def test_name_and_manner_are_saved(desk: Desk, signed_in: SignedIn, session: Session) -> None:
    client = signed_in(desk.customer)
    place = str(desk.location.id)
    form = manner(name="  Samuel\n O. Adeyemi ", default_location_id=place)
    assert client.send("/profile", form).status_code == 303
    session.refresh(desk.customer)
    person = desk.customer
    assert (person.name, person.time_zone, person.theme) == (
        "Samuel O. Adeyemi",
        "Europe/Berlin",
        "dark",
    )
    assert person.default_location_id == desk.location.id
    assert 'data-theme="dark"' in client.get("/profile").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "   "},
        {"name": "x" * 201},
        {"time_zone": "Mars/Olympus"},
        {"locale": "tlh"},
        {"theme": "<script>"},
        {"density": "9"},
        {"default_location_id": "999999"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_is_not_offered_is_refused_and_the_rest_stays_typed(
    desk: Desk, signed_in: SignedIn, session: Session, wrong: dict[str, str]
) -> None:
    client = signed_in(desk.customer)
    answer = client.send("/profile", manner(**wrong))
    assert answer.status_code == 422
    assert "Please check what is marked below." in answer.text
    session.refresh(desk.customer)
    assert desk.customer.time_zone == "UTC"
    if "name" not in wrong:
        assert 'value="Samuel Adeyemi"' in answer.text


def test_a_location_that_one_may_not_use_is_not_offered(desk: Desk, signed_in: SignedIn) -> None:
    elsewhere = desk.make.location(desk.stranger, name="Harbour Road")
    client = signed_in(desk.customer)
    assert "Harbour Road" not in client.get("/profile").text
    form = manner(default_location_id=str(elsewhere.id))
    assert client.send("/profile", form).status_code == 422


def test_the_theme_switch_leads_back(desk: Desk, signed_in: SignedIn, session: Session) -> None:
    client = signed_in(desk.customer)
    client.environ_base["HTTP_REFERER"] = "http://localhost/tickets/my-tickets?q=1"
    answer = client.send("/profile/theme", theme="dark")
    assert (answer.status_code, answer.location) == (303, "/tickets/my-tickets?q=1")
    client.environ_base["HTTP_REFERER"] = "http://evil.example/x"
    assert client.send("/profile/theme", theme="blink").location == "/"
    session.refresh(desk.customer)
    assert desk.customer.theme == "dark"


def test_a_new_password_needs_the_old_one(desk: Desk, signed_in: SignedIn) -> None:
    client, elsewhere = signed_in(desk.customer), signed_in(desk.customer)
    wrong = client.send("/profile/password", old="not this one", new=NEW)
    assert wrong.status_code == 422
    assert "This is not your password." in wrong.text
    common = client.send("/profile/password", old=PASSWORD, new="password1234")
    assert common.status_code == 422
    assert client.send("/profile/password", old=PASSWORD, new=NEW).status_code == 303
    assert client.get("/profile").status_code == 200
    assert elsewhere.get("/profile").status_code == 302
    nobody = signed_in(None)
    assert nobody.send("/login", address=desk.customer.address, password=NEW).status_code == 303


def test_guessing_the_old_password_ends_after_five_tries(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    answers = [
        client.send("/profile/password", old=f"guess {n}", new=NEW).status_code for n in range(6)
    ]
    assert answers == [422] * 5 + [429]


def add(session: Session, desk: Desk, address: str) -> Address:
    row = Address(user_id=desk.customer.id, address=address, folded=address)
    session.add(row)
    session.commit()
    return row


def test_mail_goes_to_the_address_that_is_put_first(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    client, first = signed_in(desk.customer), desk.customer.address
    row = add(session, desk, "sam@home.example")
    assert client.send(f"/profile/addresses/{row.id}/first").status_code == 303
    session.expire_all()
    assert [each.address for each in desk.customer.addresses] == ["sam@home.example", first]


def test_the_last_address_stays(desk: Desk, signed_in: SignedIn, session: Session) -> None:
    client = signed_in(desk.customer)
    first = desk.customer.addresses[0].id
    row = add(session, desk, "sam@home.example")
    assert client.send(f"/profile/addresses/{row.id}/removal").status_code == 303
    assert client.get("/profile").status_code == 200
    assert client.send(f"/profile/addresses/{first}/removal").status_code == 422
    session.expire_all()
    assert len(desk.customer.addresses) == 1


def test_somebody_elses_address_is_not_there(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    other = desk.stranger.addresses[0].id
    for act in ("first", "removal"):
        assert client.send(f"/profile/addresses/{other}/{act}").status_code == 404
        assert client.send(f"/profile/addresses/{2**63}/{act}").status_code == 404


def other_session(session: Session, client: Client) -> str:
    with client.session_transaction() as kept:
        from groupware.secrets import hash_of

        own = hash_of(kept["sid"])
    hashes = session.scalars(select(WebSession.token_hash)).all()
    session.commit()
    return next(each.hex() for each in hashes if each != own)


def test_one_may_sign_out_elsewhere(desk: Desk, signed_in: SignedIn, session: Session) -> None:
    client, elsewhere = signed_in(desk.customer), signed_in(desk.customer)
    assert "This browser" in client.get("/profile").text
    token = other_session(session, client)
    assert signed_in(desk.stranger).send(f"/profile/sessions/{token}/end").status_code == 404
    assert client.send("/profile/sessions/xyz/end").status_code == 404
    assert client.send(f"/profile/sessions/{token}/end").status_code == 303
    assert elsewhere.get("/profile").status_code == 302
    assert client.get("/profile").status_code == 200


def test_signing_out_everywhere_ends_this_session_too(desk: Desk, signed_in: SignedIn) -> None:
    client, elsewhere = signed_in(desk.customer), signed_in(desk.customer)
    assert client.send("/profile/sessions/end").location == "/login"
    assert "signed out everywhere" in client.get("/login").text
    for each in (client, elsewhere):
        assert each.get("/profile").status_code == 302
