"""The people and places of tickets in bulk, and who of all may ask and work where."""

from collections import defaultdict
from datetime import datetime
from random import Random

from sqlalchemy import Select, func, insert, select, text
from sqlalchemy.orm import Session

from groupware import people
from groupware.models import (
    Acl,
    AclEntry,
    Address,
    Grant,
    Group,
    GroupKind,
    Level,
    Location,
    Membership,
    Permission,
    User,
)
from modules.support.demo.organisation import DOMAIN, content
from modules.support.demo.plots import Cast, CustomerCast, ListCast, Wording
from modules.tasks.models import Category, TaskList

FEWEST, MOST = 200, 5000
AGENTS = 10
TEAMS = ("IT team", "Product support", "Billing team", "Facilities team")


def enlarge(session: Session, random: Random, tickets: int, *, now: datetime) -> None:
    """Add branches, agents and customers, as many as such a number of tickets comes from."""
    words = Wording(random)
    groups = {group.name: group.id for group in session.scalars(_groups())}
    branches = words.names["branches"]
    for name in branches:
        if f"{name} staff" not in groups:
            group = Group(name=f"{name} staff")
            session.add(Location(name=name, acl=Acl(entries=[AclEntry(group=group, level=10)])))
            session.flush()
            groups[group.name] = group.id
    there = session.scalar(select(func.count()).where(Address.folded.like(f"c%@staff.{DOMAIN}")))
    wanted = max(FEWEST, min(MOST, tickets // 50)) - (there or 0)
    customers = [
        ("c", [random.choice(("RBT", "RBT", "BCBA")), f"{random.choice(branches)} staff"])
        for _ in range(max(0, wanted))
    ]
    agents = [("a", ["MANAGER", TEAMS[n % len(TEAMS)]]) for n in range(0 if there else AGENTS)]
    _add(session, [(words.person(), *each) for each in customers + agents], groups, now=now)


def cast(session: Session) -> Cast:
    """Who may ask in which list and for which place, and who works where, by the access lists."""
    entries: dict[int, dict[int, int]] = defaultdict(dict)
    for acl, given_to, level in session.execute(
        select(AclEntry.acl_id, AclEntry.group_id, AclEntry.level)
    ):
        entries[acl][given_to] = level

    def reaches(groups: frozenset[int], acl: int, level: Level) -> bool:
        return any(entries[acl].get(group, 0) >= level for group in groups)

    agents = _groups_with(session, Permission.MANAGE_TICKETS)
    customers = _groups_with(session, Permission.CREATE_TICKETS)
    keys = {each["name"]: each["key"] for each in content("organisation.toml")["lists"]}
    categories = session.scalars(
        select(Category).where(Category.archived.is_(False)).order_by(Category.id)
    ).all()
    lists = {
        task_list.id: ListCast(
            task_list.id,
            keys.get(task_list.name, "it"),
            sorted(
                user
                for user, groups in agents.items()
                if reaches(groups, task_list.agent_acl_id, Level.WRITE)
            ),
            [
                (category.id, category.name)
                for category in categories
                if not category.task_lists or task_list in category.task_lists
            ],
        )
        for task_list in session.scalars(select(TaskList).order_by(TaskList.id))
        if not task_list.archived
    }
    acls = dict(session.execute(select(TaskList.id, TaskList.customer_acl_id)).all())
    places = session.execute(select(Location.id, Location.acl_id).order_by(Location.id)).all()
    found = (
        CustomerCast(
            user,
            [
                one
                for one in lists
                if lists[one].agents and reaches(groups, acls[one], Level.CREATE)
            ],
            [place for place, acl in places if reaches(groups, acl, Level.READ)],
        )
        for user, groups in customers.items()
        if user not in agents
    )
    return Cast(lists, [customer for customer in found if customer.lists and customer.locations])


def _groups_with(session: Session, permission: Permission) -> dict[int, frozenset[int]]:
    """The groups of everybody who has this module permission, by person."""
    holders = (
        select(Membership.user_id)
        .join(Grant, Grant.group_id == Membership.group_id)
        .join(User, User.id == Membership.user_id)
        .where(Grant.permission == permission, User.active)
    )
    groups: dict[int, set[int]] = defaultdict(set)
    for user, group in session.execute(
        select(Membership.user_id, Membership.group_id)
        .where(Membership.user_id.in_(holders))
        .order_by(Membership.user_id)
    ):
        groups[user].add(group)
    return {user: frozenset(found) for user, found in groups.items()}


def _add(
    session: Session,
    wanted: list[tuple[str, str, list[str]]],
    groups: dict[str, int],
    *,
    now: datetime,
) -> None:
    """People in bulk: as `people.add_user` makes one, without a password."""
    everyone = people.everyone(session).id
    first_user = (session.scalar(select(func.max(User.id))) or 0) + 1
    first_group = (session.scalar(select(func.max(Group.id))) or 0) + 1
    rows = [
        (first_user + n, first_group + n, name, f"{kind}{first_user + n}@staff.{DOMAIN}", member_of)
        for n, (name, kind, member_of) in enumerate(wanted)
    ]
    if not rows:
        return
    session.execute(
        insert(User),
        [{"id": user, "name": name, "created_at": now} for user, _, name, _, _ in rows],
    )
    session.execute(
        insert(Address),
        [{"user_id": user, "address": mail, "folded": mail} for user, _, _, mail, _ in rows],
    )
    session.execute(
        insert(Group),
        [
            {"id": own, "name": name, "kind": GroupKind.PERSONAL, "user_id": user}
            for user, own, name, _, _ in rows
        ],
    )
    session.execute(
        insert(Membership),
        [
            {"user_id": user, "group_id": group}
            for user, own, _, _, names in rows
            for group in (own, everyone, *(groups[name] for name in names))
        ],
    )
    count_on(session, "users", "groups")


def count_on(session: Session, *tables: str) -> None:
    """Let the database's own numbers begin after those that were given."""
    if session.get_bind().dialect.name == "postgresql":
        for table in tables:
            session.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"  # noqa: S608
                    f" (SELECT max(id) FROM {table}))"
                )
            )


def _groups() -> Select[Group]:
    return select(Group).where(Group.kind == GroupKind.GROUP)
