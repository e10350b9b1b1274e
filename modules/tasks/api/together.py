"""Agents at a ticket: who follows it, who is there now, and what was typed and not sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from groupware.api import ANYBODY, Made, Noun, Page, Paging, Ref, Says
from groupware.errors import NotFound
from groupware.web.request import actor, now, open_to, session
from modules.tasks.api.faces import worked
from modules.tasks.models import Kind, Task
from modules.tasks.tickets import LONGEST_TEXT
from modules.tasks.together import drafts, followers, presence
from modules.tasks.together.models import Doing, Follower
from modules.tasks.together.models import Draft as Row
from modules.tasks.together.there import there

nouns = Noun(
    "together",
    "Agents at a ticket: that one follows it, who is there now, and drafts, one's own and shared.",
)


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


@dataclass(frozen=True)
class SharedDraft:
    """What an agent has handed to the others of the list, to go on with."""

    author: Ref
    kind: Kind
    body: str
    shared: datetime


@dataclass(frozen=True)
class Present:
    """An agent who is at a ticket now."""

    id: int
    name: str
    doing: Doing


@dataclass(frozen=True)
class NewPresence:
    """What one does there."""

    doing: Doing = Doing.VIEWING


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


@nouns.get("/tickets/<int:ticket_id>/drafts")
@open_to(*ANYBODY)
def shared(ticket_id: int, query: Paging) -> Page[SharedDraft]:  # noqa: ARG001  # one page holds all
    """The drafts that lie there for all agents of the list, oldest first."""
    return Page([_lying(each) for each in drafts.shared_in(session(), actor(), worked(ticket_id))])


@nouns.post("/tickets/<int:ticket_id>/drafts")
@open_to(*ANYBODY)
def share(ticket_id: int, body: NewDraft) -> Made[SharedDraft]:
    """Hand a draft to the other agents of the list, in place of the one shared before."""
    ticket = worked(ticket_id)
    drafts.share(session(), actor(), ticket, body.kind, body.body, now=now())
    return Made(_of(ticket, actor().id), f"/api/v1/tickets/{ticket_id}/drafts/{actor().id}")


@nouns.get("/tickets/<int:ticket_id>/drafts/<int:author_id>")
@open_to(*ANYBODY)
def shared_by(ticket_id: int, author_id: int) -> SharedDraft:
    """What this agent has shared."""
    return _of(worked(ticket_id), author_id)


@nouns.post("/tickets/<int:ticket_id>/drafts/<int:author_id>/taking")
@open_to(*ANYBODY)
def take(ticket_id: int, author_id: int) -> Draft:
    """Go on with a shared draft: it is one's own then, below what one had typed oneself."""
    return _shown(drafts.take(session(), actor(), worked(ticket_id), author_id, now=now()))


@nouns.delete("/tickets/<int:ticket_id>/drafts/<int:author_id>")
@open_to(*ANYBODY)
def drop(ticket_id: int, author_id: int) -> None:
    """Throw a shared draft away: its author may, and whoever manages the list."""
    drafts.drop(session(), actor(), worked(ticket_id), author_id)


@nouns.get("/tickets/<int:ticket_id>/presence")
@open_to(*ANYBODY)
def present(ticket_id: int, query: Paging) -> Page[Present]:  # noqa: ARG001
    """Which other agents are there now."""
    found = there(session(), actor(), worked(ticket_id), now=now()).present
    return Page([Present(each.id, each.name, each.doing or Doing.VIEWING) for each in found])


@nouns.post("/tickets/<int:ticket_id>/presence")
@open_to(*ANYBODY)
def be_there(ticket_id: int, body: NewPresence) -> None:
    """Say that one is there; it holds for 30 seconds."""
    presence.say(session(), actor(), worked(ticket_id), body.doing, now=now())


@nouns.delete("/tickets/<int:ticket_id>/presence")
@open_to(*ANYBODY)
def leave(ticket_id: int) -> None:
    """Say that one has gone."""
    presence.leave(session(), actor(), worked(ticket_id).id)


def _of(ticket: Task, author_id: int) -> SharedDraft:
    lying = drafts.shared_in(session(), actor(), ticket)
    row = next((each for each in lying if each.user_id == author_id), None)
    if row is None:
        raise NotFound
    return _lying(row)


def _lying(row: Row) -> SharedDraft:
    return SharedDraft(Ref(row.user.id, row.user.name), Kind(row.kind), row.body, row.at)


def _shown(row: Row) -> Draft:
    return Draft(Kind(row.kind), row.body, row.at)
