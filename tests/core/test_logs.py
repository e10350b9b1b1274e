"""Logs: a line for each request and each act, whatever is in it, and no secret."""

import json
import logging

import pytest
from sqlalchemy.orm import Session

from groupware import journal, logs
from groupware.web.access_log import masked
from tests.conftest import SignedIn
from tests.factories import NOON, Desk


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
