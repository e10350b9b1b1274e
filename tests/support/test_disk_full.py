"""A full disk, as SQLite tells it: pages are read, nothing is half done, it goes on by itself."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from groupware.cli import main
from groupware.config import Settings
from groupware.database import Database
from groupware.mailboxes.models import InboundMail, Mailbox
from modules.tasks.mail.models import Intake
from modules.tasks.models import Comment, Task
from tests.conftest import SignedIn
from tests.factories import Desk
from tests.mailing import ADDRESS, mail

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SENDER = "somebody@else.example"
LONG = "The printer eats paper. " * 4000


@contextmanager
def full(database: Database) -> Iterator[None]:
    """The database's file grows by no page while this lasts, whoever opens it."""

    def bound(connection: Any, _record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    database.engine.dispose()
    event.listen(Engine, "connect", bound)
    try:
        yield
    finally:
        event.remove(Engine, "connect", bound)
        database.engine.dispose()


def test_a_full_disk_stops_writing_alone(
    desk: Desk,
    signed_in: SignedIn,
    database: Database,
    session: Session,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ticket = desk.ticket()
    agent: Any = signed_in(desk.agent)
    page = f"/support/tickets/{ticket.id}"
    changed = session.get_one(Task, ticket.id).revision
    with full(database):
        assert agent.get("/support").status_code == 200
        assert agent.get(page).status_code == 200
        answer = agent.send(f"{page}/comments", kind="reply", body=LONG)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "disk" not in answer.text
        assert "database or disk is full" in caplog.text
        assert agent.get(page).status_code == 200
    session.expire_all()
    assert session.scalars(select(Comment)).all() == []
    assert session.get_one(Task, ticket.id).revision == changed
    session.rollback()
    assert agent.send(f"{page}/comments", kind="reply", body=LONG).status_code == 303
    assert len(session.scalars(select(Comment)).all()) == 1


def test_mail_waits_outside_while_the_disk_is_full(
    desk: Desk,
    database: Database,
    session: Session,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mailbox = Mailbox(name="Support", address=ADDRESS, created_at=desk.make.now)
    session.add(mailbox)
    session.flush()
    session.add(Intake(mailbox_id=mailbox.id, task_list_id=desk.list.id))
    session.commit()
    monkeypatch.setenv("GROUPWARE_DATA", str(settings.data))
    monkeypatch.setenv("GROUPWARE_DATABASE_URL", settings.database_url)

    def ingest(raw: bytes) -> int:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))
        return main(["mail", "ingest", "--mailbox", ADDRESS])

    last = mail(desk.customer, LONG, subject="At last")
    taken = 0
    with full(database):
        while (code := ingest(mail(SENDER, LONG, subject=f"{taken} {LONG[:900]}"))) == 0:
            taken += 1
            assert taken < 200, "the journal never filled up"
    assert code == 75
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["outcome"] for line in said} <= {"ticket", "waiting"}
    assert len(session.scalars(select(InboundMail)).all()) == taken
    session.rollback()
    assert ingest(last) == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "ticket"


def test_a_mail_that_is_not_in_the_journal_is_never_called_taken(
    desk: Desk,
    database: Database,
    session: Session,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    session.add(Mailbox(name="Support", address=ADDRESS, created_at=desk.make.now))
    session.commit()
    with database.writing() as writing:  # an error that is none of being away, locked or full
        writing.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON inbound_mail"
                " BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        )
    monkeypatch.setenv("GROUPWARE_DATA", str(settings.data))
    monkeypatch.setenv("GROUPWARE_DATABASE_URL", settings.database_url)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(mail(SENDER, LONG))))
    assert main(["mail", "ingest", "--mailbox", ADDRESS]) == 75
    assert "refused" in capsys.readouterr().err
