"""A line for each request: who asked for what, what became of it, and how long it took."""

import logging
import re
import time

from flask import Flask, Response, g, request

log = logging.getLogger("groupware.access")

SECRET = re.compile(r"[\w-]{20,}")
QUIET = frozenset({"assets.file", "health.healthz", "health.readyz", "live.live", "parts.frame"})
REFUSED = frozenset({401, 403, 429})


def register(app: Flask) -> None:
    """Write a line for each request that this application answers."""
    app.before_request(begin)
    app.after_request(end)


def begin() -> None:
    g.began = time.monotonic()


def end(response: Response) -> Response:
    """Refusals stand out; what machines ask all day is for debugging only. No query, no secret."""
    status = response.status_code
    level = logging.WARNING if status in REFUSED else logging.INFO
    if request.endpoint in QUIET and status < 400:
        level = logging.DEBUG
    if log.isEnabledFor(level):
        fields = {
            "method": request.method,
            "path": masked(request.path),
            "status": status,
            "milliseconds": round(1000 * (time.monotonic() - g.get("began", time.monotonic())), 1),
            "user": face.id if (face := g.get("face")) else None,
            "remote": request.remote_addr,
        }
        line = "%(method)s %(path)s %(status)s %(milliseconds)s ms user=%(user)s from %(remote)s"
        log.log(level, line, fields, extra={"fields": fields})
    return response


def masked(path: str) -> str:
    """A path without the secrets that links, feeds and sessions are named by."""
    return SECRET.sub("***", path)
