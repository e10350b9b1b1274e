"""A ticket's checklist: small tasks that are done on the way, seen by the list's agents alone."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupware.database import Base
from groupware.models import User


class ChecklistItem(Base):
    """A line of a checklist; a calendar gets it as a VTODO whose parent is the ticket's."""

    __tablename__ = "checklist_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(255), unique=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(String(500))
    position: Mapped[int] = mapped_column(default=0)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created: Mapped[datetime]
    last_modified: Mapped[datetime]
    completed: Mapped[datetime | None]

    assignee: Mapped[User | None] = relationship()

    __table_args__ = (Index("ix_checklist_items_task_id", "task_id", "position", "id"),)
