"""The full-text index: a document per ticket, written in the transaction of what changed it.

`public` holds what the ticket's customer can read; beside it lies what only agents may find: notes,
what custom fields say, the customer's name and addresses. `scope` holds marks (`l3` its list, `c7`
its customer, `a2` its assignee, `p7` who takes part, `t` all) that let a search skip what its reader
cannot see anyway: they make it quick, while visibility is still asked of the tickets themselves.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import TextClause, bindparam, select, text
from sqlalchemy.orm import Session

from groupware.events import Event, Handler, PersonChanged
from groupware.memory import at_the_end
from modules.tasks import events
from modules.tasks.models import Task

LONGEST_MESSAGE = 20_000
LONGEST_PUBLIC = 120_000
LONGEST_STAFF = 60_000
"""Characters that are indexed: PostgreSQL takes documents of up to 1 MB."""

CHUNK = 2_000

UNTOUCHED = frozenset(
    {"waiting", "urgency", "due", "categories", "started", "location", "linked", "unlinked"}
    | {"web_linked", "web_unlinked", "item_added", "item_done", "item_reopened"}
    | {"item_changed", "item_assigned", "item_moved", "item_removed"}
)
"""Acts of a TicketChanged that leave the document as it is."""

_PUBLIC = """
    substr(t.id || ' ' || t.summary || ' ' || t.description || ' ' || coalesce((
        SELECT {join}(body, ' ') FROM (
            SELECT substr(c.body, 1, :message) AS body FROM comments c
            WHERE c.task_id = t.id AND c.kind = 'reply' ORDER BY c.id DESC) AS replies), ''), 1, :public)
"""
_STAFF = """
    substr(coalesce(u.name, '') || ' ' || coalesce((
        SELECT {join}(a.address, ' ') FROM addresses a WHERE a.user_id = u.id), '') || ' ' || coalesce((
        SELECT {join}(v.word, ' ') FROM field_values v JOIN custom_fields f ON f.id = v.field_id
            WHERE v.task_id = t.id AND f.task_list_id = t.task_list_id AND NOT f.archived), '')
        || ' ' || coalesce((
        SELECT {join}(body, ' ') FROM (
            SELECT substr(c.body, 1, :message) AS body FROM comments c
            WHERE c.task_id = t.id AND c.kind = 'note' ORDER BY c.id DESC) AS notes), ''), 1, :staff)
"""
_TICKETS = """
    FROM tasks t LEFT JOIN users u ON u.id = t.customer_id
    WHERE <which>
"""
BETWEEN = "t.id BETWEEN :first AND :last"
THESE = "t.id IN :numbers"
OF_CUSTOMER = "t.customer_id = :customer"

_SQLITE = f"""
    INSERT OR REPLACE INTO task_search (rowid, public, staff, scope)
    SELECT t.id, {_PUBLIC.format(join="group_concat")}, {_STAFF.format(join="group_concat")},
        't l' || t.task_list_id || ' c' || coalesce(t.customer_id, 0)
        || ' a' || coalesce(t.assignee_id, 0) || coalesce((
            SELECT group_concat(' p' || p.user_id, '') FROM participants p WHERE p.task_id = t.id), '')
    <tickets>
"""  # noqa: S608  # nothing but the constants above


def _words(document: str) -> str:
    # Accents go, where there are any; marks would make the parser see addresses and hosts.
    plain = f"""CASE WHEN octet_length({document}) = length({document}) THEN {document}
        ELSE regexp_replace(normalize({document}, NFKD), U&'[\\0300-\\036F]', '', 'g') END"""
    return f"to_tsvector('simple', regexp_replace({plain}, '[!-/\\:-@[-`{{-~]+', ' ', 'g'))"


# Each step is fenced, or its expensive words would be worked out once for each place they stand in.
_POSTGRESQL = f"""
    WITH texts AS MATERIALIZED (
        SELECT t.id, t.task_list_id, t.customer_id, t.assignee_id,
            {_PUBLIC.format(join="string_agg")} AS public,
            {_STAFF.format(join="string_agg")} AS staff
        <tickets>
    ), documents AS MATERIALIZED (
        SELECT id, task_list_id, customer_id, assignee_id,
            {_words("public")} AS public, {_words("staff")} AS staff
        FROM texts
    )
    INSERT INTO task_search (task_id, public, everything)
    SELECT id, public, public || staff || array_to_tsvector(
        ARRAY['@t', '@l' || task_list_id, '@c' || coalesce(customer_id, 0),
              '@a' || coalesce(assignee_id, 0)]
        || ARRAY(SELECT '@p' || p.user_id FROM participants p WHERE p.task_id = id))
    FROM documents
    ON CONFLICT (task_id) DO UPDATE SET public = excluded.public, everything = excluded.everything
"""  # noqa: S608


def index(session: Session, first: int, last: int) -> None:
    """Write the documents of the tickets with these numbers anew, from what the database holds."""
    _write(session, BETWEEN, first=first, last=last)


def _index_these(session: Session, numbers: Sequence[int]) -> None:
    session.flush()
    _write(session, THESE, numbers=list(dict.fromkeys(numbers)))


def _write(session: Session, which: str, **bound: Any) -> None:
    limits = {"message": LONGEST_MESSAGE, "public": LONGEST_PUBLIC, "staff": LONGEST_STAFF}
    statement = _statement(session.get_bind().dialect.name, which)
    session.execute(statement, {**limits, **bound})


@cache
def _statement(dialect: str, which: str) -> TextClause:
    statement = text(
        (_SQLITE if dialect == "sqlite" else _POSTGRESQL)
        .replace("<tickets>", _TICKETS)
        .replace("<which>", which)
    )
    return (
        statement.bindparams(bindparam("numbers", expanding=True)) if which == THESE else statement
    )


def chunks(session: Session, after_id: int = 0) -> Iterable[tuple[int, int]]:
    """Ranges of ticket numbers, small enough for a transaction each."""
    last = session.scalar(select(Task.id).order_by(Task.id.desc()).limit(1)) or 0
    return ((first, first + CHUNK - 1) for first in range(after_id + 1, last + 1, CHUNK))


def reindex(
    session: Session, *, after_id: int = 0, told: Callable[[int], None] | None = None
) -> None:
    """Write the documents of all tickets with higher numbers; `told` hears how far it is."""
    session.flush()
    for first, last in chunks(session, after_id):
        index(session, first, last)
        if told:
            told(last)


def follow(session: Session, event: events.TicketEvent) -> None:
    """Handler: write the ticket's document anew where the event may have changed it."""
    if isinstance(event, events.TicketChanged) and event.act in UNTOUCHED:
        return
    at_the_end(session, _index_these, event.ticket.id)


def follow_person(session: Session, event: PersonChanged) -> None:
    """Handler: the documents of a person's tickets hold their name and addresses."""
    session.flush()
    _write(session, OF_CUSTOMER, customer=event.person.id)


HANDLERS: dict[type[Event], tuple[Handler, ...]] = {
    PersonChanged: (follow_person,)
} | dict.fromkeys(
    (
        events.TicketFiled,
        events.TicketReplied,
        events.TicketResponded,
        events.NoteAdded,
        events.CommentChanged,
        events.TicketAssigned,
        events.TicketMoved,
        events.TicketMerged,
        events.TicketChanged,
    ),
    (follow,),
)
"""For the module's declaration."""
