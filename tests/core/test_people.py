"""What administrators do with people and groups, and what they cannot do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from groupware import groups, people
from groupware.access import access_of
from groupware.database import Database
from groupware.errors import Forbidden, Invalid
from groupware.models import (
    AclEntry,
    Grant,
    Group,
    JournalEntry,
    Level,
    Membership,
    Permission,
    User,
)
from tests.factories import NOON, Desk

TABLES = ("users", "addresses", "groups", "memberships", "permissions", "acl_entries", "journal")

ACTS: dict[str, Callable[[Desk, User], Any]] = {
    "create": lambda desk, by: people.create(
        desk.session, by, name="Ida", address="ida@maple.example", now=NOON
    ),
    "edit": lambda desk, by: people.edit(
        desk.session, by, desk.stranger, name="Ida", organisation="", now=NOON
    ),
    "address": lambda desk, by: people.add_address(
        desk.session, by, desk.stranger, "ida@maple.example", now=NOON
    ),
    "password": lambda desk, by: people.set_password(
        desk.session, by, desk.stranger, "hash", now=NOON
    ),
    "deactivate": lambda desk, by: people.deactivate(desk.session, by, desk.stranger, now=NOON),
    "sign out": lambda desk, by: people.sign_out_everywhere(
        desk.session, by, desk.stranger, now=NOON
    ),
    "new group": lambda desk, by: groups.create(desk.session, by, name="Night shift", now=NOON),
    "rename group": lambda desk, by: groups.rename(
        desk.session, by, a_group(desk), name="Night shift", now=NOON
    ),
    "member": lambda desk, by: groups.add_member(
        desk.session, by, a_group(desk), desk.stranger, now=NOON
    ),
    "permissions": lambda desk, by: groups.set_permissions(
        desk.session, by, a_group(desk), {Permission.ADMINISTER}, now=NOON
    ),
    "delete group": lambda desk, by: groups.delete(desk.session, by, a_group(desk), now=NOON),
}


def a_group(desk: Desk) -> Group:
    found = desk.session.scalar(select(Group).where(Group.name == "Day shift"))
    return found or desk.make.group(name="Day shift", members=[desk.customer])


def everything(session: Session) -> list[Any]:
    session.flush()
    return [
        sorted(map(repr, session.execute(text(f"SELECT * FROM {table}"))))  # noqa: S608
        for table in TABLES
    ]


@contextmanager
def refused(session: Session, kind: type[Exception] = Forbidden) -> Iterator[None]:
    """The act is refused, and a transaction that it began leaves nothing behind."""
    before = everything(session)
    with pytest.raises(kind), session.begin_nested():
        yield
    assert everything(session) == before


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("who", ["customer", "agent", "manager"])
def test_only_administrators_change_people_and_groups(desk: Desk, act: str, who: str) -> None:
    a_group(desk)
    with refused(desk.session):
        ACTS[act](desk, getattr(desk, who))


@pytest.mark.parametrize("act", ACTS)
def test_each_change_is_in_the_journal(desk: Desk, act: str) -> None:
    a_group(desk)
    ACTS[act](desk, desk.administrator)
    desk.session.flush()
    entry = desk.session.scalars(select(JournalEntry).order_by(JournalEntry.id.desc())).first()
    assert entry is not None
    assert (entry.actor_id, entry.at) == (desk.administrator.id, NOON)
    assert entry.entity in ("user", "group")
    assert entry.changes["of"]


def test_nobody_lifts_themselves(desk: Desk) -> None:
    own = people.personal_group(desk.session, desk.manager)
    with refused(desk.session):
        groups.set_permissions(desk.session, desk.manager, own, {Permission.ADMINISTER}, now=NOON)
    admins = desk.make.group(Permission.ADMINISTER)
    with refused(desk.session):
        groups.add_member(desk.session, desk.manager, admins, desk.manager, now=NOON)


def test_an_administrator_cannot_switch_themselves_off(desk: Desk) -> None:
    desk.make.administrator()
    with refused(desk.session, Invalid):
        people.deactivate(desk.session, desk.administrator, desk.administrator, now=NOON)


def test_an_administrator_cannot_lose_the_right_by_their_own_act(desk: Desk) -> None:
    session, ada = desk.session, desk.administrator
    admins = desk.make.group(Permission.ADMINISTER, name="Admins", members=[ada])
    own = people.personal_group(session, ada)
    session.delete(session.get(Grant, (own.id, Permission.ADMINISTER)))
    session.flush()
    for act in (
        lambda: groups.remove_member(session, ada, admins, ada, now=NOON),
        lambda: groups.set_permissions(session, ada, admins, set(), now=NOON),
        lambda: groups.delete(session, ada, admins, now=NOON),
    ):
        with refused(session, Invalid):
            act()
        assert access_of(session, ada).administrator


def test_two_administrators_cannot_take_the_right_from_each_other(
    desk: Desk, database: Database
) -> None:
    ada, second = desk.administrator, desk.make.administrator()
    own = people.personal_group(desk.session, ada)
    desk.session.commit()
    with database.writing() as session:
        people.deactivate(
            session, session.get_one(User, ada.id), session.get_one(User, second.id), now=NOON
        )
    with database.writing() as session, pytest.raises(Forbidden):
        groups.set_permissions(
            session,
            session.get_one(User, second.id),
            session.get_one(Group, own.id),
            set(),
            now=NOON,
        )


def test_whoever_is_shut_out_or_loses_a_right_has_to_sign_in_again(desk: Desk) -> None:
    session, ada = desk.session, desk.administrator
    group = desk.make.group(Permission.MANAGE_TICKETS, members=[desk.agent, desk.reader, ada])
    mute = desk.make.group(members=[desk.outsider])
    before = {
        user: user.credential_number for user in (desk.agent, desk.reader, desk.outsider, ada)
    }
    groups.remove_member(session, ada, group, desk.agent, now=NOON)
    assert desk.agent.credential_number == before[desk.agent] + 1
    groups.set_permissions(session, ada, group, {Permission.CREATE_TICKETS}, now=NOON)
    assert desk.reader.credential_number == before[desk.reader] + 1
    people.deactivate(session, ada, desk.reader, now=NOON)
    assert desk.reader.credential_number == before[desk.reader] + 2
    # A group that gives nothing takes nothing; and who does it is not thrown out of the page.
    groups.remove_member(session, ada, mute, desk.outsider, now=NOON)
    assert desk.outsider.credential_number == before[desk.outsider]
    assert ada.credential_number == before[ada]


def test_gaining_a_right_signs_nobody_out(desk: Desk) -> None:
    group = desk.make.group(Permission.MANAGE_TICKETS)
    before = desk.customer.credential_number
    groups.add_member(desk.session, desk.administrator, group, desk.customer, now=NOON)
    assert desk.customer.credential_number == before
    assert access_of(desk.session, desk.customer).agent


def test_a_person_who_is_switched_off_keeps_their_tickets(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.make.reply(ticket, desk.agent)
    for person in (desk.customer, desk.agent):
        people.deactivate(desk.session, desk.administrator, person, now=NOON)
    desk.session.refresh(ticket)
    assert (ticket.customer, ticket.assignee) == (desk.customer, desk.agent)
    people.activate(desk.session, desk.administrator, desk.agent, now=NOON)
    assert access_of(desk.session, desk.agent).agent


def test_a_new_name_stands_in_access_lists_too(desk: Desk) -> None:
    people.edit(
        desk.session,
        desk.administrator,
        desk.agent,
        name=" Mara \n Berg ",
        organisation="Maple",
        now=NOON,
    )
    assert people.personal_group(desk.session, desk.agent).name == desk.agent.name == "Mara Berg"


@pytest.mark.parametrize(
    "address", ["", "ida", "ida@", "@x.example", "a b@x.example", "ida@x", "a@b@c.example",
                "ida@maple.example\nBcc: x@y.example", "<ida@x.example>", "x" * 320 + "@x.example"]
)  # fmt: skip
def test_what_is_no_address_is_refused(desk: Desk, address: str) -> None:
    with refused(desk.session, Invalid):
        people.create(desk.session, desk.administrator, name="Ida", address=address, now=NOON)


def test_an_address_belongs_to_one_person(desk: Desk) -> None:
    taken = desk.customer.address.upper()
    with refused(desk.session, Invalid):
        people.create(desk.session, desk.administrator, name="Ida", address=taken, now=NOON)
    with refused(desk.session, Invalid):
        people.add_address(desk.session, desk.administrator, desk.agent, taken, now=NOON)


def test_the_last_address_stays(desk: Desk) -> None:
    first = desk.customer.addresses[0]
    with refused(desk.session, Invalid):
        people.remove_address(desk.session, desk.administrator, desk.customer, first, now=NOON)
    people.add_address(desk.session, desk.administrator, desk.customer, "s@x.example", now=NOON)
    people.remove_address(desk.session, desk.administrator, desk.customer, first, now=NOON)
    assert desk.customer.address == "s@x.example"


def test_a_deleted_group_is_gone_from_access_lists_and_takes_its_permissions(desk: Desk) -> None:
    session = desk.session
    group = desk.make.group(Permission.MANAGE_TICKETS, members=[desk.customer])
    desk.make.allow(desk.list.agent_acl, group, Level.WRITE)
    gone = group.id
    groups.delete(session, desk.administrator, group, now=NOON)
    for table in (AclEntry, Membership, Grant):
        assert not session.scalars(select(table).where(table.group_id == gone)).all()
    assert not access_of(session, desk.customer).agent


def test_the_desks_own_groups_stay_as_they_are(desk: Desk) -> None:
    everyone = people.everyone(desk.session)
    own = people.personal_group(desk.session, desk.customer)
    for group in (everyone, own):
        with refused(desk.session, Invalid):
            groups.delete(desk.session, desk.administrator, group, now=NOON)
        with refused(desk.session, Invalid):
            groups.rename(desk.session, desk.administrator, group, name="Others", now=NOON)
        with refused(desk.session, Invalid):
            groups.remove_member(desk.session, desk.administrator, group, desk.customer, now=NOON)
    with refused(desk.session, Invalid):
        groups.set_permissions(
            desk.session, desk.administrator, everyone, {Permission.ADMINISTER}, now=NOON
        )


def test_a_groups_name_is_taken_once(desk: Desk) -> None:
    groups.create(desk.session, desk.administrator, name="Night shift", now=NOON)
    for name in ("night SHIFT", " ", "x" * 201, "everyone"):
        with refused(desk.session, Invalid):
            groups.create(desk.session, desk.administrator, name=name, now=NOON)
