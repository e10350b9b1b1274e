"""Fetchers: one thread a mailbox, in the one worker that holds the mailbox's lease.

free -> leased (renewed while it works) -> free again two minutes after its worker died

A failure is written beside the mailbox and tried again after 5 seconds, 10 ... 15 minutes; it
never disables a mailbox. Threads may be killed at any moment: the journal makes that harmless.
"""

import logging
import os
import random
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from groupware import sealed
from groupware.blobs import Store
from groupware.database import Database, utc_now
from groupware.mailboxes.collecting import Account, Ledger, Trouble, account_of, keeper
from groupware.mailboxes.imap import Imap
from groupware.mailboxes.models import Mailbox, Protocol
from groupware.mailboxes.pop3 import Pop3
from groupware.sealed import Seal

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 15 * 60.0
SERVERS: dict[Protocol, type[Imap] | type[Pop3]] = {Protocol.IMAP: Imap, Protocol.POP3: Pop3}
_random = random.SystemRandom()


class Fetchers:
    """Keeps a thread going for each mailbox that is to be fetched here."""

    def __init__(
        self, database: Database, store: Store, seal: Seal, wake: Callable[[], object]
    ) -> None:
        self.database, self.store, self.seal, self.wake = database, store, seal, wake
        self.name = f"{socket.gethostname()[:40]} {os.getpid()} {uuid4().hex[:8]}"
        self.stopping = threading.Event()
        self._threads: dict[int, threading.Thread] = {}

    def look(self) -> None:
        """Start what should run and does not; who has a lease elsewhere is left alone."""
        with self.database.reading() as session:
            wanted = session.scalars(
                select(Mailbox.id).where(
                    Mailbox.protocol != Protocol.NONE, Mailbox.paused.is_(False)
                )
            ).all()
        for mailbox_id in wanted:
            thread = self._threads.get(mailbox_id)
            if thread is None or not thread.is_alive():
                thread = threading.Thread(
                    target=self.run, args=[mailbox_id], name=f"mailbox {mailbox_id}", daemon=True
                )
                self._threads[mailbox_id] = thread
                thread.start()

    def stop(self) -> None:
        """Let all threads end at their next look."""
        self.stopping.set()

    def run(self, mailbox_id: int) -> None:
        """Fetch one mailbox until it is paused, changed, taken by another worker, or we stop."""
        if not lease(self.database, mailbox_id, self.name, utc_now()):
            return
        failures = 0
        try:
            while (account := self._account(mailbox_id)) is not None:
                try:
                    self._stay(mailbox_id, account)
                    failures = 0
                except (Trouble, sealed.Unreadable) as trouble:
                    failures += 1
                    self._record(mailbox_id, str(trouble))
                    if self._rest(mailbox_id, account, pause(failures)):
                        return
        except SQLAlchemyError:
            log.exception("mailbox %d: the database cannot be reached", mailbox_id)
        finally:
            self._release(mailbox_id)

    def _stay(self, mailbox_id: int, account: Account) -> None:
        ledger = Ledger(self.database, self.store, mailbox_id, utc_now, self.wake)
        with SERVERS[account.protocol](account) as server:
            account = self._renewed(mailbox_id, account)
            while self._going_on(mailbox_id, account):
                server.collect(ledger)
                self._record(mailbox_id, "")
                server.wait(lambda: self._going_on(mailbox_id, account))

    def _renewed(self, mailbox_id: int, account: Account) -> Account:
        """The account once it has signed in, which may have replaced its refresh token."""
        now = self._account(mailbox_id)
        same = now is not None and replace(now, sealed_secret=account.sealed_secret) == account
        return now if now is not None and same else account

    def _going_on(self, mailbox_id: int, account: Account) -> bool:
        return self._account(mailbox_id) == account

    def _account(self, mailbox_id: int) -> Account | None:
        """The account as it is set now; None where there is nothing to do here any more."""
        if self.stopping.is_set() or not lease(self.database, mailbox_id, self.name, utc_now()):
            return None
        with self.database.reading() as session:
            mailbox = session.get(Mailbox, mailbox_id)
            if mailbox is None or mailbox.paused or mailbox.protocol == Protocol.NONE:
                return None
            return account_of(mailbox, self.seal, keeper(self.database, self.seal, mailbox_id))

    def _rest(self, mailbox_id: int, account: Account, seconds: float) -> bool:
        """Wait after a failure, in slices; True where there is nothing to do here any more."""
        while seconds > 0:
            if self.stopping.wait(min(seconds, 15.0)):
                return True
            seconds -= 15.0
            now = self._account(mailbox_id)
            if now is None:
                return True
            if now != account:
                return False  # it was changed: try at once
        return False

    def _record(self, mailbox_id: int, error: str) -> None:
        now = utc_now()
        values = (
            {"last_error": error[:2000], "last_error_at": now}
            if error
            else {"last_success": now, "last_error": "", "last_error_at": None}
        )
        if error:
            log.warning("mailbox %d: %s", mailbox_id, error)
        with self.database.writing() as session:
            session.execute(update(Mailbox).where(Mailbox.id == mailbox_id).values(**values))

    def _release(self, mailbox_id: int) -> None:
        try:
            with self.database.writing() as session:
                session.execute(
                    update(Mailbox)
                    .where(Mailbox.id == mailbox_id, Mailbox.leased_by == self.name)
                    .values(leased_by="", leased_until=None)
                )
        except SQLAlchemyError:
            log.warning("mailbox %d: its lease runs out by itself", mailbox_id)


def lease(database: Database, mailbox_id: int, name: str, now: datetime) -> bool:
    """Take or renew a mailbox's lease; False where another worker has it."""
    with database.reading() as session:
        mailbox = session.get(Mailbox, mailbox_id)
        if mailbox is None:
            return False
        mine, until = mailbox.leased_by == name, mailbox.leased_until
        if mine and until and until - now > LEASE / 2:
            return True
    with database.writing() as session:
        taken = session.execute(
            update(Mailbox)
            .where(
                Mailbox.id == mailbox_id,
                or_(
                    Mailbox.leased_by == name,
                    Mailbox.leased_until.is_(None),
                    Mailbox.leased_until < now,
                    # A clock that has since been put back wrote it.
                    Mailbox.leased_until > now + 2 * LEASE,
                ),
            )
            .values(leased_by=name, leased_until=now + LEASE)
            .returning(Mailbox.id)
        ).first()
    return taken is not None


def pause(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    doubled: float = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
    return doubled * _random.uniform(0.9, 1.1)


def check(account: Account) -> int:
    """Sign in and look, taking nothing; raises Trouble with the server's words."""
    try:
        with SERVERS[account.protocol](account) as server:
            return server.check()
    except sealed.Unreadable as unreadable:
        raise Trouble(str(unreadable)) from unreadable
