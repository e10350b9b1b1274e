"""Tickets by the thousand, made by the database itself within a second or two."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from modules.tasks.models import Task

# A minute apart, the newest last; a fifth is active, a third of all unassigned, half have a due date.
_TASKS = """
    WITH RECURSIVE numbers (i) AS (
        SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM numbers WHERE i < :number)
    INSERT INTO tasks (uid, task_list_id, customer_id, assignee_id, location_id, summary,
        description, status, priority, percent, due, due_is_date, completed, closed,
        answered_after_resolution, created, last_modified, public_modified, asked_at, sequence,
        revision, change_number, source, reply_count, note_count, file_count, note_file_count,
        custom)
    SELECT 'bulk-' || (i + :before), {task_list}, {customer},
        CASE WHEN i * 7919 % 1000 < 300 THEN NULL ELSE {assignee} END, :location,
        'Ticket ' || i, 'It does not work, said number ' || (i * 7919 % 1000),
        CASE WHEN i % 5 = 0 THEN CASE WHEN i % 2 = 0 THEN 'NEEDS-ACTION' ELSE 'IN-PROCESS' END
             WHEN i % 7 = 0 THEN 'CANCELLED' ELSE 'COMPLETED' END,
        CASE i % 4 WHEN 0 THEN 1 WHEN 1 THEN 3 WHEN 2 THEN 5 ELSE 9 END, 0,
        CASE WHEN i % 2 = 0 THEN {due} END, {no}, CASE WHEN i % 5 <> 0 THEN {at} END,
        CASE WHEN i % 5 <> 0 AND (i % 3 <> 0 OR i % 7 = 0) THEN {at} END,
        {no}, {at}, {at}, {at}, {at}, 0, 1, 0, 'import', 0, 0, 0, 0, '{{}}'
    FROM numbers
"""
_CATEGORIES = """
    INSERT INTO task_categories (task_id, category_id)
    SELECT id, :category FROM tasks WHERE id > :after AND id % 4 = 0
"""
_PARTICIPANTS = """
    INSERT INTO participants (user_id, task_id, is_customer)
    SELECT customer_id, id, true FROM tasks WHERE id > :after
"""


def fill(
    session: Session,
    number: int,
    *,
    lists: Sequence[int],
    customers: Sequence[int],
    agents: Sequence[int],
    location: int,
    category: int | None = None,
) -> int:
    """Add that many tickets, dealt out evenly; returns the highest number there was before."""
    session.flush()
    after = session.query(Task.id).order_by(Task.id.desc()).limit(1).scalar() or 0
    postgresql = session.get_bind().dialect.name == "postgresql"
    statement = _TASKS.format(
        task_list=_dealt(lists),
        customer=_dealt(customers, by="i * 7919 / 1000"),
        assignee=_dealt(agents, by="i * 7919 / 77"),
        at=_time("i", postgresql=postgresql),
        due=_time("(i + i * 7919 % 20000)", postgresql=postgresql),
        no="false",
    )
    bound = {"number": number, "before": after, "location": location}
    session.execute(text(statement), bound)
    session.execute(text(_PARTICIPANTS), {"after": after})
    if category is not None:
        session.execute(text(_CATEGORIES), {"after": after, "category": category})
    return int(after)


def analyse(session: Session) -> None:
    """Let the planner know what is there."""
    session.connection().exec_driver_sql("ANALYZE")


def _dealt(ids: Sequence[int], by: str = "i") -> str:
    cases = " ".join(f"WHEN {index} THEN {number}" for index, number in enumerate(ids))
    return f"CASE ({by}) % {len(ids)} {cases} END"


def _time(minutes: str, *, postgresql: bool) -> str:
    if postgresql:
        return f"TIMESTAMPTZ '2026-01-01 00:00:00+00' + {minutes} * INTERVAL '1 minute'"
    return rf"strftime('%Y-%m-%d %H\:%M\:%f000', '2026-01-01', '+' || {minutes} || ' minutes')"
