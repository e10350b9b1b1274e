"""The example organisation."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import blobs, people
from groupware.access import access_of
from groupware.database import Base
from groupware.errors import Conflict
from groupware.models import Permission
from modules.support import demo
from modules.support.demo.organisation import PASSWORD
from modules.support.demo.samples import sample
from modules.tasks.models import State, Task
from modules.tasks.queries import locations_of, own_of, worked_by
from tests.conftest import SignedIn
from tests.factories import NOON, Make


@pytest.fixture
def store(tmp_path: Path) -> blobs.Store:
    return blobs.Folder(tmp_path / "files")


def rows(session: Session) -> dict[str, list[Any]]:
    session.flush()
    return {
        table.name: sorted(map(repr, session.execute(select(table))))
        for table in Base.metadata.sorted_tables
    }


def test_the_example_is_made_once(session: Session, store: blobs.Store) -> None:
    demo.begin(session, store, now=NOON)
    before = rows(session)
    demo.begin(session, store, now=NOON)
    assert rows(session) == before


@pytest.mark.example
def test_the_example_has_tickets_in_all_states_and_none_from_the_future(session: Session) -> None:
    lena = people.by_address(session, "lena@maple.example")
    assert lena is not None
    tickets = session.scalars(worked_by(lena)).all()
    assert {ticket.state for ticket in tickets} == set(State)
    assert max(ticket.last_modified for ticket in tickets) <= NOON
    assert [t.id for t in sorted(tickets, key=lambda t: t.created)] == sorted(t.id for t in tickets)


def test_a_desk_with_people_of_its_own_is_left_alone(
    make: Make, session: Session, store: blobs.Store
) -> None:
    make.customer()
    before = rows(session)
    with pytest.raises(Conflict, match="people of its own"):
        demo.begin(session, store, now=NOON)
    assert rows(session) == before


@pytest.mark.example
def test_the_sign_ins_that_are_told_work_and_open_what_they_should(
    session: Session, signed_in: SignedIn
) -> None:
    expected = {
        "customer": {Permission.CREATE_TICKETS},
        "agent": {Permission.CREATE_TICKETS, Permission.MANAGE_TICKETS},
        "manager": {Permission.CREATE_TICKETS, Permission.MANAGE_SUPPORT},
        "administrator": set(Permission),
    }
    told = demo.welcome("http://127.0.0.1:8000")
    for role, key in demo.SIGN_INS.items():
        person = people.by_address(session, f"{key}@maple.example")
        assert person is not None
        assert person.address in told
        assert access_of(session, person).permissions == expected[role]
        session.commit()
        client = signed_in(None)
        assert client.send("/login", address=person.address, password=PASSWORD).status_code == 303


@pytest.mark.example
def test_somebody_of_the_example_has_no_location_yet(session: Session) -> None:
    nadia = people.by_address(session, "nadia@maple.example")
    assert nadia is not None
    assert session.scalars(locations_of(nadia)).all() == []


@pytest.mark.example
def test_the_agent_who_is_told_sees_all_lists_and_the_customer_their_own_tickets(
    session: Session,
) -> None:
    mara, samuel = (people.by_address(session, f"{k}@maple.example") for k in ("mara", "samuel"))
    assert mara is not None
    assert samuel is not None
    everything = session.scalar(select(func.count()).select_from(Task))
    assert len(session.scalars(worked_by(mara)).all()) == everything
    assert 3 <= len(session.scalars(own_of(samuel)).all()) < 10


@pytest.mark.parametrize("name", ["a.png", "a.pdf", "a.csv", "a.log"])
def test_a_sample_is_always_the_same(name: str) -> None:
    assert sample(name) == sample(name)
    assert len(sample(name)[1]) < 20_000
