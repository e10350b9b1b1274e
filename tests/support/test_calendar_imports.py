"""Tickets out of calendars: tried first, taken once whatever is killed or stopped, reported."""

import io
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage

from groupware.database import Database, utc_now
from groupware.models import Level, OutboundMail
from modules.support.importing import running
from modules.support.importing.models import ImportRow, ImportRun, Outcome
from modules.tasks.models import State, Task
from tests.conftest import PASSWORD, SignedIn
from tests.factories import Desk
from tests.support.test_imports import BASE, confirmed

ZONE = """BEGIN:VTIMEZONE
TZID:Here/Own
X-LIC-LOCATION:Europe/Berlin
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0100
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""
TASKS = [
    "UID:one\nSUMMARY:Jam\nDUE;TZID=Here/Own:20260309T140000\nX-FOREIGN;X-A=b:kept",
    "UID:two\nSUMMARY:Water\nRRULE:FREQ=DAILY;COUNT=3\nDTSTART:20260309T140000Z\nSTATUS:COMPLETED",
    "UID:one\nSUMMARY:Jam again\nDUE;TZID=Here/Own:20260309T140000\nX-FOREIGN;X-A=b:kept",
    "UID:three\nDESCRIPTION:it has none",
    "UID:four\nSUMMARY:Often\nRRULE:FREQ=SECONDLY",
    "UID:five\nSUMMARY:Dust\nPRIORITY:many",
    "UID:two\nSUMMARY:Water once\nRECURRENCE-ID:20260310T140000Z",
    "UID:six\nSUMMARY:<b>Bold</b>",
]


def calendar(tasks: list[str] = TASKS, zone: str = ZONE) -> bytes:
    parts = "".join(f"BEGIN:VTODO\nDTSTAMP:20260301T000000Z\n{each}\nEND:VTODO\n" for each in tasks)
    event = "BEGIN:VEVENT\nUID:party\nSUMMARY:Party\nEND:VEVENT\n"
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{parts}{event}{zone}END:VCALENDAR\n".encode()


def upload(client: Any, list_id: int, body: bytes) -> Any:
    file = FileStorage(io.BytesIO(body), "old.ics", content_type="text/calendar")
    return client.send("/support/import", {"attachments": file, "task_list": str(list_id)})


def told(database: Database, entity: Any) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(entity)) or 0


def killed_half_way(database: Database, run_id: int) -> None:
    with database.writing() as session:
        running.step(session, run_id, now=utc_now(), base_url=BASE, most=2)
        raise KeyboardInterrupt


def test_a_calendar_becomes_tickets_once_whatever_happens_meanwhile(
    desk: Desk, signed_in: SignedIn, database: Database
) -> None:
    list_id = desk.list.id
    client: Any = signed_in(desk.agent)
    colleague: Any = signed_in(desk.colleague)
    desk.session.commit()
    before, letters = told(database, Task), told(database, OutboundMail)

    preview = upload(client, list_id, calendar())
    assert preview.status_code == 200
    for text in ("New ticket", "Refused: it has no SUMMARY", "PRIORITY is no number", "a VEVENT;",
                 "&lt;b&gt;Bold", "more often than daily"):  # fmt: skip
        assert text in preview.text, text
    assert told(database, Task) == before, "nothing is made before it is confirmed"

    places = {confirmed(client, preview).location for _ in range(2)}
    assert len(places) == 1, "a double click is one import"
    place = places.pop()
    run_id = int(place.rpartition("/")[2])
    assert "0 of 8 tasks" in client.get(place).text

    with database.writing() as session:
        assert running.step(session, run_id, now=utc_now(), base_url=BASE, most=2)
    with pytest.raises(KeyboardInterrupt):
        killed_half_way(database, run_id)
    assert colleague.send(f"{place}/halt").status_code == 404, "somebody else's"
    assert client.send(f"{place}/halt").status_code == 303
    running.go_on(database, utc_now, base_url=BASE)
    assert "stopped with 6 tasks left" in client.get(place).text
    assert told(database, Task) == before + 2
    assert client.send(f"{place}/continuation").status_code == 303
    running.go_on(database, utc_now, base_url=BASE)
    report = client.get(place).text
    assert "4 tickets were made, 1 was changed, 3 tasks were refused" in report
    assert "PRIORITY is no number" in report, "what was left out is told"

    with database.reading() as session:
        rows = session.scalars(select(ImportRow).order_by(ImportRow.number)).all()
        assert [each.number for each in rows if each.outcome == Outcome.REFUSED] == [4, 5, 8]
        made = {task.uid: task for task in session.scalars(select(Task).order_by(Task.id))}
        assert made["one"].summary == "Jam again"
        assert "X-FOREIGN;X-A=b:kept" in (made["one"].kept_calendar or "")
        assert made["one"].due is not None
        assert made["one"].due.hour == 13, "in the file's own zone"
        assert made["two"].state == State.RESOLVED
        assert "RECURRENCE-ID" in (made["two"].kept_calendar or "")
    assert told(database, OutboundMail) == letters, "nobody gets a letter"

    again = upload(client, list_id, calendar())
    assert "There already" in again.text
    other = confirmed(client, again).location
    running.go_on(database, utc_now, base_url=BASE)
    assert "0 tickets were made" in client.get(other).text
    assert told(database, Task) == before + 4


def test_a_calendar_is_taken_by_who_may_work_there(
    desk: Desk, signed_in: SignedIn, database: Database
) -> None:
    hidden = desk.make.ticket(subject="Hidden")
    maker = desk.make.agent(password=PASSWORD)
    desk.make.allow(desk.list.agent_acl, maker, Level.CREATE)
    list_id, client, agent = desk.list.id, signed_in(maker), signed_in(desk.agent)
    desk.session.commit()
    body = calendar([f"UID:{hidden.uid}\nSUMMARY:Mine now"], zone="")
    assert "do not have permission" in upload(client, list_id, body).text
    taken = upload(agent, list_id, body).text
    assert "belongs to something else" in taken
    assert hidden.summary not in taken
    broken = upload(agent, list_id, b"BEGIN:VCALENDARIES\nx\n")
    assert broken.status_code == 422
    assert "no iCalendar file" in broken.text
    assert told(database, ImportRun) == 0
