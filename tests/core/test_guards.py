"""Hosts, origins, proxies, headers and cookies: what guards each page."""

import importlib.metadata
import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import config
from groupware.database import Database
from groupware.models import OutboundMail
from groupware.paths import PACKAGE
from groupware.web.app import create_app
from groupware.web.guard import knows
from groupware.web.proxies import TrustedProxies
from tests.conftest import Client, SignedIn
from tests.factories import PASSWORD, Desk


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


def test_links_in_mail_never_follow_the_host_header(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    client = signed_in(None)
    client.environ_base["HTTP_HOST"] = "127.0.0.1"
    client.send("/forgotten", address=desk.customer.address)
    message = session.scalars(select(OutboundMail.message)).one()
    assert b"http://localhost/link/" in message


@pytest.mark.parametrize("name", ["Remote-User", "X-Remote-User", "X-Forwarded-User", "X-User"])
def test_headers_that_claim_an_identity_are_ignored(
    desk: Desk, signed_in: SignedIn, name: str
) -> None:
    client = signed_in(None)
    assert client.get("/profile", headers={name: desk.agent.address}).status_code == 302


def test_only_one_module_calls_text_safe() -> None:
    root = PACKAGE.parent
    files = [
        path
        for folder in ("groupware", "modules", "templates")
        for path in (root / folder).rglob("*")
        if path.suffix in (".py", ".html") and "migrations" not in path.parts
    ]
    safe = re.compile(r"Markup\(|\|\s*safe\b|autoescape\s*=?\s*[Ff]alse")
    found = {str(path.relative_to(root)) for path in files if safe.search(path.read_text())}
    assert found == {"groupware/web/words.py"}


def test_a_part_of_a_form_without_a_name_stands_for_nothing(
    desk: Desk, signed_in: SignedIn
) -> None:
    client = signed_in(desk.customer)
    token = client.get("/csrf").get_json()["csrf_token"]
    body = "".join(
        f"--x\r\nContent-Disposition: form-data{name}\r\n\r\n{text}\r\n"
        for name, text in (
            ("", "stray"),
            ('; name="theme"', "dark"),
            ('; name="csrf_token"', token),
        )
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x", "Sec-Fetch-Site": "same-origin"}
    answer = client.post("/profile/theme", data=f"{body}--x--\r\n", headers=kind)
    assert answer.status_code == 303
    assert 'data-theme="dark"' in client.get("/profile").text
