"""Custom fields on pages: asked in forms, answered in tickets, shown to whom they concern."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.database import Database
from groupware.models import JournalEntry
from modules.tasks import fields
from modules.tasks.fields import CustomField, FieldKind, managing
from modules.tasks.fields.managing import Wish
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import numbered
from tests.conftest import SignedIn
from tests.factories import Desk
from tests.support.test_settings_pages import fresh


@pytest.fixture
def seen(database: Database) -> Iterator[Session]:
    """A session that only reads: a writer's would keep the pages waiting."""
    with database.reading() as session:
        yield session


@pytest.fixture
def asked(desk: Desk) -> dict[str, CustomField]:
    """A list that asks for a device, for its toner, and staff for the contract."""

    def add(name: str, kind: FieldKind = FieldKind.TEXT, **values: Any) -> CustomField:
        wish = Wish(name, kind, **values)
        return managing.add(desk.session, desk.manager, desk.list, wish, now=desk.make.now)

    device = add("Device", FieldKind.CHOICE, choices=["Phone", "Printer <b>"], required=True)
    toner = add("Toner", depends_on_id=device.id, depends_value="Printer <b>", required=True)
    contract = add("Contract", public=False)
    return {"device": device, "toner": toner, "contract": contract}


def request(desk: Desk, **values: Any) -> dict[str, Any]:
    return {
        "task_list": desk.list.id, "subject": "It jams", "details": "Again.", "urgency": "normal",
        "location": desk.location.id, **values,
    }  # fmt: skip


def newest(seen: Session) -> Task | None:
    fresh(seen)
    return seen.scalar(select(Task).order_by(Task.id.desc()).limit(1))  # all there are


def base_of(page: str) -> str:
    found = re.search(r'name="base"[^>]*value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


def test_a_customer_is_asked_and_keeps_what_was_typed(
    desk: Desk, asked: dict[str, CustomField], signed_in: SignedIn, seen: Session
) -> None:
    client = signed_in(desk.customer)
    page = client.get("/tickets/add").text
    assert 'name="custom_device"' in page
    assert "Only where “Device” is “Printer &lt;b&gt;”." in page
    assert "Contract" not in page
    answer = client.send("/tickets/add", **request(desk, custom_device="Printer <b>"))
    assert answer.status_code == 422
    assert "Toner is required." in answer.text
    assert "Again." in answer.text
    assert 'selected value="Printer &lt;b&gt;"' in answer.text
    sent = request(desk, custom_device="Printer <b>", custom_toner="Black", custom_contract="Gold")
    assert client.send("/tickets/add", **sent).status_code == 303
    ticket = newest(seen)
    assert ticket is not None
    assert fields.read(seen, ticket, public=False) == {
        "device": "Printer <b>", "toner": "Black", "contract": None,
    }  # fmt: skip
    shown = client.get(f"/tickets/view/{ticket.id}").text
    assert "Black" in shown
    assert "Contract" not in shown


def test_a_form_that_was_shown_for_another_list_asks_anew(
    desk: Desk, asked: dict[str, CustomField], signed_in: SignedIn
) -> None:
    other: TaskList = desk.make.task_list(customers=[desk.customer], name="Billing")
    wish = Wish("Invoice")
    managing.add(desk.session, desk.manager, other, wish, now=desk.make.now)
    client = signed_in(desk.customer)
    sent = request(desk, task_list=other.id, fields_of=desk.list.id)
    answer = client.send("/tickets/add", **sent)
    assert answer.status_code == 422
    assert "Please answer what Billing asks, too." in answer.text
    assert 'name="custom_invoice"' in answer.text
    assert 'name="custom_device"' not in answer.text
    sent |= {"fields_of": other.id, "custom_invoice": "2026-1"}
    assert client.send("/tickets/add", **sent).status_code == 303


def test_a_customer_changes_what_they_were_asked(
    desk: Desk, asked: dict[str, CustomField], signed_in: SignedIn, seen: Session
) -> None:
    ticket = desk.ticket()
    client = signed_in(desk.customer)
    page = client.get(f"/tickets/edit/{ticket.id}").text
    base = re.search(r'name="base"[^>]*value="([0-9a-f]+)"', page)
    assert base is not None
    sent = {"subject": "New", "details": "Words", "base": base[1], "custom_device": "Phone"}
    assert client.send(f"/tickets/edit/{ticket.id}", **sent).status_code == 303
    fresh(seen)
    assert fields.read(seen, seen.scalars(numbered(ticket.id)).one(), public=True) == {
        "device": "Phone", "toner": None,
    }  # fmt: skip
    fresh(seen)
    assert "changed what the form asks" in client.get(f"/tickets/view/{ticket.id}").text


def test_staff_is_asked_for_everything(
    desk: Desk, asked: dict[str, CustomField], signed_in: SignedIn, seen: Session
) -> None:
    client = signed_in(desk.agent)
    page = client.get(f"/support/add?customer={desk.customer.id}").text
    assert 'name="custom_contract"' in page
    sent = request(desk, customer=desk.customer.id, custom_device="Phone", custom_contract="Gold")
    assert client.send("/support/add", **{**sent, "custom_device": ""}).status_code == 422
    assert client.send("/support/add", **sent).status_code == 303
    ticket = newest(seen)
    assert ticket is not None
    assert fields.read(seen, ticket, public=False)["contract"] == "Gold"


def test_an_agent_changes_a_field_and_the_history_tells(
    desk: Desk, asked: dict[str, CustomField], signed_in: SignedIn, seen: Session
) -> None:
    ticket = desk.ticket()
    client = signed_in(desk.agent)
    path = f"/support/tickets/{ticket.id}/fields/"
    device, toner, contract = (path + str(asked[name].id) for name in asked)
    assert client.send(toner, value="Black").status_code == 404  # not asked without a printer
    assert client.send(device, value="Fax").status_code == 422
    assert client.send(device, value="Phone", was="").status_code == 303
    assert client.send(contract, value="<i>Gold</i>", was="").status_code == 303
    stale = client.send(contract, value="Silver", was="")
    assert stale.status_code == 409
    assert "Contract: somebody else was quicker." in stale.text
    history = client.get(f"/support/tickets/{ticket.id}/history").text
    assert "&lt;i&gt;Gold&lt;/i&gt;" in history
    told = {e.public: e.changes for e in seen.scalars(
        select(JournalEntry).where(JournalEntry.act == "field"))}  # fmt: skip
    assert told == {
        True: {"custom:Device": [None, "Phone"]},
        False: {"custom:Contract": [None, "<i>Gold</i>"]},
    }
    fresh(seen)
    page = signed_in(desk.reader).get(f"/support/tickets/{ticket.id}").text
    assert "&lt;i&gt;Gold&lt;/i&gt;" in page
    for person, status in ((desk.reader, 403), (desk.outsider, 404), (desk.customer, 403)):
        assert signed_in(person).send(device, value="Phone").status_code == status
    other = desk.make.task_list()
    elsewhere = managing.add(desk.session, desk.manager, other, Wish("Far"), now=desk.make.now)
    assert signed_in(desk.agent).send(f"{path}{elsewhere.id}", value="x").status_code == 404


def test_a_manager_sets_up_fields(desk: Desk, signed_in: SignedIn, seen: Session) -> None:
    client, path = signed_in(desk.manager), f"/settings/support/lists/{desk.list.id}/fields"
    colour = {"name": "Colour", "kind": "choice", "choices": "Red\nBlue", "public": "y"}
    assert client.send(f"{path}/add", **{**colour, "choices": ""}).status_code == 422
    assert client.send(f"{path}/add", **colour).status_code == 303
    fresh(seen)
    (made,) = fields.fields_of(seen, desk.list.id)
    fresh(seen)
    wish = {"name": "Shade", "kind": "text", "depends_on": made.id, "depends_value": "red"}
    assert client.send(f"{path}/add", **wish).status_code == 303
    text = client.get(path).text
    assert "where Colour is Red" in text
    assert "staff only" in text
    base = base_of(client.get(f"{path}/{made.id}").text)
    edited = client.send(f"{path}/{made.id}", base=base, **{**colour, "name": "Tint"})
    assert edited.status_code == 303
    assert client.send(f"{path}/{made.id}", base=base, **colour).status_code == 409
    assert client.send(f"{path}/{made.id}/archive").status_code == 303
    assert "depends on it" in client.get(f"{path}/{made.id}").text
    assert client.send(f"{path}/99999/archive").status_code == 404
    assert signed_in(desk.agent).send(f"{path}/add", **colour).status_code == 403
    assert signed_in(desk.outsider).send(f"{path}/add", **colour).status_code == 404
