"""What a task says beside what is a ticket's: files, its parent, comments, alarms, foreign lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from groupware import people
from groupware.models import Level
from modules.tasks import conversation
from modules.tasks.access import agent_level
from modules.tasks.dav.carrying import carried, kept_task
from modules.tasks.history import changed
from modules.tasks.icalendar.alarms import TAKEN_AWAY, chosen, without_ours
from modules.tasks.icalendar.attaching import take_files
from modules.tasks.icalendar.facts import Face, Reader, as_comment, beginning, facts_of
from modules.tasks.icalendar.importing import Arrival
from modules.tasks.icalendar.keeping import PERSONAL, SOMEBODY, kept_of
from modules.tasks.icalendar.lines import Component, Property, split
from modules.tasks.icalendar.reading import read_attendee
from modules.tasks.icalendar.relating import take_parent
from modules.tasks.icalendar.writing import to_vtodo
from modules.tasks.models import Comment, Kind, Participant, PersonalLines, Task
from modules.tasks.queries import comments_worked_by, in_list

OWN = PERSONAL | {"COMMENT"}
"""A comment becomes a note, and is given back as a comment only to who wrote it."""

MOST_NAMED = 20
BOOKKEEPING = ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "CREATED", "X-GROUPWARE-REV")


@dataclass
class Beside(Arrival):
    """A task on its way in from a client, as far as it is no column of the ticket's."""

    ticket: Task | None = None  # the one that is written
    lines_before: dict[int, str | None] = field(default_factory=dict)

    def take_what_belongs(self, ticket: Task, behind: int = 0) -> None:
        """The files within the task, and its parent where that is another one now."""
        session, actor, task, now = self.session, self.actor, self.source.task, self.now
        if self.store is not None:
            take_files(session, self.store, actor, ticket, task, now=now)
        if agent_level(session, actor, self.task_list) >= Level.WRITE:
            take_parent(session, actor, ticket, task, behind=behind, now=now)

    def tell_ignored(self, ticket: Task) -> None:
        """Whom the task names anew to do it, and who cannot, is told in the history."""
        has_it = {each.folded for each in ticket.assignee.addresses} if ticket.assignee else set()
        asked = (each.address for each in self.vtodo.attendees if each.wanted)
        named = [each for each in asked if each not in has_it]
        if not named:
            return
        before, _ = kept_task(ticket.kept_calendar, None)
        known = {
            read_attendee(each).address
            for each in before.properties()
            if each.name in ("ATTENDEE", SOMEBODY)
        }
        unknown = list(dict.fromkeys(each for each in named if each not in known))[:MOST_NAMED]
        told = [each for each in unknown if not self.has_part(ticket, each)]
        if told and agent_level(self.session, self.actor, self.task_list) >= Level.WRITE:
            changed(
                self.session, self.actor, ticket, "not_assigned", now=self.now, public=False,
                named=[None, ", ".join(told)],
            )  # fmt: skip

    def has_part(self, ticket: Task, address: str) -> bool:
        person = people.by_address(self.session, address)
        if person is None:
            return False
        taking_part = self.session.get(Participant, (person.id, ticket.id)) is not None
        return taking_part or agent_level(self.session, person, self.task_list) >= Level.WRITE

    def keep_all(self, ticket: Task, *, given: bool = True) -> None:
        """Keep what the client wrote, and what it dropped without knowing it.

        An alarm of ours that it was `given` and wrote back no more was taken away.
        """
        had = without_ours(self.source.task, alarm) if (alarm := chosen(self.actor)) else True
        task, zones = carried(self.source, ticket.kept_calendar, self.own_lines(ticket))
        kept = kept_of([task, *self.source.occurrences], zones, self.is_ours, OWN)
        if alarm and not had and given and alarm.rings_for(ticket, self.actor):
            kept.personal.append((0, len(task.entries), [TAKEN_AWAY]))
        self.keep_personal(ticket, kept.personal_text)
        if kept.text != ticket.kept_calendar:
            ticket.kept_calendar = kept.text

    def say(self, ticket: Task, before: Sequence[str]) -> None:
        """A comment that was not there is a note; what was said publicly is no new one."""
        written = [each for each in self.comments(self.source.task) if each and each not in before]
        for body in written:
            if not self.is_reply(body):
                conversation.note(
                    self.session, self.actor, ticket, body, now=self.now, source="dav"
                )

    @cached_property
    def replies(self) -> frozenset[str]:
        """The public replies as calendars show them: a client may give back what it was given."""
        if self.ticket is None:
            return frozenset()
        said = comments_worked_by(self.actor).where(
            Comment.task_id == self.ticket.id, Comment.kind == Kind.REPLY
        )
        texts = self.session.scalars(said.order_by(None).with_only_columns(beginning()))
        return frozenset(_as_words(as_comment(each)) for each in texts)

    def is_reply(self, body: str) -> bool:
        return _as_words(body) in self.replies

    def comments_kept(self, ticket: Task) -> list[str]:
        task, _ = kept_task(ticket.kept_calendar, self.own_lines(ticket))
        return list(self.comments(task))

    def own_lines(self, ticket: Task) -> str | None:
        """The person's lines as they were before this write."""
        if ticket.id not in self.lines_before:
            personal = self.session.get(PersonalLines, (self.actor.id, ticket.id))
            self.lines_before[ticket.id] = personal.lines if personal else None
        return self.lines_before[ticket.id]

    def comments(self, task: Component) -> Iterator[str]:
        return (each.text.strip() for each in task.properties() if each.name == "COMMENT")

    def shown(self, ticket: Task, *, kept: bool = True) -> list[str]:
        """The lines that every agent is given, without bookkeeping and order."""
        self.session.flush()
        reader = Reader(self.actor, Face.AGENT, self.base_url)
        query = in_list(ticket.task_list_id).where(Task.id == ticket.id)
        return sorted(
            line
            for facts in facts_of(self.session, query, reader)
            for line in to_vtodo(
                replace(facts, personal=None, kept=facts.kept if kept else None), Face.AGENT
            ).lines
            if not line.startswith(BOOKKEEPING)
        )

    @cached_property
    def own_values(self) -> set[str]:
        """What the ticket says by itself of contacts and other tickets."""
        lines = self.shown(self.ticket, kept=False) if self.ticket else ()
        return {split(each).value for each in lines if each.startswith(("CONTACT", "RELATED-TO"))}

    def is_ours(self, property_: Property) -> bool:
        if property_.name == "COMMENT":
            return self.is_reply(property_.text)
        if property_.name in ("CONTACT", "RELATED-TO"):
            return property_.value in self.own_values
        return super().is_ours(property_)


def _as_words(text: str) -> str:
    """A text by its words: clients break lines where they like."""
    return " ".join(text.split())
