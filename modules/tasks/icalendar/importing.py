"""A Vtodo becomes acts on tickets: a new one, or changes of the one with the same UID.

What differs from the ticket as it is counts, through the same use cases as everywhere, so that
rules and rights are theirs. A UID that belongs to something which the person cannot see is
refused. Nobody is named a customer or a participant by a file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO

from sqlalchemy.orm import Session

from groupware import people
from groupware.blobs import Store
from groupware.errors import Invalid, Refusal
from groupware.models import Level, Location, User
from modules.tasks import tickets
from modules.tasks.access import agent_level, require
from modules.tasks.dav.models import PersonalChange
from modules.tasks.history import changed, next_change
from modules.tasks.icalendar.attaching import holds_file, take_files
from modules.tasks.icalendar.facts import Face, Reader, facts_of
from modules.tasks.icalendar.items import MARK, take_item
from modules.tasks.icalendar.keeping import SOMEBODY, kept_of, same_personal, tzid_of
from modules.tasks.icalendar.layers import says_more
from modules.tasks.icalendar.lines import (
    Broken,
    Component,
    Property,
    Unreadable,
    name_of,
    read,
    split,
)
from modules.tasks.icalendar.reading import Vtodo, read_attendee, read_vtodo
from modules.tasks.icalendar.relating import take_relations
from modules.tasks.icalendar.status import state_after, state_of_new, triple_of
from modules.tasks.icalendar.times import When, Zones, locations_of, same, zone_called
from modules.tasks.icalendar.writing import to_vtodo
from modules.tasks.models import Category, PersonalLines, State, Task, TaskList, Urgency
from modules.tasks.queries import categories_for, uid_taken, worked_by
from modules.tasks.queries import locations_of as places_of

MOST_HELD = 500
"""VTIMEZONEs and changed occurrences that are held in memory while a file is read."""

MOST_OCCURRENCES = 49


class Became(StrEnum):
    MADE = "made"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Outcome:
    """What became of a component, and why."""

    became: Became
    uid: str
    summary: str = ""
    ticket_id: int | None = None
    why: str = ""

    def __str__(self) -> str:
        ticket = f"#{self.ticket_id}" if self.ticket_id else "-"
        return "\t".join([self.became, ticket, self.summary or "-", self.uid or "-", self.why])


@dataclass(frozen=True)
class Source:
    """A task of a file, with its changed occurrences and the zones of the file."""

    task: Component
    occurrences: Sequence[Component]
    timezones: Mapping[str, Component]


def sources(file: BinaryIO) -> Iterator[Source | Outcome]:
    """The tasks of a seekable file, one after the other; what is none is told at once.

    The file is read twice: zones and changed occurrences may stand behind what needs them.
    """
    timezones: dict[str, Component] = {}
    occurrences: dict[str, list[Component]] = {}
    held = 0
    for part in read(file):
        if isinstance(part, Component) and held < MOST_HELD:
            if part.name == "VTIMEZONE":
                timezones[tzid_of(part)] = part
                held += 1
            elif is_occurrence(part):
                occurrences.setdefault(value_of(part, "UID"), []).append(part)
                held += 1
    file.seek(0)
    for part in read(file):
        if isinstance(part, Broken):
            yield Outcome(Became.SKIPPED, part.uid, why=part.why)
        elif isinstance(part, Component) and part.name == "VTODO":
            if not is_occurrence(part):
                yield Source(part, occurrences.pop(value_of(part, "UID"), ()), timezones)
        elif isinstance(part, Component) and part.name != "VTIMEZONE":
            why = f"a {part.name}; only tasks (VTODO) are taken"
            yield Outcome(Became.SKIPPED, value_of(part, "UID"), value_of(part, "SUMMARY"), why=why)
    for uid in occurrences:
        yield Outcome(Became.SKIPPED, uid, why="a changed occurrence without its task")


def bring_in(
    session: Session,
    actor: User,
    task_list: TaskList,
    source: Source,
    *,
    now: datetime,
    base_url: str,
    store: Store | None = None,
) -> Outcome:
    """Make or change the ticket that a task stands for; a refusal changes nothing, and is told."""
    uid, summary = value_of(source.task, "UID"), value_of(source.task, "SUMMARY")
    if len(source.occurrences) > MOST_OCCURRENCES:
        return Outcome(Became.SKIPPED, uid, summary, why="it has too many changed occurrences")
    try:
        home = zone_called(actor.time_zone) or zone_called("UTC")
        assert home is not None  # noqa: S101  # tzdata is a dependency
        vtodo = read_vtodo(source.task, Zones(home, locations_of(source.timezones)))
        with session.begin_nested():
            if parent := value_of(source.task, MARK):
                return _item(session, actor, task_list, vtodo, parent, now)
            return Arrival(session, actor, task_list, source, vtodo, now, base_url, store).act()
    except Unreadable as problem:
        return Outcome(Became.SKIPPED, uid, summary, why=str(problem))
    except Refusal as refusal:
        return Outcome(Became.SKIPPED, uid, summary, why=refusal.message)


def _item(
    session: Session, actor: User, task_list: TaskList, vtodo: Vtodo, parent: str, now: datetime
) -> Outcome:
    """An item of a checklist; its ticket stands before it in what is exported here."""
    require(session, actor, Level.WRITE, task_list)
    done = state_of_new(vtodo.triple) == State.RESOLVED
    ticket, made, changed_it = take_item(
        session, actor, parent_uid=parent, uid=vtodo.uid, text=vtodo.summary, done=done, now=now
    )
    became = Became.MADE if made else Became.CHANGED if changed_it else Became.UNCHANGED
    return Outcome(became, vtodo.uid, vtodo.summary, ticket.id, "on its checklist")


@dataclass
class Arrival:
    """One task on its way in."""

    session: Session
    actor: User
    task_list: TaskList
    source: Source
    vtodo: Vtodo
    now: datetime
    base_url: str
    store: Store | None = None  # without one, files within a task stay in its text
    linked: frozenset[str] = frozenset()  # the UIDs of what it belongs to, and is here

    def act(self) -> Outcome:
        require(self.session, self.actor, Level.WRITE, self.task_list)
        ticket = self.session.scalar(worked_by(self.actor).where(Task.uid == self.vtodo.uid))
        if ticket is None:
            if self.session.scalar(uid_taken(self.vtodo.uid)):
                raise Invalid("its UID belongs to something else here")
            ticket = self.make(self.place(), "import")
            self.take_what_belongs(ticket)
            self.keep(ticket, new=True)
            return self.told(Became.MADE, ticket)
        if ticket.task_list_id != self.task_list.id:
            raise Invalid(f"it is in the list {ticket.task_list.name}")
        revision = ticket.sequence
        self.change(ticket)
        self.take_what_belongs(ticket)
        if self.keep(ticket):
            changed(self.session, self.actor, ticket, "calendar", now=self.now, public=False)
        return self.told(
            Became.CHANGED if ticket.sequence != revision else Became.UNCHANGED, ticket
        )

    def told(self, became: Became, ticket: Task) -> Outcome:
        why = "; ".join(self.vtodo.problems)
        return Outcome(became, self.vtodo.uid, ticket.summary, ticket.id, why)

    def make(self, place: Location | None, source: str) -> Task:
        """A new ticket as the task is; whoever brings it in is its customer."""
        vtodo, now = self.vtodo, self.now
        subject, details = tickets.checked(vtodo.summary, vtodo.description, bare=True)
        ticket = tickets.begin(
            self.session,
            self.actor,
            customer=self.actor,
            task_list=self.task_list,
            location=place,
            subject=subject,
            details=details,
            priority=vtodo.priority,
            now=now,
            source=source,
        )
        ticket.uid = vtodo.uid
        state, percent = state_of_new(vtodo.triple), vtodo.triple.percent or 0
        if state == State.IN_PROGRESS:
            ticket.percent = percent
            ticket.progress()
        elif state == State.RESOLVED:
            ticket.complete(min(vtodo.triple.completed or now, now))
        elif state == State.CLOSED:
            ticket.close(now)
        tickets.set_times(ticket, self.times())
        if categories := self.categories():
            ticket.categories = categories
        ticket.assignee = self.assignee()
        tickets.tell_filed(self.session, self.actor, ticket, now=now)
        return ticket

    def change(self, ticket: Task) -> None:
        """What the task says otherwise than the ticket."""
        session, actor, vtodo, now = self.session, self.actor, self.vtodo, self.now
        details = vtodo.description or ticket.description
        tickets.edit(session, actor, ticket, subject=vtodo.summary, details=details, now=now)
        base = triple_of(ticket)
        state = state_after(base, vtodo.triple)
        if state is not None and not (state == State.RESOLVED and ticket.closed):
            tickets.set_state(session, actor, ticket, state, now=now)
        percent = vtodo.triple.percent
        if ticket.state == State.IN_PROGRESS and percent and percent < 100:
            tickets.set_percent(session, actor, ticket, percent, now=now)
        if vtodo.priority != ticket.priority:
            tickets.set_urgency(session, actor, ticket, Urgency.of(vtodo.priority), now=now)
        if not self.same_times(ticket):
            tickets.plan(session, actor, ticket, self.times(), now=now)
        tickets.categorise(session, actor, ticket, self.categories(), now=now)
        if (place := self.place()) is not None:
            tickets.locate(session, actor, ticket, place, now=now)
        assignee = self.assignee()
        if assignee is not None and assignee is not ticket.assignee:
            tickets.assign(session, actor, ticket, to=assignee, now=now)

    def times(self) -> tickets.Times:
        """DTSTART and DUE; a start shares the kind and the zone of what is due."""
        start, due = self.vtodo.start, self.vtodo.due
        said = due or start
        return tickets.Times(
            start=start.at if start else None,
            due=due.at if due else None,
            zone=said.zone if said else None,
            is_date=said.is_date if said else False,
        )

    def same_times(self, ticket: Task) -> bool:
        pairs = ((ticket.start, self.vtodo.start), (ticket.due, self.vtodo.due))
        return all(
            (at is None) == (when is None)
            and (
                at is None
                or when is None
                or same(When(at, ticket.due_is_date, ticket.due_tz), when)
            )
            for at, when in pairs
        )

    def place(self) -> Location | None:
        """The location of that name, where the person may file for it."""
        named = places_of(self.actor).where(Location.name == self.vtodo.location)
        return self.session.scalar(named) if self.vtodo.location else None

    def categories(self) -> list[Category]:
        """Those of the named categories that this list has; the others stay in the text."""
        if not self.vtodo.categories:
            return []
        query = categories_for(self.task_list).where(Category.name.in_(self.vtodo.categories))
        return list(self.session.scalars(query))

    def assignee(self) -> User | None:
        """The first who is named to do it, and may."""
        for attendee in self.vtodo.attendees:
            if attendee.wanted:
                person = people.by_address(self.session, attendee.address)
                if agent_level(self.session, person, self.task_list) >= Level.WRITE:
                    return person
        return None

    def take_what_belongs(self, ticket: Task) -> None:
        """The files within the task, and the tickets that it names."""
        session, task = self.session, self.source.task
        if self.store is not None:
            take_files(session, self.store, self.actor, ticket, task, now=self.now)
        self.linked = take_relations(session, self.actor, ticket, task, now=self.now)

    def keep(self, ticket: Task, *, new: bool = False) -> bool:
        """Keep what the client wrote; True where that is new, as it is of a new ticket."""
        kept = kept_of(
            [self.source.task, *self.source.occurrences], self.source.timezones, self.is_ours
        )
        self.keep_personal(ticket, kept.personal_text)
        if new:
            ticket.kept_calendar = kept.text
            return True
        given = self.given(ticket)
        known = [each for each in kept.shared if each.startswith(SOMEBODY)]
        rest = (each for each in kept.shared if not each.startswith(SOMEBODY))
        if given.issuperset(rest) and not any(says_more(each, given) for each in known):
            return False  # what is absent may be unknown to the client: that is no change
        ticket.kept_calendar = kept.text
        return True

    def keep_personal(self, ticket: Task, text: str | None) -> None:
        """Keep what is the person's alone; only their own clients see that something changed."""
        mine = (self.actor.id, ticket.id)
        personal = self.session.get(PersonalLines, mine)
        if same_personal(text, personal.lines if personal else None):
            return
        if personal is not None and text is None:
            self.session.delete(personal)
        elif personal is not None and text is not None:
            personal.lines = text
        else:
            self.session.add(PersonalLines(user_id=mine[0], task_id=mine[1], lines=text))
        number = next_change(self.session, ticket.task_list_id)
        self.session.merge(PersonalChange(user_id=mine[0], task_id=mine[1], change_number=number))

    def given(self, ticket: Task) -> set[str]:
        """Every line that the person is given of the ticket as it is now."""
        self.session.flush()
        reader = Reader(self.actor, Face.AGENT, self.base_url)
        query = worked_by(self.actor).where(Task.id == ticket.id)
        todos = [to_vtodo(each, Face.AGENT) for each in facts_of(self.session, query, reader)]
        zones = (line for todo in todos for zone in todo.zones.values() for line in zone)
        return {"BEGIN:VCALENDAR", "END:VCALENDAR", *zones}.union(*(todo.lines for todo in todos))

    def is_ours(self, property_: Property) -> bool:
        """True for what this desk says itself: its addresses, and people whom it knows."""
        if property_.name == "ATTACH" and self.store is not None and holds_file(property_):
            return True
        if property_.name in ("URL", "ATTACH"):
            return property_.value.strip().startswith(self.base_url + "/")
        if property_.name == "RELATED-TO" and property_.text.strip() in self.linked:
            return True
        if property_.name == "ATTENDEE":
            address = read_attendee(property_).address
            return people.by_address(self.session, address) is not None
        # A task that went out from here says by itself whom to contact, and what belongs to it.
        if property_.name == "CONTACT" or property_.parameter("RELTYPE").upper() == "SIBLING":
            return bool(value_of(self.source.task, "X-GROUPWARE-TICKET"))
        return False


def is_occurrence(component: Component) -> bool:
    """True for a changed occurrence of a repeated task."""
    return component.name == "VTODO" and bool(value_of(component, "RECURRENCE-ID"))


def value_of(component: Component, name: str) -> str:
    """The first property of this name, as text."""
    for entry in component.entries:
        if isinstance(entry, str) and name_of(entry) == name:
            try:
                return split(entry).text.strip()[:255]
            except Unreadable:
                return ""
    return ""
