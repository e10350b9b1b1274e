"""Tables of tickets: what is in them, who gets which rows, and nothing that a spreadsheet would run."""

import csv
import io
import tracemalloc
import zipfile
from zoneinfo import ZoneInfo

import pytest

from modules.tasks.exporting import as_csv, as_xlsx, table
from modules.tasks.exporting.csv import guarded, unguarded
from modules.tasks.queue import ask
from tests.bulk import fill
from tests.conftest import SignedIn
from tests.factories import Desk

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\uff1d1", " =cmd|' /C calc'!A0", "\u22121"]


def read(answer: object) -> list[dict[str, str]]:
    text = answer.get_data().decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text
    assert guarded(f"x{text}") == f"x{text}"


def test_a_table_has_what_its_reader_may_see(desk: Desk, signed_in: SignedIn) -> None:
    ours = desk.ticket(subject='=HYPERLINK("x"), "quoted"', details="One\nTwo 😀 لا")
    both = desk.make.task_list(
        agents=[desk.agent, desk.outsider], customers=[desk.customer], name="Both"
    )
    theirs = desk.make.ticket(task_list=both, customer=desk.customer)
    desk.make.note(ours, desk.agent)
    found = read(signed_in(desk.agent).get("/support/export.csv"))
    assert {row["Number"] for row in found} == {str(ours.id), str(theirs.id)}
    row = next(row for row in found if row["Number"] == str(ours.id))
    assert row["Subject"] == '\'=HYPERLINK("x"), "quoted"'
    assert row["Details"] == "One\nTwo 😀 لا"
    assert (row["Status"], row["Task list"], row["Notes"]) == ("open", "Clinic software", "1")
    client = signed_in(desk.outsider)
    assert [row["Number"] for row in read(client.get("/support/export.csv"))] == [str(theirs.id)]
    assert read(client.get(f"/support/export.csv?list={desk.list.id}")) == []
    assert read(client.get("/support/export.csv?q=status:closed")) == []
    assert client.get("/support/export.csv?q=status:x").status_code == 422
    assert client.get("/support/export.csv?view=4711").status_code == 404
    book = client.get("/support/export.xlsx")
    sheet = zipfile.ZipFile(io.BytesIO(book.data)).read("xl/worksheets/sheet1.xml").decode()
    assert theirs.summary in sheet
    assert ours.summary not in sheet
    assert "<f>" not in sheet
    assert signed_in(desk.customer).get("/support/export.csv").status_code == 403


@pytest.mark.slow
def test_a_long_table_takes_no_more_memory(desk: Desk) -> None:
    def peak(number: int) -> int:
        fill(
            desk.session,
            number,
            lists=[desk.list.id],
            customers=[desk.customer.id],
            agents=[desk.agent.id],
            location=desk.location.id,
        )
        desk.session.commit()
        asked = ask(desk.session, desk.agent, "status:all", desk.make.now)
        tracemalloc.start()
        size = sum(map(len, as_csv(table(desk.session, asked), ZoneInfo("UTC"))))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert size > 100 * number
        return used

    short = peak(2_000)
    assert peak(4_000) < 1.5 * short


def test_a_workbook_is_whole(desk: Desk) -> None:
    desk.ticket(subject="A & B <c> \x0b")
    asked = ask(desk.session, desk.agent, "", desk.make.now)
    data = b"".join(as_xlsx(table(desk.session, asked), ZoneInfo("Asia/Tokyo")))
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None
