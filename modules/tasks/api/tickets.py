"""Tickets: to list, file, read, change and delete them."""

from flask import abort, redirect, request
from sqlalchemy.orm import joinedload

from groupware.api import ANYBODY, Made, Noun, Page, Unset, page_of
from groupware.api.paging import NOWHERE, cursor_of, values_in
from groupware.api.reading import bad
from groupware.errors import Forbidden, Invalid, NotFound
from groupware.models import Level, Location, User
from groupware.web.request import SAFE_METHODS, actor, now, one, open_to, rights, session
from modules.tasks import search, tickets
from modules.tasks.api.attachments import received
from modules.tasks.api.changing import Doing, change
from modules.tasks.api.faces import found, shown
from modules.tasks.api.shapes import NewTicket, Ticket, TicketChange, TicketQuery
from modules.tasks.leading import led_to
from modules.tasks.models import Task, TaskList, Urgency
from modules.tasks.people import who_may_take_part
from modules.tasks.queries import (
    deleted_of,
    in_states,
    lists_open_to,
    lists_worked_by,
    locations_of,
    own_of,
    visible_to,
)
from modules.tasks.queue import Place, ask, cut
from modules.tasks.queue.filters import Scope
from modules.tasks.saved_views.models import SavedView
from modules.tasks.saved_views.queries import asked_by_view, visible_views

nouns = Noun("tickets", "Requests for support, and what becomes of them.")

FILTERS = {
    "status": "state",
    "task_list": "list",
    **{name: name for name in ("assignee", "urgency", "category", "location", "customer", "due",
                               "waiting")},
}  # fmt: skip
"""What narrows the queue here, and what the queue calls it."""


@nouns.get("/tickets")
@open_to(*ANYBODY)
def listed(query: TicketQuery) -> Page[Ticket]:
    """Tickets of the lists that one works on; for customers, or with `mine`, one's own requests."""
    return _own(query) if query.mine or not rights().agent else _queue(query)


@nouns.post("/tickets")
@open_to(*ANYBODY)
def create(body: NewTicket) -> Made[Ticket]:
    """File a request."""
    ticket = _filed(body)
    wish = TicketChange(
        assignee=body.assignee,
        categories=body.categories,
        due=body.due,
        participants=body.participants,
    )
    change(Doing(session(), actor(), ticket, now()), wish)
    session().flush()
    return Made(shown([ticket])[0], f"/api/v1/tickets/{ticket.id}")


@nouns.get("/tickets/<int:ticket_id>", leads=True)
@open_to(*ANYBODY)
def show(ticket_id: int) -> Ticket:
    """A ticket; the number of one that was merged leads to the ticket that it is part of."""
    try:
        return shown([found(ticket_id)])[0]
    except NotFound:
        # A change is never led on: it was meant for another ticket.
        asked = request.method in SAFE_METHODS
        if asked and (there := led_to(session(), actor(), ticket_id, visible_to)):
            # Not for good: a merge can be taken back.
            abort(redirect(f"{request.path.rpartition('/')[0]}/{there}", 307))
        raise


@nouns.patch("/tickets/<int:ticket_id>")
@open_to(*ANYBODY)
def edit(ticket_id: int, body: TicketChange) -> Ticket:
    """Change a ticket: resolve, close, open again, assign, move it, and so on."""
    ticket = found(ticket_id, held=True)
    change(Doing(session(), actor(), ticket, now()), body)
    session().flush()
    if session().scalar(visible_to(actor()).where(Task.id == ticket_id)) is None:
        # It was moved to where the mover does not look: this is what they saw of it last.
        raise Forbidden
    return shown([ticket])[0]


@nouns.delete("/tickets/<int:ticket_id>")
@open_to(*ANYBODY)
def delete(ticket_id: int) -> None:
    """Delete a ticket; agents can bring it back for 30 days."""
    tickets.delete(session(), actor(), found(ticket_id, held=True), now=now())


@nouns.post("/tickets/<int:ticket_id>/restoration")
@open_to(*ANYBODY)
def restore(ticket_id: int) -> Ticket:
    """Bring a deleted ticket back, within 30 days; for whoever may delete it."""
    deleted = deleted_of(actor(), now()).where(Task.id == ticket_id)
    ticket = one(deleted.options(joinedload(Task.task_list)).with_for_update(of=Task))
    tickets.restore(session(), actor(), ticket, now=now())
    session().flush()
    return shown([ticket])[0]


def _queue(query: TicketQuery) -> Page[Ticket]:
    values = {there: getattr(query, here) for here, there in FILTERS.items()}
    values |= {name: "" if isinstance(value := getattr(query, name), Unset) else value
               for name in ("sort", "order")}  # fmt: skip
    try:
        place = Place.read(*values_in(query.cursor)) if query.cursor else None
        if isinstance(query.view, Unset):
            asked = ask(session(), actor(), {**values, "q": query.q}, now())
        else:
            view = one(visible_views(actor()).where(SavedView.id == query.view))
            asked = asked_by_view(session(), actor(), view, now())
        page = cut(session(), asked, after=place, most=query.per_page)
    except Invalid as refusal:
        names = {there: here for here, there in FILTERS.items()} | {"place": "cursor"}
        bad({names.get(name, name): text for name, text in refusal.errors.items()})
    except TypeError:
        bad(NOWHERE)
    if place and not page.newer:
        return Page([])  # what stood behind the place is gone; a page would begin anew
    rows = session().scalars(visible_to(actor()).where(Task.id.in_(page.numbers)))
    by_id = {row.id: row for row in rows}
    cursor = cursor_of([str(page.older)]) if page.older else None
    return Page(shown([by_id[each] for each in page.numbers if each in by_id]), cursor)


def _own(query: TicketQuery) -> Page[Ticket]:
    staffs = {name: "Only agents can ask by this." for name in (*FILTERS, "view", "sort", "order")
              if name != "status" and not isinstance(getattr(query, name), Unset)
              and getattr(query, name)}  # fmt: skip
    try:
        states = Scope(query.status or Scope.ALL).states
    except ValueError:
        staffs["status"] = "Please choose one of: " + ", ".join(Scope) + "."
    if staffs:
        bad(staffs)
    own = search.own(session(), actor(), query.q) if query.q.strip() else own_of(actor())
    return page_of(
        session(),
        own.where(in_states(states)),
        query,
        Task.public_modified,
        Task.id,
        show=lambda rows: shown(rows, as_customer=True),
        descending=True,
    )


def _filed(body: NewTicket) -> Task:
    """The new ticket, for whoever it is."""
    for_another = not isinstance(body.customer, Unset) and body.customer != actor().id
    customer = _customer(body.customer) if for_another else actor()
    wanted = tickets.Request(
        subject=body.subject,
        details=body.details,
        urgency=Urgency(body.urgency),
        location=_location(customer, body.location),
        files=received(body.attachments),
        custom={} if isinstance(body.custom, Unset) else body.custom,
    )
    lists = lists_open_to(customer)
    if for_another:
        mine = lists_worked_by(actor(), Level.CREATE).with_only_columns(TaskList.id)
        lists = lists.where(TaskList.id.in_(mine))
    if not isinstance(body.task_list, Unset):
        lists = lists.where(TaskList.id == body.task_list)
    task_list = session().scalars(lists.limit(1)).one_or_none()
    if task_list is None:
        raise Invalid(task_list="This list cannot be chosen.")
    if for_another:
        return tickets.file_for(
            session(), actor(), customer, task_list, wanted, now=now(), source="api"
        )
    return tickets.file(session(), actor(), task_list, wanted, now=now(), source="api")


def _customer(user_id: object) -> User:
    if not rights().agent:
        raise Forbidden("customer can be set by agents only.")
    person = session().scalar(who_may_take_part().where(User.id == user_id))
    if person is None:
        raise Invalid(customer="This person cannot use support requests.")
    return person


def _location(customer: User, location_id: int | None) -> Location | None:
    if location_id is None:
        return None
    location = session().scalar(locations_of(customer).where(Location.id == location_id))
    if location is None:
        raise Invalid(location="This location cannot be chosen.")
    return location
