"""Tickets through the API: what scripts rely on."""

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from groupware.models import User
from tests.api.conftest import Ask, version
from tests.conftest import Statements
from tests.factories import Desk

TICKET = {
    "id", "uid", "subject", "details", "status", "waiting", "urgency", "location", "task_list",
    "categories", "customer", "participants", "assignee", "due", "created", "updated", "links",
    "custom", "permissions",
}  # fmt: skip


def test_a_request_is_filed_read_and_found(desk: Desk, program: Callable[[User], Ask]) -> None:
    ask = program(desk.customer)
    sent = {"subject": " No\nsound ", "details": "In *room* 3", "urgency": "high",
            "location": {"id": desk.location.id, "name": "whatever"}}  # fmt: skip
    made = ask("POST", "/tickets", sent)
    assert made.status_code == 201, made.text
    ticket = made.get_json()
    assert ticket.keys() >= TICKET
    assert (ticket["subject"], ticket["status"], ticket["urgency"]) == ("No sound", "open", "high")
    assert ticket["task_list"] == {"id": desk.list.id, "name": "Clinic software"}
    assert ticket["permissions"] == ["respond", "edit"]
    again = ask("GET", made.headers["Location"])
    assert again.get_json() == ticket
    assert again.headers["ETag"] == made.headers["ETag"]
    unchanged = ask(
        "GET", made.headers["Location"], headers={"If-None-Match": again.headers["ETag"]}
    )
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    assert [each["id"] for each in ask("GET", "/tickets?q=sound").get_json()["items"]] == [
        ticket["id"]
    ]
    agents = program(desk.agent)("GET", made.headers["Location"]).get_json()
    assert agents["permissions"] == ["edit", "reply", "note", "change"]


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({}, 422, {"subject", "details", "urgency"}),
        ({"subject": "", "details": " ", "urgency": "normal"}, 422, {"subject"}),
        ({"subject": "S", "details": "D", "urgency": "now", "location": 1}, 422, {"urgency"}),
        ({"subject": "S", "details": "D", "urgency": "low"}, 422, {"location"}),
        ({"subject": "S", "details": "D", "urgency": "low", "location": 999}, 422, {"location"}),
        ({"subject": "S", "details": "D", "urgency": "low", "location": "x"}, 422, {"location"}),
        ({"subject": "S", "details": "D", "urgency": "low", "location": 1, "task_list": 999}, 422,
         {"task_list"}),
        ({"subject": "S", "details": "D", "urgency": "low", "location": 1, "sort": 1}, 422,
         {"sort"}),
        ({"subject": "S", "details": "D", "urgency": "low", "location": 1, "attachments": ["x"]},
         422, {"attachments"}),
        ({"subject": "S", "details": "D", "urgency": "low", "location": 1, "id": 7}, 403, set()),
        ({"subject": "S", "details": "D", "urgency": "low", "location": 1, "assignee": None}, 403,
         set()),
        ({"subject": "S", "details": "D", "urgency": "low", "location": 1, "customer": 2}, 403,
         set()),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_what_one_may_not_set_is_refused(
    desk: Desk, program: Callable[[User], Ask], body: dict[str, Any], status: int, named: set[str]
) -> None:
    ask = program(desk.customer)
    answer = ask("POST", "/tickets", body)
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert set(answer.get_json().get("errors", {})) == named
    assert ask("GET", "/tickets").get_json()["items"] == []


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        ("[1]", "application/json", 400),
        ('"x"', "application/json", 400),
        ("{", "application/json", 400),
        ('{"subject": NaN}', "application/json", 400),
        ('{"subject": 1e999}', "application/json", 400),
        ('{"subject": "a", "subject": "b"}', "application/json", 400),
        ('{"custom": ' + "[" * 40 + "]" * 40 + "}", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ('{"subject": ' + "9" * 5000 + "}", "application/json", 400),
        (b"\xff\xfe{}", "application/json", 400),
        ("subject=x", "application/x-www-form-urlencoded", 415),
        ("{}", "text/plain", 415),
        ('{"subject": "' + "x" * 1_100_000 + '"}', "application/json", 413),
        ('{"subject": "\\ud800\\u0000x"}', "application/json", 422),
    ],
    ids=lambda value: str(value)[:24],
)
def test_bodies_that_make_no_sense(
    desk: Desk, program: Callable[[User], Ask], data: Any, kind: str, status: int
) -> None:
    answer = program(desk.customer)("POST", "/tickets", data=data, content_type=kind)
    assert answer.status_code == status, answer.text


def test_a_change_says_which_version_it_changes(desk: Desk, program: Callable[[User], Ask]) -> None:
    ticket = desk.ticket()
    ask, path = program(desk.agent), f"/tickets/{ticket.id}"
    assert ask("PATCH", path, {"status": "resolved"}).status_code == 428
    first = version(ask, path)
    done = ask("PATCH", path, {"status": "resolved"}, headers=first)
    assert done.get_json()["status"] == "resolved"
    stale = ask("PATCH", path, {"status": "closed"}, headers=first)
    assert stale.status_code == 412
    fresh = {"If-Match": done.headers["ETag"]}
    assert ask("PATCH", path, {"status": "closed"}, headers=fresh).status_code == 200
    assert ask("DELETE", path, headers=first).status_code == 412
    assert ask("PATCH", "/tickets/999999", {}).status_code == 404


def test_an_agent_does_everything_with_one_change(
    desk: Desk, program: Callable[[User], Ask]
) -> None:
    ticket, category = desk.ticket(), desk.make.category("hardware")
    other = desk.make.task_list(
        name="Printers", customers=[desk.customer], agents=[desk.agent, desk.colleague]
    )
    ask, path = program(desk.agent), f"/tickets/{ticket.id}"
    answer = ask(
        "PATCH",
        path,
        {
            "subject": "Printer",
            "task_list": other.id,
            "assignee": {"id": desk.colleague.id},
            "urgency": "urgent",
            "due": "2030-01-31",
            "categories": [category.id],
            "participants": [desk.stranger.id],
            "waiting": "until",
            "waiting_until": "2031-01-01T10:00:00+01:00",
        },
        headers=version(ask, path),
    )
    assert answer.status_code == 200, answer.text
    found = answer.get_json()
    assert found["task_list"]["name"] == "Printers"
    assert (found["assignee"]["name"], found["urgency"]) == (desk.colleague.name, "urgent")
    assert (found["due"], found["status"], found["waiting"]) == (
        "2030-01-31",
        "in_progress",
        "until",
    )
    assert found["waiting_until"] == "2031-01-01T09:00:00Z"
    assert found["categories"] == [{"id": category.id, "name": "hardware"}]
    assert [each["name"] for each in found["participants"]] == [desk.stranger.name]
    refused = {"status": "closed", "assignee": desk.reader.id}
    assert ask("PATCH", path, refused, headers=version(ask, path)).status_code == 422
    assert ask("GET", path).get_json() == found, "the first refusal refuses all"


def test_the_customers_face_shows_and_moves_with_nothing_that_staff_keeps(
    desk: Desk, program: Callable[[User], Ask]
) -> None:
    ticket = desk.ticket()
    customer, agent = program(desk.customer), program(desk.agent)
    path = f"/tickets/{ticket.id}"
    before = customer("GET", path)
    seen = customer("GET", "/tickets").data
    agent("POST", f"{path}/comments", {"kind": "note", "body": "Xylophone"})
    kept = {"assignee": desk.agent.id, "due": "2030-01-01", "waiting": None}
    assert agent("PATCH", path, kept, headers=version(agent, path)).status_code == 200
    after = customer("GET", path)
    assert (after.data, after.headers["ETag"]) == (before.data, before.headers["ETag"])
    assert customer("GET", "/tickets").data == seen
    assert customer("GET", f"{path}/comments").get_json()["items"] == []
    assert [each["act"] for each in customer("GET", f"{path}/journal").get_json()["items"]] == [
        "filed"
    ]
    acts = [each["act"] for each in agent("GET", f"{path}/journal").get_json()["items"]]
    assert acts == ["due", "assigned", "noted", "filed"]


def test_a_conversation_with_files(desk: Desk, program: Callable[[User], Ask]) -> None:
    ticket = desk.ticket()
    customer, agent = program(desk.customer), program(desk.agent)
    path = f"/tickets/{ticket.id}/comments"

    def upload(ask: Ask, name: str) -> str:
        data = {"file": (io.BytesIO(b"bytes of " + name.encode()), name)}
        answer = ask("POST", "/attachments", data=data)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["token"])

    token = upload(agent, "photo.png")
    assert customer("POST", path, {"attachments": [token]}).status_code == 422, "another's file"
    replied = agent("POST", path, {"body": "Look.", "attachments": [token]})
    [file] = replied.get_json()["attachments"]
    note = agent(
        "POST", path, {"kind": "note", "body": "", "attachments": [upload(agent, "n.txt")]}
    ).get_json()
    assert customer("GET", file["url"]).data == b"bytes of photo.png"
    assert customer("GET", note["attachments"][0]["url"]).status_code == 404
    assert agent("GET", note["attachments"][0]["url"]).data == b"bytes of n.txt"
    said = customer("POST", path, {"body": "Thank you."}).get_json()
    assert (said["kind"], said["from_staff"]) == ("reply", False)
    own = f"{path}/{said['id']}"
    edited = customer("PATCH", own, {"body": "Thanks!"}, headers=version(customer, own)).get_json()
    assert (edited["body"], edited["edited"] is not None) == ("Thanks!", True)
    assert [each["body"] for each in customer("GET", path).get_json()["items"]] == [
        "Look.",
        "Thanks!",
    ]
    assert len(agent("GET", f"/tickets/{ticket.id}/attachments").get_json()["items"]) == 2
    assert len(customer("GET", f"/tickets/{ticket.id}/attachments").get_json()["items"]) == 1


def test_a_key_makes_twice_once(desk: Desk, program: Callable[[User], Ask]) -> None:
    ask = program(desk.customer)
    body = {"subject": "S", "details": "D", "urgency": "low", "location": desk.location.id}
    key = {"Idempotency-Key": "k" * 200}
    wrong = ask("POST", "/tickets", {**body, "location": 999}, headers=key)
    assert wrong.status_code == 422, "what came to nothing keeps no key"
    first = ask("POST", "/tickets", body, headers=key)
    again = ask("POST", "/tickets", body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.get_json() == first.get_json()
    other = ask("POST", "/tickets", {**body, "subject": "Other"}, headers=key)
    assert other.status_code == 422
    assert len(ask("GET", "/tickets").get_json()["items"]) == 1


@pytest.mark.parametrize("who", ["customer", "agent"])
def test_pages_hold_each_ticket_once_whatever_changes_meanwhile(
    desk: Desk, program: Callable[[User], Ask], statements: Statements, who: str
) -> None:
    numbers = [desk.ticket(created=desk.make.later()).id for _ in range(7)]
    ask, found, path = program(getattr(desk, who)), [], "/tickets?per_page=3&status=open"
    while path:
        with statements() as sent:
            answer = ask("GET", path)
        assert len(sent) < 25, sent
        found += [each["id"] for each in answer.get_json()["items"]]
        link = answer.headers.get("Link", "")
        assert bool(link) == bool(answer.get_json()["next"])
        path = link.partition(">")[0].removeprefix("<")
    assert sorted(found) == numbers


@pytest.mark.parametrize(
    "query",
    ["per_page=0", "per_page=101", "per_page=x", "cursor=!", "cursor=e30", "cursor=WzFd", "sort=x",
     "status=new", "assignee=you", "nonsense=1", "q=a&q=b", "cursor=WyIwLjAuMCJd"],
)  # fmt: skip
@pytest.mark.parametrize("who", ["customer", "agent"])
def test_addresses_that_make_no_sense_are_400(
    desk: Desk, program: Callable[[User], Ask], query: str, who: str
) -> None:
    answer = program(getattr(desk, who))("GET", f"/tickets?{query}")
    assert answer.status_code == 400, answer.text
    assert list(answer.get_json()["errors"]) == [query.partition("=")[0]]


def test_people_are_for_agents_and_settings_for_managers(
    desk: Desk, program: Callable[[User], Ask]
) -> None:
    customer, agent, manager = (program(each) for each in (desk.customer, desk.agent, desk.manager))
    for path in ("/users", "/users?q=mara", "/categories", f"/users/{desk.agent.id}"):
        assert customer("GET", path).status_code == 403
    found = agent("GET", "/users?q=mara").get_json()["items"]
    assert [each["name"] for each in found] == ["Mara Lindqvist"]
    assert [each["name"] for each in customer("GET", "/locations").get_json()["items"]] == [
        "Maple Street"
    ]
    assert agent("POST", "/categories", {"name": "New"}).status_code == 403
    made = manager("POST", "/categories", {"name": "New", "task_lists": [desk.list.id]})
    path = made.headers["Location"]
    change = {"archived": True, "hue": 4}
    assert manager("PATCH", path, change, headers=version(manager, path)).get_json() == {
        **made.get_json(),
        **change,
    }
    access = f"/task-lists/{desk.list.id}/access/agents"
    assert agent("GET", access).status_code == 403
    assert customer("GET", access).status_code == 403
    lines = manager("GET", access).get_json()["lines"]
    kept = [{"group": each["group"], "level": each["level"]} for each in lines[:1]]
    set_ = manager("PATCH", access, {"lines": kept}, headers=version(manager, access))
    assert set_.get_json()["lines"] == lines[:1]


def test_the_document_names_every_path_and_the_page_shows_it(
    desk: Desk, app: Flask, program: Callable[[User], Ask], signed_in: Any
) -> None:
    drawn = program(desk.customer)("GET", "/openapi.json").get_json()
    paths = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.rule.startswith("/api/v1/") and method not in ("HEAD", "OPTIONS")
    } - {("/api/v1/openapi.json", "GET")}
    assert sum(len(each) for each in drawn["paths"].values()) == len(paths)
    assert set(drawn["components"]["schemas"]["Ticket"]["properties"]) >= TICKET
    assert json.dumps(drawn).count('"#/components/schemas/Problem"') > len(paths)
    asked = {each["name"]: each for each in drawn["paths"]["/api/v1/tickets"]["get"]["parameters"]}
    assert asked["assignee"]["description"] == "`me`, `none`, or ids."
    assert asked["assignee"]["schema"]["maxLength"] == 200, "what each annotation says"
    page = signed_in(desk.customer).get("/api/docs")
    assert page.status_code == 200
    for path in drawn["paths"]:
        assert path in page.text
    tried = set(re.findall(r'href="(/api/v1/[^"]+)"', page.text)) - {"/api/v1/openapi.json"}
    assert {"/api/v1/me", "/api/v1/tickets"} < tried, "what needs nothing is tried by a press"
    assert all("get" in drawn["paths"][path] for path in tried)
    assert page.text.count('data-copy="curl ') == len(paths)
