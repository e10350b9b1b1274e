"""What an agent does to a ticket, beside answering: its properties, people, links and words."""

import hashlib

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from groupware.errors import Invalid
from groupware.models import JournalEntry, User
from groupware.people import folded
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    page,
    refusals,
    session,
)
from groupware.web.words import t_ago
from modules.support import forms, ticket_page
from modules.support.changes import LABELS, sentence
from modules.support.properties import PROPERTIES, Form, Property
from modules.support.ticket_thread import journal_of
from modules.support.views.ticket import (
    Conflict,
    Problem,
    address,
    back_address,
    held,
    show,
    to_ticket,
)
from modules.tasks import tickets
from modules.tasks.models import Participant, State, Task, WebLink
from modules.tasks.people import matching, who_may_ask, who_may_take_part
from modules.tasks.queries import worked_by

blueprint = Blueprint("ticket_acts", __name__)

NAMES = "state, status, urgency, assignee, 'task-list', categories, location, due, waiting"
MOST_FOUND = 10


@blueprint.post(f"/support/tickets/<int:ticket_id>/<any({NAMES}):name>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def change(ticket_id: int, name: str) -> ResponseReturnValue:
    """Change a property, unless somebody else just did."""
    name = "state" if name == "status" else name
    wanted, ticket = PROPERTIES[name], held(ticket_id)
    form = wanted.form()
    if form.validate():
        if form.stale(wanted.current(ticket)):
            return show(ticket_id, 409, conflict=_conflict(ticket, name, wanted, form))
        with refusals(form):
            wanted.apply(session(), actor(), ticket, form, now())
            return to_ticket(ticket_id)
    return show(ticket_id, 422, problem=_problem(name, form))


@blueprint.route("/support/tickets/<int:ticket_id>/resolution", methods=["POST", "DELETE"])
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def resolution(ticket_id: int) -> ResponseReturnValue:
    """Resolve a ticket; without its resolution it is open."""
    state = State.RESOLVED if request.method == "POST" else State.OPEN
    tickets.set_state(session(), actor(), held(ticket_id), state, now=now())
    return to_ticket(ticket_id)


@blueprint.post("/support/tickets/<int:ticket_id>/customer")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def customer(ticket_id: int) -> ResponseReturnValue:
    """Make somebody else the customer."""
    ticket, form = held(ticket_id), forms.WhoForm()
    if not form.validate():
        return show(ticket_id, 422, problem=_problem("customer", form))
    found = _found(who_may_ask([ticket.task_list]), form)
    person = _meant(found, form)
    if person is None:
        return _choose(ticket, "customer", "Who is the customer?", found, form)
    given, current = form.was.data, str(ticket.customer_id or "")
    if form.was.raw_data and current not in (given, str(person.id)):
        conflict = Conflict(
            "Somebody else has changed the customer meanwhile.",
            f"It is {ticket.customer.name if ticket.customer else 'nobody'} now. "
            f"You chose {person.name}.",
            f"{address(ticket_id)}/customer",
            (("was", current), ("person", str(person.id))),
        )
        return show(ticket_id, 409, conflict=conflict)
    with refusals(form):
        tickets.hand_to(session(), actor(), ticket, person, now=now())
        return to_ticket(ticket_id)
    return show(ticket_id, 422, problem=_problem("customer", form))


@blueprint.post("/support/tickets/<int:ticket_id>/participants")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def participants(ticket_id: int) -> ResponseReturnValue:
    """Let somebody take part."""
    ticket, form = held(ticket_id), forms.WhoForm()
    if not form.validate():
        return show(ticket_id, 422, problem=_problem("participants", form))
    found = _found(who_may_take_part(), form)
    person = _meant(found, form)
    if person is None:
        return _choose(ticket, "participants", "Who takes part?", found, form)
    with refusals(form):
        tickets.add_participant(session(), actor(), ticket, person, now=now())
        return to_ticket(ticket_id)
    return show(ticket_id, 422, problem=_problem("participants", form))


@blueprint.delete("/support/tickets/<int:ticket_id>/participants/<int:user_id>")
@blueprint.post("/support/tickets/<int:ticket_id>/participants/<int:user_id>/removal")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def remove_participant(ticket_id: int, user_id: int) -> ResponseReturnValue:
    ticket = held(ticket_id)
    there = select(User).join(Participant).where(Participant.task_id == ticket.id)
    person = one(there.where(User.id == user_id))
    tickets.remove_participant(session(), actor(), ticket, person, now=now())
    return to_ticket(ticket_id)


@blueprint.post("/support/tickets/<int:ticket_id>/links")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def links(ticket_id: int) -> ResponseReturnValue:
    """Link another ticket by its number, or a page by its address.

    A ticket that the person may not see is not there.
    """
    ticket, form = held(ticket_id), forms.LinkForm()
    if form.validate():
        with refusals(form):
            if form.is_address():
                tickets.add_web_link(session(), actor(), ticket, form.link.data or "", now=now())
                return to_ticket(ticket_id)
            relation = tickets.Relation(form.relation.data or tickets.Relation.RELATED)
            other = session().scalar(worked_by(actor()).where(Task.id == form.number()))
            if other is None:
                raise Invalid(link="There is no such ticket.")
            tickets.link(session(), actor(), ticket, other, relation, now=now())
            return to_ticket(ticket_id)
    return show(ticket_id, 422, problem=_problem("links", form))


@blueprint.delete("/support/tickets/<int:ticket_id>/links/<int:other_id>")
@blueprint.post("/support/tickets/<int:ticket_id>/links/<int:other_id>/removal")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def unlink(ticket_id: int, other_id: int) -> ResponseReturnValue:
    ticket = held(ticket_id)
    other = one(worked_by(actor()).where(Task.id == other_id))
    tickets.unlink(session(), actor(), ticket, other, now=now())
    return to_ticket(ticket_id)


@blueprint.post("/support/tickets/<int:ticket_id>/web-links/<int:link_id>/removal")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def remove_web_link(ticket_id: int, link_id: int) -> ResponseReturnValue:
    ticket = held(ticket_id)
    kept = one(select(WebLink).where(WebLink.id == link_id, WebLink.task_id == ticket.id))
    tickets.remove_web_link(session(), actor(), ticket, kept, now=now())
    return to_ticket(ticket_id)


@blueprint.route("/support/tickets/<int:ticket_id>/details", methods=["GET", "POST"])
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def details(ticket_id: int) -> ResponseReturnValue:
    """Edit subject and details; the earlier text stays in the history."""
    ticket = held(ticket_id)
    before = _digest(ticket)
    form = forms.DetailsForm(subject=ticket.summary, details=ticket.description, was=before)
    status, theirs = 200, None
    if request.method == "POST":
        status = 422
        if form.was.raw_data and form.was.data != before:
            status, theirs, form.was.data = 409, ticket, before
        elif form.validate():
            with refusals(form):
                subject, text = form.subject.data or "", form.details.data or ""
                tickets.edit(session(), actor(), ticket, subject=subject, details=text, now=now())
                return to_ticket(ticket_id)
    return page(
        "support/ticket_details.html",
        status,
        form=form,
        ticket=ticket,
        theirs=theirs,
        here=address(ticket_id),
    )


def _digest(ticket: Task) -> str:
    text = f"{ticket.summary}\0{ticket.description}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _problem(name: str, form: Form) -> Problem:
    errors = [str(text) for texts in form.errors.values() for text in texts]
    return Problem(name, " ".join(errors), forms.typed(form))


def _conflict(ticket: Task, name: str, wanted: Property, form: Form) -> Conflict:
    """Who has changed it to what, and the form that changes it all the same."""
    told = (
        session()
        .execute(journal_of(ticket).where(JournalEntry.act.in_(wanted.acts)).limit(1))
        .all()
    )
    names = ticket_page.names_for(session(), actor(), ticket, told)
    text = "Somebody else has changed it."
    for entry, who in told:
        text = f"{who or 'The desk'} {sentence(entry, names)}, {t_ago(entry.at)}."
    again = [("was", wanted.current(ticket))]
    for field in form:
        if field.name != "was" and field.type != "CSRFTokenField":
            again += [(field.name, value) for value in field.raw_data or ()]
    return Conflict(
        f"{LABELS[wanted.field]}: somebody else was quicker.",
        f"{text} What you chose has not been applied.",
        f"{address(ticket.id)}/{name}",
        tuple(again),
    )


def _found(choices: Select[User], form: forms.WhoForm) -> list[User]:
    """Those whom the form may mean; exactly one where an address or a number says so."""
    if form.person.data:
        return list(session().scalars(choices.where(User.id == int(form.person.data))))
    words = form.words()
    return list(
        session().scalars(
            choices.where(matching(words))
            .options(selectinload(User.addresses))
            .limit(MOST_FOUND + 1)
        )
    )


def _meant(found: list[User], form: forms.WhoForm) -> User | None:
    """The one whom number, whole address or whole name says; a part of a name is a search."""
    if form.person.data:
        return found[0] if found else None
    words = form.words().casefold()
    exact = [
        person
        for person in found
        if words == person.name.casefold() or folded(words) in {a.folded for a in person.addresses}
    ]
    return exact[0] if len(exact) == 1 else None


def _choose(
    ticket: Task, act: str, question: str, found: list[User], form: forms.WhoForm
) -> ResponseReturnValue:
    return page(
        "support/ticket_person.html",
        200 if found else 422,
        ticket=ticket,
        here=address(ticket.id),
        queue=back_address(),
        act=act,
        question=question,
        words=form.words(),
        was=form.was.data or "",
        people=found[:MOST_FOUND],
        more=len(found) > MOST_FOUND,
    )
