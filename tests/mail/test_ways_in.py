"""From a real Postfix: by LMTP, and by a pipe that says 75 while the database is away."""

import json
import os
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware.config import Settings
from groupware.database import Database
from groupware.mailboxes.models import InboundMail, Mailbox
from modules.tasks.mail.models import Intake
from modules.tasks.models import Task
from tests import mailservers
from tests.factories import Desk
from tests.mailing import mail
from tests.ports import free_port

DESK = "support@desk.example"
MARKED = "support+t1.aaaaaaaaaaaaaaaa@desk.example"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),  # three programs are started one after the other
    pytest.mark.skipif(
        not mailservers.postfix_is_here(), reason="Postfix is not installed, or root"
    ),
]


@pytest.fixture
def environment(settings: Settings, desk: Desk, session: Session) -> dict[str, str]:
    """A mailbox without a server, and what a program needs to find it."""
    mailbox = Mailbox(name="Support", address=DESK, created_at=desk.make.now)
    session.add(mailbox)
    session.flush()
    session.add(Intake(mailbox_id=mailbox.id, task_list_id=desk.list.id))
    session.commit()
    return {
        **os.environ,
        "GROUPWARE_DATA": str(settings.data),
        "GROUPWARE_DATABASE_URL": settings.database_url,
        "GROUPWARE_BASE_URL": settings.base_url,
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_postfix_hands_over_by_lmtp(environment: dict[str, str], database: Database) -> None:
    port = free_port()
    listener = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "groupware", "mail", "lmtp", "--bind", f"127.0.0.1:{port}"],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        mailservers.listening(port, Path("/nowhere"))
        with smtplib.LMTP("127.0.0.1", port) as client:
            with pytest.raises(smtplib.SMTPRecipientsRefused, match="no mailbox here"):
                client.sendmail("a@b.example", ["nobody@desk.example"], b"Subject: x\r\n\r\nx")
            long = b"Subject: long\r\n\r\n" + b"x" * 5000 + b"\r\n.dot\r\n"
            for recipient in (DESK, MARKED):
                assert client.sendmail("a@b.example", [recipient], long) == {}
        with mailservers.postfix(transport=f"lmtp:inet:127.0.0.1:{port}") as postfix:
            _send(postfix.smtp, mail("who@else.example", "By LMTP."))
            _until(lambda: _journalled(database) == 3)
            _until(lambda: postfix.queued() == 0)
    finally:
        listener.terminate()
        assert listener.wait(60) == 0
    with database.reading() as session:
        rows = session.execute(
            select(InboundMail.recipient, InboundMail.size).order_by(InboundMail.id)
        ).all()
    assert [row.recipient for row in rows] == [
        DESK,
        MARKED,
        DESK,
    ]
    assert rows[0].size > 5000


# The pipe's account may not read this installation, so what Postfix starts asks the test to run
# the command, and ends as that ended.
PIPE = (
    'use IO::Socket::INET; my $s = IO::Socket::INET->new("127.0.0.1:%d") or exit 75;'
    " local $/; my $m = <STDIN>; print $s $m; $s->flush; shutdown($s, 1); my $c = <$s>;"
    " exit(length $c ? $c : 75)"
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_pipe_says_try_again_while_the_database_is_away(
    environment: dict[str, str], database: Database, settings: Settings, tmp_path: Path
) -> None:
    codes: list[int] = []
    lines: list[dict[str, object]] = []
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    away = path.with_name("away")

    def ingest(raw: bytes) -> int:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "groupware", "mail", "ingest", "--mailbox", DESK],
            input=raw, env=environment, capture_output=True, check=False,
        )  # fmt: skip
        codes.append(done.returncode)
        lines.extend(json.loads(line) for line in done.stdout.splitlines())
        return done.returncode

    with _answering(ingest) as port:
        script = tmp_path / "pipe.pl"
        script.write_text(PIPE % port, encoding="ascii")
        tmp_path.chmod(0o755)
        for folder in script.parents[:4]:
            folder.chmod(folder.stat().st_mode | 0o055)
        master = f"desk unix - n n - - pipe\n  flags=DX user=nobody argv=/usr/bin/perl {script}"
        database.engine.dispose()
        path.rename(away)
        path.symlink_to(tmp_path)  # so that it cannot be made anew, and comes back in one step
        with mailservers.postfix(transport="desk:", master=master) as postfix:
            _send(postfix.smtp, mail("who@else.example", "By a pipe."))
            _until(lambda: 75 in codes)
            assert postfix.queued() == 1
            away.replace(path)
            postfix.flush()
            _until(lambda: 0 in codes)
            _until(lambda: postfix.queued() == 0)
    assert set(codes) == {75, 0}
    assert [line["outcome"] for line in lines] == ["ticket"]
    with database.reading() as session:
        assert session.scalars(select(Task.description)).all() == ["By a pipe."]


@contextmanager
def _answering(act: Callable[[bytes], int]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer, peer.makefile("rb") as file:
                    peer.sendall(str(act(file.read())).encode())

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def _send(port: int, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("who@else.example", [DESK], raw)


def _journalled(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count(InboundMail.id))) or 0


def _until(true: Callable[[], bool], seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
