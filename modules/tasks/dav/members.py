"""The tasks of a collection: their names, ETags and text.

An ETag needs no text: an agent's is made of the ticket's count of changes and of the change of the
list with which it, what it names or the person's own lines changed last; a customer's of the stamp
that only public changes move, and of the location's name.
"""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Collection as Many
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary
from zlib import crc32

from sqlalchemy import ColumnElement, Pool, Select, and_, false, or_, select
from sqlalchemy.orm import Session

from groupware.models import Location, User
from modules.tasks.dav.models import Name, PersonalChange
from modules.tasks.dav.places import Collection
from modules.tasks.icalendar.alarms import chosen
from modules.tasks.icalendar.facts import Face, Reader, facts_of
from modules.tasks.icalendar.writing import calendar
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import active, ever_in, in_list, own_elsewhere

T = TypeVar("T")

AT_ONCE = 200
PLAIN = re.compile(r"[A-Za-z0-9_@:+=-][A-Za-z0-9._@:+=-]{0,199}")
NUMBERED = re.compile(r"ticket-([1-9][0-9]{0,9})\.ics")


class Member(NamedTuple):
    """A task of a collection, without its text."""

    id: int
    name: str
    etag: str
    modified: datetime
    change: int = 0  # of the list, the last that the person can see of it
    deleted: bool = False


def default_name(task_id: int, uid: str) -> str:
    """What a task is called that no client has named: by its UID, where that can stand in a path."""
    return f"{uid}.ics" if PLAIN.fullmatch(uid) else f"ticket-{task_id}.ics"


def tasks_of(user: User, collection: Collection) -> Select[Task]:
    """The tasks of a collection, as `queries` gives them."""
    if collection.task_list is None:
        # What lies in a list of theirs is there already: apps would show it twice.
        return own_elsewhere(user)
    return in_list(collection.task_list.id)


def members(
    session: Session, user: User, collection: Collection, *conditions: ColumnElement[bool]
) -> Iterator[Member]:
    """The tasks of a collection that meet the conditions, as they changed."""
    query = tasks_of(user, collection)
    return _read(session, user, collection, query.where(*conditions))


def changed_members(
    session: Session, user: User, collection: Collection, since: int, *, alarms: bool = False
) -> list[Member]:
    """What changed in a list after this change of it, deleted tasks too; each once, in order.

    With `alarms` whatever may ring, too: the person has chosen other alarms meanwhile.
    """
    assert collection.task_list is not None  # noqa: S101  # My requests are told by snapshots
    everything = ever_in(collection.task_list.id)
    if collection.task_list.faces_changed > since:
        # Of what was deleted before, everybody knows.
        condition = or_(Task.deleted_at.is_(None), Task.change_number > since)
        found = _read(session, user, collection, everything.where(condition))
        return sorted(found, key=lambda each: each.change)
    # Their numbers first: within one statement, planners walk the whole list for them.
    own = session.scalars(
        select(PersonalChange.task_id).where(
            PersonalChange.user_id == user.id, PersonalChange.change_number > since
        )
    ).all()
    changed = {
        each.id: each
        for condition in (
            Task.change_number > since,
            *([and_(Task.due.is_not(None), active())] if alarms else ()),
            *(Task.id.in_(some) for some in _batches(own)),
        )
        for each in _read(session, user, collection, everything.where(condition))
    }
    return sorted(changed.values(), key=lambda each: each.change)


def named(
    session: Session, user: User, collection: Collection, names: Many[str]
) -> dict[str, Member]:
    """Those of these names that there are in a collection."""
    found: dict[str, Member] = {}
    for some in _batches(list(names)):
        uids = [each.removesuffix(".ics") for each in some]
        numbers = [int(match[1]) for each in some if (match := NUMBERED.fullmatch(each))]
        given = session.scalars(select(Name.task_id).where(Name.name.in_(some))).all()
        ids = [each for each in (*given, *numbers) if each < 2**31]
        condition = or_(Task.uid.in_(uids), Task.id.in_(ids)) if ids else Task.uid.in_(uids)
        wanted = set(some)
        for each in members(session, user, collection, condition):
            if each.name in wanted:
                found[each.name] = each
    return found


def _read(
    session: Session, user: User, collection: Collection, query: Select[Task]
) -> Iterator[Member]:
    query = query.order_by(None)
    if collection.face is Face.CUSTOMER:
        columns = (
            Task.id, Task.uid, Task.public_modified, Task.priority, TaskList.faces_changed,
            Location.name,
        )  # fmt: skip
        public = session.execute(
            query.with_only_columns(*columns)
            .select_from(Task)
            .join(TaskList, TaskList.id == Task.task_list_id)
            .outerjoin(Location, Location.id == Task.location_id)
            .order_by(Task.id)
        )
        for number, uid, modified, priority, faces, place in public:
            stamp = round(modified.timestamp() * 1_000_000)
            look = f"{faces:x}.{crc32((place or '').encode()):x}"
            name = default_name(number, uid)
            yield Member(number, name, f'"{number}-{stamp}-{priority}-{look}"', modified)
        return
    faces = collection.task_list.faces_changed if collection.task_list else 0
    alarm = chosen(user)
    rings = alarm.of(user) if alarm else false()
    mark = f"-{alarm.mark}" if alarm else ""
    rows: Any = session.execute(
        query.with_only_columns(
            Task.id, Task.uid, Name.name, Task.sequence, Task.last_modified, Task.change_number,
            Task.deleted_at, PersonalChange.change_number, rings,
        )
        .select_from(Task)
        .outerjoin(Name, Name.task_id == Task.id)
        .outerjoin(
            PersonalChange,
            and_(PersonalChange.task_id == Task.id, PersonalChange.user_id == user.id),
        )
        .order_by(Task.change_number)
    )  # fmt: skip
    for number, uid, name, sequence, modified, change, deleted, own, ringing in rows:
        last = max(change, own or 0, faces)
        yield Member(
            number,
            name or default_name(number, uid),
            f'"{number}-{sequence}-{last}{mark if ringing else ""}"',
            modified,
            last,
            deleted is not None,
        )


class Texts:
    """What tasks look like to one reader, as bytes; what was written lately is not written again."""

    def __init__(self, session: Session, user: User, collection: Collection, base_url: str) -> None:
        self.session, self.user, self.collection = session, user, collection
        self.reader = Reader(user, collection.face, base_url, alarms=True)
        self.kept = _kept.setdefault(session.get_bind().engine.pool, _Kept())

    def of(self, wanted: Iterable[Member]) -> Iterator[tuple[Member, bytes]]:
        """The text of each, in their order; what has gone meanwhile is left out."""
        for some in _batches(list(wanted)):
            texts = {each.id: text for each in some if (text := self.kept.get(self._key(each)))}
            missing = {each.id: each for each in some if each.id not in texts}
            if missing:
                query = tasks_of(self.user, self.collection).where(Task.id.in_(missing))
                for facts in facts_of(self.session, query, self.reader):
                    # A resource has one UID (RFC 4791, 4.1): no checklist, as downloads have it.
                    alone = replace(facts, items=()) if facts.items else facts
                    written = b"".join(calendar([alone], self.collection.face))
                    texts[facts.number] = written
                    self.kept.put(self._key(missing[facts.number]), written)
            for each in some:
                if each.id in texts:
                    yield each, texts[each.id]

    def one(self, member: Member) -> bytes:
        """The text of one."""
        return next((text for _, text in self.of([member])), b"")

    def _key(self, member: Member) -> tuple[object, ...]:
        return self.reader.base_url, self.user.id, self.collection.face, member.id, member.etag


class _Kept:
    """Texts by reader and ETag, for some minutes: what tasks name may be renamed meanwhile."""

    LARGEST, SECONDS = 24 * 1024 * 1024, 120

    def __init__(self) -> None:
        self.texts: OrderedDict[tuple[object, ...], tuple[float, bytes]] = OrderedDict()
        self.size = 0
        self.lock = threading.Lock()

    def get(self, key: tuple[object, ...]) -> bytes | None:
        at, text = self.texts.get(key, (0.0, None))
        return text if text is not None and time.monotonic() - at < self.SECONDS else None

    def put(self, key: tuple[object, ...], text: bytes) -> None:
        with self.lock:
            _, before = self.texts.pop(key, (0.0, b""))
            self.texts[key] = (time.monotonic(), text)
            self.size += len(text) - len(before)
            while self.size > self.LARGEST:
                _, (_, dropped) = self.texts.popitem(last=False)
                self.size -= len(dropped)


# One database's tickets are not another's.
_kept: WeakKeyDictionary[Pool, _Kept] = WeakKeyDictionary()


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[at : at + AT_ONCE] for at in range(0, len(items), AT_ONCE))
