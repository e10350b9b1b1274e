"""What a run of many alike things asks again and again, and asks once.

Only for what the run itself does not change, and only for as long as its transaction.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

T = TypeVar("T")

_KEPT = "remembered"


@contextmanager
def remembering(session: Session) -> Iterator[None]:
    """Within it, `remembered` asks for each key once."""
    session.info[_KEPT] = {}
    try:
        yield
    finally:
        del session.info[_KEPT]


def remembered(session: Session, key: Hashable, find: Callable[[], T]) -> T:
    """What `find` finds; found before in this run, it is not looked for again."""
    kept: dict[Hashable, Any] | None = session.info.get(_KEPT)
    if kept is None:
        return find()
    if key not in kept:
        kept[key] = find()
    return cast(T, kept[key])
