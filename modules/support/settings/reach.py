"""How many people each task list reaches, and where that is nobody."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from groupware.models import AclEntry, Grant, Level, Membership, Permission, User
from modules.tasks.models import TaskList

MOST_COUNTED = 1000


@dataclass(frozen=True)
class Reach:
    """People who may ask in a list, and who may answer there by its access list."""

    customers: int
    agents: int

    def said(self, number: int) -> str:
        return f"{MOST_COUNTED:,} or more" if number >= MOST_COUNTED else f"{number:,}"


def reach_of(session: Session, task_lists: Sequence[TaskList]) -> dict[int, Reach]:
    """The reach of each of these lists, in one statement; counting ends at a thousand."""
    rows = session.execute(
        select(
            TaskList.id,
            _people(TaskList.customer_acl_id, Level.CREATE, Permission.CREATE_TICKETS),
            _people(TaskList.agent_acl_id, Level.WRITE, Permission.MANAGE_TICKETS),
        ).where(TaskList.id.in_([task_list.id for task_list in task_lists]))
    )
    return {list_id: Reach(customers, agents) for list_id, customers, agents in rows}


def _people(
    acl_id: InstrumentedAttribute[int], level: Level, permission: Permission
) -> ScalarSelect[int]:
    holders = (
        select(Membership.user_id)
        .join(Grant, Grant.group_id == Membership.group_id)
        .where(Grant.permission == permission)
    )
    named = (
        select(Membership.user_id)
        .join(AclEntry, AclEntry.group_id == Membership.group_id)
        .join(User, User.id == Membership.user_id)
        .where(
            AclEntry.acl_id == acl_id,
            AclEntry.level >= level,
            User.active,
            Membership.user_id.in_(holders),
        )
        .distinct()
        .limit(MOST_COUNTED)
        .correlate(TaskList)
        .subquery()
    )
    return select(func.count()).select_from(named).correlate(TaskList).scalar_subquery()
