"""An import, and what became of each of its rows."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupware.database import Base
from groupware.models import User
from modules.tasks.models import TaskList


class Kind(StrEnum):
    """What was brought in."""

    TABLE = "table"
    CALENDAR = "calendar"


class Outcome(StrEnum):
    """waiting -> made | changed | there | refused; `there`: nothing of it was new."""

    WAITING = "waiting"
    MADE = "made"
    CHANGED = "changed"
    THERE = "there"
    REFUSED = "refused"


class ImportRun(Base):
    """A file of tickets that somebody has confirmed; the worker goes on until it is finished.

    Where somebody stops it, it is finished with rows that wait; it can be gone on with.
    """

    __tablename__ = "import_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    task_list_id: Mapped[int] = mapped_column(
        ForeignKey("task_lists.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(200))  # the file's
    kind: Mapped[Kind] = mapped_column(String(8), default=Kind.TABLE, server_default=Kind.TABLE)
    total: Mapped[int] = mapped_column(default=0)
    started: Mapped[datetime]
    finished: Mapped[datetime | None]

    user: Mapped[User] = relationship()
    task_list: Mapped[TaskList] = relationship()

    __table_args__ = (
        Index("ix_import_runs_finished", "finished", "id"),
        {"sqlite_autoincrement": True},
    )


class ImportRow(Base):
    """A row, or a task, by its number in the file; what it said is dropped once it is a ticket."""

    __tablename__ = "import_rows"

    run_id: Mapped[int] = mapped_column(
        ForeignKey("import_runs.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    said: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    key: Mapped[str] = mapped_column(String(64))  # the same row of the same list has the same
    made_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    outcome: Mapped[Outcome] = mapped_column(String(8), default=Outcome.WAITING)
    reason: Mapped[str] = mapped_column(String(300), default="")
    task_id: Mapped[int | None] = mapped_column(
        ForeignKey("tasks.id", ondelete="SET NULL"), index=True
    )

    __table_args__ = (Index("ix_import_rows_outcome", "run_id", "outcome", "number"),)
