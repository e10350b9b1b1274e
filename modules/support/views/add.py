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
    form = NewTicketForm(formdata=None)
    _offer(form, chosen)
    return _form(form, chosen)


@blueprint.post("/support/add")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
@takes_files
def file() -> ResponseReturnValue:
    """File it in the customer's name."""
    chosen = _customer(request.form.get("customer", ""))
    if chosen is None:
        return _search("", 422)
    form = NewTicketForm()
    lists, locations = _offer(form, chosen)
    if form.validate():
        with refusals(form):
            key = f"add:{form.idempotency_key.data}" if form.idempotency_key.data else ""
            number, _ = idempotency.once(
                session(), actor(), key, lambda: _file(form, chosen, lists, locations), now=now()
            )
            return to_ticket(int(number))
    return _form(form, chosen, 422)


def _file(
    form: NewTicketForm, customer: User, lists: list[TaskList], locations: list[Location]
) -> str:
    by_id = {str(each.id): each for each in lists}
    places = {str(each.id): each for each in locations}
    location = places.get(form.location.data or "")
    if form.location.data and location is None:
        raise Invalid(location="This location cannot be chosen.")
    wish = tickets.Request(
        subject=form.subject.data or "",
        details=form.details.data or "",
        urgency=Urgency(form.urgency.data),
        location=location,
        files=received(),
    )
    task_list = by_id[form.task_list.data]
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


def _offer(form: NewTicketForm, customer: User) -> tuple[list[TaskList], list[Location]]:
    """Lists where the one may ask and the other may file, and places of the customer."""
    mine = [each.id for each in _my_lists()]
    lists = list(session().scalars(lists_open_to(customer).where(TaskList.id.in_(mine))))
    locations = list(session().scalars(locations_of(customer)))
    form.task_list.choices = [SelectChoice(str(each.id), each.name) for each in lists]
    form.location.choices = [SelectChoice("", "Choose a location")]
    form.location.choices += [SelectChoice(str(each.id), each.name) for each in locations]
    if not form.is_submitted():
        own = str(customer.default_location_id or "")
        only = str(locations[0].id) if len(locations) == 1 else ""
        form.location.data = own if own in {str(each.id) for each in locations} else only
        form.task_list.data = str(lists[0].id)
    return lists, locations


def _form(form: NewTicketForm, customer: User, status: int = 200) -> ResponseReturnValue:
    return page(
        "support/add.html",
        status,
        form=form,
        customer=customer,
        uploads=kept(),
        key=form.idempotency_key.data or idempotency.new_key(),
        no_location=tickets.NO_LOCATION if len(form.location.choices) == 1 else "",
    )
