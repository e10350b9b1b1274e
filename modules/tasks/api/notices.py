"""Notices: what an agent was told of, to be read and marked as read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from groupware.api import Id, Noun, Page, Paging, Ref, Says
from groupware.api.paging import NOWHERE, cursor_of, values_in
from groupware.api.reading import bad
from groupware.text import LARGEST_NUMBER
from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, actor, now, open_to, session
from modules.tasks.notices import inbox
from modules.tasks.notices.models import Reason

nouns = Noun("notices", "What one was told of; for agents.")


@dataclass(frozen=True)
class Notice:
    """One act at a ticket, and why one is told of it."""

    id: int
    ticket: Ref
    comment: Annotated[int | None, Says("The reply or note that it is about.")]
    by: Annotated[Ref | None, Says("Null is the desk itself.")]
    reason: Reason
    at: datetime
    unread: bool


@dataclass(frozen=True)
class NoticeQuery(Paging):
    """Which notices: newest first."""

    unread: Annotated[bool, Says("Only those that are not read yet.")] = False


@dataclass(frozen=True)
class Reading:
    """What was read."""

    notice: Annotated[Id | None, Says("Null marks all of them.")] = None


@nouns.get("/notices")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def listed(query: NoticeQuery) -> Page[Notice]:
    """What one was told of tickets that one may still see."""
    below = _below(query.cursor) if query.cursor else None
    part = inbox.listed(session(), actor(), below=below, unread=query.unread, most=query.per_page)
    items = [
        Notice(
            each.id,
            Ref(each.ticket, each.subject),
            each.comment,
            Ref(each.who_id, each.who) if each.who_id else None,
            each.reason,
            each.at,
            each.unread,
        )
        for each in part.notices
    ]
    return Page(items, cursor_of([part.older]) if part.older else None)


@nouns.post("/notices/reading")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def read(body: Reading) -> None:
    """Mark one notice as read, or all of them."""
    inbox.read(session(), actor(), body.notice, now=now())


def _below(cursor: str) -> int:
    values = values_in(cursor)
    if len(values) != 1 or type(values[0]) is not int or not 0 < values[0] <= LARGEST_NUMBER:
        bad(NOWHERE)
    return int(values[0])
