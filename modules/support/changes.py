"""The journal of a ticket in words: a line in its thread, and each change before and after."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from groupware.models import JournalEntry
from groupware.web.words import t_datetime

CUSTOM = "custom:"
"""A change of a custom field is journalled as this and the field's name then."""

MESSAGES = frozenset({"filed", "replied", "responded", "noted", "comment_edited"})
"""Acts that a thread shows by the message itself."""

QUIET = frozenset(
    {
        "item_added",
        "item_done",
        "item_reopened",
        "item_changed",
        "item_assigned",
        "item_moved",
        "item_removed",
    }
)
"""Acts that the history tells, and a thread leaves out: the checklist stands beside it."""

RELATIONS = {
    "duplicate_of": "marked it as a duplicate of {after}",
    "duplicated_by": "marked {after} as a duplicate of it",
    "parent_of": "made it the parent of {after}",
    "child_of": "made it a child of {after}",
    "blocks": "said that it blocks {after}",
    "blocked_by": "said that {after} blocks it",
}

STATES = {
    "open": "Open",
    "in_progress": "In progress",
    "resolved": "Resolved",
    "closed": "Closed",
}
URGENCIES = {"low": "Low", "normal": "Normal", "high": "High", "urgent": "Urgent"}
WAITING = {"customer": "the customer", "third_party": "a third party", "until": "a date"}
LABELS = {
    "status": "Status",
    "urgency": "Urgency",
    "assignee": "Assignee",
    "customer": "Customer",
    "participants": "Participant",
    "task_list": "Task list",
    "link": "Link",
    "location": "Location",
    "address": "To",
    "categories": "Categories",
    "due": "Due",
    "start": "Start",
    "percent": "Percent done",
    "waiting": "Waiting for",
    "until": "Until",
    "summary": "Subject",
    "description": "Details",
    "body": "Text",
    "merged": "Ticket",
    "url": "Address",
    "file": "File",
    "named": "Person",
    "item": "Checklist",
    "kind": "Message",
}
ACTS = {
    "filed": "filed the request",
    "replied": "replied",
    "responded": "responded",
    "noted": "added a note",
    "comment_edited": "edited a message",
    "comment_deleted": "deleted a message",
    "edited": "edited the request",
    "assigned": "changed the assignee",
    "reopened": "opened it again",
    "started": "started on it",
    "resolved": "resolved it",
    "closed": "closed it",
    "waiting": "changed what it waits for",
    "urgency": "changed the urgency",
    "due": "changed the due date",
    "start": "changed the start",
    "percent": "changed the progress",
    "calendar": "changed it in a calendar",
    "overruled": "wrote in a calendar what was changed here meanwhile",
    "not_assigned": "named somebody in a calendar who cannot have it",
    "files": "added files",
    "categories": "changed the categories",
    "location": "changed the location",
    "customer": "changed the customer",
    "participants": "changed who takes part",
    "moved": "moved it to another list",
    "linked": "linked a ticket",
    "unlinked": "removed a link",
    "merged": "merged it into another ticket",
    "merged_in": "merged a ticket into it",
    "unmerged": "took it out of the ticket it was merged into",
    "unmerged_from": "took a merged ticket out again",
    "split": "split a message off",
    "message_out": "moved a message to another ticket",
    "message_in": "moved a message here",
    "web_linked": "added a web address",
    "web_unlinked": "removed a web address",
    "item_added": "added to the checklist",
    "item_done": "checked off",
    "item_reopened": "took a check mark back",
    "item_changed": "reworded the checklist",
    "item_assigned": "assigned an item of the checklist",
    "item_moved": "put the checklist in another order",
    "item_removed": "removed from the checklist",
    "deleted": "deleted the ticket",
    "restored": "restored the ticket",
    "taken_back": "took a reply back",
    "undelivered": "was told that a reply did not get through",
    "field": "changed what its fields say",
}
MARKS = {
    "assigned": "user-check",
    "calendar": "calendar",
    "categories": "tag",
    "comment_deleted": "trash-2",
    "customer": "user-round",
    "deleted": "trash-2",
    "due": "clock",
    "edited": "square-pen",
    "field": "square-pen",
    "linked": "link",
    "location": "map-pin",
    "merged": "merge",
    "merged_in": "merge",
    "message_in": "move-right",
    "message_out": "move-right",
    "moved": "layers",
    "overruled": "calendar",
    "not_assigned": "calendar",
    "files": "paperclip",
    "participants": "users",
    "percent": "activity",
    "restored": "undo-2",
    "split": "split",
    "start": "clock",
    "taken_back": "undo-2",
    "undelivered": "mail-warning",
    "unlinked": "unlink",
    "unmerged": "split",
    "unmerged_from": "split",
    "urgency": "flag",
    "waiting": "timer",
    "web_linked": "link",
    "web_unlinked": "unlink",
}
"""The icon of an act's line in the thread, where no status is shown."""

GAINED = {
    "undelivered": "could not deliver a reply to {after}",
    "assigned": "assigned {after}",
    "reopened": "changed the status to {after}",
    "started": "changed the status to {after}",
    "resolved": "changed the status to {after}",
    "closed": "changed the status to {after}",
    "waiting": "lets it wait for {after}",
    "urgency": "changed the urgency to {after}",
    "due": "changed the due date to {after}",
    "categories": "changed the categories to {after}",
    "location": "changed the location to {after}",
    "customer": "made {after} the customer",
    "participants": "added {after}",
    "moved": "moved it from {before} to {after}",
    "linked": "linked {after}",
    "merged_in": "merged {after} into it",
    "split": "split a message off as {after}",
    "message_out": "moved a message to {after}",
    "message_in": "moved a message here from {after}",
    "web_linked": "added {after}",
    "files": "added {after}",
    "not_assigned": "named {after} in a calendar, who cannot have it",
    "item_added": "added “{after}” to the checklist",
    "item_done": "checked off “{after}”",
    "item_reopened": "took the check mark off “{after}”",
    "item_changed": "changed an item of the checklist to “{after}”",
    "item_assigned": "changed who does “{after}”",
}
LOST = {
    "assigned": "took {before} off as assignee",
    "waiting": "ended the waiting",
    "due": "cleared the due date",
    "categories": "removed all categories",
    "location": "cleared the location",
    "participants": "removed {before}",
    "unlinked": "removed the link to {before}",
    "unmerged": "took it out of {before} again",
    "unmerged_from": "took {before} out again",
    "web_unlinked": "removed {before}",
    "item_removed": "removed “{before}” from the checklist",
}
_PEOPLE = ("assignee", "customer", "participants")


@dataclass(frozen=True)
class Names:
    """What the ids in a journal are called, for this reader; what they may not see has no name."""

    people: Mapping[int, str]
    lists: Mapping[int, str]
    tickets: frozenset[int]


@dataclass(frozen=True)
class Change:
    """A field, and what it was and became."""

    label: str
    before: str
    after: str


def people_in(entries: Iterable[JournalEntry]) -> set[int]:
    """The ids of those whom these entries speak of."""
    return {
        value
        for entry in entries
        for field in _PEOPLE
        for value in entry.changes.get(field) or ()
        if isinstance(value, int)
    }


def tickets_in(entries: Iterable[JournalEntry]) -> set[int]:
    """The numbers of the other tickets that these entries speak of."""
    return {
        value
        for entry in entries
        for value in entry.changes.get("link") or ()
        if isinstance(value, int)
    }


def may_be_told(entry: JournalEntry, names: Names) -> bool:
    """False for a link whose other end the reader may not see."""
    return tickets_in([entry]) <= names.tickets


def changes_of(entry: JournalEntry, names: Names) -> list[Change]:
    """Each field of an entry, before and after, in words."""
    found = []
    for field, value in entry.changes.items():
        label = LABELS.get(field) or field.removeprefix(CUSTOM)
        known = field in LABELS or field.startswith(CUSTOM)
        if known and isinstance(value, list) and len(value) == 2:
            before, after = (value_in_words(field, each, names) for each in value)
            found.append(Change(label, before, after))
    return found


def value_in_words(field: str, value: Any, names: Names) -> str:
    """A journalled value as a person reads it; empty for nothing."""
    if value is None or value in ("", []):
        return ""
    if field in _PEOPLE:
        return names.people.get(int(value), "somebody")
    if field in ("due", "start", "until"):
        return t_datetime(datetime.fromisoformat(value))
    ways: dict[str, Callable[[Any], str]] = {
        "task_list": lambda value: names.lists.get(int(value), "another list"),
        "link": lambda value: f"#{value}" if int(value) in names.tickets else "another ticket",
        "merged": lambda value: f"#{value}",
        "categories": ", ".join,
        "status": lambda value: STATES.get(value, value),
        "urgency": lambda value: URGENCIES.get(value, value),
        "waiting": lambda value: WAITING.get(value, value),
    }
    return ways.get(field, str)(value)


def sentence(entry: JournalEntry, names: Names) -> str:
    """What somebody did, to follow their name."""
    changes = changes_of(entry, names)
    if not changes:
        kind = entry.changes.get("kind", "message")
        return ACTS.get(entry.act, entry.act.replace("_", " ")).replace("message", str(kind))
    if entry.act == "field" and len(changes) == 1:
        (change,) = changes
        return (
            f"set {change.label} to {change.after}" if change.after else f"cleared {change.label}"
        )
    if entry.act == "assigned" and entry.changes["assignee"][1] == entry.actor_id:
        return "took this ticket"
    until = next((change.after for change in changes if change.label == "Until"), "")
    if until:
        return f"lets it wait until {until}"
    told = GAINED if changes[0].after else LOST
    plain = ACTS.get(entry.act, entry.act.replace("_", " "))
    template = RELATIONS.get(entry.changes.get("relation", "")) or told.get(entry.act, plain)
    return template.format(before=changes[0].before, after=changes[0].after)
