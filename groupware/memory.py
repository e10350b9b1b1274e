"""What a run of many alike things asks again and again, it asks once; and it writes some of it at once.

Only for what the run itself does not change, and only for as long as its transaction.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

T = TypeVar("T")
Write = Callable[[Session, list[Any]], object]

_KEPT, _LATER = "remembered", "written at the end"


@contextmanager
def remembering(session: Session) -> Iterator[None]:
    """Within it, `remembered` asks for each key once; at its end is written what waits for it."""
    session.info[_KEPT], session.info[_LATER] = {}, {}
    try:
        yield
        later: dict[Write, list[Any]] = session.info[_LATER]
        for write, things in later.items():
            write(session, things)
    finally:
        del session.info[_KEPT], session.info[_LATER]


def is_remembering(session: Session) -> bool:
    """True within such a run."""
    return _KEPT in session.info


def remembered(session: Session, key: Hashable, find: Callable[[], T]) -> T:
    """What `find` finds; found before in this run, it is not looked for again."""
    kept: dict[Hashable, Any] | None = session.info.get(_KEPT)
    if kept is None:
        return find()
    if key not in kept:
        kept[key] = find()
    return cast(T, kept[key])


def at_the_end(session: Session, write: Write, thing: object) -> None:
    """Let `write` be called with all such things of this run together; at once without a run."""
    later: dict[Write, list[Any]] | None = session.info.get(_LATER)
    if later is None:
        write(session, [thing])
    else:
        later.setdefault(write, []).append(thing)
