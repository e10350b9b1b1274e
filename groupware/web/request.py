"""What a view has at hand: the person, the session, the audience, the ways to answer.

@blueprint.post("/support/tickets/<int:ticket_id>/resolution")
@open_to(MANAGE_TICKETS)
def resolve(ticket_id: int) -> ResponseReturnValue:
    ticket = one(worked_by(actor()).where(Task.id == ticket_id))
    tickets.resolve(session(), actor(), ticket, now=now())
    return see_other(".ticket", ticket_id=ticket.id)
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import urlsplit

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from sqlalchemy import Select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from groupware.access import Access, access_of
from groupware.blobs import Store
from groupware.config import Settings
from groupware.database import Database, utc_now
from groupware.errors import Forbidden, Invalid, NotFound
from groupware.lately import Lately
from groupware.models import Permission, User
from groupware.preferences import Recent

View = TypeVar("View", bound=Callable[..., Any])
T = TypeVar("T")

ANYONE: frozenset[Permission] = frozenset()
"""The audience of the few pages that need no sign-in."""

SIGNED_IN: frozenset[Permission] = frozenset(Permission)
CREATE_TICKETS = Permission.CREATE_TICKETS
MANAGE_TICKETS = Permission.MANAGE_TICKETS
MANAGE_SUPPORT = Permission.MANAGE_SUPPORT
ADMINISTER = Permission.ADMINISTER

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"})


class Services(Protocol):
    """What create_app hangs on the application."""

    database: Database
    settings: Settings
    recent: Recent
    lately: Lately
    drawn: Callable[..., Any]  # see groupware.web.shell.once
    blobs: Store
    inhabited: bool  # somebody was there once; see groupware.web.setup


def services() -> Services:
    """Database and settings of the running application."""
    return cast("Services", current_app.extensions["groupware"])


def open_to(*audience: Permission | frozenset[Permission]) -> Callable[[View], View]:
    """Declare who may come in: ANYONE, SIGNED_IN, or holders of one of these permissions.

    A view without it answers 403 to everybody.
    """

    def declare(view: View) -> View:
        if audience == (ANYONE,):
            allowed: object = ANYONE
        elif audience == (SIGNED_IN,):
            allowed = SIGNED_IN
        else:
            allowed = frozenset(cast("tuple[Permission, ...]", audience))
        view.audience = allowed  # type: ignore[attr-defined]
        return view

    return declare


def session() -> Session:
    """This request's session: to read for GET, to write otherwise; committed when it succeeds."""
    if "session" not in g:
        database = services().database
        engine = database.engine if request.method in SAFE_METHODS else database.writer
        g.session = Session(engine)
    return cast("Session", g.session)


def release() -> None:
    """End what the request's transaction holds before slow work; nothing must have been changed."""
    if "session" in g:
        g.session.rollback()


def now() -> datetime:
    """The time of this request, the same throughout."""
    if "now" not in g:
        g.now = utc_now()
    return cast("datetime", g.now)


def actor() -> User:
    """Who is signed in; views for ANYONE ask `visitor()`."""
    person = visitor()
    if person is None:
        raise Forbidden
    return person


def visitor() -> User | None:
    """Who is signed in, or None."""
    return cast("User | None", g.get("user"))


def rights() -> Access:
    """The module permissions of who is signed in."""
    return access_of(session(), visitor())


def one(query: Select[T]) -> T:
    """The one row that is there and visible; otherwise there is nothing (404)."""
    found = session().scalars(query.limit(1)).unique().one_or_none()
    if found is None:
        raise NotFound
    return found


def afterwards(act: Callable[[Session], None]) -> None:
    """Do this in a short transaction of its own once the request's has ended well."""
    g.setdefault("afterwards", []).append(act)


def page(template: str, status: int = 200, **values: Any) -> tuple[str, int]:
    """A rendered page; templates get prepared values, they neither query nor decide."""
    return render_template(template, **values), status


def see_other(endpoint: str, **values: Any) -> Response:
    """303: look at that page now."""
    return redirect(url_for(endpoint, **values), 303)


def came_from() -> str:
    """The page of ours that led here, as a path with its query; empty where another's did."""
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return ""
    if parts.netloc != request.host:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def told(message: str, kind: str = "success") -> None:
    """Say this at the top of the next page."""
    flash(message, kind)


@contextmanager
def refusals(form: FlaskForm) -> Iterator[None]:
    """Undo what an `Invalid` use case began, and put its reasons at the form's fields.

    Return from within; what follows the `with` shows the form again.
    """
    try:
        with session().begin_nested():
            yield
    except Invalid as refusal:
        named = {name: text for name, text in refusal.errors.items() if name in form}
        for name, text in named.items():
            form[name].errors = [*form[name].errors, text]
        if not named:
            form.form_errors = [*form.form_errors, refusal.message]
