"""Files that come to a ticket later, and belong to its details."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import uploads
from groupware.errors import Invalid
from groupware.models import Level, User
from modules.tasks import files
from modules.tasks.access import owns, require
from modules.tasks.files import Incoming
from modules.tasks.history import changed
from modules.tasks.models import Attachment, Task


def add_files(
    session: Session, actor: User, ticket: Task, incoming: Sequence[Incoming], *, now: datetime
) -> None:
    """Add files to a ticket's details, which its customer sees; with those it has, five at most."""
    if not owns(session, actor, ticket):
        require(session, actor, Level.WRITE, ticket.task_list)
    there = session.scalar(
        select(func.count()).where(Attachment.task_id == ticket.id, Attachment.comment_id.is_(None))
    )
    if incoming and (there or 0) + len(incoming) > uploads.MOST_FILES:
        raise Invalid(attachments=f"At most {uploads.MOST_FILES} attachments.")
    made = files.attach(session, actor, ticket, None, incoming, now=now)
    if made:
        names = ", ".join(each.name for each in made)
        changed(session, actor, ticket, "files", now=now, public=True, file=[None, names])
