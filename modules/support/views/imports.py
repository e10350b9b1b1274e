"""Tickets out of a table or a calendar: choose a file, see what would become of it, confirm, read."""

from collections.abc import Iterable, Sequence
from typing import BinaryIO

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select

from groupware.errors import Invalid
from groupware.idempotency import new_key, once
from groupware.models import Level, Upload
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
    see_other,
    services,
    session,
)
from groupware.web.uploading import kept, received, takes_files_up_to
from modules.support.importing import calendars, making, reading, running, wishes
from modules.support.importing.models import ImportRow, ImportRun, Kind, Outcome
from modules.tasks import fields
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import lists_worked_by, visible_to

blueprint = Blueprint("imports", __name__, url_prefix="/support/import")

TRIED = 20
MOST_TOLD = 200


@blueprint.get("")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def choose() -> ResponseReturnValue:
    return page(
        "support/import.html", lists=_lists(), chosen=number_in(request.args.get("list", ""))
    )


@blueprint.post("")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
@takes_files_up_to(calendars.LARGEST)
def preview() -> ResponseReturnValue:
    """What would become of the file's rows; with `confirm` they are written down to be made."""
    number = number_in(request.form.get("task_list", ""))
    task_list = one(_may_file().where(TaskList.id == number))
    try:
        upload = _upload()
        with services().blobs.open(upload.sha256) as stream:
            if calendars.is_calendar(stream):
                return _calendar(task_list, upload, stream)
            sheet = reading.read(stream)
    except Invalid as refusal:
        return page(
            "support/import.html", 422, lists=_lists(), chosen=number, problem=refusal.message
        )
    return _table(task_list, upload, sheet)


def _calendar(task_list: TaskList, upload: Upload, stream: BinaryIO) -> ResponseReturnValue:
    """The same for a calendar, whose tasks need no columns."""
    if request.form.get("confirm"):
        list_id, token_hash = task_list.id, upload.token_hash
        release()  # a long file is read while nobody waits for it
        with calendars.spooled(calendars.read(stream, list_id)) as rows:
            task_list = one(_may_file().where(TaskList.id == list_id))
            upload = session().get_one(Upload, token_hash)
            run_id = _begun(task_list, rows, upload, Kind.CALENDAR)
        return redirect(f"/support/import/{run_id}", 303)
    total = calendars.counted(stream)
    tried = calendars.tried(
        session(), actor(), task_list, calendars.read(stream, task_list.id),
        most=TRIED, now=now(), base_url=services().settings.base_url,
    )  # fmt: skip
    return page(
        "support/import_calendar.html",
        task_list=task_list,
        file=kept()[-1],
        total=total,
        tried=tried,
        key=new_key(),
    )


def _table(task_list: TaskList, upload: Upload, sheet: reading.Sheet) -> ResponseReturnValue:
    asks = fields.fields_of(session(), task_list.id)
    targets = wishes.targets(asks)
    wish = _wish(len(sheet.header), targets) or wishes.guessed(sheet.header, asks)
    rows = list(wishes.said_by(sheet, wish, task_list.id))
    problem = "" if "subject" in wish else "Choose the column that is the subject."
    if request.form.get("confirm") and not problem:
        run_id = _begun(task_list, rows, upload)
        return redirect(f"/support/import/{run_id}", 303)
    there = running.known(session(), [key for _, _, key in rows])
    first = [(number, said, key in there) for number, said, key in rows[:TRIED]]
    return page(
        "support/import_preview.html",
        422 if problem else 200,
        problem=problem,
        task_list=task_list,
        sheet=sheet,
        file=kept()[-1],
        targets=targets,
        wish={place: target for target, place in wish.items()},
        shown={name: word for name, word in targets.items() if name in wish},
        tried=[] if problem else making.tried(session(), actor(), task_list, first, now=now()),
        total=len(rows),
        there=sum(key in there for _, _, key in rows),
        key=new_key(),
    )


@blueprint.get("/<int:run_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def report(run_id: int) -> ResponseReturnValue:
    """How far it is, what was made, what was refused and why."""
    run = one(_mine(run_id))
    found = running.outcomes(session(), run)
    left = found[Outcome.WAITING]
    return page(
        "support/import_report.html",
        run=run,
        what="task" if run.kind == Kind.CALENDAR else "row",
        made=found[Outcome.MADE],
        changed=found[Outcome.CHANGED],
        there=found[Outcome.THERE],
        refused=found[Outcome.REFUSED],
        left=left,
        percent=100 * (run.total - left) // max(run.total, 1),
        problems=_rows(run, Outcome.REFUSED),
        doubts=_rows(run, Outcome.MADE, Outcome.CHANGED) if run.kind == Kind.CALENDAR else (),
        tickets=_tickets(run),
    )


@blueprint.post("/<int:run_id>/halt")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def stop(run_id: int) -> ResponseReturnValue:
    """Make nothing more of it; what was made stays."""
    running.stop(one(_mine(run_id)), now=now())
    return see_other(".report", run_id=run_id)


@blueprint.post("/<int:run_id>/continuation")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def resume(run_id: int) -> ResponseReturnValue:
    """Go on where it was stopped."""
    running.resume(session(), one(_mine(run_id)))
    return see_other(".report", run_id=run_id)


def _mine(run_id: int) -> Select[ImportRun]:
    return select(ImportRun).where(ImportRun.id == run_id, ImportRun.user_id == actor().id)


def _begun(
    task_list: TaskList,
    rows: Iterable[tuple[int, dict[str, str], str]],
    upload: Upload,
    kind: Kind = Kind.TABLE,
) -> str:
    """Written down once, however often it is sent; the worker begins as soon as that is kept."""
    key = request.form.get("idempotency_key", "")

    def write() -> str:
        return str(
            running.begin(
                session(), actor(), task_list, rows, name=upload.name, kind=kind, now=now()
            ).id
        )

    answer, _ = once(session(), actor(), f"import {key}" if key else "", write, now=now())
    return answer


def _lists() -> Sequence[TaskList]:
    return session().scalars(_may_file().order_by(TaskList.position, TaskList.name)).all()


def _may_file() -> Select[TaskList]:
    mine = lists_worked_by(actor(), Level.CREATE)
    return mine.where(TaskList.archived.is_(False))


def _upload() -> Upload:
    files = received()
    if not files:
        raise Invalid(attachments="Please choose a file.")
    return files[-1]


def _wish(columns: int, targets: dict[str, str]) -> dict[str, int]:
    """What the form says of each column; the first that is called so counts."""
    found: dict[str, int] = {}
    for place in range(columns):
        target = request.form.get(f"column_{place}", "")
        if target in targets:
            found.setdefault(target, place)
    return found


def _rows(run: ImportRun, *outcomes: Outcome) -> Sequence[ImportRow]:
    """Those of which there is something to say."""
    query = select(ImportRow).where(
        ImportRow.run_id == run.id, ImportRow.outcome.in_(outcomes), ImportRow.reason != ""
    )
    return session().scalars(query.order_by(ImportRow.number).limit(MOST_TOLD)).all()


def _tickets(run: ImportRun) -> list[tuple[int, str]]:
    """The first tickets that were made, as far as they may be seen now."""
    made = select(ImportRow.task_id).where(
        ImportRow.run_id == run.id, ImportRow.outcome == Outcome.MADE
    )
    seen = visible_to(actor()).where(Task.id.in_(made)).with_only_columns(Task.id, Task.summary)
    return [(row.id, row.summary) for row in session().execute(seen.order_by(Task.id).limit(20))]
