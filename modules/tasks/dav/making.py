"""MKCALENDAR and PROPPATCH: a new list, where the person may make one; how lists look to them."""

import re
from collections.abc import Mapping

from flask import request
from sqlalchemy import delete as deletion
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from groupware.access import access_of
from groupware.errors import NotFound, Refusal
from groupware.web.request import actor, now, session
from modules.tasks import lists
from modules.tasks.dav.answers import as_answer, found, multistatus, refused, withheld
from modules.tasks.dav.markup import (
    CAL,
    ICAL,
    Element,
    body,
    c,
    children,
    d,
    empty,
    escaped,
    text_of,
)
from modules.tasks.dav.models import Looks
from modules.tasks.dav.places import REQUESTS, Place, home_of
from modules.tasks.dav.properties import PROTECTED
from modules.tasks.models import TaskList

NAME, COLOUR, ORDER = d("displayname"), f"{{{ICAL}}}calendar-color", f"{{{ICAL}}}calendar-order"
COLUMNS: Mapping[str, tuple[str, re.Pattern[str]]] = {
    NAME: ("name", re.compile(r".{0,200}", re.DOTALL)),
    COLOUR: ("colour", re.compile(r"(#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?|[A-Za-z]{1,32})?")),
    ORDER: ("position", re.compile(r"([0-9]{1,9})?")),
}
IGNORED = frozenset({f"{{{CAL}}}calendar-timezone", f"{{{CAL}}}calendar-description"})
"""What clients set with each new list, and what the desk says itself."""


def make(path: str) -> Response:
    """A new list in the person's home, which nobody else may use yet."""
    person, segment = actor(), path.removeprefix(home_of(actor())).strip("/")
    if not path.startswith(home_of(person)) or not segment or "/" in segment:
        raise refused(
            403, "<c:calendar-collection-location-ok/>", reason="Lists lie in one's home."
        )
    if not access_of(session(), person).manager:
        raise withheld(home_of(person), "bind", "Only managers make lists.")
    if len(segment) > 200 or not segment.isprintable() or segment.isdigit() or segment == REQUESTS:
        raise refused(403, "<c:calendar-collection-location-ok/>", reason="Another name, please.")
    mine = select(Looks).where(Looks.user_id == person.id, Looks.segment == segment)
    if session().scalar(mine) is not None:
        raise refused(405, "<d:resource-must-be-null/>", reason="There is a list already.")
    asked = _asked(body())
    try:
        task_list = lists.create(
            session(), person, name=_free(asked.get("name") or segment), now=now()
        )
    except Refusal as refusal:
        raise as_answer(refusal, path, "bind") from refusal
    looks = {name: value for name, value in asked.items() if name != "name"}
    session().add(Looks(user_id=person.id, task_list_id=task_list.id, segment=segment, **looks))
    return Response(status=201)


def unmake(place: Place) -> Response:
    """Archive a list: its tickets stay, and a manager can bring it back."""
    collection = place.collection
    if collection is None or collection.task_list is None:
        raise withheld(place.path, "unbind")
    if not access_of(session(), actor()).manager:
        raise withheld(place.path, "unbind", "Only managers archive lists.")
    lists.archive(session(), actor(), collection.task_list, now=now())
    session().execute(
        deletion(Looks).where(
            Looks.task_list_id == collection.task_list.id, Looks.user_id == actor().id
        )
    )
    return Response(status=204)


def patch(place: Place) -> Response:
    """Name, colour and order of a list, as this person sees it; all of it or nothing."""
    collection = place.collection
    root = body()
    if root is None or root.tag != d("propertyupdate"):
        raise refused(400, reason="This takes a propertyupdate.")
    if collection is None or place.name or collection.task_list is None:
        raise withheld(place.path, "write-properties")
    if "write-properties" not in collection.privileges:
        raise withheld(place.path, "write-properties")
    wanted = dict(_updates(root))
    refusals = {name for name, value in wanted.items() if not _takes(name, value)}
    if not refusals:
        looks = session().get(Looks, (actor().id, collection.task_list.id))
        if looks is None:
            looks = Looks(user_id=actor().id, task_list_id=collection.task_list.id)
            session().add(looks)
        for name, value in wanted.items():
            if name in COLUMNS:
                setattr(looks, COLUMNS[name][0], value)
        props = "".join(empty(name) for name in wanted)
        return multistatus([found(place.path, props)])
    told = "".join(
        f"<d:propstat><d:prop>{empty(name)}</d:prop><d:status>HTTP/1.1 "
        + (
            "403 Forbidden</d:status><d:error><d:cannot-modify-protected-property/></d:error>"
            if name in refusals
            else "424 Failed Dependency</d:status>"
        )
        + "</d:propstat>"
        for name in wanted
    )
    return multistatus([f"<d:response><d:href>{escaped(place.path)}</d:href>{told}</d:response>"])


def _updates(root: Element) -> list[tuple[str, str]]:
    return [
        (str(each.tag), text_of(each) if update.tag == d("set") else "")
        for update in children(root)
        for prop in update.iterfind(d("prop"))
        for each in children(prop)
    ]


def _takes(name: str, value: str) -> bool:
    if name in COLUMNS:
        return COLUMNS[name][1].fullmatch(value) is not None
    return name in IGNORED and name not in PROTECTED - IGNORED


def _asked(root: Element | None) -> dict[str, str]:
    """What a new list is to look like; refuses other things than tasks."""
    if root is not None and root.tag not in (c("mkcalendar"), d("mkcol")):
        raise refused(415, reason="This is no request for a list.")
    found_values: dict[str, str] = {}
    for prop in root.iter(d("prop")) if root is not None else ():
        for each in children(prop):
            name = str(each.tag)
            if name == c("supported-calendar-component-set"):
                kinds = {one.get("name", "").upper() for one in children(each)}
                if kinds and "VTODO" not in kinds:
                    raise refused(
                        403, "<c:supported-calendar-component/>", reason="Lists hold tasks."
                    )
            elif name == d("resourcetype") and each.find(c("calendar")) is None:
                raise refused(403, "<d:valid-resourcetype/>", reason="Only lists are made here.")
            elif name in COLUMNS and COLUMNS[name][1].fullmatch(text_of(each)):
                found_values[COLUMNS[name][0]] = text_of(each)
    if request.method == "MKCOL" and root is None:
        raise refused(403, "<d:valid-resourcetype/>", reason="Only lists are made here.")
    return found_values


def _free(name: str) -> str:
    """The name, with a number where there is a list of that name."""
    for number in range(1, 100):
        tried = name if number == 1 else f"{name} {number}"
        taken = select(TaskList.id).where(func.lower(TaskList.name) == tried.strip().lower())
        if session().scalar(taken.limit(1)) is None:
            return tried
    raise NotFound
