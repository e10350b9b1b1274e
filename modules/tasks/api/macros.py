"""Macros: several changes and a message in one step."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from groupware.api import ANYBODY, UNSET, Id, Made, Noun, Page, Ref, Says, Unset, page_of
from groupware.errors import Invalid
from groupware.models import Level
from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, actor, now, one, open_to, session
from modules.tasks.access import require
from modules.tasks.api import sharing
from modules.tasks.api.access_lists import Access, AccessChange
from modules.tasks.api.canned import (
    AtHandQuery,
    Group,
    Name,
    OfList,
    changeable,
    label_of,
    list_named,
    usable,
)
from modules.tasks.api.faces import found, shown
from modules.tasks.api.shapes import Ticket
from modules.tasks.canned import at_hand
from modules.tasks.canned.at_hand import Label
from modules.tasks.canned.texts import LONGEST
from modules.tasks.macros import managing, running
from modules.tasks.macros.models import Macro as Row
from modules.tasks.macros.steps import ME, MOST_DAYS, NOBODY
from modules.tasks.macros.steps import Steps as Kept
from modules.tasks.models import Kind, State, Urgency

nouns = Noun("macros", "Several changes and a message in one step; their own, shared, or a list's.")


class Whom(StrEnum):
    """Somebody without a number."""

    ME = ME
    NOBODY = NOBODY


class For(StrEnum):
    """For whom a ticket waits."""

    CUSTOMER = "customer"
    THIRD_PARTY = "third_party"
    NONE = "none"


Some = Annotated[list[Id], Says("Ids.", most=50)]


@dataclass(frozen=True)
class Steps:
    """What a macro does; what is not there changes nothing."""

    status: State | None = None
    assignee: Annotated[Whom | Id | None, Says("`me` is whoever runs it.")] = None
    urgency: Urgency | None = None
    waiting: For | None = None
    due_days: Annotated[int | None, Says("From when it runs.", least=0, most=MOST_DAYS)] = None
    task_list: Annotated[Id | None, Says("Moves the ticket there.")] = None
    add_categories: Some | None = None
    remove_categories: Some | None = None
    custom: Annotated[dict[str, Any] | None, Says("Custom fields by slug; null clears one.")] = None
    kind: Annotated[Kind, Says("Of the message.")] = Kind.REPLY
    body: Annotated[str, Says("A message, with placeholders.", most=LONGEST)] = ""
    canned: Annotated[Id | None, Says("A canned reply in place of a body.")] = None


@dataclass(frozen=True)
class Macro:
    """A macro."""

    id: int
    name: str
    category: str
    steps: Steps
    task_list: Ref | None
    permissions: Annotated[list[str], Says("`change` where the reader may.")]


@dataclass(frozen=True)
class NewMacro:
    """What a macro is made of; it is one's own alone until it is shared."""

    name: Name
    steps: Steps
    category: Group = ""
    task_list: OfList = None


@dataclass(frozen=True)
class MacroChange:
    """What becomes of a macro; a field that is not sent stays as it is."""

    name: Name | Unset = UNSET
    steps: Steps | Unset = UNSET
    category: Group | Unset = UNSET
    task_list: OfList | Unset = UNSET


@nouns.get("/macros")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def listed(query: AtHandQuery) -> Page[Macro]:
    """The macros that one may run."""
    wanted = usable(Row, query)
    for word in query.q.split():
        wanted = wanted.where(Row.name.icontains(word, autoescape=True))
    return page_of(session(), wanted, query, Row.name, Row.id, show=_shown)


@nouns.post("/macros")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def create(body: NewMacro) -> Made[Macro]:
    """Make a macro."""
    label = Label(body.name, body.category, list_named(body.task_list))
    made = managing.create(session(), actor(), label, _kept(body.steps), now=now())
    return Made(_shown([made])[0], f"/api/v1/macros/{made.id}")


@nouns.get("/macros/<int:macro_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def show(macro_id: int) -> Macro:
    """A macro."""
    return _shown([_macro(macro_id)])[0]


@nouns.patch("/macros/<int:macro_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def edit(macro_id: int, body: MacroChange) -> Macro:
    """Change a macro, for all who run it."""
    row = _macro(macro_id)
    steps = Kept.of(row.steps) if isinstance(body.steps, Unset) else _kept(body.steps)
    managing.edit(session(), actor(), row, label_of(row, body), steps, now=now())
    return _shown([row])[0]


@nouns.delete("/macros/<int:macro_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def delete(macro_id: int) -> None:
    """Take a macro away, from everybody."""
    at_hand.delete(session(), actor(), _macro(macro_id), now=now())


@nouns.get("/macros/<int:macro_id>/access")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def access(macro_id: int) -> Access:
    """Who runs it (`read`) and who may change it (`manage`); for the latter."""
    return sharing.shown(_macro(macro_id))


@nouns.patch("/macros/<int:macro_id>/access")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def share(macro_id: int, body: AccessChange) -> Access:
    """Share a macro."""
    row = _macro(macro_id)
    at_hand.share(session(), actor(), row, sharing.wanted(row, body), now=now())
    return sharing.shown(row)


@dataclass(frozen=True)
class MacroRun:
    """Which macro."""

    macro: Id


@nouns.post("/tickets/<int:ticket_id>/macros")
@open_to(*ANYBODY)
def run(ticket_id: int, body: MacroRun) -> Made[Ticket]:
    """Run a macro on a ticket: all of its steps, or none."""
    ticket = found(ticket_id, held=True)
    require(session(), actor(), Level.WRITE, ticket.task_list)
    running.run(session(), actor(), ticket, _macro(body.macro), now=now())
    session().flush()
    return Made(shown([ticket])[0], f"/api/v1/tickets/{ticket_id}")


def _macro(macro_id: int) -> Row:
    return one(at_hand.usable_by(actor(), Row).where(Row.id == macro_id))


def _kept(steps: Steps) -> Kept:
    if len(json.dumps(steps.custom)) > LONGEST:
        raise Invalid(steps="These are more values than a macro keeps.")
    return Kept(
        state=steps.status or "",
        assignee=str(steps.assignee or ""),
        urgency=steps.urgency or "",
        waiting=steps.waiting or "",
        due_days=steps.due_days,
        task_list=steps.task_list,
        add_categories=tuple(steps.add_categories or ()),
        remove_categories=tuple(steps.remove_categories or ()),
        fields=steps.custom or {},
        kind=steps.kind,
        body=steps.body,
        canned=steps.canned,
    )


def _steps(kept: Kept) -> Steps:
    named = kept.assignee in set(Whom)
    return Steps(
        status=State(kept.state) if kept.state else None,
        assignee=(Whom(kept.assignee) if named else int(kept.assignee)) if kept.assignee else None,
        urgency=Urgency(kept.urgency) if kept.urgency else None,
        waiting=For(kept.waiting) if kept.waiting else None,
        due_days=kept.due_days,
        task_list=kept.task_list,
        add_categories=list(kept.add_categories),
        remove_categories=list(kept.remove_categories),
        custom=dict(kept.fields),
        kind=Kind(kept.kind),
        body=kept.body,
        canned=kept.canned,
    )


def _shown(rows: Sequence[Row]) -> list[Macro]:
    mine = changeable(rows)
    return [
        Macro(
            each.id,
            each.name,
            each.category,
            _steps(Kept.of(each.steps)),
            Ref(each.task_list.id, each.task_list.name) if each.task_list else None,
            ["change"] if each.id in mine else [],
        )
        for each in rows
    ]
