"""The table of canned replies."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupware.database import Base
from groupware.models import Acl
from modules.tasks.models import TaskList


class CannedReply(Base):
    """A text for replies and notes: private, shared by its access list, or of a task list."""

    __tablename__ = "canned_replies"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    category: Mapped[str] = mapped_column(String(100), default="")
    body: Mapped[str] = mapped_column(Text)
    acl_id: Mapped[int] = mapped_column(ForeignKey("acls.id"), unique=True)
    # Of a list: offered in its tickets only, to everybody who answers there.
    task_list_id: Mapped[int | None] = mapped_column(
        ForeignKey("task_lists.id", ondelete="CASCADE")
    )
    modified: Mapped[datetime]

    acl: Mapped[Acl] = relationship(cascade="all, delete-orphan", single_parent=True)
    task_list: Mapped[TaskList | None] = relationship()

    __table_args__ = (
        Index("ix_canned_replies_name", "name", "id"),
        Index("ix_canned_replies_task_list_id", "task_list_id"),
    )
