"""The first visit of an empty installation."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import preferences, setup
from groupware.database import Database
from groupware.errors import Invalid
from groupware.models import Grant, Location, Permission, User
from groupware.preferences import Organisation
from modules.tasks.models import TaskList
from modules.tasks.queries import lists_open_to, locations_of
from tests.conftest import Client, SignedIn
from tests.factories import NOON, PASSWORD, Desk

ORGANISATION = {"name": "Maple Clinics", "hue": "5", "about_answers": "Within a day."}
MANAGER = {"name": "Ada Moreau", "address": "ada@maple.example", "password": "quiet harbour lamp"}
LIST = {"name": "Clinic software", "hue": "3", "who": "everyone", "location": "Maple Street"}


@pytest.fixture
def empty(app: Flask) -> Client:
    return Client(app, app.response_class)


def count(session: Session, what: type) -> int:
    found = session.scalar(select(func.count()).select_from(what)) or 0
    session.commit()
    return found


def next_step(client: Client) -> str:
    return str(client.get("/setup").location)


@pytest.mark.parametrize(
    "path", ["/", "/login", "/tickets/my-tickets", "/support", "/forgotten", "/no/such/page"]
)
def test_while_nobody_is_there_every_page_leads_to_the_set_up(empty: Client, path: str) -> None:
    answer = empty.get(path)
    assert (answer.status_code, answer.location) == (302, "/setup")


def test_what_needs_nobody_answers_all_the_same(empty: Client) -> None:
    assert empty.get("/healthz").status_code == 200
    assert empty.get("/static/dist/none.css").status_code == 404
    assert empty.send("/login", address="a@b.example", password="x").status_code == 404


def test_four_steps_make_a_desk_that_works(empty: Client, session: Session) -> None:
    assert next_step(empty) == "/setup/organisation"
    assert empty.send("/setup/organisation", ORGANISATION).location == "/setup"
    assert preferences.load(session, Organisation).name == "Maple Clinics"
    session.commit()
    assert next_step(empty) == "/setup/manager"
    assert empty.send("/setup/manager", MANAGER).location == "/setup"
    assert next_step(empty) == "/setup/list"
    page = empty.get("/setup/list")
    assert "Maple Clinics" in page.text
    assert empty.send("/setup/list", LIST).location == "/setup"
    assert next_step(empty) == "/setup/mail"
    assert empty.get("/").location == "/setup"
    assert "GROUPWARE_SMTP_URL" in empty.get("/setup/mail").text
    assert empty.send("/setup/mail").location == "/"
    assert empty.get("/").location == "/support"
    manager = session.scalars(select(User)).one()
    assert set(session.scalars(select(Grant.permission))) == set(Permission)
    task_list = session.scalars(select(TaskList)).one()
    assert task_list.is_default
    assert session.scalars(lists_open_to(manager)).all() == [task_list]
    assert [place.name for place in session.scalars(locations_of(manager))] == ["Maple Street"]


def test_afterwards_there_is_nothing_here(
    empty: Client, session: Session, signed_in: SignedIn
) -> None:
    for path, form in (
        ("organisation", ORGANISATION),
        ("manager", MANAGER),
        ("list", LIST),
        ("mail", {}),
    ):
        assert empty.send(f"/setup/{path}", form).status_code == 303
    for client in (empty, signed_in(None)):
        for path in ("", "/organisation", "/manager"):
            assert client.get(f"/setup{path}").status_code == 404, path
        assert client.send("/setup/manager", MANAGER).status_code == 404
    assert empty.get("/setup/mail").status_code == 404
    assert count(session, User) == 1


def test_nobody_else_takes_over_a_set_up_that_was_left(
    empty: Client, session: Session, signed_in: SignedIn
) -> None:
    empty.send("/setup/organisation", ORGANISATION)
    empty.send("/setup/manager", MANAGER)
    stranger = signed_in(None)
    assert stranger.get("/setup").location == "/login?next=/setup"
    assert stranger.get("/setup/organisation").status_code == 404
    other = {**MANAGER, "address": "eve@evil.example"}
    assert stranger.send("/setup/manager", other).status_code == 404
    assert stranger.send("/setup/organisation", ORGANISATION).status_code == 404
    assert stranger.send("/setup/list", LIST).status_code == 401
    assert count(session, User) == 1
    # Their own browser, a day later.
    stranger.send("/login", address=MANAGER["address"], password=MANAGER["password"])
    assert next_step(stranger) == "/setup/list"


def test_two_first_managers_at_once_are_one(app: Flask, session: Session) -> None:
    def come(number: int) -> int:
        client = Client(app, app.response_class)
        form = {**MANAGER, "address": f"m{number}@maple.example"}
        return int(client.send("/setup/manager", form).status_code)

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(come, range(4)))
    assert answers[0] == 303
    assert set(answers[1:]) <= {404, 422, 303}
    assert count(session, User) == 1


@pytest.mark.parametrize(
    ("path", "wrong", "reason"),
    [
        ("organisation", {"name": " "}, "Please enter a name."),
        ("organisation", {"hue": "13"}, "Not a valid choice"),
        ("manager", {"name": ""}, "Please enter your name."),
        ("manager", {"address": "not an address"}, "Please enter an e-mail address"),
        ("manager", {"password": "password1234"}, "somebody would guess"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_stays_typed(
    empty: Client, session: Session, path: str, wrong: dict[str, str], reason: str
) -> None:
    form = {**(ORGANISATION if path == "organisation" else MANAGER), **wrong}
    answer = empty.send(f"/setup/{path}", form)
    assert answer.status_code == 422
    assert reason in answer.text
    kept = next(value for key, value in form.items() if key not in wrong and key != "password")
    assert kept in answer.text
    assert count(session, User) == 0


@pytest.mark.parametrize("who", ["everyone", "group", "nobody"])
def test_who_may_ask_is_chosen(
    empty: Client, session: Session, signed_in: SignedIn, who: str
) -> None:
    empty.send("/setup/organisation", ORGANISATION)
    empty.send("/setup/manager", MANAGER)
    assert empty.send("/setup/list", {**LIST, "who": who, "group": "Clinics"}).status_code == 303
    from tests.factories import Make

    make = Make(session)
    somebody, member = make.user(password=PASSWORD), make.user(password=PASSWORD)
    if who == "group":
        from groupware.models import Group, Membership

        group = session.scalars(select(Group).where(Group.name == "Clinics")).one()
        session.add(Membership(user_id=member.id, group_id=group.id))
    session.commit()
    may = [bool(session.scalars(lists_open_to(each)).all()) for each in (somebody, member)]
    assert may == {"everyone": [True, True], "group": [False, True], "nobody": [False, False]}[who]


def test_a_step_that_fails_leaves_nothing(empty: Client, session: Session) -> None:
    empty.send("/setup/organisation", ORGANISATION)
    empty.send("/setup/manager", MANAGER)
    answer = empty.send("/setup/list", {**LIST, "who": "group", "group": " "})
    assert answer.status_code == 422
    assert (count(session, TaskList), count(session, Location)) == (0, 0)
    assert "Clinic software" in answer.text


def test_a_desk_that_was_filled_otherwise_is_set_up(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.administrator)
    assert client.get("/setup").status_code == 404
    assert client.get("/").location != "/setup"


def test_the_command_makes_the_same_manager_and_only_one(
    database: Database, session: Session
) -> None:
    with database.writing() as writing:
        setup.first_manager(
            writing, name="Ada", address="ada@maple.example", password_hash="x", now=NOON
        )
    with pytest.raises(Invalid), database.writing() as writing:
        setup.first_manager(
            writing, name="Eve", address="eve@maple.example", password_hash="x", now=NOON
        )
    assert count(session, User) == 1
