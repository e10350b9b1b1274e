"""Tickets out of a table: choose a file, see what would become of it, confirm, read the report."""

from collections.abc import Sequence

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
    services,
    session,
)
from groupware.web.uploading import kept, received, takes_files
from modules.support.importing import making, reading, running, wishes
from modules.support.importing.models import ImportRow, ImportRun, Outcome
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
@takes_files
def preview() -> ResponseReturnValue:
    """What would become of the file's rows; with `confirm` they are written down to be made."""
    lists = _lists()
    number = number_in(request.form.get("task_list", ""))
    task_list = one(_may_file().where(TaskList.id == number))
    try:
        upload = _upload()
        with services().blobs.open(upload.sha256) as stream:
            sheet = reading.read(stream)
    except Invalid as refusal:
        return page("support/import.html", 422, lists=lists, chosen=number, problem=refusal.message)
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
        lists=lists,
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
    run = one(select(ImportRun).where(ImportRun.id == run_id, ImportRun.user_id == actor().id))
    found = running.outcomes(session(), run)
    left = found[Outcome.WAITING]
    return page(
        "support/import_report.html",
        run=run,
        made=found[Outcome.MADE],
        there=found[Outcome.THERE],
        refused=found[Outcome.REFUSED],
        left=left,
        percent=100 * (run.total - left) // max(run.total, 1),
        problems=_rows(run, Outcome.REFUSED),
        tickets=_tickets(run),
    )


def _begun(
    task_list: TaskList, rows: Sequence[tuple[int, dict[str, str], str]], upload: Upload
) -> str:
    """Written down once, however often it is sent; the worker begins as soon as that is kept."""
    key = request.form.get("idempotency_key", "")

    def write() -> str:
        return str(
            running.begin(session(), actor(), task_list, rows, name=upload.name, now=now()).id
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


def _rows(run: ImportRun, outcome: Outcome) -> Sequence[ImportRow]:
    query = select(ImportRow).where(ImportRow.run_id == run.id, ImportRow.outcome == outcome)
    return session().scalars(query.order_by(ImportRow.number).limit(MOST_TOLD)).all()


def _tickets(run: ImportRun) -> list[tuple[int, str]]:
    """The first tickets that were made, as far as they may be seen now."""
    made = select(ImportRow.task_id).where(
        ImportRow.run_id == run.id, ImportRow.outcome == Outcome.MADE
    )
    seen = visible_to(actor()).where(Task.id.in_(made)).with_only_columns(Task.id, Task.summary)
    return [(row.id, row.summary) for row in session().execute(seen.order_by(Task.id).limit(20))]
