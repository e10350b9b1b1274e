"""One act on many tickets: begun here, carried out by the worker, taken back once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from sqlalchemy import select

from groupware.api import UNSET, Id, Made, Noun, Page, Paging, Says, Unset, page_of
from groupware.errors import Invalid
from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, actor, now, one, open_to, session
from groupware.web.words import reader_zone
from modules.support.bulk import acts, running
from modules.support.bulk.models import BulkLine, BulkRun, Outcome
from modules.support.views.bulk import standing
from modules.tasks.models import State, Task, Urgency, Waiting
from modules.tasks.queries import worked_by
from modules.tasks.queue.asking import ask
from modules.tasks.queue.whole import whole
from modules.tasks.saved_views.models import SavedView
from modules.tasks.saved_views.queries import asked_by_view, visible_views

nouns = Noun("bulk", "One act on many tickets, ticket by ticket, with a report and one way back.")

MOST_NAMED = 500


@dataclass(frozen=True)
class NewRun:
    """Which tickets, by exactly one of the first three; and what to do, by exactly one of the rest.

    `waiting_until` goes with `waiting`, `admit` with `merge_into`.
    """

    tickets: Annotated[list[Id] | Unset, Says("Their numbers.", most=MOST_NAMED)] = UNSET
    q: Annotated[str | Unset, Says("All that these words and terms find.", most=200)] = UNSET
    view: Annotated[Id | Unset, Says("All that one finds by a view.")] = UNSET
    status: State | Unset = UNSET
    assignee: Annotated[Id | Unset | None, Says("Null takes them from whoever has them.")] = UNSET
    task_list: Annotated[Id | Unset, Says("Moves them there.")] = UNSET
    add_category: Id | Unset = UNSET
    remove_category: Id | Unset = UNSET
    urgency: Urgency | Unset = UNSET
    waiting: Waiting | Unset | None = UNSET
    merge_into: Annotated[Id | Unset, Says("The ticket that they become part of.")] = UNSET
    macro: Annotated[Id | Unset, Says("Runs it on each of them.")] = UNSET
    delete: Annotated[bool | Unset, Says("True deletes them.")] = UNSET
    waiting_until: datetime | Unset = UNSET
    admit: Annotated[bool | Unset, Says("As when one ticket is merged.")] = UNSET


@dataclass(frozen=True)
class Run:
    """How far an act on many tickets is; one's own are kept for 30 days."""

    id: int
    said: Annotated[str, Says("What is done, in words.")]
    total: int
    done: int
    unchanged: Annotated[int, Says("They were like that before.")]
    refused: int
    undone: int
    left: int
    started: datetime
    finished: datetime | None
    may_undo: bool


@dataclass(frozen=True)
class RunLine:
    """What became of one ticket."""

    ticket: int
    outcome: Outcome
    reason: Annotated[str, Says("Why it was refused.")]


@dataclass(frozen=True)
class LinesQuery(Paging):
    """Which of them."""

    outcome: Outcome | Unset = UNSET


@nouns.post("/bulk")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def begin(body: NewRun) -> Made[Run]:
    """Begin an act on many tickets; the worker goes from one to the next, within seconds."""
    act = acts.read(session(), actor(), _form(body))
    numbers = _numbers(body)
    if not numbers:
        raise Invalid(tickets="There is no ticket among these.")
    run = running.begin(session(), actor(), act, numbers, now=now())
    return Made(_shown(run), f"/api/v1/bulk/{run.id}")


@nouns.get("/bulk/<int:run_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def show(run_id: int) -> Run:
    """How far it is."""
    return _shown(_run(run_id))


@nouns.get("/bulk/<int:run_id>/tickets")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def lines(run_id: int, query: LinesQuery) -> Page[RunLine]:
    """What became of each ticket."""
    there = select(BulkLine).where(BulkLine.run_id == _run(run_id).id)
    if not isinstance(query.outcome, Unset):
        there = there.where(BulkLine.outcome == query.outcome)
    return page_of(session(), there, query, BulkLine.task_id, show=_lines)


@nouns.post("/bulk/<int:run_id>/undo")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def undo(run_id: int) -> Made[Run]:
    """Take it all back, ticket by ticket, where nothing has changed since."""
    made = running.begin_undo(session(), actor(), _run(run_id), now=now())
    return Made(_shown(made), f"/api/v1/bulk/{made.id}")


def _run(run_id: int) -> BulkRun:
    return one(select(BulkRun).where(BulkRun.id == run_id, BulkRun.user_id == actor().id))


def _shown(run: BulkRun) -> Run:
    it = standing(run)
    return Run(
        id=run.id,
        said=run.said,
        total=run.total,
        done=it.done,
        unchanged=it.unchanged,
        refused=it.refused,
        undone=it.undone,
        left=it.left,
        started=run.started,
        finished=run.finished,
        may_undo=it.may_undo,
    )


def _lines(rows: Sequence[BulkLine]) -> list[RunLine]:
    return [RunLine(each.task_id, Outcome(each.outcome), each.reason) for each in rows]


def _numbers(body: NewRun) -> Sequence[int]:
    ways = [name for name in ("tickets", "q", "view") if _is_sent(body, name)]
    if len(ways) != 1:
        raise Invalid(tickets="Say which tickets by `tickets`, `q` or `view`, one of them.")
    if not isinstance(body.tickets, Unset):
        mine = worked_by(actor()).where(Task.id.in_(body.tickets)).with_only_columns(Task.id)
        there = session().scalars(mine).all()
        if len(there) < len(set(body.tickets)):
            raise Invalid(tickets="One of these is not there.")
        return there
    if not isinstance(body.view, Unset):
        view = one(visible_views(actor()).where(SavedView.id == body.view))
        asked = asked_by_view(session(), actor(), view, now())
    else:
        asked = ask(session(), actor(), "" if isinstance(body.q, Unset) else body.q, now())
    found = whole(session(), asked, running.MOST + 1)
    if len(found) > running.MOST:
        raise Invalid(tickets=f"These are more than {running.MOST:,} tickets.")
    return found


def _form(body: NewRun) -> Mapping[str, str]:
    """The act as the page's form says it."""
    wanted = [name for name in WORDS if _is_sent(body, name) and getattr(body, name) is not False]
    if len(wanted) != 1:
        raise Invalid(f"Say one thing to do: {', '.join(WORDS)}.")
    value = getattr(body, wanted[0])
    said = "" if value is None or value is True else str(value)
    form = {"do": WORDS[wanted[0]].format(said)}
    if wanted[0] == "merge_into":
        form |= {"into": said, "admit": "1" if body.admit is True else ""}
    if wanted[0] == "waiting" and not isinstance(body.waiting_until, Unset):
        form["until"] = f"{body.waiting_until.astimezone(reader_zone()):%Y-%m-%dT%H:%M}"
    return form


def _is_sent(body: NewRun, name: str) -> bool:
    return not isinstance(getattr(body, name), Unset)


WORDS = {
    "status": "status {}",
    "assignee": "assignee {}",
    "task_list": "list {}",
    "add_category": "category +{}",
    "remove_category": "category -{}",
    "urgency": "urgency {}",
    "waiting": "waiting {}",
    "merge_into": "merge",
    "macro": "macro {}",
    "delete": "delete",
}
"""What to do, and what the page's form calls it."""
