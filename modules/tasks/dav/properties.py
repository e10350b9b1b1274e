"""What PROPFIND tells of each kind of place. A property's value is XML that is written already."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy.orm import Session
from werkzeug.http import http_date

from groupware.access import access_of
from groupware.models import User
from modules.tasks.dav import sync
from modules.tasks.dav.answers import found
from modules.tasks.dav.markup import CAL, CS, DAV, ICAL, element, empty, escaped, href, hrefs
from modules.tasks.dav.members import Member
from modules.tasks.dav.places import (
    PRINCIPALS,
    Collection,
    Kind,
    Place,
    home_of,
    principal_of,
)

LARGEST = 1024 * 1024
CONTENT_TYPE = "text/calendar; charset=utf-8; component=VTODO"
REPORTS = {
    "list": (f"{{{CAL}}}calendar-query", f"{{{CAL}}}calendar-multiget", "{DAV:}sync-collection",
             "{DAV:}expand-property"),
    "principal": ("{DAV:}principal-search-property-set", "{DAV:}principal-property-search",
                  "{DAV:}principal-match", "{DAV:}expand-property"),
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What a request wants to know: these properties, all of the usual, or only their names."""

    names: Sequence[str] = ()
    everything: bool = False
    names_only: bool = False
    minimal: bool = False  # say nothing of what is not there


@dataclass
class Teller:
    """Tells properties to one person."""

    session: Session
    user: User
    base_url: str
    notes: dict[str, str] = field(default_factory=dict)

    @cached_property
    def manages(self) -> bool:
        return access_of(self.session, self.user).manager

    def of_place(self, place: Place, asked: Asked) -> str:
        """The response for a place that is no task."""
        return self._response(place.path, PLACES[place.kind], place, asked)

    def of_tasks(
        self, collection: Collection, members: Iterable[Member], asked: Asked
    ) -> Iterator[str]:
        """The responses for tasks without their text, as fast as they can be written."""
        pieces, missing = self.compiled(collection, asked)
        for member in members:
            props = "".join(each if isinstance(each, str) else each(member) for each in pieces)
            yield found(collection.at(member.name), props, missing)

    def compiled(
        self, collection: Collection, asked: Asked
    ) -> tuple[list[str | Callable[[Member], str]], str]:
        """What is the same for all tasks, and what is to be asked of each."""
        place = Place(Kind.TASK, collection.path, collection)
        names = asked.names or (*OF_EACH, *COMMON, *_TASK)
        pieces: list[str | Callable[[Member], str]] = []
        missing = ""
        for name in names:
            if name in OF_EACH:
                pieces.append(empty(name) if asked.names_only else OF_EACH[name])
            elif tell := PLACES[Kind.TASK].get(name):
                pieces.append(element(name, "" if asked.names_only else tell(self, place) or ""))
            elif not asked.minimal:
                missing += empty(name)
        return pieces, missing

    def _response(self, path: str, known: Mapping[str, "Tell"], place: Place, asked: Asked) -> str:
        if asked.names_only:
            return found(path, "".join(empty(name) for name in known))
        names = asked.names or ALL
        values = {name: tell(self, place) for name in names if (tell := known.get(name))}
        # A value of None is a property that is not there for this one.
        props = "".join(element(name, value) for name, value in values.items() if value is not None)
        absent = [name for name in asked.names if values.get(name) is None]
        return found(path, props, "" if asked.minimal else "".join(empty(name) for name in absent))


Tell = Callable[[Teller, Place], str | None]


def _of_list(tell: Callable[[Collection], str | None]) -> Tell:
    def told(_teller: Teller, place: Place) -> str | None:
        return tell(place.collection) if place.collection else None

    return told


def _privileges(names: Iterable[str]) -> str:
    return "".join(f"<d:privilege><d:{name}/></d:privilege>" for name in names)


def _on_home(teller: Teller, _place: Place) -> str:
    granted = ["read", "read-current-user-privilege-set"]
    return _privileges([*granted, "bind"] if teller.manages else granted)


def _reports(kind: str) -> Tell:
    told = "".join(
        f"<d:supported-report><d:report>{empty(name)}</d:report></d:supported-report>"
        for name in REPORTS[kind]
    )
    return lambda _teller, _place: told


def _said(text: str) -> Tell:
    return lambda _teller, _place: text


def _description(collection: Collection) -> str | None:
    return escaped(collection.task_list.description) if collection.task_list else None


COMMON: Mapping[str, Tell] = {
    "{DAV:}current-user-principal": lambda t, _: href(principal_of(t.user)),
    "{DAV:}principal-collection-set": _said(href(PRINCIPALS)),
    "{DAV:}owner": lambda t, _: href(principal_of(t.user)),
}
_COLLECTION: Mapping[str, Tell] = {
    "{DAV:}resourcetype": _said("<d:collection/>"),
    "{DAV:}displayname": _said("Groupware Support"),
    "{DAV:}current-user-privilege-set": _on_home,
    "{DAV:}supported-report-set": _reports("principal"),
    **COMMON,
}
_PRINCIPAL: Mapping[str, Tell] = {
    "{DAV:}resourcetype": _said("<d:collection/><d:principal/>"),
    "{DAV:}displayname": lambda t, _: escaped(t.user.name),
    "{DAV:}principal-URL": lambda t, _: href(principal_of(t.user)),
    "{DAV:}alternate-URI-set": _said(""),
    "{DAV:}group-member-set": _said(""),
    "{DAV:}group-membership": _said(""),
    "{DAV:}current-user-privilege-set": _said(
        _privileges(["read", "read-current-user-privilege-set"])
    ),
    "{DAV:}supported-report-set": _reports("principal"),
    f"{{{CAL}}}calendar-home-set": lambda t, _: href(home_of(t.user)),
    f"{{{CAL}}}calendar-user-address-set": lambda t, _: hrefs(
        [f"mailto:{each.address}" for each in t.user.addresses] + [principal_of(t.user)]
    ),
    f"{{{CAL}}}calendar-user-type": _said("INDIVIDUAL"),
    f"{{{CS}}}email-address-set": lambda t, _: "".join(
        f"<cs:email-address>{escaped(each.address)}</cs:email-address>" for each in t.user.addresses
    ),
    **COMMON,
}
_LIST: Mapping[str, Tell] = {
    "{DAV:}resourcetype": _said("<d:collection/><c:calendar/>"),
    "{DAV:}displayname": _of_list(lambda each: escaped(each.name)),
    "{DAV:}current-user-privilege-set": _of_list(lambda each: _privileges(each.privileges)),
    "{DAV:}supported-report-set": _reports("list"),
    "{DAV:}sync-token": lambda t, place: escaped(
        sync.token_of(t.session, t.user, place, t.base_url)
    ),
    f"{{{CS}}}getctag": lambda t, place: escaped(
        sync.token_of(t.session, t.user, place, t.base_url)
    ),
    f"{{{CAL}}}calendar-description": _of_list(_description),
    f"{{{CAL}}}supported-calendar-component-set": _said('<c:comp name="VTODO"/>'),
    f"{{{CAL}}}supported-calendar-data": _said(
        '<c:calendar-data content-type="text/calendar" version="2.0"/>'
    ),
    f"{{{CAL}}}supported-collation-set": _said(
        "<c:supported-collation>i;ascii-casemap</c:supported-collation>"
        "<c:supported-collation>i;octet</c:supported-collation>"
        "<c:supported-collation>i;unicode-casemap</c:supported-collation>"
    ),
    f"{{{CAL}}}max-resource-size": _said(str(LARGEST)),
    f"{{{ICAL}}}calendar-color": _of_list(lambda each: escaped(each.colour)),
    f"{{{ICAL}}}calendar-order": _of_list(lambda each: escaped(each.position)),
    **COMMON,
}
_TASK: Mapping[str, Tell] = {
    "{DAV:}resourcetype": _said(""),
    "{DAV:}getcontenttype": _said(CONTENT_TYPE),
    "{DAV:}current-user-privilege-set": _of_list(
        lambda each: _privileges(name for name in each.privileges if name not in ("bind", "unbind"))
    ),
    "{DAV:}supported-report-set": _said(""),
}
OF_EACH: Mapping[str, Callable[[Member], str]] = {
    "{DAV:}getetag": lambda each: f"<d:getetag>{escaped(each.etag)}</d:getetag>",
    "{DAV:}getlastmodified": lambda each: (
        f"<d:getlastmodified>{http_date(each.modified)}</d:getlastmodified>"
    ),
}
"""What differs from task to task."""

PLACES: Mapping[Kind, Mapping[str, Tell]] = {
    Kind.ROOT: _COLLECTION,
    Kind.PRINCIPALS: _COLLECTION,
    Kind.PRINCIPAL: _PRINCIPAL,
    Kind.HOMES: _COLLECTION,
    Kind.HOME: _COLLECTION,
    Kind.LIST: _LIST,
    Kind.TASK: {**COMMON, **_TASK},
}
ALL = (f"{{{DAV}}}resourcetype", f"{{{DAV}}}displayname", f"{{{DAV}}}getcontenttype")
"""What *allprop* is given besides what differs: the rest is worked out only for who asks."""

PROTECTED = frozenset(name for known in PLACES.values() for name in (*known, *OF_EACH))
