"""expand-property (RFC 3253, 3.8): what addresses lead to is told in their place."""

import re
from collections.abc import Sequence
from html import unescape

from groupware.errors import NotFound
from modules.tasks.dav.answers import found
from modules.tasks.dav.markup import Element, d, element, empty
from modules.tasks.dav.places import Place, place_at
from modules.tasks.dav.properties import PLACES, Teller

DEEPEST, MOST = 3, 50
HREF = re.compile(r"<d:href>([^<]*)</d:href>")


def expanded(
    teller: Teller, place: Place, wanted: Sequence[Element], *, minimal: bool, deep: int = 0
) -> str:
    """The response for a place; a property that names others is followed to where they are."""
    props = missing = ""
    for each in wanted[:MOST]:
        name = f"{{{each.get('namespace', 'DAV:')}}}{each.get('name', '')}"
        tell = PLACES[place.kind].get(name)
        value = tell(teller, place) if tell else None
        if value is None:
            missing += empty(name)
            continue
        inside = list(each.iterfind(d("property")))
        if inside and deep < DEEPEST:
            value = HREF.sub(lambda at: _there(teller, at, inside, minimal, deep), value)  # noqa: B023
        props += element(name, value)
    return found(place.path, props, "" if minimal else missing)


def _there(
    teller: Teller,
    at: re.Match[str],
    inside: Sequence[Element],
    minimal: bool,  # noqa: FBT001  # a header's word
    deep: int,
) -> str:
    path = unescape(at[1])
    if not path.startswith("/dav/"):
        return at[0]
    try:
        place = place_at(teller.session, teller.user, path)
    except NotFound:
        return at[0]
    return expanded(teller, place, inside, minimal=minimal, deep=deep + 1)
