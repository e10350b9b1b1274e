"""What a person may ask for and where, and the request that comes of it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session
from wtforms import SelectChoice

from groupware.errors import Invalid
from groupware.models import Location, Upload, User
from modules.help.forms import NewRequest
from modules.help.words import answer_time
from modules.tasks import tickets
from modules.tasks.fields import Cell
from modules.tasks.models import Task, TaskList, Urgency
from modules.tasks.queries import ANYBODY, lists_open_to, locations_of

MOST_CHOICES = 1000
NO_LIST = (
    "Nobody has given you access to any kind of request yet. "
    "Please ask your manager to give you access to one."
)


@dataclass(frozen=True)
class Offer:
    """The kinds of request and the places that a person may choose from."""

    lists: Sequence[TaskList]
    locations: Sequence[Location]
    refusal: str = ""

    @property
    def location_required(self) -> bool:
        return all(task_list.location_required for task_list in self.lists)

    @property
    def hours(self) -> int:
        """Within how many hours an answer comes; 0 where it depends, or nothing is promised."""
        return _alike({task_list.answer_hours for task_list in self.lists})


def offer_to(session: Session, user: User) -> Offer:
    """What this person may choose from; without a location only what needs none."""
    lists = session.scalars(lists_open_to(user).limit(MOST_CHOICES)).all()
    locations = session.scalars(locations_of(user).limit(MOST_CHOICES)).all()
    if not lists:
        return Offer(lists, locations, NO_LIST)
    without = [task_list for task_list in lists if not task_list.location_required]
    if locations or without:
        return Offer(lists if locations else without, locations)
    return Offer(lists, locations, tickets.NO_LOCATION)


def promise(session: Session, user: User) -> int:
    """Within how many hours this person's questions are usually answered; 0 where it depends."""
    return _alike(set(session.scalars(_answer_hours(), {"reader": user.id})))


@cache
def _answer_hours() -> Select[int]:
    return lists_open_to(ANYBODY).with_only_columns(TaskList.answer_hours).limit(MOST_CHOICES)


def _alike(promised: set[int]) -> int:
    return promised.pop() if len(promised) == 1 else 0


def prepare(form: NewRequest, offer: Offer, user: User) -> None:
    """Put the choices into the form, the usual ones first."""
    form.task_list.choices = [_kind(task_list) for task_list in offer.lists]
    places = [SelectChoice(str(location.id), location.name) for location in offer.locations]
    if len(places) != 1:
        places.insert(0, SelectChoice("", "Choose a location"))
    form.location.choices = places
    if not form.is_submitted():
        usual = str(user.default_location_id)
        known = any(place.value == usual for place in places)
        form.location.data = usual if known else places[0].value
        form.task_list.data = str(offer.lists[0].id) if offer.lists else ""


def _kind(task_list: TaskList) -> SelectChoice:
    usual = answer_time(task_list.answer_hours)
    label = f"{task_list.name} (answered {usual})" if usual else task_list.name
    return SelectChoice(str(task_list.id), label)


def file(
    session: Session,
    actor: User,
    offer: Offer,
    form: NewRequest,
    files: Sequence[Upload],
    *,
    custom: Mapping[str, Any],
    now: datetime,
) -> Task:
    """File what the form says."""
    if offer.refusal:
        raise Invalid(
            **({"location": offer.refusal} if offer.lists else {"task_list": offer.refusal})
        )
    request = tickets.Request(
        subject=form.subject.data or "",
        details=form.details.data or "",
        urgency=Urgency(form.urgency.data),
        location=_chosen_location(offer, form.location.data),
        files=files,
        custom=custom,
    )
    return tickets.file(session, actor, _chosen_list(offer, form.task_list.data), request, now=now)


def list_meant(offer: Offer, value: str | None) -> TaskList | None:
    """The kind of request that a form is shown for; the usual one where none is named."""
    named = (each for each in offer.lists if str(each.id) == value)
    return next(named, offer.lists[0] if offer.lists and not value else None)


def base_of(ticket: Task, cells: Sequence[Cell] = ()) -> str:
    """A mark of what the customer can change, by which a form tells whether it changed meanwhile."""
    custom = "".join(f"\n{cell.field.id} {cell.text}" for cell in cells)
    return hashlib.sha256(f"{ticket.summary}\n{ticket.description}{custom}".encode()).hexdigest()


def _chosen_list(offer: Offer, value: str | None) -> TaskList:
    if not value:
        return offer.lists[0]
    for task_list in offer.lists:
        if str(task_list.id) == value:
            return task_list
    raise Invalid(task_list="This cannot be chosen.")


def _chosen_location(offer: Offer, value: str | None) -> Location | None:
    if not value:
        return None
    for location in offer.locations:
        if str(location.id) == value:
            return location
    raise Invalid(location="This location cannot be chosen.")
