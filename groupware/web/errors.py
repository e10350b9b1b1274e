"""The one place that gives refusals and faults their status, and their page or problem report."""

import errno
import logging
import secrets
from typing import Any

import flask
from flask import Flask, Response, g, json, make_response, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy import exc
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from groupware.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from groupware.web.guard import SESSION_KEY, Foreign
from groupware.web.unsent import way_back, written

log = logging.getLogger(__name__)

STATUS: dict[type[Refusal], int] = {
    NotFound: 404,
    Forbidden: 403,
    Invalid: 422,
    Conflict: 409,
}

TEXTS = {
    400: ("That did not make sense", "The address or what was sent is not right."),
    401: ("Please sign in", "This is for people who are signed in."),
    403: ("Not for you", Forbidden.message),
    404: ("Nothing here", NotFound.message),
    405: ("Not that way", "This address does not take that."),
    409: ("Changed meanwhile", Conflict.message),
    412: ("Changed meanwhile", Conflict.message),
    413: ("Too large", "What was sent is larger than is taken here."),
    414: ("Too long", "This address is longer than any that leads somewhere."),
    415: ("Another form, please", "What was sent is in a form that is not taken here."),
    422: ("Please check it", Invalid.message),
    428: ("Which version?", "Say which version you have changed."),
    429: ("Too many tries", "Please wait a little, then try again."),
    500: ("Something went wrong", "It is our fault, and it has been written down."),
    503: ("Just a moment", "The desk is busy or under repair. Please try again in a minute."),
}

PROBLEMS = ("/api/", "/uploads")
"""Addresses that answer with a problem report (RFC 9457) whatever the client says it takes."""
PAGES = ("/api/docs",)
"""Addresses among them that are pages all the same."""

EXPIRED = "The form has expired. Reload and send again."
TOO_OLD = "This form is too old"
BACK = "Back to the page"

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE)
BUSY = "5"  # seconds after which it is worth trying again


def register(app: Flask) -> None:
    """Let this application answer refusals and faults."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(CSRFError, forged)
    app.register_error_handler(exc.OperationalError, unavailable)
    app.register_error_handler(exc.InterfaceError, unavailable)
    app.register_error_handler(exc.TimeoutError, unavailable)
    app.register_error_handler(OSError, broken)
    app.register_error_handler(StaleDataError, overtaken)
    app.register_error_handler(exc.IntegrityError, overtaken)
    app.register_error_handler(exc.DataError, unkeepable)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, failed)


def refused(refusal: Refusal) -> Response:
    errors = refusal.errors if isinstance(refusal, Invalid) else {}
    status = next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)
    return answer(status, refusal.message, errors=errors)


def forged(error: CSRFError) -> Response:
    if isinstance(error, Foreign):
        return answer(403, EXPIRED, title=TOO_OLD, own=False)
    if SESSION_KEY not in flask.session and not wants_problem():
        return signed_out()
    return answer(403, EXPIRED, title=TOO_OLD)


def signed_out() -> Response:
    """Say that nothing came of it, lead to the sign-in and from there back to the form."""
    sign_in = url_for("accounts.login", next=way_back() or None)
    text = "Nothing was sent. Sign in again, and you are back where you were."
    way = ("Sign in", "log-in", sign_in)
    return answer(401, text, title="You were signed out meanwhile", way=way)


def unavailable(error: Exception) -> Response:
    """Database or disk: gone, busy or full. Nothing was half done; it may go well in a moment."""
    first: BaseException = error
    while isinstance(first.__context__, exc.DBAPIError | OSError):
        first = first.__context__  # undoing what failed may fail as well, and says less
    log.error("unavailable: %s", getattr(first, "orig", None) or first)
    return answer(503, headers={"Retry-After": BUSY})


def broken(error: OSError) -> Response:
    """A full or failing disk is waited for; anything else is a fault."""
    return unavailable(error) if error.errno in FULL else failed(error)


def overtaken(error: Exception) -> Response:
    """Somebody else's change came first, and both cannot be."""
    log.info("overtaken: %s", getattr(error, "orig", None) or error)
    return refused(Conflict())


def unkeepable(error: exc.DataError) -> Response:
    """More than a column holds: a form should have said so better."""
    log.warning("not kept: %s", error.orig)
    return refused(Invalid())


def http_error(error: HTTPException) -> Any:
    if error.response is not None or (error.code or 500) < 400:
        return error
    headers = {
        name: value
        for name, value in error.get_headers()
        if name in ("Allow", "Retry-After", "WWW-Authenticate")
    }
    code = error.code or 500
    # What has no text of its own is one of the many ways to send nonsense.
    return answer(code if code in TEXTS or code < 500 else 400, headers=headers)


def failed(error: Exception) -> Response:
    number = secrets.token_hex(4)
    log.error("fault %s in %s", number, request.endpoint, exc_info=error)
    return answer(500, number=number)


def answer(
    status: int,
    message: str = "",
    *,
    number: str = "",
    errors: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    title: str = "",
    way: tuple[str, str, str] | None = None,
    own: bool = True,
) -> Response:
    """The error page, or the report of the problem; neither needs a database.

    The page gives back what was written, unless it was not written here (`own`).
    """
    g.failed = True
    if held := g.get("session"):
        held.rollback()
    usual, text = TEXTS.get(status, TEXTS[400])
    title = title or usual
    if wants_problem():
        response = problem(status, title, message or text, errors or {}, number)
    else:
        page = render_template(
            "core/error.html",
            title=title,
            text=message or text,
            number=number,
            status=status,
            actor=g.get("face"),
            way=way or ((BACK, "arrow-left", way_back()) if own and way_back() else None),
            written=written() if own else (),
        )
        response = make_response(page, status)
    response.headers.update(headers or {})
    return response


def wants_problem() -> bool:
    """True for programs: by the address, or because they take JSON and no HTML."""
    takes = request.accept_mimetypes
    if request.path in PAGES:
        return False
    return request.path.startswith(PROBLEMS) or (takes.accept_json and not takes.accept_html)


def problem(
    status: int, title: str, detail: str, errors: dict[str, str], number: str = ""
) -> Response:
    """A problem report by RFC 9457, with what is wrong by field."""
    report: dict[str, Any] = {"title": title, "status": status, "detail": detail}
    if errors:
        report["errors"] = {name: [text] for name, text in errors.items()}
    if number:
        report["instance"] = f"urn:fault:{number}"
    return Response(json.dumps(report), status, content_type="application/problem+json")
