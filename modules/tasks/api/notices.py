"""Notices: what an agent was told of, to be read and marked as read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from groupware.api import UNSET, Id, Noun, Page, Paging, Ref, Says, Unset
from groupware.api.paging import NOWHERE, cursor_of, values_in
from groupware.api.reading import bad
from groupware.text import LARGEST_NUMBER
from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, actor, now, open_to, session
from modules.tasks.notices import choice, inbox
from modules.tasks.notices.choice import Channel
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


Channels = Annotated[list[Channel], Says("Empty: not at all.", most=len(Channel))]


@dataclass(frozen=True)
class NoticeChoices:
    """Of what one is told, and how: in the app, by mail, both or neither."""

    assigned: Channels
    mentioned: Channels
    answered: Channels
    noted: Channels
    changed: Channels
    overdue: Channels
    filed: Channels


@dataclass(frozen=True)
class NoticeChoicesChange:
    """What one wants to be told of; a field that is not sent stays as it is."""

    assigned: Channels | Unset = UNSET
    mentioned: Channels | Unset = UNSET
    answered: Channels | Unset = UNSET
    noted: Channels | Unset = UNSET
    changed: Channels | Unset = UNSET
    overdue: Channels | Unset = UNSET
    filed: Channels | Unset = UNSET


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


@nouns.get("/notices/choices")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def choices() -> NoticeChoices:
    """Of what one is told, and how."""
    mine = choice.chosen(actor())
    return NoticeChoices(**{str(reason): sorted(mine[reason]) for reason in choice.USUAL})


@nouns.patch("/notices/choices")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def choose(body: NoticeChoicesChange) -> NoticeChoices:
    """Say of what one is told."""
    sent = {reason: getattr(body, reason) for reason in choice.USUAL}
    new = {reason: each for reason, each in sent.items() if not isinstance(each, Unset)}
    choice.choose(actor(), {**choice.chosen(actor()), **new})
    return choices()


def _below(cursor: str) -> int:
    values = values_in(cursor)
    if len(values) != 1 or type(values[0]) is not int or not 0 < values[0] <= LARGEST_NUMBER:
        bad(NOWHERE)
    return int(values[0])
