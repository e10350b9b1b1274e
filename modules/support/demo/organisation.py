"""The example organisation: Maple Support, with its people, lists and who may do what."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from groupware import people, preferences
from groupware.mailboxes.models import Mailbox
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
from modules.tasks.mail.models import Intake
from modules.tasks.models import Category, Grouping, TaskList

T = TypeVar("T")

PASSWORD = "maple-support-demo"  # noqa: S105  # it is told to everybody who starts the demo
DOMAIN = "maple.example"


@dataclass
class Organisation:
    """What was made, by the keys of the example's files."""

    people: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    lists: dict[str, TaskList] = field(default_factory=dict)
    locations: dict[str, Location] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)


def content(name: str) -> dict[str, Any]:
    """One of the example's files."""
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def make(session: Session, *, now: datetime) -> Organisation:
    """Make all of it, as it was at that time."""
    given = content("organisation.toml")
    made = Organisation()
    preferences.save(
        session,
        preferences.Organisation(name=given["name"], about_answers=given["about_answers"]),
        actor=None,
        now=now,
    )
    made.groups["Everyone"] = people.everyone(session)
    for name, permissions in given["groups"].items():
        group = made.groups[name] = _added(session, Group(name=name))
        session.add_all(Grant(group_id=group.id, permission=Permission(p)) for p in permissions)
    _people(session, made, given["people"], now=now)
    for name, readers in given["locations"].items():
        acl = _acl(session, made, dict.fromkeys(readers, Level.READ))
        made.locations[name] = _added(session, Location(name=name, acl=acl))
    _lists(session, made, given["lists"])
    for name, values in given["categories"].items():
        category = Category(name=name, hue=values["hue"])
        category.task_lists = [made.lists[key] for key in values.get("lists", ())]
        made.categories[name] = _added(session, category)
    _mailbox(session, made, now=now)
    return made


def _mailbox(session: Session, made: Organisation, *, now: datetime) -> None:
    """An address without a server: `groupware mail ingest --mailbox support` brings mail in."""
    mailbox = _added(
        session,
        Mailbox(
            name="Support", address=f"support@{DOMAIN}", from_name="Maple Support", created_at=now
        ),
    )
    default = next(each for each in made.lists.values() if each.is_default)
    _added(session, Intake(mailbox=mailbox, task_list=default))


def _people(
    session: Session, made: Organisation, given: Mapping[str, Any], *, now: datetime
) -> None:
    password = hashed(PASSWORD)  # one hash for all: nobody is protected by a password that is told
    for key, values in given.items():
        person = people.add_user(
            session, name=values["name"], address=f"{key}@{DOMAIN}", now=now, password=None
        )
        person.password_hash = password
        made.people[key] = person
        session.add_all(
            Membership(user_id=person.id, group_id=made.groups[name].id)
            for name in values["groups"]
        )
    session.flush()


def _lists(session: Session, made: Organisation, given: list[dict[str, Any]]) -> None:
    groupings: dict[str, Grouping] = {}
    for position, values in enumerate(given):
        name = values["grouping"]
        if name not in groupings:
            groupings[name] = _added(session, Grouping(name=name, position=len(groupings)))
        made.lists[values["key"]] = _added(
            session,
            TaskList(
                name=values["name"],
                description=values["description"],
                hue=values["hue"],
                grouping=groupings[name],
                position=position,
                is_default=values.get("default", False),
                answer_hours=values["answer_hours"],
                close_after_days=values.get("close_after_days", 0),
                customer_acl=_acl(session, made, values["customers"]),
                agent_acl=_acl(session, made, values["agents"]),
            ),
        )


def _acl(session: Session, made: Organisation, entries: Mapping[str, int]) -> Acl:
    acl = Acl()
    for who, level in entries.items():
        group = made.groups.get(who) or people.personal_group(session, made.people[who])
        acl.entries.append(AclEntry(group=group, level=level))
    return _added(session, acl)


def _added(session: Session, item: T) -> T:
    session.add(item)
    session.flush()
    return item
