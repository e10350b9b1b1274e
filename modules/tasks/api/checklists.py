"""What is to be done on the way, and pages elsewhere: for the agents of a ticket's list."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from sqlalchemy import select

from groupware.api import ANYBODY, UNSET, Id, Made, Noun, Page, Paging, Ref, Says, Unset, page_of
from groupware.errors import Invalid
from groupware.models import User
from groupware.web.request import actor, now, one, open_to, session
from modules.tasks import checklists, tickets
from modules.tasks.api.faces import worked
from modules.tasks.checklists import ChecklistItem, of_ticket
from modules.tasks.models import Task
from modules.tasks.models import WebLink as Kept
from modules.tasks.people import who_may_work
from modules.tasks.tickets.links import LONGEST_TITLE, LONGEST_URL

nouns = Noun("checklist", "Checklists and web addresses of tickets, for agents.")

Text = Annotated[
    str, Says("One line.", least=1, most=checklists.LONGEST_ITEM, example="Order a new cable")
]
Place = Annotated[int, Says("Counted from 1.", least=1, most=checklists.MOST_ITEMS)]


@dataclass(frozen=True)
class Item:
    """A line of a checklist; in calendars a task whose parent is the ticket."""

    id: int
    uid: str
    text: str
    done: bool
    completed: datetime | None
    assignee: Ref | None
    position: int


@dataclass(frozen=True)
class NewItem:
    """What is to be done; it comes last."""

    text: Text


@dataclass(frozen=True)
class ItemChange:
    """What becomes of an item; a field that is not sent stays as it is."""

    text: Text | Unset = UNSET
    done: bool | Unset = UNSET
    assignee: Annotated[Id | Unset | None, Says("Who may work on the ticket.")] = UNSET
    position: Place | Unset = UNSET


@dataclass(frozen=True)
class WebLink:
    """A page elsewhere that belongs to a ticket."""

    id: int
    url: str
    title: str


@dataclass(frozen=True)
class NewWebLink:
    """The address of a page elsewhere."""

    url: Annotated[
        str,
        Says("http or https.", least=1, most=LONGEST_URL, example="https://wiki.example.org/vpn"),
    ]
    title: Annotated[str, Says("What it is.", most=LONGEST_TITLE)] = ""


@nouns.get("/tickets/<int:ticket_id>/checklist")
@open_to(*ANYBODY)
def listed(ticket_id: int, query: Paging) -> Page[Item]:  # noqa: ARG001  # one page holds all
    """A ticket's checklist, in its order."""
    return Page(_items(worked(ticket_id)))


@nouns.post("/tickets/<int:ticket_id>/checklist")
@open_to(*ANYBODY)
def add(ticket_id: int, body: NewItem) -> Made[Item]:
    """Add an item."""
    ticket = worked(ticket_id, held=True)
    made = checklists.add_item(session(), actor(), ticket, body.text, now=now())
    return Made(_shown(ticket, made.id), f"/api/v1/tickets/{ticket_id}/checklist/{made.id}")


@nouns.get("/tickets/<int:ticket_id>/checklist/<int:item_id>")
@open_to(*ANYBODY)
def show(ticket_id: int, item_id: int) -> Item:
    """An item."""
    ticket = worked(ticket_id)
    return _shown(ticket, _item(ticket, item_id).id)


@nouns.patch("/tickets/<int:ticket_id>/checklist/<int:item_id>")
@open_to(*ANYBODY)
def edit(ticket_id: int, item_id: int, body: ItemChange) -> Item:
    """Tick an item off, say it in other words, give it to somebody, or move it."""
    ticket = worked(ticket_id, held=True)
    item = _item(ticket, item_id)
    if not isinstance(body.text, Unset):
        checklists.rename_item(session(), actor(), ticket, item, body.text, now=now())
    if not isinstance(body.done, Unset):
        checklists.check_item(session(), actor(), ticket, item, done=body.done, now=now())
    if not isinstance(body.assignee, Unset):
        to = _person(ticket, body.assignee)
        checklists.assign_item(session(), actor(), ticket, item, to=to, now=now())
    if not isinstance(body.position, Unset):
        by = body.position - _shown(ticket, item.id).position
        checklists.move_item(session(), actor(), ticket, item, by=by, now=now())
    session().flush()
    return _shown(ticket, item.id)


@nouns.delete("/tickets/<int:ticket_id>/checklist/<int:item_id>")
@open_to(*ANYBODY)
def remove(ticket_id: int, item_id: int) -> None:
    """Take an item off the list."""
    ticket = worked(ticket_id, held=True)
    checklists.remove_item(session(), actor(), ticket, _item(ticket, item_id), now=now())


@nouns.get("/tickets/<int:ticket_id>/web-links")
@open_to(*ANYBODY)
def web_links(ticket_id: int, query: Paging) -> Page[WebLink]:
    """The pages elsewhere that belong to a ticket."""
    kept = select(Kept).where(Kept.task_id == worked(ticket_id).id)
    return page_of(
        session(), kept, query, Kept.id, show=lambda rows: [_web_link(each) for each in rows]
    )


@nouns.post("/tickets/<int:ticket_id>/web-links")
@open_to(*ANYBODY)
def add_web_link(ticket_id: int, body: NewWebLink) -> Made[WebLink]:
    """Keep the address of a page elsewhere with a ticket."""
    ticket = worked(ticket_id, held=True)
    made = tickets.add_web_link(session(), actor(), ticket, body.url, body.title, now=now())
    session().flush()
    return Made(_web_link(made), f"/api/v1/tickets/{ticket_id}/web-links/{made.id}")


@nouns.get("/tickets/<int:ticket_id>/web-links/<int:link_id>")
@open_to(*ANYBODY)
def show_web_link(ticket_id: int, link_id: int) -> WebLink:
    """A page elsewhere."""
    return _web_link(_kept(worked(ticket_id), link_id))


@nouns.delete("/tickets/<int:ticket_id>/web-links/<int:link_id>")
@open_to(*ANYBODY)
def remove_web_link(ticket_id: int, link_id: int) -> None:
    """Take it away."""
    ticket = worked(ticket_id, held=True)
    tickets.remove_web_link(session(), actor(), ticket, _kept(ticket, link_id), now=now())


def _item(ticket: Task, item_id: int) -> ChecklistItem:
    return one(of_ticket(ticket).where(ChecklistItem.id == item_id))


def _items(ticket: Task) -> list[Item]:
    rows = session().scalars(of_ticket(ticket)).all()
    return [
        Item(
            id=each.id,
            uid=each.uid,
            text=each.text,
            done=each.completed is not None,
            completed=each.completed,
            assignee=Ref(each.assignee.id, each.assignee.name) if each.assignee else None,
            position=place,
        )
        for place, each in enumerate(rows, 1)
    ]


def _shown(ticket: Task, item_id: int) -> Item:
    return next(each for each in _items(ticket) if each.id == item_id)


def _person(ticket: Task, user_id: int | None) -> User | None:
    if user_id is None:
        return None
    found = session().scalar(who_may_work(ticket.task_list).where(User.id == user_id))
    if found is None:
        raise Invalid(assignee="This person cannot work on tickets of this list.")
    return found


def _kept(ticket: Task, link_id: int) -> Kept:
    return one(select(Kept).where(Kept.task_id == ticket.id, Kept.id == link_id))


def _web_link(kept: Kept) -> WebLink:
    return WebLink(kept.id, kept.url, kept.title)
