"""From what happens to a ticket to who is told of it, in the same transaction.

filed      -> agents of the list who asked for it
assigned   -> the new assignee
responded  -> assignee and followers: the customer has answered
noted      -> whom the note mentions; assignee, followers
all else   -> assignee and followers: it has changed

Never who did it, never who may not read the ticket now. One act is one notice; changes of a ticket
that were not read yet are one line.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Integer, String, and_, bindparam, cast, or_, select
from sqlalchemy.orm import Session

from groupware.events import Event, Handler, emit
from groupware.memory import remembered
from groupware.models import Level, User
from modules.tasks import events
from modules.tasks.models import Comment, Task, TaskList
from modules.tasks.notices.choice import KEPT_AS, Channel, chosen
from modules.tasks.notices.events import NoticeGiven
from modules.tasks.notices.models import Notice, Reason
from modules.tasks.people import who_may_work
from modules.tasks.queries import ITS_LIST
from modules.tasks.together import followers
from modules.tasks.together.mentions import mentioned
from modules.tasks.together.models import Follower

MOST_TOLD = 500
"""People who are told of one act."""
RANK = {reason: rank for rank, reason in enumerate(Reason)}
QUIET = frozenset({"linked", "unlinked", "percent", "start", "restored"})
"""Changes that nobody is told of."""


def of_filed(session: Session, event: events.TicketFiled) -> None:
    """Agents who want to know of everything new in their lists."""
    task_list = event.ticket.task_list
    agents = remembered(
        session, ("told of new", task_list.id), lambda: _told_of_new(session, task_list)
    )
    give(session, event, dict.fromkeys(agents, Reason.FILED))


def _told_of_new(session: Session, task_list: TaskList) -> Sequence[int]:
    wish = f'"{Reason.FILED}"'
    asked = cast(User.preferences[KEPT_AS], String).contains(wish, autoescape=True)
    agents = who_may_work(task_list, Level.READ).where(asked).limit(MOST_TOLD)
    return [each.id for each in session.scalars(agents)]


def of_assigned(session: Session, event: events.TicketAssigned) -> None:
    """Who has it now, and those who follow it."""
    concerned = _around(session, event, Reason.CHANGED)
    if event.to:
        concerned[event.to.id] = Reason.ASSIGNED
    if event.before:
        concerned.setdefault(event.before.id, Reason.CHANGED)
    give(session, event, concerned)


def of_response(session: Session, event: events.TicketResponded) -> None:
    """Assignee and followers: the customer has answered."""
    give(session, event, _around(session, event, Reason.ANSWERED), event.comment)


def of_reply(session: Session, event: events.TicketReplied) -> None:
    """Assignee and followers: a colleague has answered the customer."""
    give(session, event, _around(session, event, Reason.CHANGED), event.comment)


def of_note(session: Session, event: events.NoteAdded) -> None:
    """Whom it mentions, who follow from then on; the assignee; followers."""
    concerned = _around(session, event, Reason.CHANGED)
    if event.ticket.assignee_id in concerned:
        concerned[event.ticket.assignee_id] = Reason.NOTED
    for person in mentioned(session, event.comment.body, event.ticket.task_list):
        followers.add(session, person, event.ticket, now=event.at)
        concerned[person.id] = Reason.MENTIONED
    give(session, event, concerned, event.comment)


def of_change(session: Session, event: events.TicketEvent) -> None:
    """Assignee and followers, of anything else."""
    if not (isinstance(event, events.TicketChanged) and event.act in QUIET):
        give(session, event, _around(session, event, Reason.CHANGED))


HANDLERS: Mapping[type[Event], list[Handler]] = {
    events.TicketFiled: [of_filed],
    events.TicketAssigned: [of_assigned],
    events.TicketResponded: [of_response],
    events.TicketReplied: [of_reply],
    events.NoteAdded: [of_note],
    events.TicketChanged: [of_change],
    events.TicketResolved: [of_change],
    events.TicketReopened: [of_change],
    events.TicketClosed: [of_change],
    events.TicketMoved: [of_change],
}


def give(
    session: Session,
    event: events.TicketEvent,
    concerned: Mapping[int, Reason],
    comment: Comment | None = None,
) -> None:
    """Tell these people, as each has chosen, unless they did it themselves or may not see it."""
    told = {key: reason for key, reason in concerned.items() if not event.by or key != event.by.id}
    if not told:
        return
    ticket = event.ticket
    act = event.act if isinstance(event, events.TicketChanged) else type(event).__name__
    for person, before in _readers(session, ticket, told, event.at).items():
        reason, channels = told[person.id], chosen(person)[told[person.id]]
        earlier = next((each for each in before if each.at == event.at), None)
        if earlier is not None and RANK[earlier.reason] <= RANK[reason]:
            continue
        if not channels:
            continue
        mail = Channel.MAIL in channels
        if earlier is not None:
            mail = mail and Channel.MAIL not in chosen(person)[earlier.reason]
            session.delete(earlier)
        notice = Notice(
            user=person, task_id=ticket.id, task=ticket, comment=comment, actor=event.by,
            reason=reason, act=act[:40], at=event.at, in_app=Channel.APP in channels,
        )  # fmt: skip
        if reason == Reason.CHANGED:
            for each in before:
                session.delete(each)
        session.add(notice)
        session.flush()
        emit(
            session,
            NoticeGiven(
                notice=notice,
                person=person,
                ticket=ticket,
                comment=comment,
                reason=reason,
                mail=mail,
            ),
        )


def _around(session: Session, event: events.TicketEvent, reason: Reason) -> dict[int, Reason]:
    """Assignee and followers."""
    ids = set(session.scalars(_FOLLOWERS, {"ticket": event.ticket.id}))
    if event.ticket.assignee_id:
        ids.add(event.ticket.assignee_id)
    return dict.fromkeys(ids, reason)


_TICKET: Any = bindparam("ticket", type_=Integer())
_FOLLOWERS = select(Follower.user_id).where(Follower.task_id == _TICKET).limit(MOST_TOLD)


def _readers(
    session: Session, ticket: Task, told: Collection[int], at: datetime
) -> dict[User, list[Notice]]:
    """Those of these people who may read the ticket now, each with what they were told of it in
    the same act, and of changes that they have not read yet.
    """
    acl_id = ticket.task_list.agent_acl_id
    bound = {"acl": acl_id, "ticket": ticket.id, "told": list(told), "at": at}
    found: dict[User, list[Notice]] = {}
    for person, notice in session.execute(_who_may_read(), bound):
        found.setdefault(person, []).extend([notice] if notice else ())
    return found


@cache
def _who_may_read() -> Any:
    unread = and_(Notice.reason == Reason.CHANGED, Notice.read_at.is_(None))
    now = Notice.at == bindparam("at", type_=Notice.at.type)
    before = and_(Notice.user_id == User.id, Notice.task_id == _TICKET, or_(now, unread))
    return (
        who_may_work(ITS_LIST, Level.READ)
        .where(User.id.in_(bindparam("told", expanding=True)))
        .outerjoin(Notice, before)
        .add_columns(Notice)
    )
