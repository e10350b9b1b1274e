"""Get Support: filing a request."""

import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from groupware.models import Upload
from groupware.uploads import LARGEST_FILE
from modules.tasks import tickets
from modules.tasks.models import Attachment, State, Task, Urgency
from tests.conftest import SignedIn
from tests.factories import PASSWORD, Desk

ADD = "/tickets/add"


def filled(desk: Desk, **other: Any) -> dict[str, Any]:
    form = {
        "subject": "Notes not saved",
        "details": "It spins.",
        "urgency": "high",
        "location": str(desk.location.id),
    }
    return {key: value for key, value in {**form, **other}.items() if value is not None}


def file_of(size: int, name: str = "notes.txt") -> tuple[BytesIO, str]:
    return BytesIO(b"x" * size), name


def only(desk: Desk) -> Task:
    desk.session.rollback()
    ticket = desk.session.scalars(select(Task)).one()
    desk.session.commit()
    return ticket


def how_many(desk: Desk, model: Any = Task) -> int:
    desk.session.rollback()
    number = desk.session.scalar(select(func.count()).select_from(model))
    desk.session.commit()
    return number or 0


def test_a_request_is_open_and_leads_to_its_page(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    answer = client.send(ADD, filled(desk))
    ticket = only(desk)
    assert (answer.status_code, answer.location) == (303, f"/tickets/view/{ticket.id}")
    assert (ticket.state, ticket.urgency) == (State.OPEN, Urgency.HIGH)
    assert (ticket.task_list_id, ticket.location_id) == (desk.list.id, desk.location.id)
    assert f"We have your request #{ticket.id}." in client.get(answer.location).text


def test_the_time_of_an_answer_is_told_before_and_after(desk: Desk, signed_in: SignedIn) -> None:
    desk.list.answer_hours = 4
    client = signed_in(desk.customer)
    assert "We usually answer within 4 hours." in client.get(ADD).text
    answer = client.send(ADD, filled(desk))
    assert "We usually answer within 4 hours." in client.get(answer.location).text


@pytest.mark.parametrize("name", ["subject", "details", "urgency", "location"])
def test_what_is_missing_is_named_and_the_rest_is_kept(
    name: str, desk: Desk, signed_in: SignedIn
) -> None:
    desk.make.location(desk.customer)
    for missing in ({name: None}, {name: ""}, {name: "  "}):
        answer = signed_in(desk.customer).send(ADD, filled(desk, **missing))
        assert answer.status_code == 422
        label = name.capitalize()
        assert re.search(rf"{label} (is|are) required|choose one|cannot be chosen", answer.text)
        for kept in {"Notes not saved", "It spins."} - {filled(desk)[name]}:
            assert kept in answer.text
    assert how_many(desk) == 0


def test_without_any_location_there_is_a_warning_in_place_of_the_button(
    desk: Desk, signed_in: SignedIn
) -> None:
    lonely = desk.make.customer(password=PASSWORD)
    desk.make.allow(desk.list.customer_acl, lonely, 20)
    client = signed_in(lonely)
    text = client.get(ADD).text
    assert tickets.NO_LOCATION in text
    assert ">Submit<" not in text
    answer = client.send(ADD, filled(desk))
    assert answer.status_code == 422
    assert tickets.NO_LOCATION in answer.text
    assert how_many(desk) == 0


def test_a_list_may_do_without_a_location(desk: Desk, signed_in: SignedIn) -> None:
    lonely = desk.make.customer(password=PASSWORD)
    desk.make.allow(desk.list.customer_acl, lonely, 20)
    desk.list.location_required = False
    client = signed_in(lonely)
    assert ">Submit<" in client.get(ADD).text
    assert client.send(ADD, filled(desk, location=None)).status_code == 303
    assert only(desk).location is None


def test_without_any_list_it_says_why(desk: Desk, signed_in: SignedIn) -> None:
    lonely = desk.make.customer(password=PASSWORD)
    client = signed_in(lonely)
    assert "Nobody has given you access" in client.get(ADD).text
    answer = client.send(ADD, filled(desk))
    assert answer.status_code == 422
    assert "Nobody has given you access" in answer.text


def test_foreign_lists_and_locations_are_refused(desk: Desk, signed_in: SignedIn) -> None:
    other_list, other_place = desk.make.task_list(), desk.make.location()
    client = signed_in(desk.customer)
    for wrong in (
        {"task_list": str(other_list.id)},
        {"location": str(other_place.id)},
        {"task_list": "x" * 900},
        {"location": "-1"},
        {"urgency": "asap"},
    ):
        answer = client.send(ADD, filled(desk, **wrong))
        assert answer.status_code == 422, wrong
        assert "Notes not saved" in answer.text
    assert how_many(desk) == 0


def test_the_kind_is_asked_only_where_there_are_several(desk: Desk, signed_in: SignedIn) -> None:
    assert 'name="task_list"' not in signed_in(desk.customer).get(ADD).text
    other = desk.make.task_list(customers=[desk.customer], name="A different one")
    client = signed_in(desk.customer)
    text = client.get(ADD).text
    assert text.index(f'value="{desk.list.id}">Clinic') < text.index("A different one")
    client.send(ADD, filled(desk, task_list=str(other.id)))
    assert only(desk).task_list_id == other.id


def test_the_same_key_files_one_request(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    key = re.search(r'name="idempotency_key" type="hidden" value="([^"]+)"', client.get(ADD).text)
    assert key
    form = filled(desk, idempotency_key=key[1])
    first, second = client.send(ADD, form), client.send(ADD, form)
    assert first.location == second.location
    assert how_many(desk) == 1


def test_a_key_that_was_refused_files_the_mended_request(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    assert client.send(ADD, filled(desk, idempotency_key="k", location="0")).status_code == 422
    assert client.send(ADD, filled(desk, idempotency_key="k")).status_code == 303


def test_twenty_clicks_at_once_file_one_request(
    desk: Desk, signed_in: SignedIn, app: Flask
) -> None:
    client = signed_in(desk.customer)
    token = client.get("/csrf").get_json()["csrf_token"]
    cookie = client.get_cookie("session")
    assert cookie

    def click(_: int) -> str:
        form = filled(desk, idempotency_key="k", csrf_token=token)
        answer = app.test_client(use_cookies=False).post(
            ADD, data=form, headers={"Cookie": f"session={cookie.value}"}
        )
        return f"{answer.status_code} {answer.location}"

    filled(desk)  # loads what the threads only read
    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(click, range(20)))
    assert answers == {f"303 /tickets/view/{only(desk).id}"}


def test_five_files_are_taken_and_a_sixth_is_refused(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    six = [file_of(3, f"{number}.txt") for number in range(6)]
    answer = client.send(ADD, {**filled(desk), "attachments": six})
    assert answer.status_code == 422
    assert "At most 5 attachments." in answer.text
    five = [file_of(3, f"{number}.txt") for number in range(5)]
    assert client.send(ADD, {**filled(desk), "attachments": five}).status_code == 303
    assert how_many(desk, Attachment) == only(desk).file_count == 5


def test_ten_megabytes_are_taken_and_one_byte_more_is_not(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    too_large = {**filled(desk), "attachments": [file_of(LARGEST_FILE + 1, "film.mov")]}
    answer = client.send(ADD, too_large)
    assert answer.status_code == 422
    assert "film.mov is larger than 10 MB." in answer.text
    exact = {**filled(desk), "attachments": [file_of(LARGEST_FILE)]}
    assert client.send(ADD, exact).status_code == 303


def test_files_stay_when_the_form_comes_back(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    first = {**filled(desk, subject=""), "attachments": [file_of(3, "kept.txt")]}
    answer = client.send(ADD, first)
    assert answer.status_code == 422
    assert "kept.txt" in answer.text
    token = re.search(r'name="uploads" value="([^"]+)"', answer.text)
    assert token
    assert client.send(ADD, filled(desk, uploads=token[1])).status_code == 303
    assert how_many(desk, Attachment) == 1
    assert how_many(desk, Upload) == 0


def test_somebody_elses_upload_cannot_be_named(desk: Desk, signed_in: SignedIn) -> None:
    answer = signed_in(desk.stranger).send(
        ADD, {**filled(desk, subject=""), "attachments": [file_of(3, "private.txt")]}
    )
    token = re.search(r'name="uploads" value="([^"]+)"', answer.text)
    assert token
    assert signed_in(desk.customer).send(ADD, filled(desk, uploads=token[1])).status_code == 303
    assert how_many(desk, Attachment) == 0


STRANGE = {
    "arabic": "الطابعة لا تعمل",
    "emoji": "🖨️ 👩🏽‍💻 broken",
    "long word": "W" * 190,
    "html": "<script>alert(1)</script> & \"quotes\" 'n' {{ 7*7 }}",
    "sql": "'; DROP TABLE tasks; --",
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE.keys())
def test_any_text_is_kept_and_shown_as_it_is(text: str, desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    answer = client.send(ADD, filled(desk, subject=text, details=text * 3))
    ticket = only(desk)
    assert (ticket.summary, ticket.description) == (text, text * 3)
    for path in (answer.location, "/tickets/my-tickets", f"/tickets/edit/{ticket.id}"):
        shown = client.get(path)
        assert shown.status_code == 200
        assert "<script>alert" not in shown.text


def test_controls_are_taken_out(desk: Desk, signed_in: SignedIn) -> None:
    signed_in(desk.customer).send(ADD, filled(desk, subject="a\0b\u202ec\r\nd", details="e\0f"))
    ticket = only(desk)
    assert (ticket.summary, ticket.description) == ("abc d", "ef")


def test_absurd_lengths_are_refused_with_words(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    for wrong in ({"subject": "x" * 201}, {"details": "x" * 100_001}):
        answer = client.send(ADD, filled(desk, **wrong))
        assert answer.status_code == 422
        assert "longer than" in answer.text
    assert client.send(ADD, filled(desk, idempotency_key="x" * 5000)).status_code == 303
    assert client.send(ADD, filled(desk, details="x" * 100_000)).status_code == 303


def test_an_agent_without_the_right_to_ask_is_refused(desk: Desk, signed_in: SignedIn) -> None:
    assert signed_in(desk.manager).get(ADD).status_code == 403
