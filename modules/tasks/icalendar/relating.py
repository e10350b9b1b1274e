"""RELATED-TO (RFC 5545, 3.8.4.5): what a task says of other tasks becomes links of tickets.

A task has one parent: another one takes its place. What names no ticket that the person sees stays
in the text.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from groupware.errors import Invalid
from groupware.models import JournalEntry, User
from modules.tasks import tickets
from modules.tasks.history import ENTITY
from modules.tasks.icalendar.lines import Component
from modules.tasks.models import Link, Task
from modules.tasks.queries import worked_by
from modules.tasks.tickets import Relation

MOST = 50
MEANT = {"PARENT": Relation.CHILD_OF, "CHILD": Relation.PARENT_OF, "SIBLING": Relation.RELATED}


def relations(task: Component) -> Iterator[tuple[str, str]]:
    """The UIDs that a task relates to, and how; without a word it is a parent."""
    for each in task.properties():
        if each.name == "RELATED-TO":
            yield each.text.strip(), each.parameter("RELTYPE").upper() or "PARENT"


def take_parent(
    session: Session, actor: User, ticket: Task, task: Component, *, behind: int, now: datetime
) -> None:
    """Make the ticket whose UID is named as the parent one; `behind` changes were not known."""
    named = [uid for uid, word in relations(task) if word == "PARENT"][:MOST]
    if not named:
        return  # clients drop what they do not know
    wanted = session.scalar(worked_by(actor).where(Task.uid.in_(named)).order_by(Task.id).limit(1))
    above = session.scalar(
        select(Link.source_id).where(Link.target_id == ticket.id, Link.kind == "parent").limit(1)
    )
    if wanted is None or above == wanted.id or _linked_lately(session, ticket, behind):
        return
    if above is not None:
        before = session.scalar(worked_by(actor).where(Task.id == above))
        if before is None or before.uid in named:
            return
        tickets.unlink(session, actor, ticket, before, now=now)
    tickets.link(session, actor, ticket, wanted, Relation.CHILD_OF, now=now)


def take_relations(
    session: Session, actor: User, ticket: Task, task: Component, *, now: datetime
) -> frozenset[str]:
    """Link what a file says belongs together, as far as it is here already: the UIDs of that."""
    named = dict(list(relations(task))[:MOST])
    if not named:
        return frozenset()
    found = session.scalars(worked_by(actor).where(Task.uid.in_(named))).all()
    there = _linked_to(session, ticket, [each.id for each in found])
    linked = {each.uid for each in found if each.id in there}
    for other in found:
        relation = MEANT.get(named[other.uid])
        # A word that says more than a file can stays as it is.
        if relation is None or other.id == ticket.id or other.id in there:
            continue
        try:
            with session.begin_nested():
                tickets.link(session, actor, ticket, other, relation, now=now)
        except Invalid:
            continue  # it has another parent: the text keeps what the file says
        linked.add(other.uid)
    return frozenset(linked)


def _linked_to(session: Session, ticket: Task, ids: Collection[int]) -> frozenset[int]:
    """Those of these tickets that are linked to this one, in whichever way."""
    one = (Link.source_id == ticket.id) & Link.target_id.in_(ids)
    other = (Link.target_id == ticket.id) & Link.source_id.in_(ids)
    ends = session.execute(select(Link.source_id, Link.target_id).where(or_(one, other)))
    return frozenset(end for pair in ends for end in pair if end != ticket.id)


def _linked_lately(session: Session, ticket: Task, behind: int) -> bool:
    """True where somebody has linked the ticket in its latest changes: theirs stands."""
    if behind <= 0:
        return False
    latest = (
        select(JournalEntry.act)
        .where(JournalEntry.entity == ENTITY, JournalEntry.entity_id == ticket.id)
        .order_by(JournalEntry.id.desc())
        .limit(min(behind, 500))
    )
    acts: Collection[str] = session.scalars(latest).all()
    return bool({"linked", "unlinked"} & set(acts))
