"""An act on many tickets: to begin it, to see what becomes of it, to take it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.utils import redirect

from groupware.errors import Invalid
from groupware.idempotency import once
from groupware.models import User
from groupware.text import number_in
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    page,
    release,
    services,
    session,
)
from modules.support.bulk import acts, running
from modules.support.bulk.models import BulkLine, BulkRun, Outcome
from modules.support.views.ticket import LONGEST_ADDRESS, QUEUE
from modules.tasks.models import Task
from modules.tasks.queries import visible_to, worked_by
from modules.tasks.queue.asking import ask
from modules.tasks.queue.whole import whole

blueprint = Blueprint("bulk", __name__)

MOST_TICKED = 500
MOST_TOLD = 200


@dataclass(frozen=True)
class Refused:
    """A ticket that stayed as it was, and why; its subject only where it may be seen."""

    id: int
    subject: str
    reason: str


@dataclass(frozen=True)
class Done:
    """How a run stands."""

    run: BulkRun
    done: int
    unchanged: int
    refused: int
    undone: int
    left: int
    may_undo: bool

    @property
    def percent(self) -> int:
        return 100 * (self.run.total - self.left) // max(self.run.total, 1)


@blueprint.post("/support/bulk")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def begin() -> ResponseReturnValue:
    """Do something to the ticked tickets, or to all of the view: a hundred now, the rest soon."""
    form = request.form
    back = _back(form.get("view", ""))
    act = acts.read(session(), actor(), form)
    numbers = _whole_view(form.get("whole", "")) if form.get("all") == "1" else _ticked()
    if not numbers:
        raise Invalid("Please choose some tickets first.")
    person_id, key = actor().id, form.get("idempotency_key", "")
    at, database = now(), services().database
    release()
    with database.writing() as writing:
        person = writing.get_one(User, person_id)

        def write() -> str:
            return str(running.begin(writing, person, act, numbers, back=back, now=at).id)

        answer, _ = once(writing, person, f"bulk {key}" if key else "", write, now=at)
    return _worked(int(answer), back)


@blueprint.post("/support/bulk/<int:run_id>/undo")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def undo(run_id: int) -> ResponseReturnValue:
    """Take the whole back, ticket by ticket, where nothing has changed since."""
    run = _run(run_id)
    person_id, at, database = actor().id, now(), services().database
    release()
    with database.writing() as writing:
        run = writing.get_one(BulkRun, run_id)
        person = writing.get_one(User, person_id)
        made = running.begin_undo(writing, person, run, now=at)
        number, back = made.id, made.back
    return _worked(number, back)


@blueprint.get("/support/bulk/<int:run_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def report(run_id: int) -> ResponseReturnValue:
    """How far it is, what was refused and why."""
    run = _run(run_id)
    return page("support/bulk.html", it=standing(run), refused=_refused(run), back=_back(run.back))


def standing(run: BulkRun) -> Done:
    """How a run of the reader's stands: two statements."""
    found = running.outcomes(session(), run)
    taken_back = session().scalar(select(BulkRun.id).where(BulkRun.undoes_id == run.id))
    return Done(
        run,
        done=found[Outcome.DONE],
        unchanged=found[Outcome.UNCHANGED],
        refused=found[Outcome.REFUSED],
        undone=found[Outcome.UNDONE],
        left=found[Outcome.WAITING],
        may_undo=bool(
            run.finished and found[Outcome.DONE] and not running.lasting(run) and not taken_back
        ),
    )


def just_done() -> Done | None:
    """The run that led back to this page, to be told at its top."""
    number = number_in(request.args.get("bulk", ""))
    if not number:
        return None
    own = select(BulkRun).where(BulkRun.id == number, BulkRun.user_id == actor().id)
    run = session().scalar(own)
    return standing(run) if run else None


def _worked(run_id: int, back: str) -> ResponseReturnValue:
    """Do the first hundred; who has to wait for more looks on."""
    at = now()
    finished = running.work_off(services().database, run_id, lambda: at, running.AT_ONCE + 1)
    if finished:
        joint = "&" if "?" in back else "?"
        return redirect(f"{back}{joint}bulk={run_id}", 303)
    return redirect(f"/support/bulk/{run_id}", 303)


def _run(run_id: int) -> BulkRun:
    return one(select(BulkRun).where(BulkRun.id == run_id, BulkRun.user_id == actor().id))


def _ticked() -> Sequence[int]:
    numbers = [number_in(each) for each in request.form.getlist("ids")[: MOST_TICKED + 1]]
    if len(numbers) > MOST_TICKED or None in numbers:
        raise Invalid("These tickets cannot be chosen.")
    worked = worked_by(actor()).where(Task.id.in_([number for number in numbers if number]))
    return session().scalars(worked.with_only_columns(Task.id)).all()


def _whole_view(filters: str) -> Sequence[int]:
    values = MultiDict(parse_qsl(filters[:LONGEST_ADDRESS]))
    found = whole(session(), ask(session(), actor(), values, now()), running.MOST + 1)
    if len(found) > running.MOST:
        raise Invalid(f"These are more than {running.MOST:,} tickets. Please narrow the view.")
    return found


def _refused(run: BulkRun) -> list[Refused]:
    lines = session().execute(
        select(BulkLine.task_id, BulkLine.reason)
        .where(BulkLine.run_id == run.id, BulkLine.outcome == Outcome.REFUSED)
        .order_by(BulkLine.task_id)
        .limit(MOST_TOLD)
    )
    reasons = {row.task_id: row.reason for row in lines}
    if not reasons:
        return []
    seen = visible_to(actor()).where(Task.id.in_(reasons)).with_only_columns(Task.id, Task.summary)
    subjects = {row.id: row.summary for row in session().execute(seen)}
    return [Refused(number, subjects.get(number, ""), why) for number, why in reasons.items()]


def _back(wanted: str) -> str:
    """The queue that it came from, without what was told there before."""
    if len(wanted) > LONGEST_ADDRESS or not QUEUE.fullmatch(wanted):
        return "/support"
    path, _, query = wanted.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith("bulk=")]
    return f"{path}?{'&'.join(kept)}" if kept else path
