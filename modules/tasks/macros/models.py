"""The table of macros."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupware.database import Base
from groupware.models import Acl
from modules.tasks.models import TaskList


class Macro(Base):
    """Changes and a message: private, shared by its access list, or of a task list."""

    __tablename__ = "macros"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    category: Mapped[str] = mapped_column(String(100), default="")
    steps: Mapped[dict[str, Any]] = mapped_column(JSON)  # as modules.tasks.macros.steps reads them
    acl_id: Mapped[int] = mapped_column(ForeignKey("acls.id"), unique=True)
    # Of a list: offered for its tickets only, to everybody who answers there.
    task_list_id: Mapped[int | None] = mapped_column(
        ForeignKey("task_lists.id", ondelete="CASCADE")
    )
    modified: Mapped[datetime]

    acl: Mapped[Acl] = relationship(cascade="all, delete-orphan", single_parent=True)
    task_list: Mapped[TaskList | None] = relationship()

    __table_args__ = (
        Index("ix_macros_name", "name", "id"),
        Index("ix_macros_task_list_id", "task_list_id"),
    )
