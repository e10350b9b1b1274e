"""Locations, and who may file requests for them: set up by managers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import acls, journal
from groupware.access import forget, need
from groupware.errors import Invalid
from groupware.models import Acl, Level, Location, Permission, User
from groupware.text import named
from modules.tasks import faces


def create(session: Session, actor: User, *, name: str, now: datetime) -> Location:
    """A new location, for which nobody may file yet."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    location = Location(name=_free_name(session, name), acl=Acl())
    session.add(location)
    session.flush()
    _write(session, "created", location, actor, now)
    return location


def rename(session: Session, actor: User, location: Location, *, name: str, now: datetime) -> None:
    """Call a location something else."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    before, name = location.name, _free_name(session, name, location)
    if name != before:
        location.name = name
        faces.location_renamed(session, location)
        _write(session, "renamed", location, actor, now, name=[before, name])


def set_access(
    session: Session,
    actor: User,
    location: Location,
    levels: Mapping[int, Level],
    *,
    now: datetime,
) -> None:
    """Let these groups file for a location (READ), or no more (NONE)."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if not set(levels.values()) <= {Level.NONE, Level.READ}:
        raise Invalid(level="A location can be given or not, and nothing else.")
    changes = acls.put(session, location.acl_id, levels)
    forget(session)
    if changes:
        _write(session, "access", location, actor, now, access=changes)


def archive(session: Session, actor: User, location: Location, *, now: datetime) -> None:
    """Offer a location no more; tickets that name it keep it."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if not location.archived:
        location.archived = True
        _write(session, "archived", location, actor, now)


def restore(session: Session, actor: User, location: Location, *, now: datetime) -> None:
    """Undo `archive`."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if location.archived:
        location.archived = False
        _write(session, "restored", location, actor, now)


def _free_name(session: Session, name: str, location: Location | None = None) -> str:
    name = named(name)
    taken = select(Location.id).where(func.lower(Location.name) == name.lower())
    if location is not None:
        taken = taken.where(Location.id != location.id)
    if session.scalar(taken.limit(1)) is not None:
        raise Invalid(name="There is a location of this name already.")
    return name


def _write(
    session: Session, act: str, location: Location, actor: User, now: datetime, **changes: Any
) -> None:
    session.flush()
    journal.record(
        session, act, "location", location.id, actor=actor, at=now, of=location.name, **changes
    )
