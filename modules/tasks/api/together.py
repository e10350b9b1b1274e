"""What one keeps for oneself at a ticket: that one follows it, and what one has typed and not sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from groupware.api import ANYBODY, Made, Noun, Says
from groupware.errors import NotFound
from groupware.web.request import actor, now, open_to, session
from modules.tasks.api.faces import worked
from modules.tasks.models import Kind
from modules.tasks.tickets import LONGEST_TEXT
from modules.tasks.together import drafts, followers
from modules.tasks.together.models import Draft as Row
from modules.tasks.together.models import Follower

nouns = Noun("together", "That an agent follows a ticket, and what they have not sent yet.")


@dataclass(frozen=True)
class Following:
    """Whether one is told of what becomes of a ticket."""

    following: bool
    since: datetime | None


@dataclass(frozen=True)
class Draft:
    """What one has typed at a ticket and not sent."""

    kind: Kind
    body: str
    saved: datetime


@dataclass(frozen=True)
class NewDraft:
    """What was typed; it takes the place of what was kept before."""

    body: Annotated[str, Says("Markdown, or plain text.", least=1, most=LONGEST_TEXT)]
    kind: Kind = Kind.REPLY


@nouns.get("/tickets/<int:ticket_id>/following")
@open_to(*ANYBODY)
def following(ticket_id: int) -> Following:
    """Whether one follows a ticket."""
    row = session().get(Follower, (actor().id, worked(ticket_id).id))
    return Following(row is not None, row.at if row else None)


@nouns.post("/tickets/<int:ticket_id>/following")
@open_to(*ANYBODY)
def follow(ticket_id: int) -> None:
    """Follow a ticket."""
    followers.follow(session(), actor(), worked(ticket_id), now=now())


@nouns.delete("/tickets/<int:ticket_id>/following")
@open_to(*ANYBODY)
def unfollow(ticket_id: int) -> None:
    """Follow it no more."""
    followers.unfollow(session(), actor(), worked(ticket_id))


@nouns.get("/tickets/<int:ticket_id>/draft")
@open_to(*ANYBODY)
def draft(ticket_id: int) -> Draft:
    """One's own draft, as it stands in the composer of the ticket's page."""
    row = drafts.own(session(), actor(), worked(ticket_id))
    if row is None:
        raise NotFound
    return _shown(row)


@nouns.post("/tickets/<int:ticket_id>/draft")
@open_to(*ANYBODY)
def keep(ticket_id: int, body: NewDraft) -> Made[Draft]:
    """Keep a draft."""
    ticket = worked(ticket_id)
    drafts.keep(session(), actor(), ticket, body.kind, body.body, now=now())
    row = drafts.own(session(), actor(), ticket)
    shown = _shown(row) if row else Draft(body.kind, "", now())  # nothing but spaces is not kept
    return Made(shown, f"/api/v1/tickets/{ticket_id}/draft")


@nouns.delete("/tickets/<int:ticket_id>/draft")
@open_to(*ANYBODY)
def forget(ticket_id: int) -> None:
    """Throw one's own draft away."""
    drafts.forget(session(), actor(), worked(ticket_id))


def _shown(row: Row) -> Draft:
    return Draft(Kind(row.kind), row.body, row.at)
