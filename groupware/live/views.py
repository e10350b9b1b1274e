"""`/live?topics=ticket:7=12 list:3=40`: an event stream, or, asked without, an answer at once.

stream   id: ticket:7=13 list:3=41        how all of it stands now: the page comes back with it
         event: changed
         data: ticket:7 list:3
asked    200 {"changed": [...], "topics": "..."}, or 204 where nothing is new
"""

import time
from collections.abc import Iterator, Mapping

import flask
from flask import Blueprint, Flask, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ServiceUnavailable, Unauthorized

from groupware import module
from groupware.database import Database, utc_now
from groupware.live import topics as matters
from groupware.live.hub import Full, Hub, Stream
from groupware.live.topics import Topic, Watched
from groupware.secrets import hash_of
from groupware.web.guard import SESSION_KEY
from groupware.web.identity import holder
from groupware.web.request import SIGNED_IN, actor, now, open_to, services, session

blueprint = Blueprint("live", __name__)

PING = 5.0
LOOK_AGAIN = 60.0
"""Seconds after which a stream asks again who its person is, whatever has happened."""
POLL = 20
"""Seconds between two questions of a page that found no place for a stream."""
HUB = "groupware.live"


def hub_of(app: Flask) -> Hub:
    """The application's hub."""
    hub: Hub = app.extensions[HUB]
    return hub


def register(app: Flask, database: Database) -> None:
    """Give the application a hub that follows what its modules declare."""
    declared = {topic.name: topic for part in module.installed() for topic in part.topics}
    app.extensions[HUB] = Hub(database, declared)


@blueprint.get("/live")
@open_to(SIGNED_IN)
def live() -> ResponseReturnValue:
    """Which of the page's topics have changed; what has changed in them the page asks elsewhere."""
    secret = flask.session.get(SESSION_KEY)
    if not secret:
        raise Unauthorized
    hub = hub_of(current_app)
    asked = request.headers.get("Last-Event-ID") or request.args.get("topics", "")
    wanted = matters.read(asked, hub.topics)
    seen = matters.allowed(session(), actor(), wanted, hub.topics)
    stood = {topic: stamp for topic, stamp in wanted.items() if topic in seen}
    if "text/event-stream" not in request.accept_mimetypes.values():
        return _at_once(hub, stood)
    try:
        stream = hub.open(hash_of(secret), stood)
    except Full:
        raise ServiceUnavailable(retry_after=POLL) from None
    answer = Response(
        _events(stream, hub.topics, services().database), mimetype="text/event-stream"
    )
    answer.call_on_close(stream.close)
    answer.headers["X-Accel-Buffering"] = "no"
    answer.headers["Cache-Control"] = "no-store, no-transform"
    return answer


def _at_once(hub: Hub, stood: dict[Watched, str | None]) -> ResponseReturnValue:
    standing = matters.standing(session(), stood, hub.topics, now())
    changed = [each for each in stood if stood[each] not in (None, standing[each])]
    if not changed and None not in stood.values():
        return "", 204
    return jsonify(
        changed=[f"{name}:{key}" for name, key in changed], topics=matters.written(standing)
    )


def _events(stream: Stream, topics: Mapping[str, Topic], database: Database) -> Iterator[str]:
    """Lines of the stream; between two of them no database session is open."""
    asked = time.monotonic()
    yield "retry: 3000\n\n"
    while True:
        changed, stood = stream.wait(PING)
        if stream.over:
            return
        if not changed and time.monotonic() - asked < LOOK_AGAIN:
            yield ":\n\n"
            continue
        asked = time.monotonic()
        with database.reading() as asking:
            user = holder(asking, stream.session_hash, utc_now())
            seen = matters.allowed(asking, user, stood, topics) if user else set()
        if user is None:
            return
        stream.keep(seen)
        if news := sorted(changed & seen):
            known = {topic: stamp for topic, stamp in stood.items() if topic in seen}
            names = " ".join(f"{name}:{key}" for name, key in news)
            yield f"id: {matters.written(known)}\nevent: changed\ndata: {names}\n\n"
        else:
            yield ":\n\n"
