"""REPORT: calendar-query, calendar-multiget, sync-collection, and what clients ask of people."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import unquote, urlsplit

from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from groupware.models import User
from groupware.web.request import actor, afterwards, now, services, session
from modules.tasks.dav import sync
from modules.tasks.dav.answers import HEAD, SPACES, XML, found, gone, multistatus, refused
from modules.tasks.dav.asking import matching
from modules.tasks.dav.expanding import expanded
from modules.tasks.dav.filters import OfComponent, read_filter, task_condition
from modules.tasks.dav.markup import (
    Element,
    body,
    c,
    children,
    d,
    empty,
    escaped,
    href,
    text_of,
)
from modules.tasks.dav.members import Member, Texts, named
from modules.tasks.dav.partly import Part, read_part
from modules.tasks.dav.places import Collection, Kind, Place, principal_of
from modules.tasks.dav.properties import PLACES, Asked, Teller

DATA = c("calendar-data")
MOST_WANTED = 10_000
LIMITED = "<d:number-of-matches-within-limits/>"


def report(place: Place, asked_minimal: bool) -> Response:  # noqa: FBT001  # a header's word
    """Answer the report that the body names."""
    root = body()
    if root is None:
        raise refused(400, reason="A report has a body.")
    known = _REPORTS.get(str(root.tag))
    anywhere = root.tag == d("expand-property")
    fits = anywhere or (place.collection is None) == (root.tag in _OF_PEOPLE)
    if known is None or not fits:
        raise refused(403, "<d:supported-report/>", reason="This report is not known here.")
    return known(place, root, asked_minimal)


def asked_of(root: Element | None, *, minimal: bool = False) -> Asked:
    """Which properties a body names; none means all of the usual."""
    for each in children(root):
        if each.tag == d("prop"):
            return Asked(tuple(str(one.tag) for one in children(each)), minimal=minimal)
        if each.tag == d("propname"):
            return Asked(names_only=True)
    return Asked(everything=True, minimal=minimal)


def _data(root: Element) -> Part | None:
    """How much of each task's text is wanted; None where none is."""
    for prop in root.iterfind(d("prop")):
        if (wanted := prop.find(DATA)) is not None:
            return read_part(wanted)
    return None


def _query(place: Place, root: Element, minimal: bool) -> Response:  # noqa: FBT001
    collection = _collection(place)
    asked, part = asked_of(root, minimal=minimal), _data(root)
    condition = task_condition(read_filter(root.find(c("filter"))))
    base_url = services().settings.base_url
    wanted: list[Member] = []
    if condition is not None:
        wanted = list(_matching(place, collection, condition, base_url))
    most = _limit(root)
    cut = most is not None and len(wanted) > most
    return _told(place, collection, wanted[:most], asked, part, cut=cut)


def _matching(
    place: Place, collection: Collection, condition: OfComponent, base_url: str
) -> Iterator[Member]:
    for each in matching(session(), actor(), collection, condition, base_url):
        if place.kind is not Kind.TASK or each.name == place.name:
            yield each


def _multiget(place: Place, root: Element, minimal: bool) -> Response:  # noqa: FBT001
    collection = _collection(place)
    asked, part = asked_of(root, minimal=minimal), _data(root)
    paths = [text_of(each) for each in root.iterfind(d("href"))]
    if len(paths) > MOST_WANTED:
        raise refused(403, LIMITED, reason=f"At most {MOST_WANTED:,} at once.")
    names = {path: _name_in(collection, path) for path in dict.fromkeys(paths)}
    there = named(session(), actor(), collection, [each for each in names.values() if each])
    wanted = [there[name] for name in names.values() if name in there]
    missing = [gone(escaped_path(path)) for path, name in names.items() if name not in there]
    return _told(place, collection, wanted, asked, part, also=missing)


def escaped_path(path: str) -> str:
    """A path as the client wrote it, without what XML cannot hold."""
    return "".join(each for each in path if each.isprintable())


def _sync(place: Place, root: Element, minimal: bool) -> Response:  # noqa: FBT001
    if place.kind is not Kind.LIST:
        raise refused(403, "<d:supported-report/>", reason="Only lists are synchronised.")
    collection = _collection(place)
    if text_of(root.find(d("sync-level"))) not in ("1", ""):
        raise refused(403, "<d:sync-traversal-supported/>", reason="Lists have one level.")
    base_url, token = services().settings.base_url, text_of(root.find(d("sync-token")))
    try:
        changes, snapshot = sync.changes(
            session(), actor(), collection, token,
            limit=_limit(root), base_url=base_url, now=now(),
        )  # fmt: skip
    except sync.Unknown:
        raise refused(403, "<d:valid-sync-token/>", reason="Please begin anew.") from None
    if snapshot is not None:
        afterwards(lambda writing: sync.remember(writing, snapshot))
    asked = asked_of(root, minimal=minimal)
    removed = [gone(collection.at(name)) for name in changes.gone]
    token_told = f"<d:sync-token>{escaped(changes.token)}</d:sync-token>"
    return _told(
        place, collection, changes.members, asked, _data(root),
        also=removed, last=token_told, cut=changes.cut,
    )  # fmt: skip


def _told(
    place: Place,
    collection: Collection,
    wanted: list[Member],
    asked: Asked,
    part: Part | None,
    *,
    also: Iterable[str] = (),
    last: str = "",
    cut: bool = False,
) -> Response:
    """The tasks, with their text where it is wanted; what follows; and whether there was more."""
    if cut:
        last = _cut(place.path) + last
    teller = Teller(session(), actor(), services().settings.base_url)
    if part is None:
        parts = teller.of_tasks(collection, wanted, asked)
        return multistatus(_all(list(parts) if len(wanted) < 100 else parts, also, last))
    names = tuple(name for name in asked.names if name != DATA)
    pieces, missing = teller.compiled(
        collection, Asked(names or ("{DAV:}getetag",), minimal=asked.minimal)
    )
    written = _written(collection, wanted, part)

    def told() -> Iterator[str]:
        for member, text in written:
            props = "".join(each if isinstance(each, str) else each(member) for each in pieces)
            data = f"<c:calendar-data>{escaped(text)}</c:calendar-data>"
            yield found(collection.at(member.name), props + data, missing)

    return multistatus(_all(told(), also, last))


def _written(
    collection: Collection, wanted: list[Member], part: Part
) -> Iterator[tuple[Member, str]]:
    """The texts, read in a session of its own: this goes on after the request's has ended."""
    database, base_url, person_id = services().database, services().settings.base_url, actor().id

    def read(reading: Session) -> Iterator[tuple[Member, str]]:
        person = reading.get_one(User, person_id)
        for member, text in Texts(reading, person, collection, base_url).of(wanted):
            yield member, part.of(text)

    if len(wanted) <= 200:
        return iter(list(read(session())))

    def pieces() -> Iterator[tuple[Member, str]]:
        with database.reading() as reading:
            yield from read(reading)

    return pieces()


def _all(parts: Iterable[str], also: Iterable[str], last: str) -> Iterator[str]:
    yield from parts
    yield from also
    yield last


def _cut(path: str) -> str:
    """There is more (RFC 6578, 3.6)."""
    return (
        f"<d:response>{href(path)}<d:status>HTTP/1.1 507 Insufficient Storage</d:status>"
        f"<d:error>{LIMITED}</d:error></d:response>"
    )


def _limit(root: Element) -> int | None:
    for space in (d, c):
        limit = root.find(space("limit"))
        said = text_of(limit.find(space("nresults"))) if limit is not None else ""
        if said:
            if not (said.isascii() and said.isdigit() and len(said) < 10 and int(said) > 0):
                raise refused(403, LIMITED, reason="nresults is no number from 1.")
            return int(said)
    return None


def _collection(place: Place) -> Collection:
    if place.collection is None:
        raise refused(403, "<d:supported-report/>", reason="This is no list.")
    return place.collection


def _name_in(collection: Collection, path: str) -> str | None:
    """The name within this collection that an address leads to; None where it leads elsewhere."""
    try:
        found_path = urlsplit(path).path
    except ValueError:
        return None
    before, _, name = found_path.rpartition("/")
    decoded = unquote(name)
    inside = unquote(before) + "/" == unquote(collection.path)
    return decoded if inside and decoded and len(decoded) <= 300 else None


def _of_people(_place: Place, root: Element, minimal: bool) -> Response:  # noqa: FBT001
    """Principals: everybody finds themselves and nobody else."""
    me = Place(Kind.PRINCIPAL, principal_of(actor()))
    teller = Teller(session(), actor(), services().settings.base_url)
    if root.tag == d("principal-property-search"):
        texts = [text_of(each).casefold() for each in root.iter(d("match"))]
        mine = [actor().name, *(each.address for each in actor().addresses)]
        if not texts or not all(any(text in each.casefold() for each in mine) for text in texts):
            return multistatus([])
    asked = asked_of(root, minimal=minimal)
    if not asked.names:  # some clients name what they want beside an empty prop
        asked = Asked(tuple(PLACES[Kind.PRINCIPAL]), minimal=minimal)
    return multistatus([teller.of_place(me, asked)])


def _expanded(place: Place, root: Element, minimal: bool) -> Response:  # noqa: FBT001
    teller = Teller(session(), actor(), services().settings.base_url)
    wanted = list(root.iterfind(d("property")))
    return multistatus([expanded(teller, place, wanted, minimal=minimal)])


def _search_set(_place: Place, _root: Element, _minimal: bool) -> Response:  # noqa: FBT001
    told = "".join(
        "<d:principal-search-property>"
        f"<d:prop>{empty(name)}</d:prop><d:description>{words}</d:description>"
        "</d:principal-search-property>"
        for name, words in ((d("displayname"), "Name"), (c("calendar-user-address-set"), "Address"))
    )
    content = (
        f"{HEAD}<d:principal-search-property-set {SPACES}>{told}</d:principal-search-property-set>"
    )
    return Response(content, 200, content_type=XML)


_OF_PEOPLE = frozenset(
    d(name)
    for name in (
        "principal-property-search", "principal-match", "principal-search-property-set"
    )
)  # fmt: skip
_REPORTS: Mapping[str, Callable[[Place, Element, bool], Response]] = {
    c("calendar-query"): _query,
    c("calendar-multiget"): _multiget,
    d("sync-collection"): _sync,
    d("expand-property"): _expanded,
    d("principal-property-search"): _of_people,
    d("principal-match"): _of_people,
    d("principal-search-property-set"): _search_set,
}
