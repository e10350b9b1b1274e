"""Fetching from a real Dovecot, by IMAP and POP3; sign-in with tokens from an endpoint of our own."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from groupware.blobs import Folder
from groupware.database import Database, utc_now
from groupware.mail.ids import Marks
from groupware.mailboxes import collecting, fetching, processing, xoauth2
from groupware.mailboxes.collecting import Ledger, Trouble, account_of
from groupware.mailboxes.fetching import SERVERS, Fetchers, lease
from groupware.mailboxes.models import After, Auth, InboundMail, Mailbox, Protocol, Tls
from groupware.mailboxes.processing import Mailroom
from groupware.sealed import Seal
from modules.tasks.mail.models import Intake
from modules.tasks.models import Task
from tests import mailservers, token_endpoint
from tests.factories import Desk
from tests.mailing import KEY, mail
from tests.mailservers import Dovecot

SEAL = Seal(KEY)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mailservers.certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def dovecot(certificate: Path) -> Iterator[Dovecot]:
    if not mailservers.dovecot_is_here():
        pytest.skip("Dovecot is not installed")
    with mailservers.dovecot(certificate) as server:
        yield server


class Fetched:
    """A mailbox on the server, and what is here of it."""

    def __init__(
        self, server: Dovecot, database: Database, desk: Desk, folder: Path, user: str
    ) -> None:
        self.server, self.database, self.user = server, database, user
        self.store = Folder(folder)
        self.session = desk.session
        self.mailbox = Mailbox(
            name=user, address=f"{user}@maple.example", created_at=desk.make.now, host="127.0.0.1",
            protocol=Protocol.IMAP, port=server.imap, tls=Tls.PLAIN, user=user,
            sealed_secret=SEAL.close(mailservers.PASSWORD),
        )  # fmt: skip
        self.session.add(self.mailbox)
        self.session.flush()
        self.id = self.mailbox.id
        self.session.add(Intake(mailbox_id=self.id, task_list_id=desk.list.id))
        self.set()

    def set(self, **values: object) -> None:
        for name, value in values.items():
            setattr(self.mailbox, name, value)
        self.session.commit()

    def deliver(self, *bodies: str) -> None:
        self.server.deliver(self.user, *(mail("samuel@maple.example", each) for each in bodies))

    def collect(self) -> int:
        account = account_of(self.mailbox, SEAL)
        ledger = Ledger(self.database, self.store, self.id, utc_now, lambda: None)
        with SERVERS[account.protocol](account) as server:
            return server.collect(ledger)

    def journalled(self) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count(InboundMail.id))) or 0

    def process(self) -> list[str]:
        room = Mailroom(self.database, self.store, Marks(KEY))
        processing.sweep(room, utc_now, until=lambda: False)
        with self.database.reading() as session:
            return [str(each) for each in session.scalars(
                select(InboundMail.outcome).order_by(InboundMail.id)
            )]  # fmt: skip

    def left(self) -> list[str]:
        return sorted(path.name for path in self.server.maildir(self.user).glob("[cn][ue][rw]/*"))


@pytest.fixture
def fetched(
    dovecot: Dovecot, database: Database, desk: Desk, tmp_path: Path, request: pytest.FixtureRequest
) -> Fetched:
    name = "".join(letter for letter in request.node.name if letter.isalnum())[:60].lower()
    return Fetched(dovecot, database, desk, tmp_path / "files", name)


def test_imap_takes_each_mail_once_whatever_other_clients_read(fetched: Fetched) -> None:
    fetched.deliver("One.", "Two.")
    for path in (fetched.server.maildir(fetched.user) / "new").iterdir():
        path.rename(path.parent.parent / "cur" / f"{path.name}:2,S")  # another client has read it
    assert fetched.collect() == 2
    assert fetched.collect() == 0, "the last one comes back for n:*, and is here already"
    fetched.deliver("Three.")
    assert fetched.collect() == 1
    assert fetched.process() == ["ticket"] * 3
    assert all(name.endswith("S") for name in fetched.left())


def test_a_folder_made_anew_is_fetched_again_and_nothing_is_doubled(fetched: Fetched) -> None:
    fetched.deliver("One.", "Two.")
    fetched.collect()
    fetched.process()
    folder = fetched.server.maildir(fetched.user)
    (folder / "dovecot-uidlist").unlink()
    for index in folder.glob("dovecot*index*"):
        index.unlink()
    time.sleep(1.1)  # UIDVALIDITY is made of the time
    fetched.deliver("Three.")
    assert fetched.collect() == 3
    assert sorted(fetched.process()) == ["duplicate", "duplicate", "ticket", "ticket", "ticket"]


def test_what_the_cursor_missed_is_found_by_comparing(fetched: Fetched) -> None:
    fetched.deliver("One.", "Two.")
    fetched.collect()
    with fetched.database.writing() as session:
        row = session.scalars(select(InboundMail).order_by(InboundMail.id)).first()
        session.delete(row)
    assert fetched.collect() == 0
    fetched.set(compared_at=utc_now() - timedelta(hours=2))
    assert fetched.collect() == 1
    assert fetched.journalled() == 2


@pytest.mark.parametrize("protocol", [Protocol.IMAP, Protocol.POP3])
def test_mail_is_deleted_on_the_server_only_when_it_is_here(
    fetched: Fetched, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = fetched.server.imap if protocol == Protocol.IMAP else fetched.server.pop3
    fetched.set(protocol=protocol, port=port, after=After.DELETE)
    fetched.deliver("One.", "Two.")

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(fetched.store, "put", full)
        with pytest.raises(Trouble, match="No space left"):
            fetched.collect()
    assert len(fetched.left()) == 2
    assert fetched.collect() == 2
    assert fetched.left() == []
    fetched.deliver("Three.")
    assert fetched.collect() == 1
    assert fetched.process() == ["ticket"] * 3


@pytest.mark.parametrize("protocol", [Protocol.IMAP, Protocol.POP3])
def test_of_a_mail_that_is_too_large_only_the_beginning_comes(
    fetched: Fetched, protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = fetched.server.imap if protocol == Protocol.IMAP else fetched.server.pop3
    fetched.set(protocol=protocol, port=port, after=After.DELETE)
    for module in ("imap", "pop3"):
        monkeypatch.setattr(f"groupware.mailboxes.{module}.LARGEST", 300_000)
    fetched.deliver("A line of it.\n" * 30_000, "Small.")
    assert fetched.collect() == 2
    assert len(fetched.left()) == 1, "the original stays on the server"
    assert fetched.process() == ["ticket", "ticket"]
    with fetched.database.reading() as session:
        sizes = session.execute(select(InboundMail.size, InboundMail.whole)).all()
        assert sorted(size < 70_000 for size, _ in sizes) == [True, True]
        texts = session.scalars(select(Task.description)).all()
    assert any("still on the server" in each for each in texts)


def test_idle_brings_mail_at_once_and_a_pause_ends_it(
    fetched: Fetched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groupware.mailboxes.imap.SLICE", 0.3)
    fetchers = Fetchers(fetched.database, fetched.store, SEAL, lambda: None)
    fetchers.look()
    _until(lambda: _row(fetched).last_success is not None)
    time.sleep(0.5)  # it idles now
    fetched.deliver("While you wait.")
    begun = time.monotonic()
    _until(lambda: fetched.journalled() == 1)
    assert time.monotonic() - begun < 60, "to look anew without being told takes minutes"
    assert not lease(fetched.database, fetched.id, "another worker", utc_now())
    fetched.set(paused=True)
    _until(lambda: _row(fetched).leased_by == "")
    assert lease(fetched.database, fetched.id, "another worker", utc_now())


def test_a_server_that_is_away_is_tried_again_and_told(
    fetched: Fetched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "FIRST_PAUSE", 0.2)
    monkeypatch.setattr("groupware.mailboxes.imap.SLICE", 0.3)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: refused
        fetched.set(port=nobody.getsockname()[1])
        fetchers = Fetchers(fetched.database, fetched.store, SEAL, lambda: None)
        fetchers.look()
        _until(lambda: "refused" in _row(fetched).last_error)
    fetched.deliver("Meanwhile.")
    fetched.set(port=fetched.server.imap)
    _until(lambda: fetched.journalled() == 1 and _row(fetched).last_error == "")
    fetchers.stop()
    _until(lambda: _row(fetched).leased_by == "")


def test_a_wrong_password_is_the_server_s_to_say(fetched: Fetched) -> None:
    fetched.set(sealed_secret=SEAL.close("wrong"))
    with pytest.raises(Trouble, match=r"[Aa]uthentication"):
        fetching.check(account_of(fetched.mailbox, SEAL))
    fetched.set(sealed_secret=Seal("x" * 40).close(mailservers.PASSWORD))
    with pytest.raises(Trouble, match="enter it anew"):
        fetching.check(account_of(fetched.mailbox, SEAL))


@pytest.mark.parametrize(
    ("protocol", "tls", "port"),
    [
        (Protocol.IMAP, Tls.TLS, "imaps"),
        (Protocol.IMAP, Tls.STARTTLS, "imap"),
        (Protocol.POP3, Tls.TLS, "pop3s"),
        (Protocol.POP3, Tls.STARTTLS, "pop3"),
    ],
)
def test_a_certificate_is_trusted_only_where_this_machine_does(
    dovecot: Dovecot, certificate: Path, monkeypatch: pytest.MonkeyPatch,
    protocol: Protocol, tls: Tls, port: str,
) -> None:  # fmt: skip
    dovecot.deliver(f"tls{port}", mail("samuel@maple.example"))
    mailbox = Mailbox(
        host="127.0.0.1", protocol=protocol, port=getattr(dovecot, port), tls=tls, after=After.KEEP,
        user=f"tls{port}", auth=Auth.PASSWORD, sealed_secret=SEAL.close(mailservers.PASSWORD),
    )  # fmt: skip
    with pytest.raises(Trouble, match=r"nobody whom this machine trusts.*self-signed"):
        fetching.check(account_of(mailbox, SEAL))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert"))
    assert fetching.check(account_of(mailbox, SEAL)) == 1
    mailbox.host = "localhost"
    with pytest.raises(Trouble, match="for another name"):
        fetching.check(account_of(mailbox, SEAL))
    mailbox.host, mailbox.tls, mailbox.port = "127.0.0.1", Tls.TLS, dovecot.imap
    with pytest.raises(Trouble, match="does not begin with TLS"):
        fetching.check(account_of(mailbox, SEAL))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_server_that_freezes_in_idle_is_left_and_nothing_is_lost(
    fetched: Fetched, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("SLICE", 0.2), ("RENEWED", (0.4, 0.5)), ("TIMEOUT", 1)):
        monkeypatch.setattr(f"groupware.mailboxes.imap.{name}", value)
    monkeypatch.setattr(fetching, "FIRST_PAUSE", 0.2)
    fetched.deliver("Before.")
    with Wire(fetched.server.imap) as wire:
        fetched.set(port=wire.port)
        fetchers = Fetchers(fetched.database, fetched.store, SEAL, lambda: None)
        fetchers.look()
        _until(lambda: fetched.journalled() == 1 and _row(fetched).last_success is not None)
        wire.freeze()
        fetched.deliver("While it is frozen.")
        _until(lambda: fetched.journalled() == 2)
        assert wire.connections > 1
        fetchers.stop()
        _until(lambda: _row(fetched).leased_by == "")
    assert fetched.process() == ["ticket", "ticket"]


class Wire:
    """Between a fetcher and its server. What is open when it freezes stays open and says nothing."""

    def __init__(self, port: int) -> None:
        self.to, self.frozen, self.connections = port, threading.Event(), 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.open: list[socket.socket] = [self.listener]

    def __enter__(self) -> "Wire":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        for each in self.open:
            each.close()

    def freeze(self) -> None:
        """Stop what is open; who connects from now on is served."""
        self.frozen.set()
        self.frozen = threading.Event()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
                self.connections += 1
                self.open += [near, far]
                for one, other in ((near, far), (far, near)):
                    pair = one, other, self.frozen
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    @staticmethod
    def _carry(one: socket.socket, other: socket.socket, frozen: threading.Event) -> None:
        with suppress(OSError):
            while (said := one.recv(65536)) and not frozen.is_set():
                other.sendall(said)
            if not frozen.is_set():
                other.shutdown(socket.SHUT_WR)


def test_pauses_grow_to_a_quarter_of_an_hour() -> None:
    assert 4 < fetching.pause(1) < 6
    assert 800 < fetching.pause(99) < 1000


def test_tokens_are_fetched_kept_and_refreshed() -> None:
    with token_endpoint.running() as tokens:
        grant = xoauth2.exchanged(
            xoauth2.Grant("desk", tokens.url, "s3cret"), "consent", "https://desk/back"
        )
        account = collecting.Account(
            Protocol.IMAP, "h", 1, Tls.TLS, "INBOX", "u", Auth.XOAUTH2, After.KEEP,
            allow_large=False, sealed_secret=SEAL.close(grant.sealed()), seal=SEAL,
        )  # fmt: skip
        token = account.secret()
        assert account.secret() == token, "as long as it is good"
        with pytest.raises(ValueError, match="refused"), account.signing_in():
            raise ValueError("refused")
        assert account.secret() != token, "what a server refused is not shown to it again"
        with pytest.raises(xoauth2.NoToken, match="invalid_grant: gone"):
            xoauth2.access_token(xoauth2.Grant("desk", tokens.url, refresh_token="withdrawn"))
    assert "s3cret" not in repr(grant)
    assert xoauth2.response("a@b", "t").startswith("dXNlcj1hQGIB")
    with pytest.raises(xoauth2.NoToken, match="not allowed"):
        xoauth2.asked("http://192.0.2.1/token")


def _row(fetched: Fetched) -> Mailbox:
    with fetched.database.reading() as session:
        return session.get_one(Mailbox, fetched.id)


def _until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)
