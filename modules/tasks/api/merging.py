"""Two tickets become one, and one becomes two: merges, and messages that are split off or moved."""

from dataclasses import dataclass
from typing import Annotated

from sqlalchemy.orm import joinedload

from groupware.api import ANYBODY, Id, Made, Noun, Ref, Says
from groupware.errors import NotFound
from groupware.models import Level, User
from groupware.web.request import actor, now, one, open_to, session
from modules.tasks import tickets
from modules.tasks.access import require
from modules.tasks.api.comments import comment_of, said
from modules.tasks.api.faces import found, shown, worked
from modules.tasks.api.shapes import Comment, Subject, Ticket
from modules.tasks.leading import led_to
from modules.tasks.mail import moving
from modules.tasks.models import Task
from modules.tasks.queries import merged_of, visible_to

nouns = Noun(
    "merges", "Two tickets become one; a message becomes a ticket of its own, or goes to another."
)


@dataclass(frozen=True)
class Merge:
    """A ticket that is part of another one; its number leads there."""

    ticket: int
    into: int


@dataclass(frozen=True)
class NewMerge:
    """What a ticket is merged into, and who may read the whole."""

    into: Id
    admit: Annotated[
        bool, Says("Lets the people of both tickets read all of it; see `merge/effects`.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class MergeQuery:
    """With which ticket."""

    into: Id


@dataclass(frozen=True)
class MergeEffects:
    """What a merge would do to who sees what; it does none of it without `admit`."""

    same_customer: Annotated[bool, Says("False: the text of the one becomes notes of the other.")]
    joining: Annotated[list[Ref], Says("They have a part in this ticket alone.")]
    readers: Annotated[list[Ref], Says("They have a part in the other one alone.")]
    colleagues: Annotated[bool, Says("The customer's colleagues see the other list.")]
    widens: Annotated[bool, Says("Somebody would read more, and so has to be admitted.")]


@dataclass(frozen=True)
class MessageMove:
    """Where a message belongs."""

    into: Id


@dataclass(frozen=True)
class NewSplit:
    """What the new ticket is called."""

    subject: Subject


@nouns.get("/tickets/<int:ticket_id>/merge/effects")
@open_to(*ANYBODY)
def effects(ticket_id: int, query: MergeQuery) -> MergeEffects:
    """What a merge would do, before it is done."""
    would = tickets.effects_of_merge(session(), worked(ticket_id), worked(query.into))
    return MergeEffects(
        would.same_customer,
        [_ref(each) for each in would.joining],
        [_ref(each) for each in would.readers],
        would.colleagues,
        would.widens,
    )


@nouns.post("/tickets/<int:ticket_id>/merge")
@open_to(*ANYBODY)
def merge(ticket_id: int, body: NewMerge) -> Made[Merge]:
    """Put a ticket into another one, with every message, file, link and checklist item."""
    require(session(), actor(), Level.WRITE, found(ticket_id).task_list)
    # In one order, so that two who merge the same tickets do not wait for each other.
    held = {number: found(number, held=True) for number in sorted({ticket_id, body.into})}
    source, into = held[ticket_id], held[body.into]
    tickets.merge(session(), actor(), source, into, admit=body.admit, now=now())
    return Made(Merge(source.id, into.id), f"/api/v1/tickets/{ticket_id}/merge")


@nouns.get("/tickets/<int:ticket_id>/merge")
@open_to(*ANYBODY)
def show(ticket_id: int) -> Merge:
    """Where the number of a merged ticket leads."""
    there = led_to(session(), actor(), ticket_id, visible_to)
    if there is None:
        raise NotFound
    return Merge(ticket_id, there)


@nouns.delete("/tickets/<int:ticket_id>/merge")
@open_to(*ANYBODY)
def unmerge(ticket_id: int) -> None:
    """Take a merge back, within 30 days; what came later stays where it is."""
    merged = merged_of(actor(), now()).where(Task.id == ticket_id)
    source = one(merged.options(joinedload(Task.task_list)).with_for_update(of=Task))
    into = found(source.merged_into_id or 0, held=True)
    tickets.unmerge(session(), actor(), source, into, now=now())


@nouns.post("/tickets/<int:ticket_id>/comments/<int:comment_id>/split")
@open_to(*ANYBODY)
def split(ticket_id: int, comment_id: int, body: NewSplit) -> Made[Ticket]:
    """Make a linked ticket of its own out of a reply or note."""
    comment = comment_of(found(ticket_id, held=True), comment_id)
    made = tickets.split(session(), actor(), comment, subject=body.subject, now=now())
    session().flush()
    return Made(shown([made])[0], f"/api/v1/tickets/{made.id}")


@nouns.post("/tickets/<int:ticket_id>/comments/<int:comment_id>/move")
@open_to(*ANYBODY)
def move(ticket_id: int, comment_id: int, body: MessageMove) -> Made[Comment]:
    """Put a message that came by mail into the ticket that it belongs to, or back."""
    require(session(), actor(), Level.WRITE, found(ticket_id).task_list)
    held = {number: found(number, held=True) for number in sorted({ticket_id, body.into})}
    comment = comment_of(held[ticket_id], comment_id)
    moving.move(session(), actor(), comment, held[body.into], now=now())
    session().flush()
    at = f"/api/v1/tickets/{body.into}/comments/{comment_id}"
    return Made(said(held[body.into], [comment])[0], at)


def _ref(person: User) -> Ref:
    return Ref(person.id, person.name)
