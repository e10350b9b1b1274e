"""An act on a thousand tickets, each in a transaction of its own, as the worker does it."""

import time

from sqlalchemy import select

from groupware import module
from groupware.database import Database, utc_now
from groupware.models import Address, Level, User
from modules.support.bulk import running
from modules.support.demo.organisation import DOMAIN
from modules.tasks.models import Task
from modules.tasks.queries import worked_by

MANY = 1_000


def many_at_once(database_url: str) -> tuple[int, float]:
    """How many tickets were changed, and the seconds that it took."""
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
        run = running.begin(
            session,
            person,
            ("urgency", {"to": "urgent"}, "Urgency: Urgent"),
            numbers,
            now=utc_now(),
        ).id
    began = time.perf_counter()
    running.work_off(database, run, utc_now)
    took = time.perf_counter() - began
    database.engine.dispose()
    return len(numbers), took
