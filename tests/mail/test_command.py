"""`groupware mail parse`: the names that scripts rely on; `ingest`: what it answers a mail server."""

import io
import json
import sys
from pathlib import Path

import pytest

from groupware.cli import main
from tests.mail.read import FOLDER

KEYS = {
    "message_id", "date", "subject", "from_email", "from_name", "to", "cc", "text", "html",
    "reply_text", "attachments", "auto", "bounce", "problems",
}  # fmt: skip


def test_each_mail_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["reply_gmail", "file_name_in_raw_utf8", "bounce_rfc3464"]

    status = main(["mail", "parse", *(str(FOLDER / f"{name}.eml") for name in names)])
    reply, file, bounce = map(json.loads, capsys.readouterr().out.splitlines())

    assert status == 0
    assert set(reply) >= KEYS
    assert reply["message_id"] == "m1@example.org"
    assert reply["date"] == "2026-03-03T08:15:00+00:00"
    assert (reply["from_email"], reply["from_name"]) == ("ann@example.org", "Ann Berg")
    assert reply["to"] == ["desk@example.net"]
    assert reply["reply_text"] == "Yes, it is on."
    assert reply["bounce"] is None
    assert reply["auto"] is False
    assert file["attachments"] == [
        {
            "filename": "Größe.pdf",
            "content_type": "application/pdf",
            "size": 4,
            "md5": "bfa4b10a76324b166cfdad5e02a63730",
            "inline": False,
            "content_id": "",
        }
    ]
    assert bounce["auto"] is True
    assert bounce["bounce"]["recipients"][1] == {
        "recipient": "bob@example.org",
        "status": "4.4.1",
        "action": "delayed",
    }


def test_without_a_name_it_reads_what_comes_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Subject: piped\n\nx")))

    assert main(["mail", "parse"]) == 0
    assert json.loads(capsys.readouterr().out)["subject"] == "piped"


def test_a_file_that_is_not_there_is_named_and_the_others_are_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = main(["mail", "parse", "/nowhere.eml", str(FOLDER / "reply_gmail.eml")])
    told = capsys.readouterr()

    assert status == 1
    assert told.err == "groupware: /nowhere.eml: No such file or directory\n"
    assert json.loads(told.out)["subject"] == "Re: x"


@pytest.mark.parametrize("there", [b"no database at all", b""], ids=["no_database", "empty"])
def test_whatever_is_wrong_whoever_pipes_a_mail_in_keeps_it(
    there: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "groupware.db").write_bytes(there)
    monkeypatch.setenv("GROUPWARE_DATA", str(tmp_path))
    monkeypatch.delenv("GROUPWARE_DATABASE_URL", raising=False)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Subject: piped\n\nx")))

    assert main(["mail", "ingest", "--mailbox", "support@desk.example"]) == 75
    said = capsys.readouterr()
    assert not said.out
    assert said.err.startswith("groupware: try again later: ")
    assert said.err.count("\n") == 1
