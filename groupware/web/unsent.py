"""A form that came too late: nothing of it is done, and what was written is given back.

Somebody was signed out while they wrote, or signed in again in another tab. Scripts keep drafts;
without them the browser has the text no more once another page is there.
"""

import re
from collections.abc import Iterator

import flask
from flask import Flask, Response, request, url_for
from flask_wtf.csrf import CSRFError

from groupware.web.errors import answer, wants_problem
from groupware.web.guard import SESSION_KEY, Foreign
from groupware.web.request import came_from

EXPIRED = "The form has expired. Reload and send again."
NOT_SHOWN = re.compile(r"password|secret|^(was|base)$")
MOST = 20
"""Fields: more than any form has in which somebody writes."""


def register(app: Flask) -> None:
    """Answer forms whose token is not this session's."""
    app.register_error_handler(CSRFError, forged)


def forged(error: CSRFError) -> Response:
    if wants_problem() or isinstance(error, Foreign):
        return answer(403, EXPIRED)
    if SESSION_KEY not in flask.session:
        return signed_out()
    return answer(
        403,
        f"{EXPIRED} Nothing was changed.",
        title="This form is too old",
        way=("Back to the page", "arrow-left", came_from() or "/"),
        written=list(written()),
    )


def signed_out() -> Response:
    """Say that nothing was sent, lead to the sign-in and from there back to the form."""
    return answer(
        401,
        "Nothing was sent. Sign in again, and you are back where you wrote.",
        title="You were signed out meanwhile",
        way=("Sign in", "log-in", url_for("accounts.login", next=came_from() or None)),
        written=list(written()),
    )


def written() -> Iterator[str]:
    """What reads as if a person had written it: neither marks and numbers nor passwords."""
    for name, text in list(request.form.items(multi=True))[:MOST]:
        if " " in text.strip() and not NOT_SHOWN.search(name):
            yield text
