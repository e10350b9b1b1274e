"""Writes at one address: PUT, DELETE and MOVE, with their preconditions."""

from urllib.parse import unquote, urlsplit

from flask import request
from werkzeug.wrappers import Response

from groupware.errors import NotFound, Refusal
from groupware.models import Level
from groupware.web.guard import knows
from groupware.web.request import actor, now, services, session
from modules.tasks import tickets
from modules.tasks.access import agent_level
from modules.tasks.dav import names
from modules.tasks.dav.answers import as_answer, meant, refused, withheld
from modules.tasks.dav.bodies import read_body, understood
from modules.tasks.dav.markup import hrefs
from modules.tasks.dav.members import Member, Texts, named, tasks_of
from modules.tasks.dav.places import Collection, Kind, Place, place_at
from modules.tasks.dav.putting import Writing
from modules.tasks.history import changed
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import deleted_of, uid_taken, worked_by

LONGEST_NAME = 255


def put(place: Place) -> Response:
    """Make or change the task at an address."""
    collection, task_list = _of_agents(place, "write-content")
    if request.mimetype not in ("", "text/calendar", "application/octet-stream"):
        raise refused(415, "<c:supported-calendar-data/>", reason="This takes text/calendar.")
    written = request.get_data()
    member = _member(place)
    _check(member)
    source = read_body(written)
    vtodo = understood(source, actor())
    base_url = services().settings.base_url
    writing = Writing(
        session(), actor(), task_list, source, vtodo, now(), base_url, services().blobs,
        strict="If-Match" in request.headers,
    )  # fmt: skip
    before = -1
    try:
        if member is None:
            ticket, made = _arrived(place, collection, task_list, writing), True
        else:
            if "write-content" not in collection.privileges:
                raise withheld(place.path, "write-content")
            ticket, made = _locked(collection, member), False
            if not member.etag.startswith(f'"{ticket.id}-{ticket.sequence}-'):
                _check(_member(place))  # somebody was quicker
            before = ticket.sequence
            if ticket.uid != vtodo.uid:
                condition = f"<c:no-uid-conflict>{hrefs([place.path])}</c:no-uid-conflict>"
                raise refused(409, condition, reason="A task keeps its UID.")
            writing.write(ticket, _sequence(request.headers.get("If-Match")))
    except Refusal as refusal:
        raise as_answer(refusal, place.path, "write-content" if member else "bind") from refusal
    session().flush()
    answer = Response(status=201 if made else 204)
    # What was changed is given back with other stamps than it was written with.
    if not made and ticket.sequence == before and (etag := _etag_of(place, collection, written)):
        answer.headers["ETag"] = etag
    return answer


def delete(place: Place) -> Response:
    """Delete a ticket, which can be restored."""
    collection, _ = _of_agents(place, "unbind")
    member = _member(place)
    if member is None:
        raise NotFound
    _check(member)
    if "unbind" not in collection.privileges:
        raise withheld(place.path, "unbind")
    ticket = _locked(collection, member)
    _check(_member(place))
    try:
        tickets.delete(session(), actor(), ticket, now=now())
    except Refusal as refusal:
        raise as_answer(refusal, place.path, "unbind") from refusal
    return Response(status=204)


def move(place: Place) -> Response:
    """Move a ticket to another list, or give it another name."""
    collection, _ = _of_agents(place, "write-content")
    member = _member(place)
    if member is None:
        raise NotFound
    _check(member)
    target = _destination()
    if target.kind is not Kind.TASK or target.collection is None:
        raise refused(403, "<c:calendar-collection-location-ok/>", reason="Only tasks are moved.")
    there, task_list = _of_agents(target, "bind")
    _check_name(target)
    if (target.path == place.path) or named(session(), actor(), there, [target.name]):
        reason = "There is a task of this name already."
        raise refused(412 if request.headers.get("Overwrite") == "F" else 403, reason=reason)
    if "write-content" not in collection.privileges:
        raise withheld(place.path, "write-content")
    ticket = _locked(collection, member)
    try:
        if ticket.task_list_id == task_list.id:
            names.drop(session(), ticket)
            names.call(session(), ticket, target.name)
            changed(session(), actor(), ticket, "calendar", now=now(), public=False)
        else:
            tickets.move(session(), actor(), ticket, task_list, now=now())
            names.call(session(), ticket, target.name)
    except Refusal as refusal:
        raise as_answer(refusal, target.path, "bind") from refusal
    return Response(status=201, headers={"Location": target.path})


def _arrived(place: Place, collection: Collection, task_list: TaskList, writing: Writing) -> Task:
    """A new ticket; or one that comes from another list, as some clients move."""
    _check_name(place)
    if not collection.may_file:
        raise withheld(place.path, "bind")
    uid = writing.vtodo.uid
    if (ticket := _known(uid, collection, task_list)) is not None:
        if ticket.deleted_at is not None:
            tickets.restore(session(), actor(), ticket, now=now())
        if ticket.task_list_id != task_list.id:
            tickets.move(session(), actor(), ticket, task_list, now=now())
        if agent_level(session(), actor(), task_list) >= Level.WRITE:
            writing.write(ticket, None)
    else:
        ticket = writing.file()
    session().flush()
    names.call(session(), ticket, place.name)
    return ticket


def _known(uid: str, collection: Collection, task_list: TaskList) -> Task | None:
    """The ticket of this UID in another list, or deleted; one that is here already is in the way."""
    if session().scalar(uid_taken(uid)) is None:
        return None
    found = session().scalar(
        worked_by(actor()).where(Task.uid == uid).with_for_update(of=Task)
    ) or session().scalar(deleted_of(actor(), now()).where(Task.uid == uid))
    if found is not None and (found.deleted_at or found.task_list_id != task_list.id):
        return found
    paths = hrefs([collection.at(names.name_of(session(), found))]) if found else ""
    condition = f"<c:no-uid-conflict>{paths}</c:no-uid-conflict>"
    raise refused(409, condition, reason="Its UID belongs to another task.")


def _of_agents(place: Place, privilege: str) -> tuple[Collection, TaskList]:
    """The list that an address lies in; what is only to be read is refused."""
    if place.kind is not Kind.TASK or place.collection is None:
        raise refused(405, reason="Only tasks are written.")
    if place.collection.task_list is None:
        raise withheld(place.path, privilege)
    return place.collection, place.collection.task_list


def _member(place: Place) -> Member | None:
    assert place.collection is not None  # noqa: S101  # tasks lie in collections
    return named(session(), actor(), place.collection, [place.name]).get(place.name)


def _locked(collection: Collection, member: Member) -> Task:
    """The ticket, which nobody else changes until this is over."""
    query = tasks_of(actor(), collection).where(Task.id == member.id)
    query = query.with_for_update(of=Task).execution_options(populate_existing=True)
    ticket = session().scalar(query)
    if ticket is None:
        raise NotFound
    return ticket


def _check(member: Member | None) -> None:
    """If-Match and If-None-Match (RFC 9110, 13.1)."""
    match, none = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if match is not None and (member is None or not meant(match, member.etag)):
        raise refused(412, reason="It was changed by somebody else meanwhile.")
    if none is not None and member is not None and meant(none, member.etag):
        raise refused(412, reason="It is there already.")


def _sequence(match: str | None) -> int | None:
    """The ticket's count of changes that an ETag of ours tells."""
    parts = (match or "").strip('" ').split("-")
    return int(parts[1]) if len(parts) >= 3 and parts[1].isascii() and parts[1].isdigit() else None


def _etag_of(place: Place, collection: Collection, written: bytes) -> str | None:
    """The ETag, where what is given back is what was written (RFC 4791, 5.3.4)."""
    member = _member(place)
    if member is None:
        return None
    text = Texts(session(), actor(), collection, services().settings.base_url).one(member)
    return member.etag if text == written else None


def _check_name(place: Place) -> None:
    if len(place.name) > LONGEST_NAME or not place.name.isprintable() or place.name in (".", ".."):
        raise refused(403, reason="This cannot be the name of a task.")


def _destination() -> Place:
    """Where MOVE leads; raises NotFound where the person has nothing."""
    try:
        parts = urlsplit(request.headers.get("Destination", ""))
    except ValueError:
        raise refused(400, reason="Destination is no address.") from None
    if not parts.path:
        raise refused(400, reason="Destination is missing.")
    if parts.netloc and not knows(services().settings, parts.netloc):
        raise refused(502, reason="Destination is elsewhere.")
    return place_at(session(), actor(), unquote(parts.path))
