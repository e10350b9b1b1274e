"""What a ticket says of its conversation without looking into it, counted anew."""

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from modules.tasks.models import Attachment, Comment, Kind, Task


def recount(session: Session, ticket: Task) -> None:
    """Count the ticket's messages and files, after some were moved in or out."""
    session.flush()
    note = Comment.kind == Kind.NOTE
    rows = session.execute(
        select(
            Comment.kind,
            Comment.from_staff,
            func.count(),
            func.max(Comment.id),
            func.max(Comment.created),
        )
        .where(Comment.task_id == ticket.id)
        .group_by(Comment.kind, Comment.from_staff)
    ).all()
    public, internal = session.execute(
        select(
            func.count(case((or_(Attachment.comment_id.is_(None), ~note), 1))),
            func.count(case((note, 1))),
        )
        .select_from(Attachment)
        .outerjoin(Comment, Comment.id == Attachment.comment_id)
        .where(Attachment.task_id == ticket.id)
    ).one()
    replies = [row for row in rows if row[0] == Kind.REPLY]
    ticket.reply_count = sum(row[2] for row in replies)
    ticket.note_count = sum(row[2] for row in rows) - ticket.reply_count
    ticket.file_count, ticket.note_file_count = public, internal
    ticket.last_reply_id = max((row[3] for row in replies), default=None)
    said = {bool(row[1]): row[4] for row in replies}
    ticket.answered_at = said.get(True)
    ticket.asked_at = max(ticket.created, said.get(False) or ticket.created)
