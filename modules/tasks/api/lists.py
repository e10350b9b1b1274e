"""Task lists, that is ticket types: where one may ask, and where one works."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Annotated

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import selectinload

from groupware.api import (
    ANYBODY,
    UNSET,
    Id,
    Made,
    Noun,
    Page,
    Paging,
    Ref,
    Says,
    Unset,
    page_of,
)
from groupware.errors import Forbidden, Invalid, NotFound
from groupware.models import Level
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    session,
)
from modules.tasks import lists
from modules.tasks.access import agent_level
from modules.tasks.api import access_lists
from modules.tasks.api.access_lists import Access, AccessChange
from modules.tasks.lists import Rules, Side
from modules.tasks.models import Grouping
from modules.tasks.models import TaskList as Row
from modules.tasks.queries import lists_open_to, lists_worked_by

nouns = Noun("task-lists", "Task lists are ticket types: each with its customers and its agents.")

Name = Annotated[str, Says("A name that no other has.", least=1, most=200, example="Printers")]
Hue = Annotated[int, Says("One of 12 colours.", least=1, most=12)]
Description = Annotated[str, Says("What it is for.", most=lists.LONGEST_DESCRIPTION)]
Days = Annotated[int, Says("0 is never, or always.", least=0, most=lists.MOST_DAYS)]
Hours = Annotated[int, Says("0 promises nothing.", least=0, most=lists.MOST_HOURS)]
Place = Annotated[int, Says("Counted from 1, under the same heading.", least=1, most=1000)]


@dataclass(frozen=True)
class TaskList:
    """A task list; its rules are shown to whoever works on it."""

    id: int
    name: str
    description: str
    hue: int
    grouping: Ref | None
    archived: bool
    is_default: bool
    permissions: Annotated[
        list[str],
        Says("`submit` as a customer; `read`, `create`, `write`, `delete`, `manage` as an agent."),
    ]
    location_required: bool
    reply_assigns: bool | None
    response_reopens: bool | None
    close_after_days: int | None
    reopen_within_days: int | None
    colleagues_see: bool | None
    replies_in_calendar: bool | None
    answer_hours: int
    position: Annotated[int | None, Says("Its place among the lists under the same heading.")]


@dataclass(frozen=True)
class NewTaskList:
    """What a task list is made of; nobody may use it until its access lists say so."""

    name: Name
    description: Description = ""
    hue: Hue = 1
    grouping: Id | None = None


@dataclass(frozen=True)
class TaskListChange:
    """What becomes of a task list; a field that is not sent stays as it is."""

    name: Name | Unset = UNSET
    description: Description | Unset = UNSET
    hue: Hue | Unset = UNSET
    grouping: Id | Unset | None = UNSET
    archived: Annotated[bool | Unset, Says("An archived one takes no requests.")] = UNSET
    is_default: Annotated[bool | Unset, Says("True offers this list first.")] = UNSET
    location_required: bool | Unset = UNSET
    reply_assigns: bool | Unset = UNSET
    response_reopens: bool | Unset = UNSET
    close_after_days: Days | Unset = UNSET
    reopen_within_days: Days | Unset = UNSET
    colleagues_see: bool | Unset = UNSET
    replies_in_calendar: bool | Unset = UNSET
    answer_hours: Hours | Unset = UNSET
    position: Place | Unset = UNSET


@nouns.get("/task-lists")
@open_to(*ANYBODY)
def listed(query: Paging) -> Page[TaskList]:
    """The task lists that one may ask in or works on, by name."""
    return page_of(session(), _all(), query, Row.name, Row.id, show=_shown)


@nouns.post("/task-lists")
@open_to(MANAGE_SUPPORT)
def create(body: NewTaskList) -> Made[TaskList]:
    """Make a task list."""
    made = lists.create(
        session(),
        actor(),
        name=body.name,
        description=body.description,
        hue=body.hue,
        grouping=_grouping(body.grouping),
        now=now(),
    )
    return Made(_shown([made])[0], f"/api/v1/task-lists/{made.id}")


@nouns.get("/task-lists/<int:list_id>")
@open_to(*ANYBODY)
def show(list_id: int) -> TaskList:
    """A task list."""
    return _shown([list_of(list_id)])[0]


@nouns.patch("/task-lists/<int:list_id>")
@open_to(*ANYBODY)
def edit(list_id: int, body: TaskListChange) -> TaskList:
    """Change what a list is called and how its tickets live; for who manages it."""
    row = list_of(list_id)
    sent = {
        each.name: value
        for each in fields(body)
        if not isinstance(value := getattr(body, each.name), Unset)
    }
    if agent_level(session(), actor(), row) < Level.MANAGE:
        raise Forbidden
    if sent.keys() & {"name", "description", "hue", "grouping"}:
        grouping = _grouping(sent["grouping"]) if "grouping" in sent else row.grouping
        lists.describe(
            session(),
            actor(),
            row,
            name=sent.get("name", row.name),
            description=sent.get("description", row.description),
            hue=sent.get("hue", row.hue),
            grouping=grouping,
            now=now(),
        )
    if rules := {name: sent[name] for name in Rules.__dataclass_fields__ if name in sent}:
        before = {name: getattr(row, name) for name in Rules.__dataclass_fields__}
        lists.set_rules(session(), actor(), row, Rules(**(before | rules)), now=now())
    if "archived" in sent:
        act = lists.archive if sent["archived"] else lists.restore
        act(session(), actor(), row, now=now())
    if "is_default" in sent and sent["is_default"] != row.is_default:
        if not sent["is_default"]:
            raise Invalid(is_default="Make another list the default one instead.")
        lists.make_default(session(), actor(), row, now=now())
    if "position" in sent:
        session().flush()
        by = sent["position"] - 1 - lists.beside(session(), row).index(row)
        lists.shift(session(), actor(), row, by=by, now=now())
    return _shown([row])[0]


@nouns.get("/task-lists/<int:list_id>/access/<side>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def access(list_id: int, side: str) -> Access:
    """Who may ask (`customers`: `create`), or who answers (`agents`); for who manages the list."""
    return access_lists.shown(_side(side).acl_id(managed(list_id)))


@nouns.patch("/task-lists/<int:list_id>/access/<side>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def set_access(list_id: int, side: str, body: AccessChange) -> Access:
    """Say who may ask, or who answers."""
    row, face = managed(list_id), _side(side)
    wanted = access_lists.levels(face.acl_id(row), body.lines)
    lists.set_access(session(), actor(), row, face, wanted, now=now())
    return access_lists.shown(face.acl_id(row))


def _all() -> Select[Row]:
    faces = (lists_open_to(actor()), lists_worked_by(actor()))
    ids = [face.with_only_columns(Row.id).order_by(None) for face in faces]
    query = select(Row).where(or_(*(Row.id.in_(each) for each in ids)))
    return query.options(selectinload(Row.grouping))


def list_of(list_id: int) -> Row:
    """A list that the reader may ask in or works on."""
    return one(_all().where(Row.id == list_id))


def managed(list_id: int) -> Row:
    """A list that the reader manages."""
    row = list_of(list_id)
    if agent_level(session(), actor(), row) < Level.MANAGE:
        raise Forbidden
    return row


def _side(name: str) -> Side:
    try:
        return Side(name)
    except ValueError:
        raise NotFound from None


def _grouping(grouping_id: int | None) -> Grouping | None:
    if grouping_id is None:
        return None
    found = session().get(Grouping, grouping_id)
    if found is None:
        raise Invalid(grouping="There is no such heading.")
    return found


def _shown(rows: Sequence[Row]) -> list[TaskList]:
    open_to_me = set(session().scalars(lists_open_to(actor()).with_only_columns(Row.id)))
    return [_one(each, submit=each.id in open_to_me) for each in rows]


def _one(row: Row, *, submit: bool) -> TaskList:
    level = agent_level(session(), actor(), row)
    works = level >= Level.READ
    names = [each.name.lower() for each in Level if Level.NONE < each <= level]
    return TaskList(
        id=row.id,
        name=row.name,
        description=row.description,
        hue=row.hue,
        grouping=Ref(row.grouping.id, row.grouping.name) if row.grouping and works else None,
        archived=row.archived,
        is_default=row.is_default,
        permissions=["submit"] * submit + names,
        location_required=row.location_required,
        reply_assigns=row.reply_assigns if works else None,
        response_reopens=row.response_reopens if works else None,
        close_after_days=row.close_after_days if works else None,
        reopen_within_days=row.reopen_within_days if works else None,
        colleagues_see=row.colleagues_see if works else None,
        replies_in_calendar=row.replies_in_calendar if works else None,
        answer_hours=row.answer_hours,
        position=row.position if works else None,
    )
