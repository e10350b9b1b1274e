"""The board: what stands in which column, and what becomes of a ticket that is moved."""

import re
from typing import Any

import pytest

from modules.support.views import board
from modules.tasks import tickets
from modules.tasks.models import State, Task
from tests.conftest import SignedIn, Statements
from tests.factories import Desk

COLUMN = re.compile(r'<section class="column" data-state="(\w+)".*?</section>', re.DOTALL)
CARD = re.compile(r'data-id="(\d+)"')


def columns(page: Any) -> dict[str, list[int]]:
    assert page.status_code == 200, page.text
    return {m[1]: [int(each) for each in CARD.findall(m[0])] for m in COLUMN.finditer(page.text)}


def test_cards_stand_by_status_or_by_assignee(desk: Desk, signed_in: SignedIn) -> None:
    one, two, three = (desk.ticket() for _ in range(3))
    desk.make.ticket()  # in somebody else's list
    tickets.assign(desk.session, desk.agent, two, to=desk.agent, now=desk.make.later())
    tickets.set_state(desk.session, desk.agent, three, State.RESOLVED, now=desk.make.later())
    client = signed_in(desk.agent)
    assert columns(client.get("/support/board")) == {
        "open": [two.id, one.id],
        "in_progress": [],
        "resolved": [three.id],
        "closed": [],
    }
    found = columns(client.get("/support/board?q=status:open"))
    assert found == {"open": [two.id, one.id]}
    found = columns(client.get("/support/board?by=assignee"))
    assert found["none"] == [one.id]
    assert found[str(desk.agent.id)] == [two.id]
    assert found[str(desk.colleague.id)] == []
    assert columns(signed_in(desk.outsider).get("/support/board")) == {}
    assert signed_in(desk.customer).get("/support/board").status_code == 403


def test_a_card_that_is_moved_becomes_what_its_column_says(desk: Desk, signed_in: SignedIn) -> None:
    number = desk.ticket().id
    client = signed_in(desk.agent)
    path = f"/support/board/{number}"
    answer = client.send(path, status="resolved", back="/support/board?by=status")
    assert (answer.status_code, answer.location) == (303, "/support/board?by=status")
    assert client.send(path, assignee=str(desk.colleague.id)).status_code == 303
    assert client.send(path, assignee=str(desk.outsider.id)).status_code == 422
    assert client.send(path, status="gone").status_code == 422
    assert (
        client.send(path, status="open", back="https://elsewhere.example/").location
        == "/support/board"
    )
    moved = desk.session.get_one(Task, number, populate_existing=True)
    assert (moved.state, moved.assignee_id) == (State.OPEN, desk.colleague.id)
    desk.session.commit()
    assert client.send(path, assignee="none").status_code == 303
    assert signed_in(desk.reader).send(path, status="closed").status_code == 403
    assert "Move to" not in signed_in(desk.reader).get("/support/board").text
    hidden, missing = (signed_in(desk.outsider).send(f"/support/board/{each}", status="closed")
                       for each in (number, 4711))  # fmt: skip
    assert hidden.status_code == missing.status_code == 404


def test_a_column_ends_with_a_way_to_the_rest(
    desk: Desk, signed_in: SignedIn, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "CARDS", 2)
    made = [desk.ticket() for _ in range(4)]
    client = signed_in(desk.agent)
    client.get("/support/board")
    with statements() as sent:
        page = client.get("/support/board")
    assert len(columns(page)["open"]) == 2
    assert len(sent) <= 20, "\n\n".join(sent)
    rest = re.search(r'<li class="more"><a class="btn" href="([^"]+)"', page.text)
    assert rest
    below = client.get(rest[1].replace("&amp;", "&")).text
    assert [int(each) for each in CARD.findall(below)] == [each.id for each in made[1::-1]]
