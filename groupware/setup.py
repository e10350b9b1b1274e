"""The first hour of an installation: nobody is there, then a first manager, then it is set up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import journal, people, preferences
from groupware.database import one_at_a_time
from groupware.errors import Invalid
from groupware.models import Grant, Permission, User
from groupware.module import Module
from groupware.text import named


@dataclass(frozen=True)
class SetUp:
    """How far it is; an installation that was never begun by the set-up page has none of it."""

    KEPT_AS: ClassVar[str] = "setup"

    finished: bool = False


def somebody(session: Session) -> bool:
    """True once there is a person."""
    return session.scalar(select(User.id).limit(1)) is not None


def is_over(session: Session, modules: Iterable[Module]) -> bool:
    """True once it was finished; without the set-up page, once each module has what it needs."""
    if preferences.load(session, SetUp).finished:
        return True
    if preferences.is_kept(session, SetUp) or not somebody(session):
        return False
    return all(step.done(session) for module in modules for step in module.first_steps)


def first_manager(
    session: Session, *, name: str, address: str, password_hash: str, now: datetime
) -> User:
    """The first person, who may do everything; refused once there is somebody."""
    one_at_a_time(session, "setup")
    if somebody(session):
        raise Invalid("There is somebody here already, who can add others.")
    person = people.add_user(
        session, name=named(name), address=people.checked_address(address), now=now
    )
    person.password_hash = password_hash
    group = people.personal_group(session, person)
    session.add_all(Grant(group_id=group.id, permission=each) for each in Permission)
    session.flush()
    journal.record(session, "created", "user", person.id, actor=person, at=now, of=person.name)
    return person
