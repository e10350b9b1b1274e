"""A message that came by mail goes to the ticket that it belongs to, and back.

A note stays a note. A reply goes only to a ticket that nobody reads as its customer, or as taking
part, who does not read the message already; to somebody else's ticket it is split off instead. To
undo it needs no such check: there, everybody could read it before.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.errors import Invalid, NotFound
from groupware.models import Level, User
from modules.tasks.access import organisation_reading, require
from modules.tasks.history import changed
from modules.tasks.mail.models import Placement
from modules.tasks.models import Attachment, Comment, Kind, Participant, Task
from modules.tasks.tickets.tallies import recount

NOT_BY_MAIL = "Only a message that came by mail can be moved."
ALREADY = "The message is in this ticket already."
OTHERS = "#{} is read by people who cannot read this message. Split the message off instead."


def move(session: Session, actor: User, comment: Comment, into: Task, *, now: datetime) -> None:
    """Put a message that came by mail into another ticket; files and answers to it follow."""
    ticket = comment.task
    for each in (ticket, into):
        require(session, actor, Level.WRITE, each.task_list)
        if each.deleted_at is not None:
            raise NotFound
    placed = session.scalar(select(Placement).where(Placement.comment_id == comment.id))
    if placed is None or (comment.from_staff and comment.kind == Kind.REPLY):
        raise Invalid(into=NOT_BY_MAIL)
    if into is ticket:
        raise Invalid(into=ALREADY)
    undone = placed.moved_from_id == into.id
    if comment.kind == Kind.REPLY and not undone and _others_read(session, ticket, into):
        raise Invalid(into=OTHERS.format(into.id))
    for file in session.scalars(select(Attachment).where(Attachment.comment_id == comment.id)):
        file.task_id = into.id
    comment.task = into
    placed.task_id, placed.moved_from_id = into.id, None if undone else ticket.id
    session.flush()
    public = comment.kind == Kind.REPLY
    for one, act, other in ((ticket, "message_out", into), (into, "message_in", ticket)):
        recount(session, one)
        changed(session, actor, one, act, now=now, public=public, link=[None, other.id])


def _others_read(session: Session, ticket: Task, into: Task) -> bool:
    """True where somebody reads the one as its customer, their colleague or a participant alone."""
    here, there = (organisation_reading(each.task_list, each.customer) for each in (ticket, into))
    colleagues = bool(there) and there != here
    return colleagues or bool(_readers(session, into) - _readers(session, ticket))


def _readers(session: Session, ticket: Task) -> set[int]:
    return set(session.scalars(select(Participant.user_id).where(Participant.task_id == ticket.id)))
