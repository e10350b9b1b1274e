"""Why somebody may, or may not, do what: said with the words of the people who can change it.

What is allowed is asked of the same functions as everywhere; the reasons are looked up beside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.access import access_of
from groupware.acls import Line, lines_reaching
from groupware.models import (
    Grant,
    Group,
    GroupKind,
    Level,
    Location,
    Membership,
    Permission,
    User,
)
from modules.tasks.access import agent_level, may_submit, owns
from modules.tasks.models import State, Task, TaskList
from modules.tasks.queries import asked_by, locations_of

LEVEL_WORDS = {
    Level.NONE: "No access",
    Level.READ: "Read",
    Level.CREATE: "File for customers",
    Level.WRITE: "Answer",
    Level.DELETE: "Delete",
    Level.MANAGE: "Manage",
}

PERMISSION_WORDS = {
    Permission.CREATE_TICKETS: "ask for support",
    Permission.MANAGE_TICKETS: "work on tickets",
    Permission.MANAGE_SUPPORT: "manage the desk",
    Permission.ADMINISTER: "administer",
}

AGENT_ACTS = {
    Level.READ: "read every ticket, with its notes and history",
    Level.CREATE: "file tickets for customers",
    Level.WRITE: "reply, note, assign and change tickets",
    Level.DELETE: "delete tickets",
    Level.MANAGE: "delete replies and notes, and change the list's settings and access",
}


class Place(StrEnum):
    """Where something is given or taken."""

    PERSON = "person"
    CUSTOMERS = "customers"
    AGENTS = "agents"
    LOCATIONS = "locations"
    LIST = "list"


@dataclass(frozen=True)
class Missing:
    """What is not given, and where it can be."""

    text: str
    place: Place


@dataclass(frozen=True)
class Face:
    """What a person may do on a list, as a customer or as an agent."""

    allowed: bool
    says: str
    acts: tuple[str, ...]
    because: tuple[str, ...]
    missing: tuple[Missing, ...]


@dataclass(frozen=True)
class OfList:
    """What a person may do on a list."""

    customer: Face
    agent: Face
    level: Level


@dataclass(frozen=True)
class Act:
    """One act of the decision table on one ticket."""

    name: str
    allowed: bool
    because: str


def explain_list(session: Session, person: User, task_list: TaskList) -> OfList:
    """What a person may do on a list on either side, which line gives it, and what is missing."""
    granted = _granted(session, person)
    level = agent_level(session, person, task_list)
    return OfList(
        customer=_as_customer(session, person, task_list, granted),
        agent=_as_agent(session, person, task_list, granted, level),
        level=level,
    )


def explain_ticket(session: Session, person: User, ticket: Task) -> list[Act]:
    """Each act of the decision table on this ticket: whether the person may, and why."""
    task_list = ticket.task_list
    level = agent_level(session, person, task_list)
    own = owns(session, person, ticket)
    seen = session.scalar(asked_by(person).where(Task.id == ticket.id)) is not None
    here = _whence(session, person, task_list, level)
    whose = "the customer" if ticket.customer_id == person.id else "a participant"

    def staff(name: str, needed: Level) -> Act:
        if level >= needed:
            return Act(name, allowed=True, because=here)
        lacking = f"needs {LEVEL_WORDS[needed]} on {task_list.name}; {here}"
        return Act(name, allowed=False, because=lacking)

    def either(name: str, needed: Level, *, by_customer: bool, customer: str) -> Act:
        if by_customer:
            return Act(name, allowed=True, because=customer)
        return staff(name, needed)

    shared = "a colleague's, and the list shows those" if seen and not own else f"is {whose}"
    unfinished = ticket.state != State.CLOSED
    if ticket.deleted_at is not None:
        return [Act("do anything but restore it", allowed=False, because="it is deleted")]
    return [
        either(
            "see the ticket, its replies and their files",
            Level.READ,
            by_customer=seen,
            customer=shared,
        ),
        staff("see notes, their files and the full history", Level.READ),
        Act(
            "respond as a customer",
            allowed=own,
            because=f"is {whose}" if own else "takes no part in it",
        ),
        either(
            "change subject and details",
            Level.WRITE,
            by_customer=own and unfinished,
            customer=f"is {whose}, and it is not closed",
        ),
        staff("reply, note, and change its status, people, category, urgency and due date",
              Level.WRITE),
        staff("have it assigned", Level.WRITE),
        staff("move or link it, with access to the other list too", Level.WRITE),
        staff("delete or restore it", Level.DELETE),
        staff("delete a reply or note", Level.MANAGE),
    ]  # fmt: skip


def _as_customer(
    session: Session,
    person: User,
    task_list: TaskList,
    granted: dict[Permission, list[str]],
) -> Face:
    allowed = may_submit(session, person, task_list)
    lines = [
        line
        for line in lines_reaching(session, person, task_list.customer_acl_id)
        if line.level >= Level.CREATE
    ]
    locations = session.scalars(locations_of(person).limit(4)).all()
    because = [*_permission_reason(granted, Permission.CREATE_TICKETS)]
    because += [f"{task_list.name} lets {_who(line)} ask." for line in lines[:3]]
    because += _location_reason(locations)
    missing = _inactive(person)
    if Permission.CREATE_TICKETS not in granted:
        missing.append(Missing(_no_permission(Permission.CREATE_TICKETS), Place.PERSON))
    if not lines:
        missing.append(
            Missing("No line of the customers' access names them or a group of theirs.",
                    Place.CUSTOMERS)
        )  # fmt: skip
    if task_list.archived:
        missing.append(Missing("The list is archived.", Place.LIST))
    if not locations and task_list.location_required and person.active:
        missing.append(
            Missing("They have no location, and this list asks for one.", Place.LOCATIONS)
        )
    acts = ["see and answer requests of their own"] if access_of(session, person).customer else []
    if not allowed:
        says = "May not ask here."
    elif locations or not task_list.location_required:
        says, acts = "May ask here.", ["file requests", *acts]
    else:
        says = "May ask here, but has no location to file for."
    return Face(allowed, says, tuple(acts), tuple(because), tuple(missing))


def _as_agent(
    session: Session,
    person: User,
    task_list: TaskList,
    granted: dict[Permission, list[str]],
    level: Level,
) -> Face:
    lines = lines_reaching(session, person, task_list.agent_acl_id)
    works = granted.keys() & {Permission.MANAGE_TICKETS, Permission.MANAGE_SUPPORT}
    because = [
        reason
        for permission in (Permission.MANAGE_SUPPORT, Permission.MANAGE_TICKETS)
        for reason in _permission_reason(granted, permission)
    ]
    if Permission.MANAGE_SUPPORT in granted:
        because.append("Whoever manages the desk may do everything on every list.")
    because += [
        f"{task_list.name} gives {_who(line)} the level {LEVEL_WORDS[line.level]}."
        for line in lines[:3]
    ]
    missing = _inactive(person)
    if not works:
        missing.append(Missing(_no_permission(Permission.MANAGE_TICKETS), Place.PERSON))
    if not lines and Permission.MANAGE_SUPPORT not in granted:
        missing.append(
            Missing("No line of the agents' access names them or a group of theirs.",
                    Place.AGENTS)
        )  # fmt: skip
    if Level.NONE < level < Level.WRITE:
        missing.append(
            Missing(f"To answer they need the level {LEVEL_WORDS[Level.WRITE]}.", Place.AGENTS)
        )
    acts = tuple(act for needed, act in AGENT_ACTS.items() if level >= needed)
    says = f"Has the level {LEVEL_WORDS[level]}." if level else "May not work here."
    return Face(level > Level.NONE, says, acts, tuple(because), tuple(missing))


def _granted(session: Session, person: User) -> dict[Permission, list[str]]:
    """Which groups of the person's give each module permission, whether they are active or not."""
    rows = session.execute(
        select(Grant.permission, Group.name, Group.kind)
        .join(Group, Group.id == Grant.group_id)
        .join(Membership, Membership.group_id == Group.id)
        .where(Membership.user_id == person.id)
        .order_by(Group.name)
        .limit(200)
    )
    found: dict[Permission, list[str]] = {}
    for permission, name, kind in rows:
        who = "themselves" if kind == GroupKind.PERSONAL else name
        found.setdefault(Permission(permission), []).append(who)
    return found


def _permission_reason(
    granted: dict[Permission, list[str]], permission: Permission
) -> tuple[str, ...]:
    if permission not in granted:
        return ()
    groups = granted[permission]
    through = "given to them directly" if groups == ["themselves"] else f"by {', '.join(groups)}"
    return (f"May {PERMISSION_WORDS[permission]}: {through}.",)


def _no_permission(permission: Permission) -> str:
    return f"No group of theirs gives the permission to {PERMISSION_WORDS[permission]}."


def _location_reason(locations: Sequence[Location]) -> list[str]:
    names = [location.name for location in locations]
    more = " and more" if len(names) > 3 else ""
    return [f"May file for {', '.join(names[:3])}{more}."] if names else []


def _inactive(person: User) -> list[Missing]:
    return [] if person.active else [Missing("The person is switched off.", Place.PERSON)]


def _who(line: Line) -> str:
    return "them by name" if line.kind == GroupKind.PERSONAL else line.name


def _whence(session: Session, person: User, task_list: TaskList, level: Level) -> str:
    """What gives a person their level on a list, in one sentence."""
    if not person.active:
        return "is switched off"
    access = access_of(session, person)
    if access.manager:
        return "manages the desk"
    if not access.agent:
        return f"no group gives the permission to {PERMISSION_WORDS[Permission.MANAGE_TICKETS]}"
    if not level:
        return "the agents' access does not name them"
    best = lines_reaching(session, person, task_list.agent_acl_id)[0]
    return f"has {LEVEL_WORDS[level]} by {'name' if best.kind == GroupKind.PERSONAL else best.name}"
