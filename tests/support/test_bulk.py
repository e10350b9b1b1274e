"""Tickets in bulk are what the use cases would have made."""

import shutil
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import blobs, people
from groupware.database import Database
from groupware.models import JournalEntry, Location, User
from modules.support.demo import bulk, crowd
from modules.support.demo.lives import lived
from modules.support.demo.plots import Plot, Plots, Step, times
from modules.tasks import conversation, tickets
from modules.tasks.history import ENTITY
from modules.tasks.models import (
    Attachment,
    Category,
    Comment,
    Kind,
    Participant,
    State,
    Task,
    TaskList,
)
from modules.tasks.queries import worked_by
from tests.factories import NOON

pytestmark = pytest.mark.example
GIVEN = {"id", "uid", "change_number", "revision", "last_reply_id", "file_count"}


@pytest.fixture
def store(tmp_path: Path, example_files: Path) -> blobs.Store:
    return blobs.Folder(shutil.copytree(example_files, tmp_path / "files"))


@pytest.fixture
def example(session: Session) -> Session:
    return session


def plotted(session: Session, number: int, seed: int = 1) -> list[Plot]:
    random = Random(seed)  # noqa: S311
    crowd.enlarge(session, Random(0), number, now=NOON - timedelta(days=800))  # noqa: S311
    session.flush()
    plots = Plots(random, crowd.cast(session), NOON)
    return [plots.plot(at) for at in times(random, number, NOON)]


def told(session: Session, plot: Plot) -> Task:
    """The plot, by way of the use cases."""
    customer = session.get_one(User, plot.customer)
    ticket = tickets.file(
        session,
        customer,
        session.get_one(TaskList, plot.task_list.id),
        tickets.Request(
            plot.subject, plot.details, plot.urgency, session.get_one(Location, plot.location)
        ),
        now=plot.at,
    )
    for step in plot.steps:
        act(session, ticket, step)
        session.flush()
    return ticket


def act(session: Session, ticket: Task, step: Step) -> None:
    by: Any = session.get(User, step.by) if step.by else None
    match step.kind:
        case "reply":
            conversation.reply(session, by, ticket, step.value, now=step.at)
        case "respond":
            conversation.respond(session, by, ticket, step.value, now=step.at)
        case "note":
            conversation.note(session, by, ticket, step.value, now=step.at)
        case "assign":
            to = session.get_one(User, step.value)
            tickets.assign(session, by, ticket, to=to, now=step.at)
        case "wait":
            tickets.wait(session, by, ticket, waiting=step.value, now=step.at)
        case "categories":
            wanted = [session.get_one(Category, category) for category, _ in step.value]
            tickets.categorise(session, by, ticket, wanted, now=step.at)
        case "due":
            tickets.set_due(session, by, ticket, due=step.value, now=step.at)
        case "resolve":
            tickets.set_state(session, by, ticket, State.RESOLVED, now=step.at)
        case "close":
            tickets.change_state(session, by, ticket, State.CLOSED, now=step.at)


def seen_of(session: Session, ticket_id: int) -> dict[str, Any]:
    """Everything that is kept of a ticket, without the numbers that differ from one to the next."""
    task = session.execute(select(Task.__table__).where(Task.id == ticket_id)).mappings().one()
    comments = session.scalars(
        select(Comment).where(Comment.task_id == ticket_id).order_by(Comment.id)
    ).all()
    numbers = {comment.id: n for n, comment in enumerate(comments)}
    journal = session.scalars(
        select(JournalEntry)
        .where(JournalEntry.entity == ENTITY, JournalEntry.entity_id == ticket_id)
        .order_by(JournalEntry.id)
    )
    participants = select(Participant.user_id, Participant.is_customer)
    return {
        "task": {key: value for key, value in task.items() if key not in GIVEN},
        "last reply": numbers.get(task["last_reply_id"]),
        "comments": [
            (c.author_id, c.kind, c.from_staff, c.body, c.created, c.source, c.edited)
            for c in comments
        ],
        "journal": [
            (e.at, e.actor_id, e.act, e.public, renumbered(e.changes, numbers)) for e in journal
        ],
        "participants": session.execute(participants.where(Participant.task_id == ticket_id)).all(),
        "categories": [c.name for c in session.get_one(Task, ticket_id).categories],
    }


def renumbered(changes: dict[str, Any], numbers: dict[int, int]) -> dict[str, Any]:
    return {key: numbers[value] if key == "comment" else value for key, value in changes.items()}


def test_bulk_rows_are_those_of_the_use_cases(example: Session) -> None:
    plots = plotted(example, 60)
    writer = bulk.Writer(example, [lived(plot) for plot in plots], [None] * len(plots))
    reader = people.by_address(example, "mara@maple.example")
    assert reader is not None
    writer.write(reader.id, [False] * len(plots))
    written = [life.task["id"] for life in writer.lives]
    for plot, ticket_id in zip(plots, written, strict=True):
        plot.file = False
        assert seen_of(example, ticket_id)["task"].pop("file_count", 0) in (0, 1)
        assert seen_of(example, ticket_id) == seen_of(example, told(example, plot).id)
    assert {step.kind for plot in plots for step in plot.steps} >= {
        "reply", "respond", "note", "assign", "wait", "categories", "due", "resolve", "close"
    }  # fmt: skip


def test_the_same_seed_tells_the_same_stories(example: Session) -> None:
    once = plotted(example, 30)
    assert plotted(example, 30) == once
    assert plotted(example, 30, seed=2) != once


def test_a_filled_desk_is_consistent(
    example: Session, database: Database, store: blobs.Store
) -> None:
    before = example.scalar(select(func.count()).select_from(Task)) or 0
    example.rollback()
    bulk.fill(database, store, 300, 1, now=NOON)
    lena = people.by_address(example, "lena@maple.example")
    assert lena is not None
    found = example.scalars(worked_by(lena)).all()
    assert len(found) == before + 300
    for task_list in example.scalars(select(TaskList)):
        numbers = [t.change_number for t in found if t.task_list_id == task_list.id]
        assert len(set(numbers)) == len(numbers)
        assert max(numbers) == task_list.change_number
    for ticket in found:
        said = example.scalars(select(Comment).where(Comment.task_id == ticket.id)).all()
        replies = [comment.id for comment in said if comment.kind == Kind.REPLY]
        assert (ticket.reply_count, ticket.note_count) == (len(replies), len(said) - len(replies))
        assert ticket.last_reply_id == max(replies, default=None)
        assert ticket.public_modified <= ticket.last_modified < NOON
    files = example.scalars(select(Attachment)).all()
    assert sum(t.file_count + t.note_file_count for t in found) == len(files)
    assert all(store.exists(file.sha256) for file in files)


def test_filing_goes_on_after_a_bulk(
    example: Session, database: Database, store: blobs.Store
) -> None:
    example.rollback()
    bulk.fill(database, store, 20, 1, now=NOON)
    last = example.scalar(select(func.max(Task.id))) or 0
    people.add_user(example, name="Nora", address="nora@maple.example", now=NOON)
    [plot] = plotted(example, 1)
    assert told(example, plot).id == last + 1
