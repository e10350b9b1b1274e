"""A message becomes a ticket of its own.

a response whose author may ask here   its text becomes the details, its author the customer
any other reply                        goes over as it is; the customer stays the same
a note                                 goes over as a note, into a ticket without a customer

So nobody reads more than before: a note's text stays a note, and only the customer and the author
follow the message. Its files go with it, and both tickets are linked.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from groupware.access import level_in
from groupware.errors import NotFound
from groupware.models import Level, Location, User
from modules.tasks.access import may_submit, organisation_reading, owns, require
from modules.tasks.history import changed
from modules.tasks.mail.models import Placement
from modules.tasks.models import Attachment, Comment, Kind, Participant, Task
from modules.tasks.tickets.filing import begin, checked, tell_filed
from modules.tasks.tickets.links import join
from modules.tasks.tickets.tallies import recount


def split(session: Session, actor: User, comment: Comment, *, subject: str, now: datetime) -> Task:
    """Make a new, linked ticket of this message, in the same list."""
    ticket = comment.task
    require(session, actor, Level.WRITE, ticket.task_list)
    if ticket.deleted_at is not None:
        raise NotFound
    subject, _ = checked(subject, "", bare=True)
    asks = _asks(session, ticket, comment)
    customer = comment.author if asks else ticket.customer
    if comment.kind == Kind.NOTE:
        customer = None
    made = begin(
        session,
        actor,
        customer=customer,
        task_list=ticket.task_list,
        location=_location(session, ticket, customer),
        subject=subject,
        details=comment.body if asks else "",
        priority=ticket.priority,
        now=now,
        source=comment.source,
    )
    _hand_over(session, comment, made, as_details=asks)
    for each in (ticket, made):
        recount(session, each)
    tell_filed(session, actor, made, now=now)
    join(session, actor, made, ticket, now=now)
    public = comment.kind == Kind.REPLY
    changed(session, actor, ticket, "split", now=now, public=public, link=[None, made.id])
    return made


def _asks(session: Session, ticket: Task, comment: Comment) -> bool:
    """True where the author of the message asks for something, and may ask here.

    Not where their organisation would read it by that, and did not before.
    """
    return (
        comment.kind == Kind.REPLY
        and not comment.from_staff
        and comment.author is not None
        and owns(session, comment.author, ticket)
        and may_submit(session, comment.author, ticket.task_list)
        and not _told_to_another_organisation(ticket, comment.author)
    )


def _told_to_another_organisation(ticket: Task, author: User) -> bool:
    there = organisation_reading(ticket.task_list, author)
    return bool(there) and there != organisation_reading(ticket.task_list, ticket.customer)


def _hand_over(session: Session, comment: Comment, made: Task, *, as_details: bool) -> None:
    files = session.scalars(select(Attachment).where(Attachment.comment_id == comment.id)).all()
    for file in files:
        file.task_id = made.id
        file.comment_id = None if as_details else comment.id
    session.flush()
    # The mail behind it goes along, so that answers to it find it, and its page can tell of it.
    session.execute(
        update(Placement)
        .where(Placement.comment_id == comment.id)
        .values(
            task_id=made.id,
            comment_id=None if as_details else comment.id,
            moved_from_id=comment.task_id,
        )
    )
    if as_details:
        session.delete(comment)
    else:
        _let_author_read(session, comment, made)
        comment.task = made
    session.flush()


def _let_author_read(session: Session, comment: Comment, made: Task) -> None:
    """Who took part and wrote it takes part where it is now."""
    was = session.get(Participant, (comment.author_id, comment.task_id))
    if comment.kind == Kind.NOTE or was is None or made.customer_id == comment.author_id:
        return
    session.add(Participant(task_id=made.id, user_id=was.user_id))


def _location(session: Session, ticket: Task, customer: User | None) -> Location | None:
    """The same location, where its customer may file for it."""
    place = ticket.location
    if place is None or customer is None or place.archived:
        return None
    return place if level_in(session, customer, place.acl_id) >= Level.READ else None
