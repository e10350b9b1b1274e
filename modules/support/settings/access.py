"""Who may use a task list: its two access lists, by the control that everything shared has."""

from functools import partial

from flask import Blueprint, url_for

from groupware.errors import NotFound
from groupware.models import Level
from groupware.web import sharing
from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, actor, now, session
from groupware.web.settings.saving import locked
from groupware.web.sharing import Control, Place
from modules.tasks import lists
from modules.tasks.access import agent_level, require
from modules.tasks.explain import AGENT_ACTS, LEVEL_WORDS
from modules.tasks.lists import Side
from modules.tasks.models import TaskList
from modules.tasks.queries import lists_worked_by

blueprint = Blueprint(
    "support_access", __name__, url_prefix="/settings/support/lists/<int:list_id>/access"
)

MAY_ASK = ((Level.CREATE, "Ask", "may ask"),)
MAY_WORK = tuple((level, LEVEL_WORDS[level], act) for level, act in AGENT_ACTS.items())


def managed(list_id: int) -> TaskList:
    """A list that the person at the page may set up; one they merely see is refused (403)."""
    task_list = locked(lists_worked_by(actor()).where(TaskList.id == list_id))
    require(session(), actor(), Level.MANAGE, task_list)
    return task_list


def control(task_list: TaskList, side: Side) -> Control:
    """The control of one of the list's access lists."""
    action = url_for("support_access.save_access", list_id=task_list.id, side=side.value)
    return sharing.control(_place(task_list, side), action)


def _sent_place(list_id: int, side: str) -> Place:
    task_list = managed(list_id)
    try:
        return _place(task_list, Side(side))
    except ValueError:
        raise NotFound from None


def _place(task_list: TaskList, side: Side) -> Place:
    agents = side is Side.AGENTS
    return Place(
        task_list.name,
        f"{'Who works on' if agents else 'Who may ask in'} {task_list.name}",
        side.acl_id(task_list),
        partial(lists.set_access, session(), actor(), task_list, side, now=now()),
        back=url_for("support_lists.show", list_id=task_list.id, _anchor=side.value),
        levels=MAY_WORK if agents else MAY_ASK,
        usual=Level.WRITE if agents else Level.CREATE,
        given_up=lambda: agent_level(session(), actor(), task_list) < Level.MANAGE,
    )


sharing.routes(blueprint, "/<side>", _sent_place, MANAGE_SUPPORT, MANAGE_TICKETS)
