"""People as tickets need them: who may ask, who may work, found by name or address."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true

from groupware.models import AclEntry, Address, Grant, Level, Membership, Permission, User
from groupware.people import folded
from modules.tasks.models import Role, State, Task, TaskList
from modules.tasks.queries import of_lists


def who_may_ask(lists: Collection[TaskList]) -> Select[User]:
    """People who may file requests in at least one of these lists."""
    open_lists = [each.customer_acl_id for each in lists if is_open(each)]
    return who_may_take_part().where(User.id.in_(_named(open_lists, Level.CREATE)))


def is_open(task_list: TaskList) -> bool:
    """True for a ticket type that takes new requests."""
    return task_list.role == Role.SUPPORT and not task_list.archived


def who_may_take_part() -> Select[User]:
    """People who can use support requests at all."""
    return _people().where(User.id.in_(_holders(Permission.CREATE_TICKETS)))


def who_may_be_added(task_list: TaskList) -> Select[User]:
    """People whom an agent of the list is shown while they type whom to add to a ticket of it.

    They are named in its access lists. Others can take part too, for who knows their address.
    """
    asks = User.id.in_(_named([task_list.customer_acl_id], Level.CREATE))
    works = User.id.in_(_named([task_list.agent_acl_id], Level.READ))
    return who_may_take_part().where(or_(asks, works))


def who_may_work(task_list: TaskList, level: Level = Level.WRITE) -> Select[User]:
    """People with this level as agents of the list; with WRITE they can be a ticket's assignee."""
    agents = User.id.in_(_holders(Permission.MANAGE_TICKETS))
    named = User.id.in_(_named([task_list.agent_acl_id], level))
    return _people().where(or_(User.id.in_(_holders(Permission.MANAGE_SUPPORT)), agents & named))


def who_may_work_somewhere() -> Select[User]:
    """Agents and managers, whichever their lists."""
    managers, agents = (
        User.id.in_(_holders(permission))
        for permission in (Permission.MANAGE_SUPPORT, Permission.MANAGE_TICKETS)
    )
    return _people().where(or_(managers, agents))


def matching(text: str) -> ColumnElement[bool]:
    """The name holds these words, or an address begins with them."""
    text = text[:200]
    begun = folded(text) if "@" in text else text.casefold()
    address = select(Address.user_id).where(Address.folded.startswith(begun, autoescape=True))
    words = and_(true(), *(User.name.icontains(word, autoescape=True) for word in text.split()))
    return or_(User.id.in_(address), words) if text.strip() else false()


def _people() -> Select[User]:
    return select(User).where(User.active).order_by(User.name, User.id)


def assignees_in(
    list_ids: Collection[int],
    states: Collection[State],
    *conditions: ColumnElement[bool],
    also: int = 0,
) -> Select[User]:
    """Whoever has such a ticket in these lists, on which the reader works; and `also`; unsorted."""
    # From one assignee to the next along their index: there are few beside the tickets.
    least = select(func.min(Task.assignee_id)).scalar_subquery()
    people = select(least.label("id")).cte("assignees", recursive=True)
    following = select(func.min(Task.assignee_id)).where(Task.assignee_id > people.c.id)
    people = people.union_all(select(following.scalar_subquery()).where(people.c.id.is_not(None)))
    # The newest of each state is asked for, since the index begins there: planners that may take
    # any ticket would rather walk them all.
    newest = (Task.last_modified.desc(), Task.id.desc())
    theirs = [
        of_lists(list_ids, (state,), Task.id)
        .where(Task.assignee_id == people.c.id, *conditions)
        .order_by(*newest)
        .limit(1)
        .scalar_subquery()
        for state in states
    ]
    joined = select(User).join(people, people.c.id == User.id)
    return joined.where(or_(*(each.is_not(None) for each in theirs), User.id == also))


def _holders(permission: Permission) -> Select[int]:
    return (
        select(Membership.user_id)
        .join(Grant, Grant.group_id == Membership.group_id)
        .where(Grant.permission == permission)
    )


def _named(acl_ids: Collection[int], level: Level) -> Select[int]:
    return (
        select(Membership.user_id)
        .join(AclEntry, AclEntry.group_id == Membership.group_id)
        .where(AclEntry.acl_id.in_(acl_ids), AclEntry.level >= level)
    )
