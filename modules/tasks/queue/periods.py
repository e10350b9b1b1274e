"""Stretches of time as people write them: `<7d`, `>2026-01-01`, `2026-01..2026-03`, `today`, `none`.

A length counts from now: forth for what is due, back for what was. `due:<7d` is due within seven
days, or late; `created:<7d` was created within the last seven.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LENGTHS = {"h": 1, "d": 24, "w": 7 * 24, "m": 30 * 24, "y": 365 * 24}  # in hours
DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
WEEK, MONTH = "week", "month"
NONE, ANY = "none", "any"
LIKE_THIS = "Try <7d, >2w, 2026-01-31, 2026-01-01..2026-01-31, today, week, month or none."

_PARTS = re.compile(r"(<=|>=|<|>)?([a-z0-9-]{1,12})(?:(\.\.)([a-z0-9-]{0,12}))?", re.ASCII)
_LENGTH = re.compile(r"([0-9]{1,4})([hdwmy])", re.ASCII)
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2}))?(?:-([0-9]{1,2}))?", re.ASCII)


@dataclass(frozen=True)
class Period:
    """A stretch of time as it was written; raises ValueError where that says none."""

    text: str

    def __post_init__(self) -> None:
        if self.text in (NONE, ANY):
            return
        if not (found := _PARTS.fullmatch(self.text)):
            raise ValueError(self.text)
        operator, first, dots, last = found.groups()
        if dots and operator:
            raise ValueError(self.text)
        for each in (first, last):
            if each:
                _check(each)

    def __str__(self) -> str:
        return self.text

    def span(
        self, now: datetime, zone: str, *, ahead: bool
    ) -> tuple[datetime | None, datetime | None]:
        """From when on, and until before when; None where there is no end."""
        found = _PARTS.fullmatch(self.text)
        if found is None or self.text in (NONE, ANY):
            return None, None
        operator, first, dots, last = found.groups()
        if dots:
            return (
                _edges(first, now, zone, ahead=ahead)[0],
                _edges(last, now, zone, ahead=ahead)[1] if last else None,
            )
        low, high = _edges(first, now, zone, ahead=ahead)
        if _LENGTH.fullmatch(first):
            within = operator in (None, "<", "<=")
            return (None, high) if within == ahead else (low, None)
        return {
            None: (low, high),
            "<": (None, low),
            "<=": (None, high),
            ">": (high, None),
            ">=": (low, None),
        }[operator]


def _check(text: str) -> None:
    if text in DAYS or text in (WEEK, MONTH) or _LENGTH.fullmatch(text):
        return
    _days(text)


def _edges(text: str, now: datetime, zone: str, *, ahead: bool) -> tuple[datetime, datetime]:
    """When this begins and ends; a length is a point."""
    if length := _LENGTH.fullmatch(text):
        hours = timedelta(hours=int(length[1]) * LENGTHS[length[2]])
        point = now + hours if ahead else now - hours
        return point, point
    try:
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        there = ZoneInfo("UTC")
    today = now.astimezone(there).date()
    if text in DAYS:
        first = today + timedelta(days=DAYS[text])
        last = first
    elif text == WEEK:
        first = today - timedelta(days=today.weekday())
        last = first + timedelta(days=6)
    elif text == MONTH:
        first, last = _days(f"{today.year:04}-{today.month:02}")
    else:
        first, last = _days(text)
    return _midnight(first, there), _midnight(last + timedelta(days=1), there)


def _days(text: str) -> tuple[date, date]:
    """The first and the last day of a date, a month or a year."""
    if not (found := _DATE.fullmatch(text)) or not 1970 <= int(found[1]) <= 9000:
        raise ValueError(text)
    year, month, day = int(found[1]), found[2], found[3]
    if day:
        only = date(year, int(month), int(day))
        return only, only
    if month:
        following = date(year + int(month) // 12, int(month) % 12 + 1, 1)
        return date(year, int(month), 1), following - timedelta(days=1)
    return date(year, 1, 1), date(year, 12, 31)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
