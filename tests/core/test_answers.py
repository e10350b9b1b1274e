"""What the edge answers to what it is sent: audiences, methods, sizes, numbers, faults."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.routing import AnyConverter

from groupware import config
from groupware.database import Database
from groupware.models import JournalEntry
from groupware.web.app import create_app
from groupware.web.guard import Number
from groupware.web.request import ANYONE, open_to
from tests.conftest import Client, SignedIn
from tests.factories import Desk

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def routes(app: Flask) -> Iterator[tuple[str, str, Any]]:
    """Each address with a method, filled with some value, and its view."""
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for name, converter in rule._converters.items():
            some = "1" if isinstance(converter, Number) else "x"
            if isinstance(converter, AnyConverter):
                some = min(converter.items)
            path = re.sub(rf"<([^<>]*:)?{name}>", some, path)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, path, app.view_functions[rule.endpoint]


def test_every_view_names_its_audience(app: Flask) -> None:
    assert [path for _, path, view in routes(app) if not hasattr(view, "audience")] == []


CALENDARS = ("/dav", "/principals", "/.well-known/caldav")


def test_a_stranger_is_led_to_sign_in_from_everywhere(
    desk: Desk, app: Flask, signed_in: SignedIn
) -> None:
    client = signed_in(None)
    wrong = []
    for method, path, view in routes(app):
        if method != "GET" or view.audience is ANYONE:
            continue
        answer = client.get(path)
        if path.startswith(("/api/v1", *CALENDARS)):
            fine = answer.status_code == 401
        else:
            fine = answer.status_code == 302 and answer.location.startswith("/login?next=/")
        if not fine:
            wrong.append((path, answer.status_code))
    assert wrong == []


def test_nothing_is_changed_without_the_forms_token(
    desk: Desk, app: Flask, signed_in: SignedIn
) -> None:
    client = signed_in(desk.administrator)
    before = state(desk.session)
    answers = {
        (method, path): client.open(path, method=method).status_code
        for method, path, _ in routes(app)
        if method in UNSAFE
    }
    # A cookie alone opens no calendar, whatever the method.
    expected = {each: 401 if each[1].startswith(CALENDARS) else 403 for each in answers}
    assert answers == expected
    assert state(desk.session) == before
    assert client.get("/profile").status_code == 200


def state(session: Session) -> int:
    found = len(session.scalars(select(JournalEntry.id)).all())
    session.commit()
    return found


def test_a_view_without_an_audience_lets_in_nobody(
    desk: Desk, app: Flask, signed_in: SignedIn
) -> None:
    app.add_url_rule("/forgotten-audience", "bare", lambda: "secret")
    assert signed_in(desk.administrator).get("/forgotten-audience").status_code == 403


def test_methods_that_nobody_takes_are_405(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    for method in ("TRACE", "CONNECT", "PROPFIND", "MOVE", "NONSENSE", "PUT"):
        assert client.open("/login", method=method).status_code == 405, method
    answer = client.get("/logout")
    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)
    override = {"X-HTTP-Method-Override": "DELETE"}
    assert client.get("/profile", headers=override).status_code == 200


def test_head_is_get_without_a_body_and_options_says_what_there_is(
    desk: Desk, signed_in: SignedIn
) -> None:
    client = signed_in(desk.customer)
    head = client.head("/profile")
    assert (head.status_code, head.data) == (200, b"")
    options = signed_in(None).options("/profile")
    assert options.status_code == 200
    assert {"GET", "POST"} <= set(options.headers["Allow"].split(", "))


@pytest.mark.parametrize("number", ["0", "-1", str(2**63), "9" * 40, "1.0", "x", "%D9%A3", "01"])
def test_numbers_that_no_row_can_have_are_not_there(
    desk: Desk, signed_in: SignedIn, number: str
) -> None:
    client = signed_in(desk.administrator)
    missing = client.send("/profile/addresses/9/first")
    answer = client.send(f"/profile/addresses/{number}/first")
    assert (answer.status_code, strip(answer.text)) == (404, strip(missing.text))


def strip(page: str) -> str:
    """A page without its token."""
    return re.sub(r'name="csrf-token" content="[^"]*"', "", page)


def test_what_is_hidden_answers_as_what_is_missing(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    other = desk.stranger.addresses[0].id
    hidden = client.send(f"/profile/addresses/{other}/first")
    missing = client.send("/profile/addresses/987654/first")
    nowhere = client.get("/no/such/page")
    assert hidden.status_code == missing.status_code == nowhere.status_code == 404
    assert strip(hidden.text) == strip(missing.text) == strip(nowhere.text)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../config.py",
        "/static/%2e%2e/config.py",
        "/static/a%00b",
        "/%00",
        "/%ff",
        "/a" * 3000,
    ],
)
def test_odd_addresses_are_not_there(desk: Desk, signed_in: SignedIn, path: str) -> None:
    assert signed_in(desk.customer).get(path).status_code == 404


def test_a_large_form_is_413_and_a_large_body_is_not_read(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    assert client.send("/profile", name="x" * 2_000_000).status_code == 413


def test_text_loses_what_nobody_sees(desk: Desk, signed_in: SignedIn, session: Session) -> None:
    client = signed_in(desk.customer)
    form = {
        "name": "Sa\0mu\u202eel \U0001f98a \u0645\u0631\u064a\u0645\u200d",
        "time_zone": "UTC", "locale": "en", "theme": "auto", "density": "cosy",
        "default_location_id": "",
    }  # fmt: skip
    assert client.send("/profile", form).status_code == 303
    session.refresh(desk.customer)
    assert desk.customer.name.startswith("Samuel \U0001f98a \u0645")


def raising(app: Flask, error: Exception) -> None:
    @open_to(ANYONE)
    def broken() -> str:
        raise error

    app.add_url_rule("/broken", "broken", broken)


def test_a_fault_shows_a_number_and_no_more(
    desk: Desk, app: Flask, signed_in: SignedIn, caplog: pytest.LogCaptureFixture
) -> None:
    raising(app, RuntimeError("the secret is 42"))
    answer = signed_in(desk.customer).get("/broken")
    assert answer.status_code == 500
    number = re.search(r"<code>([0-9a-f]{8})</code>", answer.text)
    assert number is not None
    assert "secret" not in answer.text
    assert f"fault {number[1]} in broken" in caplog.text


def test_a_fault_in_an_api_is_a_problem_report(desk: Desk, app: Flask, signed_in: SignedIn) -> None:
    raising(app, RuntimeError("x"))
    answer = signed_in(None).get("/broken", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert answer.get_json()["status"] == 500


def test_a_busy_database_is_503_and_to_be_tried_again(
    desk: Desk, app: Flask, signed_in: SignedIn
) -> None:
    raising(app, OperationalError("SELECT 1", {}, Exception("database is locked")))
    answer = signed_in(desk.customer).get("/broken")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "data-theme" not in answer.text or desk.customer.theme in answer.text


def test_without_its_database_the_desk_says_so(settings: config.Settings, desk: Desk) -> None:
    desk.session.commit()
    gone = Database("postgresql+psycopg://desk@127.0.0.1:1/none?connect_timeout=1")
    app = create_app(settings, gone)
    client = Client(app, app.response_class)
    answer = client.get("/login")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert client.get("/healthz").status_code == 200
    gone.engine.dispose()


def test_a_suffix_that_makes_a_page_look_like_a_file_is_not_there(
    desk: Desk, signed_in: SignedIn
) -> None:
    client = signed_in(desk.customer)
    ticket = desk.ticket()
    desk.session.commit()
    for path in (f"/tickets/view/{ticket.id}/x.css", "/profile/x.css", "/support/x.js"):
        assert client.get(path).status_code == 404, path


def test_fields_that_a_form_does_not_have_are_ignored(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    client = signed_in(desk.customer)
    form = {
        "name": "Samuel", "time_zone": "UTC", "locale": "en", "theme": "auto", "density": "cosy",
        "default_location_id": "", "active": "", "credential_number": "9", "id": "1",
        "permissions": "administer", "password_hash": "x",
    }  # fmt: skip
    before = desk.customer.password_hash
    assert client.send("/profile", form).status_code == 303
    session.refresh(desk.customer)
    assert (desk.customer.active, desk.customer.credential_number) == (True, 0)
    assert desk.customer.password_hash == before
