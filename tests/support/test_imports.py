"""Tickets out of tables: what is read, what is shown before, what is made, by whom, and once."""

import io
import re
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage

from groupware.database import Database, utc_now
from groupware.errors import Invalid
from groupware.models import Level, OutboundMail
from modules.support.importing import running
from modules.support.importing.models import ImportRow, ImportRun
from modules.support.importing.reading import read
from modules.tasks import fields
from modules.tasks.fields import FieldKind, managing
from modules.tasks.models import State, Task, Urgency
from tests.conftest import PASSWORD, SignedIn
from tests.factories import Desk

TABLE = """Ticket number;Title;Description;State;Priority;Requester;Owner;Due date;Tags;Severity;Other
A-1;Drucker lärmt;Seit “gestern”.;done;critical;{customer};{agent};2026-03-09;bug;high;x
A-2;;Nothing;;;{customer};;;;;
A-3;Unknown;;;;nobody@example.com;;;;;
A-4;Bad due;;;;{customer};;tomorrow;;;
A-5;Bad word;;maybe;;{customer};;;;;
A-6;Bad choice;;;;{customer};;;;enormous;
A-7;Bad tag;;;;{customer};;;nope;;
A-8;No agent;;;;{customer};{customer};;;;
A-9;'=1+1;Formula;;;{customer};;;;;
"""
BASE = "http://localhost"
REFUSED = {
    3: "Subject is required", 4: "may not ask", 5: "due date", 6: "no status", 7: "choose",
    8: "no category", 9: "does not work",
}  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "header", "row"),
    [
        (b"a,b\n1,2\n", ["a", "b"], ["1", "2"]),
        ('\ufeffa;b\r\n\u00e4;"x;y"\r\n'.encode(), ["a", "b"], ["ä", "x;y"]),
        ("a\tb\ré\t\r".encode("cp1252"), ["a", "b"], ["é", ""]),
        ("a,b\n\n“z”,2,3\n".encode("utf-16"), ["a", "b"], ["“z”", "2"]),
        (b'a;b, c\n"1\n2";x\0\n', ["a", "b, c"], ["1\n2", "x"]),
        (b"Subject\nJam, again\n", ["Subject"], ["Jam"]),
    ],
)
def test_tables_are_read_as_people_have_them(raw: bytes, header: list[str], row: list[str]) -> None:
    sheet = read(io.BytesIO(raw))
    assert list(sheet.header) == header
    assert list(sheet.rows[0][1]) == row


@pytest.mark.parametrize(
    "raw",
    [b"", b" \n", b'""', b'",,', b",,,\n", b"a,b\n", b"PK\x03\x04 x", b"a\n" + b"1\n" * 10_001,
     b",".join([b"a"] * 101) + b"\n1", b"a\n" + b"x" * 130_000],
)  # fmt: skip
def test_what_is_no_table_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        read(io.BytesIO(raw))
    assert "attachments" in refusal.value.errors


def upload(client: Any, list_id: int, table: str) -> Any:
    file = FileStorage(io.BytesIO(table.encode()), "old.csv", content_type="text/csv")
    return client.send("/support/import", {"attachments": file, "task_list": str(list_id)})


def confirmed(client: Any, preview: Any) -> Any:
    """Send the preview's form with the button that confirms it."""
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', preview.text)
    chosen = re.findall(r'name="(column_\d+)">(.*?)</select>', preview.text, re.DOTALL)
    values = {name: value for name, value in hidden if name != "csrf_token"}
    for name, inside in chosen:
        found = re.search(r'value="([^"]*)" selected', inside)
        values[name] = found[1] if found else "-"
    return client.send("/support/import", values, confirm="1")


def number_of(database: Database, entity: Any) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(entity)) or 0


def test_a_table_becomes_tickets_once_it_is_confirmed_and_only_once(
    desk: Desk, signed_in: SignedIn, database: Database
) -> None:
    desk.make.category("bug")
    wish = managing.Wish("Severity", FieldKind.CHOICE, choices=["high", "low"], public=False)
    managing.add(desk.session, desk.manager, desk.list, wish, now=desk.make.now)
    customer = desk.customer.addresses[0].address
    table = TABLE.format(customer=customer, agent=desk.agent.addresses[0].address)
    list_id, customer_id, agent_id = desk.list.id, desk.customer.id, desk.agent.id
    colleague, client = signed_in(desk.colleague), signed_in(desk.agent)
    desk.session.commit()
    before = number_of(database, Task), number_of(database, OutboundMail)

    preview = upload(client, list_id, table)
    assert preview.status_code == 200
    for problem in REFUSED.values():
        assert problem in preview.text, problem
    assert preview.text.count("<b>New ticket</b>") == 2
    assert number_of(database, Task) == before[0], "nothing is made before it is confirmed"
    assert number_of(database, ImportRun) == 0

    answers = [confirmed(client, preview) for _ in range(2)]
    assert [each.status_code for each in answers] == [303, 303]
    assert answers[0].location == answers[1].location, "a double click is one import"
    assert "0 of 9 rows" in client.get(answers[0].location).text
    running.go_on(database, utc_now, base_url=BASE)
    told = client.get(answers[0].location).text
    assert "2 tickets were made, 7 rows were refused" in told
    with database.reading() as session:
        rows = session.scalars(select(ImportRow).where(ImportRow.reason != ""))
        refused = {row.number: row.reason for row in rows}
        assert set(refused) == set(REFUSED)
        for number, why in REFUSED.items():
            assert why in refused[number]
        made = session.scalars(select(Task).where(Task.source == "import").order_by(Task.id)).all()
        first, second = made
        assert (first.summary, first.description) == ("Drucker lärmt", "Seit “gestern”.")
        assert (first.state, first.urgency) == (State.RESOLVED, Urgency.URGENT)
        assert (first.customer_id, first.assignee_id) == (customer_id, agent_id)
        assert first.due_is_date
        assert [each.name for each in first.categories] == ["bug"]
        assert fields.read(session, first, public=False) == {"severity": "high"}
        assert (second.summary, second.state) == ("=1+1", State.OPEN)
        assert number_of(database, OutboundMail) == before[1], "nobody gets a letter"

    again = upload(client, list_id, table)
    assert "2 rows were imported before" in again.text
    other = confirmed(client, again).location
    running.go_on(database, utc_now, base_url=BASE)
    assert "0 tickets were made, 2 were there from an earlier import" in client.get(other).text
    assert number_of(database, Task) == before[0] + 2
    assert colleague.get(other).status_code == 404


def test_who_may_not_file_there_may_not_import(desk: Desk, signed_in: SignedIn) -> None:
    reader = desk.make.agent(password=PASSWORD)
    desk.make.allow(desk.list.agent_acl, reader, Level.READ)
    maker = desk.make.agent(password=PASSWORD)
    desk.make.allow(desk.list.agent_acl, maker, Level.CREATE)
    customer = desk.customer.addresses[0].address
    list_id = desk.list.id
    table = f"Subject,Customer e-mail,Status\nJam,{customer},\nDust,{customer},closed\n"
    assert "No task list takes tickets" in signed_in(reader).get("/support/import").text
    for person in (reader, desk.outsider):
        client = signed_in(person)
        assert upload(client, list_id, table).status_code == 404
    assert signed_in(desk.customer).get("/support/import").status_code == 403
    # What filing does not allow, importing does not: a status needs more than Create.
    preview = upload(signed_in(maker), list_id, table).text
    assert preview.count("<b>New ticket</b>") == 1
    assert "do not have permission" in preview


def test_what_was_chosen_stays_where_something_is_missing(desk: Desk, signed_in: SignedIn) -> None:
    list_id = desk.list.id
    client = signed_in(desk.agent)
    for table, message in (("", "choose a file"), ("What,Else\nJam,x\n", "is the subject")):
        answer = upload(client, list_id, table) if table else client.send(
            "/support/import", task_list=str(list_id))  # fmt: skip
        assert answer.status_code == 422, table
        assert message in answer.text
        assert "confirm" not in answer.text
