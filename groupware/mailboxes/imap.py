"""Fetching by IMAP: what is new since the cursor, and all of it compared once an hour.

SELECT -> UID SEARCH last+1:* -> RFC822.SIZE -> BODY.PEEK[] in batches -> journal, one commit
       -> only then flagged or deleted on the server -> IDLE -> again
"""

import random
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from groupware.mail.mime import LARGEST
from groupware.mailboxes.arrivals import Arrived
from groupware.mailboxes.collecting import AT_ONCE, BEGINNING, Account, Ledger, Trouble
from groupware.mailboxes.models import After, Auth, Tls
from groupware.server_words import said

TIMEOUT = 30
SLICE = 15.0
"""Seconds after which a waiting fetcher looks whether its mailbox was changed, paused or taken."""
POLL = 60.0
RENEWED = (5 * 60.0, 9 * 60.0)
"""Seconds after which IDLE begins anew: a server that has frozen does not say so."""
COMPARED_EVERY = timedelta(hours=1)
MOST_BYTES = 30 * 1024 * 1024
"""Of one batch; a larger mail is a batch of its own."""

Failures = (IMAPClientError, OSError, ssl.SSLError, ValueError, KeyError, AssertionError)
_random = random.SystemRandom()


class Imap:
    """A signed-in connection with its folder selected."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._large: set[int] = set()  # of those being fetched, which are only begun
        try:
            self.client = _connected(account)
        except Failures as failure:
            raise Trouble(said(failure)) from failure

    def __enter__(self) -> "Imap":
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self.client.logout()
        except Failures:
            with suppress(OSError):
                self.client.shutdown()

    def check(self) -> int:
        """How many mails the folder holds; it can be opened, then."""
        try:
            chosen: dict[bytes, Any] = self.client.select_folder(self.account.folder, readonly=True)
        except Failures as failure:
            raise Trouble(said(failure)) from failure
        return int(chosen.get(b"EXISTS", 0))

    def collect(self, ledger: Ledger) -> int:
        """Take in what is new; how many mails."""
        try:
            return self._collect(ledger)
        except Failures as failure:
            raise Trouble(said(failure)) from failure

    def wait(self, going_on: Callable[[], bool]) -> None:
        """Until something may be new, by IDLE where the server can; asks now and then to go on."""
        try:
            if self.client.has_capability("IDLE"):
                self._idle(going_on)
            else:
                end = time.monotonic() + POLL
                while time.monotonic() < end and going_on():
                    time.sleep(min(SLICE, POLL))
        except Failures as failure:
            raise Trouble(said(failure)) from failure

    def _collect(self, ledger: Ledger) -> int:
        # A SELECT each time: after a folder was made anew, this connection would not tell.
        chosen = self.client.select_folder(self.account.folder)
        validity = int(chosen.get(b"UIDVALIDITY", 0))
        last = ledger.cursor(validity)
        uids = [uid for uid in self.client.search(["UID", f"{last + 1}:*"]) if uid > last]
        comparing = ledger.comparison_is_due(COMPARED_EVERY)
        if comparing:
            everything = self.client.search("ALL")
            known = ledger.known(validity)
            uids = sorted({*uids, *(uid for uid in everything if str(uid) not in known)})
            self._after([uid for uid in everything if str(uid) in known], known=known)
        taken = 0
        uids = sorted(uids)
        ledger.waiting(len(uids))
        for batch in self._batches(uids):
            arrived = self._fetched(batch, validity)
            ledger.keep(arrived, validity=validity, last=max(batch))
            ledger.waiting(len(uids) - (taken := taken + len(batch)))
            whole = {int(each.uid) for each in arrived if each.whole}
            self._after([uid for uid in batch if uid in whole], known=None)
        if comparing:
            ledger.compared()
        return taken

    def _batches(self, uids: Sequence[int]) -> Iterable[list[int]]:
        rest = iter(uids)
        while some := list(islice(rest, AT_ONCE)):
            sizes = {
                uid: int(data.get(b"RFC822.SIZE", 0))
                for uid, data in self.client.fetch(some, ["RFC822.SIZE"]).items()
            }
            batch: list[int] = []
            total = 0
            for uid in some:
                size = sizes.get(uid, 0)
                if size > LARGEST and not self.account.allow_large:
                    self._large.add(uid)
                    size = BEGINNING
                if batch and total + size > MOST_BYTES:
                    yield batch
                    batch, total = [], 0
                batch.append(uid)
                total += size
            yield batch

    def _fetched(self, batch: Sequence[int], validity: int) -> list[Arrived]:
        large = [uid for uid in batch if uid in self._large]
        small = [uid for uid in batch if uid not in self._large]
        found: list[Arrived] = []
        if small:
            for uid, data in self.client.fetch(small, ["BODY.PEEK[]"]).items():
                if (raw := data.get(b"BODY[]")) is not None:
                    found.append(Arrived(raw, str(uid), validity))
        for uid in large:
            for data in self.client.fetch([uid], [f"BODY.PEEK[]<0.{BEGINNING}>"]).values():
                raw = next((data[key] for key in data if key.startswith(b"BODY[]")), None)
                if raw is not None:
                    found.append(Arrived(raw, str(uid), validity, whole=False))
        self._large -= set(batch)
        return sorted(found, key=lambda each: int(each.uid))

    def _after(self, uids: Sequence[int], *, known: dict[str, bool] | None) -> None:
        """Flag or delete what is safe here; what is there only in part stays on the server."""
        uids = [uid for uid in uids if known is None or known[str(uid)]]
        if not uids:
            return
        if self.account.after == After.FLAG and known is None:
            self.client.add_flags(uids, [b"\\Seen"], silent=True)
        elif self.account.after == After.DELETE:
            self.client.delete_messages(uids, silent=True)
            if self.client.has_capability("UIDPLUS"):
                self.client.uid_expunge(uids)
            else:
                self.client.expunge()

    def _idle(self, going_on: Callable[[], bool]) -> None:
        renew = time.monotonic() + _random.uniform(*RENEWED)
        self.client.idle()
        try:
            while time.monotonic() < renew and going_on():
                asked = time.monotonic()
                if self.client.idle_check(timeout=SLICE):
                    break
                if time.monotonic() - asked < SLICE / 2:
                    break  # it returns at once where the server is gone: NOOP tells
        finally:
            self.client.idle_done()
        self.client.noop()


def _connected(account: Account) -> IMAPClient:
    tls = ssl.create_default_context()
    client = IMAPClient(
        account.host,
        port=account.port,
        ssl=account.tls == Tls.TLS,
        ssl_context=tls if account.tls == Tls.TLS else None,
        timeout=TIMEOUT,
    )
    try:
        if account.tls == Tls.STARTTLS:
            client.starttls(tls)
        with account.signing_in() as secret:
            if account.auth == Auth.XOAUTH2:
                client.oauth2_login(account.user, secret)
            else:
                client.login(account.user, secret)
    except BaseException:
        with suppress(OSError):  # a socket that failed to become TLS is gone: that is no reason
            client.shutdown()
        raise
    return client
