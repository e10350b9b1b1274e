"""A new ticket for a customer: find them, then fill in what they would."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import selectinload
from wtforms.fields.choices import SelectChoice

from groupware import idempotency
from groupware.errors import Invalid
from groupware.models import Level, Location, User
from groupware.text import number_in, one_line
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    open_to,
    page,
    refusals,
    session,
)
from groupware.web.uploading import kept, received, takes_files
from modules.support.forms import NewTicketForm
from modules.support.views.ticket import to_ticket
from modules.tasks import tickets
from modules.tasks.fields import forms as field_forms
from modules.tasks.models import TaskList, Urgency
from modules.tasks.people import matching, who_may_ask
from modules.tasks.queries import lists_open_to, lists_worked_by, locations_of

blueprint = Blueprint("add_ticket", __name__)

MOST_FOUND = 20


@blueprint.get("/support/add")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def add() -> ResponseReturnValue:
    """Find a customer, or with one chosen the form."""
    chosen = _customer(request.args.get("customer", ""))
    if chosen is None:
        return _search(one_line(request.args.get("q", ""))[:200])
    lists = _lists_for(chosen)
    form = _asking(lists)(formdata=None)
    _offer(form, chosen, lists)
    return _form(form, chosen, lists)


@blueprint.post("/support/add")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
@takes_files
def file() -> ResponseReturnValue:
    """File it in the customer's name."""
    chosen = _customer(request.form.get("customer", ""))
    if chosen is None:
        return _search("", 422)
    lists = _lists_for(chosen)
    form = _asking(lists)()
    locations = _offer(form, chosen, lists)
    if form.validate():
        with refusals(form):
            key = f"add:{form.idempotency_key.data}" if form.idempotency_key.data else ""
            number, _ = idempotency.once(
                session(), actor(), key, lambda: _file(form, chosen, lists, locations), now=now()
            )
            return to_ticket(int(number))
    return _form(form, chosen, lists, 422)


def _file(
    form: NewTicketForm, customer: User, lists: list[TaskList], locations: list[Location]
) -> str:
    by_id = {str(each.id): each for each in lists}
    places = {str(each.id): each for each in locations}
    location = places.get(form.location.data or "")
    if form.location.data and location is None:
        raise Invalid(location="This location cannot be chosen.")
    task_list = by_id[form.task_list.data]
    asked = field_forms.asked_in(session(), task_list)
    field_forms.require_shown(task_list, asked)
    wish = tickets.Request(
        subject=form.subject.data or "",
        details=form.details.data or "",
        urgency=Urgency(form.urgency.data),
        location=location,
        files=received(),
        custom=field_forms.said(form, asked),
    )
    return str(tickets.file_for(session(), actor(), customer, task_list, wish, now=now()).id)


def _my_lists() -> list[TaskList]:
    """Where the agent may file for others."""
    mine = lists_worked_by(actor(), Level.CREATE).where(TaskList.archived.is_(False))
    return list(session().scalars(mine))


def _customer(number: str) -> User | None:
    """The person with this number, where they may ask in one of the agent's lists."""
    user_id = number_in(number)
    if user_id is None:
        return None
    return session().scalar(who_may_ask(_my_lists()).where(User.id == user_id))


def _search(words: str, status: int = 200) -> ResponseReturnValue:
    lists = _my_lists()
    found: list[User] = []
    if words and lists:
        query = who_may_ask(lists).where(matching(words)).options(selectinload(User.addresses))
        found = list(session().scalars(query.limit(MOST_FOUND + 1)))
    return page(
        "support/add.html",
        status,
        customer=None,
        words=words,
        people=found[:MOST_FOUND],
        more=len(found) > MOST_FOUND,
        nowhere=not lists,
    )


def _lists_for(customer: User) -> list[TaskList]:
    """Lists where the one may ask and the other may file."""
    mine = [each.id for each in _my_lists()]
    return list(session().scalars(lists_open_to(customer).where(TaskList.id.in_(mine))))


def _meant(lists: list[TaskList]) -> TaskList | None:
    """The list whose fields the form asks: the one named, else the first."""
    named = request.values.get("task_list")
    return next((each for each in lists if str(each.id) == named), None if named else lists[0])


def _asking(lists: list[TaskList]) -> type[NewTicketForm]:
    asked = field_forms.asked_in(session(), _meant(lists))
    return field_forms.with_fields(NewTicketForm, asked)


def _offer(form: NewTicketForm, customer: User, lists: list[TaskList]) -> list[Location]:
    """Put the choices into the form; places of the customer."""
    locations = list(session().scalars(locations_of(customer)))
    form.task_list.choices = [SelectChoice(str(each.id), each.name) for each in lists]
    form.location.choices = [SelectChoice("", "Choose a location")]
    form.location.choices += [SelectChoice(str(each.id), each.name) for each in locations]
    if not form.is_submitted():
        own = str(customer.default_location_id or "")
        only = str(locations[0].id) if len(locations) == 1 else ""
        form.location.data = own if own in {str(each.id) for each in locations} else only
        form.task_list.data = str((_meant(lists) or lists[0]).id)
    return locations


def _form(
    form: NewTicketForm, customer: User, lists: list[TaskList], status: int = 200
) -> ResponseReturnValue:
    meant = _meant(lists)
    return page(
        "support/add.html",
        status,
        form=form,
        meant=meant,
        questions=field_forms.questions(form, field_forms.asked_in(session(), meant)),
        customer=customer,
        uploads=kept(),
        key=form.idempotency_key.data or idempotency.new_key(),
        no_location=tickets.NO_LOCATION if len(form.location.choices) == 1 else "",
    )
