"""What was done to a request, out of the journal's public entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.models import JournalEntry, User
from modules.help.words import first_name
from modules.tasks.history import COMMENT_EDITED, ENTITY
from modules.tasks.models import State, Task, Waiting
from modules.tasks.queries import asked_by

MOST_ACTS = 100
LONGEST_EARLIER = 5_000

ACTS = {
    "started": ("started working on this", State.IN_PROGRESS),
    "reopened": ("opened this again", State.OPEN),
    "resolved": ("resolved this", State.RESOLVED),
    "closed": ("closed this", State.CLOSED),
    "edited": ("changed the request", None),
    "location": ("changed the location", None),
    "waiting": ("asked for your answer", None),
    "field": ("changed what the form asks", None),
    "files": ("added files", None),
    "comment_deleted": ("removed a message", None),
    "continued": ("answered after this had been closed for long: it goes on in", None),
    "continues": ("went on here with", None),
}
"""What is told of the journal's public entries; an act that is not named here is not told."""

ICONS = {
    "edited": "square-pen",
    "location": "map-pin",
    "waiting": "circle-question-mark",
    "field": "square-pen",
    "files": "paperclip",
    "comment_deleted": "trash-2",
    "continued": "link",
    "continues": "link",
}
TEXTS = {"summary": "Subject before", "description": "Details before"}

Entry = tuple[JournalEntry, str | None]


@dataclass(frozen=True)
class Earlier:
    """What somebody wrote before they changed it."""

    what: str
    text: str
    at: datetime

    @classmethod
    def of(cls, what: str, text: str, at: datetime) -> "Earlier":
        """The text, or its beginning where it is long."""
        shown = text if len(text) <= LONGEST_EARLIER else text[:LONGEST_EARLIER] + " …"
        return cls(what, shown, at)


@dataclass(frozen=True)
class Act:
    """Something that was done."""

    at: datetime
    who: str
    what: str
    state: State | None
    mine: bool
    icon: str = "dot"
    earlier: Sequence[Earlier] = ()
    request: int | None = None


def journal_of(
    session: Session, ticket: Task, *, since: datetime | None, until: datetime | None
) -> list[Entry]:
    """The newest public entries of that time that a customer is told, with who did it."""
    query = (
        select(JournalEntry, User.name)
        .outerjoin(User, User.id == JournalEntry.actor_id)
        .where(
            JournalEntry.entity == ENTITY,
            JournalEntry.entity_id == ticket.id,
            JournalEntry.public,
            JournalEntry.act.in_((*ACTS, COMMENT_EDITED)),
        )
        .order_by(JournalEntry.id.desc())
        .limit(MOST_ACTS)
    )
    if since is not None:
        query = query.where(JournalEntry.at >= since)
    if until is not None:
        query = query.where(JournalEntry.at < until)
    found: list[Entry] = [(entry, name) for entry, name in session.execute(query)]
    return found[::-1]


def earlier_texts(journal: Sequence[Entry]) -> dict[int, list[Earlier]]:
    """What messages said before they were edited, by the message."""
    texts: dict[int, list[Earlier]] = {}
    for entry, _ in journal:
        if entry.act == COMMENT_EDITED and "body" in entry.changes:
            text = Earlier.of("Before", entry.changes["body"][0], entry.at)
            texts.setdefault(entry.changes["comment"], []).append(text)
    return texts


def acts_of(session: Session, user: User, journal: Sequence[Entry]) -> list[Act]:
    """The journal as it is told; another request is named to those who may see it."""
    told = [(entry, name) for entry, name in journal if _is_told(entry)]
    others = {other for entry, _ in told if (other := _other(entry))}
    seen: set[int] = set()
    if others:
        seen = set(
            session.scalars(asked_by(user).with_only_columns(Task.id).where(Task.id.in_(others)))
        )
    return [
        _act(entry, name, user)
        for entry, name in told
        if _other(entry) is None or _other(entry) in seen
    ]


def _is_told(entry: JournalEntry) -> bool:
    if entry.act == "waiting":
        return bool(entry.changes.get("waiting", [None])[-1] == Waiting.CUSTOMER)
    return entry.act in ACTS


def _other(entry: JournalEntry) -> int | None:
    return entry.changes["request"][-1] if "request" in entry.changes else None


def _act(entry: JournalEntry, name: str | None, user: User) -> Act:
    what, state = ACTS[entry.act]
    mine = entry.actor_id == user.id
    who = "You" if mine else first_name(name)
    if not who and entry.act == "closed":
        what = "Closed by itself, after some quiet days"
    return Act(
        at=entry.at,
        who=who or ("" if entry.act == "closed" else "Somebody"),
        what=what,
        state=state,
        mine=mine,
        icon=ICONS.get(entry.act, "dot"),
        earlier=[
            Earlier.of(label, entry.changes[key][0], entry.at)
            for key, label in TEXTS.items()
            if key in entry.changes
        ],
        request=_other(entry),
    )
