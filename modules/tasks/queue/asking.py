"""One way from what somebody sent to what is asked: for pages, the API, feeds and commands."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from groupware.models import User
from modules.tasks.queue.choices import Choices, choices
from modules.tasks.queue.conditions import Asked
from modules.tasks.queue.filters import Filters, ordered
from modules.tasks.queue.names import Names


def understood(session: Session, known: Choices, filters: Filters) -> Filters:
    """The same, with the terms that were typed into `q` among the others; raises Invalid."""
    if ":" not in filters.q:
        return filters
    typed = Names(session, known).read(filters.q)
    terms = ordered(tuple(dict.fromkeys((*filters.terms, *typed.terms))))
    sort, order = filters.sort or typed.sort, filters.order or typed.order
    return Filters(typed.q, terms, sort, order, filters.group)


def ask(
    session: Session, user: User, wanted: Mapping[str, str] | Filters | str, now: datetime
) -> Asked:
    """What the person asks for: names and values as in an address, or a text as it is typed."""
    known = choices(session, user)
    if isinstance(wanted, str):
        wanted = Filters(wanted)
    filters = wanted if isinstance(wanted, Filters) else Filters.read(wanted)
    return asked_by_reader(user, known, understood(session, known, filters), now)


def asked_by_reader(user: User, known: Choices, filters: Filters, now: datetime) -> Asked:
    """The same where the choices are at hand."""
    return Asked(user.id, [each.id for each in known.lists], filters, now, user.time_zone)


def again(asked: Asked, filters: Filters) -> Asked:
    """The same person asks for something else."""
    return replace(asked, filters=filters)
