"""Where a mailbox's mail goes, and which ticket each mail is in."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupware.database import Base
from groupware.mailboxes.models import InboundMail, Mailbox
from modules.tasks.models import Task, TaskList


class Unknown(StrEnum):
    """What becomes of mail from somebody who is not registered."""

    QUARANTINE = "quarantine"
    REGISTER = "register"  # an unverified account of the group, without sign-in until claimed
    CONTACT = "contact"  # a ticket without an account
    REJECT = "reject"


class Intake(Base):
    """Which task list a mailbox feeds, and on whose behalf."""

    __tablename__ = "intakes"

    mailbox_id: Mapped[int] = mapped_column(
        ForeignKey("mailboxes.id", ondelete="CASCADE"), primary_key=True
    )
    task_list_id: Mapped[int] = mapped_column(ForeignKey("task_lists.id"), index=True)
    unknown: Mapped[Unknown] = mapped_column(String(12), default=Unknown.CONTACT)
    register_group_id: Mapped[int | None] = mapped_column(
        ForeignKey("groups.id", ondelete="SET NULL")
    )
    # Where a sender has no default location that they may file for.
    location_id: Mapped[int | None] = mapped_column(ForeignKey("locations.id", ondelete="SET NULL"))

    mailbox: Mapped[Mailbox] = relationship()
    task_list: Mapped[TaskList] = relationship()
    rules: Mapped[list["IntakeRule"]] = relationship(
        order_by="IntakeRule.position, IntakeRule.id", cascade="all, delete-orphan"
    )


class IntakeRule(Base):
    """New mail that holds these words there goes to another list; the first that fits counts."""

    __tablename__ = "intake_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    mailbox_id: Mapped[int] = mapped_column(
        ForeignKey("intakes.mailbox_id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int] = mapped_column(SmallInteger, default=0)
    field: Mapped[str] = mapped_column(String(9))  # recipient, subject, sender
    words: Mapped[str] = mapped_column(String(200))
    task_list_id: Mapped[int] = mapped_column(ForeignKey("task_lists.id"))

    task_list: Mapped[TaskList] = relationship()


class Placement(Base):
    """A mail is in this ticket: as its details, or as one of its messages."""

    __tablename__ = "placements"

    inbound_mail_id: Mapped[int] = mapped_column(
        ForeignKey("inbound_mail.id", ondelete="CASCADE"), primary_key=True
    )
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    comment_id: Mapped[int | None] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )
    reason: Mapped[str] = mapped_column(Text, default="")
    doubt: Mapped[str] = mapped_column(Text, default="")  # why the sender may be another
    # Where in the text its sender quotes: {"length": of the text, "spans": [[start, end], ...]}.
    quoted: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    at: Mapped[datetime]
    moved_from_id: Mapped[int | None] = mapped_column(ForeignKey("tasks.id", ondelete="SET NULL"))

    mail: Mapped[InboundMail] = relationship()
    task: Mapped[Task] = relationship(foreign_keys=[task_id])

    __table_args__ = (Index("ix_placements_task", "task_id", "inbound_mail_id"),)


class Contact(Base):
    """Who asked by mail without an account: the ticket has no customer, answers go here."""

    __tablename__ = "contacts"

    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True
    )
    address: Mapped[str] = mapped_column(String(320))
    folded: Mapped[str] = mapped_column(String(320), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")

    task: Mapped[Task] = relationship()
