"""Addresses below /dav/: what a person has there. What is somebody else's is not there.

/dav/                              where everything begins
/dav/principals/7/                 a person, who sees only themselves
/dav/calendars/7/                  their home: the lists they work on, and what they asked
/dav/calendars/7/3/                a list
/dav/calendars/7/requests/         My requests, to be read
/dav/calendars/7/3/<name>.ics      a task
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote

from sqlalchemy import BindParameter, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from groupware.access import access_of, learn_level, level_column, once_a_person
from groupware.errors import NotFound
from groupware.models import Level, User
from modules.tasks.access import agent_level, agent_levels, may_submit
from modules.tasks.dav.models import Looks
from modules.tasks.icalendar.facts import Face
from modules.tasks.models import TaskList
from modules.tasks.queries import lists_worked_by

ROOT, PRINCIPALS, HOMES = "/dav/", "/dav/principals/", "/dav/calendars/"
REQUESTS = "requests"

COLOURS = (
    "#4f6ef7", "#0b8a6f", "#c2410c", "#9333ea", "#be123c", "#0e7490",
    "#a16207", "#4d7c0f", "#6d28d9", "#b91c1c", "#1d4ed8", "#475569",
)  # fmt: skip


class Kind(Enum):
    """What lies at an address."""

    ROOT = "root"
    PRINCIPALS = "principals"
    PRINCIPAL = "principal"
    HOMES = "homes"
    HOME = "home"
    LIST = "list"
    TASK = "task"


@dataclass(frozen=True)
class Collection:
    """A list as one person has it in their home."""

    path: str
    face: Face
    task_list: TaskList | None  # None: My requests
    looks: Looks | None
    level: Level
    may_file: bool

    @property
    def name(self) -> str:
        if self.looks and self.looks.name:
            return self.looks.name
        return self.task_list.name if self.task_list else "My requests"

    @property
    def colour(self) -> str:
        if self.looks and self.looks.colour:
            return self.looks.colour
        return COLOURS[(self.task_list.hue - 1) % len(COLOURS)] if self.task_list else "#64748b"

    @property
    def position(self) -> str:
        if self.looks and self.looks.position:
            return self.looks.position
        return str(self.task_list.position) if self.task_list else "1000"

    @property
    def privileges(self) -> tuple[str, ...]:
        """What the person may do here, in RFC 3744's words; acts answer accordingly."""
        granted = ["read", "read-current-user-privilege-set"]
        if self.level >= Level.WRITE:
            granted += ["write-properties", "write-content"]
        if self.may_file:
            granted.append("bind")
        if self.level >= Level.DELETE:
            granted.append("unbind")
        if self.level >= Level.DELETE and self.may_file:
            granted.insert(0, "write")
        return tuple(granted)

    def at(self, name: str) -> str:
        """The address of the task of this name."""
        return self.path + quote(name, safe="@:+,;=~!$&'()*")


@dataclass(frozen=True)
class Place:
    """An address, and what it leads to."""

    kind: Kind
    path: str
    collection: Collection | None = None
    name: str = ""


def principal_of(user: User) -> str:
    return f"{PRINCIPALS}{user.id}/"


def home_of(user: User) -> str:
    return f"{HOMES}{user.id}/"


def place_at(session: Session, user: User, path: str) -> Place:
    """What the person has at this address; raises NotFound where that is nothing."""
    segments = [each for each in path.removeprefix("/dav").strip("/").split("/") if each]
    if not segments:
        return Place(Kind.ROOT, ROOT)
    head, rest = segments[0], segments[1:]
    if head not in ("principals", "calendars") or (rest and rest[0] != str(user.id)):
        raise NotFound
    if head == "principals" and len(rest) < 2:
        found = Kind.PRINCIPAL if rest else Kind.PRINCIPALS
        return Place(found, principal_of(user) if rest else PRINCIPALS)
    if head == "calendars" and len(rest) < 2:
        return Place(Kind.HOME if rest else Kind.HOMES, home_of(user) if rest else HOMES)
    if head == "calendars" and len(rest) in (2, 3):
        collection = _collection(session, user, rest[1])
        if len(rest) == 2:
            return Place(Kind.LIST, collection.path, collection)
        return Place(Kind.TASK, collection.at(rest[2]), collection, rest[2])
    raise NotFound


def collections_of(session: Session, user: User) -> Iterator[Collection]:
    """Everything in a person's home, in the managers' order."""
    levels = agent_levels(session, user)
    looks = {
        each.task_list_id: each
        for each in session.scalars(select(Looks).where(Looks.user_id == user.id))
    }
    lists = lists_worked_by(user).where(TaskList.archived.is_(False))
    for task_list in session.scalars(lists.order_by(TaskList.position, TaskList.name)):
        level = levels.get(task_list.id, Level.NONE)
        yield _listed(session, user, task_list, level, looks.get(task_list.id))
    if access_of(session, user).customer:
        yield _requests(user)


def _collection(session: Session, user: User, segment: str) -> Collection:
    if segment == REQUESTS:
        if access_of(session, user).customer:
            return _requests(user)
        raise NotFound
    asked = {
        "segment": segment, "number": _number(segment), "groups": access_of(session, user).groups
    }  # fmt: skip
    found = session.execute(_there(user), asked).one_or_none()
    if found is None:
        raise NotFound
    task_list, looks, agents, customers = found
    learn_level(session, user, task_list.agent_acl_id, agents)
    learn_level(session, user, task_list.customer_acl_id, customers)
    return _listed(session, user, task_list, agent_level(session, user, task_list), looks)


@once_a_person
def _there(user: User) -> Select[TaskList, Looks, int | None, int | None]:
    """The list at a segment of somebody's home, how it looks to them, and what they may do in it."""
    # Clients ask this with each request: it is built once, and the levels come along.
    mine = and_(Looks.task_list_id == TaskList.id, Looks.user_id == user.id)
    groups: BindParameter[int] = bindparam("groups", expanding=True)
    unnamed = func.coalesce(Looks.segment, "") == ""
    return (
        lists_worked_by(user)
        .add_columns(
            Looks,
            level_column(groups, TaskList.agent_acl_id),
            level_column(groups, TaskList.customer_acl_id),
        )
        .outerjoin(Looks, mine)
        .where(TaskList.archived.is_(False))
        # One list has one address: where it was given a segment, its number is none.
        .where(
            or_(
                Looks.segment == bindparam("segment"),
                and_(unnamed, TaskList.id == bindparam("number")),
            )
        )
        .order_by(unnamed)
        .limit(1)
    )


def _number(segment: str) -> int:
    """The number that a segment says; 0, which no list has, where it says none."""
    is_number = segment.isascii() and segment.isdigit() and len(segment) < 10
    return int(segment) if is_number else 0


def _listed(
    session: Session, user: User, task_list: TaskList, level: Level, looks: Looks | None
) -> Collection:
    segment = (looks and looks.segment) or str(task_list.id)
    return Collection(
        path=f"{home_of(user)}{quote(segment, safe='')}/",
        face=Face.AGENT,
        task_list=task_list,
        looks=looks,
        level=level,
        may_file=level >= Level.CREATE or may_submit(session, user, task_list),
    )


def _requests(user: User) -> Collection:
    path = f"{home_of(user)}{REQUESTS}/"
    return Collection(path, Face.CUSTOMER, None, None, Level.NONE, may_file=False)
