"""One act on many tickets: what was asked for, and what became of it, ticket by ticket."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupware.database import Base
from groupware.models import User


class Outcome(StrEnum):
    """waiting -> done | unchanged | refused; done -> undone, by the run that undoes it."""

    WAITING = "waiting"
    DONE = "done"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    UNDONE = "undone"


class BulkRun(Base):
    """An act on many tickets, by one person; the worker goes on with it until it is finished."""

    __tablename__ = "bulk_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    act: Mapped[str] = mapped_column(String(16))
    value: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    said: Mapped[str] = mapped_column(String(300))  # the act in words
    back: Mapped[str] = mapped_column(String(1000), default="")  # the queue that it came from
    total: Mapped[int] = mapped_column(default=0)
    started: Mapped[datetime]
    finished: Mapped[datetime | None]
    undoes_id: Mapped[int | None] = mapped_column(
        ForeignKey("bulk_runs.id", ondelete="CASCADE"), unique=True
    )

    user: Mapped[User] = relationship()

    __table_args__ = (
        Index("ix_bulk_runs_finished", "finished", "id"),
        {"sqlite_autoincrement": True},
    )


class BulkLine(Base):
    """What became of one ticket in a run, and what it was like before."""

    __tablename__ = "bulk_lines"

    run_id: Mapped[int] = mapped_column(
        ForeignKey("bulk_runs.id", ondelete="CASCADE"), primary_key=True
    )
    task_id: Mapped[int] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    outcome: Mapped[Outcome] = mapped_column(String(9), default=Outcome.WAITING)
    reason: Mapped[str] = mapped_column(String(300), default="")
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    __table_args__ = (Index("ix_bulk_lines_outcome", "run_id", "outcome", "task_id"),)
