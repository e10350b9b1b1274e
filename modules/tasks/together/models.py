"""Who follows a ticket, who is at it now, and what they have not sent yet."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupware.database import Base
from groupware.models import User
from modules.tasks.models import Kind


class Doing(StrEnum):
    """What somebody does at a ticket."""

    VIEWING = "viewing"
    WRITING = "writing"


class Follower(Base):
    """An agent wants to know what becomes of a ticket."""

    __tablename__ = "followers"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    at: Mapped[datetime]


class Presence(Base):
    """An agent has a ticket open; it counts for half a minute."""

    __tablename__ = "presences"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    doing: Mapped[Doing] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(index=True)


class Draft(Base):
    """What an agent has begun to write; a shared one is there for the list's other agents."""

    __tablename__ = "drafts"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    shared: Mapped[bool] = mapped_column(primary_key=True, default=False)
    kind: Mapped[Kind] = mapped_column(String(5))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]

    user: Mapped[User] = relationship()
