"""What no page or program of ours would send is answered, and never with a fault of ours."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from groupware import tokens
from groupware.models import TokenKind
from modules.tasks import fields
from modules.tasks.fields import FieldKind, managing
from tests.conftest import SignedIn
from tests.factories import Desk, Make

BEYOND = (2**31, 2**63, 10**30, -1, 0)
Ask = Callable[..., TestResponse]


@pytest.fixture
def ask(app: Flask, desk: Desk, make: Make, session: Session) -> Ask:
    """The API with a manager's token."""
    secret = tokens.give(session, None, desk.manager, TokenKind.API, name="", now=make.now)
    session.commit()
    client = app.test_client()
    headers = {"Authorization": f"Bearer {secret}", "If-Match": "*"}
    return lambda method, path, **sent: client.open(
        f"/api/v1{path}", method=method, headers=headers, **sent
    )


def cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def test_a_cursor_holds_nothing_that_no_database_keeps(ask: Ask) -> None:
    tries = [("\0", 1), ("\ud800", 1), *(("a", each) for each in BEYOND[:3]), (1, 1), ("a",), ()]
    for values in tries:
        for noun in ("users", "task-lists", "locations"):
            answer = ask("GET", f"/{noun}?cursor={cursor(*values)}")
            assert answer.status_code == 400, (noun, values)


def test_a_number_that_nobody_has_names_nobody(
    ask: Ask, desk: Desk, make: Make, session: Session
) -> None:
    wish = managing.Wish(name="Who", kind=FieldKind.PERSON)
    managing.add(session, desk.manager, desk.list, wish, now=make.now)
    ticket = desk.ticket()
    session.commit()
    for number in BEYOND:
        answer = ask("PATCH", f"/tickets/{ticket.id}", json={"custom": {"who": number}})
        assert answer.status_code == 422, number
        assert "custom_who" in answer.get_json()["errors"]
    session.refresh(ticket)
    assert fields.read(session, ticket, public=False) == {"who": None}


def test_what_a_macro_sets_is_text_that_can_be_kept_and_its_refusal_is_told(
    ask: Ask, desk: Desk, session: Session
) -> None:
    ticket = desk.ticket()
    session.commit()
    for said in ("\ud800", "\0", {"b": ["\ud800"]}):
        made = ask("POST", "/macros", json={"name": "M", "steps": {"custom": {"\ud800a": said}}})
        assert made.status_code == 201, said
        assert not re.search(r"\\u(0000|d800)", made.text)
        run = ask("POST", f"/tickets/{ticket.id}/macros", json={"macro": made.get_json()["id"]})
        assert run.status_code == 422, "there is no such field"
        assert "There is no field" in run.get_json()["detail"]


def test_numbers_and_addresses_that_lead_nowhere_are_no_fault(
    signed_in: SignedIn, desk: Desk
) -> None:
    browser = signed_in(desk.administrator)
    ticket = desk.ticket()
    desk.make.session.commit()
    here = f"/support/tickets/{ticket.id}"
    for number in (
        "-99999999999999999999",
        "-9223372036854775809",
        "99999999999999999999",
        "\u00b2",
    ):
        for page in ("/settings/quarantine", "/settings/mail/outgoing", f"{here}/files"):
            assert browser.get(page, query_string={"before": number}).status_code == 200, page
        assert browser.get("/support", query_string={"view": number}).status_code < 500
    for nonsense in ("http://[", "http://[::1", "//", "http://localhost:99999999/"):
        assert browser.get(here, headers={"Referer": nonsense}).status_code == 200
        foreign = browser.post("/profile/theme", headers={"Origin": nonsense})
        assert foreign.status_code == 403, nonsense
        token = browser.get("/csrf").get_json()["csrf_token"]
        themed = browser.post(
            "/profile/theme",
            data={"csrf_token": token, "theme": "dark"},
            headers={"Referer": nonsense, "Sec-Fetch-Site": "same-origin"},
        )
        assert (themed.status_code, themed.location) == (303, "/"), nonsense


def test_no_way_back_leads_elsewhere_or_carries_a_line_end(signed_in: SignedIn, desk: Desk) -> None:
    browser = signed_in(desk.agent)
    ticket = desk.ticket()
    desk.make.session.commit()
    board = f"/support/board/{ticket.id}"
    hostile = (
        "/support/board\r\nX: y", "/support/board\t//evil.example", "//evil.example/support/board",
        "/support?x=\ry", "/support?x=\ny", "/\\evil.example", "https://evil.example/support",
    )  # fmt: skip
    for back in hostile:
        moved = browser.send(board, status="open", back=back)
        assert (moved.status_code, moved.location) == (303, "/support/board"), back
        done = browser.send("/support/bulk", ids=str(ticket.id), do="status open", view=back)
        assert done.status_code == 303
        assert done.location.startswith("/support?bulk="), back
        left = browser.get(f"/support/tickets/{ticket.id}/next", query_string={"from": back})
        assert (left.status_code, left.location) == (303, "/support"), back
