"""Random sequences of acts, rights given and taken meanwhile: the product agrees with the model."""

import shutil
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete
from sqlalchemy.orm import Session

from groupware import people
from groupware.database import Database
from groupware.errors import Forbidden, Invalid
from groupware.models import AclEntry, Grant, Permission, User
from modules.tasks import conversation, queries, tickets
from modules.tasks.models import State, Task, TaskList
from tests.factories import Make
from tests.rules.policy import WRITE, Standing

PEOPLE = st.integers(0, 4)
LISTS = st.integers(0, 1)
TICKETS = st.integers(0, 5)
LEVELS = st.sampled_from([0, 10, 20, 30, 40, 50])
PERMISSIONS = st.sampled_from(
    [Permission.CREATE_TICKETS, Permission.MANAGE_TICKETS, Permission.MANAGE_SUPPORT]
)


class Policy(RuleBasedStateMachine):
    """Five people, two lists, some tickets; beside the real ones a model of plain dictionaries."""

    session: Session

    def __init__(self) -> None:
        super().__init__()
        self.database: Database = self.fresh_database()  # type: ignore[attr-defined]
        self.session = Session(self.database.writer)
        self.make = make = Make(self.session)
        self.people = [make.user() for _ in range(5)]
        self.lists = [make.task_list() for _ in range(2)]
        self.location = make.location(people.everyone(self.session))
        self.tickets: list[Task] = []
        self.active = [True] * 5
        self.permissions: list[set[Permission]] = [set() for _ in range(5)]
        self.agents: dict[tuple[int, int], int] = {}
        self.customers: dict[tuple[int, int], int] = {}
        self.parts: dict[int, set[int]] = {}
        self.list_of: dict[int, int] = {}
        self.gone: set[int] = set()
        self._begin()

    def _begin(self) -> None:
        """A desk in use, so that few steps lead to something worth checking."""
        for who in (0, 1):
            self.permit(who, Permission.CREATE_TICKETS, held=True)
            for where in (0, 1):
                self.let_ask(who, where, 20)
                self.file(who, where)
        for who in (1, 2, 3):
            self.permit(who, Permission.MANAGE_TICKETS, held=True)
        self.let_work(2, 0, 30)
        self.let_work(3, 1, 40)

    def teardown(self) -> None:
        self.session.close()
        self.database.engine.dispose()

    # Rights come and go.

    @rule(who=PEOPLE, permission=PERMISSIONS, held=st.booleans())
    def permit(self, who: int, permission: Permission, held: bool) -> None:  # noqa: FBT001
        group = people.personal_group(self.session, self.people[who])
        if held:
            self.session.merge(Grant(group_id=group.id, permission=permission))
            self.permissions[who].add(permission)
        elif kept := self.session.get(Grant, (group.id, permission)):
            self.session.delete(kept)
            self.permissions[who].discard(permission)
        self.session.flush()

    @rule(who=PEOPLE, active=st.booleans())
    def activate(self, who: int, active: bool) -> None:  # noqa: FBT001
        self.people[who].active = self.active[who] = active
        self.session.flush()

    @rule(who=PEOPLE, where=LISTS, level=LEVELS)
    def let_work(self, who: int, where: int, level: int) -> None:
        self._entry(self.lists[where].agent_acl_id, who, level)
        self.agents[who, where] = level

    @rule(who=PEOPLE, where=LISTS, level=LEVELS)
    def let_ask(self, who: int, where: int, level: int) -> None:
        self._entry(self.lists[where].customer_acl_id, who, level)
        self.customers[who, where] = level

    # Acts of tickets.

    @rule(who=PEOPLE, where=LISTS)
    def file(self, who: int, where: int) -> None:
        if len(self.tickets) > 5:
            return
        if self._tries(
            self._standing(who).create_tickets
            and self.active[who]
            and self.customers.get((who, where), 0) >= 20,
            lambda: self.tickets.append(self._file(self.people[who], self.lists[where])),
        ):
            number = len(self.tickets) - 1
            self.parts[number], self.list_of[number] = {who}, where

    @rule(who=PEOPLE, number=TICKETS, state=st.sampled_from(list(State)))
    def set_state(self, who: int, number: int, state: State) -> None:
        if ticket := self._ticket(number):
            self._tries(
                self._standing(who, number).level >= WRITE,
                lambda: tickets.set_state(
                    self.session, self.people[who], ticket, state, now=self.make.later()
                ),
            )

    @rule(who=PEOPLE, number=TICKETS, staff=st.booleans())
    def say(self, who: int, number: int, staff: bool) -> None:  # noqa: FBT001
        if ticket := self._ticket(number):
            standing = self._standing(who, number)
            act = conversation.reply if staff else conversation.respond
            self._tries(
                standing.level >= WRITE if staff else standing.own,
                lambda: act(self.session, self.people[who], ticket, "Word.", now=self.make.later()),
            )

    @rule(who=PEOPLE, number=TICKETS, where=LISTS)
    def move(self, who: int, number: int, where: int) -> None:
        if ticket := self._ticket(number):
            here = self._standing(who, number).level
            there = self._standing(who, where=where).level
            if self._tries(
                here >= WRITE and there >= 20,
                lambda: tickets.move(
                    self.session,
                    self.people[who],
                    ticket,
                    self.lists[where],
                    now=self.make.later(),
                ),
            ):
                self.list_of[number] = where

    @rule(who=PEOPLE, number=TICKETS, whom=PEOPLE)
    def invite(self, who: int, number: int, whom: int) -> None:
        if ticket := self._ticket(number):
            allowed = self._standing(who, number).level >= WRITE
            useful = self.active[whom] and Permission.CREATE_TICKETS in self.permissions[whom]
            if self._tries(
                allowed and useful,
                lambda: tickets.add_participant(
                    self.session,
                    self.people[who],
                    ticket,
                    self.people[whom],
                    now=self.make.later(),
                ),
            ):
                self.parts[number].add(whom)

    @rule(who=PEOPLE, number=TICKETS)
    def remove(self, who: int, number: int) -> None:
        if (ticket := self._ticket(number)) and self._tries(
            self._standing(who, number).level >= 40,
            lambda: tickets.delete(self.session, self.people[who], ticket, now=self.make.later()),
        ):
            self.gone.add(number)

    @invariant()
    def everybody_sees_what_the_model_says(self) -> None:
        numbers = {ticket.id: number for number, ticket in enumerate(self.tickets)}
        for who, person in enumerate(self.people):
            seen = {numbers[task.id] for task in self.session.scalars(queries.visible_to(person))}
            worked = {numbers[task.id] for task in self.session.scalars(queries.worked_by(person))}
            own = {numbers[task.id] for task in self.session.scalars(queries.own_of(person))}
            there = [number for number in range(len(self.tickets)) if number not in self.gone]
            standing = {number: self._standing(who, number) for number in there}
            assert seen == {number for number in there if standing[number].sees}
            assert worked == {number for number in there if standing[number].level >= 10}
            assert own == {number for number in there if standing[number].own}

    def _standing(self, who: int, number: int | None = None, where: int | None = None) -> Standing:
        where = self.list_of[number] if number is not None else where
        held = self.permissions[who]
        return Standing(
            active=self.active[who],
            create_tickets=Permission.CREATE_TICKETS in held,
            manage_tickets=Permission.MANAGE_TICKETS in held,
            manage_support=Permission.MANAGE_SUPPORT in held,
            agent_entry=0 if where is None else self.agents.get((who, where), 0),
            takes_part=number is not None and who in self.parts[number],
        )

    def _ticket(self, number: int) -> Task | None:
        there = number < len(self.tickets) and number not in self.gone
        return self.tickets[number] if there else None

    def _tries(self, allowed: bool, act: Any) -> bool:  # noqa: FBT001
        if allowed:
            act()
            return True
        with pytest.raises((Forbidden, Invalid)):
            act()
        return False

    def _file(self, person: User, task_list: TaskList) -> Task:
        return tickets.file(
            self.session,
            person,
            task_list,
            tickets.Request("Subject", "Details", tickets.Urgency.NORMAL, self.location),
            now=self.make.later(),
        )

    def _entry(self, acl_id: int, who: int, level: int) -> None:
        group = people.personal_group(self.session, self.people[who])
        if level:
            self.session.merge(AclEntry(acl_id=acl_id, group_id=group.id, level=level))
        else:
            self.session.execute(
                delete(AclEntry).where(AclEntry.acl_id == acl_id, AclEntry.group_id == group.id)
            )
            self.session.info.clear()
        self.session.flush()


def test_any_sequence_of_acts_agrees_with_the_policy(
    _sqlite_template: Path,  # noqa: PT019
    tmp_path: Path,
) -> None:
    numbers = count()

    def fresh_database() -> Database:
        path = tmp_path / f"{next(numbers)}.db"
        shutil.copy(_sqlite_template, path)
        return Database(f"sqlite:///{path}")

    run_state_machine_as_test(
        type("Machine", (Policy,), {"fresh_database": staticmethod(fresh_database)}),
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
