"""PUT: a new ticket, or acts on the one that is there, through the use cases of everywhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from groupware import people
from groupware.errors import Forbidden
from groupware.models import Level, Location, User
from modules.tasks import tickets
from modules.tasks.access import agent_level
from modules.tasks.dav.answers import refused
from modules.tasks.dav.beside import Beside
from modules.tasks.dav.merging import Mapped, Merged, base_at, merge, of_ticket
from modules.tasks.history import changed
from modules.tasks.icalendar.importing import value_of
from modules.tasks.icalendar.reading import DOERS
from modules.tasks.icalendar.status import state_after
from modules.tasks.models import Category, State, Task, Urgency
from modules.tasks.queries import categories_for
from modules.tasks.queries import locations_of as places_of


@dataclass
class Writing(Beside):
    """One task on its way in from a client."""

    strict: bool = False  # with If-Match: a conflict is told instead of decided

    def file(self) -> Task:
        """A new ticket of this list; whoever writes it is its customer."""
        session, actor, vtodo, now = self.session, self.actor, self.vtodo, self.now
        level = agent_level(session, actor, self.task_list)
        if level < Level.WRITE and self.needs_staff():
            raise Forbidden("Status, dates, categories and people are set by who may work here.")
        subject, details = tickets.checked(vtodo.summary, vtodo.description, bare=True)
        place = self.place() or self.usual_place()
        if level < Level.CREATE:
            request = tickets.Request(
                subject, details or subject, Urgency.of(vtodo.priority), place
            )
            ticket = tickets.file(session, actor, self.task_list, request, now=now, source="dav")
            ticket.uid = vtodo.uid
        else:
            ticket = self.make(place, "dav")
        self.ticket = ticket
        self.take_what_belongs(ticket)
        self.tell_ignored(ticket)
        self.keep_all(ticket, given=False)
        self.say(ticket, before=())
        return ticket

    def write(self, ticket: Task, etag_sequence: int | None) -> None:
        """What the client changed against what it was given; the rest stays as it is."""
        server = of_ticket(ticket)
        revision = self.revision(ticket, etag_sequence)
        base = base_at(self.session, ticket, revision)
        client = self.mapped(ticket, base or server)
        merged = merge(base, server, client)
        if merged.conflicts and self.strict:
            raise refused(
                412, reason=f"Somebody else has changed {', '.join(sorted(merged.conflicts))}."
            )
        self.ticket = ticket
        sequence, comments = ticket.sequence, self.comments_kept(ticket)
        if merged.conflicts:
            self.overrule(ticket, server, client, merged.conflicts)
        self.apply(ticket, client, merged)
        self.take_what_belongs(ticket, behind=sequence - revision)
        self.tell_ignored(ticket)
        # Where an act has moved the ticket already, nobody needs to know whether the rest is new.
        quiet = ticket.sequence == sequence
        before, kept = self.shown(ticket) if quiet else [], ticket.kept_calendar
        self.keep_all(ticket)
        self.say(ticket, comments)
        if not quiet or ticket.sequence != sequence:
            return
        if self.shown(ticket) != before:
            changed(self.session, self.actor, ticket, "calendar", now=self.now, public=False)
        else:
            ticket.kept_calendar = kept  # the same lines in another order are no news

    def apply(self, ticket: Task, client: Mapped, merged: Merged) -> None:
        """Each change as the act that it is."""
        session, actor, now, did = self.session, self.actor, self.now, merged.changed
        if did & {"summary", "description"}:
            subject = client.summary if "summary" in did else ticket.summary
            details = client.description if "description" in did else ticket.description
            tickets.edit(
                session, actor, ticket, subject=subject, details=details, bare=True, now=now
            )
        if did & {"start", "due"}:
            self.plan(ticket, client, did)
        if "urgency" in did:
            tickets.set_urgency(session, actor, ticket, client.urgency, now=now)
        if "categories" in did:
            tickets.categorise(session, actor, ticket, self.categories_of(ticket, client), now=now)
        if "location" in did:
            tickets.locate(session, actor, ticket, self.place(ticket.customer), now=now)
        if "assignee" in did:
            to = session.get(User, client.assignee) if client.assignee else None
            tickets.assign(session, actor, ticket, to=to, now=now)
        if "state" in did and merged.state is not None:
            tickets.set_state(session, actor, ticket, merged.state, now=now)
            said = self.vtodo.triple.completed
            if merged.state == State.RESOLVED and said:
                ticket.completed = max(ticket.created, min(said, now))
        percent = client.triple.percent
        if ticket.state == State.IN_PROGRESS and percent and 0 < percent < 100:
            tickets.set_percent(session, actor, ticket, percent, now=now)

    def plan(self, ticket: Task, client: Mapped, did: frozenset[str]) -> None:
        """Start and due share their kind; what the client left as it was stays."""
        server = of_ticket(ticket)
        start = client.start if "start" in did else server.start
        due = client.due if "due" in did else server.due
        said = (client.due if "due" in did else None) or (client.start if "start" in did else None)
        said = said or due or start
        if start and due and start.at > due.at:
            start = None
        times = tickets.Times(
            start=start.at if start else None,
            due=due.at if due else None,
            zone=said.zone if said else None,
            is_date=said.is_date if said else False,
        )
        tickets.plan(self.session, self.actor, ticket, times, now=self.now)

    def overrule(
        self, ticket: Task, server: Mapped, client: Mapped, conflicts: frozenset[str]
    ) -> None:
        """The server's values stand; what the client wrote can be read in the history."""

        def told(value: object) -> object:
            if isinstance(value, frozenset):
                return sorted(value)
            at = getattr(value, "at", None)
            return at.isoformat() if at else value

        values: dict[str, Any] = {
            ("status" if name == "state" else name): [
                told(getattr(client, name)), told(getattr(server, name))
            ]
            for name in sorted(conflicts)
        }  # fmt: skip
        changed(self.session, self.actor, ticket, "overruled", now=self.now, public=False, **values)

    def revision(self, ticket: Task, etag_sequence: int | None) -> int:
        """How many changes the ticket had when the client was given it, as far as it says."""
        for said in (
            value_of(self.source.task, "X-GROUPWARE-REV"),
            str(etag_sequence or ""),
            value_of(self.source.task, "SEQUENCE"),
        ):
            if said.isascii() and said.isdigit() and len(said) < 10:
                return int(said)
        return ticket.sequence

    def mapped(self, ticket: Task, base: Mapped) -> Mapped:
        """What the client wrote, in the terms of the base: what it cannot mean is left as it was."""
        vtodo = self.vtodo
        subject, details = tickets.checked(vtodo.summary, vtodo.description, bare=True)
        return Mapped(
            summary=subject,
            description=details,
            state=state_after(base.triple, vtodo.triple) or base.state,
            triple=vtodo.triple,
            urgency=Urgency.of(vtodo.priority),
            start=vtodo.start,
            due=vtodo.due,
            location=self.location_meant(ticket, base),
            categories=frozenset(self.names_meant(base)),
            assignee=self.assignee_meant(ticket, base),
        )

    def location_meant(self, ticket: Task, base: Mapped) -> str:
        if not self.vtodo.location:
            return base.location if self.task_list.location_required else ""
        place = self.place(ticket.customer)
        return place.name if place else base.location

    def names_meant(self, base: Mapped) -> Iterator[str]:
        """Categories of this list, and those that the ticket had anyway."""
        known = {each.name for each in self.categories()} | base.categories
        return (name for name in self.vtodo.categories if name in known)

    def categories_of(self, ticket: Task, client: Mapped) -> list[Category]:
        query = categories_for(self.task_list).where(Category.name.in_(client.categories))
        had = [each for each in ticket.categories if each.name in client.categories]
        return [*self.session.scalars(query), *had]

    def assignee_meant(self, ticket: Task, base: Mapped) -> int | None:
        """Whoever is named anew and may do it; who declined hands it back; absence says nothing."""
        meant = base.assignee
        for attendee in self.vtodo.attendees:
            person = people.by_address(self.session, attendee.address)
            if person is None:
                continue
            if person.id == base.assignee and attendee.role in DOERS:
                meant = None if attendee.declined else meant
            elif person.id == ticket.customer_id or not attendee.wanted:
                continue
            elif agent_level(self.session, person, self.task_list) >= Level.WRITE:
                return person.id
        return meant

    def place(self, whose: User | None = None) -> Location | None:
        """The location of that name, where the customer may file for it."""
        named = places_of(whose or self.actor).where(Location.name == self.vtodo.location)
        return self.session.scalar(named) if self.vtodo.location else None

    def usual_place(self) -> Location | None:
        """The person's own location, or the first that they may file for."""
        mine = places_of(self.actor)
        usual = self.actor.default_location_id
        default = self.session.scalar(mine.where(Location.id == usual)) if usual else None
        return default or self.session.scalar(mine.limit(1))

    def needs_staff(self) -> bool:
        vtodo = self.vtodo
        return bool(
            vtodo.due or vtodo.start or self.categories() or self.assignee()
            or vtodo.triple.status not in (None, "NEEDS-ACTION") or vtodo.triple.percent
        )  # fmt: skip
