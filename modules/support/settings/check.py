"""*Check a person*: what somebody may do on a list, or with a ticket, and which line grants it."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from groupware.access import access_of
from groupware.errors import Forbidden
from groupware.models import Level, User
from groupware.web.request import (
    ADMINISTER,
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    one,
    open_to,
    page,
    rights,
    session,
)
from groupware.web.settings.finding import MOST_FOUND, number, sought, to_pick
from modules.support.settings.lists import MOST_LISTS, in_order, manages_a_list
from modules.tasks.access import agent_levels
from modules.tasks.explain import LEVEL_WORDS, Place, explain_list, explain_ticket
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import lists_open_to, lists_worked_by, worked_by

blueprint = Blueprint("support_check", __name__, url_prefix="/settings/check")


def may_check(session: Session, person: User) -> bool:
    """True for administrators, and for whoever sets up a list."""
    return access_of(session, person).administrator or manages_a_list(session, person)


@blueprint.get("")
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS, ADMINISTER)
def check() -> ResponseReturnValue:
    if not may_check(session(), actor()):
        raise Forbidden
    task_lists = list(session().scalars(in_order(checkable()).limit(MOST_LISTS)))
    person, found = whom()
    task_list = next(
        (each for each in task_lists if each.id == number(request.args.get("list"))), None
    )
    ticket = None
    if person and (ticket_id := number(request.args.get("ticket", "").lstrip("#"))):
        ticket = session().scalar(worked_by(actor(), Level.MANAGE).where(Task.id == ticket_id))
    values: dict[str, Any] = {}
    if person and ticket:
        values["acts"] = explain_ticket(session(), person, ticket)
    elif person and task_list:
        values["of_list"] = explain_list(session(), person, task_list)
    elif person:
        values["overview"] = everywhere(person, task_lists)
    return page(
        "settings/check.html",
        task_lists=task_lists,
        task_list=task_list,
        person=person,
        found=found[:MOST_FOUND],
        more=len(found) > MOST_FOUND,
        q=sought(),
        ticket=ticket,
        ticket_number=request.args.get("ticket", "")[:20],
        where=ways(person, task_list) if person else {},
        **values,
    )


def checkable() -> Select[TaskList]:
    """Lists that the person at the page may set up; an administrator may ask about all."""
    if rights().administrator:
        return select(TaskList)
    return lists_worked_by(actor(), Level.MANAGE)


def whom() -> tuple[User | None, list[Any]]:
    """The person that is asked about, or those who may be meant."""
    if (person_id := number(request.args.get("person"))) and not request.args.get("again"):
        return one(select(User).where(User.id == person_id)), []
    if not sought():
        return None, []
    found = to_pick(sought(), people_only=True)
    if len(found) == 1:
        return one(select(User).where(User.id == found[0].user_id)), []
    return None, found


def everywhere(person: User, task_lists: list[TaskList]) -> list[tuple[TaskList, bool, str]]:
    """On each list: may they ask there, and with which level do they work there."""
    asks = {each.id for each in session().scalars(lists_open_to(person))}
    levels = agent_levels(session(), person)
    return [
        (each, each.id in asks, LEVEL_WORDS[levels.get(each.id, Level.NONE)]) for each in task_lists
    ]


def ways(person: User, task_list: TaskList | None) -> dict[str, str]:
    """Where the person at the page can give what is missing."""
    found = {}
    if rights().administrator:
        found[Place.PERSON.value] = url_for("users.show", user_id=person.id)
    if rights().manager:
        found[Place.LOCATIONS.value] = url_for("support_locations.all_of_them")
    if task_list and (rights().manager or manages_a_list(session(), actor())):
        for place in (Place.CUSTOMERS, Place.AGENTS, Place.LIST):
            found[place.value] = url_for(
                "support_lists.show", list_id=task_list.id, _anchor=place.value
            )
    return found
