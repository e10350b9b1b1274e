"""What stands around a ticket, through the API: merges, checklists, fields, texts, acts on many."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from groupware.database import Database
from groupware.models import User
from groupware.people import personal_group
from modules.support.bulk.running import go_on
from modules.tasks.api import journal
from tests.api.conftest import Ask, version
from tests.factories import NOON, Desk

Program = Callable[[User], Ask]


def test_a_merged_number_leads_to_the_target_until_it_is_taken_apart(
    desk: Desk, session: Session, program: Program
) -> None:
    source, target = desk.ticket(subject="Again"), desk.ticket(subject="First")
    desk.make.reply(source, desk.agent)
    # An agent of another list sees neither end; the other ticket's customer sees one.
    elsewhere = desk.make.ticket(desk.customer, desk.make.task_list(customers=[desk.customer]))
    ask, customer = program(desk.agent), program(desk.customer)
    path = f"/tickets/{source.id}"
    told = ask("GET", f"{path}/merge/effects?into={target.id}").get_json()
    assert (told["same_customer"], told["widens"]) == (True, False)
    assert customer("POST", f"{path}/merge", {"into": target.id}).status_code == 403
    assert ask("POST", f"{path}/merge", {"into": elsewhere.id}).status_code == 404
    key = {"Idempotency-Key": "once"}
    made = ask("POST", f"{path}/merge", {"into": target.id}, headers=key)
    assert (made.status_code, made.get_json()) == (201, {"ticket": source.id, "into": target.id})
    assert ask("POST", f"{path}/merge", {"into": target.id}, headers=key).status_code == 201
    for reader in (ask, customer):
        led = reader("GET", path)
        assert (led.status_code, led.headers["Location"]) == (307, f"/api/v1/tickets/{target.id}")
    assert program(desk.stranger)("GET", path).status_code == 404
    assert program(desk.manager)("DELETE", path).status_code == 404, "the target is not meant"
    shown = ask("GET", f"/tickets/{target.id}/journal").get_json()["items"]
    assert shown[0]["act"] == "merged_in"
    assert ask("DELETE", f"{path}/merge").status_code == 204
    assert ask("GET", path).get_json()["subject"] == "Again"
    text = ask("GET", f"{path}/journal").text
    assert '"merged"' in text
    assert "undo" not in text, "what the journal keeps for itself"
    [split] = [each["id"] for each in ask("GET", f"{path}/comments").get_json()["items"]]
    new = ask("POST", f"{path}/comments/{split}/split", {"subject": "Another thing"}).get_json()
    assert [each["id"] for each in new["links"]] == [source.id]


def test_links_say_what_each_end_is_and_pages_elsewhere_are_kept(
    desk: Desk, program: Program
) -> None:
    one, other = desk.ticket(), desk.ticket()
    ask = program(desk.agent)
    links = f"/tickets/{one.id}/links"
    made = ask("POST", links, {"ticket": other.id, "relation": "parent_of"}).get_json()
    assert made["relation"] == "parent_of"
    [back] = ask("GET", f"/tickets/{other.id}/links").get_json()["items"]
    assert (back["id"], back["relation"]) == (one.id, "child_of")
    web = f"/tickets/{one.id}/web-links"
    assert ask("POST", web, {"url": "javascript:alert(1)"}).status_code == 422
    kept = ask("POST", web, {"url": "https://wiki.example.org/a", "title": "A"})
    assert ask("GET", web).get_json()["items"] == [kept.get_json()]
    assert ask("DELETE", kept.headers["Location"]).status_code == 204


def test_a_checklist_is_for_agents_alone(desk: Desk, program: Program) -> None:
    path = f"/tickets/{desk.ticket().id}/checklist"
    ask = program(desk.agent)
    first = ask("POST", path, {"text": "Xylophone"}).headers["Location"]
    ask("POST", path, {"text": "Then this"})
    change = {"done": True, "position": 2, "assignee": desk.agent.id}
    done = ask("PATCH", first, change, headers=version(ask, first)).get_json()
    assert (done["done"], done["position"]) == (True, 2)
    assert done["assignee"]["id"] == desk.agent.id
    assert [each["text"] for each in ask("GET", path).get_json()["items"]] == [
        "Then this",
        "Xylophone",
    ]
    customer = program(desk.customer)
    for method, where in (("GET", path), ("POST", path), ("DELETE", first), ("GET", first)):
        sent = {"text": "x"} if method == "POST" else None
        assert customer(method, where, sent).status_code == 403, where
    assert "Xylophone" not in customer("GET", path.replace("checklist", "journal")).text
    assert program(desk.reader)("POST", path, {"text": "x"}).status_code == 403
    assert ask("DELETE", first).status_code == 204


def test_fields_are_set_up_by_managers_and_seen_by_face(desk: Desk, program: Program) -> None:
    closed = desk.make.task_list()
    manager, agent, customer = (program(each) for each in (desk.manager, desk.agent, desk.customer))
    path = f"/task-lists/{desk.list.id}/fields"
    wish = {"name": "Device", "kind": "choice", "choices": ["Phone", "Printer"]}
    assert agent("POST", path, wish).status_code == 403
    made = manager("POST", path, wish)
    assert made.status_code == 201, made.text
    hidden = {"name": "Xylophone", "public": False, "kind": "number", "default": "3"}
    assert manager("POST", path, hidden).get_json()["default"] == "3"
    assert manager("POST", path, {**wish, "name": "Empty", "choices": []}).status_code == 422
    assert [each["slug"] for each in customer("GET", path).get_json()["items"]] == ["device"]
    assert len(agent("GET", path).get_json()["items"]) == 2
    assert customer("GET", path.replace(str(desk.list.id), str(closed.id))).status_code == 404
    sent = {"subject": "S", "details": "D", "urgency": "low", "location": desk.location.id}
    ticket = customer("POST", "/tickets", {**sent, "custom": {"device": "Phone"}}).get_json()
    assert ticket["custom"] == {"device": "Phone"}
    at = f"/tickets/{ticket['id']}"
    inner, anyhow = {"custom": {"xylophone": 5}}, {"If-Match": "*"}
    assert customer("PATCH", at, inner, headers=anyhow).status_code == 422
    assert agent("PATCH", at, inner, headers=anyhow).status_code == 200
    assert agent("GET", at).get_json()["custom"] == {"device": "Phone", "xylophone": 5}
    assert "Xylophone" in agent("GET", f"{at}/journal").text
    assert (
        "xylophone"
        not in (customer("GET", at).text + customer("GET", f"{at}/journal").text).lower()
    )
    where = made.headers["Location"]
    change = {"archived": True, "position": 1}
    assert manager("PATCH", where, change, headers=version(manager, where)).get_json()["archived"]
    assert customer("GET", where).status_code == 404


@pytest.mark.parametrize("noun", ["canned-replies", "macros", "views"])
def test_what_is_shared_is_used_by_all_and_changed_by_some(
    desk: Desk, session: Session, program: Program, noun: str
) -> None:
    ticket, group = desk.ticket(), personal_group(session, desk.colleague).id
    ask, colleague = program(desk.agent), program(desk.colleague)
    body: dict[str, Any] = {
        "canned-replies": {"name": "Hello", "body": "Hello {customer.name}."},
        "macros": {"name": "Take it", "steps": {"assignee": "me", "status": "in_progress"}},
        "views": {"name": "Mine", "query": "assignee:me"},
    }[noun]
    made = ask("POST", f"/{noun}", body)
    assert made.status_code == 201, made.text
    path = made.headers["Location"]
    assert made.get_json()["permissions"] == ["change"]
    assert colleague("GET", path).status_code == 404
    assert program(desk.customer)("GET", path).status_code == 403
    lines = ask("GET", f"{path}/access").get_json()["lines"]
    kept = [{"group": each["group"], "level": each["level"]} for each in lines]
    shared = {"lines": [*kept, {"group": group, "level": "read"}]}
    answer = ask("PATCH", f"{path}/access", shared, headers=version(ask, f"{path}/access"))
    assert len(answer.get_json()["lines"]) == 2
    assert colleague("GET", path).get_json()["permissions"] == []
    assert [each["id"] for each in colleague("GET", f"/{noun}").get_json()["items"]] == [
        made.get_json()["id"]
    ]
    renamed = {"name": "Other"}
    assert colleague("PATCH", path, renamed, headers={"If-Match": "*"}).status_code == 403
    assert colleague("GET", f"{path}/access").status_code == 403
    assert colleague("DELETE", path).status_code == 403
    locked_out = {"lines": [{"group": group, "level": "read"}]}
    assert ask("PATCH", f"{path}/access", locked_out, headers={"If-Match": "*"}).status_code == 422
    assert ask("PATCH", path, renamed, headers=version(ask, path)).get_json()["name"] == "Other"
    number = made.get_json()["id"]
    if noun == "canned-replies":
        said = colleague("GET", f"{path}/text?ticket={ticket.id}").get_json()["body"]
        assert said == f"Hello {desk.customer.name}."
    elif noun == "macros":
        ran = colleague("POST", f"/tickets/{ticket.id}/macros", {"macro": number}).get_json()
        assert (ran["assignee"]["id"], ran["status"]) == (desk.colleague.id, "in_progress")
        customer = program(desk.customer)
        refused = customer("POST", f"/tickets/{ticket.id}/macros", {"macro": number})
        assert refused.status_code == 403
    else:
        assert ask("GET", f"{path}/count").get_json() == {"number": 0, "more": False}
    assert ask("DELETE", path).status_code == 204


def test_many_tickets_are_changed_reported_and_taken_back(
    desk: Desk, session: Session, database: Database, program: Program
) -> None:
    numbers = [desk.ticket().id for _ in range(3)]
    elsewhere = desk.make.ticket(desk.customer, desk.make.task_list(customers=[desk.customer]))
    ask = program(desk.agent)
    wrong = [
        {"tickets": numbers},
        {"tickets": numbers, "q": "", "urgency": "high"},
        {"tickets": numbers, "urgency": "high", "status": "closed"},
        {"tickets": [*numbers, elsewhere.id], "urgency": "high"},
        {"tickets": [999_999], "urgency": "high"},
        {"urgency": "high"},
        {"q": "status:nonsense", "urgency": "high"},
        {"tickets": numbers, "waiting": "until"},
    ]
    for body in wrong:
        assert ask("POST", "/bulk", body).status_code == 422, body
    key = {"Idempotency-Key": "once"}
    body = {"q": "status:open", "urgency": "high"}
    begun = [ask("POST", "/bulk", body, headers=key) for _ in range(2)]
    assert [each.status_code for each in begun] == [201, 201], begun[0].text
    assert begun[0].headers["Location"] == begun[1].headers["Location"]
    path = begun[0].headers["Location"]
    assert ask("GET", path).get_json()["left"] == 3
    assert ask("POST", f"{path}/undo").status_code == 409
    go_on(database, lambda: NOON)
    report = ask("GET", path).get_json()
    assert (report["done"], report["left"], report["may_undo"]) == (3, 0, True)
    outcomes = ask("GET", f"{path}/tickets?outcome=done").get_json()["items"]
    assert [each["ticket"] for each in outcomes] == numbers
    assert ask("GET", f"/tickets/{numbers[0]}").get_json()["urgency"] == "high"
    assert program(desk.colleague)("GET", path).status_code == 404
    undo = ask("POST", f"{path}/undo").headers["Location"]
    go_on(database, lambda: NOON)
    assert ask("GET", undo).get_json()["done"] == 3
    assert ask("GET", f"/tickets/{numbers[0]}").get_json()["urgency"] == "normal"


def test_notices_following_drafts_headings_and_files_of_tickets(
    desk: Desk, program: Program
) -> None:
    ticket = desk.ticket(subject="Zephyr")
    ask, customer, manager = (program(each) for each in (desk.agent, desk.customer, desk.manager))
    at = f"/tickets/{ticket.id}"
    assert ask("GET", f"{at}/following").get_json()["following"] is False
    assert ask("POST", f"{at}/following").status_code == 204
    assert ask("GET", f"{at}/following").get_json()["following"] is True
    customer("POST", f"{at}/comments", {"body": "Still."})
    [notice] = ask("GET", "/notices?unread=true").get_json()["items"]
    assert (notice["ticket"]["id"], notice["reason"]) == (ticket.id, "answered")
    assert ask("POST", "/notices/reading", {"notice": notice["id"]}).status_code == 204
    assert ask("GET", "/notices?unread=true").get_json()["items"] == []
    assert ask("DELETE", f"{at}/following").status_code == 204
    assert ask("GET", f"{at}/draft").status_code == 404
    assert ask("POST", f"{at}/draft", {"body": "Half a"}).get_json()["body"] == "Half a"
    assert program(desk.colleague)("GET", f"{at}/draft").status_code == 404
    assert customer("GET", f"{at}/draft").status_code == 403
    assert ask("POST", "/headings", {"name": "Rooms"}).status_code == 403
    heading = manager("POST", "/headings", {"name": "Rooms"}).headers["Location"]
    moved = {"name": "Places", "position": 1}
    answer = manager("PATCH", heading, moved, headers=version(manager, heading))
    assert answer.get_json()["name"] == "Places"
    assert manager("DELETE", heading).status_code == 204
    sheet = ask("GET", "/exports/tickets?q=Zephyr")
    assert (sheet.mimetype, "Zephyr" in sheet.text) == ("text/csv", True)
    assert "SUMMARY:Zephyr" in ask("GET", "/exports/tickets?kind=ics").text
    assert customer("GET", "/exports/tickets").status_code == 403
    assert ask("GET", "/exports/tickets?q=status:nonsense").status_code == 400


def test_every_change_that_names_tickets_is_looked_through() -> None:
    assert set(journal.TICKETS) >= {"link", "merged", "into", "request"}
    assert not {"linked", "merged", "split", "item_added", "noted", "fields"} & journal.TOLD
