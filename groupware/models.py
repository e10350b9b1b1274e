"""The core's tables: people, groups, access lists, what is kept for the mail and the files."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupware.database import Base


class Level(IntEnum):
    """What an access list grants; the highest over a person's groups counts."""

    NONE = 0
    READ = 10
    CREATE = 20
    WRITE = 30
    DELETE = 40
    MANAGE = 50


class Permission(StrEnum):
    """What opens the door of a module."""

    CREATE_TICKETS = "create_tickets"
    MANAGE_TICKETS = "manage_tickets"
    MANAGE_SUPPORT = "manage_support"
    ADMINISTER = "administer"


class User(Base):
    """A person. Without a password there is no sign-in; inactive people have nothing."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    organisation: Mapped[str] = mapped_column(String(200), default="")
    active: Mapped[bool] = mapped_column(default=True)
    verified: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    # Any change of password, rights or state raises it: what was issued before is void.
    credential_number: Mapped[int] = mapped_column(default=0)
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    locale: Mapped[str] = mapped_column(String(16), default="en")
    theme: Mapped[str] = mapped_column(String(8), default="auto")
    density: Mapped[str] = mapped_column(String(8), default="cosy")
    preferences: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    default_location_id: Mapped[int | None] = mapped_column(
        ForeignKey("locations.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]

    addresses: Mapped[list["Address"]] = relationship(
        back_populates="user", order_by="Address.id", cascade="all, delete-orphan"
    )

    @property
    def address(self) -> str:
        """The first address, to which mail goes; empty where there is none."""
        return self.addresses[0].address if self.addresses else ""

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.split() else ""

    __table_args__ = (Index("ix_users_name", "name", "id"),)


class Address(Base):
    """An e-mail address of a person, as typed and folded; nobody else can have the same."""

    __tablename__ = "addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(String(320))
    folded: Mapped[str] = mapped_column(String(320), unique=True)
    verified: Mapped[bool] = mapped_column(default=True)

    user: Mapped[User] = relationship(back_populates="addresses")


class GroupKind(StrEnum):
    """Access lists name groups only, so a person is a group of one, and all are a group too."""

    GROUP = "group"
    PERSONAL = "personal"
    EVERYONE = "everyone"


class Group(Base):
    """People who are given something together."""

    __tablename__ = "groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[GroupKind] = mapped_column(String(8), default=GroupKind.GROUP)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), unique=True
    )

    __table_args__ = (
        CheckConstraint("(kind = 'personal') = (user_id IS NOT NULL)", name="personal"),
        Index("ix_groups_kind", "kind", "name"),
    )


class Membership(Base):
    """Somebody belongs to a group."""

    __tablename__ = "memberships"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Grant(Base):
    """A module permission given to a group."""

    __tablename__ = "permissions"

    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True
    )
    permission: Mapped[Permission] = mapped_column(String(32), primary_key=True, index=True)


class Acl(Base):
    """An access list: which group has which level."""

    __tablename__ = "acls"

    id: Mapped[int] = mapped_column(primary_key=True)

    entries: Mapped[list["AclEntry"]] = relationship(
        back_populates="acl", cascade="all, delete-orphan", order_by="AclEntry.group_id"
    )


class AclEntry(Base):
    """A line of an access list."""

    __tablename__ = "acl_entries"

    acl_id: Mapped[int] = mapped_column(ForeignKey("acls.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    level: Mapped[int] = mapped_column(SmallInteger)

    acl: Mapped[Acl] = relationship(back_populates="entries")
    group: Mapped[Group] = relationship()


class Location(Base):
    """A place; whoever has READ in its access list may file a ticket for it."""

    __tablename__ = "locations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    acl_id: Mapped[int] = mapped_column(ForeignKey("acls.id"), unique=True)
    archived: Mapped[bool] = mapped_column(default=False)

    acl: Mapped[Acl] = relationship(cascade="all, delete-orphan", single_parent=True)


class WebSession(Base):
    """Somebody is signed in: only a hash of the session's id is kept."""

    __tablename__ = "web_sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    credential_number: Mapped[int]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    remote: Mapped[str] = mapped_column(String(64), default="")

    user: Mapped[User] = relationship()


class TokenKind(StrEnum):
    RESET = "reset"
    INVITATION = "invitation"
    VERIFICATION = "verification"
    API = "api"
    DAV = "dav"
    FEED = "feed"


class Token(Base):
    """A secret that was given to somebody, hashed: single use, or until it is revoked."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[TokenKind] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200), default="")
    value: Mapped[str] = mapped_column(String(400), default="")  # such as the address to verify
    credential_number: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class Attempt(Base):
    """Something that is limited was tried: counted here, so that all processes agree."""

    __tablename__ = "attempts"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(400))
    at: Mapped[datetime]

    __table_args__ = (Index("ix_attempts_key", "key", "at"),)


class Setting(Base):
    """A module's settings, which a manager changes while it runs."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSON)


class JournalEntry(Base):
    """What somebody did to what: the history of a ticket, of settings, of who came in."""

    __tablename__ = "journal"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    act: Mapped[str] = mapped_column(String(64))
    entity: Mapped[str] = mapped_column(String(32))
    entity_id: Mapped[int | None]
    public: Mapped[bool] = mapped_column(default=False)  # may the ticket's customer see it
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # field: [before, after]

    __table_args__ = (
        Index("ix_journal_entity", "entity", "entity_id", "id"),
        Index("ix_journal_actor", "actor_id", "id"),
        Index("ix_journal_kind", "entity", "id"),
    )


class Upload(Base):
    """A file that somebody sent before its ticket or reply: named by a secret, gone after a day."""

    __tablename__ = "uploads"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(150))
    content_type: Mapped[str] = mapped_column(String(127))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Delivery(StrEnum):
    """waiting -> claimed -> sent | failed | held; a claim older than ten minutes is free again."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    HELD = "held"  # it may have arrived: a person decides


class OutboundMail(Base):
    """A mail to one address, noted with its cause; while no server is set up it waits, and is shown."""

    __tablename__ = "outbound_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), default="account")  # who writes it, and why
    message_id: Mapped[str] = mapped_column(String(250), unique=True)
    recipient: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(250))
    message: Mapped[bytes] = mapped_column(LargeBinary)  # empty until it is written
    mailbox_id: Mapped[int | None]  # goes out by this mailbox's server, where it has one
    envelope: Mapped[str] = mapped_column(String(400), default="")  # where reports of it go
    secret: Mapped[bool] = mapped_column(default=False)  # holds a link that signs somebody in
    state: Mapped[Delivery] = mapped_column(String(8), default=Delivery.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(Text, default="")
    log: Mapped[list[list[str]]] = mapped_column(JSON, default=list)  # times, and what was said

    __table_args__ = (
        Index("ix_outbound_mail_recipient", "recipient", "kind", "created_at"),
        Index(
            "ix_outbound_mail_due",
            "due_at",
            sqlite_where=text("state IN ('waiting', 'claimed')"),
            postgresql_where=text("state IN ('waiting', 'claimed')"),
        ),
    )


class IdempotencyKey(Base):
    """An act that was sent twice is done once: the answer of the first is given again."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    answer: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime] = mapped_column(index=True)


class Heartbeat(Base):
    """A worker was alive then."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
