"""Custom fields: what they take, who sees them, by what tickets are found, what moves along."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from groupware.errors import Forbidden, Invalid
from groupware.models import JournalEntry, Level, User
from modules.tasks import fields, search, search_index, tickets
from modules.tasks.fields import CustomField, FieldKind, managing
from modules.tasks.fields.managing import Wish
from modules.tasks.icalendar.facts import Face, Reader, facts_of
from modules.tasks.icalendar.writing import calendar
from modules.tasks.models import State, Task, Urgency
from modules.tasks.queries import asked_by, worked_by
from tests.factories import Desk

Add = Callable[..., CustomField]


@pytest.fixture
def add(desk: Desk, session: Session) -> Add:
    def add(name: str, kind: FieldKind = FieldKind.TEXT, **values: Any) -> CustomField:
        task_list = values.pop("task_list", desk.list)
        wish = Wish(name, kind, **values)
        return managing.add(session, desk.manager, task_list, wish, now=desk.make.now)

    return add


def filed(desk: Desk, by: User | None = None, **custom: Any) -> Task:
    request = tickets.Request("Subject", "Details", Urgency.NORMAL, desk.location, custom=custom)
    if by is None:
        return tickets.file(desk.session, desk.customer, desk.list, request, now=desk.make.now)
    return tickets.file_for(desk.session, by, desk.customer, desk.list, request, now=desk.make.now)


def write(desk: Desk, ticket: Task, by: User, **values: Any) -> None:
    fields.write(desk.session, by, ticket, values, now=desk.make.later())


TAKEN = [
    (FieldKind.TEXT, "  two\u202e words ", "two words", ["x" * 501]),
    (FieldKind.LONG_TEXT, " a\r\nb ", "a\nb", ["x" * 10_001]),
    (FieldKind.NUMBER, "1 234,5", 1234.5, ["many", "nan", "1e400", True, "1_0"]),
    (FieldKind.DATE, "2026-03-02", "2026-03-02", ["2.3.2026", "2026-02-30"]),
    (FieldKind.TIME, "09:05", "09:05", ["25:00", "noon"]),
    (FieldKind.YES_NO, "no", False, ["perhaps"]),
    (FieldKind.CHOICE, "Red", "Red", ["red", "Green", 3]),
    (FieldKind.CHOICES, ["Blue", "Red"], ["Red", "Blue"], [["Red", "Green"]]),
    (FieldKind.LINK, "example.org/a", "https://example.org/a",
     ["javascript:alert(1)", "https://", "a b", "file:///etc/passwd"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "typed", "kept", "wrong"), TAKEN, ids=lambda each: str(each)[:12])
def test_each_kind_keeps_what_it_takes_and_refuses_the_rest(
    desk: Desk, add: Add, kind: FieldKind, typed: Any, kept: Any, wrong: list[Any]
) -> None:
    field = add("Field", kind, choices=["Red", "Blue"] if kind.chooses else [])
    ticket = filed(desk, field=typed)
    assert fields.read(desk.session, ticket, public=True) == {"field": kept}
    for each in wrong:
        with pytest.raises(Invalid) as refused:
            write(desk, ticket, desk.agent, field=each)
        assert fields.input_name(field) in refused.value.errors
    write(desk, ticket, desk.agent, field="")
    assert fields.read(desk.session, ticket, public=False) == {"field": None}
    assert ticket.custom == {}


def test_a_person_is_named_by_address_or_name_and_customers_name_colleagues_only(
    desk: Desk, add: Add
) -> None:
    add("Approver", FieldKind.PERSON)
    ticket = filed(desk)
    write(desk, ticket, desk.agent, approver=desk.stranger.address.upper())
    assert fields.read(desk.session, ticket, public=True) == {"approver": desk.stranger.id}
    write(desk, ticket, desk.agent, approver=desk.reader.name)
    assert fields.cells(desk.session, ticket)[0].text == desk.reader.name
    with pytest.raises(Invalid):
        write(desk, ticket, desk.customer, approver=desk.stranger.address)
    desk.stranger.organisation = desk.customer.organisation = "Maple"
    write(desk, ticket, desk.customer, approver=desk.stranger.address)
    with pytest.raises(Invalid):
        write(desk, ticket, desk.agent, approver="Nobody")


def test_what_is_required_is_demanded_of_whoever_is_asked_and_shown(desk: Desk, add: Add) -> None:
    device = add("Device", FieldKind.CHOICE, choices=["Phone", "Printer"], required=True)
    add("Toner", required=True, depends_on_id=device.id, depends_value="Printer")
    add("Contract", required=True, public=False)
    for custom, missing in (({}, ["custom_device"]), ({"device": "Printer"}, ["custom_toner"])):
        with pytest.raises(Invalid) as refused:
            filed(desk, **custom)
        assert list(refused.value.errors) == missing
    assert filed(desk, device="Phone", toner="typed before").custom == {str(device.id): "Phone"}
    with pytest.raises(Invalid) as refused:
        filed(desk, by=desk.agent, device="Phone")
    assert list(refused.value.errors) == ["custom_contract"]
    ticket = filed(desk, by=desk.agent, device="Printer", toner="Black", contract="7")
    with pytest.raises(Invalid):
        write(desk, ticket, desk.agent, toner="")
    # What depends on the device goes with it.
    write(desk, ticket, desk.agent, device="Phone")
    assert fields.read(desk.session, ticket, public=False) == {
        "device": "Phone", "toner": None, "contract": "7",
    }  # fmt: skip


def test_what_comes_without_a_form_has_the_defaults(desk: Desk, add: Add) -> None:
    add("Floor", FieldKind.NUMBER, default="3", required=True)
    add("Source", public=False, default="mail")
    ticket = desk.ticket()
    assert fields.read(desk.session, ticket, public=False) == {"floor": 3, "source": "mail"}
    assert fields.read(desk.session, filed(desk, floor="4"), public=False)["source"] == "mail"


def test_customers_neither_see_nor_set_what_is_staffs_alone(desk: Desk, add: Add) -> None:
    add("Device")
    add("Contract", public=False)
    ticket = filed(desk, device="Phone")
    session, before = desk.session, ticket.public_modified
    write(desk, ticket, desk.agent, contract="Gold")
    assert ticket.public_modified == before
    assert fields.read(session, ticket, public=True) == {"device": "Phone"}
    told = session.scalars(select(JournalEntry).where(JournalEntry.act == "field")).all()
    assert [(entry.public, entry.changes) for entry in told] == [
        (False, {"custom:Contract": [None, "Gold"]})
    ]
    for slug in ("contract", "nothing"):
        with pytest.raises(Invalid) as refused:
            write(desk, ticket, desk.customer, **{slug: "Gold"})
        assert refused.value.message == f"There is no field “{slug}” here."
        with pytest.raises(Invalid):
            filed(desk, **{slug: "Gold"})
    write(desk, ticket, desk.customer, device="Printer")
    assert ticket.public_modified > before
    for person in (desk.stranger, desk.reader, desk.outsider):
        with pytest.raises(Forbidden):
            write(desk, ticket, person, device="Mine")
    tickets.set_state(session, desk.agent, ticket, State.CLOSED, now=desk.make.later())
    with pytest.raises(Forbidden):
        write(desk, ticket, desk.customer, device="Phone")


def test_only_agents_find_words_of_fields_and_read_them_in_calendars(desk: Desk, add: Add) -> None:
    add("Device")
    add("Contract level", public=False)
    ticket = filed(desk, device="Zeppelin")
    write(desk, ticket, desk.agent, contract_level="Platinum")
    session = desk.session
    session.flush()
    search_index.index(session, ticket.id, ticket.id)
    for word in ("platinum", "zeppelin"):
        found = search.hits(session, search.parse(word), [desk.list.id], list(State), most=5)
        assert found == [ticket.id]
        assert session.scalars(search.own(session, desk.customer, word)).all() == []
    lines = {}
    for face, person in ((Face.AGENT, desk.agent), (Face.CUSTOMER, desk.customer)):
        reader = Reader(person, face, "https://desk.example")
        query = worked_by(person) if face == Face.AGENT else asked_by(person)
        lines[face] = b"".join(calendar(facts_of(session, query, reader), face)).decode()
    assert "X-GROUPWARE-FIELD-CONTRACT-LEVEL:Platinum" in lines[Face.AGENT]
    assert "X-GROUPWARE-FIELD-DEVICE:Zeppelin" in lines[Face.AGENT]
    assert "X-GROUPWARE-FIELD-DEVICE:Zeppelin" in lines[Face.CUSTOMER]
    assert "Platinum" not in lines[Face.CUSTOMER]


def test_tickets_are_found_by_the_index_of_their_values(desk: Desk, add: Add) -> None:
    session = desk.session
    floor, day = add("Floor", FieldKind.NUMBER), add("Day", FieldKind.DATE)
    colour = add("Colours", FieldKind.CHOICES, choices=["Red", "Blue"])
    text, sure = add("Note"), add("Sure", FieldKind.YES_NO)
    one = filed(
        desk, floor=3, day="2026-03-02", colours=["Red", "Blue"], note="Big Cable", sure="yes"
    )
    two = filed(desk, floor=10, day="2026-02-01", colours=["Red"], sure="no")
    three = filed(desk)

    def found(field: CustomField, value: Any = None, operator: str = "=") -> list[int]:
        query = worked_by(desk.agent).where(fields.condition(field, value, operator))
        return sorted(session.scalars(query.with_only_columns(Task.id)))

    assert found(floor, "3") == [one.id]
    assert found(floor, 3, ">") == [two.id]
    assert found(day, "2026-03-01", "<") == [two.id]
    assert found(colour, "red") == [one.id, two.id]
    assert found(colour, ["Red", "Blue"]) == [one.id]
    assert found(text, "cable", "~") == [one.id]
    assert found(text, "%", "~") == []
    assert found(sure, "no") == [two.id]
    assert found(sure, operator="none") == [three.id]
    assert found(sure, operator="any") == [one.id, two.id]
    for field, value, operator in ((floor, "x", "="), (text, "a", "<"), (floor, "3", "~")):
        with pytest.raises(Invalid):
            found(field, value, operator)
    write(desk, one, desk.agent, floor="")
    assert found(floor, operator="any") == [two.id]


def test_values_move_to_fields_of_the_same_name_and_kind_and_come_back(
    desk: Desk, add: Add
) -> None:
    there = desk.make.task_list(customers=[desk.customer], agents={desk.agent: Level.WRITE})
    add("Device")
    only = add("Only here")
    add("Size", FieldKind.NUMBER)
    same = add("device", task_list=there)
    add("Size", task_list=there)
    ticket = filed(desk, device="Phone", only_here="kept", size=3)
    tickets.move(desk.session, desk.agent, ticket, there, now=desk.make.later())
    assert fields.read(desk.session, ticket, public=False) == {"device": "Phone", "size": None}
    found = worked_by(desk.agent).where(fields.condition(only, "kept"))
    assert desk.session.scalars(found).all() == []
    assert (
        desk.session.scalar(worked_by(desk.agent).where(fields.condition(same, "phone"))) is ticket
    )
    tickets.move(desk.session, desk.agent, ticket, desk.list, now=desk.make.later())
    assert fields.read(desk.session, ticket, public=False) == {
        "device": "Phone", "only_here": "kept", "size": 3,
    }  # fmt: skip


def test_a_field_in_use_keeps_its_kind_and_what_another_depends_on(desk: Desk, add: Add) -> None:
    session, manager, now = desk.session, desk.manager, desk.make.now
    device = add("Device", FieldKind.CHOICE, choices=["Phone", "Printer"])
    toner = add("Toner", depends_on_id=device.id, depends_value="Printer")

    def refused(field: CustomField, **values: Any) -> list[str]:
        wish = Wish(**{**Wish.of(field).__dict__, **values})
        with pytest.raises(Invalid) as refusal, session.begin_nested():
            managing.edit(session, manager, field, desk.list, wish, now=now)
        return list(refusal.value.errors)

    filed(desk, device="Phone")
    assert refused(device, kind=FieldKind.TEXT) == ["kind"]
    assert refused(device, public=False) == ["public"]
    assert refused(device, name="toner") == ["name"]
    assert refused(device, choices=["", " "]) == ["choices"]
    assert refused(device, default="Fax") == ["default"]
    assert refused(device, depends_on_id=device.id) == ["depends_on"]
    assert refused(toner, depends_value="Fax") == ["depends_value"]
    with pytest.raises(Invalid):
        managing.archive(session, manager, device, desk.list, now=now)
    # Nobody uses this one.
    wish = Wish(**{**Wish.of(toner).__dict__, "kind": FieldKind.NUMBER})
    managing.edit(session, manager, toner, desk.list, wish, now=now)
    managing.archive(session, manager, toner, desk.list, now=now)
    assert fields.fields_of(session, desk.list.id) == [device]
    for person in (desk.agent, desk.customer, desk.outsider):
        with pytest.raises(Forbidden):
            managing.add(session, person, desk.list, Wish("Mine"), now=now)


def test_twenty_fields_cost_one_statement(desk: Desk, add: Add, session: Session) -> None:
    for number in range(20):
        add(f"Field {number}", FieldKind.PERSON if number == 0 else FieldKind.TEXT)
    said = {"field_0": desk.customer.address, "field_1": "a", "field_19": "b"}
    made = [filed(desk, **said) for _ in range(3)]
    session.commit()
    for ticket in made:
        session.refresh(ticket)
    statements: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *a: statements.append(a[2]))
    for _ in range(2):
        assert len(fields.cells_of(session, made)[made[0].id]) == 3
        fields.read(session, made[0], public=True)
    # The fields once; the names of people with each page of tickets.
    assert len(statements) == 3
