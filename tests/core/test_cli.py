"""The program's commands: what they do, what they print, and with what they end."""

import io
import re
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import worker
from groupware.cli import main
from groupware.database import Database, utc_now
from groupware.mailboxes.models import Mailbox
from groupware.models import Token, User
from groupware.passwords import matches
from groupware.secrets import hash_of
from modules.tasks.models import Task
from tests.factories import Desk
from tests.tasks.ics import SAMPLES, as_bytes

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> None:
    monkeypatch.setenv("GROUPWARE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GROUPWARE_DATABASE_URL", database_url)


def test_people_are_added_listed_and_shut_out(
    session: Session, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough password\n"))
    add = ["user", "add", "--email", "Ada@Example.org", "--name", "Ada", "--password-stdin"]
    assert main([*add, "--permission", "administer"]) == 0
    user = session.scalars(select(User)).one()
    assert matches(user.password_hash, "a long enough password")
    session.commit()
    assert main(["user", "list"]) == 0
    assert capsys.readouterr().out == "Ada@Example.org\tAda\tadminister\tactive\n"
    assert main(["user", "disable", "--email", "ada@example.org"]) == 0
    session.expire_all()
    assert not user.active
    assert user.credential_number == 1
    session.commit()
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough password\n"))
    assert main(add) == 1
    assert capsys.readouterr().err == "groupware: Somebody has this address already.\n"


def test_a_password_that_is_too_short_is_refused(
    desk: Desk, session: Session, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.commit()
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    command = ["user", "password", "--email", desk.agent.address, "--password-stdin"]
    assert main(command) == 1
    assert "12" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO("quite another password\n"))
    assert main(command) == 0
    session.expire_all()
    assert matches(desk.agent.password_hash, "quite another password")


def test_a_token_is_printed_once_and_kept_as_a_hash(
    desk: Desk, session: Session, capsys: Captured
) -> None:
    session.commit()
    assert (
        main(["user", "token", "--email", desk.agent.address, "--scope", "api", "--name", "x"]) == 0
    )
    secret = capsys.readouterr().out.strip()
    token = session.scalars(select(Token)).one()
    assert token.token_hash == hash_of(secret)
    assert (token.kind, token.user_id, token.name) == ("api", desk.agent.id, "x")
    assert len(secret) >= 43


@pytest.mark.parametrize(
    "arguments",
    [
        ["user", "disable", "--email", "nobody@example.org"],
        ["tasks", "export", "No such list"],
        ["tasks", "import", "Clinic software", "/nonexistent.ics"],
        ["verify", "/nonexistent"],
        ["restore", "/nonexistent"],
    ],
)
def test_what_fails_ends_with_1_and_one_clear_line(
    desk: Desk, session: Session, capsys: Captured, arguments: list[str]
) -> None:
    session.commit()
    assert main(arguments) == 1
    told = capsys.readouterr()
    assert re.fullmatch(r"groupware: .+\n", told.err)
    assert told.out == ""


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["user"], ["user", "token", "--email", "x"]]
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_a_list_is_exported_and_brought_in_with_a_report(
    desk: Desk, session: Session, capsys: Captured, tmp_path: Path
) -> None:
    session.commit()
    file, out = tmp_path / "in.ics", tmp_path / "out.ics"
    file.write_bytes(as_bytes(SAMPLES["evolution"]))
    as_agent = ["--as", desk.agent.address]
    for became in ("made", "unchanged"):
        assert main(["tasks", "import", "Clinic software", str(file), *as_agent]) == 0
        line, total = capsys.readouterr().out.splitlines()
        assert line.split("\t")[0] == became
        assert line.split("\t")[3] == "20260301T090000Z-12345-0-1-0@lisbon"
        assert f"1 {became}" in total
    assert main(["tasks", "export", str(desk.list.id), "--output", str(out), *as_agent]) == 0
    assert b"SUMMARY;LANGUAGE=pt:" in out.read_bytes()
    assert main(["tasks", "import", "Clinic software", str(out)]) == 0
    assert "\t#1\t" in capsys.readouterr().out
    file.write_bytes(b"hello")
    assert main(["tasks", "import", "Clinic software", str(file)]) == 1
    assert "no iCalendar file" in capsys.readouterr().err
    assert session.scalars(select(Task.summary)).all() == ["Relatório; “anual”, versão 2"]


def test_who_may_not_write_in_a_list_cannot_by_the_command_line_either(
    desk: Desk, session: Session, capsys: Captured, tmp_path: Path
) -> None:
    session.commit()
    file = tmp_path / "in.ics"
    file.write_bytes(as_bytes(SAMPLES["apple"]))
    command = ["tasks", "import", "Clinic software", str(file), "--as"]
    assert main([*command, desk.reader.address]) == 0
    assert capsys.readouterr().out.startswith("skipped\t-\t")
    assert main([*command, desk.customer.address]) == 1
    assert session.scalars(select(Task)).all() == []


def test_doctor_names_what_is_wrong_and_how_to_mend_it(
    database: Database,
    desk: Desk,
    session: Session,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session.commit()
    assert main(["doctor"]) == 1
    told = capsys.readouterr()
    assert "error   worker: none was alive" in told.out
    assert "warning mail server: none" in told.out
    assert "-> set GROUPWARE_SMTP_URL" in told.out
    assert told.err == "groupware: 1 thing is wrong.\n"
    worker.take_turn(database, worker.ALIVE, worker.BEAT, utc_now())
    assert main(["doctor"]) == 0
    monkeypatch.setenv("GROUPWARE_BASE_URL", "http://desk.example.org")
    monkeypatch.setenv("GROUPWARE_SMTP_URL", "smtp://127.0.0.1:9")
    assert main(["doctor"]) == 1
    told = capsys.readouterr()
    assert "sends passwords in the clear" in told.out
    assert "error   mail server: 127.0.0.1:9 cannot be reached" in told.out
    assert "warning mailboxes: none, so replies go out by mail" in told.out
    failing = Mailbox(name="Help", address="help@x.example", last_error="No.", created_at=utc_now())
    session.add(failing)
    session.commit()
    main(["doctor"])
    told = capsys.readouterr()
    assert "warning mailbox Help: No." in told.out
    assert "mailboxes: none" not in told.out


def test_doctor_survives_a_database_that_is_away(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GROUPWARE_DATABASE_URL", f"sqlite:///{tmp_path}/no/such/folder/x.db")
    assert main(["doctor"]) == 1
    assert "database: it cannot be reached" in capsys.readouterr().out


def test_backup_and_verify_say_what_they_did(
    desk: Desk, session: Session, capsys: Captured, tmp_path: Path
) -> None:
    desk.ticket()
    session.commit()
    folder = tmp_path / "backup"
    assert main(["backup", str(folder)]) == 0
    assert "rows, whole at" in capsys.readouterr().out
    assert main(["verify", str(folder)]) == 0
    assert main(["verify"]) == 0
    (folder / "files.txt").write_text("x")
    assert main(["verify", str(folder)]) == 1
    told = capsys.readouterr()
    assert told.out == "files.txt is missing or damaged.\n"
    assert told.err == "groupware: the backup is not whole: 1 fault.\n"
