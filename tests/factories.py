"""The smallest valid things, made through the product's own use cases."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from groupware import people
from groupware.models import (
    Acl,
    AclEntry,
    Grant,
    Group,
    Level,
    Location,
    Membership,
    Permission,
    User,
)
from groupware.passwords import hashed
from modules.tasks import conversation, tickets
from modules.tasks.models import Category, Comment, Task, TaskList, Urgency

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


hashed_once = cache(hashed)
"""A test needs a hash that fits, not a new one each time: they are slow by design."""


class Make:
    """`make.ticket(due=...)`: what is not named is made, or the usual."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.numbers = count(1)
        self.now = NOON

    def later(self, **difference: float) -> datetime:
        """Move this maker's clock on; a minute, unless told."""
        self.now += timedelta(**(difference or {"minutes": 1}))
        return self.now

    def group(self, *permissions: Permission, name: str = "", members: Any = ()) -> Group:
        group = Group(name=name or f"Group {next(self.numbers)}")
        self.session.add(group)
        self.session.flush()
        for permission in permissions:
            self.session.add(Grant(group_id=group.id, permission=permission))
        for member in members:
            self.session.add(Membership(group_id=group.id, user_id=member.id))
        self.session.flush()
        return group

    def user(self, *permissions: Permission, name: str = "", **values: Any) -> User:
        number = next(self.numbers)
        user = people.add_user(
            self.session,
            name=name or f"Person {number}",
            address=values.pop("address", f"person{number}@maple.example"),
            now=self.now,
        )
        if password := values.pop("password", None):
            user.password_hash = hashed_once(password)
        for key, value in values.items():
            setattr(user, key, value)
        own = people.personal_group(self.session, user)
        for permission in permissions:
            self.session.add(Grant(group_id=own.id, permission=permission))
        self.session.flush()
        return user

    def customer(self, **values: Any) -> User:
        return self.user(Permission.CREATE_TICKETS, **values)

    def agent(self, **values: Any) -> User:
        return self.user(Permission.CREATE_TICKETS, Permission.MANAGE_TICKETS, **values)

    def manager(self, **values: Any) -> User:
        return self.user(Permission.MANAGE_SUPPORT, **values)

    def administrator(self, **values: Any) -> User:
        return self.user(*Permission, **values)

    def acl(self, entries: dict[User | Group, Level] | None = None) -> Acl:
        acl = Acl()
        self.session.add(acl)
        self.session.flush()
        for who, level in (entries or {}).items():
            self.allow(acl, who, level)
        return acl

    def allow(self, acl: Acl, who: User | Group, level: Level) -> None:
        """Grant a level in an access list, over whatever was there."""
        group = people.personal_group(self.session, who) if isinstance(who, User) else who
        self.session.merge(AclEntry(acl_id=acl.id, group_id=group.id, level=level))
        self.session.flush()
        self.session.expire(acl)

    def location(self, *readers: User | Group, name: str = "") -> Location:
        location = Location(
            name=name or f"Location {next(self.numbers)}",
            acl=self.acl(dict.fromkeys(readers, Level.READ)),
        )
        self.session.add(location)
        self.session.flush()
        return location

    def task_list(
        self,
        customers: Any = (),
        agents: dict[User | Group, Level] | Any = (),
        name: str = "",
        **values: Any,
    ) -> TaskList:
        if not isinstance(agents, dict):
            agents = dict.fromkeys(agents, Level.WRITE)
        task_list = TaskList(
            name=name or f"List {next(self.numbers)}",
            customer_acl=self.acl(dict.fromkeys(customers, Level.CREATE)),
            agent_acl=self.acl(agents),
            **values,
        )
        self.session.add(task_list)
        self.session.flush()
        return task_list

    def category(self, name: str = "", task_lists: Any = ()) -> Category:
        category = Category(name=name or f"category{next(self.numbers)}")
        category.task_lists = list(task_lists)
        self.session.add(category)
        self.session.flush()
        return category

    def ticket(
        self,
        customer: User | None = None,
        task_list: TaskList | None = None,
        subject: str = "",
        details: str = "It does not work.",
        urgency: Urgency = Urgency.NORMAL,
        location: Location | None = None,
        files: Any = (),
        **values: Any,
    ) -> Task:
        customer = customer or self.customer()
        task_list = task_list or self.task_list(customers=[customer])
        location = location or self.location(customer)
        ticket = tickets.file(
            self.session,
            customer,
            task_list,
            tickets.Request(
                subject or f"Subject {next(self.numbers)}", details, urgency, location, files
            ),
            now=self.now,
        )
        for key, value in values.items():
            setattr(ticket, key, value)
        self.session.flush()
        return ticket

    def reply(self, ticket: Task, by: User, body: str = "Have you tried it again?") -> Comment:
        return conversation.reply(self.session, by, ticket, body, now=self.later())

    def response(self, ticket: Task, body: str = "I have.", by: User | None = None) -> Comment:
        person = by or ticket.customer
        assert person is not None
        return conversation.respond(self.session, person, ticket, body, now=self.later())

    def note(self, ticket: Task, by: User, body: str = "It is the cable.") -> Comment:
        return conversation.note(self.session, by, ticket, body, now=self.later())


class Desk:
    """A small, complete desk: a list, its customer, agent, reader and manager, and strangers."""

    def __init__(self, make: Make) -> None:
        self.make = make
        self.session = make.session
        self.customer = make.customer(name="Samuel Adeyemi", password=PASSWORD)
        self.stranger = make.customer(name="Greta Nilsen", password=PASSWORD)
        self.agent = make.agent(name="Mara Lindqvist", password=PASSWORD)
        self.colleague = make.agent(name="Tomás Ferreira", password=PASSWORD)
        self.reader = make.agent(name="Inés Duarte", password=PASSWORD)
        self.outsider = make.agent(name="Jonas Okafor", password=PASSWORD)
        self.manager = make.manager(name="Lena Brandt", password=PASSWORD)
        self.administrator = make.administrator(name="Ada Moreau", password=PASSWORD)
        self.location = make.location(self.customer, self.stranger, name="Maple Street")
        self.list = make.task_list(
            name="Clinic software",
            customers=[self.customer, self.stranger],
            agents={
                self.agent: Level.WRITE,
                self.colleague: Level.WRITE,
                self.reader: Level.READ,
            },
            is_default=True,
        )

    def ticket(self, **values: Any) -> Task:
        values.setdefault("customer", self.customer)
        return self.make.ticket(task_list=self.list, location=self.location, **values)
