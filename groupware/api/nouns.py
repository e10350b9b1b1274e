"""A noun of the API: a blueprint whose views take and return typed values.

What each does beside its view follows from its method: a list links to its next page; what is shown
has an ETag; PATCH asks for it in If-Match; POST with an Idempotency-Key is done once.
"""

import hashlib
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field, is_dataclass
from functools import wraps
from typing import Any, Generic, TypeVar, cast, get_args, get_origin, get_type_hints
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import PreconditionFailed, PreconditionRequired
from werkzeug.wrappers import Response as WerkzeugResponse

from groupware import idempotency
from groupware.api.paging import Page
from groupware.api.reading import body_of, query_of
from groupware.api.schema import parts, written
from groupware.errors import Invalid
from groupware.web.request import (
    CREATE_TICKETS,
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    SAFE_METHODS,
    actor,
    now,
    session,
)

ROOT = "/api/v1"
ANYBODY = (CREATE_TICKETS, MANAGE_TICKETS, MANAGE_SUPPORT)
"""The audience of the API: whoever can have to do with tickets."""
CHANGING = ("PATCH", "DELETE")
"""Methods that change what GET shows at the same address."""
KEY = "Idempotency-Key"
LONGEST_KEY = 255

T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Made(Generic[T]):
    """Answered with 201: something new, and its address."""

    value: T
    at: str


@dataclass(frozen=True)
class Operation:
    """What a view of the API takes and gives: all that its document says of it."""

    noun: "Noun"
    method: str
    rule: str
    view: Callable[..., Any]
    body: type | None
    query: type | None
    answer: Any  # a dataclass, Page of one, Made of one, Response for bytes, None for nothing
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> Any:
        """The dataclass that is answered, be it alone, new or in a list."""
        return get_args(self.answer)[0] if get_args(self.answer) else self.answer

    @property
    def conditional(self) -> bool:
        return self.method == "PATCH" and self.rule in self.noun.shown

    @property
    def idempotent(self) -> bool:
        return self.method == "POST" and get_origin(self.answer) is Made and self.body is not None

    @property
    def settled(self) -> frozenset[str]:
        """Fields that are read and not set."""
        if self.body is None or not is_dataclass(self.shape):
            return frozenset()
        return frozenset(parts(cast(Any, self.shape)).keys() - parts(self.body).keys())


class Noun:
    """A blueprint below /api/v1; see `groupware.api`."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        self.blueprint = Blueprint(f"api_{name.replace('-', '_')}", __name__, url_prefix=ROOT)
        self.shown: dict[str, Operation] = {}  # what GET shows, by its rule

    def get(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Show something, or list several.

        `leads` says that it may lead elsewhere (307); `content` names what bytes may be.
        """
        return self._declare("GET", rule, **options)

    def post(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Make something; `multipart` names the part of a form that is a file."""
        return self._declare("POST", rule, **options)

    def patch(self, rule: str) -> Callable[[View], View]:
        """Change what is sent of something, as it was when it was read."""
        return self._declare("PATCH", rule)

    def delete(self, rule: str) -> Callable[[View], View]:
        """Take something away."""
        return self._declare("DELETE", rule)

    def _declare(self, method: str, rule: str, **options: Any) -> Callable[[View], View]:
        def declare(view: View) -> View:
            operation = _operation(self, method, rule, view, options)
            if method == "GET" and inspect.isclass(operation.answer):
                self.shown[rule] = operation
            self.blueprint.route(rule, methods=[method])(_answering(operation))
            return view

        return declare


def _operation(
    noun: Noun, method: str, rule: str, view: Callable[..., Any], options: dict[str, Any]
) -> Operation:
    kinds = get_type_hints(view, include_extras=True)
    gives = kinds.get("return")
    return Operation(
        noun,
        method,
        rule,
        view,
        kinds.get("body"),
        kinds.get("query"),
        None if gives is type(None) else gives,
        options,
    )


def _answering(operation: Operation) -> Callable[..., WerkzeugResponse]:
    @wraps(operation.view)
    def answering(**values: Any) -> WerkzeugResponse:
        if request.method in CHANGING and operation.rule in operation.noun.shown:
            _check_version(operation, values)
        if operation.query:
            values["query"] = query_of(operation.query)
        elif request.args:
            query_of(_Nothing)
        if operation.body:
            values["body"] = body_of(operation.body, operation.settled)
        key = request.headers.get(KEY)
        if operation.idempotent and key is not None:
            return _once(operation, key, values)
        try:
            value = operation.view(**values)
            session().flush()
        except StaleDataError as error:
            if "If-Match" in request.headers:
                raise PreconditionFailed from error
            raise
        return _response(value)

    answering.operation = operation  # type: ignore[attr-defined]
    return answering


@dataclass(frozen=True)
class _Nothing:
    """An address without values."""


def _response(value: Any) -> WerkzeugResponse:
    if isinstance(value, WerkzeugResponse):
        return value
    if value is None:
        return Response(status=204)
    if isinstance(value, Made):
        made = _json(value.value, 201)
        made.headers["Location"] = value.at
        return made
    response = _json(value, 200)
    if isinstance(value, Page) and value.next:
        values = {**request.args, "cursor": value.next}
        response.headers["Link"] = f'<{request.path}?{urlencode(values)}>; rel="next"'
    etag, _ = response.get_etag()
    if request.method in SAFE_METHODS and etag and request.if_none_match.contains(etag):
        response.status_code = 304
        response.set_data(b"")
    return response


def _json(value: Any, status: int) -> Response:
    data = _encoded(value)
    response = Response(data, status, content_type="application/json")
    if not isinstance(value, Page):
        response.set_etag(_version(data))
    return response


def _encoded(value: Any) -> bytes:
    return json.dumps(written(value), ensure_ascii=False, separators=(",", ":")).encode()


def _version(data: bytes) -> str:
    # Of what this person sees: what they cannot see moves it not.
    return hashlib.sha256(data).hexdigest()[:32]


def _check_version(operation: Operation, values: dict[str, Any]) -> None:
    """Refuse a change of something that has changed since it was read.

    What is to be changed is shown to its changer first, so whoever may not know of it is told so.
    """
    shown = operation.noun.shown[operation.rule].view(**values)
    wanted = request.if_match
    if not wanted:
        if operation.conditional:
            raise PreconditionRequired
        return
    if not wanted.star_tag and not wanted.contains(_version(_encoded(shown))):
        raise PreconditionFailed


def _once(operation: Operation, key: str, values: dict[str, Any]) -> WerkzeugResponse:
    """Do it once under this key; whoever sends it again is shown what came of it."""
    if not 0 < len(key) <= LONGEST_KEY:
        raise Invalid(f"{KEY} is between 1 and {LONGEST_KEY} characters long.")
    made: list[WerkzeugResponse] = []
    sent = hashlib.sha256(request.get_data(cache=True)).hexdigest()[:16]

    def act() -> str:
        made.append(_response(operation.view(**values)))
        return f"{sent} {made[0].headers['Location']}"

    name = hashlib.sha256(f"{request.path}\0{key}".encode()).hexdigest()
    kept, done = idempotency.once(session(), actor(), f"api:{name}", act, now=now())
    if done:
        return made[0]
    before, at = kept.split(" ", 1)
    if before != sent:
        raise Invalid(f"This {KEY} was used for something else.")
    endpoint, found = current_app.url_map.bind("").match(at)
    view: Any = current_app.view_functions[endpoint]
    return _response(Made(view.operation.view(**found), at))
