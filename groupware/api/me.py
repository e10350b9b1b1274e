"""Who asks: themselves, and what they may do at all."""

from dataclasses import dataclass
from typing import Annotated

from groupware.api import ANYBODY, Noun, Says
from groupware.web.request import actor, open_to, rights

nouns = Noun("me", "Who asks.")


@dataclass(frozen=True)
class Me:
    """Oneself."""

    id: int
    name: str
    organisation: str
    addresses: list[str]
    time_zone: str
    locale: str
    permissions: Annotated[
        list[str],
        Says("Of `create_tickets`, `manage_tickets`, `manage_support`, `administer`."),
    ]


@nouns.get("/me")
@open_to(*ANYBODY)
def me() -> Me:
    """Oneself, with the permissions that one has now."""
    person = actor()
    return Me(
        id=person.id,
        name=person.name,
        organisation=person.organisation,
        addresses=[each.address for each in person.addresses],
        time_zone=person.time_zone,
        locale=person.locale,
        permissions=sorted(rights().permissions),
    )
