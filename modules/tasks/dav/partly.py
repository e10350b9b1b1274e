"""How much of a task's text a client wants (RFC 4791, 9.6): all, some of it, or what occurs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from modules.tasks.dav.answers import refused
from modules.tasks.dav.filters import TimeRange, read_range
from modules.tasks.dav.markup import Element, c, children
from modules.tasks.dav.occurring import expanded, limited
from modules.tasks.icalendar.lines import folded, name_of


@dataclass(frozen=True)
class Part:
    """What is wanted of a component: its properties (None: all) and what is nested in it."""

    properties: frozenset[str] | None = None
    parts: Mapping[str, "Part"] = field(default_factory=dict)
    all_parts: bool = True
    within: TimeRange | None = None  # repeated tasks as what occurs in this time
    changed: TimeRange | None = None  # changed occurrences of this time alone

    def of(self, text: bytes) -> str:
        """So much of a calendar."""
        if self.within:
            text = expanded(text, self.within)
        elif self.changed:
            text = limited(text, self.changed)
        if self.properties is None and self.all_parts:
            return text.decode()
        lines = text.decode().replace("\r\n ", "").split("\r\n")
        kept: list[str] = []
        # For each level that is open: what is wanted of it, or None for nothing.
        open_levels: list[Part | None] = []
        for line in lines:
            keyword, _, name = line.partition(":")
            if keyword == "BEGIN":
                above = (
                    open_levels[-1]
                    if open_levels
                    else Part(parts={"VCALENDAR": self}, all_parts=False)
                )
                wanted = above.nested(name) if above else None
                open_levels.append(wanted)
                if wanted:
                    kept.append(line)
            elif keyword == "END" and open_levels:
                if open_levels.pop():
                    kept.append(line)
            elif open_levels and (wanted := open_levels[-1]) and wanted.takes(name_of(line)):
                kept.append(line)
        return folded(kept).decode()

    def nested(self, name: str) -> "Part | None":
        """What is wanted of a component within this one."""
        return Part() if self.all_parts else self.parts.get(name)

    def takes(self, name: str) -> bool:
        return self.properties is None or name in self.properties


def read_part(wanted: Element) -> Part:
    """What a calendar-data element asks for; refuses other kinds of data."""
    if wanted.get("content-type", "text/calendar").lower() != "text/calendar":
        raise refused(403, "<c:supported-calendar-data/>", reason="Only text/calendar is here.")
    if wanted.get("version", "2.0") != "2.0":
        raise refused(403, "<c:supported-calendar-data/>", reason="Only version 2.0 is here.")
    components = list(wanted.iterfind(c("comp")))
    part = _read(components[0]) if components else Part()
    if (expand := wanted.find(c("expand"))) is not None:
        return replace(part, within=read_range(expand))
    if (limit := wanted.find(c("limit-recurrence-set"))) is not None:
        return replace(part, changed=read_range(limit))
    return part


def _read(component: Element) -> Part:
    if not children(component):
        return Part()
    names: set[str] = set()
    parts: dict[str, Part] = {}
    every_property = every_part = False
    for each in children(component):
        if each.tag == c("allprop"):
            every_property = True
        elif each.tag == c("allcomp"):
            every_part = True
        elif each.tag == c("prop"):
            names.add(each.get("name", "").upper())
        elif each.tag == c("comp"):
            parts[each.get("name", "").upper()] = _read(each)
    return Part(None if every_property else frozenset(names), parts, every_part)
