"""What could follow what somebody is typing: terms first, then their values."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from groupware.models import User
from modules.tasks.fields import CustomField, FieldKind
from modules.tasks.models import State, Task
from modules.tasks.queries import of_lists
from modules.tasks.queue.choices import Choices
from modules.tasks.queue.custom import ME, SUCH, FieldNames
from modules.tasks.queue.filters import LONGEST, DueBy, Sort
from modules.tasks.queue.typed import CHOICES, IS, NAMED, NAMES, quoted

MOST = 12
HINTS = {
    "status": "open, in_progress, resolved, closed, all",
    "assignee": "me, none, a name",
    "category": "its name, none",
    "due": "<7d, today, overdue, none",
    "list": "its name",
    "urgency": "low, normal, high, urgent",
    "customer": "a name or an address",
    "location": "its name, none",
    "waiting": "customer, third_party, until, any",
    "is": "unread, overdue, mine, unassigned",
    "has": "files, replies, notes, due",
    "created": "<7d, >2026-01-31, week",
    "updated": "<7d, >2026-01-31, week",
    "resolved": "<7d, >2026-01-31, week",
    "sort": "updated, created, due, urgency",
}
PERIODS = ("today", "yesterday", "<24h", "<7d", ">7d", "<30d", ">30d", "week", "month")
AHEAD = ("today", "tomorrow", "<24h", "<7d", ">7d", "week", "month")
MEANS = {
    "me": "you yourself",
    "none": "has none",
    "any": "has one",
    "overdue": "was due before now",
    "soon": "within 24 hours",
    "week": "this week",
    "month": "this month",
    "active": "open or in progress",
    "all": "in any state",
}
"""What words say that do not say it themselves."""
WORDS: Mapping[str, Iterable[str]] = {
    **{name: list(kind) for name, kind in CHOICES.items()},
    "is": list(IS),
    "due": (*DueBy, *AHEAD, "none", "any"),
    "created": PERIODS,
    "updated": PERIODS,
    "resolved": (*PERIODS, "none"),
    "sort": [f"{sort}{way}" for sort in Sort for way in ("", "-asc")],
}

LENGTH = re.compile(r"([<>])([0-9]+)([hd])")
UNITS = {"h": "hours", "d": "days"}

_PIECE = re.compile(r'\s+|(?:[^\s"]|"[^"]*(?:"|$))+')
_TERM = re.compile(r'-?([^\W\d_][\w-]{0,63}):((?:"[^"]*"|[^",])*,)*"?([^",]*)"?$')


@dataclass(frozen=True)
class Completion:
    """What could stand there: in a list, what it says beside it, and the text it makes."""

    label: str
    hint: str
    text: str


def complete(
    session: Session, known: Choices, typed: str, at: int | None = None
) -> list[Completion]:
    """What could be meant by the word before the place `at`; names that the reader may choose."""
    typed = typed[:LONGEST]
    at = len(typed) if at is None else max(0, min(at, len(typed)))
    before, after = typed[:at], typed[at:]
    # From the left, as a quotation mark is either a beginning or an end.
    last = max(_PIECE.finditer(before), key=lambda found: found.end(), default=None)
    start = last.start() if last and not last[0].isspace() else at
    piece, head = before[start:], before[:start]
    if term := _TERM.match(piece):
        name, begun = NAMES.get(term[1].casefold()), term[3].strip().casefold()
        stem = piece[: term.start(3)].rstrip('"')
        values = (
            _values(session, known, name, begun)
            if name
            else _of_fields(_custom(session, known), known, term[1], begun)
        )
        return [
            Completion(value, hint, f"{head}{stem}{quoted(value)}{after or ' '}")
            for value, hint in islice(values, MOST)
        ]
    minus, begun = ("-", piece[1:]) if piece.startswith("-") else ("", piece)
    begun = begun.casefold()
    names = {name: hint for name, hint in HINTS.items() if name.startswith(begun)}
    if begun:
        for field in _custom(session, known).all():
            if field.slug.startswith(begun) or field.name.casefold().startswith(begun):
                names.setdefault(field.slug, f"{field.name}: {_such(field)}")
    return [
        Completion(f"{minus}{name}:", hint, f"{head}{minus}{name}:{after}")
        for name, hint in islice(names.items(), MOST if begun else None)
    ]


def _custom(session: Session, known: Choices) -> FieldNames:
    return FieldNames(session, [each.id for each in known.lists], lambda _name: ())


def _such(field: CustomField) -> str:
    return SUCH.get(field.sort) or ", ".join(field.choices[:4])


def _of_fields(
    custom: FieldNames, known: Choices, name: str, begun: str
) -> Iterator[tuple[str, str]]:
    """The values of the fields of this name: choices first, then words that every field knows."""
    found = custom.called(name)
    words: list[str] = []
    for field in found:
        words += field.choices if field.sort.chooses else ()
        words += ("yes", "no") if field.sort is FieldKind.YES_NO else ()
        words += (ME, *known.people.values()) if field.sort is FieldKind.PERSON else ()
        words += AHEAD if field.sort is FieldKind.DATE else ()
    dates = any(field.sort is FieldKind.DATE for field in found)
    for word in dict.fromkeys((*words, "any", "none") if found else ()):
        if begun in word.casefold():
            yield word, _means(word, ahead=True) if dates or word in (ME, "any", "none") else ""


def _values(session: Session, known: Choices, name: str, begun: str) -> Iterator[tuple[str, str]]:
    for word in (*NAMED.get(name, ()), *WORDS.get(name, ())):
        if str(word).startswith(begun):
            yield str(word), _means(str(word), ahead=name == "due")
    names: Mapping[str, Iterable[str]] = {
        "list": [each.name for each in known.lists],
        "assignee": known.people.values(),
        "category": known.categories.values(),
        "location": known.locations.values(),
    }
    inside = list(dict.fromkeys(each for each in names.get(name, ()) if begun in each.casefold()))
    yield from (
        (each, "") for each in sorted(inside, key=lambda n: not n.casefold().startswith(begun))
    )
    if name == "customer" and len(begun) > 1:
        yield from _customers(session, known, begun)


def _means(word: str, *, ahead: bool) -> str:
    """What a length of time says, and other words that are shorter than what they mean."""
    if not (length := LENGTH.fullmatch(word)):
        return MEANS.get(word, "")
    span = f"{length[2]} {UNITS[length[3]]}"
    if ahead:
        return f"late, or within {span}" if length[1] == "<" else f"in more than {span}"
    return f"within {span}" if length[1] == "<" else f"more than {span} ago"


def _customers(session: Session, known: Choices, begun: str) -> Iterator[tuple[str, str]]:
    """People with a ticket in a list that the reader works on, by the beginning of a name."""
    plain = begun.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    lists = [each.id for each in known.lists]
    if not lists:
        return
    theirs = of_lists(lists, list(State), Task.id).where(Task.customer_id == User.id)
    lowered: Any = func.lower(User.name)
    query = (
        select(User.name)
        .where(
            or_(lowered.like(f"{plain}%", escape="\\"), lowered.like(f"% {plain}%", escape="\\")),
            theirs.exists(),
        )
        .order_by(User.name)
        .limit(MOST)
    )
    for name in session.scalars(query):
        yield name, "Requester"
