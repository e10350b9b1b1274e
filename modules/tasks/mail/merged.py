"""The mails of a ticket that is merged go over with its messages, and come back with them."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from modules.tasks.mail.models import Placement
from modules.tasks.models import Comment, Task

Kept = tuple[int, dict[str, Any]] | None


def go_over(session: Session, source: Task, into: Task, details: Comment) -> Kept:
    """Say of the source's mails that they are in the target; what is kept is for the way back.

    The mail that made the source is behind the message that its details became.
    """
    of_source = Placement.task_id == source.id
    first = session.scalars(select(Placement).where(of_source, Placement.comment_id.is_(None)))
    kept: Kept = None
    if placed := first.first():
        kept = (placed.inbound_mail_id, placed.quoted)
        placed.comment_id = details.id
        placed.quoted = _moved(placed.quoted, source.description, details.body)
        session.flush()
    session.execute(update(Placement).where(of_source).values(task_id=into.id))
    return kept


def come_back(session: Session, source: Task, into: Task, comments: list[int], kept: Kept) -> None:
    """As before `go_over`, for those of these messages that are still in the target."""
    if kept and (placed := session.get(Placement, kept[0])) and placed.task_id == into.id:
        placed.task_id, placed.comment_id, placed.quoted = source.id, None, kept[1]
        session.flush()
    of_these = Placement.comment_id.in_(comments)
    session.execute(
        update(Placement).where(Placement.task_id == into.id, of_these).values(task_id=source.id)
    )


def _moved(quoted: dict[str, Any], text: str, body: str) -> dict[str, Any]:
    """Where in `body`, which ends with the text, lies what is quoted in the text."""
    if quoted.get("length") != len(text) or not body.endswith(text):
        return {}
    by = len(body) - len(text)
    spans = [[start + by, end + by] for start, end in quoted["spans"]]
    return {"length": len(body), "spans": spans}
