"""Search: what somebody typed becomes words, and words become tickets that they may see.

    printer "front desk" -toner inv     all of these words, not that one; the last may be a beginning
    #1082, or 1082                      that ticket comes first

What was typed never reaches MATCH or tsquery: words are letters and digits, quoted here.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from typing import cast as cast_to

from sqlalchemy import (
    CTE,
    ClauseElement,
    ColumnElement,
    CompoundSelect,
    Executable,
    Select,
    cast,
    column,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

from groupware.models import User
from groupware.text import LARGEST_NUMBER
from modules.tasks.models import State, Task
from modules.tasks.queries import of_lists, own_of

LONGEST = 200
SHORTEST_BEGINNING = 3

WIDEST = 5_000
"""Tickets among which PostgreSQL looks for common words before it asks the index for all hits."""
ENOUGH = 2_000
"""Newest hits that are looked at before all are."""

_documents = table("task_search", column("rowid"), column("task_id"), column("public"),
                   column("everything"))  # fmt: skip
_CHUNK = re.compile(r'(?<!\S)(-?)(?:"([^"]*)(?:"|$)|(\S+))')


@dataclass(frozen=True)
class Term:
    """Words that stand one after the other; the last may be but the beginning of one."""

    words: tuple[str, ...]
    beginning: bool = False


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for."""

    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    number: int | None = None

    def __bool__(self) -> bool:
        return bool(self.terms or self.without)


def parse(typed: str) -> Wanted:
    """The words of what was typed; anything at all may be typed."""
    typed = unicodedata.normalize("NFC", typed.replace("\0", " ")[:LONGEST])
    terms: list[Term] = []
    without: list[Term] = []
    last: Term | None = None
    for minus, quoted, bare in _CHUNK.findall(typed):
        if words := _words(quoted or bare):
            last = None if quoted or minus else Term(words)
            (without if minus else terms).append(Term(words))
    if last and _long_enough(last.words[-1]):
        terms[-1] = Term(last.words, beginning=True)
    number = re.fullmatch(r"\s*#?0*([1-9][0-9]{0,9})\s*", typed, re.ASCII)
    wanted = int(number[1]) if number else 0
    return Wanted(tuple(terms), tuple(without), wanted if 0 < wanted <= LARGEST_NUMBER else None)


def own(session: Session, user: User, typed: str) -> Select[Task]:
    """Own requests, searched in what their customer can read of them; notes are never looked at."""
    wanted = parse(typed)
    found = _public(session, wanted, f"p{user.id}") if wanted else literal(False)  # noqa: FBT003
    if wanted.number is not None:
        found = or_(Task.id == wanted.number, found)
    return own_of(user).where(found)


def hits(
    session: Session,
    wanted: Wanted,
    list_ids: Collection[int],
    states: Collection[State],
    *conditions: ColumnElement[bool],
    marks: Collection[Sequence[str]] = (),
    beyond: int | None = None,
    upwards: bool = False,
    most: int,
) -> list[int]:
    """Numbers of tickets of these lists, newest first: below `beyond`, and no more than `most`.

    The list ids are those that the person works on; `marks` say of the conditions what the index
    knows too, one of each group, such as `c7` for a customer. A number that was typed comes first
    of all. `upwards` goes from `beyond` towards newer ones, the nearest first.
    """
    if not list_ids:
        return []
    visible = of_lists(list_ids, states, Task.id).where(*conditions)
    exact: list[int] = []
    if wanted.number is not None and beyond is None:
        exact = list(session.scalars(visible.where(Task.id == wanted.number)))
    if not wanted:
        return exact
    groups = [[f"l{number}" for number in list_ids], *map(list, marks)]
    search = _in_sqlite if _is_sqlite(session) else _in_postgresql
    found = search(session, wanted, groups, visible, Way(beyond, upwards, most + 1))
    return [*exact, *(number for number in found if number != wanted.number)][:most]


def found_by_staff(
    session: Session, wanted: Wanted, list_ids: Collection[int]
) -> ColumnElement[bool]:
    """The condition that a ticket of these lists says it, notes and all: to count, not to page."""
    groups = [[f"l{number}" for number in list_ids]]
    if not wanted:
        return Task.id == wanted.number if wanted.number else false()
    if _is_sqlite(session):
        matches = _match(_fts5(wanted, "{public staff}", groups))
        found = select(_documents.c.rowid).where(matches)
    else:
        matches = _documents.c.everything.op("@@")(_tsquery(wanted, groups))
        found = select(_documents.c.task_id).where(matches)
    return Task.id.in_(found)


class Explain(Executable, ClauseElement):
    """What PostgreSQL's planner thinks of a query, without running it."""

    inherit_cache = False

    def __init__(self, query: CompoundSelect[Any]) -> None:
        self.query = query


@compiles(Explain, "postgresql")
def _explain(element: Explain, compiler: Any, **options: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.query, **options)}"


@dataclass(frozen=True)
class Way:
    """From where on hits are wanted, in which direction, and how many."""

    beyond: int | None
    upwards: bool
    most: int

    def order(self, column: Any) -> ColumnElement[Any]:
        return cast_to(ColumnElement[Any], column.asc() if self.upwards else column.desc())

    def past(self, column: Any) -> ColumnElement[bool]:
        if self.beyond is None:
            return true()
        return cast_to(
            ColumnElement[bool], column > self.beyond if self.upwards else column < self.beyond
        )


def _in_sqlite(
    session: Session, wanted: Wanted, groups: list[list[str]], visible: Select[Any], way: Way
) -> list[int]:
    # FTS5 walks its hits from the newest on; `+ 0` keeps the planner from walking the tickets.
    hit = _documents.c.rowid
    matches = _match(_fts5(wanted, "{public staff}", groups))
    query = visible.join(_documents, Task.id == hit + 0).where(matches, way.past(hit))
    return list(session.scalars(query.order_by(way.order(hit)).limit(way.most)))


def _in_postgresql(
    session: Session, wanted: Wanted, groups: list[list[str]], visible: Select[Any], way: Way
) -> list[int]:
    found = _documents.c.everything.op("@@")(_tsquery(wanted, groups))
    # What is common is soon met among the newest tickets; what is rare is quickly fetched whole.
    # Left to itself the planner would look for a rare word among all tickets, one by one.
    if window := _window(session, found, way.most):
        start: Any = way.beyond or select(func.max(Task.id) + 1).scalar_subquery()
        near = Task.id <= start + window if way.upwards else Task.id >= start - window
        query = visible.join(_documents, Task.id == _documents.c.task_id).where(
            found, way.past(Task.id), near
        )
        numbers = list(session.scalars(query.order_by(way.order(Task.id)).limit(way.most)))
        if len(numbers) == way.most:
            return numbers
    every = select(_documents.c.task_id).where(found, way.past(_documents.c.task_id))
    every_hit = _fenced(every, "every_hit")
    for limit in (ENOUGH, None):
        nearest = select(every_hit.c.task_id).order_by(way.order(every_hit.c.task_id))
        looked_at = _fenced(nearest.limit(limit), "looked_at")
        listed = visible.join(looked_at, looked_at.c.task_id == Task.id)
        listed = listed.order_by(way.order(Task.id)).limit(way.most)
        counted = select(func.count()).select_from(looked_at).scalar_subquery()
        number, numbers = session.execute(
            select(counted, func.array(listed.scalar_subquery()))
        ).one()
        if len(numbers) == way.most or number < ENOUGH:
            break
    return numbers


def _window(session: Session, found: ColumnElement[bool], most: int) -> int:
    """Among how many tickets to look first; 0 where fetching all hits costs less.

    Looking at a document costs about as much as two hits of the index; both are estimated, by the
    planner, from what it knows of the words.
    """
    everything = select(literal(1)).select_from(_documents)
    both = union_all(everything, everything.where(found))
    (plan,) = session.scalars(Explain(both)).one()
    every, hits = (max(child["Plan Rows"], 1) for child in plan["Plan"]["Plans"])
    window = 2 * most * every // hits
    return min(window, WIDEST) if 2 * window < hits else 0


def _fenced(query: Select[Any], name: str) -> CTE:
    return query.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


def _public(session: Session, wanted: Wanted, mark: str) -> ColumnElement[bool]:
    if _is_sqlite(session):
        found = select(_documents.c.rowid).where(_match(_fts5(wanted, "public", [[mark]])))
    else:
        found = select(_documents.c.task_id).where(
            _documents.c.everything.op("@@")(_tsquery(Wanted(), [[mark]])),
            _documents.c.public.op("@@")(_tsquery(wanted, [])),
        )
    return Task.id.in_(found)


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _match(expression: str) -> ColumnElement[bool]:
    return literal_column("task_search").op("MATCH", is_comparison=True)(expression)


def _fts5(wanted: Wanted, columns: str, groups: list[list[str]]) -> str:
    def phrase(term: Term) -> str:
        return f'"{" ".join(term.words)}"' + (" *" if term.beginning else "")

    parts = [f"(scope : ({' OR '.join(group)}))" for group in groups]
    parts += [f"({columns} : ({phrase(term)}))" for term in wanted.terms]
    expression = " AND ".join(parts)
    if wanted.without:
        none_of = " OR ".join(f"({columns} : ({phrase(term)}))" for term in wanted.without)
        return f"({expression}) NOT ({none_of})"
    return expression


def _tsquery(wanted: Wanted, groups: list[list[str]]) -> ColumnElement[Any]:
    def phrase(term: Term) -> str:
        words = [f"'{_folded(word)}'" for word in term.words]
        if term.beginning:
            words[-1] += ":*"
        return f"({' <-> '.join(words)})"

    marks = " & ".join("(" + " | ".join(f"'@{mark}'" for mark in group) + ")" for group in groups)
    words = [phrase(term) for term in wanted.terms]
    words += [f"!{phrase(term)}" for term in wanted.without]
    parts: list[ColumnElement[Any]] = []
    if words:
        parts.append(func.to_tsquery("simple", " & ".join(words), type_=TSQUERY))
    if marks:
        parts.append(cast(marks, TSQUERY))
    return parts[0] if len(parts) == 1 else parts[0].op("&&")(parts[1])


def _words(chunk: str) -> tuple[str, ...]:
    return tuple(word for word in _letters(chunk).split() if any(map(str.isalnum, word)))


def _letters(text: str) -> str:
    return "".join(
        letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else " "
        for letter in text
    )


def _folded(word: str) -> str:
    # As the documents are: without the accents that Unicode can take off.
    letters = _letters(unicodedata.normalize("NFKD", word))
    return "".join(letter for letter in letters if not "\u0300" <= letter <= "\u036f")


def _long_enough(word: str) -> bool:
    # In scripts that write without blanks two letters say much already.
    return not word.isdigit() and (len(word) >= SHORTEST_BEGINNING or max(word) > "\u2e80")
