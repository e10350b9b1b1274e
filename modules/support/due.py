"""Due dates in a few words: late and soon only for what is still to be done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from groupware.web.words import When, reader_zone, t_date, t_day, t_time, t_when

SOON = timedelta(hours=4)
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_STEPS = ((_DAY, "d"), (_HOUR, "h"), (timedelta(minutes=1), "min"))


@dataclass(frozen=True)
class Due:
    """As lists and pages show it."""

    text: str
    state: str | None  # None, soon or late
    at: datetime
    when: When


def due(
    at: datetime | None, *, is_date: bool, active: bool, now: datetime, short: bool = False
) -> Due | None:
    """A due date for who reads; nothing where there is none. A short one is for a list's column."""
    if at is None:
        return None
    if active and at < now:
        return Due(f"{_length(now - at)} late", "late", at, t_when(at))
    if short and active and not is_date and at - now < _HOUR:
        text = f"Due in {_length(at - now)}"
    elif short and at - now >= _DAY:
        text = t_day(at)
    else:
        text = _day(at, now) if is_date else f"{_day(at, now)} {t_time(at)}"
    return Due(text, "soon" if active and at - now < SOON else None, at, t_when(at))


def _day(at: datetime, now: datetime) -> str:
    zone = reader_zone()
    days = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
    return {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}.get(days) or t_date(at)


def _length(time: timedelta) -> str:
    step, unit = next((each for each in _STEPS if time >= each[0]), _STEPS[-1])
    return f"{max(time // step, 1)} {unit}"
