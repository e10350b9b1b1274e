"""Tickets that belong together, and pages elsewhere that belong to a ticket.

A link is told from both ends: what is the parent of that one is that one's child. There is one
between two tickets; another word for it takes its place. Web addresses stand beside.
"""

from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from groupware.errors import Invalid, NotFound
from groupware.models import Level, User
from groupware.text import one_line
from modules.tasks.access import agent_level, require
from modules.tasks.history import changed
from modules.tasks.models import Link, Task, WebLink

RELATED = "related"
MOST_WEB_LINKS = 50
LONGEST_TITLE = 200
LONGEST_URL = 2000


class Relation(StrEnum):
    """What a ticket is towards another: `ticket` is the ... of, or does ..., the other."""

    RELATED = "related"
    DUPLICATE_OF = "duplicate_of"
    DUPLICATED_BY = "duplicated_by"
    PARENT_OF = "parent_of"
    CHILD_OF = "child_of"
    BLOCKS = "blocks"
    BLOCKED_BY = "blocked_by"

    @property
    def inverse(self) -> "Relation":
        """The same, said from the other end."""
        return _INVERSE[self]

    @property
    def kept(self) -> tuple[str, bool]:
        """As a row has it: the kind, and whether this end is its source."""
        return _KEPT[self]

    @classmethod
    def of(cls, kind: str, *, is_source: bool) -> "Relation":
        """The word for a row, seen from one end; what goes both ways has no ends."""
        word = next((each for each, kept in _KEPT.items() if kept == (kind, is_source)), None)
        return word or cls.RELATED


_KEPT = {
    Relation.RELATED: (RELATED, True),
    Relation.DUPLICATE_OF: ("duplicate", True),
    Relation.DUPLICATED_BY: ("duplicate", False),
    Relation.PARENT_OF: ("parent", True),
    Relation.CHILD_OF: ("parent", False),
    Relation.BLOCKS: ("blocks", True),
    Relation.BLOCKED_BY: ("blocks", False),
}
_INVERSE = {
    Relation.RELATED: Relation.RELATED,
    Relation.DUPLICATE_OF: Relation.DUPLICATED_BY,
    Relation.DUPLICATED_BY: Relation.DUPLICATE_OF,
    Relation.PARENT_OF: Relation.CHILD_OF,
    Relation.CHILD_OF: Relation.PARENT_OF,
    Relation.BLOCKS: Relation.BLOCKED_BY,
    Relation.BLOCKED_BY: Relation.BLOCKS,
}


def link(
    session: Session,
    actor: User,
    ticket: Task,
    other: Task,
    relation: Relation = Relation.RELATED,
    *,
    now: datetime,
) -> None:
    """Say what a ticket is towards another; needs READ on the other's list."""
    _require_both(session, actor, ticket, other)
    join(session, actor, ticket, other, relation, now=now)


def join(
    session: Session,
    actor: User | None,
    ticket: Task,
    other: Task,
    relation: Relation = Relation.RELATED,
    *,
    now: datetime,
) -> None:
    """What `link` does once permission was checked; rules of a ticket's life do it too."""
    if other.id == ticket.id:
        raise Invalid(link="A ticket cannot be linked to itself.")
    found = _between(session, ticket, other)
    kind, is_source = relation.kept
    if any(_says(kept, ticket, relation) for kept in found):
        return
    if kind == "parent":
        parent, child = (ticket, other) if is_source else (other, ticket)
        _check_parent(session, parent, child)
    for kept in found:
        session.delete(kept)
    session.flush()
    source, target = (ticket, other) if is_source else (other, ticket)
    session.add(Link(source_id=source.id, target_id=target.id, kind=kind))
    for one, another, word in ((ticket, other, relation), (other, ticket, relation.inverse)):
        changed(
            session, actor, one, "linked", now=now, public=False,
            link=[None, another.id], relation=word.value,
        )  # fmt: skip


def unlink(session: Session, actor: User, ticket: Task, other: Task, *, now: datetime) -> None:
    """Undo `link`, whichever way it went and whatever it said."""
    _require_both(session, actor, ticket, other)
    found = _between(session, ticket, other)
    if not found:
        return
    for kept in found:
        session.delete(kept)
    for one, another in ((ticket, other), (other, ticket)):
        changed(session, actor, one, "unlinked", now=now, public=False, link=[another.id, None])


def add_web_link(
    session: Session, actor: User, ticket: Task, url: str, title: str = "", *, now: datetime
) -> WebLink:
    """Keep the address of a page elsewhere with a ticket; it begins with http or https."""
    require(session, actor, Level.WRITE, ticket.task_list)
    url, title = checked_url(url), one_line(title)[:LONGEST_TITLE]
    there = session.scalars(
        select(WebLink).where(WebLink.task_id == ticket.id).limit(MOST_WEB_LINKS)
    ).all()
    if same := next((each for each in there if each.url == url), None):
        return same
    if len(there) == MOST_WEB_LINKS:
        raise Invalid(link=f"A ticket has at most {MOST_WEB_LINKS} web addresses.")
    made = WebLink(task_id=ticket.id, url=url, title=title, created=now)
    session.add(made)
    changed(session, actor, ticket, "web_linked", now=now, public=False, url=[None, url])
    return made


def remove_web_link(
    session: Session, actor: User, ticket: Task, kept: WebLink, *, now: datetime
) -> None:
    """Undo `add_web_link`."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if kept.task_id != ticket.id:
        raise NotFound
    session.delete(kept)
    changed(session, actor, ticket, "web_unlinked", now=now, public=False, url=[kept.url, None])


def checked_url(url: str) -> str:
    """A web address that is safe to lead to; anything else is refused."""
    url = "".join(url.split())
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise Invalid(link="This is no web address.") from error
    if parts.scheme.lower() not in ("http", "https") or not host or "\\" in url:
        raise Invalid(link="Please give an address that begins with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise Invalid(link="Please leave name and password out of the address.")
    if len(url) > LONGEST_URL or not url.isprintable():
        raise Invalid(link="This address is too long.")
    return url


def _require_both(session: Session, actor: User, ticket: Task, other: Task) -> None:
    require(session, actor, Level.WRITE, ticket.task_list)
    if agent_level(session, actor, other.task_list) < Level.READ:
        raise NotFound


def _between(session: Session, one: Task, other: Task) -> list[Link]:
    there = (Link.source_id == one.id) & (Link.target_id == other.id)
    back = (Link.source_id == other.id) & (Link.target_id == one.id)
    return list(session.scalars(select(Link).where(or_(there, back))))


def _says(kept: Link, ticket: Task, relation: Relation) -> bool:
    return Relation.of(kept.kind, is_source=kept.source_id == ticket.id) == relation


def _check_parent(session: Session, parent: Task, child: Task) -> None:
    """A ticket has one parent, and is not its own ancestor."""
    parents = select(Link).where(Link.kind == "parent")
    has = parents.where(Link.target_id == child.id, Link.source_id != parent.id)
    if session.scalar(has.limit(1)):
        raise Invalid(link=f"#{child.id} has a parent already.")
    above = (
        select(Link.source_id.label("id"))
        .where(Link.kind == "parent", Link.target_id == parent.id)
        .cte(recursive=True)
    )
    above = above.union(
        select(Link.source_id).where(Link.kind == "parent", Link.target_id == above.c.id)
    )
    if session.scalar(select(above.c.id).where(above.c.id == child.id)):
        raise Invalid(link=f"#{child.id} is above #{parent.id} already.")
