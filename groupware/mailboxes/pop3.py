"""Fetching by POP3: what the UIDL list names and the journal does not. DELE after the commit."""

import poplib
import ssl
import time
from collections.abc import Callable
from contextlib import suppress

from groupware.mail.mime import LARGEST
from groupware.mailboxes.arrivals import Arrived
from groupware.mailboxes.collecting import AT_ONCE, BEGINNING, Account, Ledger, Trouble
from groupware.mailboxes.models import After, Auth, Tls
from groupware.mailboxes.xoauth2 import response
from groupware.server_words import said

TIMEOUT = 30
POLL = 60.0
SLICE = 15.0
LONGEST_LINE = 1024 * 1024
LINES = BEGINNING // 80

Failures = (poplib.error_proto, OSError, ssl.SSLError, ValueError)
# The library refuses lines of more than 2,048 bytes, which real mails have.
poplib._MAXLINE = LONGEST_LINE  # type: ignore[attr-defined]  # noqa: SLF001


class Pop3:
    """A signed-in connection. A server shows what is new to a new connection only."""

    def __init__(self, account: Account) -> None:
        self.account = account
        try:
            self.client = _connected(account)
        except Failures as failure:
            raise Trouble(said(failure)) from failure

    def __enter__(self) -> "Pop3":
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self.client.quit()
        except Failures:
            with suppress(OSError):
                self.client.close()

    def check(self) -> int:
        """How many mails there are."""
        try:
            return self.client.stat()[0]
        except Failures as failure:
            raise Trouble(said(failure)) from failure

    def collect(self, ledger: Ledger) -> int:
        """Take in what is new; how many mails."""
        try:
            return self._collect(ledger)
        except Failures as failure:
            raise Trouble(said(failure)) from failure

    def wait(self, going_on: Callable[[], bool]) -> None:
        """Until the next look, on a connection of its own; this one ends, and deletes by that."""
        try:
            self.client.quit()
        except Failures as failure:
            raise Trouble(said(failure)) from failure
        end = time.monotonic() + POLL
        while time.monotonic() < end and going_on():
            time.sleep(min(SLICE, max(0.0, end - time.monotonic())))
        try:
            self.client = _connected(self.account)
        except Failures as failure:
            raise Trouble(said(failure)) from failure

    def _collect(self, ledger: Ledger) -> int:
        listed = [line.split(b" ", 1) for line in self.client.uidl()[1]]
        numbers = {uid.decode("ascii", "replace")[:100]: int(number) for number, uid in listed}
        sizes = {int(number): int(size) for number, size in map(bytes.split, self.client.list()[1])}
        known = ledger.known(0, among=list(numbers))
        new = [uid for uid in numbers if uid not in known]
        for uid, number in numbers.items():
            if known.get(uid):
                self._after(number)
        ledger.waiting(len(new))
        for start in range(0, len(new), AT_ONCE):
            batch = new[start : start + AT_ONCE]
            arrived = [self._fetched(numbers[uid], uid, sizes) for uid in batch]
            ledger.keep(arrived, validity=0, last=0)
            ledger.waiting(len(new) - start - len(batch))
            for each in arrived:
                if each.whole:
                    self._after(numbers[each.uid])
        return len(new)

    def _fetched(self, number: int, uid: str, sizes: dict[int, int]) -> Arrived:
        if sizes.get(number, 0) > LARGEST and not self.account.allow_large:
            lines = self.client.top(number, LINES)[1]
            return Arrived(b"\r\n".join(lines) + b"\r\n", uid, whole=False)
        return Arrived(b"\r\n".join(self.client.retr(number)[1]) + b"\r\n", uid)

    def _after(self, number: int) -> None:
        if self.account.after == After.DELETE:
            self.client.dele(number)


def _connected(account: Account) -> poplib.POP3:
    tls = ssl.create_default_context()
    client: poplib.POP3 = (
        poplib.POP3_SSL(account.host, account.port, timeout=TIMEOUT, context=tls)
        if account.tls == Tls.TLS
        else poplib.POP3(account.host, account.port, timeout=TIMEOUT)
    )
    try:
        if account.tls == Tls.STARTTLS:
            client.stls(tls)
        with account.signing_in() as secret:
            if account.auth == Auth.XOAUTH2:
                answer = response(account.user, secret)
                client._shortcmd(f"AUTH XOAUTH2 {answer}")  # type: ignore[attr-defined]  # noqa: SLF001
            else:
                client.user(account.user)
                client.pass_(secret)
    except BaseException:
        with suppress(OSError):
            client.close()
        raise
    return client
