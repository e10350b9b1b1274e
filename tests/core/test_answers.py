"""What the edge answers to what it is sent: hosts, origins, methods, sizes, numbers, faults."""

import importlib.metadata
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.routing import AnyConverter

from groupware import config, journal, logs
from groupware.database import Database
from groupware.models import JournalEntry
from groupware.web.access_log import masked
from groupware.web.app import create_app
from groupware.web.guard import Number, knows
from groupware.web.proxies import TrustedProxies
from groupware.web.request import ANYONE, open_to
from tests.conftest import Client, SignedIn
from tests.factories import NOON, PASSWORD, Desk

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


def test_a_stranger_is_led_to_sign_in_from_everywhere(
    desk: Desk, app: Flask, signed_in: SignedIn
) -> None:
    client = signed_in(None)
    wrong = []
    for method, path, view in routes(app):
        if method != "GET" or view.audience is ANYONE:
            continue
        answer = client.get(path)
        if path.startswith("/api"):
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
        if method in UNSAFE and not path.startswith("/api")
    }
    assert {each: code for each, code in answers.items() if code != 403} == {}
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


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
)
def test_another_sites_form_is_refused_even_with_a_token(
    desk: Desk, signed_in: SignedIn, headers: dict[str, str]
) -> None:
    client = signed_in(desk.customer)
    token = client.get("/csrf").get_json()["csrf_token"]
    answer = client.post(
        "/profile/theme", data={"csrf_token": token, "theme": "dark"}, headers=headers
    )
    assert answer.status_code == 403
    assert "The form has expired. Reload and send again." in answer.text
    own = {"Origin": "http://localhost"}
    assert client.post("/profile/theme", data={"csrf_token": token}, headers=own).status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "[::1", "a b"])
def test_an_unknown_host_is_400(desk: Desk, signed_in: SignedIn, host: str) -> None:
    client = signed_in(None)
    assert client.get("/login", headers={"Host": host}).status_code == 400


def test_the_base_urls_host_is_known_and_loopback_only_on_loopback(
    settings: config.Settings,
) -> None:
    outside = replace(settings, base_url="https://desk.example.org")
    assert knows(outside, "desk.example.org:443")
    assert knows(outside, "DESK.example.org")
    assert not knows(outside, "localhost")
    assert not knows(outside, "127.0.0.1:8000")
    inside = replace(settings, base_url="http://127.0.0.1:8000")
    assert all(knows(inside, host) for host in ("localhost:8000", "127.0.0.1", "[::1]:8000"))
    assert not knows(inside, "desk.example.org")


def test_links_in_mail_never_follow_the_host_header(settings: config.Settings) -> None:
    assert settings.base_url == "http://localhost"


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


def test_pages_carry_their_guards(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    for path in ("/profile", "/no/such/page", "/login"):
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"
        assert policy["form-action"] == policy["connect-src"] == "'self'"


def test_pages_hold_no_style_or_script_of_their_own(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.agent)
    for path in ("/profile", "/support", "/no/such/page"):
        page = client.get(path).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page), path


def test_on_https_the_cookie_is_bound_to_the_host(
    settings: config.Settings, database: Database, desk: Desk
) -> None:
    desk.session.commit()
    app = create_app(replace(settings, base_url="https://desk.example.org"), database)
    client = Client(app, app.response_class)
    answer = client.get("/login", base_url="https://desk.example.org")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


def test_on_plain_http_the_cookie_has_no_prefix(desk: Desk, signed_in: SignedIn) -> None:
    cookie = signed_in(None).get("/login").headers["Set-Cookie"]
    assert cookie.startswith("session=")
    assert {"HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def forwarded(trusted: tuple[str, ...], remote: str, **headers: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    environ = {
        "REMOTE_ADDR": remote, "HTTP_HOST": "desk.example.org", "wsgi.url_scheme": "http",
        **{f"HTTP_X_FORWARDED_{name.upper()}": value for name, value in headers.items()},
    }  # fmt: skip
    TrustedProxies(lambda environ, _: seen.update(environ), trusted)(environ, None)
    return seen


def test_only_listed_proxies_are_believed() -> None:
    proxies = ("10.0.0.0/8", "::1")
    told = {"for": "6.6.6.6, 203.0.113.7, 10.1.1.1", "proto": "https", "host": "x, a.example"}
    seen = forwarded(proxies, "10.0.0.1", **told)
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"], seen["HTTP_HOST"]) == (
        "203.0.113.7",
        "https",
        "a.example",
    )
    stranger = forwarded(proxies, "198.51.100.9", **told)
    assert (stranger["REMOTE_ADDR"], stranger["wsgi.url_scheme"]) == ("198.51.100.9", "http")
    assert not any(name.startswith("HTTP_X_FORWARDED") for name in {**seen, **stranger})
    assert forwarded(proxies, "::1", **{"for": "[2001:db8::1]:99"})["REMOTE_ADDR"] == "2001:db8::1"
    assert forwarded(proxies, "::1", **{"for": "junk"})["REMOTE_ADDR"] == "::1"
    assert forwarded((), "10.0.0.1", **told)["REMOTE_ADDR"] == "10.0.0.1"


def test_security_txt_names_a_contact_for_less_than_a_year(desk: Desk, signed_in: SignedIn) -> None:
    from datetime import UTC, datetime, timedelta

    answer = signed_in(None).get("/.well-known/security.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"].startswith("mailto:")
    expires = datetime.fromisoformat(fields["Expires"])
    assert timedelta(0) < expires - datetime.now(UTC) < timedelta(days=365)


def test_a_request_is_one_line_without_its_secrets(
    desk: Desk, signed_in: SignedIn, caplog: pytest.LogCaptureFixture
) -> None:
    client = signed_in(desk.customer)
    secret = "Zx9-" * 10 + "abc"
    with caplog.at_level("INFO", logger="groupware.access"):
        caplog.clear()
        client.get(f"/link/{secret}?q=private")
    (line,) = [each.getMessage() for each in caplog.records if each.name == "groupware.access"]
    assert line.startswith("GET /link/*** 303 ")
    assert f"user={desk.customer.id}" in line
    assert "private" not in line
    assert masked("/tickets/view/12") == "/tickets/view/12"


def test_a_log_entry_is_one_line_whatever_is_in_it() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 1, 'a\n{"b": "c"}\r', (), None)
    assert logs.Line().format(record).count("\n") == 0
    record.fields = {"status": 200}
    line = logs.Json().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == 'a\n{"b": "c"}\r'
    assert json.loads(line)["status"] == 200


def test_acts_are_logged_once_they_are_kept(
    desk: Desk, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    session.commit()
    with caplog.at_level("INFO", logger="groupware.journal"):
        journal.record(session, "undone", "thing", 1, actor=desk.agent, at=NOON)
        session.rollback()
        half = session.begin_nested()
        journal.record(session, "half", "thing", 2, actor=desk.agent, at=NOON)
        session.flush()
        half.rollback()
        with session.begin_nested():
            journal.record(session, "done", "thing", 3, actor=desk.agent, at=NOON)
        assert caplog.text == ""
        session.commit()
    assert [each.getMessage() for each in caplog.records] == [
        f"done thing 3 by user {desk.agent.id}"
    ]


FLOORS = {
    "flask": (3, 1, 3),
    "werkzeug": (3, 1, 9),
    "flask-wtf": (1, 3, 0),
    "wtforms": (3, 3, 2),
    "sqlalchemy": (2, 1, 9),
    "argon2-cffi": (25, 1),
    "nh3": (0, 3, 8),
    "icalendar": (7, 2, 1),
    "gunicorn": (27, 0, 1),
    "jinja2": (3, 1, 6),
    "markdown-it-py": (4, 1),
}


@pytest.mark.parametrize("name", FLOORS)
def test_no_library_is_older_than_its_last_known_hole(name: str) -> None:
    found = re.findall(r"\d+", importlib.metadata.version(name))
    assert tuple(map(int, found))[: len(FLOORS[name])] >= FLOORS[name]


def test_a_password_page_takes_password_managers_and_pasting(
    desk: Desk, signed_in: SignedIn
) -> None:
    page = signed_in(None).get("/login").text
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert PASSWORD not in page
