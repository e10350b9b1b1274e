"""The one place that gives refusals and faults their status and their page."""

import logging
import secrets

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from groupware.errors import Conflict, Forbidden, Invalid, NotFound, Refusal

log = logging.getLogger(__name__)

STATUS: dict[type[Refusal], int] = {
    NotFound: 404,
    Forbidden: 403,
    Invalid: 422,
    Conflict: 409,
}

TEXTS = {
    400: ("That did not make sense", "The address or what was sent is not right."),
    403: ("Not for you", Forbidden.message),
    404: ("Nothing here", NotFound.message),
    405: ("Not that way", "This address does not take that."),
    413: ("Too large", "What was sent is larger than is taken here."),
    429: ("Too many tries", "Please wait a little, then try again."),
    500: ("Something went wrong", "It is our fault, and it has been written down."),
    503: (
        "Just a moment",
        "The desk is busy or under repair. Please try again in a minute.",
    ),
}


def register(app: Flask) -> None:
    """Let this application answer refusals and faults."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(CSRFError, forged)
    app.register_error_handler(OperationalError, unavailable)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, failed)


def refused(refusal: Refusal) -> ResponseReturnValue:
    return answer(STATUS[type(refusal)], refusal.message)


def forged(_error: CSRFError) -> ResponseReturnValue:
    return answer(403, "The form has expired. Reload and send again.")


def unavailable(error: OperationalError) -> ResponseReturnValue:
    log.error("database unavailable: %s", error.orig)
    body, status = answer(503)
    return body, status, {"Retry-After": "5"}


def http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or (error.code or 500) < 400:
        return error
    body, status = answer(error.code or 500)
    headers = {
        name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")
    }
    return body, status, headers


def failed(error: Exception) -> ResponseReturnValue:
    number = secrets.token_hex(4)
    log.error("fault %s in %s", number, request.endpoint, exc_info=error)
    return answer(500, number=number)


def answer(status: int, message: str = "", number: str = "") -> tuple[str, int]:
    """The error page; it needs no database."""
    title, text = TEXTS.get(status, TEXTS[400])
    if held := g.get("session"):
        held.rollback()
    page = render_template("core/error.html", title=title, text=message or text, number=number)
    return page, status
