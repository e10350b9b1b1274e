"""The journal: who did what to what, and when; read by administrators, changed by nobody."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from groupware import module
from groupware.models import JournalEntry, User
from groupware.module import Words
from groupware.web.request import ADMINISTER, open_to, page, rights, session
from groupware.web.settings.finding import MOST_FOUND, after, number, people_like, sought
from groupware.web.words import t_datetime

blueprint = Blueprint("journal", __name__, url_prefix="/settings/journal")

PAGE = 50
LONGEST_VALUE = 300
ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
IDS = {"assignee", "customer", "added", "removed", "comment", "task_list", "link"}
"""What a ticket's history keeps as numbers says nothing here."""

WORDS = {
    "user": Words(
        "Users",
        {
            "created": "added {of}",
            "edited": "changed {of}",
            "address_added": "gave {of} an address",
            "address_removed": "took an address from {of}",
            "address_first": "chose to which address of {of} mail goes",
            "password_set": "set a new password for {of}",
            "password_changed": "changed their own password",
            "deactivated": "switched {of} off",
            "activated": "switched {of} on",
            "signed_out": "signed {of} out everywhere",
            "signed_in": "signed in",
            "invited": "invited {of}",
            "invitation_used": "accepted their invitation",
            "reset_requested": "asked for a new password for {of}",
            "reset_used": "chose a new password by a link",
            "token_made": "made a token for {of}",
        },
    ),
    "group": Words(
        "Groups",
        {
            "created": "made the group {of}",
            "renamed": "renamed the group {of}",
            "member_added": "added somebody to {of}",
            "member_removed": "removed somebody from {of}",
            "permissions": "changed what {of} may use",
            "deleted": "deleted the group {of}",
        },
    ),
    "outbound_mail": Words("Outgoing mail", {"read": "read the mail with a secret to {of}"}),
    "organisation": Words("Organisation", {"settings": "changed the organisation and look"}),
}


@dataclass(frozen=True)
class Change:
    """A field, before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """A line of the journal as it is read."""

    id: int
    at: datetime
    who: str
    who_id: int | None
    sentence: str
    changes: list[Change]


@blueprint.get("")
@open_to(ADMINISTER)
def journal() -> ResponseReturnValue:
    words = {
        entity: each for entity, each in all_words().items() if each.needs in rights().permissions
    }
    kind = request.args.get("kind", "")
    query = (
        select(JournalEntry, User.id, User.name)
        .outerjoin(User, User.id == JournalEntry.actor_id)
        .order_by(JournalEntry.id.desc())
    )
    if kind in words:
        query = query.where(JournalEntry.entity == kind)
    elif len(words) < len(all_words()):
        query = query.where(JournalEntry.entity.in_(words))
    person = None
    if sent := number(request.args.get("person")):
        person = session().scalar(select(User).where(User.id == sent))
    found = (
        []
        if person or not sought()
        else list(
            session().scalars(people_like(sought()).order_by(User.name, User.id).limit(MOST_FOUND))
        )
    )
    if len(found) == 1:
        person, found = found[0], []
    if person:
        query = query.where(JournalEntry.actor_id == person.id)
    if (last := after()) is not None:
        query = query.where(JournalEntry.id < last)
    rows = session().execute(query.limit(PAGE + 1)).all()
    return page(
        "settings/journal.html",
        entries=[read(entry, who_id, who, words) for entry, who_id, who in rows[:PAGE]],
        older=rows[PAGE - 1][0].id if len(rows) > PAGE else None,
        kinds=[(entity, each.kind) for entity, each in words.items()],
        kind=kind if kind in words else "",
        person=person,
        found=found,
        q=sought(),
    )


def all_words() -> dict[str, Words]:
    """How the core and each module call what they write down."""
    words = dict(WORDS)
    for part in module.installed():
        words.update(part.journal)
    return words


def read(
    entry: JournalEntry, who_id: int | None, who: str | None, words: Mapping[str, Words]
) -> Entry:
    """An entry in words; an act that nobody gave a sentence still says what it was."""
    of = entry.changes.get("of") or (f"#{entry.entity_id}" if entry.entity_id else "")
    plain = f"{entry.act.replace('_', ' ')} {entry.entity.replace('_', ' ')} {{of}}"
    if entry.act == "settings":
        plain = f"changed the settings of {entry.entity.replace('_', ' ')}"
    known = words[entry.entity].sentences if entry.entity in words else {}
    sentence = known.get(entry.act, plain)
    return Entry(
        entry.id,
        entry.at,
        who or "The desk",
        who_id,
        sentence.replace("{of}", str(of)).strip(),
        list(changes_of(entry.changes)),
    )


def changes_of(changes: Mapping[str, Any]) -> Iterator[Change]:
    """Each `field: [before, after]`, also those of a group of them."""
    for name, value in changes.items():
        if isinstance(value, dict):
            yield from changes_of(value)
        elif isinstance(value, list) and len(value) == 2 and name not in IDS:
            before, after_ = (_plain(each) for each in value)
            yield Change(name.replace("_", " "), before, after_)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    text = str(value)
    if ISO_TIME.fullmatch(text):
        return t_datetime(datetime.fromisoformat(text))
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
