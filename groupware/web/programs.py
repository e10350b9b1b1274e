"""Programs come with a secret in the header of each request, where people have a session.

Whoever sends an `Authorization` header is judged by it alone: no cookie helps where it is wrong.
So such requests need no form token, for no other site's page can make a browser send that header.
"""

import logging
from datetime import timedelta

from flask import request
from sqlalchemy.orm import Session
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from groupware import people, tokens
from groupware.models import Token, TokenKind, User
from groupware.text import cleaned
from groupware.web import limits
from groupware.web.request import View, afterwards, now, release, services, session

log = logging.getLogger(__name__)

API = "/api/"
BEARER = WWWAuthenticate("bearer")
BASIC = WWWAuthenticate("basic", {"realm": "Groupware Support", "charset": "UTF-8"})
MOST_WRONG, WITHIN = 60, timedelta(minutes=1)
LONGEST_SECRET = 200


def comes_with_secret() -> bool:
    """True where a request to the API names a secret, right or wrong, of a program."""
    return request.path.startswith(API) and "Authorization" in request.headers


def bearer() -> User:
    """Whose API token the request carries; 401 where it opens nothing."""
    given = request.authorization
    if given is not None and given.type == "bearer" and given.token:
        found = recognise(given.token, TokenKind.API)
        if found is not None:
            return found
    raise refused(BEARER)


def by_app_password(view: View) -> View:
    """Declare that only an app password opens this view; whoever is signed in by a cookie is nobody."""
    view.by_app_password = True  # type: ignore[attr-defined]
    return view


def by_address_alone(view: View) -> View:
    """Declare that a secret in its address opens this view; whoever is signed in by a cookie is nobody."""
    view.by_address_alone = True  # type: ignore[attr-defined]
    return view


def app_password() -> User:
    """Whose app password the request carries beside one of their addresses; 401 where none."""
    given = request.authorization
    if given is None or given.type != "basic":
        raise _asked()
    address = people.folded(cleaned(given.username or ""))
    found = opened(given.password or "", TokenKind.DAV, address=address)
    if found is not None:
        return found[1]
    raise refused(BASIC)


def _asked() -> Unauthorized:
    """401 in a few words: many apps ask each time without their password first, and show no page."""
    answer = Response("This needs an app password.\n", 401, content_type="text/plain")
    answer.www_authenticate = BASIC
    return Unauthorized(response=answer)


def recognise(secret: str, *kinds: TokenKind) -> User | None:
    """Who holds this secret, which is then noticed as used; None where it opens nothing."""
    found = opened(secret, *kinds)
    return found[1] if found else None


def opened(secret: str, *kinds: TokenKind, address: str | None = None) -> tuple[Token, User] | None:
    """The same with the secret itself, for what it is bound to; see `tokens.holder`."""
    if len(secret) > LONGEST_SECRET:
        return None
    found = tokens.holder(session(), secret, *kinds, address=address)
    if found is None:
        return None
    token = found[0]
    if token.used_at is None or now() - token.used_at > tokens.NOTICED:
        _notice(token)
    return found


def refused(how: WWWAuthenticate) -> Unauthorized:
    """401, and which secret to send; raises 429 where too many wrong ones came from one place."""
    place = limits.place(request.remote_addr)
    log.warning("secret refused: %s from %s", request.path, place)
    release()
    with services().database.writing() as counting:
        limits.count(counting, f"secret|{place}", most=MOST_WRONG, within=WITHIN, now=now())
    return Unauthorized(www_authenticate=how)


def _notice(token: Token) -> None:
    token_id, at = token.id, now()

    def notice(writing: Session) -> None:
        tokens.notice(writing, token_id, now=at)

    afterwards(notice)
