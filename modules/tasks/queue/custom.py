"""Custom fields among the terms: `severity:high`, `"Cost centre":4711`, `visits:>3`, `signed:yes`.

Only fields of lists that the reader works on have a name here; a term of another one finds nothing.
Fields of several lists that are called the same are meant together.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select
from sqlalchemy.orm import Session

from groupware.errors import Invalid
from modules.tasks import fields
from modules.tasks.fields import CustomField, FieldKind
from modules.tasks.fields.conditions import matching
from modules.tasks.fields.kinds import folded
from modules.tasks.models import Task
from modules.tasks.queue.periods import ANY, LIKE_THIS, NONE, Period
from modules.tasks.queue.said import LONGEST, Said

FEW = 1_000
"""Tickets of a value that are sorted rather than looked for along an index."""
ME = "me"
PARTS = frozenset({FieldKind.LONG_TEXT, FieldKind.LINK})
"""Kinds that are found by a part of what they say; a text is when `~` stands before it."""
SUCH = {
    FieldKind.TEXT: "its whole text, or ~a part of it",
    FieldKind.LONG_TEXT: "a part of its text",
    FieldKind.NUMBER: "7, >3, <=12, 3..8",
    FieldKind.DATE: "2026-01-31, <7d, today, week",
    FieldKind.TIME: "14:30, <12:00",
    FieldKind.YES_NO: "yes, no",
    FieldKind.PERSON: "me, a name or an address",
    FieldKind.LINK: "a part of its address",
}

_COMPARED = re.compile(r"(<=|>=|<|>)\s*(.+)")
_RANGE = re.compile(r"(.+?)\.\.(.+)")


@dataclass(frozen=True)
class FieldNames:
    """Finds fields by what they are called, and says what is typed of them."""

    session: Session
    list_ids: Sequence[int]
    people: Callable[[str], tuple[int, ...]]

    def all(self, list_ids: Collection[int] | None = None) -> list[CustomField]:
        """The fields of the reader's lists, or of some of them."""
        by_list = fields.fields_of_lists(self.session, self.list_ids)
        wanted = self.list_ids if list_ids is None else list_ids
        return [each for number in wanted for each in by_list.get(number, ())]

    def called(self, name: str) -> list[CustomField]:
        """The fields of this slug or name."""
        wanted = folded(name)
        return [each for each in self.all() if wanted in (each.slug, folded(each.name))]

    def means(self, name: str, text: str) -> tuple[Said, ...]:
        """What a value says of the fields of this name; raises Invalid for `q`."""
        refusal: Invalid | None = None
        found: list[Said] = []
        for field in self.called(name):
            texts = [text[:LONGEST]]
            if field.sort is FieldKind.PERSON and not _is_word(text):
                texts = [str(number) for number in self.people(text)]
            try:
                said = [Said(field.id, each) for each in texts]
                for each in said:
                    _row(field, each.text, _Reader(0, datetime(2000, 1, 1, tzinfo=UTC), "UTC"))
                found += said
            except Invalid as problem:
                refusal = problem
        if found or refusal is None:
            return tuple(found)
        raise Invalid(q=f"“{name}:{text}” means nothing. {refusal.message}") from refusal


@dataclass(frozen=True)
class _Reader:
    user_id: int
    now: datetime
    zone: str


def asked_of_fields(
    session: Session,
    said: Sequence[Said],
    list_ids: Sequence[int],
    reader: tuple[int, datetime, str],
    *,
    look: bool,
) -> tuple[ColumnElement[bool], bool]:
    """The condition that one of these holds; and True where so few fit that they are looked up."""
    by_list = fields.fields_of_lists(session, list_ids)
    known = {each.id: each for some in by_list.values() for each in some}
    rows: dict[int, list[ColumnElement[bool]]] = {}
    without: list[ColumnElement[bool]] = []
    for each in said:
        if (field := known.get(each.field_id)) is None:
            continue
        own = fields.FieldValue.field_id == field.id
        if folded(each.text) == NONE:
            none = ~_there(own).exists()
            without.append(and_(Task.task_list_id == field.task_list_id, none))
            continue
        try:
            row = _row(field, each.text, _Reader(*reader))
        except Invalid:  # the field has become another kind since
            continue
        rows.setdefault(field.task_list_id, []).append(and_(own, row))
    if not rows:
        return or_(false(), *without), False
    every = [row for some in rows.values() for row in some]
    few = look and not without and _are_few(session, or_(*every))
    found = [
        and_(
            Task.task_list_id == number,
            Task.id.in_(select(fields.FieldValue.task_id).where(or_(*some)))
            if few
            else _there(or_(*some)).exists(),
        )
        for number, some in rows.items()
    ]
    return or_(*found, *without), few


def _there(condition: ColumnElement[bool]) -> Any:
    return select(literal(1)).where(fields.FieldValue.task_id == Task.id, condition)


def _are_few(session: Session, condition: ColumnElement[bool]) -> bool:
    some = select(literal(1)).select_from(fields.FieldValue).where(condition).limit(FEW + 1)
    return session.scalars(select(func.count()).select_from(some.subquery())).one() <= FEW


def _is_word(text: str) -> bool:
    return text.casefold() in (ME, NONE, ANY) or (text.isascii() and text.isdigit())


def _row(field: CustomField, text: str, reader: _Reader) -> ColumnElement[bool]:
    """The condition on a row of keys; raises Invalid."""
    word = folded(text)
    if word in (NONE, ANY):
        return fields.FieldValue.field_id == field.id
    if field.sort is FieldKind.PERSON:
        number = reader.user_id if word == ME else int(text[:10]) if _is_word(text) else -1
        return fields.FieldValue.number == float(number)
    if field.sort is FieldKind.DATE:
        return _days(field, word, reader)
    if field.sort.counts:
        return _compared(field, word)
    part = word.startswith("~") or field.sort in PARTS
    found = matching(field, word.removeprefix("~"), "~") if part else matching(field, text)
    return and_(*found)


def _compared(field: CustomField, word: str) -> ColumnElement[bool]:
    if between := _RANGE.fullmatch(word):
        return and_(*matching(field, between[1], ">="), *matching(field, between[2], "<="))
    if compared := _COMPARED.fullmatch(word):
        return and_(*matching(field, compared[2], compared[1]))
    return and_(*matching(field, word))


def _days(field: CustomField, word: str, reader: _Reader) -> ColumnElement[bool]:
    """A date as times are typed: a length counts forth from now, as for what is due."""
    try:
        low, high = Period(word).span(reader.now, reader.zone, ahead=True)
    except ValueError:
        raise Invalid(LIKE_THIS) from None
    found: list[ColumnElement[bool]] = []
    if low:
        found += matching(field, _day(low, reader.zone).isoformat(), ">=")
    if high:
        midnight = _there_then(high, reader.zone).time().isoformat() == "00:00:00"
        day = _day(high, reader.zone).isoformat()
        found += matching(field, day, "<" if midnight else "<=")
    return and_(*found)


def _day(at: datetime, zone: str) -> date:
    return _there_then(at, zone).date()


def _there_then(at: datetime, zone: str) -> datetime:
    try:
        return at.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return at.astimezone(UTC)
