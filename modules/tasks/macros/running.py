"""A macro runs on a ticket: each step by its own use case, all of them or none."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.errors import Forbidden, Invalid, NotFound, Refusal
from groupware.models import Level, User
from modules.tasks import conversation, fields, tickets
from modules.tasks.access import require
from modules.tasks.canned.at_hand import usable_by
from modules.tasks.canned.models import CannedReply
from modules.tasks.canned.texts import filled
from modules.tasks.macros.models import Macro
from modules.tasks.macros.steps import ME, NOBODY, NOT_WAITING, Steps
from modules.tasks.models import Category, Kind, State, Task, TaskList, Urgency, Waiting
from modules.tasks.people import who_may_work
from modules.tasks.queries import lists_worked_by

Step = tuple[str, Callable[[], None]]


class Refused(Invalid):
    """Some steps were refused, so none was taken; `reasons` says of each what and why."""

    def __init__(self, macro: Macro, reasons: list[tuple[str, str]]) -> None:
        self.reasons = reasons
        told = " ".join(f"{what}: {why}" for what, why in reasons)
        super().__init__(f"“{macro.name}” changed nothing. {told}")


def run(session: Session, actor: User, ticket: Task, macro: Macro, *, now: datetime) -> None:
    """Do what a macro says. Where a step is refused nothing is done, and `Refused` tells of all."""
    require(session, actor, Level.WRITE, ticket.task_list)
    if session.scalar(usable_by(actor, Macro).where(Macro.id == macro.id)) is None:
        raise NotFound
    if macro.task_list_id not in (None, ticket.task_list_id):
        raise Invalid(f"“{macro.name}” is for tickets of another list.")
    reasons: list[tuple[str, str]] = []
    with session.begin_nested():
        for what, step in _steps(session, actor, ticket, Steps.of(macro.steps), now):
            try:
                with session.begin_nested():
                    step()
            except Refusal as refusal:
                reasons.append((what, refusal.message))
        if reasons:  # which takes the steps that went well back
            raise Refused(macro, reasons)


def _steps(
    session: Session, actor: User, ticket: Task, steps: Steps, now: datetime
) -> Iterator[Step]:
    """The steps in an order in which none undoes another: a reply begins and assigns a ticket."""
    if steps.task_list is not None:
        yield "Task list", lambda: _move(session, actor, ticket, steps.task_list, now)
    if steps.fields:
        yield "Fields", lambda: fields.write(session, actor, ticket, steps.fields, now=now)
    if steps.add_categories or steps.remove_categories:
        yield "Categories", lambda: _categorise(session, actor, ticket, steps, now)
    if steps.urgency:
        urgency = Urgency(steps.urgency)
        yield "Urgency", lambda: tickets.set_urgency(session, actor, ticket, urgency, now=now)
    if steps.due_days is not None:
        yield "Due", lambda: _due(session, actor, ticket, steps.due_days or 0, now)
    if steps.assignee:
        yield "Assignee", lambda: _assign(session, actor, ticket, steps.assignee, now)
    if steps.body or steps.canned is not None:
        yield "Message", lambda: _say(session, actor, ticket, steps, now)
    if steps.state:
        state = State(steps.state)
        yield "Status", lambda: tickets.set_state(session, actor, ticket, state, now=now)
    if steps.waiting:
        waiting = None if steps.waiting == NOT_WAITING else Waiting(steps.waiting)
        yield "Waiting", lambda: tickets.wait(session, actor, ticket, waiting=waiting, now=now)


def _move(session: Session, actor: User, ticket: Task, wanted: int | None, now: datetime) -> None:
    target = session.scalar(lists_worked_by(actor).where(TaskList.id == wanted))
    if target is None:
        raise Invalid("This list cannot be chosen.")
    tickets.move(session, actor, ticket, target, now=now)


def _categorise(session: Session, actor: User, ticket: Task, steps: Steps, now: datetime) -> None:
    added = session.scalars(select(Category).where(Category.id.in_(steps.add_categories))).all()
    if len(added) < len(set(steps.add_categories)):
        raise Invalid("A category no longer exists.")
    kept = [each for each in ticket.categories if each.id not in steps.remove_categories]
    tickets.categorise(session, actor, ticket, [*kept, *added], now=now)


def _due(session: Session, actor: User, ticket: Task, days: int, now: datetime) -> None:
    """The end of that day, as the person counts days."""
    day = now.astimezone(ZoneInfo(actor.time_zone)) + timedelta(days=days)
    due = day.replace(hour=23, minute=59, second=0, microsecond=0)
    tickets.set_due(session, actor, ticket, due=due, zone=actor.time_zone, is_date=True, now=now)


def _assign(session: Session, actor: User, ticket: Task, wanted: str, now: datetime) -> None:
    to = None
    if wanted != NOBODY:
        number = actor.id if wanted == ME else int(wanted)
        to = session.scalar(who_may_work(ticket.task_list).where(User.id == number))
        if to is None:
            raise Invalid("This person cannot work on tickets of this list.")
    tickets.assign(session, actor, ticket, to=to, now=now)


def _say(session: Session, actor: User, ticket: Task, steps: Steps, now: datetime) -> None:
    body = steps.body
    if steps.canned is not None:
        text = session.scalar(usable_by(actor, CannedReply).where(CannedReply.id == steps.canned))
        if text is None:
            raise Forbidden("Its canned reply is gone, or not shared with you.")
        body = text.body
    say = conversation.note if steps.kind == Kind.NOTE else conversation.reply
    say(session, actor, ticket, filled(session, actor, ticket, body), now=now)
