"""What clients need kept beside tickets: their names for them, what is gone, how lists look."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from groupware.database import Base


class Name(Base):
    """The name that a client gave a task; without a row it is called by its UID."""

    __tablename__ = "dav_names"

    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(255), index=True)


class Gone(Base):
    """A name that a list has no more, since which change of the list."""

    __tablename__ = "dav_gone"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_list_id: Mapped[int] = mapped_column(ForeignKey("task_lists.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(300))
    change_number: Mapped[int]

    __table_args__ = (Index("ix_dav_gone_list", "task_list_id", "change_number"),)


class PersonalChange(Base):
    """The change of the list with which somebody's own lines of a task changed last."""

    __tablename__ = "dav_personal_changes"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    change_number: Mapped[int]


class Looks(Base):
    """How one person's clients show a list, and by which name they made it."""

    __tablename__ = "dav_looks"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    task_list_id: Mapped[int] = mapped_column(
        ForeignKey("task_lists.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    segment: Mapped[str] = mapped_column(String(255), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    colour: Mapped[str] = mapped_column(String(32), default="")
    position: Mapped[str] = mapped_column(String(16), default="")


class Snapshot(Base):
    """What a customer's client was given: what is gone since is told by it."""

    __tablename__ = "dav_snapshots"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    members: Mapped[dict[str, Any]] = mapped_column(JSON)  # ETags by name
    created_at: Mapped[datetime]
