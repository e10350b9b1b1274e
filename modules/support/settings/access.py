"""Who may use a task list: its two access lists, line by line."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from groupware import acls
from groupware.errors import Invalid, NotFound
from groupware.models import Group, Level
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    page,
    see_other,
    session,
    told,
)
from groupware.web.settings.finding import MOST_FOUND, number, sought, to_pick
from groupware.web.settings.saving import Difference, conflict, stale
from modules.support.settings.lists import levels_of, managed
from modules.tasks import lists
from modules.tasks.access import agent_level
from modules.tasks.explain import AGENT_ACTS, LEVEL_WORDS
from modules.tasks.lists import Side
from modules.tasks.models import TaskList

blueprint = Blueprint(
    "support_access", __name__, url_prefix="/settings/support/lists/<int:list_id>/access"
)


@blueprint.post("/<side>")
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS)
def save(list_id: int, side: str) -> ResponseReturnValue:
    task_list, face = managed(list_id), side_named(side)
    lines = acls.lines(session(), face.acl_id(task_list))
    values = levels_of(lines)
    chosen = {line.group_id: sent_level(f"level-{line.group_id}", line.level) for line in lines}
    gone = request.form.get("remove", "")
    chosen.update({group: Level.NONE for group in chosen if str(group) == gone})
    if stale(request.form.get("base"), values):
        return conflict(
            [
                Difference(line.name, LEVEL_WORDS[line.level], LEVEL_WORDS[chosen[line.group_id]])
                for line in lines
                if chosen[line.group_id] != line.level
            ],
            values,
            keep=url_for("support_lists.show", list_id=list_id, _anchor=side),
        )
    lists.set_access(session(), actor(), task_list, face, chosen, now=now())
    removed = next((line.name for line in lines if str(line.group_id) == gone), None)
    told(f"{removed} is off the list." if removed else "The access is saved.")
    return back_to(task_list, side)


@blueprint.get("/<side>/add")
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS)
def pick(list_id: int, side: str) -> ResponseReturnValue:
    task_list, face = managed(list_id), side_named(side)
    found = to_pick(sought())
    there = acls.levels_of(
        session(), face.acl_id(task_list), [row.id for row in found[:MOST_FOUND]]
    )
    return page(
        "settings/access_add.html",
        task_list=task_list,
        side=face.value,
        q=sought(),
        found=found[:MOST_FOUND],
        more=len(found) > MOST_FOUND,
        there={group: LEVEL_WORDS[level] for group, level in there.items()},
        levels=[(level, LEVEL_WORDS[level], act) for level, act in AGENT_ACTS.items()],
    )


@blueprint.post("/<side>/add")
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS)
def add(list_id: int, side: str) -> ResponseReturnValue:
    task_list, face = managed(list_id), side_named(side)
    group = sent_group()
    level = sent_level("level", Level.WRITE) if face is Side.AGENTS else Level.CREATE
    if level == Level.NONE:
        raise Invalid("Please choose a level.")
    lists.set_access(session(), actor(), task_list, face, {group.id: level}, now=now())
    words = "may ask" if face is Side.CUSTOMERS else f"has the level {LEVEL_WORDS[level]}"
    told(f"{group.name} {words} in {task_list.name}.")
    return back_to(task_list, side)


def sent_group() -> Group:
    """The group whose id was sent."""
    return one(select(Group).where(Group.id == number(request.form.get("group"))))


def side_named(side: str) -> Side:
    try:
        return Side(side)
    except ValueError:
        raise NotFound from None


def sent_level(name: str, usual: Level) -> Level:
    """The level that was sent under this name."""
    sent = request.form.get(name)
    if sent is None:
        return usual
    try:
        return Level(int(sent))
    except ValueError:
        raise Invalid("There is no such level.") from None


def back_to(task_list: TaskList, side: str) -> ResponseReturnValue:
    """The list's page, unless one has just given it up."""
    if agent_level(session(), actor(), task_list) < Level.MANAGE:
        return redirect("/", 303)
    return see_other("support_lists.show", list_id=task_list.id, _anchor=side)
