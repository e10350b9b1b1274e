"""What can be done to many tickets at once: each by the use case that does it to one.

An act reads its value out of a form, does it to a ticket and says what was before, and takes it
back from that. What has been changed since is left as it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from groupware.errors import Conflict, Forbidden, Invalid, NotFound
from groupware.models import User
from groupware.text import number_in
from modules.support.changes import STATES, URGENCIES
from modules.support.forms import until_of
from modules.tasks import tickets
from modules.tasks.canned.at_hand import usable_by
from modules.tasks.macros.models import Macro
from modules.tasks.macros.running import run
from modules.tasks.models import Category, State, Task, TaskList, Urgency, Waiting
from modules.tasks.people import who_may_work_somewhere
from modules.tasks.queries import deleted_of, lists_worked_by, merged_of, worked_by

Values = Mapping[str, str]
Value = dict[str, Any]
CHANGED_SINCE = "It has been changed since."
WAITING = {
    "": "No longer waiting",
    Waiting.CUSTOMER: "Wait for the customer",
    Waiting.THIRD_PARTY: "Wait for a third party",
}


@dataclass(frozen=True)
class Act:
    """One of the acts. `do` answers with what was before, or None where nothing had to change."""

    read: Callable[[Session, User, str, Values], tuple[Value, str]]
    do: Callable[[Session, User, Task, Value, datetime], Value | None]
    # None where it cannot be taken back at once: a macro may have answered somebody.
    undo: Callable[[Session, User, Task, Value, Value, datetime], None] | None
    # How the ticket is found that is to be as before.
    gone: Callable[[User, datetime], Select[Task]] = field(
        default=lambda user, _now: worked_by(user)
    )


def read(session: Session, actor: User, form: Values) -> tuple[str, Value, str]:
    """The act that a form asks for, its value, and both in words; raises Invalid."""
    name, _, value = form.get("do", "").partition(" ")
    if name not in ACTS:
        raise Invalid(do="Please choose what to do.")
    return name, *ACTS[name].read(session, actor, value, form)


def _read_state(_s: Session, _u: User, value: str, _f: Values) -> tuple[Value, str]:
    if value not in list(State):
        raise Invalid(do="There is no such status.")
    return {"to": value}, f"Status: {STATES[value]}"


def _do_state(
    session: Session, actor: User, ticket: Task, value: Value, now: datetime
) -> Value | None:
    before = {"state": ticket.state.value, **_waiting_of(ticket)}
    tickets.set_state(session, actor, ticket, State(value["to"]), now=now)
    return before if before["state"] != value["to"] else None


def _undo_state(
    session: Session, actor: User, ticket: Task, value: Value, before: Value, now: datetime
) -> None:
    _unchanged(ticket.state.value, value["to"])
    tickets.set_state(session, actor, ticket, State(before["state"]), now=now)
    if before["waiting"]:
        _wait(session, actor, ticket, before, now)


def _read_assignee(session: Session, _u: User, value: str, _f: Values) -> tuple[Value, str]:
    if not value:
        return {"to": None}, "Assign to nobody"
    person = session.scalar(who_may_work_somewhere().where(User.id == number_in(value)))
    if person is None:
        raise Invalid(do="This person cannot work on tickets.")
    return {"to": person.id}, f"Assign to {person.name}"


def _do_assignee(
    session: Session, actor: User, ticket: Task, value: Value, now: datetime
) -> Value | None:
    before = ticket.assignee_id
    tickets.assign(session, actor, ticket, to=_person(session, value["to"]), now=now)
    return {"to": before} if before != value["to"] else None


def _undo_assignee(
    session: Session, actor: User, ticket: Task, value: Value, before: Value, now: datetime
) -> None:
    _unchanged(ticket.assignee_id, value["to"])
    tickets.assign(session, actor, ticket, to=_person(session, before["to"]), now=now)


def _read_list(session: Session, actor: User, value: str, _f: Values) -> tuple[Value, str]:
    query = lists_worked_by(actor).where(TaskList.id == number_in(value))
    target = session.scalar(query)
    if target is None:
        raise Invalid(do="This list cannot be chosen.")
    return {"to": target.id}, f"Move to {target.name}"


def _do_list(
    session: Session, actor: User, ticket: Task, value: Value, now: datetime
) -> Value | None:
    before = {
        "to": ticket.task_list_id,
        "assignee": ticket.assignee_id,
        "categories": [each.id for each in ticket.categories],
    }
    tickets.move(session, actor, ticket, _list(session, actor, value["to"]), now=now)
    return before if before["to"] != value["to"] else None


def _undo_list(
    session: Session, actor: User, ticket: Task, value: Value, before: Value, now: datetime
) -> None:
    _unchanged(ticket.task_list_id, value["to"])
    tickets.move(session, actor, ticket, _list(session, actor, before["to"]), now=now)
    if before["assignee"] and ticket.assignee_id is None:
        tickets.assign(session, actor, ticket, to=_person(session, before["assignee"]), now=now)
    had = session.scalars(select(Category).where(Category.id.in_(before["categories"]))).all()
    tickets.categorise(session, actor, ticket, {*ticket.categories, *had}, now=now)


def _read_category(session: Session, _u: User, value: str, _f: Values) -> tuple[Value, str]:
    sign, number = value[:1], number_in(value[1:])
    category = session.scalar(select(Category).where(Category.id == number)) if number else None
    if category is None or sign not in "+-":
        raise Invalid(do="This category cannot be chosen.")
    word = "Add" if sign == "+" else "Remove"
    return {"id": category.id, "add": sign == "+"}, f"{word} category {category.name}"


def _do_category(
    session: Session, actor: User, ticket: Task, value: Value, now: datetime
) -> Value | None:
    had = any(each.id == value["id"] for each in ticket.categories)
    _put_category(session, actor, ticket, value["id"], there=value["add"], now=now)
    return {"had": had} if had != value["add"] else None


def _undo_category(
    session: Session, actor: User, ticket: Task, value: Value, before: Value, now: datetime
) -> None:
    _put_category(session, actor, ticket, value["id"], there=before["had"], now=now)


def _put_category(
    session: Session, actor: User, ticket: Task, number: int, *, there: bool, now: datetime
) -> None:
    wanted = {each for each in ticket.categories if each.id != number}
    if there:
        wanted |= set(session.scalars(select(Category).where(Category.id == number)))
    tickets.categorise(session, actor, ticket, wanted, now=now)


def _read_urgency(_s: Session, _u: User, value: str, _f: Values) -> tuple[Value, str]:
    if value not in list(Urgency):
        raise Invalid(do="There is no such urgency.")
    return {"to": value}, f"Urgency: {URGENCIES[value]}"


def _do_urgency(
    session: Session, actor: User, ticket: Task, value: Value, now: datetime
) -> Value | None:
    before = ticket.urgency.value
    tickets.set_urgency(session, actor, ticket, Urgency(value["to"]), now=now)
    return {"to": before} if before != value["to"] else None


def _undo_urgency(
    session: Session, actor: User, ticket: Task, value: Value, before: Value, now: datetime
) -> None:
    _unchanged(ticket.urgency.value, value["to"])
    tickets.set_urgency(session, actor, ticket, Urgency(before["to"]), now=now)


def _read_waiting(_s: Session, _u: User, value: str, form: Values) -> tuple[Value, str]:
    if value == Waiting.UNTIL:
        until = until_of(form.get("until", ""))
        if until is None:
            raise Invalid(do="Please give a day and a time to wait until.")
        return {"waiting": value, "until": until.isoformat()}, f"Wait until {until:%d.%m.%Y}"
    if value not in WAITING:
        raise Invalid(do="There is no such thing to wait for.")
    return {"waiting": value or None, "until": None}, WAITING[value]


def _do_waiting(
    session: Session, actor: User, ticket: Task, value: Value, now: datetime
) -> Value | None:
    before = {"state": ticket.state.value, **_waiting_of(ticket)}
    _wait(session, actor, ticket, value, now)
    return before if before != {"state": ticket.state.value, **_waiting_of(ticket)} else None


def _undo_waiting(
    session: Session, actor: User, ticket: Task, value: Value, before: Value, now: datetime
) -> None:
    _unchanged(ticket.waiting, value["waiting"])
    _wait(session, actor, ticket, before, now)
    tickets.set_state(session, actor, ticket, State(before["state"]), now=now)


def _waiting_of(ticket: Task) -> Value:
    until = ticket.waiting_until
    return {"waiting": ticket.waiting, "until": until.isoformat() if until else None}


def _wait(session: Session, actor: User, ticket: Task, value: Value, now: datetime) -> None:
    waiting = Waiting(value["waiting"]) if value["waiting"] else None
    until = datetime.fromisoformat(value["until"]) if value["until"] else None
    tickets.wait(session, actor, ticket, waiting=waiting, until=until, now=now)


def _read_merge(session: Session, actor: User, _value: str, form: Values) -> tuple[Value, str]:
    number = number_in(form.get("into", "").strip().removeprefix("#"))
    into = session.scalar(worked_by(actor).where(Task.id == number)) if number else None
    if into is None:
        raise Invalid(into="There is no such ticket to merge with.")
    return {"into": into.id, "admit": form.get("admit") == "1"}, f"Merge with #{into.id}"


def _do_merge(
    session: Session, actor: User, ticket: Task, value: Value, now: datetime
) -> Value | None:
    if ticket.id == value["into"]:
        return None
    into = _visible(session, worked_by(actor), value["into"])
    tickets.merge(session, actor, ticket, into, admit=value["admit"], now=now)
    return {}


def _undo_merge(
    session: Session, actor: User, ticket: Task, value: Value, _before: Value, now: datetime
) -> None:
    into = _visible(session, worked_by(actor), value["into"])
    tickets.unmerge(session, actor, ticket, into, now=now)


def _read_delete(_s: Session, _u: User, _value: str, _f: Values) -> tuple[Value, str]:
    return {}, "Delete"


def _do_delete(
    session: Session, actor: User, ticket: Task, _value: Value, now: datetime
) -> Value | None:
    tickets.delete(session, actor, ticket, now=now)
    return {}


def _undo_delete(
    session: Session, actor: User, ticket: Task, _value: Value, _before: Value, now: datetime
) -> None:
    tickets.restore(session, actor, ticket, now=now)


def _read_macro(session: Session, actor: User, value: str, _f: Values) -> tuple[Value, str]:
    number = number_in(value)
    macro = session.scalar(usable_by(actor, Macro).where(Macro.id == number)) if number else None
    if macro is None:
        raise Invalid(do="There is no such macro.")
    return {"id": macro.id}, f"Macro: {macro.name}"


def _do_macro(
    session: Session, actor: User, ticket: Task, value: Value, now: datetime
) -> Value | None:
    macro = session.scalar(usable_by(actor, Macro).where(Macro.id == value["id"]))
    if macro is None:
        raise Invalid("The macro no longer exists.")
    run(session, actor, ticket, macro, now=now)
    return {}


def _unchanged(current: object, made: object) -> None:
    if current != made:
        raise Conflict(CHANGED_SINCE)


def _person(session: Session, number: int | None) -> User | None:
    if number is None:
        return None
    person = session.get(User, number)
    if person is None:
        raise NotFound
    return person


def _list(session: Session, actor: User, number: int) -> TaskList:
    found = session.scalar(lists_worked_by(actor).where(TaskList.id == number))
    if found is None:
        raise Forbidden
    return found


def _visible(session: Session, query: Select[Task], number: int) -> Task:
    found = session.scalar(query.where(Task.id == number).with_for_update(of=Task))
    if found is None:
        raise NotFound
    return found


ACTS: Mapping[str, Act] = {
    "status": Act(_read_state, _do_state, _undo_state),
    "assignee": Act(_read_assignee, _do_assignee, _undo_assignee),
    "list": Act(_read_list, _do_list, _undo_list),
    "category": Act(_read_category, _do_category, _undo_category),
    "urgency": Act(_read_urgency, _do_urgency, _undo_urgency),
    "waiting": Act(_read_waiting, _do_waiting, _undo_waiting),
    "merge": Act(_read_merge, _do_merge, _undo_merge, merged_of),
    "macro": Act(_read_macro, _do_macro, None),
    "delete": Act(_read_delete, _do_delete, _undo_delete, deleted_of),
}
"""By the first word of what a form asks for."""
