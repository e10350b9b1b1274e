"""Lists come in pages; each names where the next one begins, whatever changes meanwhile."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar

from sqlalchemy import Integer, Select, String, literal, tuple_
from sqlalchemy.orm import Session

from groupware.api.reading import bad
from groupware.api.schema import Says
from groupware.database import UtcDateTime
from groupware.text import LARGEST_NUMBER

T = TypeVar("T")
MOST = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # which no database keeps
NOWHERE = {"cursor": "This is no cursor of this list."}


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of a list: `next` is the cursor of the page after it, null at the end."""

    items: list[T]
    next: str | None = None


@dataclass(frozen=True)
class Paging:
    """What each list takes."""

    per_page: Annotated[int, Says("How many at once.", least=1, most=MOST)] = 50
    cursor: Annotated[str, Says("`next` of the page before.", most=500)] = ""


def page_of(
    session: Session,
    query: Select[Any],
    asked: Paging,
    *keys: Any,
    show: Callable[[Sequence[Any]], list[T]],
    descending: bool = False,
) -> Page[T]:
    """A page of a query, sorted by these columns of its entity, of which the last is unique."""
    if asked.cursor:
        place = tuple_(*(literal(*each) for each in _place(asked.cursor, keys)))
        here = tuple_(*keys)
        query = query.where(here < place if descending else here > place)
    order = [key.desc() if descending else key.asc() for key in keys]
    found = session.scalars(query.order_by(None).order_by(*order).limit(asked.per_page + 1))
    rows = found.unique().all()
    shown, more = rows[: asked.per_page], len(rows) > asked.per_page
    cursor = cursor_of([getattr(shown[-1], key.key) for key in keys]) if more else None
    return Page(show(shown), cursor)


def cursor_of(values: Sequence[Any]) -> str:
    """A place in a list, as it is handed out."""
    plain = [_micros(each) if isinstance(each, datetime) else each for each in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def values_in(cursor: str) -> list[Any]:
    """What `cursor_of` was made of; anything else is answered with 400."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = json.loads(text)
    except (binascii.Error, ValueError, RecursionError):
        bad(NOWHERE)
    if not isinstance(values, list):
        bad(NOWHERE)
    return values


def _place(cursor: str, keys: Sequence[Any]) -> list[tuple[Any, Any]]:
    values = values_in(cursor)
    if len(values) != len(keys):
        bad(NOWHERE)
    return [(_typed(key, value), key.type) for key, value in zip(keys, values, strict=True)]


def _typed(key: Any, value: Any) -> Any:
    if isinstance(key.type, String) and isinstance(value, str):
        if _NO_TEXT.search(value):
            bad(NOWHERE)
        return value
    if type(value) is not int:
        bad(NOWHERE)
    if isinstance(key.type, UtcDateTime):
        try:
            return EPOCH + timedelta(microseconds=value)
        except OverflowError:
            bad(NOWHERE)
    if not isinstance(key.type, Integer) or abs(value) > LARGEST_NUMBER:
        bad(NOWHERE)
    return value


def _micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)
