"""A person's level on a task list: **A** of the decision table, and the customers' side of it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.access import access_of, level_in, levels_in
from groupware.errors import Forbidden
from groupware.models import Level, User
from modules.tasks.models import Participant, Role, Task, TaskList


def agent_level(session: Session, user: User | None, task_list: TaskList) -> Level:
    """A: 0 without `manage_tickets`, 50 for a manager, else what the agents' access list gives."""
    access = access_of(session, user)
    if access.manager:
        return Level.MANAGE
    return level_in(session, user, task_list.agent_acl_id) if access.agent else Level.NONE


def agent_levels(session: Session, user: User | None) -> dict[int, Level]:
    """A on each task list where it is above 0, by the list's id: two statements at most."""
    access = access_of(session, user)
    if not access.agent:
        return {}
    acls = {
        acl: task_list
        for task_list, acl in session.execute(select(TaskList.id, TaskList.agent_acl_id))
    }
    if access.manager:
        return dict.fromkeys(acls.values(), Level.MANAGE)
    return {
        acls[acl]: level for acl, level in levels_in(session, access.groups, list(acls)).items()
    }


def require(session: Session, actor: User | None, level: Level, task_list: TaskList) -> None:
    """Refuse whoever has less than this level as an agent of the list."""
    if agent_level(session, actor, task_list) < level:
        raise Forbidden


def may_submit(session: Session, user: User | None, task_list: TaskList) -> bool:
    """True where the person may file requests in this list."""
    access = access_of(session, user)
    return (
        access.customer
        and task_list.role == Role.SUPPORT
        and not task_list.archived
        and level_in(session, user, task_list.customer_acl_id) >= Level.CREATE
    )


def owns(session: Session, user: User | None, task: Task) -> bool:
    """True where it is the person's own: they may create tickets, and are its customer or take part."""
    if user is None or not access_of(session, user).customer:
        return False
    return session.get(Participant, (user.id, task.id)) is not None


def organisation_reading(task_list: TaskList, customer: User | None) -> str:
    """The organisation whose people read what this customer asks in this list; or none, empty."""
    return customer.organisation if customer and task_list.colleagues_see else ""
