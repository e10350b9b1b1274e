"""A checklist in a calendar file: each item is a VTODO whose parent is the ticket's.

`X-GROUPWARE-CHECKLIST` names the ticket once more, so that what comes back is an item again, and no
ticket of its own.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from icalendar.prop import vInt, vText
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.errors import Invalid
from groupware.models import User
from modules.tasks import checklists
from modules.tasks.checklists import ChecklistItem
from modules.tasks.icalendar.lines import clean, line
from modules.tasks.icalendar.times import stamp_line
from modules.tasks.models import Status, Task
from modules.tasks.queries import worked_by

MARK = "X-GROUPWARE-CHECKLIST"


def item_lines(parent_uid: str, items: Sequence[ChecklistItem]) -> Iterator[str]:
    """The VTODOs of a ticket's checklist, in its order."""
    for item in items:
        done = item.completed is not None
        yield "BEGIN:VTODO"
        yield line("UID", vText(clean(item.uid)))
        for name in ("DTSTAMP", "LAST-MODIFIED"):
            yield stamp_line(name, item.last_modified)
        yield stamp_line("CREATED", item.created)
        yield line("SUMMARY", vText(clean(item.text)))
        status = Status.COMPLETED if done else Status.NEEDS_ACTION
        yield line("STATUS", vText(status.value))
        if item.completed is not None:
            yield stamp_line("COMPLETED", item.completed)
            yield line("PERCENT-COMPLETE", vInt(100))
        yield line("RELATED-TO", vText(clean(parent_uid)), RELTYPE="PARENT")
        yield line(MARK, vText(clean(parent_uid)))
        yield "END:VTODO"


def take_item(
    session: Session,
    actor: User,
    *,
    parent_uid: str,
    uid: str,
    text: str,
    done: bool,
    now: datetime,
) -> tuple[Task, bool, bool]:
    """Make or change the item that a VTODO stands for: its ticket, and whether it was made or changed."""
    ticket = session.scalar(worked_by(actor).where(Task.uid == parent_uid))
    if ticket is None:
        raise Invalid("the ticket whose checklist it is on is not here")
    item = session.scalar(select(ChecklistItem).where(ChecklistItem.uid == uid)) if uid else None
    if item is not None and item.task_id != ticket.id:
        raise Invalid("its UID belongs to something else here")
    before = ticket.sequence
    made = item is None
    if item is None:
        item = checklists.add_item(session, actor, ticket, text, uid=uid, now=now)
    else:
        checklists.rename_item(session, actor, ticket, item, text, now=now)
    checklists.check_item(session, actor, ticket, item, done=done, now=now)
    return ticket, made, ticket.sequence != before
