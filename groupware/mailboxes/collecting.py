"""A mailbox as its fetcher sees it: the account, and the ledger of what is here already."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.blobs import Store
from groupware.database import Database
from groupware.mailboxes import arrivals
from groupware.mailboxes.arrivals import Arrived
from groupware.mailboxes.models import After, Auth, InboundMail, Mailbox, Protocol, Tls
from groupware.mailboxes.xoauth2 import Grant, Renewed, access_token, forget
from groupware.sealed import Seal, Unreadable

AT_ONCE = 25
BEGINNING = 64 * 1024
"""Bytes that are fetched of a mail which is too large."""


class Trouble(Exception):
    """The server cannot be reached, or says no: what that means, and its own words."""


@dataclass(frozen=True)
class Account:
    """How to reach a mailbox's server; equal as long as nothing of it was changed."""

    protocol: Protocol
    host: str
    port: int
    tls: Tls
    folder: str
    user: str
    auth: Auth
    after: After
    allow_large: bool
    sealed_secret: str = field(repr=False)
    seal: Seal = field(repr=False, compare=False)
    renewed: Renewed | None = field(default=None, repr=False, compare=False)

    def secret(self) -> str:
        """The password, or a fresh access token."""
        secret = self.seal.open(self.sealed_secret)
        if self.auth == Auth.XOAUTH2:
            return access_token(Grant.of(secret), self.renewed)
        return secret

    @contextmanager
    def signing_in(self) -> Iterator[str]:
        """The secret, for the time of signing in; a token that was refused is not used again."""
        secret = self.secret()
        try:
            yield secret
        except Exception:
            if self.auth == Auth.XOAUTH2:
                forget(secret)
            raise


def account_of(mailbox: Mailbox, seal: Seal, renewed: Renewed | None = None) -> Account:
    """The account of a mailbox as it is set now."""
    return Account(
        Protocol(mailbox.protocol),
        mailbox.host,
        mailbox.port,
        Tls(mailbox.tls),
        mailbox.folder or "INBOX",
        mailbox.user,
        Auth(mailbox.auth),
        After(mailbox.after),
        mailbox.allow_large,
        mailbox.sealed_secret,
        seal,
        renewed,
    )


def keeper(database: Database, seal: Seal, mailbox_id: int) -> Renewed:
    """Keeps what a provider gives in place of a refresh token, wherever the mailbox has that one."""

    def keep(before: Grant, now: Grant) -> None:
        with database.writing() as session:
            mailbox = session.get(Mailbox, mailbox_id, with_for_update=True)
            for column in ("sealed_secret", "sealed_smtp_secret"):
                if mailbox and _opened(seal, getattr(mailbox, column)) == before.sealed():
                    setattr(mailbox, column, seal.close(now.sealed()))

    return keep


def _opened(seal: Seal, sealed: str) -> str:
    try:
        return seal.open(sealed)
    except Unreadable:
        return ""


class Ledger:
    """What is here of a mailbox, and where fetching stands."""

    def __init__(
        self,
        database: Database,
        store: Store,
        mailbox_id: int,
        clock: Callable[[], datetime],
        wake: Callable[[], object],
    ) -> None:
        self.database, self.store, self.mailbox_id = database, store, mailbox_id
        self.clock, self.wake = clock, wake

    def cursor(self, validity: int) -> int:
        """The last UID that is here; 0 where the folder was made anew."""
        with self.database.reading() as session:
            mailbox = self._mailbox(session)
            return mailbox.last_uid if mailbox.uidvalidity == validity else 0

    def keep(self, arrived: Sequence[Arrived], *, validity: int, last: int) -> list[int]:
        """Store, journal and move the cursor: one commit. Ids of what is new."""
        blobs = arrivals.store(self.store, arrived)
        now = self.clock()
        with self.database.writing() as session:
            mailbox = self._mailbox(session)
            ids = arrivals.journal(session, mailbox, arrived, blobs, now=now)
            if mailbox.uidvalidity != validity:
                mailbox.uidvalidity, mailbox.last_uid = validity, 0
            mailbox.last_uid = max(mailbox.last_uid, last)
        self.wake()
        return ids

    def known(self, validity: int, among: Sequence[str] | None = None) -> dict[str, bool]:
        """UIDs that are journalled, and whether they are here whole."""
        query = select(InboundMail.uid, InboundMail.whole).where(
            InboundMail.mailbox_id == self.mailbox_id, InboundMail.uidvalidity == validity
        )
        with self.database.reading() as session:
            if among is None:
                return {row.uid: row.whole for row in session.execute(query)}
            found = {}
            for start in range(0, len(among), 500):
                some = query.where(InboundMail.uid.in_(among[start : start + 500]))
                found.update({row.uid: row.whole for row in session.execute(some)})
            return found

    def comparison_is_due(self, every: timedelta) -> bool:
        """True where all UIDs were not compared with the journal for so long."""
        with self.database.reading() as session:
            at = self._mailbox(session).compared_at
        return at is None or self.clock() - at >= every

    def compared(self) -> None:
        """They were compared just now."""
        with self.database.writing() as session:
            self._mailbox(session).compared_at = self.clock()

    def waiting(self, number: int) -> None:
        """So many mails on the server are not here yet."""
        with self.database.reading() as session:
            if self._mailbox(session).backlog == number:
                return
        with self.database.writing() as session:
            self._mailbox(session).backlog = number

    def _mailbox(self, session: Session) -> Mailbox:
        return session.get_one(Mailbox, self.mailbox_id)
