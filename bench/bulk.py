"""What is done to many tickets at once: an act, an import, and all of them as a file."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from bench.acts import Visitor
from bench.desk import Desk
from groupware import module
from groupware.database import Database, utc_now
from groupware.models import Address, Level, User
from modules.support.bulk import running
from modules.support.demo.organisation import DOMAIN
from modules.support.importing import running as importing
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import worked_by

MANY = 1_000
OURS = "http://127.0.0.1"
ROWS = 10_000


@dataclass(frozen=True)
class Taken:
    """So many things, in so many seconds."""

    name: str
    number: int
    seconds: float
    cpu: float
    statements: int
    told: str = ""

    def __str__(self) -> str:
        number = self.number or 1
        each = f"{self.cpu / number * 1000:.1f} ms of CPU"
        if self.statements:
            each += f", {self.statements / number:.1f} statements"
        return f"{self.name}: {self.number:,} in {self.seconds:.1f} s; each {each}{self.told}"


def work(database_url: str, rows: int = ROWS) -> list[Taken]:
    """What the worker does for an agent: urgency of many tickets, tickets out of a table's rows."""
    module.installed()
    database = Database(database_url)
    with database.writing() as session:
        agent = select(Address.user_id).where(Address.folded == f"mara@{DOMAIN}")
        person = session.get_one(User, session.scalars(agent).one())
        numbers = session.scalars(
            worked_by(person, Level.WRITE)
            .with_only_columns(Task.id)
            .where(Task.priority != 1)
            .limit(MANY)
        ).all()
        act = ("urgency", {"to": "urgent"}, "Urgency: Urgent")
        changes = running.begin(session, person, act, numbers, now=utc_now()).id
        made = _table(session, person, rows)
    found = [
        _taken(database, "an act on many tickets", len(numbers),
               lambda: running.work_off(database, changes, utc_now)),
        _taken(database, "an import", rows,
               lambda: importing.work_off(database, made, utc_now, base_url=OURS)),
    ]  # fmt: skip
    database.engine.dispose()
    return found


def files(place: Desk, tickets: int) -> list[Taken]:
    """All tickets as files; what a process needs for one does not grow with their number."""
    found = []
    for kind in ("csv", "xlsx", "ics"):
        visitor = Visitor(place.port, "lena")
        level = place.level()
        began, cpu = time.perf_counter(), place.cpu()
        length = visitor.drain(f"/support/export.{kind}?state=all")
        seconds = time.perf_counter() - began
        told = f"; {length / 1024:,.0f} kB, at most {place.grown(level):.0f} MB more"
        found.append(Taken(f"export.{kind}", tickets, seconds, place.cpu() - cpu, 0, told))
    return found


def _table(session: Session, person: User, rows: int) -> int:
    own = select(Task).where(Task.location_id.is_not(None), Task.customer_id.is_not(None))
    like = session.scalars(own.where(Task.task_list_id == 1).limit(1)).one()
    address = session.scalar(
        select(func.min(Address.address)).where(Address.user_id == like.customer_id)
    )
    said = {
        "customer": address or "",
        "location": like.location.name if like.location else "",
        "details": "It came from somewhere else.",
        "urgency": "high",
    }
    lines = ((each, {**said, "subject": f"Row {each}"}, f"bench {each}") for each in range(rows))
    task_list = session.get_one(TaskList, 1)
    return importing.begin(session, person, task_list, lines, name="bench", now=utc_now()).id


def _taken(database: Database, name: str, number: int, act: Callable[[], object]) -> Taken:
    sent = 0

    def count(*arguments: object) -> None:
        nonlocal sent
        sent += not str(arguments[2]).startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE"))

    event.listen(database.engine, "before_cursor_execute", count)
    began, cpu = time.perf_counter(), time.process_time()
    act()
    return Taken(name, number, time.perf_counter() - began, time.process_time() - cpu, sent)
