"""What the page that is being made follows while it is open."""

from datetime import datetime

from flask import Flask, g, request

from groupware.live import topics as matters
from groupware.live.topics import Watched

ASKS_BY_ITSELF = "groupware-poll"


def register(app: Flask) -> None:
    """Give the layouts what they tell the script."""
    app.jinja_env.globals.update(followed=followed)


def follow(name: str, key: int, stamp: str | None = None) -> None:
    """Let this page hear when that changes; `stamp` is how it stands now, where that is known."""
    watched: dict[Watched, str | None] = g.setdefault("followed", {})
    watched[name, key] = stamp


def followed() -> str:
    """All that this page follows, as `/live` reads it."""
    return matters.written(dict(list(g.get("followed", {}).items())[: matters.MOST]))


def refreshes() -> bool:
    """True where an open page fetches its parts again, and nobody has come anew."""
    return ASKS_BY_ITSELF in request.headers


def opened_at() -> datetime | None:
    """Until when its reader had seen things when the page was opened; its line stays where it is."""
    given = request.headers.get("Groupware-Seen", "") if refreshes() else ""
    try:
        at = datetime.fromisoformat(given) if given else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None
