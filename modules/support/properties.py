"""A ticket's properties as an agent changes them: one table, one page, one route.

A form carries the value that it was based on (`was`), so that two agents who change the same
thing at once are told of each other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from groupware.errors import Invalid
from groupware.models import Location, User
from modules.support import forms
from modules.tasks import tickets
from modules.tasks.models import Category, State, Task, TaskList, Urgency, Waiting
from modules.tasks.people import who_may_work
from modules.tasks.queries import categories_for, lists_worked_by, locations_of

Form = Any
"""One of the forms of modules.support.forms; each says with `wish()` what it asks for."""


@dataclass(frozen=True)
class Property:
    """How a property is read, asked for and changed, and what the journal calls its changes."""

    form: type[forms.PropertyForm]
    current: Callable[[Task], str]
    apply: Callable[[Session, User, Task, Form, datetime], None]
    acts: tuple[str, ...]
    field: str


def _state(session: Session, actor: User, ticket: Task, form: Form, now: datetime) -> None:
    tickets.set_state(session, actor, ticket, State(form.status.data), now=now)


def _urgency(session: Session, actor: User, ticket: Task, form: Form, now: datetime) -> None:
    tickets.set_urgency(session, actor, ticket, Urgency(form.urgency.data), now=now)


def _assignee(session: Session, actor: User, ticket: Task, form: Form, now: datetime) -> None:
    to = None
    if wanted := form.assignee.data:
        to = session.scalar(who_may_work(ticket.task_list).where(User.id == int(wanted)))
        if to is None:
            raise Invalid(assignee="This person cannot work on tickets of this list.")
    tickets.assign(session, actor, ticket, to=to, now=now)


def _task_list(session: Session, actor: User, ticket: Task, form: Form, now: datetime) -> None:
    wanted = int(form.task_list.data)
    target = session.scalar(lists_worked_by(actor).where(TaskList.id == wanted))
    if target is None:
        raise Invalid(task_list="This list cannot be chosen.")
    tickets.move(session, actor, ticket, target, now=now)


def _categories(session: Session, actor: User, ticket: Task, form: Form, now: datetime) -> None:
    wanted = {int(each) for each in form.categories.data or ()}
    meant = categories_for(ticket.task_list).where(Category.id.in_(wanted))
    found = {*session.scalars(meant), *(each for each in ticket.categories if each.id in wanted)}
    if len(found) < len(wanted):
        raise Invalid(categories="This category cannot be chosen.")
    tickets.categorise(session, actor, ticket, found, now=now)


def _location(session: Session, actor: User, ticket: Task, form: Form, now: datetime) -> None:
    location = None
    if wanted := form.location.data:
        if ticket.customer is not None:
            choices = locations_of(ticket.customer)
            location = session.scalar(choices.where(Location.id == int(wanted)))
        if location is None:
            raise Invalid(location="This location cannot be chosen.")
    tickets.locate(session, actor, ticket, location, now=now)


def _due(session: Session, actor: User, ticket: Task, form: Form, now: datetime) -> None:
    tickets.set_due(
        session,
        actor,
        ticket,
        due=form.moment(),
        zone=actor.time_zone,
        is_date=form.is_date(),
        now=now,
    )


def _waiting(session: Session, actor: User, ticket: Task, form: Form, now: datetime) -> None:
    waiting = Waiting(form.waiting.data) if form.waiting.data else None
    tickets.wait(session, actor, ticket, waiting=waiting, until=form.moment(), now=now)


def _due_of(ticket: Task) -> str:
    return forms.due_wish(ticket.due, is_date=ticket.due_is_date)


def _waiting_of(ticket: Task) -> str:
    return forms.waiting_wish(ticket.waiting or "", ticket.waiting_until)


PROPERTIES: Mapping[str, Property] = {
    "state": Property(
        forms.StateForm,
        lambda ticket: ticket.state.value,
        _state,
        ("reopened", "started", "resolved", "closed"),
        "status",
    ),
    "urgency": Property(
        forms.UrgencyForm, lambda ticket: ticket.urgency.value, _urgency, ("urgency",), "urgency"
    ),
    "assignee": Property(
        forms.AssigneeForm,
        lambda ticket: str(ticket.assignee_id or ""),
        _assignee,
        ("assigned",),
        "assignee",
    ),
    "task-list": Property(
        forms.TaskListForm,
        lambda ticket: str(ticket.task_list_id),
        _task_list,
        ("moved",),
        "task_list",
    ),
    "categories": Property(
        forms.CategoriesForm,
        lambda ticket: forms.categories_wish(each.id for each in ticket.categories),
        _categories,
        ("categories",),
        "categories",
    ),
    "location": Property(
        forms.LocationForm,
        lambda ticket: str(ticket.location_id or ""),
        _location,
        ("location",),
        "location",
    ),
    "due": Property(forms.DueForm, _due_of, _due, ("due",), "due"),
    "waiting": Property(forms.WaitingForm, _waiting_of, _waiting, ("waiting",), "waiting"),
}
"""By the last part of their address: /support/tickets/7/urgency."""
