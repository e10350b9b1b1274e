"""What pages can follow: `ticket:7` is the topic named *ticket* of the thing numbered 7."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from groupware.models import User
from groupware.text import number_in

MOST = 200
"""Topics that one page can follow."""

Watched = tuple[str, int]
"""A topic's name and the number of the thing."""


@dataclass(frozen=True)
class Topic:
    """A kind of thing that changes."""

    name: str
    # Of these numbers, those that the person may follow now.
    open_to: Callable[[Session, User, Collection[int]], Collection[int]]
    # How each stands: any words that differ whenever its page would. It may be told to the page.
    stamps: Callable[[Session, Collection[int], datetime], Mapping[int, str]]


def read(text: str, topics: Collection[str]) -> dict[Watched, str | None]:
    """What a page asks for, `ticket:7=12 list:3`: each topic, and how it stood for the page."""
    found: dict[Watched, str | None] = {}
    for word in text.split()[:MOST]:
        topic, given, stamp = word.partition("=")
        name, _, number = topic.partition(":")
        key = number_in(number)
        if name in topics and key:
            found[name, key] = stamp[:200] if given else None
    return found


def written(stood: Mapping[Watched, str | None]) -> str:
    """The same as text, for the page to come back with."""
    return " ".join(
        f"{name}:{key}" if stamp is None else f"{name}:{key}={stamp}"
        for (name, key), stamp in stood.items()
    )


def grouped(watched: Iterable[Watched]) -> dict[str, set[int]]:
    """The numbers by the topic's name."""
    found: dict[str, set[int]] = {}
    for name, key in watched:
        found.setdefault(name, set()).add(key)
    return found


def allowed(
    session: Session, user: User, watched: Iterable[Watched], topics: Mapping[str, Topic]
) -> set[Watched]:
    """Of these, those that the person may follow now."""
    return {
        (name, key)
        for name, keys in grouped(watched).items()
        for key in topics[name].open_to(session, user, keys)
    }


def standing(
    session: Session, watched: Iterable[Watched], topics: Mapping[str, Topic], now: datetime
) -> dict[Watched, str]:
    """How each stands now; what does not exist stands at nothing."""
    found: dict[Watched, str] = {}
    for name, keys in grouped(watched).items():
        stamps = topics[name].stamps(session, keys, now)
        found.update({(name, key): stamps.get(key, "") for key in keys})
    return found
