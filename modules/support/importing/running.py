"""A run goes from row to row, some in one transaction; each by itself is made, or refused.

What may be done is asked anew for each row. A run is worked off by whoever has time, a request or
the worker; each takes the next waiting rows.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from groupware import journal
from groupware.database import Database
from groupware.errors import Refusal
from groupware.models import User
from modules.support.importing.making import make, said_in_words
from modules.support.importing.models import ImportRow, ImportRun, Outcome
from modules.tasks.models import TaskList

log = logging.getLogger(__name__)

AT_ONCE = 100
"""Rows that a request makes itself; the worker makes the others."""
TOGETHER = 20
KEPT_FOR = timedelta(days=30)


def begin(
    session: Session,
    actor: User,
    task_list: TaskList,
    rows: Iterable[tuple[int, Mapping[str, str], str]],
    *,
    name: str,
    now: datetime,
) -> ImportRun:
    """Write down that these rows are to become tickets; `work_off` does it."""
    run = ImportRun(user_id=actor.id, task_list_id=task_list.id, name=name[:200], started=now)
    session.add(run)
    session.flush()
    values = [
        {"run_id": run.id, "number": number, "said": dict(said), "key": key}
        for number, said, key in rows
    ]
    run.total = len(values)
    if values:
        session.execute(insert(ImportRow), values)
    journal.record(session, "imported", "tickets", None, actor=actor, at=now, of=run.name)
    return run


def known(session: Session, keys: Collection[str]) -> set[str]:
    """Those of the keys of which an earlier import has made a ticket."""
    query = select(ImportRow.made_key).where(ImportRow.made_key.in_(keys))
    return {key for key in session.scalars(query) if key}


def work_off(
    database: Database, run_id: int, clock: Callable[[], datetime], most: int | None = None
) -> bool:
    """Go on with a run for so many rows; True where it is finished."""
    done = 0
    while most is None or done < most:
        try:
            with database.writing() as session:
                if not step(session, run_id, now=clock()):
                    return True
        except Exception:  # one row's fault must not keep the others waiting
            log.exception("import %s failed at a row", run_id)
            _one_by_one(database, run_id, clock)
        done += TOGETHER
    return False


def step(session: Session, run_id: int, *, now: datetime, most: int = TOGETHER) -> bool:
    """Make tickets of the next rows; False where there is none left, and the run is finished."""
    rows = session.scalars(_next(run_id).limit(most)).all()
    if not rows:
        if not session.scalar(_waiting(run_id).limit(1)):
            unfinished = update(ImportRun).where(
                ImportRun.id == run_id, ImportRun.finished.is_(None)
            )
            session.execute(unfinished.values(finished=now))
        return False
    run = session.get_one(ImportRun, run_id)
    there = known(session, [row.key for row in rows])
    for row in rows:
        if row.key in there:
            row.outcome, row.said = Outcome.THERE, {}
            continue
        try:
            with session.begin_nested():
                row.task_id = make(session, run.user, run.task_list, row.said, now=now).id
                row.outcome, row.made_key, row.said = Outcome.MADE, row.key, {}
            there.add(row.key)
        except Refusal as refusal:
            row.outcome, row.reason = Outcome.REFUSED, said_in_words(refusal)
    return True


def go_on(database: Database, clock: Callable[[], datetime]) -> None:
    """The worker's turn: finish what requests have begun, the oldest first."""
    with database.reading() as session:
        unfinished = select(ImportRun.id).where(ImportRun.finished.is_(None))
        numbers = session.scalars(unfinished.order_by(ImportRun.id).limit(AT_ONCE)).all()
    for number in numbers:
        work_off(database, number, clock)


def outcomes(session: Session, run: ImportRun) -> Mapping[Outcome, int]:
    """How many rows came to what."""
    query = select(ImportRow.outcome, func.count()).where(ImportRow.run_id == run.id)
    rows = session.execute(query.group_by(ImportRow.outcome)).all()
    found = {Outcome(outcome): number for outcome, number in rows}
    return {outcome: found.get(outcome, 0) for outcome in Outcome}


def forget_old(session: Session, now: datetime) -> None:
    """Drop what old rows said; their keys stay, so that nothing is made twice."""
    old = select(ImportRun.id).where(ImportRun.finished < now - KEPT_FOR)
    refused = update(ImportRow).where(
        ImportRow.run_id.in_(old), ImportRow.outcome == Outcome.REFUSED
    )
    session.execute(refused.values(said={}))


def _one_by_one(database: Database, run_id: int, clock: Callable[[], datetime]) -> None:
    """The same rows in a transaction each: the one that fails is refused."""
    for _ in range(TOGETHER):
        try:
            with database.writing() as session:
                if not step(session, run_id, now=clock(), most=1):
                    return
        except Exception:
            log.exception("import %s failed at a row", run_id)
            with database.writing() as session:
                row = session.scalar(_next(run_id).limit(1))
                if row is not None:
                    row.outcome, row.reason = Outcome.REFUSED, "Something went wrong here."


def _waiting(run_id: int) -> Select[ImportRow]:
    return select(ImportRow).where(ImportRow.run_id == run_id, ImportRow.outcome == Outcome.WAITING)


def _next(run_id: int) -> Select[ImportRow]:
    return _waiting(run_id).order_by(ImportRow.number).with_for_update(skip_locked=True)
