"""What people type to find tickets: terms, words, and what is wrong with them.

    status:open assignee:me category:bug,network due:<7d created:>2026-01-01
    list:"IT Help" -category:billing is:unread has:files "printer jam" -vpn

A term is a known name, a colon and values with commas between; `-` in front turns it round. A
custom field is named by its slug, or by its name in quotation marks. All that is no term is words
for the search. One pass over the text.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from groupware.errors import Invalid
from modules.tasks.models import Urgency
from modules.tasks.queue.custom import FieldNames
from modules.tasks.queue.filters import (
    LONGEST,
    MOST_TERMS,
    MOST_VALUES,
    DueBy,
    Filters,
    Has,
    Order,
    Scope,
    Sort,
    Term,
    WaitsFor,
    Whose,
    ordered,
    written,
)
from modules.tasks.queue.periods import LIKE_THIS, Period
from modules.tasks.queue.said import Said

NAMES = {
    "status": "state",
    "state": "state",
    "assignee": "assignee",
    "assigned": "assignee",
    "urgency": "urgency",
    "priority": "urgency",
    "list": "list",
    "category": "category",
    "tag": "category",
    "location": "location",
    "customer": "customer",
    "requester": "customer",
    "from": "customer",
    "waiting": "waiting",
    "due": "due",
    "created": "created",
    "updated": "updated",
    "resolved": "resolved",
    "has": "has",
    "is": "is",
    "sort": "sort",
}
"""What is typed before the colon, and the filter that it means."""

BY_NUMBER = "field_id"
"""Names a custom field by its number, which nobody types: saved views do."""

IS: dict[str, Term] = {
    "unread": Term("unread", (True,)),
    "read": Term("unread", (True,), without=True),
    "overdue": Term("due", (DueBy.OVERDUE,)),
    "mine": Term("assignee", (Whose.MINE,)),
    "unassigned": Term("assignee", (Whose.NOBODY,)),
    "assigned": Term("assignee", (Whose.NOBODY,), without=True),
    "waiting": Term("waiting", (WaitsFor.ANYTHING,)),
    **{scope.value: Term("state", (scope,)) for scope in Scope if scope != Scope.ALL},
}
"""`is:` says in one word what another term says in two."""

CHOICES: dict[str, type[StrEnum]] = {
    "state": Scope,
    "urgency": Urgency,
    "waiting": WaitsFor,
    "has": Has,
}
NAMED = {
    "assignee": (Whose.MINE, Whose.NOBODY),
    "customer": (Whose.MINE, Whose.NOBODY),
    "category": (Whose.NOBODY,),
    "location": (Whose.NOBODY,),
    "list": (),
}
"""Filters whose values have names of their own, and the words that each takes beside them."""

Named = Callable[[str, str], tuple[int, ...]]
"""Gives the numbers of what is called so, by filter and name; raises Invalid."""

_CHUNK = re.compile(r'\s*(-?)(?:([^\W\d_][\w-]{0,63}|"[^"]{1,100}"):)?((?:"[^"]*"?|[^\s"])*)')
_VALUE = re.compile(r'"([^"]*)"?|([^,"]+)|(,)')


@dataclass(frozen=True)
class Chunk:
    """A piece of what was typed: a term's name and values, or words where there is no name."""

    name: str
    values: tuple[str, ...]
    without: bool
    text: str


def chunks(typed: str, custom: FieldNames | None = None) -> Iterator[Chunk]:
    """What was typed, piece by piece."""
    at, typed = 0, typed.replace("\0", " ")
    while found := _CHUNK.match(typed, at):
        at = found.end()
        if not found[0].strip():
            return
        minus, name, rest = found.groups(default="")
        if name and not _names_a_term(name, rest, custom):
            name, rest = "", f"{name}:{rest}"  # an address, a time: words like others
        values = tuple(_values(rest)) if name else ()
        yield Chunk(name.casefold(), values, bool(minus), found[0].strip())


def parse(typed: str, named: Named, custom: FieldNames | None = None) -> Filters:
    """The filters that were typed; raises Invalid for `q`, which says what would be right."""
    if len(typed) > LONGEST:
        raise Invalid(q=f"This is longer than {LONGEST} characters.")
    terms: list[Term] = []
    words: list[str] = []
    order: tuple[Sort | None, Order | None] = (None, None)
    for chunk in chunks(typed, custom):
        if not chunk.name:
            words.append(chunk.text)
        elif chunk.name == BY_NUMBER or (
            chunk.name not in NAMES and custom and custom.called(chunk.name.strip('"'))
        ):
            terms.append(_of_a_field(chunk, custom))
        elif chunk.name not in NAMES:
            (close,) = get_close_matches(chunk.name, NAMES, 1)
            raise Invalid(q=f"There is no “{chunk.name}:”. Did you mean “{close}:”?")
        elif NAMES[chunk.name] == "sort":
            order = _sort(chunk)
        else:
            terms += _terms(chunk, named)
    if len(terms) > MOST_TERMS:
        raise Invalid(q=f"These are more than {MOST_TERMS} filters at once.")
    return Filters(" ".join(words), ordered(tuple(dict.fromkeys(terms))), *order)


def text_of(
    filters: Filters,
    name_of: Callable[[str, int], str | None],
    custom: FieldNames | None = None,
) -> str:
    """Filters as one would type them; what `name_of` does not know stays a number."""
    parts = [
        _typed_field(term, name_of, custom) if term.name == "field" else _typed(term, name_of)
        for term in filters.terms
    ]
    if filters.q:
        parts.append(filters.q)
    if filters.sort:
        parts.append(f"sort:{filters.sort}" + (f"-{filters.order}" if filters.order else ""))
    return " ".join(parts)


def quoted(name: str) -> str:
    """A value as it is typed: in quotes where it would not be one word."""
    plain = name and not re.search(r'[\s",]', name)
    return name if plain else '"' + name.replace('"', "") + '"'


def _names_a_term(name: str, rest: str, custom: FieldNames | None) -> bool:
    if rest.startswith("//"):
        return False
    plain = name.casefold().strip('"')
    known = not name.startswith('"') and (plain in NAMES or plain == BY_NUMBER)
    if known or (custom is not None and custom.called(plain)):
        return True
    return not name.startswith('"') and _meant(name)


def _meant(name: str) -> bool:
    return bool(get_close_matches(name.casefold(), NAMES, 1, cutoff=0.75))


def _values(text: str) -> Iterator[str]:
    for inside, bare, _comma in _VALUE.findall(text):
        if value := (inside or bare).strip():
            yield value


def _terms(chunk: Chunk, named: Named) -> list[Term]:
    name = NAMES[chunk.name]
    if not chunk.values:
        raise Invalid(q=f"Say what you look for after “{chunk.name}:”, such as {_such(name)}.")
    if len(chunk.values) > MOST_VALUES:
        raise Invalid(q=f"“{chunk.name}:” takes {MOST_VALUES} values at most.")
    if name == "is":
        return _is(chunk)
    values = [value for text in chunk.values for value in _value(name, chunk.name, text, named)]
    return [Term(name, tuple(dict.fromkeys(values)), chunk.without)]


def _value(name: str, said: str, text: str, named: Named) -> tuple[Any, ...]:
    word = text.casefold()
    if name in CHOICES:
        try:
            return (CHOICES[name](word.replace(" ", "_").replace("-", "_")),)
        except ValueError:
            raise Invalid(q=_wrong(said, text, _such(name))) from None
    if name in NAMED:
        if word in NAMED[name]:
            return (Whose(word),)
        return named(name, text)
    try:
        if name == "due" and word in list(DueBy):
            return (DueBy(word),)
        return (Period(word),)
    except ValueError:
        raise Invalid(q=f"“{said}:{text}” is no time. {LIKE_THIS}") from None


def _of_a_field(chunk: Chunk, custom: FieldNames | None) -> Term:
    if not chunk.values or len(chunk.values) > MOST_VALUES:
        raise Invalid(q=f"“{chunk.name}:” takes 1 to {MOST_VALUES} values.")
    values: list[Said] = []
    for text in chunk.values:
        if chunk.name != BY_NUMBER:
            values += custom.means(chunk.name.strip('"'), text) if custom else ()
            continue
        try:
            values.append(Said.read(text))
        except ValueError:
            raise Invalid(q=f"“{chunk.name}:{text}” means nothing.") from None
    return Term("field", tuple(dict.fromkeys(values)), chunk.without)


def _is(chunk: Chunk) -> list[Term]:
    found: list[Term] = []
    for text in chunk.values:
        word = text.casefold().replace(" ", "_").replace("-", "_")
        if word not in IS:
            raise Invalid(q=_wrong(chunk.name, text, _such("is")))
        found.append(IS[word])
    names = {term.name for term in found}
    if len(found) == 1 or (len(names) == 1 and not any(term.without for term in found)):
        values = tuple(value for term in found for value in term.values)
        return [Term(found[0].name, values, found[0].without != chunk.without)]
    if chunk.without:
        return [Term(term.name, term.values, not term.without) for term in found]
    raise Invalid(
        q=f"Say “{chunk.text}” one by one: " + " or ".join(f"is:{v}" for v in chunk.values)
    )


def _sort(chunk: Chunk) -> tuple[Sort, Order | None]:
    by, _, way = (chunk.values[0] if chunk.values else "").casefold().partition("-")
    try:
        return Sort(by), Order(way) if way else None
    except ValueError:
        raise Invalid(q=_wrong("sort", by, _such("sort"))) from None


def _wrong(said: str, text: str, such: str) -> str:
    return f"“{said}:{text}” means nothing. It can be {such}."


def _such(name: str) -> str:
    """What a filter takes, in words."""
    words: dict[str, Any] = {
        "is": IS,
        "sort": [*Sort, "created-asc"],
        **{each: list(kind) for each, kind in CHOICES.items()},
    }
    if name in words:
        return ", ".join(map(str, words[name]))
    if name in NAMED:
        return ", ".join([*map(str, NAMED[name]), "a name" if NAMED[name] else "its name"])
    return "<7d, 2026-01-31, today"


def _typed(term: Term, name_of: Callable[[str, int], str | None]) -> str:
    minus = "-" if term.without else ""
    if term.name == "unread":
        return "is:read" if term.without else "is:unread"
    values = [
        quoted((name_of(term.name, value) if isinstance(value, int) else None) or written(value))
        for value in term.values
    ]
    name = "status" if term.name == "state" else term.name
    return f"{minus}{name}:{','.join(values)}"


def _typed_field(
    term: Term, name_of: Callable[[str, int], str | None], custom: FieldNames | None
) -> str:
    """By the field's slug, where that means the same again; else by its number."""
    minus = "-" if term.without else ""
    if found := _by_slug(term, name_of, custom) if custom else None:
        slug, texts = found
        name = f'"{slug}"' if slug in NAMES else slug
        return f"{minus}{name}:{','.join(map(quoted, texts))}"
    return f"{minus}{BY_NUMBER}:{','.join(quoted(str(each)) for each in term.values)}"


def _by_slug(
    term: Term, name_of: Callable[[str, int], str | None], custom: FieldNames
) -> tuple[str, list[str]] | None:
    field = next((each for each in custom.all() if each.id == term.values[0].field_id), None)
    if field is None:
        return None
    texts = [
        name_of("assignee", int(each.text)) or each.text
        if field.sort == "person" and each.text.isascii() and each.text.isdigit()
        else each.text
        for each in term.values
    ]
    texts = list(dict.fromkeys(texts))
    try:
        means = {said for text in texts for said in custom.means(field.slug, text)}
    except Invalid:
        return None
    return (field.slug, texts) if means == set(term.values) else None
