"""What a mail going out is about, how each list writes, and the texts that managers have changed."""

from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupware.database import Base
from groupware.models import OutboundMail, User
from modules.tasks.models import Task


class LetterKind(StrEnum):
    """Why a letter is written. All but replies and notices are the desk's own, automatic ones."""

    REPLY = "reply"
    ACKNOWLEDGEMENT = "acknowledgement"
    RESOLVED = "resolved"
    CLOSED = "closed"
    HANDED_OVER = "handed_over"
    NOTICE = "notice"  # to an agent


class Acknowledge(StrEnum):
    """Which new requests of a list are acknowledged by mail."""

    NEVER = "never"
    MAIL = "mail"  # those that came by mail
    ALWAYS = "always"


class Letter(Base):
    """What a mail in the outbox is about: one letter to one person, or to an unregistered contact."""

    __tablename__ = "letters"

    mail_id: Mapped[int] = mapped_column(
        ForeignKey("outbound_mail.id", ondelete="CASCADE"), primary_key=True
    )
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    comment_id: Mapped[int | None] = mapped_column(
        ForeignKey("comments.id", ondelete="SET NULL"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(String(12), default="")  # of a notice

    mail: Mapped[OutboundMail] = relationship()
    task: Mapped[Task] = relationship()
    user: Mapped[User | None] = relationship()


class Correspondence(Base):
    """How a task list writes; a list without a row has the defaults."""

    __tablename__ = "correspondence"

    task_list_id: Mapped[int] = mapped_column(
        ForeignKey("task_lists.id", ondelete="CASCADE"), primary_key=True
    )
    # Empty: the mailbox that feeds the list.
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailboxes.id", ondelete="SET NULL"))
    acknowledge: Mapped[Acknowledge] = mapped_column(String(8), default=Acknowledge.MAIL)
    tell_resolved: Mapped[bool] = mapped_column(default=True)
    tell_closed: Mapped[bool] = mapped_column(default=True)
    tell_handed_over: Mapped[bool] = mapped_column(default=False)
    quote: Mapped[bool] = mapped_column(default=False)  # the message that is answered, below
    signature: Mapped[str] = mapped_column(Text, default="")


class LetterText(Base):
    """A manager's own words for a kind of letter in a language, over those that come with the desk."""

    __tablename__ = "letter_texts"

    kind: Mapped[LetterKind] = mapped_column(String(16), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    subject: Mapped[str] = mapped_column(String(250))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text, default="")
