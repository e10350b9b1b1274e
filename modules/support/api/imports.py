"""Tickets out of a table: tried first, where one likes, then made by the worker, with a report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import select

from groupware import uploads
from groupware.api import UNSET, Id, Made, Noun, Page, Paging, Says, Unset, page_of
from groupware.errors import Invalid
from groupware.models import Level, Upload
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    services,
    session,
)
from modules.support.importing import making, reading, running, wishes
from modules.support.importing.models import ImportRow, ImportRun, Outcome
from modules.tasks import fields
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import lists_worked_by, visible_to

nouns = Noun("imports", "Tickets out of a table (CSV), row by row, with the rights of who imports.")

TRIED = 20


@dataclass(frozen=True)
class NewImport:
    """Which table goes into which list."""

    attachment: Annotated[str, Says("`token` of a CSV file that was sent to `attachments`.")]
    task_list: Annotated[Id, Says("Where tickets go whose row names no list.")]
    columns: Annotated[
        dict[str, Any] | Unset,
        Says(
            "What is in which column: `subject`, `details`, `customer`, `status`, `urgency`, "
            "`list`, `location`, `categories`, `assignee`, `due`, `key` or `custom:slug`, and the "
            "column's name. Guessed by the names, unless told."
        ),
    ] = UNSET


@dataclass(frozen=True)
class Trial:
    """What would become of the first rows, and which column was taken for what."""

    columns: dict[str, str]
    total: int
    there: Annotated[int, Says("Rows of which an earlier import has made a ticket.")]
    rows: list["TriedRow"]


@dataclass(frozen=True)
class TriedRow:
    """What would become of a row."""

    row: Annotated[int, Says("Its number in the file.")]
    subject: str
    there: bool
    problem: Annotated[str, Says("Why it would be refused; empty where it would not.")]


@dataclass(frozen=True)
class Import:
    """How far an import is; one's own."""

    id: int
    name: Annotated[str, Says("The file's.")]
    total: int
    made: int
    there: Annotated[int, Says("An earlier import had made them.")]
    refused: int
    left: int
    started: datetime
    finished: datetime | None


@dataclass(frozen=True)
class Row:
    """What became of a row."""

    row: Annotated[int, Says("Its number in the file.")]
    outcome: Outcome
    ticket: Annotated[int | None, Says("Null also where one may not see it any more.")]
    reason: Annotated[str, Says("Why it was refused.")]


@dataclass(frozen=True)
class RowsQuery(Paging):
    """Which of them."""

    outcome: Outcome | Unset = UNSET


Read = tuple[TaskList, Upload, dict[str, str], list[tuple[int, dict[str, str], str]]]


@nouns.post("/imports/trial")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def attempt(body: NewImport) -> Trial:
    """See what would become of a table; nothing of it is kept."""
    task_list, _, columns, rows = _read(body)
    there = running.known(session(), [key for _, _, key in rows])
    first = [(number, said, key in there) for number, said, key in rows[:TRIED]]
    tried = making.tried(session(), actor(), task_list, first, now=now())
    return Trial(
        columns=columns,
        total=len(rows),
        there=sum(key in there for _, _, key in rows),
        rows=[
            TriedRow(each.number, each.said.get("subject", ""), each.there, each.problem)
            for each in tried
        ],
    )


@nouns.post("/imports")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def begin(body: NewImport) -> Made[Import]:
    """Make tickets out of a table; the worker goes from row to row, within seconds."""
    task_list, upload, _, rows = _read(body)
    run = running.begin(session(), actor(), task_list, rows, name=upload.name, now=now())
    return Made(_shown(run), f"/api/v1/imports/{run.id}")


@nouns.get("/imports/<int:run_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def show(run_id: int) -> Import:
    """How far it is."""
    return _shown(_run(run_id))


@nouns.get("/imports/<int:run_id>/rows")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def lines(run_id: int, query: RowsQuery) -> Page[Row]:
    """What became of each row."""
    there = select(ImportRow).where(ImportRow.run_id == _run(run_id).id)
    if not isinstance(query.outcome, Unset):
        there = there.where(ImportRow.outcome == query.outcome)
    return page_of(session(), there, query, ImportRow.number, show=_rows)


def _read(body: NewImport) -> Read:
    lists = lists_worked_by(actor(), Level.CREATE).where(TaskList.archived.is_(False))
    task_list = session().scalar(lists.where(TaskList.id == body.task_list))
    if task_list is None:
        raise Invalid(task_list="This list cannot be chosen.")
    files = uploads.named(session(), actor(), [body.attachment], now=now())
    if not files:
        raise Invalid(attachment="This file does not exist, or no longer.")
    try:
        with services().blobs.open(files[0].sha256) as stream:
            sheet = reading.read(stream)
    except Invalid as refusal:
        raise Invalid(attachment=refusal.message) from refusal
    asks = fields.fields_of(session(), task_list.id)
    wish = (
        wishes.guessed(sheet.header, asks)
        if isinstance(body.columns, Unset)
        else _wish(body.columns, sheet.header, wishes.targets(asks))
    )
    if "subject" not in wish:
        raise Invalid(columns="Say which column is the subject.")
    columns = {target: sheet.header[place] for target, place in wish.items()}
    return task_list, files[0], columns, list(wishes.said_by(sheet, wish, task_list.id))


def _wish(
    columns: Mapping[str, Any], header: Sequence[str], targets: Mapping[str, str]
) -> dict[str, int]:
    places = {name: at for at, name in reversed(list(enumerate(header)))}
    found: dict[str, int] = {}
    for target, name in columns.items():
        if target not in targets:
            raise Invalid(columns="A column can be: " + ", ".join(targets) + ".")
        if not isinstance(name, str) or name not in places:
            raise Invalid(columns=f"There is no column for {target}.")
        found[target] = places[name]
    return found


def _run(run_id: int) -> ImportRun:
    return one(select(ImportRun).where(ImportRun.id == run_id, ImportRun.user_id == actor().id))


def _shown(run: ImportRun) -> Import:
    found = running.outcomes(session(), run)
    return Import(
        id=run.id,
        name=run.name,
        total=run.total,
        made=found[Outcome.MADE],
        there=found[Outcome.THERE],
        refused=found[Outcome.REFUSED],
        left=found[Outcome.WAITING],
        started=run.started,
        finished=run.finished,
    )


def _rows(rows: Sequence[ImportRow]) -> list[Row]:
    ids = [each.task_id for each in rows if each.task_id]
    seen = visible_to(actor()).where(Task.id.in_(ids)).with_only_columns(Task.id)
    shown = set(session().scalars(seen)) if ids else set()
    return [
        Row(
            each.number,
            Outcome(each.outcome),
            each.task_id if each.task_id in shown else None,
            each.reason,
        )
        for each in rows
    ]
