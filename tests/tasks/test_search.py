"""Search: what is found, by whom, and what can be typed without harm."""

import sys
import unicodedata
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from groupware import people
from groupware.cli import main
from groupware.config import Settings
from groupware.models import User
from modules.tasks import conversation, search_index, tickets
from modules.tasks.models import State, Task, TaskList, Urgency
from modules.tasks.queries import lists_worked_by
from modules.tasks.search import Term, hits, own, parse
from modules.tasks.tickets import Request
from tests.factories import Desk


def found(session: Session, agent: User, typed: str, **options: Any) -> list[int]:
    lists = session.scalars(lists_worked_by(agent).with_only_columns(TaskList.id)).all()
    options.setdefault("most", 50)
    return hits(session, parse(typed), lists, tuple(State), **options)


def own_found(session: Session, customer: User, typed: str) -> list[int]:
    query = own(session, customer, typed).order_by(Task.id.desc())
    return [ticket.id for ticket in session.scalars(query)]


def test_all_words_must_be_there_and_the_last_may_be_a_beginning(desk: Desk) -> None:
    printer = desk.ticket(subject="Printer at front desk jams on double-sided paper")
    desk.ticket(subject="Printer is out of toner")
    assert found(desk.session, desk.agent, "printer jams") == [printer.id]
    assert found(desk.session, desk.agent, "printer dou") == [printer.id]
    assert found(desk.session, desk.agent, "dou printer") == []


def test_the_newest_comes_first(desk: Desk) -> None:
    older = desk.ticket(subject="Printer jams")
    newer = desk.ticket(subject="Printer jams again")
    assert found(desk.session, desk.agent, "printer") == [newer.id, older.id]
    assert found(desk.session, desk.agent, "printer", beyond=newer.id) == [older.id]


def test_quotes_hold_words_together_and_a_minus_leaves_out(desk: Desk) -> None:
    front = desk.ticket(subject="The front desk is flooded")
    desk.ticket(subject="A desk in front of the window")
    assert found(desk.session, desk.agent, '"front desk"') == [front.id]
    assert found(desk.session, desk.agent, "desk -window") == [front.id]
    assert found(desk.session, desk.agent, "-window") == [front.id]


def test_case_and_accents_do_not_matter(desk: Desk) -> None:
    ticket = desk.ticket(subject="Café ÉTÉ résumé für Zoë")
    for typed in ("cafe", "CAFÉ", "ete", "Resume zoe", "fur"):
        assert found(desk.session, desk.agent, typed) == [ticket.id], typed


@pytest.mark.parametrize("subject", ["كلمة المرور لا تعمل", "パスワード", "비밀번호 오류", "नमस्ते"])
def test_other_scripts_are_found(desk: Desk, subject: str) -> None:
    ticket = desk.ticket(subject=subject)
    desk.ticket()
    assert found(desk.session, desk.agent, subject.split(maxsplit=1)[0]) == [ticket.id]


def test_a_number_finds_its_ticket_first(desk: Desk) -> None:
    wanted = desk.ticket()
    mentions = desk.ticket(subject=f"The same as {wanted.id} again")
    for typed in (f"#{wanted.id}", f" {wanted.id} "):
        assert found(desk.session, desk.agent, typed) == [wanted.id, mentions.id]
    assert own_found(desk.session, desk.customer, f"#{wanted.id}") == [mentions.id, wanted.id]
    assert found(desk.session, desk.outsider, f"#{wanted.id}") == []
    assert own_found(desk.session, desk.stranger, f"#{wanted.id}") == []


def test_details_replies_notes_and_the_customer_are_searched(desk: Desk) -> None:
    ticket = desk.ticket(details="The gasket leaks")
    desk.make.reply(ticket, desk.agent, "Please send the serial")
    desk.make.response(ticket, "It reads QX-4711")
    desk.make.note(ticket, desk.agent, "Warranty has ended")
    desk.ticket(customer=desk.stranger)
    address = desk.customer.address
    for typed in ("gasket", "serial", "qx-4711", "warranty", "adeyemi", address, "gasket warranty"):
        assert found(desk.session, desk.agent, typed) == [ticket.id], typed


def test_a_customer_finds_by_no_word_of_a_note_or_of_their_file(desk: Desk) -> None:
    ticket = desk.ticket(details="The gasket leaks")
    desk.make.note(ticket, desk.agent, "Warranty has ended")
    assert own_found(desk.session, desk.customer, "gasket") == [ticket.id]
    for typed in ("warranty", "gasket warranty", "adeyemi", "gasket -warranty -leaks"):
        assert own_found(desk.session, desk.customer, typed) == [], typed
    assert own_found(desk.session, desk.customer, "gasket -warranty") == [ticket.id]


def test_everybody_finds_what_they_may_see(desk: Desk) -> None:
    ticket = desk.ticket(details="The gasket leaks")
    desk.make.ticket(details="The gasket leaks elsewhere")  # in a list of somebody else's
    for person in (desk.agent, desk.reader):
        assert found(desk.session, person, "gasket") == [ticket.id]
    assert len(found(desk.session, desk.manager, "gasket")) == 2
    assert found(desk.session, desk.outsider, "gasket") == []
    assert found(desk.session, desk.customer, "gasket") == []
    assert own_found(desk.session, desk.stranger, "gasket") == []


def test_a_participant_finds_it_as_long_as_they_take_part(desk: Desk) -> None:
    ticket = desk.ticket(details="The gasket leaks")
    now = desk.make.now
    tickets.add_participant(desk.session, desk.agent, ticket, desk.stranger, now=now)
    assert own_found(desk.session, desk.stranger, "gasket") == [ticket.id]
    tickets.remove_participant(desk.session, desk.agent, ticket, desk.stranger, now=now)
    assert own_found(desk.session, desk.stranger, "gasket") == []


def test_the_index_follows_every_change(desk: Desk) -> None:
    ticket = desk.ticket(subject="Gasket", details="leaks")
    make, session = desk.make, desk.session
    tickets.edit(session, desk.customer, ticket, subject="Valve", details="leaks", now=make.now)
    assert found(session, desk.agent, "gasket") == []
    assert found(session, desk.agent, "valve") == [ticket.id]
    note = make.note(ticket, desk.agent, "Call Rufus")
    conversation.edit_comment(session, desk.agent, note, "Call Olga", now=make.now)
    assert found(session, desk.agent, "rufus") == []
    assert found(session, desk.agent, "olga") == [ticket.id]
    conversation.delete_comment(session, desk.manager, note, now=make.now)
    assert found(session, desk.agent, "olga") == []
    tickets.hand_to(session, desk.agent, ticket, desk.stranger, now=make.now)
    assert found(session, desk.agent, "adeyemi") == []
    assert found(session, desk.agent, "nilsen") == [ticket.id]
    assert own_found(session, desk.stranger, "valve") == [ticket.id]
    elsewhere = make.task_list(agents=[desk.outsider, desk.agent], customers=[desk.stranger])
    tickets.move(session, desk.agent, ticket, elsewhere, now=make.now)
    assert found(session, desk.outsider, "valve") == [ticket.id]
    assert found(session, desk.reader, "valve") == []


def test_a_deleted_ticket_is_not_found(desk: Desk) -> None:
    ticket = desk.ticket(details="gasket")
    tickets.delete(desk.session, desk.manager, ticket, now=desk.make.now)
    assert found(desk.session, desk.agent, "gasket") == []
    assert own_found(desk.session, desk.customer, "gasket") == []


def test_the_index_follows_the_names_and_addresses_of_people(desk: Desk) -> None:
    ticket, session, now = desk.ticket(), desk.session, desk.make.now
    people.edit(
        session, desk.administrator, desk.customer, name="Samuel Kone", organisation="", now=now
    )
    assert found(session, desk.agent, "kone") == [ticket.id]
    assert found(session, desk.agent, "adeyemi") == []
    people.add_address(session, desk.administrator, desk.customer, "sam@oak.example", now=now)
    assert found(session, desk.agent, "sam@oak.example") == [ticket.id]
    added = desk.customer.addresses[-1]
    people.remove_address(session, desk.administrator, desk.customer, added, now=now)
    assert found(session, desk.agent, "sam@oak.example") == []


def test_writing_the_index_anew_gives_what_was_there(desk: Desk) -> None:
    first = desk.ticket(details="gasket")
    second = desk.ticket(details="gasket")
    desk.make.note(second, desk.agent, "valve")
    heard: list[int] = []
    search_index.reindex(desk.session, told=heard.append)
    assert heard
    assert found(desk.session, desk.agent, "gasket") == [second.id, first.id]
    assert found(desk.session, desk.agent, "valve") == [second.id]


def test_common_words_and_rare_ones_come_in_the_same_order(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modules.tasks.search._window", lambda *_: 4)
    monkeypatch.setattr("modules.tasks.search.ENOUGH", 3)
    ids = [desk.ticket(details="gasket" if n % 3 else "valve").id for n in range(12)]
    gaskets = [number for n, number in enumerate(ids) if n % 3][::-1]
    assert found(desk.session, desk.agent, "gasket", most=2) == gaskets[:2]
    assert found(desk.session, desk.agent, "gasket", most=50) == gaskets
    assert found(desk.session, desk.agent, "gasket", most=3, beyond=gaskets[1]) == gaskets[2:5]
    assert found(desk.session, desk.agent, "valve") == ids[::3][::-1]
    nearest = found(desk.session, desk.agent, "gasket", most=3, beyond=gaskets[4], upwards=True)
    assert nearest == gaskets[3:0:-1]


HOSTILE = [
    '"',
    '""',
    "'",
    "';--",
    "a OR b NOT (",
    "NEAR(a b)",
    "public : x",
    "{public staff} : x",
    "a* *",
    "^a",
    "-",
    "--",
    '-"',
    "#",
    "#0",
    "#99999999999999999999",
    "9" * 200,
    "%",
    "_",
    "100%",
    "\\",
    "a\\' b",
    "x\0y",
    "\u202eabc",
    "\ud800",
    "😀",
    "'😀':*",
    "a & b | !c <-> d",
    ":*",
    "@l1 l1 t",
    "\u0301",
    "word " * 100,
    "(" * 200,
    "½ ⑴ ﬁ ŉ",
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_whatever_is_typed_is_words_and_nothing_else(desk: Desk, typed: str) -> None:
    desk.ticket(details="Something else entirely")
    assert found(desk.session, desk.agent, typed) == []
    assert own_found(desk.session, desk.customer, typed) == []


def test_marks_of_the_index_cannot_be_typed(desk: Desk) -> None:
    desk.ticket(details="valve")
    assert found(desk.session, desk.agent, f"l{desk.list.id}") == []
    assert found(desk.session, desk.agent, f"scope : p{desk.customer.id}") == []


def test_every_letter_can_be_searched(desk: Desk) -> None:
    letters = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isalnum()]
    odd = [letter for letter in letters if unicodedata.normalize("NFKD", letter) != letter]
    for start in range(0, len(odd), 60):
        found(desk.session, desk.agent, " ".join(odd[start : start + 60]))


def test_a_very_long_conversation_is_still_found(desk: Desk) -> None:
    ticket = desk.ticket(details=" ".join(f"w{n:05}" for n in range(14_000)))
    for n in range(3):
        desk.make.response(ticket, " ".join(f"r{n}x{m:05}" for m in range(10_000)))
    desk.make.response(ticket, "gasket")
    assert found(desk.session, desk.agent, "gasket") == [ticket.id]


def test_words_are_read_as_typed() -> None:
    assert parse("foo-bar b_z") == parse('"foo bar" b_z')
    assert parse("a b@c.de").terms == (Term(("a",)), Term(("b", "c", "de")))
    assert parse('x "y z').terms == (Term(("x",)), Term(("y", "z")))
    assert parse("printer").terms == (Term(("printer",), beginning=True),)
    assert parse("pr").terms == (Term(("pr",)),)
    assert not parse(" - # ")
    assert parse("#0012").number == 12
    assert parse("12 34").number is None


def test_filing_is_found_at_once(desk: Desk) -> None:
    request = Request("Gasket", "leaks", Urgency.NORMAL, desk.location)
    ticket = tickets.file(desk.session, desk.customer, desk.list, request, now=desk.make.now)
    assert found(desk.session, desk.agent, "gasket") == [ticket.id]


def test_the_command_writes_the_index_anew(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = desk.ticket(details="gasket")
    desk.session.execute(text("DELETE FROM task_search"))
    desk.session.commit()
    assert found(desk.session, desk.agent, "gasket") == []
    desk.session.rollback()
    monkeypatch.setenv("GROUPWARE_DATA", str(settings.data))
    monkeypatch.setenv("GROUPWARE_DATABASE_URL", settings.database_url)
    assert main(["reindex"]) == 0
    assert found(desk.session, desk.agent, "gasket") == [ticket.id]
