"""What the database holds of a ticket after its plot: the rows that the use cases would have left.

Written apart from them for speed; a test plays the same plots both ways and compares the rows.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from modules.support.demo.plots import Plot, Step
from modules.tasks.history import ENTITY
from modules.tasks.models import Kind, State, Status, Waiting

Row = dict[str, Any]

_STATES = {
    State.OPEN: (Status.NEEDS_ACTION, 0, "reopened"),
    State.IN_PROGRESS: (Status.IN_PROCESS, 0, "started"),
    State.RESOLVED: (Status.COMPLETED, 100, "resolved"),
}


@dataclass
class Life:
    """A ticket's rows; numbers are still missing, and comments stand in the journal themselves."""

    task: Row
    state: State = State.OPEN
    comments: list[Row] = field(default_factory=list)
    journal: list[Row] = field(default_factory=list)
    categories: list[int] = field(default_factory=list)
    seen: dict[int, datetime] = field(default_factory=dict)


def lived(plot: Plot) -> Life:
    """All that has become of it."""
    life = Life(_filed(plot))
    _changed(life, "filed", plot.customer, plot.at, public=True)
    life.seen[plot.customer] = plot.at
    for step in plot.steps:
        _ACTS[step.kind](life, step)
        if step.by is not None:
            life.seen[step.by] = step.at
    return life


def _filed(plot: Plot) -> Row:
    return {
        "uid": plot.uid,
        "task_list_id": plot.task_list.id,
        "customer_id": plot.customer,
        "assignee_id": None,
        "location_id": plot.location,
        "summary": plot.subject,
        "description": plot.details,
        "status": Status.NEEDS_ACTION,
        "priority": plot.urgency.priority,
        "percent": 0,
        "due": None,
        "completed": None,
        "closed": None,
        "waiting": None,
        "created": plot.at,
        "last_modified": plot.at,
        "public_modified": plot.at,
        "sequence": 0,
        "created_by_id": plot.customer,
        "asked_at": plot.at,
        "answered_at": None,
        "last_reply_id": None,
        "reply_count": 0,
        "note_count": 0,
        "file_count": int(plot.file),
    }


def _reply(life: Life, step: Step) -> None:
    _say(life, step, Kind.REPLY, "replied", staff=True)
    life.task["answered_at"] = step.at
    if life.state == State.OPEN:
        if life.task["assignee_id"] is None:
            _give(life, step.by, step.by, step.at)
        _become(life, State.IN_PROGRESS, step)


def _respond(life: Life, step: Step) -> None:
    _say(life, step, Kind.REPLY, "responded", staff=False)
    life.task["asked_at"] = step.at
    if life.state in (State.RESOLVED, State.CLOSED):
        _become(life, State.OPEN, step)
    else:
        _set_waiting(life, None, step)


def _note(life: Life, step: Step) -> None:
    _say(life, step, Kind.NOTE, "noted", staff=True)


def _assign(life: Life, step: Step) -> None:
    _give(life, step.value, step.by, step.at)


def _wait(life: Life, step: Step) -> None:
    if life.state != State.IN_PROGRESS:
        _become(life, State.IN_PROGRESS, step)
    _set_waiting(life, step.value, step)


def _categories(life: Life, step: Step) -> None:
    wanted = sorted(step.value, key=lambda category: str(category[1]))
    names = [name for _, name in wanted]
    _changed(life, "categories", step.by, step.at, public=False, categories=[[], names])
    life.categories = [category_id for category_id, _ in wanted]


def _due(life: Life, step: Step) -> None:
    life.task["due"] = step.value
    _changed(life, "due", step.by, step.at, public=False, due=[None, step.value.isoformat()])


def _resolve(life: Life, step: Step) -> None:
    _become(life, State.RESOLVED, step)


def _close(life: Life, step: Step) -> None:
    _become(life, State.CLOSED, step)


_ACTS = {
    "reply": _reply,
    "respond": _respond,
    "note": _note,
    "assign": _assign,
    "wait": _wait,
    "categories": _categories,
    "due": _due,
    "resolve": _resolve,
    "close": _close,
}


def _say(life: Life, step: Step, kind: Kind, act: str, *, staff: bool) -> None:
    comment: Row = {
        "author_id": step.by,
        "kind": kind,
        "from_staff": staff,
        "body": step.value,
        "created": step.at,
    }
    life.comments.append(comment)
    life.task["note_count" if kind == Kind.NOTE else "reply_count"] += 1
    _changed(life, act, step.by, step.at, public=kind == Kind.REPLY, comment=comment)


def _give(life: Life, to: int | None, by: int | None, at: datetime) -> None:
    before = life.task["assignee_id"]
    if before != to:
        life.task["assignee_id"] = to
        _changed(life, "assigned", by, at, public=False, assignee=[before, to])


def _become(life: Life, state: State, step: Step) -> None:
    before, task = life.state, life.task
    if state == before:
        return
    task["waiting"] = None
    if state == State.CLOSED:
        act = "closed"
        task["closed"] = step.at
        if before != State.RESOLVED:
            task["status"] = Status.CANCELLED
    else:
        task["status"], task["percent"], act = _STATES[state]
        task["closed"] = None
        task["completed"] = step.at if state == State.RESOLVED else None
    life.state = state
    _changed(life, act, step.by, step.at, public=True, status=[before.value, state.value])


def _set_waiting(life: Life, waiting: Waiting | None, step: Step) -> None:
    before = life.task["waiting"]
    if before == waiting:
        return
    life.task["waiting"] = waiting
    public = Waiting.CUSTOMER in (before, waiting)
    _changed(life, "waiting", step.by, step.at, public=public, waiting=[before, waiting])


def _changed(
    life: Life, act: str, by: int | None, at: datetime, *, public: bool, **changes: Any
) -> None:
    task = life.task
    task["last_modified"] = at
    if public:
        task["public_modified"] = at
    task["sequence"] += 1
    life.journal.append(
        {
            "at": at,
            "actor_id": by,
            "act": act,
            "entity": ENTITY,
            "public": public,
            "changes": changes,
        }
    )
