"""Events: what has happened, told within the same transaction to those that a module names.

A use case ends with `emit(session, TicketResolved(...))`. Who listens, and in which order, stands
in each Module's declaration; a handler touches the database and nothing else.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from groupware.models import User

Handler = Callable[[Session, Any], None]

_handlers: dict[type["Event"], list[Handler]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that has happened, in the past tense."""


@dataclass(frozen=True, kw_only=True)
class PersonChanged(Event):
    """Somebody's name or addresses are others now."""

    person: User


def emit(session: Session, event: Event) -> None:
    """Tell the handlers of this event, in their order, before the transaction ends."""
    for handler in _handlers.get(type(event), ()):
        handler(session, event)


def joined(
    *declared: Mapping[Any, Iterable[Handler]],
) -> dict[type[Event], list[Handler]]:
    """The handlers of several parts of a module, in this order."""
    found: dict[type[Event], list[Handler]] = {}
    for handlers in declared:
        for event, listeners in handlers.items():
            found.setdefault(event, []).extend(listeners)
    return found


def install(declared: Iterable[Mapping[type[Event], Iterable[Handler]]]) -> None:
    """Make these the handlers, module after module."""
    _handlers.clear()
    for handlers in declared:
        for event, listeners in handlers.items():
            _handlers.setdefault(event, []).extend(listeners)
