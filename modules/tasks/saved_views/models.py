"""The tables of saved views, and of the order in which each person has them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupware.database import Base
from groupware.models import Acl, User

HUES = range(13)  # 0: a star

COLUMNS = {
    "list": "Task list",
    "customer": "Requester",
    "due": "Due",
    "assignee": "Assignee",
    "updated": "Updated",
    "created": "Created",
    "status": "Status",
    "location": "Location",
}
"""What a view can show beside number and subject; `field:7` is a custom field."""

USUAL = ("list", "customer", "due", "assignee", "updated")


class Mode(StrEnum):
    """The ways in which a view opens."""

    LIST = "list"
    SPLIT = "split"
    BOARD = "board"
    AGENDA = "agenda"


class SavedView(Base):
    """What is looked for, and how it is shown; who may use or change it stands in its access list."""

    __tablename__ = "saved_views"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    hue: Mapped[int] = mapped_column(SmallInteger, default=0)
    query: Mapped[str] = mapped_column(Text, default="")  # as typed, names written as numbers
    columns: Mapped[list[str]] = mapped_column(JSON, default=list)  # empty: the usual ones
    grouping: Mapped[str] = mapped_column(String(10), default="status", server_default="status")
    mode: Mapped[str] = mapped_column(String(10), default="list", server_default="list")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    acl_id: Mapped[int] = mapped_column(ForeignKey("acls.id"), unique=True)
    created: Mapped[datetime]
    modified: Mapped[datetime]

    owner: Mapped[User | None] = relationship()
    acl: Mapped[Acl] = relationship(cascade="all, delete-orphan", single_parent=True)


class ViewPlace(Base):
    """Where somebody has a view in their side bar."""

    __tablename__ = "saved_view_places"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    view_id: Mapped[int] = mapped_column(
        ForeignKey("saved_views.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(SmallInteger)
