"""What an agent was told."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupware.database import Base
from groupware.models import User
from modules.tasks.models import Comment, Task

UNREAD = "read_at IS NULL AND in_app"


class Reason(StrEnum):
    """Why somebody is told; of several, the first one counts."""

    MENTIONED = "mentioned"
    ASSIGNED = "assigned"
    ANSWERED = "answered"  # by the customer
    NOTED = "noted"
    OVERDUE = "overdue"
    FILED = "filed"  # new in a list of theirs
    CHANGED = "changed"


class Notice(Base):
    """One person was told of one act; shown only while they may see the ticket."""

    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    comment_id: Mapped[int | None] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), index=True
    )
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    reason: Mapped[Reason] = mapped_column(String(12))
    act: Mapped[str] = mapped_column(String(40), default="")  # the journal's word for a change
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    in_app: Mapped[bool] = mapped_column(default=True)  # False: told by mail alone

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    actor: Mapped[User | None] = relationship(foreign_keys=[actor_id])
    task: Mapped[Task] = relationship()
    comment: Mapped[Comment | None] = relationship()

    __table_args__ = (
        Index("ix_notices_user", "user_id", "id"),
        Index(
            "ix_notices_unread",
            "user_id",
            "id",
            sqlite_where=text(UNREAD),
            postgresql_where=text(UNREAD),
        ),
    )
