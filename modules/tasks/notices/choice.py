"""Of what each person is told, and how: in the app, by mail, both or neither."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from groupware.models import User
from modules.tasks.notices.models import Reason

KEPT_AS = "notices"


class Channel(StrEnum):
    """How somebody is told."""

    APP = "app"
    MAIL = "mail"


Choice = Mapping[Reason, frozenset[Channel]]

BOTH = frozenset(Channel)
APP = frozenset({Channel.APP})

USUAL: Choice = {
    Reason.ASSIGNED: BOTH,
    Reason.MENTIONED: BOTH,
    Reason.ANSWERED: BOTH,
    Reason.NOTED: APP,
    Reason.CHANGED: APP,
    Reason.OVERDUE: APP,
    Reason.FILED: frozenset(),
}
"""What somebody gets who has not chosen, in the order in which it is asked."""


def chosen(person: User) -> Choice:
    """What the person wants to be told of."""
    kept = person.preferences.get(KEPT_AS)
    if not isinstance(kept, dict):
        return USUAL
    return {
        reason: frozenset(Channel(each) for each in kept[reason] if each in set(Channel))
        if isinstance(kept.get(reason), list)
        else usual
        for reason, usual in USUAL.items()
    }


def choose(person: User, wanted: Mapping[Reason, Collection[Channel]]) -> None:
    """Keep what the person wants; what is usual is not kept, so it can change with the product."""
    differing = {
        str(reason): sorted(wanted.get(reason, ()))
        for reason in USUAL
        if frozenset(wanted.get(reason, ())) != USUAL[reason]
    }
    person.preferences = {**person.preferences, KEPT_AS: differing}
