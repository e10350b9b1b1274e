"""A run goes from row to row, some in one transaction; each by itself is made, or refused.

What may be done is asked anew for each row. A run is worked off by whoever has time, a request or
the worker; each takes the next waiting rows.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from groupware import journal
from groupware.database import Database, let_others
from groupware.errors import Refusal
from groupware.models import User
from modules.support.importing import calendars
from modules.support.importing.making import make, said_in_words
from modules.support.importing.models import ImportRow, ImportRun, Kind, Outcome
from modules.tasks.icalendar.importing import Became
from modules.tasks.models import TaskList

log = logging.getLogger(__name__)

AT_ONCE = 100
TOGETHER = 20
WRITTEN_TOGETHER = 500
KEPT_FOR = timedelta(days=30)


def begin(
    session: Session,
    actor: User,
    task_list: TaskList,
    rows: Iterable[tuple[int, Mapping[str, str], str]],
    *,
    name: str,
    now: datetime,
    kind: Kind = Kind.TABLE,
) -> ImportRun:
    """Write down that these rows are to become tickets; `work_off` does it."""
    run = ImportRun(
        user_id=actor.id, task_list_id=task_list.id, name=name[:200], kind=kind, started=now
    )
    session.add(run)
    session.flush()
    values = (
        {"run_id": run.id, "number": number, "said": dict(said), "key": key}
        for number, said, key in rows
    )
    while some := list(islice(values, WRITTEN_TOGETHER)):
        session.execute(insert(ImportRow), some)
        run.total += len(some)
    journal.record(session, "imported", "tickets", None, actor=actor, at=now, of=run.name)
    return run


def known(session: Session, keys: Collection[str]) -> set[str]:
    """Those of the keys of which an earlier import has made a ticket."""
    query = select(ImportRow.made_key).where(ImportRow.made_key.in_(keys))
    return {key for key in session.scalars(query) if key}


def stop(run: ImportRun, *, now: datetime) -> None:
    """Leave what still waits as it is."""
    if run.finished is None:
        run.finished = now


def resume(session: Session, run: ImportRun) -> None:
    """Go on with what still waits; nothing is made twice."""
    if session.scalar(_waiting(run.id).limit(1)):
        run.finished = None


def work_off(
    database: Database,
    run_id: int,
    clock: Callable[[], datetime],
    most: int | None = None,
    *,
    base_url: str,
) -> bool:
    """Go on with a run for so many rows; True where it is finished."""
    done = 0
    while most is None or done < most:
        try:
            with database.writing() as session:
                if not step(session, run_id, now=clock(), base_url=base_url):
                    return True
        except Exception:  # one row's fault must not keep the others waiting
            log.exception("import %s failed at a row", run_id)
            _one_by_one(database, run_id, clock, base_url)
        done += TOGETHER
        let_others(database)
    return False


def step(
    session: Session, run_id: int, *, now: datetime, base_url: str, most: int = TOGETHER
) -> bool:
    """Make tickets of the next rows; False where there is none left, and the run is finished."""
    run = session.get_one(ImportRun, run_id)
    if run.finished is not None:
        return False  # somebody has stopped it
    rows = session.scalars(_next(run_id).limit(most)).all()
    if not rows:
        if not session.scalar(_waiting(run_id).limit(1)):
            unfinished = update(ImportRun).where(
                ImportRun.id == run_id, ImportRun.finished.is_(None)
            )
            session.execute(unfinished.values(finished=now))
        return False
    if run.kind == Kind.CALENDAR:
        for row in rows:
            _take(session, run, row, now, base_url)
        return True
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


def _take(session: Session, run: ImportRun, row: ImportRow, now: datetime, base_url: str) -> None:
    """A task is known again by its UID: it changes its ticket, or is there already."""
    found = calendars.take(session, run.user, run.task_list, row.said, now=now, base_url=base_url)
    row.outcome, row.task_id, row.reason = BECAME[found.became], found.ticket_id, found.why[:300]
    row.said = {"subject": row.said.get("subject", "")} if found.why else {}


BECAME = {
    Became.MADE: Outcome.MADE,
    Became.CHANGED: Outcome.CHANGED,
    Became.UNCHANGED: Outcome.THERE,
    Became.SKIPPED: Outcome.REFUSED,
}


def go_on(database: Database, clock: Callable[[], datetime], *, base_url: str) -> None:
    """The worker's turn: finish what requests have begun, the oldest first."""
    with database.reading() as session:
        unfinished = select(ImportRun.id).where(ImportRun.finished.is_(None))
        numbers = session.scalars(unfinished.order_by(ImportRun.id).limit(AT_ONCE)).all()
    for number in numbers:
        work_off(database, number, clock, base_url=base_url)


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


def _one_by_one(
    database: Database, run_id: int, clock: Callable[[], datetime], base_url: str
) -> None:
    """The same rows in a transaction each: the one that fails is refused."""
    for _ in range(TOGETHER):
        try:
            with database.writing() as session:
                if not step(session, run_id, now=clock(), base_url=base_url, most=1):
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
