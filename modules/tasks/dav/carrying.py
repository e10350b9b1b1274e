"""Clients drop what they do not know: that is no change, and is carried over."""

from collections.abc import Mapping

from modules.tasks.icalendar.importing import Source
from modules.tasks.icalendar.keeping import SOMEBODY, parsed, with_personal
from modules.tasks.icalendar.lines import Component, name_of

REMOVED = frozenset(
    (
        "UID", "SUMMARY", "DESCRIPTION", "DUE", "DTSTART", "DURATION", "PRIORITY", "LOCATION",
        "CATEGORIES", "STATUS", "COMPLETED", "PERCENT-COMPLETE", "RRULE", "RDATE", "EXDATE",
        "EXRULE", "RECURRENCE-ID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE",
    )
)  # fmt: skip
"""What every client knows: its absence is a removal."""

ADDED_TO = frozenset({"ATTACH", "COMMENT"})
"""Of these a missing one deletes nothing, though others are there."""

REMOVED_PARTS = frozenset({"VALARM"})

THEIRS = "X-MOZ-"
"""What one family of apps writes for itself: an app that writes one of these knows them all.

An alarm that was put off and then turned off would ring again, were the time of the first kept.
"""


def carried(
    source: Source, kept: str | None, personal: str | None
) -> tuple[Component, Mapping[str, Component]]:
    """The task as written, with what was kept of it before and every client may have dropped."""
    before, timezones = kept_task(kept, personal)
    names = {_named(each) for each in source.task.entries}
    lines = {each for each in source.task.entries if isinstance(each, str)}
    knows_theirs = any(each.startswith(THEIRS) for each in names)
    extra: list[str | Component] = []
    for entry in before.entries:
        name = _named(entry)
        if isinstance(entry, Component):
            if name not in names and name not in REMOVED_PARTS:
                extra.append(entry)
        elif name in ADDED_TO:
            if entry not in lines:
                extra.append(entry)
        elif name not in names | REMOVED and not (knows_theirs and name.startswith(THEIRS)):
            extra.append(entry)
    whole = Component("VTODO", [*source.task.entries, *extra])
    return whole, {**timezones, **source.timezones}


def kept_task(kept: str | None, personal: str | None) -> tuple[Component, Mapping[str, Component]]:
    """The task as it was kept, for one person, and its zones."""
    if not kept:
        return Component("VTODO"), {}
    tasks, timezones = parsed(kept)
    return with_personal(tasks, personal)[0], timezones


def _named(entry: str | Component) -> str:
    name = entry.name if isinstance(entry, Component) else name_of(entry)
    return "ATTENDEE" if name == SOMEBODY else name
