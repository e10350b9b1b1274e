"""VALARM for what falls due (RFC 5545, 3.6.6), for whoever wants to be reminded.

Each person chooses how long before, and for which tickets; tickets that are over never ring. Where
somebody's own alarms are kept with a task, or they took ours away from it, theirs count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from icalendar.prop import vDuration, vText
from sqlalchemy import ColumnElement, and_, true

from groupware.errors import Invalid
from groupware.models import User
from modules.tasks.icalendar.lines import Component, Property, Unreadable, clean, line
from modules.tasks.icalendar.times import read_duration
from modules.tasks.models import State, Task
from modules.tasks.queries import active

KEPT_AS = "calendar_alarm"
TAKEN_AWAY = "X-GROUPWARE-ALARM:NONE"
"""Kept with a person's lines of a task from which they took our alarm."""

CHOICES = {
    0: "When it is due", 5: "5 minutes before", 15: "15 minutes before", 30: "30 minutes before",
    60: "1 hour before", 120: "2 hours before", 240: "4 hours before", 1440: "1 day before",
    2880: "2 days before", 10080: "1 week before",
}  # fmt: skip
"""Minutes before a ticket is due, in words."""


@dataclass(frozen=True)
class Alarm:
    """How long before a due time somebody is reminded, and of which tickets."""

    minutes: int
    mine: bool = True  # only of those that are assigned to them

    @property
    def mark(self) -> str:
        """The choice in short, for what moves with it."""
        return f"a{self.minutes}{'m' if self.mine else ''}"

    @property
    def trigger(self) -> timedelta:
        return timedelta(minutes=-self.minutes)

    def rings_for(self, ticket: Task, user: User) -> bool:
        """True for a ticket that is due and not over; `of` says the same to a database."""
        going_on = ticket.state in (State.OPEN, State.IN_PROGRESS)
        mine = ticket.assignee_id == user.id or not self.mine
        return ticket.due is not None and going_on and mine

    def of(self, user: User) -> ColumnElement[bool]:
        mine = Task.assignee_id == user.id if self.mine else true()
        return and_(Task.due.is_not(None), active(), mine)


def chosen(person: User) -> Alarm | None:
    """What the person wants; nothing where they never said."""
    kept = person.preferences.get(KEPT_AS)
    if not isinstance(kept, dict) or kept.get("minutes") not in CHOICES:
        return None
    return Alarm(int(kept["minutes"]), bool(kept.get("mine", True)))


def choose(person: User, minutes: int | None, *, mine: bool) -> None:
    """Remind the person so many minutes before; None reminds them of nothing."""
    if minutes is not None and minutes not in CHOICES:
        raise Invalid(minutes="Please choose one of these.")
    rest = {name: value for name, value in person.preferences.items() if name != KEPT_AS}
    wish = {KEPT_AS: {"minutes": minutes, "mine": mine}} if minutes is not None else {}
    person.preferences = {**rest, **wish}


def alarm_lines(alarm: Alarm, uid: str, summary: str, *, of_end: bool = True) -> Iterator[str]:
    """Our alarm of a task, which rings by its end; an event's by its start."""
    yield "BEGIN:VALARM"
    yield line("UID", vText(clean(f"alarm-{uid}")))
    yield "ACTION:DISPLAY"
    yield line("DESCRIPTION", vText(clean(summary)))
    yield line("TRIGGER", vDuration(alarm.trigger), RELATED="END" if of_end else "")
    yield "END:VALARM"


def with_alarm(lines: Sequence[str], alarm: Alarm | None, uid: str, summary: str) -> list[str]:
    """A task's lines with our alarm, unless its person has set, or taken away, one of their own."""
    end = lines.index("END:VTODO")
    own = any(each in ("BEGIN:VALARM", TAKEN_AWAY) for each in lines[:end])
    if alarm is None or own:
        return list(lines)
    return [*lines[:end], *alarm_lines(alarm, uid, summary), *lines[end:]]


def without_ours(task: Component, alarm: Alarm) -> bool:
    """Take our alarm out of what a client wrote; True where there was one, whoever's."""
    alarms = list(task.parts("VALARM"))
    if len(alarms) == 1 and _is_ours(alarms[0], alarm):
        task.entries = [each for each in task.entries if each is not alarms[0]]
    return bool(alarms)


def _is_ours(component: Component, alarm: Alarm) -> bool:
    """Clients write it anew, in their own words; what was seen to ring already is theirs."""
    said: dict[str, Property] = {each.name: each for each in component.properties()}
    if "ACKNOWLEDGED" in said or "TRIGGER" not in said or "REPEAT" in said:
        return False
    try:
        by_end = said["TRIGGER"].parameter("RELATED").upper() == "END"
        return by_end and read_duration(said["TRIGGER"]) == alarm.trigger
    except Unreadable:
        return False
