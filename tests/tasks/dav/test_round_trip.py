"""Whatever a client writes comes back, also after the ticket was changed at the desk."""

import string
from collections import Counter

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from modules.tasks import tickets
from modules.tasks.models import Task, Urgency
from modules.tasks.queries import visible_to
from tests.factories import Desk
from tests.tasks.dav.phone import Phone

# What the ticket owns, or what stands in its place; all else is foreign.
OURS = {
    "SUMMARY", "DESCRIPTION", "STATUS", "PERCENT-COMPLETE", "COMPLETED", "PRIORITY", "LOCATION",
    "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE",
}  # fmt: skip

TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\x85\ufeff"),
    max_size=90,
)
ESCAPED = TEXT.map(lambda text: text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,"))
WORDS = st.text(string.ascii_uppercase + string.digits + "-", min_size=1, max_size=12)
QUOTED = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters='"^\x85\ufeff'),
    max_size=30,
).map(lambda text: f'"{text}"')
PARAMETERS = st.lists(
    st.tuples(WORDS.map(lambda name: f"X-{name}"), st.one_of(QUOTED, st.sampled_from(["a", "b-c"]))),
    max_size=2, unique_by=lambda pair: pair[0],
).map(lambda pairs: "".join(f";{name}={value}" for name, value in pairs))  # fmt: skip


def line(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda parameters, value: f"{name}{parameters}:{value}", PARAMETERS, values)


URIS = st.sampled_from(["https://example.org/a;b,c?d=e", "cid:part1@example.org", "urn:x:y"])
FOREIGN = st.one_of(
    line("CLASS", st.sampled_from(["PUBLIC", "PRIVATE", "X-SECRET"])),
    line("CONTACT", ESCAPED), line("COMMENT", ESCAPED.filter(lambda text: not text.strip())),
    line("RESOURCES", ESCAPED), line("RELATED-TO;RELTYPE=X-OWN", WORDS),
    line("GEO", st.just("37.386013;-122.082932")), line("ORGANIZER", st.just("mailto:x@y.example")),
    line("ATTENDEE", st.just("mailto:nobody@else.example")), line("ATTACH", URIS),
    line("REQUEST-STATUS", st.just("2.0;Success")), line("URL", URIS),
    # RFC 7986, 9073 and 9253
    line("COLOR", st.just("turquoise")), line("IMAGE;VALUE=URI", URIS),
    line("CONFERENCE;VALUE=URI", URIS), line("NAME", ESCAPED), line("REFID", ESCAPED),
    line("STYLED-DESCRIPTION;VALUE=TEXT", ESCAPED), line("STRUCTURED-DATA;VALUE=URI", URIS),
    line("CONCEPT", URIS), line("LINK;VALUE=URI;LINKREL=SOURCE", URIS),
    st.builds(lambda name, value: f"X-{name}:{value}", WORDS, TEXT),
)  # fmt: skip
PARTS = st.sampled_from([
    "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER;RELATED=END:-PT15M\nDESCRIPTION:x\nX-A;B=c:d\nEND:VALARM",
    "BEGIN:VALARM\nACTION:AUDIO\nTRIGGER:-P1D\nACKNOWLEDGED:20260101T000000Z\nEND:VALARM",
    "BEGIN:VLOCATION\nUID:v1\nNAME:Here\nEND:VLOCATION",
    "BEGIN:PARTICIPANT\nUID:p1\nPARTICIPANT-TYPE:ACTIVE\nBEGIN:X-IN\nX-A:1\nEND:X-IN\nEND:PARTICIPANT",
])  # fmt: skip
REPEATED = [
    "DTSTART;TZID=Own zone:20260302T090000", "DUE;TZID=Own zone:20260302T100000",
    "RRULE:FREQ=WEEKLY;COUNT=5;BYDAY=MO", "EXDATE;TZID=Own zone:20260316T090000",
    "RDATE;TZID=Own zone;VALUE=DATE-TIME:20260325T090000",
]  # fmt: skip
CHANGED = [
    "BEGIN:VTODO", "UID:{uid}", "DTSTAMP:20260301T000000Z", "SUMMARY:Moved", "X-IN;X-P=1:an occurrence",
    "RECURRENCE-ID;TZID=Own zone:20260309T090000", "DTSTART;TZID=Own zone:20260310T090000",
    "END:VTODO",
]  # fmt: skip
ZONE = [
    "BEGIN:VTIMEZONE", "TZID:Own zone", "X-MADE:by a client", "BEGIN:STANDARD", "TZNAME:OWN",
    "DTSTART:19700101T000000", "TZOFFSETFROM:+0130", "TZOFFSETTO:+0130", "END:STANDARD",
    "END:VTIMEZONE",
]  # fmt: skip
TASKS = st.tuples(
    st.lists(FOREIGN, max_size=8, unique_by=lambda text: text.partition(":")[0].partition(";")[0]),
    st.lists(PARTS, max_size=2, unique=True),
    st.sampled_from(["\r\n ", "\r\n\t", ""]),
    st.booleans(),
)


def written(
    number: int,
    lines: list[str],
    parts: list[str],
    fold: str,
    repeated: bool,  # noqa: FBT001
) -> bytes:
    """A calendar, folded as oddly as a client might."""
    repeats = REPEATED if repeated else ()
    inside = [f"UID:h{number}", "DTSTAMP:20260301T000000Z", "SUMMARY;LANGUAGE=en:Before",
              "DESCRIPTION:Words", *repeats, *lines,
              *(one for part in parts for one in part.split("\n"))]  # fmt: skip
    changed = [each.format(uid=f"h{number}") for each in CHANGED]
    whole = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *(ZONE if repeated else ()),
             "BEGIN:VTODO", *inside, "END:VTODO", *(changed if repeated else ()),
             "END:VCALENDAR"]  # fmt: skip
    if fold:
        whole = [fold.join(each[at : at + 17] for at in range(0, len(each), 17)) for each in whole]
    return ("\r\n".join(whole) + "\r\n").encode()


def foreign(lines: list[str]) -> Counter[str]:
    inside = lines[lines.index("BEGIN:VTODO") :]
    names = ((each.partition(":")[0].partition(";")[0].upper(), each) for each in inside)
    return Counter(each for name, each in names if name not in OURS and "GROUPWARE" not in name)


@pytest.mark.slow
def test_nothing_foreign_is_lost(app: Flask, session: Session, desk: Desk, phone: Phone) -> None:
    numbers = iter(range(1000))

    @settings(
        max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(TASKS)
    def round_trip(made: tuple[list[str], list[str], str, bool]) -> None:
        number = next(numbers)
        ics = written(number, *made)
        path = phone.at(desk.list, f"h{number}.ics")
        answer = phone.put(path, ics)
        assert answer.status_code == 201, answer.text
        plain = written(number, made[0], made[1], "", made[3]).decode()
        sent, zone = foreign(plain.split("\r\n")), set(ZONE if made[3] else ())
        assert not sent - foreign(phone.lines(path)), "lost by the write"
        ticket = session.scalar(visible_to(desk.manager).where(Task.uid == f"h{number}"))
        assert ticket is not None
        tickets.edit(
            session, desk.agent, ticket, subject="After", details="More", now=desk.make.later()
        )
        tickets.set_urgency(session, desk.agent, ticket, Urgency.HIGH, now=desk.make.later())
        lines = phone.lines(path)
        assert not sent - foreign(lines), "lost by the desk"
        assert zone <= set(lines)
        assert {"SUMMARY:After", "DESCRIPTION:More", "PRIORITY:3"} <= set(lines)
        back = phone.put(path, "\r\n".join(lines).encode())
        assert back.status_code == 204
        assert phone.lines(path) == lines, "what was given may be given back"

    round_trip()
