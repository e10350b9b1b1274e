"""What people say in a ticket: responses of customers, replies and notes of staff.

reply on open            -> in progress (and assigned to the writer, where nobody has it)
response on resolved     -> open again (or marked as answered, by the list's rule)
response on in progress  -> waiting ends
response on closed       -> open again; closed longer than the list's limit: a new, linked ticket
note                     -> nothing
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware.errors import Forbidden, Invalid
from groupware.models import Level, User
from groupware.text import cleaned
from modules.tasks import events, files, history, tickets
from modules.tasks.access import agent_level, owns, require
from modules.tasks.files import Incoming
from modules.tasks.history import changed
from modules.tasks.models import Comment, Kind, Participant, State, Task

EDITABLE = timedelta(minutes=15)


def respond(
    session: Session,
    actor: User,
    ticket: Task,
    body: str,
    *,
    incoming: Sequence[Incoming] = (),
    now: datetime,
    source: str = "web",
) -> Comment:
    """A customer's or participant's response, which may lead to a new, linked ticket."""
    if not owns(session, actor, ticket):
        raise Forbidden
    body = _checked(body, incoming)
    if is_over(ticket, now):
        ticket = _continued(session, actor, ticket, now=now, source=source)
    return take(session, actor, ticket, body, incoming=incoming, now=now, source=source)


def take(
    session: Session,
    actor: User | None,
    ticket: Task,
    body: str,
    *,
    incoming: Sequence[Incoming] = (),
    now: datetime,
    source: str,
) -> Comment:
    """What `respond` does once its writer was found to have a part in the ticket."""
    comment = say(session, actor, ticket, Kind.REPLY, body, now=now, source=source, staff=False)
    files.attach(session, actor, ticket, comment, incoming, now=now)
    ticket.asked_at = now
    _tell(session, actor, ticket, comment, "responded", events.TicketResponded, now=now)
    if ticket.state == State.RESOLVED and not ticket.task_list.response_reopens:
        ticket.answered_after_resolution = True
    elif ticket.state in (State.RESOLVED, State.CLOSED):
        tickets.change_state(session, actor, ticket, State.OPEN, now=now)
    else:
        tickets.end_waiting(session, actor, ticket, now=now)
    return comment


def is_over(ticket: Task, now: datetime) -> bool:
    """True where a response begins a new ticket, since this one has been closed for too long."""
    # A list that takes no new tickets goes on with its old ones.
    limit = 0 if ticket.task_list.archived else ticket.task_list.reopen_within_days
    return bool(limit and ticket.closed and now - ticket.closed > timedelta(days=limit))


def reply(
    session: Session,
    actor: User,
    ticket: Task,
    body: str,
    *,
    incoming: Sequence[Incoming] = (),
    now: datetime,
    source: str = "web",
) -> Comment:
    """A staff reply, which the customer sees; on an open ticket it makes it in progress."""
    require(session, actor, Level.WRITE, ticket.task_list)
    body = _checked(body, incoming)
    own = ticket.customer_id == actor.id
    comment = say(session, actor, ticket, Kind.REPLY, body, now=now, source=source, staff=not own)
    files.attach(session, actor, ticket, comment, incoming, now=now)
    if own:  # one's own ticket: the answer of a customer who happens to be an agent
        ticket.asked_at = now
        _tell(session, actor, ticket, comment, "responded", events.TicketResponded, now=now)
        return comment
    ticket.answered_at = now
    ticket.answered_after_resolution = False
    _tell(session, actor, ticket, comment, "replied", events.TicketReplied, now=now)
    if ticket.state == State.OPEN:
        if ticket.assignee is None and ticket.task_list.reply_assigns:
            tickets.give(session, actor, ticket, actor, now=now)
        tickets.change_state(session, actor, ticket, State.IN_PROGRESS, now=now)
    return comment


def note(
    session: Session,
    actor: User,
    ticket: Task,
    body: str,
    *,
    incoming: Sequence[Incoming] = (),
    now: datetime,
    source: str = "web",
) -> Comment:
    """A note for the list's agents; it changes nothing that a customer could see."""
    require(session, actor, Level.WRITE, ticket.task_list)
    body = _checked(body, incoming)
    comment = say(session, actor, ticket, Kind.NOTE, body, now=now, source=source, staff=True)
    files.attach(session, actor, ticket, comment, incoming, now=now)
    _tell(session, actor, ticket, comment, "noted", events.NoteAdded, now=now)
    return comment


def edit_comment(
    session: Session, actor: User, comment: Comment, body: str, *, now: datetime
) -> None:
    """Change what one wrote oneself, within 15 minutes and while nobody has answered."""
    require_editable(session, actor, comment, now=now)
    ticket = comment.task
    body = _checked(body, ())
    if body == comment.body:
        return
    before, comment.body, comment.edited = comment.body, body, now
    changed(
        session,
        actor,
        ticket,
        history.COMMENT_EDITED,
        now=now,
        public=comment.kind == Kind.REPLY,
        event=events.CommentChanged(ticket=ticket, by=actor, at=now, comment=comment),
        comment=comment.id,
        body=[before, body],
    )


def require_editable(session: Session, actor: User, comment: Comment, *, now: datetime) -> None:
    """Refuse whoever may not, or no longer, change this message."""
    ticket = comment.task
    works = agent_level(session, actor, ticket.task_list) >= Level.WRITE
    takes_part = comment.kind == Kind.REPLY and owns(session, actor, ticket)
    if comment.author_id != actor.id or not (works or takes_part):
        raise Forbidden
    if now - comment.created > EDITABLE:
        raise Forbidden("This can be changed for 15 minutes only.")
    if answered(session, comment):
        raise Forbidden("This has been answered and can no longer be changed.")


def delete_comment(session: Session, actor: User, comment: Comment, *, now: datetime) -> None:
    """Remove a reply or note for good; the journal says that it was there."""
    require(session, actor, Level.MANAGE, comment.task.task_list)
    remove(session, actor, comment, "comment_deleted", now=now)


def remove(session: Session, actor: User, comment: Comment, act: str, *, now: datetime) -> None:
    """What `delete_comment` does once permission was checked; who takes a reply back does it too."""
    ticket, kind = comment.task, comment.kind
    files.detach(session, ticket, comment)
    gone = comment.id
    session.delete(comment)
    session.flush()
    if kind == Kind.NOTE:
        ticket.note_count -= 1
    else:
        ticket.reply_count -= 1
        _look_again(session, ticket)
    history.forget_texts(session, ticket, gone)
    changed(
        session,
        actor,
        ticket,
        act,
        now=now,
        public=kind == Kind.REPLY,
        event=events.CommentChanged(ticket=ticket, by=actor, at=now, comment=None),
        comment=gone,
        kind=kind,
    )


def _look_again(session: Session, ticket: Task) -> None:
    """Who said the last word, now that a word is gone."""
    rows = session.execute(
        select(Comment.from_staff, func.max(Comment.id), func.max(Comment.created))
        .where(Comment.task_id == ticket.id, Comment.kind == Kind.REPLY)
        .group_by(Comment.from_staff)
    ).all()
    last = {bool(staff): (comment_id, at) for staff, comment_id, at in rows}
    ticket.last_reply_id = max((comment_id for comment_id, _ in last.values()), default=None)
    ticket.answered_at = last[True][1] if True in last else None
    ticket.asked_at = last[False][1] if False in last else ticket.created


def _checked(body: str, incoming: Sequence[Incoming]) -> str:
    body = cleaned(body).strip()
    if not body and not incoming:
        raise Invalid(body="Please write something.")
    if len(body) > tickets.LONGEST_TEXT:
        raise Invalid(body=f"This is longer than {tickets.LONGEST_TEXT:,} characters.")
    return body


def say(
    session: Session,
    actor: User | None,
    ticket: Task,
    kind: Kind,
    body: str,
    *,
    now: datetime,
    source: str,
    staff: bool,
) -> Comment:
    """Add a message to a conversation, and nothing else; whoever calls it checks and tells."""
    comment = Comment(
        task=ticket,
        task_id=ticket.id,
        author=actor,
        kind=kind,
        from_staff=staff,
        body=body,
        created=now,
        source=source,
    )
    session.add(comment)
    session.flush()
    if kind == Kind.NOTE:
        ticket.note_count += 1
    else:
        ticket.reply_count += 1
        ticket.last_reply_id = comment.id
    return comment


def _tell(
    session: Session,
    actor: User | None,
    ticket: Task,
    comment: Comment,
    act: str,
    event: type[events.TicketReplied] | type[events.TicketResponded] | type[events.NoteAdded],
    *,
    now: datetime,
) -> None:
    changed(
        session,
        actor,
        ticket,
        act,
        now=now,
        public=comment.kind == Kind.REPLY,
        event=event(ticket=ticket, by=actor, at=now, comment=comment),
        comment=comment.id,
    )


def answered(session: Session, comment: Comment) -> bool:
    """True where somebody else has spoken since, to those who could read it."""
    later = select(Comment.id).where(
        Comment.task_id == comment.task_id,
        Comment.id > comment.id,
        Comment.author_id != comment.author_id,
    )
    if comment.kind == Kind.REPLY:
        later = later.where(Comment.kind == Kind.REPLY)
    return session.scalar(later.limit(1)) is not None


def _continued(session: Session, actor: User, ticket: Task, *, now: datetime, source: str) -> Task:
    """A new ticket that goes on with one that has been closed for long."""
    follower = tickets.begin(
        session,
        actor,
        customer=ticket.customer or actor,
        task_list=ticket.task_list,
        location=ticket.location,
        subject=ticket.summary,
        details=ticket.description,
        priority=ticket.priority,
        now=now,
        source=source,
        custom=ticket.custom or {},
    )
    others = session.scalars(
        select(Participant.user_id).where(
            Participant.task_id == ticket.id, Participant.user_id != follower.customer_id
        )
    )
    session.add_all(Participant(task_id=follower.id, user_id=user_id) for user_id in others)
    tickets.tell_filed(session, actor, follower, now=now)
    tickets.join(session, actor, follower, ticket, now=now)
    for one, act, other in ((ticket, "continued", follower), (follower, "continues", ticket)):
        changed(session, actor, one, act, now=now, public=True, request=[None, other.id])
    return follower
