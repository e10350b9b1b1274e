"""The addresses of CalDAV: below /dav/, and where clients look for it first."""

from collections.abc import Callable, Mapping

from flask import Blueprint, redirect, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.http import http_date
from werkzeug.routing import PathConverter
from werkzeug.wrappers import Response

from groupware.errors import NotFound, Refusal
from groupware.web.errors import http_error
from groupware.web.identity import csrf
from groupware.web.programs import by_app_password
from groupware.web.request import (
    ANYONE,
    CREATE_TICKETS,
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    open_to,
    services,
    session,
)
from modules.tasks.dav import making, moving
from modules.tasks.dav.answers import METHODS, as_answer, meant, multistatus, refused
from modules.tasks.dav.markup import body, d
from modules.tasks.dav.members import Texts, members, named
from modules.tasks.dav.places import (
    HOMES,
    PRINCIPALS,
    ROOT,
    Kind,
    Place,
    collections_of,
    home_of,
    place_at,
    principal_of,
)
from modules.tasks.dav.properties import CONTENT_TYPE, Asked, Teller
from modules.tasks.dav.reports import asked_of, report

blueprint = Blueprint("dav", __name__)
csrf.exempt(blueprint)  # no browser can be made to send an app password

CLASSES = "1, 3, extended-mkcol, calendar-access"
REFUSED = ("COPY", "POST", "LOCK", "UNLOCK", "ACL")


class Below(PathConverter):
    """All that follows: a line break, too, is part of a name, and refused like other bad names."""

    regex = r"[^/][\s\S]*?"


@blueprint.record
def _knows_below(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["below"] = Below


@blueprint.route("/.well-known/caldav", methods=["GET", "PROPFIND"])
@blueprint.route("/.well-known/caldav/", methods=["GET", "PROPFIND"])
@open_to(ANYONE)
def well_known() -> ResponseReturnValue:
    """Where everything begins (RFC 6764)."""
    return redirect(ROOT, 301)


@blueprint.route("/", methods=["PROPFIND"], provide_automatic_options=False)
@blueprint.route("/principals", methods=["GET", "PROPFIND"])
@blueprint.route("/principals/", methods=["GET", "PROPFIND"])
@open_to(CREATE_TICKETS, MANAGE_TICKETS, MANAGE_SUPPORT)
@by_app_password
def beginning() -> ResponseReturnValue:
    """What clients ask of a bare host: who they are."""
    if request.method == "PROPFIND":
        return _dav(_propfind(Place(Kind.ROOT, request.path)))
    return _dav(Response(WORDS, content_type="text/plain; charset=utf-8"))


@blueprint.route("/dav", methods=[*METHODS, *REFUSED], provide_automatic_options=False)
@blueprint.route("/dav/", methods=[*METHODS, *REFUSED], provide_automatic_options=False)
@blueprint.route("/dav/<below:rest>", methods=[*METHODS, *REFUSED], provide_automatic_options=False)
@open_to(CREATE_TICKETS, MANAGE_TICKETS, MANAGE_SUPPORT)
@by_app_password
def everything(rest: str = "") -> ResponseReturnValue:
    """One address, whatever it leads to; what is refused leaves nothing behind."""
    if request.method == "OPTIONS":
        return _dav(Response(status=200, headers={"Allow": ", ".join(METHODS)}))
    path = f"{ROOT}{rest}"
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        answer = refused(415, reason="Send it without compression, please.")
        answer.get_response().headers["Accept-Encoding"] = "identity"
        raise answer
    try:
        if request.method in ("MKCALENDAR", "MKCOL"):
            return _dav(_make(path))
        place = place_at(session(), actor(), path)
        act = ACTS.get(request.method)
        if act is None:
            raise refused(405 if request.method != "COPY" else 403, reason="Not that way.")
        return _dav(act(place))
    except Refusal as refusal:
        raise as_answer(refusal, path, "write") from refusal


@blueprint.app_errorhandler(405)
def not_that_way(error: MethodNotAllowed) -> ResponseReturnValue:
    """A method that nobody knows is refused here like the others, and elsewhere as everywhere."""
    if request.path != "/dav" and not request.path.startswith(ROOT):
        answer: ResponseReturnValue = http_error(error)
        return answer
    return refused(405, reason="Not that way.").get_response()


def _dav(answer: Response) -> Response:
    answer.headers["DAV"] = CLASSES
    return answer


def _make(path: str) -> Response:
    try:
        place = place_at(session(), actor(), path)
    except NotFound:
        return making.make(path)
    if place.kind is Kind.TASK:
        condition = "<c:calendar-collection-location-ok/>"
        raise refused(403, condition, reason="There are no lists within lists.")
    raise refused(405, "<d:resource-must-be-null/>", reason="There is something already.")


def _get(place: Place) -> Response:
    """A task's text; of everything else some words, since clients look whether there is anything."""
    if place.kind is not Kind.TASK or place.collection is None:
        return Response(WORDS, content_type="text/plain; charset=utf-8")
    member = named(session(), actor(), place.collection, [place.name]).get(place.name)
    if member is None:
        raise NotFound
    headers = {"ETag": member.etag, "Last-Modified": http_date(member.modified)}
    if meant(request.headers.get("If-None-Match", ""), member.etag):
        return Response(status=304, headers=headers)
    written = Texts(session(), actor(), place.collection, services().settings.base_url).one(member)
    return Response(written, content_type=CONTENT_TYPE, headers=headers)


def _propfind(place: Place) -> Response:
    depth = request.headers.get("Depth", "0").strip().lower()
    if depth not in ("0", "1", "infinity"):
        raise refused(400, reason="Depth is 0 or 1.")
    if depth == "infinity" and place.kind is not Kind.TASK:
        raise refused(403, "<d:propfind-finite-depth/>", reason="Depth is 0 or 1.")
    root = body()
    if root is not None and root.tag != d("propfind"):
        raise refused(400, reason="This takes a propfind.")
    asked = asked_of(root, minimal=_minimal())
    teller = Teller(session(), actor(), services().settings.base_url)
    if place.kind is Kind.TASK:
        return _answered(_told_of_task(teller, place, asked))
    parts = [teller.of_place(place, asked)]
    if depth == "1":
        parts += [teller.of_place(each, asked) for each in _within(session(), place)]
        if place.kind is Kind.LIST and place.collection:
            found = list(members(session(), actor(), place.collection))
            tasks = teller.of_tasks(place.collection, found, asked)
            return _answered(part for some in (parts, tasks) for part in some)
    return _answered(parts)


def _told_of_task(teller: Teller, place: Place, asked: Asked) -> list[str]:
    assert place.collection is not None  # noqa: S101  # tasks lie in collections
    found = named(session(), actor(), place.collection, [place.name])
    if place.name not in found:
        raise NotFound
    return list(teller.of_tasks(place.collection, found.values(), asked))


def _within(reading: Session, place: Place) -> list[Place]:
    """What lies directly within a place, tasks excepted."""
    person = actor()
    if place.kind is Kind.ROOT and place.path == ROOT:
        return [Place(Kind.PRINCIPALS, PRINCIPALS), Place(Kind.HOMES, HOMES)]
    if place.kind is Kind.PRINCIPALS:
        return [Place(Kind.PRINCIPAL, principal_of(person))]
    if place.kind is Kind.HOMES:
        return [Place(Kind.HOME, home_of(person))]
    if place.kind is Kind.HOME:
        found = collections_of(reading, person)
        return [Place(Kind.LIST, each.path, each) for each in found]
    return []


def _minimal() -> bool:
    prefers = request.headers.get("Prefer", "").replace(" ", "").lower()
    return "return=minimal" in prefers or request.headers.get("Brief", "").lower() == "t"


def _answered(parts: object) -> Response:
    answer = multistatus(parts)  # type: ignore[arg-type]
    if _minimal():
        answer.headers["Preference-Applied"] = "return=minimal"
    answer.headers["Vary"] = "Brief, Prefer"
    return answer


def _report(place: Place) -> Response:
    return report(place, _minimal())


def _delete(place: Place) -> Response:
    return making.unmake(place) if place.kind is Kind.LIST else moving.delete(place)


def _copy(_place: Place) -> Response:
    raise refused(403, reason="A task is not copied: make a new one.")


WORDS = "This address is for task apps (CalDAV). Sign in with an app password from your profile.\n"
ACTS: Mapping[str, Callable[[Place], Response]] = {
    "GET": _get,
    "HEAD": _get,
    "PROPFIND": _propfind,
    "PROPPATCH": making.patch,
    "REPORT": _report,
    "PUT": moving.put,
    "DELETE": _delete,
    "MOVE": moving.move,
    "COPY": _copy,
}
