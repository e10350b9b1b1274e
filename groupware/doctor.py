"""What is wrong with an installation, and how to mend it."""

import shutil
import smtplib
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from groupware import migrate, smtp, worker
from groupware.config import Settings
from groupware.database import Database, sqlite_is_sound, sqlite_version
from groupware.mailboxes.models import Mailbox
from groupware.models import Delivery, Grant, OutboundMail, Permission
from groupware.outbox import Refused

LITTLE_SPACE = 512 * 1024 * 1024
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")


class Mark(StrEnum):
    """How bad it is; an error means that the desk does not do what it should."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    mark: Mark
    what: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.mark:8}{self.what}" + (f"\n        -> {self.advice}" if self.advice else "")


def findings(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Everything that was looked at, one after the other."""
    yield from _address(settings)
    yield from _secret_key(settings)
    yield from _disk(settings)
    database = Database(settings.database_url)
    try:
        yield from _database(database)
        yield from _inside(database, settings, now)
    except SQLAlchemyError as error:
        said = " ".join(str(getattr(error, "orig", error)).split())
        yield Finding(
            Mark.ERROR,
            f"database: it cannot be reached: {said}",
            "start it, or correct GROUPWARE_DATABASE_URL",
        )
    finally:
        database.engine.dispose()
    yield from _mail(settings)


def _address(settings: Settings) -> Iterator[Finding]:
    what = f"address: {settings.base_url}"
    if settings.secure:
        yield Finding(Mark.OK, what)
    elif settings.hostname in LOOPBACK:
        yield Finding(
            Mark.WARNING,
            f"{what} is for this machine only",
            "set GROUPWARE_BASE_URL to the address that people type, and put a proxy with TLS before",
        )
    else:
        yield Finding(
            Mark.ERROR,
            f"{what} sends passwords in the clear",
            "put a proxy with TLS before it, and set GROUPWARE_BASE_URL to https://…",
        )


def _secret_key(settings: Settings) -> Iterator[Finding]:
    path = settings.data / "secret_key"
    if not path.exists():
        yield Finding(Mark.OK, "secret key: given by the environment")
    elif stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Finding(Mark.ERROR, f"secret key: others can read {path}", f"chmod 600 {path}")
    else:
        yield Finding(Mark.OK, f"secret key: {path}, for its owner only")


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.data).free
    what = f"disk: {free / 1024**3:.1f} GB free for {settings.data}"
    if free < LITTLE_SPACE:
        yield Finding(Mark.ERROR, what, "make room, or move GROUPWARE_DATA to a larger disk")
    else:
        yield Finding(Mark.OK, what)


def _database(database: Database) -> Iterator[Finding]:
    if database.engine.dialect.name == "sqlite":
        what = f"database: SQLite {sqlite_version()}"
        if sqlite_is_sound():
            yield Finding(Mark.OK, what)
        else:
            yield Finding(
                Mark.WARNING,
                f"{what} may lose commits when two processes write at once",
                "pip install pysqlite3, or Python with SQLite 3.51.3, or use PostgreSQL",
            )
    else:
        with database.engine.connect() as connection:
            version = connection.scalar(text("SHOW server_version"))
        yield Finding(Mark.OK, f"database: PostgreSQL {version}")
    if migrate.is_current(database):
        yield Finding(Mark.OK, "schema: this version's")
    else:
        yield Finding(Mark.ERROR, "schema: not this version's", "run `groupware db upgrade`")


def _inside(database: Database, settings: Settings, now: datetime) -> Iterator[Finding]:
    if not migrate.is_current(database):
        return
    with database.reading() as session:
        for look in (_people, _worker, _letters, _mailboxes):
            yield from look(session, settings, now)


def _people(session: Session, settings: Settings, _now: datetime) -> Iterator[Finding]:
    administers = select(Grant.group_id).where(Grant.permission == Permission.ADMINISTER)
    if session.scalar(administers.limit(1)) is None:
        yield Finding(
            Mark.WARNING,
            "people: nobody administers this desk yet",
            f"open {settings.base_url}/setup, or run `groupware init`",
        )


def _worker(session: Session, _settings: Settings, now: datetime) -> Iterator[Finding]:
    if worker.alive(session, now):
        yield Finding(Mark.OK, "worker: alive")
    else:
        yield Finding(
            Mark.ERROR,
            "worker: none was alive within the last minute, so no mail goes out",
            "run `groupware serve` without --no-worker, or `groupware worker` beside it",
        )


def _letters(session: Session, settings: Settings, now: datetime) -> Iterator[Finding]:
    def any_mail(*conditions: object) -> bool:
        query = select(OutboundMail.id).where(*conditions).limit(1)  # type: ignore[arg-type]
        return session.scalar(query) is not None

    if any_mail(OutboundMail.state == Delivery.FAILED):
        yield Finding(
            Mark.WARNING,
            "mail: some could not be delivered",
            f"see {settings.base_url}/settings/mail/outgoing",
        )
    late = OutboundMail.due_at < now - worker.DEAD_AFTER
    if settings.smtp_url and any_mail(OutboundMail.state == Delivery.WAITING, late):
        yield Finding(
            Mark.WARNING, "mail: some waits longer than it should", "look at the worker's log"
        )


def _mailboxes(session: Session, settings: Settings, _now: datetime) -> Iterator[Finding]:
    failing = select(Mailbox).where(Mailbox.last_error != "", Mailbox.paused.is_(False))
    for mailbox in session.scalars(failing.order_by(Mailbox.name).limit(20)):
        yield Finding(
            Mark.WARNING,
            f"mailbox {mailbox.name}: {mailbox.last_error}",
            f"see {settings.base_url}/settings/mailboxes/{mailbox.id}",
        )
    if settings.smtp_url and session.scalar(select(Mailbox.id).limit(1)) is None:
        yield Finding(
            Mark.WARNING,
            "mailboxes: none, so replies go out by mail and answers to them reach nobody",
            f"add one at {settings.base_url}/settings/mailboxes",
        )


def _mail(
    settings: Settings, check: Callable[[smtp.Server], None] = smtp.check
) -> Iterator[Finding]:
    if not settings.smtp_url:
        yield Finding(
            Mark.WARNING,
            "mail server: none, so mail is kept and shown to administrators",
            "set GROUPWARE_SMTP_URL, such as starttls://user:secret@mail.example.org:587",
        )
        return
    server = smtp.server_at(settings.smtp_url, settings.hostname)
    try:
        check(server)
    except (Refused, smtplib.SMTPException, OSError) as error:
        yield Finding(Mark.ERROR, f"mail server: {error}", "correct GROUPWARE_SMTP_URL")
    else:
        yield Finding(Mark.OK, f"mail server: {server.host}:{server.port} lets us in")
