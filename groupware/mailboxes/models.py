"""Mailboxes and the journal of incoming mail. Which ticket a mail became is the modules' matter."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, synonym

from groupware.database import Base


class Protocol(StrEnum):
    """How mail is fetched; `none`: it is brought by a pipe, LMTP or a person."""

    IMAP = "imap"
    POP3 = "pop3"
    NONE = "none"


class Tls(StrEnum):
    """TLS from the first byte, after the greeting, or not at all (this machine only)."""

    TLS = "tls"
    STARTTLS = "starttls"
    PLAIN = "plain"


class Auth(StrEnum):
    PASSWORD = "password"  # noqa: S105  # the word for it
    XOAUTH2 = "xoauth2"


class After(StrEnum):
    """What becomes of a mail on its server once it is safe here."""

    KEEP = "keep"
    FLAG = "flag"  # as read
    DELETE = "delete"


BROUGHT = "brought-"
"""How the `uid` of a mail begins that a person handed over as a file."""


class Mailbox(Base):
    """An address that people write to, and how its mail comes in and goes out.

    Secrets are sealed with a key that is not in the database (see groupware.sealed).
    """

    __tablename__ = "mailboxes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    address: Mapped[str] = mapped_column(String(320), unique=True)  # folded
    aliases: Mapped[str] = mapped_column(Text, default="")  # other addresses of it, a line each
    paused: Mapped[bool] = mapped_column(default=False)

    protocol: Mapped[Protocol] = mapped_column(String(8), default=Protocol.NONE)
    host: Mapped[str] = mapped_column(String(255), default="")
    port: Mapped[int] = mapped_column(default=993)
    tls: Mapped[Tls] = mapped_column(String(8), default=Tls.TLS)
    folder: Mapped[str] = mapped_column(String(200), default="INBOX")
    user: Mapped[str] = mapped_column(String(320), default="")
    auth: Mapped[Auth] = mapped_column(String(8), default=Auth.PASSWORD)
    sealed_secret: Mapped[str] = mapped_column(Text, default="")  # password, or OAuth's as JSON
    after: Mapped[After] = mapped_column(String(8), default=After.FLAG)
    allow_large: Mapped[bool] = mapped_column(default=False)  # fetch whole what is over 30 MB
    authserv_id: Mapped[str] = mapped_column(String(255), default="")  # whose word counts, RFC 8601
    # Whether support+anything@ reaches this mailbox; if not, answers go to the plain address.
    plus_addresses: Mapped[bool] = mapped_column(default=True)

    smtp_host: Mapped[str] = mapped_column(String(255), default="")  # empty: the desk's own server
    smtp_port: Mapped[int] = mapped_column(default=587)
    smtp_tls: Mapped[Tls] = mapped_column(String(8), default=Tls.STARTTLS)
    smtp_user: Mapped[str] = mapped_column(String(320), default="")
    smtp_auth: Mapped[Auth] = mapped_column(String(8), default=Auth.PASSWORD)
    sealed_smtp_secret: Mapped[str] = mapped_column(Text, default="")
    from_name: Mapped[str] = mapped_column(String(200), default="")
    from_address: Mapped[str] = mapped_column(String(320), default="")  # empty: the address

    # The state of fetching; the cursor moves in the transaction that journals the mails.
    uidvalidity: Mapped[int] = mapped_column(BigInteger, default=0)
    last_uid: Mapped[int] = mapped_column(BigInteger, default=0)
    compared_at: Mapped[datetime | None]
    last_success: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
    last_error_at: Mapped[datetime | None]
    backlog: Mapped[int] = mapped_column(default=0)  # mails on the server that are not here yet
    leased_by: Mapped[str] = mapped_column(String(100), default="")
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def sender_address(self) -> str:
        """From in what goes out by it."""
        return self.from_address or self.address


class Stage(StrEnum):
    """waiting -> done | quarantined; three failures -> unreadable; released -> waiting."""

    WAITING = "waiting"
    DONE = "done"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


class InboundMail(Base):
    """A mail that is safe here: its bytes lie in the store under `sha256` before this row is there."""

    __tablename__ = "inbound_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailboxes.id"))
    uidvalidity: Mapped[int] = mapped_column(BigInteger, default=0)
    # IMAP's UID, POP3's UIDL, or a name of ours for what was brought.
    uid: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    recipient: Mapped[str] = mapped_column(String(320), default="")  # by the envelope, where known
    whole: Mapped[bool] = mapped_column(default=True)  # False: the rest stayed on the server
    archive: Mapped[bool] = mapped_column(default=False)  # old mail: keeps its date, answers nobody
    received_at: Mapped[datetime]

    stage: Mapped[Stage] = mapped_column(String(12), default=Stage.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(Text, default="")
    processed_at: Mapped[datetime | None]

    # Told by reading it.
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    message_id: Mapped[str] = mapped_column(String(250), default="")
    sender: Mapped[str] = mapped_column(String(320), default="")  # folded
    subject: Mapped[str] = mapped_column(String(250), default="")
    outcome: Mapped[str] = mapped_column(String(12), default="")  # see groupware.mailboxes.outcome
    reason: Mapped[str] = mapped_column(Text, default="")  # why it is where it is
    # Where it is, as the module that took it says: numbers of a ticket and of a comment.
    told: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    released: Mapped[bool] = mapped_column(default=False)  # a person let it out of quarantine

    mailbox: Mapped[Mailbox] = relationship()

    name: Mapped[str] = synonym("subject")  # as the checks of stored files call it

    @property
    def brought(self) -> bool:
        """True where a person handed it over, who could have written every line of it."""
        return self.uid.startswith(BROUGHT)

    __table_args__ = (
        UniqueConstraint("mailbox_id", "uidvalidity", "uid"),
        Index("ix_inbound_mail_content", "mailbox_id", "content_hash"),
        Index("ix_inbound_mail_message_id", "message_id"),
        Index(
            "ix_inbound_mail_due",
            "due_at",
            "id",
            sqlite_where=text("stage = 'waiting'"),
            postgresql_where=text("stage = 'waiting'"),
        ),
        Index("ix_inbound_mail_sender", "sender", "processed_at"),
        Index("ix_inbound_mail_stage", "stage", "id"),
    )
