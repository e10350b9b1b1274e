"""Who is it? Sessions live in the database, so that signing out means signed out everywhere."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import flask
from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect
from sqlalchemy import Select, bindparam, delete, select
from sqlalchemy.orm import Session, contains_eager
from werkzeug.exceptions import Unauthorized

from groupware.access import RIGHTS, access_of, learn
from groupware.errors import Forbidden
from groupware.models import Grant, Membership, User, WebSession
from groupware.secrets import hash_of, new_secret
from groupware.web import programs
from groupware.web.errors import signed_out, wants_problem
from groupware.web.guard import SESSION_KEY
from groupware.web.request import ANYONE, SAFE_METHODS, SIGNED_IN, afterwards, now, session

IDLE = timedelta(hours=8)
LONGEST = timedelta(days=7)
NOTICED = timedelta(minutes=5)
"""How old `seen_at` may be before it is written again: a page view costs no write each time."""


class FormTokens(CSRFProtect):  # type: ignore[misc]  # flask_wtf has no types
    """Asks for the form token of whoever comes with a session: browsers send that by themselves."""

    def protect(self, apply_exemptions: bool = False) -> None:  # noqa: FBT001, FBT002  # overridden
        if programs.comes_with_secret():
            return
        if request.path.startswith(programs.API) and SESSION_KEY not in flask.session:
            return  # nobody: answered with 401
        super().protect(apply_exemptions)


csrf = FormTokens()


@dataclass(frozen=True)
class Face:
    """What an error page shows of somebody, when the database may be gone."""

    id: int
    name: str
    theme: str
    density: str

    @classmethod
    def of(cls, user: User) -> "Face":
        return cls(user.id, user.name, user.theme, user.density)


def register(app: Flask) -> None:
    """Know people by their session, and let in whom each view's audience names."""
    csrf.init_app(app)
    app.before_request(admit)


def sign_in(session: Session, user: User, *, now: datetime) -> None:
    """Begin a session with a new id; whatever the browser had before is void."""
    sign_out(session)
    secret = new_secret()
    session.add(
        WebSession(
            token_hash=hash_of(secret),
            user_id=user.id,
            credential_number=user.credential_number,
            created_at=now,
            seen_at=now,
            user_agent=(request.user_agent.string or "")[:200],
            remote=request.remote_addr or "",
        )
    )
    flask.session[SESSION_KEY] = secret


def sign_out(session: Session) -> None:
    """End this session, if there is one."""
    if secret := flask.session.get(SESSION_KEY):
        session.execute(delete(WebSession).where(WebSession.token_hash == hash_of(secret)))
    flask.session.clear()
    g.pop("csrf_token", None)  # the next page gets a new one


def admit() -> ResponseReturnValue | None:
    """Let in whom the view's audience names; a view without an audience lets in nobody."""
    if request.method == "OPTIONS":
        return None  # answered with the methods that there are
    g.user = None
    view: Any = flask.current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "by_app_password", False):
        g.user = programs.app_password()
        g.face = Face.of(g.user)
    elif programs.comes_with_secret():
        g.user = programs.bearer()
    elif getattr(view, "by_address_alone", False):
        pass
    elif SESSION_KEY in flask.session:
        g.user = recognise(session(), flask.session[SESSION_KEY], now())
        g.face = Face.of(g.user) if g.user else None
    if request.endpoint is None:
        return None  # answered as 404 or 405, with the page that what is hidden has too
    audience = getattr(view, "audience", None)
    if audience is None:
        raise Forbidden
    if audience is ANYONE:
        return None
    if g.user is None:
        if wants_problem():
            raise Unauthorized(www_authenticate=programs.BEARER)
        if request.method in SAFE_METHODS:
            return redirect(url_for("accounts.login", next=request.full_path.rstrip("?")), 302)
        return signed_out()
    if audience is not SIGNED_IN and access_of(session(), g.user).permissions.isdisjoint(audience):
        raise Forbidden
    return None


def recognise(session: Session, secret: str, now: datetime) -> User | None:
    """Whose session this is; None where it ended, idled out, or the credentials changed since."""
    bound = {"secret": hash_of(secret), "seen": now - IDLE, "created": now - LONGEST}
    rows = session.execute(_recognised(), bound).all()
    if not rows:
        return None
    kept: WebSession = rows[0][0]
    learn(session, kept.user, [(group, permission) for _, group, permission in rows])
    if now - kept.seen_at > NOTICED and not _by_itself():
        token_hash = kept.token_hash

        def notice(writing: Session) -> None:
            if again := writing.get(WebSession, token_hash):
                again.seen_at = now

        afterwards(notice)
    return kept.user


def holder(session: Session, token_hash: bytes, now: datetime) -> User | None:
    """The same by the secret's hash, and without taking notice: for streams that stay open."""
    found = (
        _good(now).where(WebSession.token_hash == token_hash).with_only_columns(WebSession.user_id)
    )
    user_id = session.scalar(found)
    return session.get(User, user_id) if user_id else None


def living(session: Session, hashes: Collection[bytes], now: datetime) -> set[bytes]:
    """Those of these sessions that still let somebody in."""
    good = _good(now).where(WebSession.token_hash.in_(hashes))
    return set(session.scalars(good.with_only_columns(WebSession.token_hash)))


@cache
def _recognised() -> Any:
    """A session that is good, whose it is, and their rights: built once, as each page asks it."""
    times = {name: bindparam(name, type_=WebSession.seen_at.type) for name in ("seen", "created")}
    return (
        _since(**times)
        .options(contains_eager(WebSession.user))
        .where(WebSession.token_hash == bindparam("secret"))
        .outerjoin(Membership, Membership.user_id == User.id)
        .outerjoin(Grant, Grant.group_id == Membership.group_id)
        .add_columns(*RIGHTS)
    )


def _good(now: datetime) -> Select[WebSession]:
    """Sessions that have not ended, idled out, or been made void by a change of credentials."""
    return _since(seen=now - IDLE, created=now - LONGEST)


def _since(seen: Any, created: Any) -> Select[WebSession]:
    return (
        select(WebSession)
        .join(User, User.id == WebSession.user_id)
        .where(
            User.active,
            WebSession.credential_number == User.credential_number,
            WebSession.seen_at >= seen,
            WebSession.created_at >= created,
        )
    )


def _by_itself() -> bool:
    """True for what a page asks without its reader doing anything: that keeps nobody signed in."""
    return (
        "groupware-poll" in request.headers
        or "text/event-stream" in request.accept_mimetypes.values()
    )
