"""What pages can follow of tasks; a stamp says that something changed, and never what."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from groupware.live.topics import Topic
from groupware.models import User
from modules.tasks.models import Task, TaskList
from modules.tasks.notices.models import UNREAD, Notice
from modules.tasks.queries import asked_by, lists_worked_by, stamps_of, worked_by
from modules.tasks.together.models import Draft, Presence
from modules.tasks.together.presence import LASTS


def of_list(change_number: int) -> str:
    """How a task list stands."""
    return str(change_number)


def of_ticket(task_list_id: int, change_number: int) -> str:
    """How a ticket stands for those who work on it."""
    return f"{task_list_id}.{change_number}"


def of_request(public_modified: datetime) -> str:
    """How a ticket stands for its customer: what they cannot see does not move it."""
    return f"{public_modified:%Y%m%d%H%M%S%f}"


def _lists(session: Session, user: User, keys: Collection[int]) -> Collection[int]:
    mine = lists_worked_by(user).where(TaskList.id.in_(keys))
    return session.scalars(mine.with_only_columns(TaskList.id)).all()


def _tickets(session: Session, user: User, keys: Collection[int]) -> Collection[int]:
    mine = worked_by(user).where(Task.id.in_(keys))
    return session.scalars(mine.with_only_columns(Task.id)).all()


def _requests(session: Session, user: User, keys: Collection[int]) -> Collection[int]:
    mine = asked_by(user).where(Task.id.in_(keys))
    return session.scalars(mine.with_only_columns(Task.id)).all()


def _own(_session: Session, user: User, keys: Collection[int]) -> Collection[int]:
    return {user.id} & set(keys)


def _list_stamps(session: Session, keys: Collection[int], _now: datetime) -> Mapping[int, str]:
    rows = session.execute(select(TaskList.id, TaskList.change_number).where(TaskList.id.in_(keys)))
    return {key: of_list(change_number) for key, change_number in rows}


def _ticket_stamps(session: Session, keys: Collection[int], _now: datetime) -> Mapping[int, str]:
    rows = session.execute(stamps_of(keys))
    return {row.id: of_ticket(row.task_list_id, row.change_number) for row in rows}


def _request_stamps(session: Session, keys: Collection[int], _now: datetime) -> Mapping[int, str]:
    return {row.id: of_request(row.public_modified) for row in session.execute(stamps_of(keys))}


def _notice_stamps(session: Session, keys: Collection[int], _now: datetime) -> Mapping[int, str]:
    rows = session.execute(
        select(Notice.user_id, func.count(), func.max(Notice.id))
        .where(Notice.user_id.in_(keys), text(UNREAD))
        .group_by(Notice.user_id)
    )
    return {key: f"{unread}.{newest}" for key, unread, newest in rows}


def _presence_stamps(session: Session, keys: Collection[int], now: datetime) -> Mapping[int, str]:
    """By task list: who is at which of its tickets."""
    rows = session.execute(
        select(Presence.task_id, Presence.user_id, Presence.doing, Task.task_list_id)
        .join(Task, Task.id == Presence.task_id)
        .where(Presence.at > now - LASTS, Task.task_list_id.in_(keys))
        .order_by(Presence.task_id, Presence.user_id)
    )
    return _digests((row.task_list_id, tuple(row[:3])) for row in rows)


def _together_stamps(session: Session, keys: Collection[int], now: datetime) -> Mapping[int, str]:
    """By ticket: who is at it, and which drafts lie there for all."""
    there = session.execute(
        select(Presence.task_id, Presence.user_id, Presence.doing)
        .where(Presence.at > now - LASTS, Presence.task_id.in_(keys))
        .order_by(Presence.user_id)
    )
    drafts = session.execute(
        select(Draft.task_id, Draft.user_id, Draft.at)
        .where(Draft.shared, Draft.task_id.in_(keys))
        .order_by(Draft.user_id)
    )
    return _digests((row[0], tuple(row[1:])) for row in [*there, *drafts])


def _digests(rows: Iterable[tuple[int, tuple[Any, ...]]]) -> dict[int, str]:
    kept: dict[int, list[str]] = {}
    for key, row in rows:
        kept.setdefault(key, []).append("|".join(map(str, row)))
    return {
        key: hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
        for key, lines in kept.items()
    }


TOPICS = (
    Topic("list", _lists, _list_stamps),
    Topic("ticket", _tickets, _ticket_stamps),
    Topic("request", _requests, _request_stamps),
    Topic("notices", _own, _notice_stamps),
    Topic("presence", _lists, _presence_stamps),
    Topic("together", _tickets, _together_stamps),
)
