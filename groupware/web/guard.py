"""What is let in at all, before anybody asks who it is: host, size, origin, letters, numbers."""

import re
from typing import Any
from urllib.parse import urlsplit

import flask
from flask import Flask, request
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.routing import BaseConverter
from werkzeug.utils import cached_property

from groupware.config import Settings
from groupware.text import LARGEST_NUMBER
from groupware.web import programs
from groupware.web.request import SAFE_METHODS, services

UNSAFE_METHODS = frozenset(
    {"POST", "PUT", "PATCH", "DELETE", "COPY", "MOVE", "LOCK", "UNLOCK", "MKCOL", "MKCALENDAR",
     "PROPPATCH"}
)  # fmt: skip
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
MEGABYTE = 1024 * 1024
SESSION_KEY = "sid"


class Foreign(CSRFError):  # type: ignore[misc]  # flask_wtf has no types
    """Another site's page sent this."""


class Number(BaseConverter):
    """`<int:id>`: what a row can have as its id; of a larger number there is no row, as of 0."""

    regex = r"[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        number = int(value)
        return number if number <= LARGEST_NUMBER else 0


class Request(flask.Request):
    """A request whose texts hold no NUL, lone surrogates or hidden turns of direction."""

    @cached_property
    def args(self) -> Any:
        return _cleaned(super().args)

    def _load_form_data(self) -> None:
        if "form" not in self.__dict__:
            super()._load_form_data()
            self.__dict__["form"] = _cleaned(self.__dict__["form"])


def register(app: Flask) -> None:
    """Check each request of this application before anything else does; call it first."""
    app.request_class = Request
    app.url_map.converters["int"] = Number
    app.before_request(check_host)
    app.before_request(allow_size)
    app.before_request(check_origin)


def check_host() -> None:
    """Refuse names that are not ours: links are made of them, and caches believe them."""
    if not knows(services().settings, request.host):
        raise BadRequest


def knows(settings: Settings, host: str) -> bool:
    """True for the base URL's name; on a machine of one's own, for each of its names."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == settings.hostname or (settings.hostname in LOOPBACK and name in LOOPBACK)


def allow_size() -> None:
    """Let only those who seem to be signed in send files, and only to views that take them."""
    view = flask.current_app.view_functions.get(request.endpoint or "")
    known = SESSION_KEY in flask.session or programs.comes_with_secret()
    if (largest := getattr(view, "largest_body", None)) and known:
        request.max_content_length = largest


def check_origin() -> None:
    """Refuse changes that another site's page sends, even with a token."""
    if request.method in SAFE_METHODS or programs.comes_with_secret():
        return
    if site := request.headers.get("Sec-Fetch-Site"):
        if site not in ("same-origin", "none"):
            raise Foreign
    elif origin := request.headers.get("Origin"):
        try:
            parts = urlsplit(origin)
        except ValueError:
            raise Foreign from None
        own = {services().settings.host, request.host}
        if parts.scheme not in ("http", "https") or parts.netloc not in own:
            raise Foreign


_HIDDEN = re.compile(r"[\x00\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def _cleaned(values: Any) -> Any:
    pairs = list(values.items(multi=True))
    # A part of a form that has no name at all comes under None: it stands for nothing.
    if not any(key is None or _HIDDEN.search(key) or _HIDDEN.search(text) for key, text in pairs):
        return values
    return ImmutableMultiDict(
        [(_HIDDEN.sub("", key), _HIDDEN.sub("", text)) for key, text in pairs if key is not None]
    )
