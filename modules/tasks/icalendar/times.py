"""Dates and times of a VTODO: with a zone, in UTC, floating, or a date alone (RFC 5545, 3.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar import Timezone
from icalendar.prop import vDDDTypes
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from modules.tasks.icalendar.lines import Component, Property, Unreadable, line

DAY_ENDS = time(23, 59)
FIRST, LAST = date(2000, 1, 1), date(2038, 1, 1)
"""What the VTIMEZONEs cover that are written here; times beyond go out in UTC."""

LONGEST = timedelta(days=36_500)


@dataclass(frozen=True)
class When:
    """A moment, how it was said, and in which zone."""

    at: datetime
    is_date: bool = False
    zone: str | None = None


@dataclass(frozen=True)
class Zones:
    """The zones of a file, by TZID, and the one in which times without a zone are meant."""

    home: ZoneInfo
    named: Mapping[str, str]

    def of(self, tzid: str) -> ZoneInfo | None:
        """The zone that a TZID means: a known name, Windows' name, or what its VTIMEZONE says."""
        for name in (tzid, WINDOWS_TO_OLSON.get(tzid, ""), self.named.get(tzid, "")):
            if found := zone_called(name):
                return found
        # Evolution and Mozilla put a path before the name.
        return zone_called("/".join(tzid.rsplit("/", 2)[-2:])) if tzid.startswith("/") else None


def zone_called(name: str) -> ZoneInfo | None:
    """The zone of this name, or None."""
    if not name or len(name) > 64:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def locations_of(zones: Mapping[str, Component]) -> dict[str, str]:
    """What VTIMEZONEs say where they are (X-LIC-LOCATION), by TZID."""
    return {
        tzid: each.value
        for tzid, zone in zones.items()
        for each in zone.properties()
        if each.name == "X-LIC-LOCATION"
    }


def read_when(property_: Property, zones: Zones, *, ends: bool) -> When:
    """A DUE (`ends`) or DTSTART; a date alone ends, or begins, with its day."""
    try:
        value = vDDDTypes.from_ical(property_.value.strip())
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"{property_.name} is no date or time") from error
    tzid = property_.parameter("TZID")
    zone = zones.of(tzid) if tzid else None
    try:
        if isinstance(value, datetime):
            if value.tzinfo is not None:
                return When(value.astimezone(UTC))
            zone = zone or zones.home
            return When(value.replace(tzinfo=zone).astimezone(UTC), zone=zone.key)
        if isinstance(value, date):
            home = zone or zones.home
            at = datetime.combine(value, DAY_ENDS if ends else time(0), home)
            return When(at.astimezone(UTC), is_date=True, zone=home.key)
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"{property_.name} is out of time") from error
    raise Unreadable(f"{property_.name} is no date or time")


def read_duration(property_: Property) -> timedelta:
    """A DURATION."""
    try:
        value = vDDDTypes.from_ical(property_.value.strip())
    except (ValueError, OverflowError) as error:
        raise Unreadable("DURATION is none") from error
    if not isinstance(value, timedelta) or abs(value) > LONGEST:
        raise Unreadable("DURATION is none")
    return value


def when_line(name: str, when: When) -> str:
    """A DUE or DTSTART as it was said."""
    zone = zone_called(when.zone or "")
    local = when.at.astimezone(zone or UTC)
    if when.is_date:
        return line(name, vDDDTypes(local.date()), VALUE="DATE")
    if zone is None or zone.key == "UTC" or not FIRST < local.date() < LAST:
        return stamp_line(name, when.at)
    return line(name, vDDDTypes(local.replace(tzinfo=None)), TZID=zone.key)


def stamp_line(name: str, at: datetime) -> str:
    """A time in UTC, to the second."""
    said = at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()
    return f"{name}:{said.replace('-', '').replace(':', '')}Z"


@lru_cache(maxsize=64)
def vtimezone(tzid: str) -> tuple[str, ...]:
    """The VTIMEZONE of a zone, as lines."""
    written = Timezone.from_tzid(tzid, first_date=FIRST, last_date=LAST).to_ical()
    unfolded = written.decode().replace("\r\n ", "")
    return tuple(each for each in unfolded.split("\r\n") if each and not each.startswith("COMMENT"))


def same(one: When, other: When) -> bool:
    """True where both say the same: the same day, or the same moment to the second."""
    if one.is_date != other.is_date:
        return False
    if one.is_date:
        return _day(one) == _day(other)
    return one.at.replace(microsecond=0) == other.at.replace(microsecond=0)


def _day(when: When) -> date:
    zone: tzinfo = zone_called(when.zone or "") or UTC
    return when.at.astimezone(zone).date()
