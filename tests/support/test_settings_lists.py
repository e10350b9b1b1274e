"""What managers set up: task lists, who may use them, categories, locations, headings."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from groupware.errors import Forbidden, Invalid, Refusal
from groupware.models import JournalEntry, Level, Location, Permission, User
from groupware.people import everyone, personal_group
from modules.tasks import categories, groupings, lists, locations
from modules.tasks.access import agent_level, may_submit
from modules.tasks.lists import Rules, Side
from modules.tasks.models import Category, TaskList
from modules.tasks.queries import lists_open_to, locations_of
from tests.factories import NOON, Desk

Act = Callable[[Desk, User], Any]

LIST_ACTS: dict[str, Act] = {
    "describe": lambda desk, by: lists.describe(
        desk.session, by, desk.list, name="Software", description="", hue=3, grouping=None, now=NOON
    ),
    "rules": lambda desk, by: lists.set_rules(
        desk.session, by, desk.list, Rules(close_after_days=7), now=NOON
    ),
    "access": lambda desk, by: lists.set_access(
        desk.session, by, desk.list, Side.AGENTS, {own(desk, desk.outsider): Level.READ}, now=NOON
    ),
}

MANAGERS_ACTS: dict[str, Act] = {
    "create": lambda desk, by: lists.create(desk.session, by, name="Billing", now=NOON),
    "archive": lambda desk, by: lists.archive(desk.session, by, desk.list, now=NOON),
    "default": lambda desk, by: lists.make_default(desk.session, by, another(desk), now=NOON),
    "order": lambda desk, by: lists.shift(desk.session, by, another(desk), by=-1, now=NOON),
    "category": lambda desk, by: categories.create(desk.session, by, name="iPad", now=NOON),
    "archive category": lambda desk, by: categories.archive(
        desk.session, by, a_category(desk), now=NOON
    ),
    "location": lambda desk, by: locations.create(desk.session, by, name="Riverside", now=NOON),
    "location's access": lambda desk, by: locations.set_access(
        desk.session, by, desk.location, {own(desk, desk.agent): Level.READ}, now=NOON
    ),
    "archive location": lambda desk, by: locations.archive(
        desk.session, by, desk.location, now=NOON
    ),
    "heading": lambda desk, by: groupings.named_so(desk.session, by, "Products", now=NOON),
}


def own(desk: Desk, person: User) -> int:
    return personal_group(desk.session, person).id


def another(desk: Desk) -> TaskList:
    found = desk.session.scalar(select(TaskList).where(TaskList.name == "Zoo"))
    return found or desk.make.task_list(name="Zoo", position=9)


def a_category(desk: Desk) -> Category:
    found = desk.session.scalar(select(Category).where(Category.name == "screen"))
    return found or desk.make.category("screen")


def list_manager(desk: Desk, **values: Any) -> User:
    person = desk.make.agent(**values)
    desk.make.allow(desk.list.agent_acl, person, Level.MANAGE)
    return person


def everything(session: Session) -> list[Any]:
    session.flush()
    tables = ("task_lists", "groupings", "categories", "category_lists", "locations", "acl_entries",
              "acls", "journal")  # fmt: skip
    return [
        sorted(map(repr, session.execute(text(f"SELECT * FROM {table}"))))  # noqa: S608
        for table in tables
    ]


def refused(desk: Desk, act: Callable[[], Any], kind: type[Refusal] = Forbidden) -> None:
    before = everything(desk.session)
    with pytest.raises(kind):
        act()
    assert everything(desk.session) == before


@pytest.mark.parametrize("act", {**LIST_ACTS, **MANAGERS_ACTS})
def test_who_is_no_manager_sets_up_nothing(desk: Desk, act: str) -> None:
    desk.make.allow(desk.list.agent_acl, desk.colleague, Level.DELETE)
    another(desk), a_category(desk)
    for person in (desk.customer, desk.agent, desk.colleague, desk.outsider):
        refused(desk, lambda: {**LIST_ACTS, **MANAGERS_ACTS}[act](desk, person))  # noqa: B023


@pytest.mark.parametrize("act", {**LIST_ACTS, **MANAGERS_ACTS})
def test_a_manager_may_and_the_journal_says_so(desk: Desk, act: str) -> None:
    another(desk), a_category(desk)
    {**LIST_ACTS, **MANAGERS_ACTS}[act](desk, desk.manager)
    desk.session.flush()
    entry = desk.session.scalars(select(JournalEntry).order_by(JournalEntry.id.desc())).first()
    assert entry is not None
    assert (entry.actor_id, entry.at) == (desk.manager.id, NOON)
    assert entry.changes["of"]


@pytest.mark.parametrize("act", {**LIST_ACTS, **MANAGERS_ACTS})
def test_who_manages_one_list_sets_up_that_list_and_nothing_else(desk: Desk, act: str) -> None:
    another(desk), a_category(desk)
    person = list_manager(desk)
    if act in LIST_ACTS:
        LIST_ACTS[act](desk, person)
    else:
        refused(desk, lambda: MANAGERS_ACTS[act](desk, person))


def test_the_level_alone_opens_nothing_without_the_permission(desk: Desk) -> None:
    desk.make.allow(desk.list.agent_acl, desk.customer, Level.MANAGE)
    for act in LIST_ACTS.values():
        refused(desk, lambda: act(desk, desk.customer))  # noqa: B023


def test_who_manages_a_list_cannot_give_themselves_more_than_they_have(desk: Desk) -> None:
    person = list_manager(desk)
    shared = desk.make.group(members=[person])
    for group in (own(desk, person), shared.id, everyone(desk.session).id):
        refused(
            desk,
            lambda: lists.set_access(
                desk.session,
                person,
                desk.list,
                Side.CUSTOMERS,
                {group: Level.CREATE},  # noqa: B023
                now=NOON,
            ),
        )
    other = another(desk)
    refused(
        desk,
        lambda: lists.set_access(
            desk.session, person, other, Side.AGENTS, {own(desk, person): Level.READ}, now=NOON
        ),
    )


def test_who_manages_a_list_gives_it_to_others_and_takes_it(desk: Desk) -> None:
    person = list_manager(desk)
    team = desk.make.group(Permission.MANAGE_TICKETS, members=[desk.outsider])
    give = {team.id: Level.MANAGE, own(desk, desk.agent): Level.NONE}
    lists.set_access(desk.session, person, desk.list, Side.AGENTS, give, now=NOON)
    assert agent_level(desk.session, desk.outsider, desk.list) == Level.MANAGE
    assert agent_level(desk.session, desk.agent, desk.list) == Level.NONE
    lists.set_access(
        desk.session,
        person,
        desk.list,
        Side.CUSTOMERS,
        {own(desk, desk.reader): Level.CREATE},
        now=NOON,
    )
    assert may_submit(desk.session, desk.reader, desk.list)


def test_what_one_has_already_may_be_given_to_ones_group(desk: Desk) -> None:
    person = list_manager(desk)
    desk.make.allow(desk.list.customer_acl, person, Level.CREATE)
    everybody = everyone(desk.session)
    lists.set_access(
        desk.session, person, desk.list, Side.CUSTOMERS, {everybody.id: Level.CREATE}, now=NOON
    )
    assert may_submit(desk.session, desk.reader, desk.list)


def test_customers_are_given_the_right_to_ask_and_no_other(desk: Desk) -> None:
    for level in (Level.READ, Level.WRITE, Level.MANAGE):
        refused(
            desk,
            lambda: lists.set_access(
                desk.session, desk.manager, desk.list, Side.CUSTOMERS,
                {own(desk, desk.reader): level}, now=NOON,  # noqa: B023
            ),
            Invalid,
        )  # fmt: skip


def test_the_journal_keeps_each_level_before_and_after(desk: Desk) -> None:
    change = {own(desk, desk.agent): Level.READ, own(desk, desk.reader): Level.NONE}
    lists.set_access(desk.session, desk.manager, desk.list, Side.AGENTS, change, now=NOON)
    desk.session.flush()
    entry = desk.session.scalars(select(JournalEntry).order_by(JournalEntry.id.desc())).first()
    assert entry is not None
    assert entry.act == "agents_access"
    assert entry.changes["access"] == {
        desk.agent.name: ["write", "read"],
        desk.reader.name: ["read", None],
    }


def test_there_is_one_default_list_and_it_is_in_use(desk: Desk) -> None:
    other = another(desk)
    lists.make_default(desk.session, desk.manager, other, now=NOON)
    desk.session.refresh(desk.list)
    assert (other.is_default, desk.list.is_default) == (True, False)
    lists.archive(desk.session, desk.manager, other, now=NOON)
    assert not other.is_default
    refused(desk, lambda: lists.make_default(desk.session, desk.manager, other, now=NOON), Invalid)


def test_an_archived_list_takes_no_requests_until_it_is_restored(desk: Desk) -> None:
    lists.archive(desk.session, desk.manager, desk.list, now=NOON)
    assert not may_submit(desk.session, desk.customer, desk.list)
    assert not desk.session.scalars(lists_open_to(desk.customer)).all()
    lists.restore(desk.session, desk.manager, desk.list, now=NOON)
    assert may_submit(desk.session, desk.customer, desk.list)


def test_lists_move_among_those_of_their_heading(desk: Desk) -> None:
    session, manager = desk.session, desk.manager
    heading = groupings.named_so(session, manager, "Products", now=NOON)
    made = [lists.create(session, manager, name=name, grouping=heading, now=NOON) for name in "abc"]
    lists.shift(session, manager, made[2], by=-1, now=NOON)
    assert [each.name for each in sorted(made, key=lambda each: each.position)] == ["a", "c", "b"]
    lists.shift(session, manager, made[0], by=-1, now=NOON)
    assert [each.name for each in sorted(made, key=lambda each: each.position)] == ["a", "c", "b"]
    groupings.delete(session, manager, heading, now=NOON)
    assert {each.grouping for each in made} == {None}


@pytest.mark.parametrize(
    ("field", "value"),
    [("close_after_days", -1), ("close_after_days", 4000), ("answer_hours", 10**9)],
)
def test_rules_out_of_reach_are_refused(desk: Desk, field: str, value: int) -> None:
    rules = Rules(**{field: value})
    with pytest.raises(Invalid) as refusal:
        lists.set_rules(desk.session, desk.manager, desk.list, rules, now=NOON)
    assert field in refusal.value.errors


def test_names_are_taken_once_and_never_empty(desk: Desk) -> None:
    session, manager = desk.session, desk.manager
    a_category(desk)
    for name in (desk.list.name.upper(), " ", "\u202e", "x" * 201):
        refused(desk, lambda: lists.create(session, manager, name=name, now=NOON), Invalid)  # noqa: B023
    for name in (desk.location.name.upper(), ""):
        refused(desk, lambda: locations.create(session, manager, name=name, now=NOON), Invalid)  # noqa: B023
    refused(desk, lambda: categories.create(session, manager, name="SCREEN", now=NOON), Invalid)
    refused(desk, lambda: lists.create(session, manager, name="A", hue=13, now=NOON), Invalid)


def test_an_archived_location_is_offered_no_more(desk: Desk) -> None:
    locations.archive(desk.session, desk.manager, desk.location, now=NOON)
    assert not desk.session.scalars(locations_of(desk.customer)).all()
    locations.restore(desk.session, desk.manager, desk.location, now=NOON)
    assert desk.session.scalars(locations_of(desk.customer)).all() == [desk.location]


def test_a_location_is_given_and_taken(desk: Desk) -> None:
    place = locations.create(desk.session, desk.manager, name="Riverside", now=NOON)
    group = own(desk, desk.reader)
    locations.set_access(desk.session, desk.manager, place, {group: Level.READ}, now=NOON)
    assert desk.session.scalars(locations_of(desk.reader)).all() == [place]
    locations.set_access(desk.session, desk.manager, place, {group: Level.NONE}, now=NOON)
    assert not desk.session.scalars(locations_of(desk.reader)).all()
    refused(
        desk,
        lambda: locations.set_access(
            desk.session, desk.manager, place, {group: Level.MANAGE}, now=NOON
        ),
        Invalid,
    )
    assert desk.session.scalar(select(Location).where(Location.name == "Riverside")) is place


def test_a_category_of_some_lists_is_no_category_of_others(desk: Desk) -> None:
    made = categories.create(
        desk.session, desk.manager, name="iPad", hue=4, task_lists=[desk.list], now=NOON
    )
    categories.edit(desk.session, desk.manager, made, name="Tablet", hue=5, task_lists=[], now=NOON)
    assert (made.name, made.hue, made.task_lists) == ("Tablet", 5, [])
    categories.archive(desk.session, desk.manager, made, now=NOON)
    categories.restore(desk.session, desk.manager, made, now=NOON)
    assert not made.archived
