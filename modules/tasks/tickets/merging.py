"""Two tickets become one: the source goes into the target, and its number leads there.

What the target says of itself stays. Every message, file, checklist item and link goes with the
source, and nobody reads more by it than before, unless who merges admits them:

same customer, same people            the source's replies stay public
same customer, others take part       the same where they are admitted; else its text becomes notes
different customers                   its text becomes notes; its people are admitted, or out

The source is hidden as what is deleted is, with the number of its target beside. `unmerge` takes
everything apart again, for as long as what is deleted can be brought back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from groupware.errors import Forbidden, Invalid
from groupware.models import JournalEntry, Level, User
from modules.tasks import events
from modules.tasks.access import agent_level, require
from modules.tasks.checklists.models import ChecklistItem
from modules.tasks.history import ENTITY, changed
from modules.tasks.mail import merged
from modules.tasks.models import Attachment, Comment, Kind, Link, Participant, Task, WebLink
from modules.tasks.queries import leading_to
from modules.tasks.tickets.tallies import recount

MERGED = "merged"
MERGED_IN = "merged_in"


@dataclass(frozen=True)
class Effects:
    """What a merge would do to who sees what; said before it is done."""

    same_customer: bool
    joining: Sequence[User]  # have a part in the source alone, and lose it unless they are admitted
    readers: Sequence[User]  # have a part in the target alone, and would read the source's replies
    colleagues: bool  # the target's list shows it to the customer's organisation, the source's not

    @property
    def widens(self) -> bool:
        """True where somebody would read more, and so has to be admitted."""
        return bool(self.joining or (self.same_customer and (self.readers or self.colleagues)))

    def public(self, *, admit: bool) -> bool:
        """True where the source's replies stay public."""
        return self.same_customer and (admit or not (self.readers or self.colleagues))


def effects_of_merge(session: Session, source: Task, into: Task) -> Effects:
    """Who would gain or lose what by this merge."""
    parts: dict[int, dict[int, User]] = {source.id: {}, into.id: {}}
    for part, person in session.execute(
        select(Participant, User)
        .join(User, User.id == Participant.user_id)
        .where(Participant.task_id.in_(parts))
        .order_by(User.name, User.id)
    ):
        parts[part.task_id][person.id] = person
    here, there = parts[source.id], parts[into.id]
    return Effects(
        same_customer=source.customer_id == into.customer_id,
        joining=[person for number, person in here.items() if number not in there],
        readers=[person for number, person in there.items() if number not in here],
        colleagues=into.task_list.colleagues_see and not source.task_list.colleagues_see,
    )


def merge(
    session: Session, actor: User, source: Task, into: Task, *, admit: bool = False, now: datetime
) -> None:
    """Put a ticket into another; `admit` lets the people of both read the whole."""
    _require_both(session, actor, source, into)
    if source.id == into.id:
        raise Invalid(merge="A ticket cannot be merged with itself.")
    effects = effects_of_merge(session, source, into)
    public = effects.public(admit=admit)
    details = _details(session, source, public=public)
    undo: dict[str, Any] = {
        "details": details.id,
        "mail": merged.go_over(session, source, into, details),
        "comments": _move_comments(session, source, into, public=public),
        "joined": [person.id for person in effects.joining] if admit else [],
        "links": _copy_links(session, source, into),
        "checklist": _move_rows(session, ChecklistItem, source, into),
        "web_links": _move_rows(session, WebLink, source, into),
        "earlier": _lead_on(session, source, into),
    }
    session.add_all(Participant(task_id=into.id, user_id=each) for each in undo["joined"])
    source.merged_into_id, source.deleted_at = into.id, now
    for ticket in (source, into):
        recount(session, ticket)
    changed(
        session,
        actor,
        source,
        MERGED,
        now=now,
        public=False,
        event=events.TicketDeleted(ticket=source, by=actor, at=now),
        into=[None, into.id],
        undo=undo,
    )
    changed(
        session,
        actor,
        into,
        MERGED_IN,
        now=now,
        public=public or bool(undo["joined"]),
        event=events.TicketMerged(ticket=into, by=actor, at=now, source=source),
        merged=[None, source.id],
    )


def unmerge(session: Session, actor: User, source: Task, into: Task, *, now: datetime) -> None:
    """Take a merge back: the source has its own again, and the target keeps what came later."""
    _require_both(session, actor, source, into)
    undo = _kept(session, source)
    if source.merged_into_id != into.id or undo is None:
        raise Invalid(merge="These are not merged.")
    source.merged_into_id = source.deleted_at = None
    comments = [number for number, _ in undo["comments"]]
    merged.come_back(session, source, into, comments, undo.get("mail"))
    _give_back_comments(session, source, into, undo)
    _give_back_rows(session, ChecklistItem, undo["checklist"], source, into)
    _give_back_rows(session, WebLink, undo["web_links"], source, into)
    for kept in undo["links"]:
        if link := session.get(Link, tuple(kept)):
            session.delete(link)
    for number in undo["joined"]:
        part = session.get(Participant, (number, into.id))
        if part is not None and not part.is_customer:
            session.delete(part)
    session.execute(
        update(Task)
        .where(Task.id.in_(undo["earlier"]), Task.merged_into_id == into.id)
        .values(merged_into_id=source.id)
    )
    for ticket in (source, into):
        recount(session, ticket)
    # Whoever does not see the target is not told of it.
    changed(session, actor, source, "unmerged", now=now, public=True, link=[into.id, None])
    changed(session, actor, into, "unmerged_from", now=now, public=True, merged=[source.id, None])


def followed(session: Session, number: int) -> int:
    """The number that this one leads to: its own, or that of the ticket it was merged into.

    Ask whether the reader may see *that* ticket before telling them of it.
    """
    return session.scalar(leading_to(number)) or number


def _require_both(session: Session, actor: User, source: Task, into: Task) -> None:
    require(session, actor, Level.WRITE, source.task_list)
    require(session, actor, Level.WRITE, into.task_list)
    across = source.task_list_id != into.task_list_id
    if across and agent_level(session, actor, source.task_list) < Level.DELETE:
        raise Forbidden("To merge into another list you need the level Delete on this one.")


def _details(session: Session, source: Task, *, public: bool) -> Comment:
    """Subject and details of the source as a message of their own, with their files."""
    comment = Comment(
        task=source,
        task_id=source.id,
        author_id=source.customer_id,
        kind=Kind.REPLY if public else Kind.NOTE,
        from_staff=False,
        body=f"{source.summary}\n\n{source.description}".strip(),
        created=source.created,
        source=source.source,
    )
    session.add(comment)
    session.flush()
    for file in session.scalars(
        select(Attachment).where(Attachment.task_id == source.id, Attachment.comment_id.is_(None))
    ):
        file.comment_id = comment.id
    session.flush()
    return comment


def _move_comments(
    session: Session, source: Task, into: Task, *, public: bool
) -> list[tuple[int, str]]:
    """The numbers of the messages that went over, and of which kind they were."""
    said = session.scalars(select(Comment).where(Comment.task_id == source.id)).all()
    kinds = [(comment.id, str(comment.kind)) for comment in said]
    for comment in said:
        comment.task = into
        comment.kind = comment.kind if public else Kind.NOTE
    for file in session.scalars(select(Attachment).where(Attachment.task_id == source.id)):
        file.task_id = into.id
    session.flush()
    return kinds


def _give_back_comments(session: Session, source: Task, into: Task, undo: dict[str, Any]) -> None:
    kinds = dict(undo["comments"])
    of_details = Attachment.comment_id == undo["details"]
    for file in session.scalars(
        select(Attachment).where(Attachment.task_id == into.id, Attachment.comment_id.in_(kinds))
    ):
        file.task_id = source.id
    session.flush()
    for file in session.scalars(select(Attachment).where(of_details)):
        file.comment_id = None
    session.flush()
    for comment in session.scalars(
        select(Comment).where(Comment.id.in_(kinds), Comment.task_id == into.id)
    ).all():
        if comment.id == undo["details"]:
            session.delete(comment)
        else:
            comment.task, comment.kind = source, Kind(kinds[comment.id])
    session.flush()


def _copy_links(session: Session, source: Task, into: Task) -> list[list[Any]]:
    """What the source was linked to, the target is from now on."""
    made: list[list[Any]] = []
    ends = or_(Link.source_id == source.id, Link.target_id == source.id)
    for link in session.scalars(select(Link).where(ends)).all():
        one, other = (
            into.id if end == source.id else end for end in (link.source_id, link.target_id)
        )
        key = (one, other, link.kind)
        if one != other and session.get(Link, key) is None:
            session.add(Link(source_id=one, target_id=other, kind=link.kind))
            made.append(list(key))
    session.flush()
    return made


def _move_rows(
    session: Session, model: type[ChecklistItem] | type[WebLink], source: Task, into: Task
) -> list[int]:
    moved = update(model).where(model.task_id == source.id).values(task_id=into.id)
    return list(session.scalars(moved.returning(model.id)))


def _give_back_rows(
    session: Session,
    model: type[ChecklistItem] | type[WebLink],
    ids: Sequence[int],
    source: Task,
    into: Task,
) -> None:
    still = update(model).where(model.id.in_(ids), model.task_id == into.id)
    session.execute(still.values(task_id=source.id))


def _lead_on(session: Session, source: Task, into: Task) -> list[int]:
    """Numbers that led to the source lead to the target, so that one step always suffices."""
    led = update(Task).where(Task.merged_into_id == source.id).values(merged_into_id=into.id)
    return list(session.scalars(led.returning(Task.id)))


def _kept(session: Session, source: Task) -> dict[str, Any] | None:
    """What the journal keeps for the way back."""
    entry = session.scalar(
        select(JournalEntry)
        .where(
            JournalEntry.entity == ENTITY,
            JournalEntry.entity_id == source.id,
            JournalEntry.act == MERGED,
        )
        .order_by(JournalEntry.id.desc())
        .limit(1)
    )
    return entry.changes["undo"] if entry else None
