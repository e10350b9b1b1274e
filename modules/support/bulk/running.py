"""A run goes from ticket to ticket, each in a transaction of its own.

What may be done is asked anew for each: who lost a right meanwhile is refused from there on. A run
is worked off by whoever has time, a request or the worker; each takes the next waiting line.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session, contains_eager, joinedload
from sqlalchemy.orm.exc import StaleDataError

from groupware.access import access_of, learn_level, level_column
from groupware.database import Database, let_others
from groupware.errors import Conflict, NotFound, Refusal
from groupware.models import User
from modules.support.bulk.acts import ACTS, Value
from modules.support.bulk.models import BulkLine, BulkRun, Outcome
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import ANYBODY, worked_by

log = logging.getLogger(__name__)

MOST = 10_000
AT_ONCE = 100
TOGETHER = 25
"""Tickets after which others may write."""
KEPT_FOR = timedelta(days=30)
UNDO = "undo"
LONGEST_REASON = 300


def begin(
    session: Session,
    actor: User,
    act: tuple[str, Value, str],
    numbers: Collection[int],
    *,
    back: str = "",
    now: datetime,
) -> BulkRun:
    """Write down that an act is to be done to these tickets; `work_off` does it."""
    name, value, said = act
    wanted = sorted(set(numbers))[:MOST]
    run = BulkRun(
        user_id=actor.id, act=name, value=value, said=said[:300], back=back,
        total=len(wanted), started=now,
    )  # fmt: skip
    session.add(run)
    session.flush()
    _add_lines(session, run, wanted)
    return run


def lasting(run: BulkRun) -> bool:
    """True where what it did cannot be taken back at once."""
    return run.act == UNDO or ACTS[run.act].undo is None


def begin_undo(session: Session, actor: User, run: BulkRun, *, now: datetime) -> BulkRun:
    """Write down that what a run did is to be taken back, where nothing has changed since."""
    if run.user_id != actor.id:
        raise NotFound
    if run.finished is None:
        raise Conflict("It is still at work.")
    if lasting(run):
        raise Conflict("This cannot be taken back at once.")
    if session.scalar(select(BulkRun.id).where(BulkRun.undoes_id == run.id)):
        raise Conflict("This has been taken back already.")
    lines = select(BulkLine.task_id).where(
        BulkLine.run_id == run.id, BulkLine.outcome == Outcome.DONE
    )
    undo = BulkRun(
        user_id=actor.id, act=UNDO, said=f"Take back: {run.said}"[:300], back=run.back,
        started=now, undoes_id=run.id,
    )  # fmt: skip
    session.add(undo)
    session.flush()
    numbers = list(session.scalars(lines))
    undo.total = len(numbers)
    _add_lines(session, undo, numbers)
    return undo


def work_off(
    database: Database, run_id: int, clock: Callable[[], datetime], most: int = MOST
) -> bool:
    """Go on with a run for so many tickets; True where it is finished."""
    for number in range(1, most + 1):
        try:
            with database.writing() as session:
                if not step(session, run_id, now=clock()):
                    return True
        except StaleDataError:
            log.info("run %s met somebody else's change, and tries again", run_id)
        except Exception:  # one ticket's fault must not keep the others waiting
            log.exception("run %s failed at a ticket", run_id)
            with database.writing() as session:
                _fail(session, run_id)
        if number % TOGETHER == 0:
            let_others(database)
    return False


def step(session: Session, run_id: int, *, now: datetime) -> bool:
    """Do it to the next ticket; False where there is none left, and the run is finished."""
    found = session.execute(_next(run_id)).one_or_none()
    if found is None:
        if not session.scalar(_waiting(run_id).limit(1)):
            unfinished = update(BulkRun).where(BulkRun.id == run_id, BulkRun.finished.is_(None))
            session.execute(unfinished.values(finished=now))
        return False
    line, run = found
    try:
        with session.begin_nested():
            act = _undo if run.act == UNDO else _do
            before = act(session, run, line, now)
        line.outcome = Outcome.UNCHANGED if before is None else Outcome.DONE
        line.before = before
    except Refusal as refusal:
        line.outcome, line.reason = Outcome.REFUSED, refusal.message[:LONGEST_REASON]
    return True


def go_on(database: Database, clock: Callable[[], datetime]) -> None:
    """The worker's turn: finish what requests have begun, the oldest first."""
    with database.reading() as session:
        unfinished = select(BulkRun.id).where(BulkRun.finished.is_(None))
        numbers = session.scalars(unfinished.order_by(BulkRun.id).limit(AT_ONCE)).all()
    for number in numbers:
        work_off(database, number, clock)


def outcomes(session: Session, run: BulkRun) -> Mapping[Outcome, int]:
    """How many tickets came to what."""
    rows = session.execute(
        select(BulkLine.outcome, func.count())
        .where(BulkLine.run_id == run.id)
        .group_by(BulkLine.outcome)
    ).all()
    found = {Outcome(outcome): number for outcome, number in rows}
    return {outcome: found.get(outcome, 0) for outcome in Outcome}


def forget_old(session: Session, now: datetime) -> None:
    """Drop runs that nobody can take back any more."""
    old = select(BulkRun.id).where(BulkRun.finished < now - KEPT_FOR)
    session.execute(delete(BulkRun).where(BulkRun.undoes_id.in_(old)))
    session.execute(delete(BulkRun).where(BulkRun.id.in_(old)))


def _do(session: Session, run: BulkRun, line: BulkLine, now: datetime) -> Value | None:
    groups = list(access_of(session, run.user).groups)
    bound = {"reader": run.user_id, "ticket": line.task_id, "groups": groups}
    found = session.execute(_ticket(), bound).one_or_none()
    if found is None:
        raise NotFound
    ticket, level = found
    learn_level(session, run.user, ticket.task_list.agent_acl_id, level)
    return ACTS[run.act].do(session, run.user, ticket, run.value, now)


@cache
def _ticket() -> Any:
    """A ticket that somebody works on, to be changed, and their level in its list."""
    groups: Any = bindparam("groups", expanding=True)
    return (
        worked_by(ANYBODY)
        .where(Task.id == bindparam("ticket", type_=Integer()))
        .join(TaskList, TaskList.id == Task.task_list_id)
        .options(contains_eager(Task.task_list))
        .add_columns(level_column(groups, TaskList.agent_acl_id))
        .with_for_update(of=Task)
    )


def _undo(session: Session, run: BulkRun, line: BulkLine, now: datetime) -> Value | None:
    done = session.get_one(BulkLine, (run.undoes_id, line.task_id))
    first = session.get_one(BulkRun, run.undoes_id)
    act = ACTS[first.act]
    gone = act.gone(run.user, now).where(Task.id == line.task_id).with_for_update(of=Task)
    ticket = session.scalar(gone)
    if ticket is None:
        raise NotFound
    if act.undo is None:
        raise Conflict("This cannot be taken back at once.")
    act.undo(session, run.user, ticket, first.value, done.before or {}, now)
    done.outcome = Outcome.UNDONE
    return {}


def _waiting(run_id: int) -> Select[BulkLine]:
    return select(BulkLine).where(BulkLine.run_id == run_id, BulkLine.outcome == Outcome.WAITING)


def _next(run_id: int) -> Select[BulkLine, BulkRun]:
    """The next line, with its run and whose it is: these are asked for once a ticket."""
    return (
        _waiting(run_id)
        .join(BulkRun, BulkRun.id == BulkLine.run_id)
        .add_columns(BulkRun)
        .options(joinedload(BulkRun.user, innerjoin=True))
        .order_by(BulkLine.task_id)
        .limit(1)
        .with_for_update(of=BulkLine, skip_locked=True)
    )


def _fail(session: Session, run_id: int) -> None:
    if found := session.execute(_next(run_id)).one_or_none():
        line = found[0]
        line.outcome, line.reason = Outcome.REFUSED, "Something went wrong here."


def _add_lines(session: Session, run: BulkRun, numbers: Collection[int]) -> None:
    if numbers:
        session.execute(
            insert(BulkLine),
            [
                {"run_id": run.id, "task_id": number, "outcome": Outcome.WAITING, "reason": ""}
                for number in numbers
            ],
        )
