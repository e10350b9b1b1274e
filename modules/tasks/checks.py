"""What tasks count twice, and must agree: asked by `groupware verify`."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from modules.tasks.models import Attachment, Comment, Kind, Task, TaskList

IS_NOTE = Comment.kind == Kind.NOTE


def counters(session: Session) -> Iterator[str]:
    """Tickets whose numbers of replies, notes and files are not those of their rows."""
    said = (
        select(
            Comment.task_id,
            _sum(~IS_NOTE).label("replies"),
            _sum(IS_NOTE).label("notes"),
        )
        .group_by(Comment.task_id)
        .subquery()
    )
    attached = (
        select(
            Attachment.task_id,
            _sum(or_(Attachment.comment_id.is_(None), ~IS_NOTE)).label("public"),
            _sum(and_(Attachment.comment_id.is_not(None), IS_NOTE)).label("internal"),
        )
        .outerjoin(Comment, Comment.id == Attachment.comment_id)
        .group_by(Attachment.task_id)
        .subquery()
    )
    counted = {
        "replies": (Task.reply_count, func.coalesce(said.c.replies, 0)),
        "notes": (Task.note_count, func.coalesce(said.c.notes, 0)),
        "files": (Task.file_count, func.coalesce(attached.c.public, 0)),
        "files of notes": (Task.note_file_count, func.coalesce(attached.c.internal, 0)),
    }
    for what, (kept, there) in counted.items():
        wrong = session.execute(
            select(Task.id, kept, there)
            .outerjoin(said, said.c.task_id == Task.id)
            .outerjoin(attached, attached.c.task_id == Task.id)
            .where(kept != there)
            .order_by(Task.id)
        )
        for number, has, should in wrong:
            yield f"ticket {number} counts {has} {what}, and has {should}"


def change_numbers(session: Session) -> Iterator[str]:
    """Lists whose change number is behind one of their tickets'."""
    behind = session.execute(
        select(TaskList.name, TaskList.change_number, func.max(Task.change_number))
        .join(Task, Task.task_list_id == TaskList.id)
        .group_by(TaskList.id, TaskList.name, TaskList.change_number)
        .having(func.max(Task.change_number) > TaskList.change_number)
    )
    for name, number, latest in behind:
        yield f"list {name!r} is at change {number}, and a ticket of it at {latest}"


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
