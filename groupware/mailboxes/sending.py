"""By which server a mail goes out: its mailbox's own, else the desk's."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from groupware import outbox, smtp
from groupware.blobs import Store
from groupware.config import Settings
from groupware.database import Database
from groupware.mail.writing import whole
from groupware.mailboxes import xoauth2
from groupware.mailboxes.collecting import keeper
from groupware.mailboxes.models import Auth, Mailbox, Tls
from groupware.mailboxes.xoauth2 import Grant, NoToken
from groupware.outbox import Mail, Refused, Transport
from groupware.sealed import Seal, Unreadable

SCHEMES = {Tls.TLS: "smtps", Tls.STARTTLS: "starttls", Tls.PLAIN: "smtp"}


class Post:
    """Knows the way out for each mail."""

    def __init__(self, settings: Settings, database: Database, store: Store) -> None:
        self.database, self.store = database, store
        self.seal = Seal(settings.secret_key)
        url = settings.smtp_url
        self.desk = smtp.server_at(url, settings.hostname) if url else None

    def sweep(self, clock: Callable[[], datetime]) -> int:
        """Send what is due and has a way out; how many were tried."""
        only = None
        if self.desk is None:
            with self.database.reading() as session:
                only = session.scalars(select(Mailbox.id).where(Mailbox.smtp_host != "")).all()
        return outbox.sweep(self.database, self.transport(), clock, only)

    def transport(self) -> Transport:
        """Sends one mail by its server, with its files in it."""

        def send(mail: Mail) -> None:
            server = self.server(mail.mailbox_id)
            try:
                message = whole(mail.message, mail.message_id, self.store.open)
            except FileNotFoundError as missing:
                raise Refused("A file of this mail is not in the store.") from missing
            try:
                smtp.transport(server)(replace(mail, message=message))
            except Refused as refused:
                if server.bearer and refused.unreachable:
                    xoauth2.forget(server.bearer)
                raise

        return send

    def server(self, mailbox_id: int | None) -> smtp.Server:
        """The server for this mailbox's mail; raises Refused where there is none now."""
        if mailbox_id is not None:
            with self.database.reading() as session:
                mailbox = session.get(Mailbox, mailbox_id)
            if mailbox is not None and mailbox.smtp_host:
                return self.server_of(mailbox)
        if self.desk is None:
            raise Refused("No mail server is set up for this mailbox.", unreachable=True)
        return self.desk

    def check(self, mailbox_id: int) -> str:
        """Sign in as this mailbox's mail goes out, send nothing; where that was.

        Raises Refused with what is wrong.
        """
        server = self.server(mailbox_id)
        try:
            smtp.check(server)
        except Refused:
            xoauth2.forget(server.bearer)
            raise
        return f"{server.host}:{server.port}"

    def server_of(self, mailbox: Mailbox) -> smtp.Server:
        """A mailbox's own server; raises Refused where its secret cannot be had."""
        server = smtp.Server(
            scheme=SCHEMES[Tls(mailbox.smtp_tls)],
            host=mailbox.smtp_host,
            port=mailbox.smtp_port,
            sender=mailbox.sender_address,
            name=mailbox.from_name,
            user=mailbox.smtp_user,
        )
        if not mailbox.smtp_user:
            return server
        if mailbox.smtp_tls == Tls.PLAIN and mailbox.smtp_host not in smtp.LOOPBACK:
            raise Refused("A secret would go out in the clear.", unreachable=True)
        try:
            secret = self.seal.open(mailbox.sealed_smtp_secret)
            if mailbox.smtp_auth == Auth.XOAUTH2:
                renewed = keeper(self.database, self.seal, mailbox.id)
                return replace(server, bearer=xoauth2.access_token(Grant.of(secret), renewed))
        except (Unreadable, NoToken) as failure:
            raise Refused(str(failure), unreachable=True) from failure
        return replace(server, password=secret)
