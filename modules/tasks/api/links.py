"""Tickets that belong together: a link is made and undone from either end."""

from dataclasses import dataclass

from groupware.api import ANYBODY, Id, Made, Noun, Page, Paging
from groupware.errors import NotFound
from groupware.web.request import actor, now, one, open_to, session
from modules.tasks import tickets
from modules.tasks.api.faces import found, shown
from modules.tasks.api.shapes import LinkedTicket
from modules.tasks.models import Task
from modules.tasks.queries import visible_to
from modules.tasks.tickets.links import Relation

nouns = Noun("links", "Tickets that belong together.")


@dataclass(frozen=True)
class NewLink:
    """The other ticket, and what this one is towards it."""

    ticket: Id
    relation: Relation = Relation.RELATED


@nouns.get("/tickets/<int:ticket_id>/links")
@open_to(*ANYBODY)
def listed(ticket_id: int, query: Paging) -> Page[LinkedTicket]:  # noqa: ARG001  # one page holds all
    """The tickets that this one is linked to, as far as one may see them."""
    return Page(shown([found(ticket_id)])[0].links)


@nouns.post("/tickets/<int:ticket_id>/links")
@open_to(*ANYBODY)
def link(ticket_id: int, body: NewLink) -> Made[LinkedTicket]:
    """Link two tickets; what was said of the two before is said no more."""
    ticket = found(ticket_id, held=True)
    other = one(visible_to(actor()).where(Task.id == body.ticket))
    tickets.link(session(), actor(), ticket, other, body.relation, now=now())
    session().flush()
    return Made(_to(ticket, other.id), f"/api/v1/tickets/{ticket_id}/links/{other.id}")


@nouns.get("/tickets/<int:ticket_id>/links/<int:other_id>")
@open_to(*ANYBODY)
def show(ticket_id: int, other_id: int) -> LinkedTicket:
    """The link between two tickets."""
    return _to(found(ticket_id), other_id)


@nouns.delete("/tickets/<int:ticket_id>/links/<int:other_id>")
@open_to(*ANYBODY)
def unlink(ticket_id: int, other_id: int) -> None:
    """Undo a link."""
    ticket = found(ticket_id, held=True)
    other = one(visible_to(actor()).where(Task.id == other_id))
    tickets.unlink(session(), actor(), ticket, other, now=now())


def _to(ticket: Task, other_id: int) -> LinkedTicket:
    there = next((each for each in shown([ticket])[0].links if each.id == other_id), None)
    if there is None:
        raise NotFound
    return there
