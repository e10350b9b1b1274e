"""Tickets in bulk: plots turned into rows, some thousand in one transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session
from tqdm import tqdm

from groupware.blobs import Store
from groupware.database import Database
from groupware.models import Address, JournalEntry
from modules.support.demo.crowd import cast, count_on, enlarge
from modules.support.demo.lives import Life, Row, lived
from modules.support.demo.organisation import DOMAIN
from modules.support.demo.plots import Plots, times
from modules.support.demo.samples import sample
from modules.support.demo.stories import READER
from modules.tasks import search_index
from modules.tasks.models import (
    Attachment,
    Comment,
    Participant,
    Seen,
    Task,
    TaskList,
    task_categories,
)

BATCH = 4000
FILES = ("screen.png", "photo.png", "receipt.pdf", "error.log", "list.csv", "plan.pdf")


def fill(database: Database, store: Store, number: int, seed: int, *, now: datetime) -> None:
    """Add this many tickets of the last two years; a batch is whole or not there at all."""
    with database.writing() as session:
        first = (session.scalar(select(func.max(Task.id))) or 0) + 1
        random = Random(f"{seed} {first}")  # noqa: S311  # the same again is what is wanted
        enlarge(session, random, number, now=now - timedelta(days=730))
    with database.reading() as session:
        plots = Plots(random, cast(session), now)
        reader = session.scalars(
            select(Address.user_id).where(Address.folded == f"{READER}@{DOMAIN}")
        ).one()
    blobs = [_stored(store, name) for name in FILES]
    filed = times(random, number, now)
    with tqdm(total=number, unit=" tickets", disable=None, leave=False) as bar:
        for start in range(0, number, BATCH):
            planned = [plots.plot(at) for at in filed[start : start + BATCH]]
            files = [random.choice(blobs) if plot.file else None for plot in planned]
            unread = [random.random() < 0.1 for _ in planned]
            with database.writing() as session:
                writer = Writer(session, [lived(plot) for plot in planned], files)
                writer.write(reader, unread)
            bar.update(len(planned))
    _measure(database)


class Writer:
    """Gives a batch of lives their numbers, and writes them."""

    def __init__(self, session: Session, lives: list[Life], files: Sequence[Row | None]) -> None:
        self.session, self.lives, self.files = session, lives, files

    def write(self, reader: int, unread: Sequence[bool]) -> None:
        if self.session.get_bind().dialect.name == "postgresql":
            self.session.execute(
                text("LOCK TABLE tasks, comments, task_lists IN SHARE ROW EXCLUSIVE MODE")
            )
        self._number()
        lives = self.lives
        self._insert(Task, [life.task for life in lives])
        self._insert(
            Participant,
            [
                {
                    "user_id": life.task["customer_id"],
                    "task_id": life.task["id"],
                    "is_customer": True,
                }
                for life in lives
            ],
        )
        self._insert(Comment, self.comments)
        self._insert(
            task_categories,
            [
                {"task_id": life.task["id"], "category_id": category}
                for life in lives
                for category in life.categories
            ],
        )
        self._insert(
            Attachment,
            [
                file
                | {
                    "task_id": life.task["id"],
                    "added_by_id": life.task["customer_id"],
                    "created": life.task["created"],
                }
                for life, file in zip(lives, self.files, strict=True)
                if file is not None
            ],
        )
        journal = [entry for life in lives for entry in life.journal]
        self._insert(JournalEntry, sorted(journal, key=lambda entry: entry["at"]))
        self._insert(Seen, self._seen(reader, unread))
        self._advance()
        search_index.index(self.session, lives[0].task["id"], lives[-1].task["id"])

    def _number(self) -> None:
        """Tickets, comments and changes get their numbers, in the order of time."""
        session = self.session
        task_id = session.scalar(select(func.max(Task.id))) or 0
        comment_id = session.scalar(select(func.max(Comment.id))) or 0
        changes = dict(session.execute(select(TaskList.id, TaskList.change_number)).all())
        for life in self.lives:
            task_id += 1
            life.task["id"] = task_id
            for row in life.comments:
                row["task_id"] = task_id
            for row in life.journal:
                row["entity_id"] = task_id
            changes[life.task["task_list_id"]] += life.task["sequence"]
            life.task["change_number"] = changes[life.task["task_list_id"]]
        self.changes = changes
        everything = (comment for life in self.lives for comment in life.comments)
        self.comments = sorted(everything, key=lambda comment: comment["created"])
        for comment in self.comments:
            comment_id += 1
            comment["id"] = comment_id
        for life in self.lives:
            replies = [row["id"] for row in life.comments if row["kind"] == "reply"]
            life.task["last_reply_id"] = replies[-1] if replies else None
            for entry in life.journal:
                if "comment" in entry["changes"]:
                    entry["changes"] = {"comment": entry["changes"]["comment"]["id"]}

    def _seen(self, reader: int, unread: Sequence[bool]) -> list[Row]:
        rows: list[Row] = []
        for life, new in zip(self.lives, unread, strict=True):
            if not new:
                last = life.task["last_modified"]
                life.seen[reader] = last
                life.seen[life.task["customer_id"]] = last
            rows += [
                {"user_id": user, "task_id": life.task["id"], "at": at}
                for user, at in life.seen.items()
            ]
        return rows

    def _advance(self) -> None:
        for list_id, number in self.changes.items():
            self.session.execute(
                update(TaskList).where(TaskList.id == list_id).values(change_number=number)
            )
        count_on(self.session, "tasks", "comments")

    def _insert(self, table: Any, rows: list[Row]) -> None:
        if rows:
            core = getattr(table, "__table__", table)
            self.session.connection().execute(insert(core), rows)


def _measure(database: Database) -> None:
    """Let the database's planner know how much there is now."""
    engine = database.engine
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    else:
        with database.writing() as session:
            session.execute(text("ANALYZE"))


def _stored(store: Store, name: str) -> Row:
    kind, content = sample(name)
    blob = store.put([content])
    return {"name": name, "content_type": kind, "size": blob.size, "sha256": blob.sha256}
