"""What changed since a token (RFC 6578).

A list's token is its change number, which each change of one of its tickets takes in the same
transaction: valid for ever, and what changed since is one walk of an index. *My requests* has no
number, since it would rise with what customers must not see: its token is a digest of its ETags,
and what a client was given is remembered, so that what is gone since is known.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from groupware.models import User
from groupware.upsert import insert
from modules.tasks.dav.members import Member, changed_members, members
from modules.tasks.dav.models import Gone, Snapshot
from modules.tasks.dav.places import Collection, Place
from modules.tasks.icalendar.alarms import chosen

MOST_SNAPSHOTS = 8


class Unknown(Exception):
    """A token that this collection never gave."""


@dataclass(frozen=True)
class Changes:
    """What is new or changed, what is gone, and the token to come back with."""

    members: list[Member]
    gone: list[str]
    token: str
    cut: bool = False  # there is more: come back with the token


def token_of(session: Session, user: User, place: Place, base_url: str) -> str:
    """The token of a collection as it is now."""
    collection = place.collection
    assert collection is not None  # noqa: S101  # only collections have one
    if collection.task_list is None:
        return f"{base_url}/ns/sync/r/{_digest(members(session, user, collection))}"
    number = collection.task_list.change_number
    return f"{base_url}/ns/sync/{collection.task_list.id}/{number}{_alarms(user)}"


def changes(
    session: Session,
    user: User,
    collection: Collection,
    token: str,
    *,
    limit: int | None,
    base_url: str,
    now: datetime,
) -> tuple[Changes, Snapshot | None]:
    """What changed since the token; without one, all there is. Raises Unknown."""
    if collection.task_list is None:
        return _of_requests(session, user, collection, token, base_url, now)
    prefix = f"{base_url}/ns/sync/{collection.task_list.id}/"
    # Read before what changed: what comes later is told twice.
    number, alarms = collection.task_list.change_number, _alarms(user)
    since, before = _since(token, prefix, number)
    if token:
        changed = changed_members(session, user, collection, since, alarms=before != alarms)
        gone = _gone(session, collection.task_list.id, since, changed)
    else:
        changed, gone = list(members(session, user, collection)), []
    told: list[tuple[int, Member | str]] = [(each.change, each) for each in changed]
    told = sorted([*told, *gone], key=lambda each: each[0])
    cut = limit is not None and len(told) > limit
    if cut and limit is not None:
        # What came in bulk shares a number, and is told together: a token stands between numbers.
        number = told[limit - 1][0]
        whole = [each for each in told if each[0] < number]
        if told[limit][0] != number or not whole:
            whole = [each for each in told if each[0] <= number]
        told, number = whole, whole[-1][0]
    return (
        Changes(
            [each for _, each in told if isinstance(each, Member) and not each.deleted],
            [
                each if isinstance(each, str) else each.name
                for _, each in told
                if isinstance(each, str) or each.deleted
            ],
            f"{prefix}{number}{alarms}",
            cut,
        ),
        None,
    )


def remember(session: Session, snapshot: Snapshot) -> None:
    """Keep what a customer's client was given; the latest few of each person."""
    session.execute(
        insert(session, Snapshot)
        .values(
            user_id=snapshot.user_id, digest=snapshot.digest, members=snapshot.members,
            created_at=snapshot.created_at,
        )
        .on_conflict_do_update(
            index_elements=["user_id", "digest"], set_={"created_at": snapshot.created_at}
        )
    )  # fmt: skip
    mine = select(Snapshot.digest).where(Snapshot.user_id == snapshot.user_id)
    old = session.scalars(mine.order_by(Snapshot.created_at.desc()).offset(MOST_SNAPSHOTS)).all()
    session.execute(
        delete(Snapshot).where(Snapshot.user_id == snapshot.user_id, Snapshot.digest.in_(old))
    )


def _of_requests(
    session: Session, user: User, collection: Collection, token: str, base_url: str, now: datetime
) -> tuple[Changes, Snapshot | None]:
    """These are few: they are compared with what was given."""
    present = list(members(session, user, collection))
    digest, prefix = _digest(present), f"{base_url}/ns/sync/r/"
    before: dict[str, str] = {}
    if token:
        kept = session.get(Snapshot, (user.id, token.removeprefix(prefix)[:64]))
        if not token.startswith(prefix) or kept is None:
            raise Unknown
        before = kept.members
    now_there = {each.name: each.etag for each in present}
    snapshot = Snapshot(user_id=user.id, digest=digest, members=now_there, created_at=now)
    changed = [each for each in present if before.get(each.name) != each.etag]
    gone = [name for name in before if name not in now_there]
    return Changes(changed, gone, f"{prefix}{digest}"), snapshot


def _gone(
    session: Session, list_id: int, since: int, changed: list[Member]
) -> list[tuple[int, str]]:
    """The names that left the list, each once, unless something has that name now."""
    rows = session.execute(
        select(Gone.change_number, Gone.name)
        .where(Gone.task_list_id == list_id, Gone.change_number > since)
        .order_by(Gone.change_number)
    )
    there = {each.name for each in changed}
    last = {name: number for number, name in rows if name not in there}
    return [(number, name) for name, number in last.items()]


def _alarms(user: User) -> str:
    """The alarms that a person has chosen, as a token says them: each task may bear one."""
    alarm = chosen(user)
    return f"/{alarm.mark}" if alarm else ""


def _since(token: str, prefix: str, number: int) -> tuple[int, str]:
    """The number in a token, and the alarms that there were."""
    said, slash, mark = token.removeprefix(prefix).partition("/")
    if not token:
        return 0, ""
    if not token.startswith(prefix) or not (said.isascii() and said.isdigit() and len(said) < 19):
        raise Unknown
    if int(said) > number or not re.fullmatch(r"(/a[0-9]{1,6}m?)?", slash + mark):
        raise Unknown
    return int(said), slash + mark


def _digest(present: Iterator[Member] | list[Member]) -> str:
    told = hashlib.sha256()
    for each in present:
        told.update(f"{each.name} {each.etag}\n".encode())
    return told.hexdigest()[:40]
