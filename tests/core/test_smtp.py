"""Handing mail to a server: what each of its answers means, and that TLS is verified."""

import socket
import socketserver
import ssl
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import outbox, smtp
from groupware.config import BadSettings, read
from groupware.database import Database
from groupware.models import Delivery, OutboundMail
from groupware.outbox import Mail, Refused, Uncertain
from tests import mailservers
from tests.factories import NOON

MAIL = Mail(
    "sam@maple.example", b"To: sam@maple.example\r\nSubject: x\r\n\r\nhi\r\n.dot\r\n..two\r\n"
)


class Sink(socketserver.ThreadingTCPServer):
    """A mail server that follows a script: answers by command, and keeps what it was given."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.tls = tls
        self.answers: dict[str, str] = {}
        self.heard: list[str] = []
        self.mails: list[bytes] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Talk(socketserver.StreamRequestHandler):
    server: Sink

    def handle(self) -> None:
        with suppress(OSError), closing(self):
            self.talk()

    def close(self) -> None:
        self.wfile.close()
        self.rfile.close()
        self.connection.close()

    def talk(self) -> None:
        self.say("220 hello")
        while line := self.rfile.readline().decode().strip():
            self.server.heard.append(line)
            command = line.split()[0].upper()
            answer = self.server.answers.get(command)
            if answer == "hang up":
                return
            if answer:
                self.say(answer)
            elif command == "EHLO":
                self.say("250-hi")
                self.say("250-STARTTLS" if self.server.tls else "250-SIZE")
                self.say("250-DSN")
                self.say("250 AUTH PLAIN XOAUTH2")
            elif command == "STARTTLS":
                self.say("220 go")
                assert self.server.tls is not None
                self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile = (
                    self.connection.makefile("rb"),
                    self.connection.makefile("wb"),
                )
            elif command == "AUTH":
                self.say("235 welcome")
            elif command == "DATA":
                self.say("354 go on")
                if not self.data():
                    return
            elif command == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def data(self) -> bool:
        content = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            content += line
        self.server.mails.append(content)
        answer = self.server.answers.get("END", "250 taken")
        if answer == "hang up":
            return False
        self.say(answer)
        return True

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")
        self.wfile.flush()


@pytest.fixture
def sink() -> Iterator[Sink]:
    server = Sink()
    yield server
    server.shutdown()
    server.server_close()


def sender(sink: Sink, scheme: str = "smtp", extra: str = "") -> Callable[[Mail], object]:
    return smtp.transport(
        smtp.server_at(f"{scheme}://127.0.0.1:{sink.port}{extra}", "desk.example")
    )


def test_a_mail_arrives_with_its_sender_and_its_dots(sink: Sink) -> None:
    sender(sink, extra="?from=support@desk.example&name=Maple+S%C3%BCpport")(MAIL)
    (content,) = sink.mails
    head, _, body = content.partition(b"\r\n\r\n")
    assert head.startswith(b"From: =?utf-8?q?Maple_S=C3=BCpport?= <support@desk.example>\r\n")
    assert body == b"hi\r\n..dot\r\n...two\r\n", "dots are doubled on the way"
    assert "mail FROM:<>" in sink.heard[1]
    assert sink.heard[2] == "rcpt TO:<sam@maple.example>"


@pytest.mark.parametrize(
    ("answers", "for_good"),
    [
        ({"RCPT": "550 no such user"}, True),
        ({"RCPT": "451 later"}, False),
        ({"MAIL": "552 too much"}, True),
        ({"MAIL": "421 closing"}, False),
        ({"DATA": "554 no"}, True),
        ({"END": "451 full"}, False),
        ({"END": "554 spam"}, True),
        ({"RCPT": "hang up"}, False),
        ({"EHLO": "hang up"}, False),
        ({"DATA": "hang up"}, False),
    ],
)
def test_4xx_is_for_now_and_5xx_for_good(
    sink: Sink,
    answers: dict[str, str],
    for_good: bool,  # noqa: FBT001
) -> None:
    sink.answers = answers
    with pytest.raises(Refused) as refused:
        sender(sink)(MAIL)
    assert refused.value.for_good == for_good


def test_a_connection_lost_after_the_mail_leaves_it_uncertain(sink: Sink) -> None:
    sink.answers = {"END": "hang up"}
    with pytest.raises(Uncertain):
        sender(sink)(MAIL)


def test_a_server_that_hangs_up_on_goodbye_has_taken_the_mail(sink: Sink) -> None:
    sink.answers = {"QUIT": "hang up"}
    sender(sink)(MAIL)
    assert len(sink.mails) == 1


def test_a_wrong_password_fails_no_mail_for_good(sink: Sink) -> None:
    sink.answers = {"AUTH": "535 wrong"}
    url = f"smtp://user:wrong@127.0.0.1:{sink.port}"
    with pytest.raises(Refused) as refused:
        smtp.transport(smtp.server_at(url, "desk.example"))(MAIL)
    assert not refused.value.for_good
    assert "535" in str(refused.value)


def test_reports_are_asked_for_where_the_server_knows_how(sink: Sink) -> None:
    mail = Mail("sam@maple.example", MAIL.message, envelope="support+b7.abc@desk.example")
    sender(sink)(mail)
    assert sink.heard[1] == (
        "mail FROM:<support+b7.abc@desk.example> ENVID=support+2Bb7.abc@desk.example RET=HDRS"
    )
    assert sink.heard[2] == "rcpt TO:<sam@maple.example> NOTIFY=FAILURE,DELAY"


def test_a_token_signs_in_instead_of_a_password(sink: Sink) -> None:
    server = smtp.server_at(f"smtp://sam@127.0.0.1:{sink.port}", "desk.example")
    smtp.transport(replace(server, bearer="t0ken"))(MAIL)
    said = next(each for each in sink.heard if each.startswith("AUTH XOAUTH2"))
    assert b64decode(said.split()[2]) == b"user=sam\x01auth=Bearer t0ken\x01\x01"
    assert len(sink.mails) == 1


def test_451_three_times_then_taken(sink: Sink, database: Database, session: Session) -> None:
    outbox.put(session, to="sam@maple.example", subject="x", text="y", now=NOON)
    session.commit()
    sink.answers = {"RCPT": "451 later"}
    clock = NOON
    for tries in (1, 2, 3):
        assert outbox.sweep(database, sender(sink), lambda: clock) == 1  # noqa: B023
        with database.reading() as reading:
            row = reading.scalars(select(OutboundMail)).one()
        assert (row.state, row.tries) == (Delivery.WAITING, tries)
        clock = row.due_at
    sink.answers = {}
    outbox.sweep(database, sender(sink), lambda: clock)
    with database.reading() as reading:
        row = reading.scalars(select(OutboundMail)).one()
    assert row.state == Delivery.SENT
    assert [said for _, said in row.log] == ["451 later"] * 3 + ["The server took it."]
    assert len(sink.mails) == 1


def test_a_server_that_is_away_holds_up_nobody_else_s_mail(
    database: Database, session: Session
) -> None:
    for number in range(20):
        row = outbox.put(session, to=f"p{number}@maple.example", subject="x", text="y", now=NOON)
        row.mailbox_id = number % 2
    session.commit()
    asked: list[int | None] = []

    def server(mail: Mail) -> None:
        asked.append(mail.mailbox_id)
        if mail.mailbox_id == 0:
            raise Refused("nobody there", unreachable=True)

    assert outbox.sweep(database, server, lambda: NOON) == 20
    assert (asked.count(0), asked.count(1)) == (1, 10)


def test_nobody_listening_is_for_now() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(Refused) as refused:
        smtp.transport(smtp.server_at(f"smtp://127.0.0.1:{port}", "x"))(MAIL)
    assert not refused.value.for_good


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mailservers.certificate(tmp_path_factory.mktemp("tls"))


def test_starttls_is_used_and_certificates_are_verified(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert", certificate / "key")
    sink = Sink(context)
    server = smtp.server_at(f"starttls://u:p@127.0.0.1:{sink.port}", "desk.example")
    with pytest.raises(Refused, match="nobody whom this machine trusts") as refused:
        smtp.transport(server)(MAIL)
    assert not refused.value.for_good
    assert sink.mails == []
    assert not any(each.startswith("AUTH") for each in sink.heard), "no password before TLS"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert"))
    smtp.check(server)
    smtp.transport(server)(MAIL)
    assert len(sink.mails) == 1
    with pytest.raises(Refused, match="for another name"):
        smtp.check(replace(server, host="localhost"))
    sink.shutdown()
    sink.server_close()


def test_a_server_without_tls_gets_no_mail_by_starttls(sink: Sink) -> None:
    with pytest.raises(Refused, match="STARTTLS"):
        sender(sink, "starttls")(MAIL)
    assert sink.mails == []


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org", "http://mail.example.org", "smtp://", "smtp://h/path",
        "smtp://user:hushhush@mail.example.org", "smtps://h?frm=a@b.c", "smtps://h?from=a%0d%0aBcc:x@y",
    ],
)  # fmt: skip
def test_a_url_that_names_no_server_stops_the_start(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadSettings, match="GROUPWARE_SMTP_URL") as bad:
        read({"GROUPWARE_DATA": str(tmp_path), "GROUPWARE_SMTP_URL": url})
    assert "hushhush" not in str(bad.value)


def test_settings_do_not_show_their_secrets(tmp_path: Path) -> None:
    settings = read(
        {
            "GROUPWARE_DATA": str(tmp_path),
            "GROUPWARE_SMTP_URL": "smtps://u:hushhush@mail.example.org",
        }
    )
    assert "hushhush" not in repr(settings)
    assert settings.secret_key not in repr(settings)


@pytest.mark.parametrize("url", ["amqp://x", "redis://127.0.0.1", "file:///x"])
def test_a_queue_that_is_not_supported_stops_the_start(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadSettings, match="GROUPWARE_QUEUE_URL"):
        read({"GROUPWARE_DATA": str(tmp_path), "GROUPWARE_QUEUE_URL": url})


def test_debug_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="FLASK_DEBUG"):
        read({"GROUPWARE_DATA": str(tmp_path), "FLASK_DEBUG": "1"})
