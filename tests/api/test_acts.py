"""Acts of agents and administrators through the API that change more than a field."""

import io
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.database import Database
from groupware.models import Delivery, OutboundMail, User
from groupware.people import personal_group
from modules.support.importing.running import go_on
from modules.tasks import tickets
from modules.tasks.letters.models import Letter
from tests.api.conftest import Ask, version
from tests.factories import NOON, Desk
from tests.letters.office import came, mailbox

Program = Callable[[User], Ask]


def test_a_draft_is_shared_taken_and_dropped(desk: Desk, program: Program) -> None:
    at = f"/tickets/{desk.ticket().id}"
    ask, colleague = program(desk.agent), program(desk.colleague)
    reader, customer = program(desk.reader), program(desk.customer)
    ask("POST", f"{at}/draft", {"body": "Half a"})
    path = ask("POST", f"{at}/drafts", {"body": "Violet", "kind": "note"}).headers["Location"]
    assert ask("GET", f"{at}/draft").status_code == 404, "the composer is empty then"
    for one in (colleague, reader):
        [lying] = one("GET", f"{at}/drafts").get_json()["items"]
        assert (lying["author"]["id"], lying["body"], lying["kind"]) == (
            desk.agent.id, "Violet", "note",
        )  # fmt: skip
    for who in (reader, colleague):
        assert who("DELETE", path).status_code == 403, "theirs alone to throw away"
    assert reader("POST", f"{path}/taking").status_code == 403
    for method, where in (("GET", path), ("GET", f"{at}/drafts"), ("POST", f"{path}/taking")):
        assert customer(method, where).status_code == 403
    colleague("POST", f"{at}/draft", {"body": "Mine first."})
    taken = colleague("POST", f"{path}/taking").get_json()
    assert (taken["body"], taken["kind"]) == ("Mine first.\n\nViolet", "note")
    assert colleague("POST", f"{path}/taking").status_code == 404
    again = ask("POST", f"{at}/drafts", {"body": "Violet"}).headers["Location"]
    assert [ask(method, again).status_code for method in ("DELETE", "GET")] == [204, 404]


def test_who_is_at_a_ticket_is_told_to_its_agents(desk: Desk, program: Program) -> None:
    path = f"/tickets/{desk.ticket().id}/presence"
    ask, colleague = program(desk.agent), program(desk.colleague)
    assert ask("POST", path, {"doing": "writing"}).status_code == 204
    assert ask("GET", path).get_json()["items"] == []
    there = {"id": desk.agent.id, "name": desk.agent.name, "doing": "writing"}
    assert colleague("GET", path).get_json()["items"] == [there]
    assert program(desk.customer)("GET", path).status_code == 403
    assert ask("DELETE", path).status_code == 204
    assert colleague("GET", path).get_json()["items"] == []


def test_a_reply_is_taken_back_or_its_mail_tried_again(
    desk: Desk, session: Session, program: Program
) -> None:
    at = f"/tickets/{desk.ticket().id}"
    ask, customer = program(desk.agent), program(desk.customer)
    data = {"file": (io.BytesIO(b"bytes"), "a.txt")}
    token = ask("POST", "/attachments", data=data).get_json()["token"]
    said = ask("POST", f"{at}/comments", {"body": "Oh.", "attachments": [token]})
    path = said.headers["Location"]
    told = ask("GET", f"{path}/delivery").get_json()
    assert told["seconds_to_take_back"] > 0
    assert [each["to"] for each in told["open"]] == [desk.customer.address]
    for act in ("undo", "delivery"):
        assert program(desk.reader)("POST", f"{path}/{act}").status_code == 403
        assert customer("POST", f"{path}/{act}").status_code == 403
    assert customer("GET", f"{path}/delivery").status_code == 403
    assert program(desk.colleague)("POST", f"{path}/undo").status_code == 403, "not their words"
    undone = ask("POST", f"{path}/undo").get_json()
    assert undone["body"] == ask("GET", f"{at}/draft").get_json()["body"] == "Oh."
    assert ask("GET", path).status_code == 404
    assert ask("GET", at).get_json()["status"] == "open", "as it was before"
    body = {"body": "Well.", "attachments": undone["attachments"]}
    path = ask("POST", f"{at}/comments", body).headers["Location"]
    mail = session.scalars(select(OutboundMail).join(Letter)).one()
    mail.state, mail.tries, mail.error = Delivery.FAILED, 3, "No such address."
    session.commit()
    told = ask("GET", f"{path}/delivery").get_json()
    assert (told["may_retry"], told["open"][0]["error"]) == (True, "No such address.")
    assert ask("POST", f"{path}/delivery").status_code == 204
    session.refresh(mail)
    assert mail.state == Delivery.WAITING
    session.commit()
    note = ask("POST", f"{at}/comments", {"kind": "note", "body": "Hm."}).headers["Location"]
    assert ask("GET", f"{note}/delivery").status_code == 403


def test_a_message_that_came_by_mail_is_moved_and_back(
    desk: Desk, session: Session, program: Program
) -> None:
    ticket, right = desk.ticket(), desk.ticket()
    said = desk.make.response(ticket, "The other one.")
    box = mailbox(session, desk.list)
    came(session, box, ticket, desk.customer.address, "wrong@home.example", said)
    theirs = desk.make.ticket(desk.stranger, desk.list, location=desk.location)
    ask, path = program(desk.agent), f"/tickets/{ticket.id}/comments/{said.id}/move"
    for who in (desk.customer, desk.reader):
        assert program(who)("POST", path, {"into": right.id}).status_code == 403
    assert ask("POST", path, {"into": 999_999}).status_code == 404
    refused = ask("POST", path, {"into": theirs.id})
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["into"])
    moved = ask("POST", path, {"into": right.id}, headers={"Idempotency-Key": "once"})
    assert moved.status_code == 201, moved.text
    again = ask("POST", path, {"into": right.id}, headers={"Idempotency-Key": "once"})
    assert again.headers["Location"] == moved.headers["Location"]
    assert ask("GET", moved.headers["Location"]).get_json()["body"] == "The other one."
    back = f"{moved.headers['Location']}/move"
    assert ask("POST", back, {"into": ticket.id}).status_code == 201


def test_a_deleted_ticket_is_brought_back_by_who_may_delete(desk: Desk, program: Program) -> None:
    ticket = desk.ticket(subject="Zephyr")
    path, ask = f"/tickets/{ticket.id}", program(desk.manager)
    assert ask("POST", f"{path}/restoration").status_code == 404, "it is not deleted"
    assert ask("DELETE", path).status_code == 204
    for who in (desk.agent, desk.customer):
        assert program(who)("POST", f"{path}/restoration").status_code == 404
    assert ask("POST", f"{path}/restoration").get_json()["subject"] == "Zephyr"
    assert program(desk.customer)("GET", path).status_code == 200


def test_a_table_is_tried_and_imported_with_a_report(
    desk: Desk, database: Database, program: Program
) -> None:
    table = f"Number,Title,Requester\n1,Zephyr,{desk.customer.address}\n2,,\n3,Bad,x@y.example\n"
    ask = program(desk.agent)
    data = {"file": (io.BytesIO(table.encode()), "old.csv")}
    token = ask("POST", "/attachments", data=data).get_json()["token"]
    body = {"attachment": token, "task_list": desk.list.id}
    wrong = [
        {**body, "attachment": "x"},
        {**body, "task_list": 999_999},
        {**body, "columns": {"subject": "Nope"}},
        {**body, "columns": {"nonsense": "Title"}},
        {**body, "columns": {"details": "Title"}},
        {**body, "columns": {"subject": ["Title"]}},
    ]
    for each in wrong:
        assert ask("POST", "/imports", each).status_code == 422, each
    assert program(desk.colleague)("POST", "/imports", body).status_code == 422, "another's file"
    assert program(desk.customer)("POST", "/imports", body).status_code == 403
    tried = ask("POST", "/imports/trial", body).get_json()
    assert tried["columns"] == {"subject": "Title", "customer": "Requester", "key": "Number"}
    assert [bool(each["problem"]) for each in tried["rows"]] == [False, True, True]
    assert ask("GET", "/tickets?q=Zephyr").get_json()["items"] == [], "nothing is kept"
    key = {"Idempotency-Key": "once"}
    begun = [ask("POST", "/imports", body, headers=key) for _ in range(2)]
    path = begun[0].headers["Location"]
    assert begun[1].headers["Location"] == path
    go_on(database, lambda: NOON, base_url="")
    report = ask("GET", path).get_json()
    assert (report["made"], report["refused"], report["left"]) == (1, 2, 0)
    rows = ask("GET", f"{path}/rows?outcome=refused&per_page=1").get_json()
    assert (rows["items"][0]["row"], bool(rows["next"])) == (3, True)
    [made] = ask("GET", f"{path}/rows?outcome=made").get_json()["items"]
    assert ask("GET", f"/tickets/{made['ticket']}").get_json()["subject"] == "Zephyr"
    assert program(desk.colleague)("GET", path).status_code == 404
    again = ask("POST", "/imports", body).headers["Location"]
    go_on(database, lambda: NOON, base_url="")
    assert ask("GET", again).get_json()["there"] == 1


def test_views_are_ordered_and_notices_chosen(desk: Desk, program: Program) -> None:
    ask = program(desk.agent)
    numbers = [ask("POST", "/views", {"name": each}).get_json()["id"] for each in "abc"]
    order = {"views": [numbers[2], 999_999, numbers[0]]}
    assert ask("POST", "/views/order", order).status_code == 204
    assert program(desk.customer)("POST", "/views/order", order).status_code == 403
    path = "/notices/choices"
    before = ask("GET", path).get_json()
    change = {"filed": ["app"], "assigned": []}
    assert ask("PATCH", path, change).status_code == 428
    after = ask("PATCH", path, change, headers=version(ask, path)).get_json()
    assert after == {**before, **change}
    assert ask("PATCH", path, {"filed": ["fax"]}, headers={"If-Match": "*"}).status_code == 422
    assert program(desk.customer)("GET", path).status_code == 403


def test_lists_stand_in_the_managers_order(desk: Desk, program: Program) -> None:
    desk.make.task_list(agents=[desk.agent])
    ask, agent = program(desk.manager), program(desk.agent)
    made = ask("POST", "/task-lists", {"name": "Last"}).headers["Location"]
    moved = ask("PATCH", made, {"position": 1}, headers=version(ask, made)).get_json()
    assert moved["position"] == 1
    own = f"/task-lists/{desk.list.id}"
    assert agent("GET", own).get_json()["position"] > 1
    assert agent("PATCH", own, {"position": 1}, headers={"If-Match": "*"}).status_code == 403


def test_administrators_keep_people_and_groups_and_nobody_else_does(
    desk: Desk, session: Session, program: Program
) -> None:
    admin, manager, agent = (
        program(each) for each in (desk.administrator, desk.manager, desk.agent)
    )
    new = {"name": "Nia Maple", "address": "nia@maple.example", "organisation": "Maple"}
    for ask in (manager, agent, program(desk.customer)):
        assert ask("POST", "/users", new).status_code == 403
        assert ask("POST", "/groups", {"name": "Lifted"}).status_code == 403
    made = admin("POST", "/users", new)
    assert made.status_code == 201, made.text
    person, number = made.headers["Location"], made.get_json()["id"]
    assert session.scalars(select(OutboundMail.recipient)).all() == ["nia@maple.example"]
    session.commit()
    assert admin("POST", "/users", new).status_code == 422, "somebody has the address"
    assert agent("GET", person).status_code == 404, "they can do nothing here yet"
    group = admin("POST", "/groups", {"name": "Reception"}).headers["Location"]
    members = f"{group}/members"
    assert admin("POST", members, {"user": number}).status_code == 204
    assert [each["id"] for each in admin("GET", members).get_json()["items"]] == [number]
    assert agent("GET", members).status_code == 403
    give = {"permissions": ["create_tickets"]}
    for ask in (manager, agent):
        assert ask("PATCH", group, give, headers={"If-Match": "*"}).status_code == 403
        assert ask("POST", members, {"user": desk.agent.id}).status_code == 403
        assert ask("DELETE", group).status_code == 403
        seen = ask("GET", group).get_json()
        assert (seen["name"], seen["permissions"]) == ("Reception", None)
    given = admin("PATCH", group, give, headers=version(admin, group)).get_json()
    assert given["permissions"] == ["create_tickets"]
    assert agent("GET", person).get_json()["addresses"] == ["nia@maple.example"]
    own = personal_group(session, desk.customer).id
    session.commit()
    found = agent("GET", f"/groups?q={desk.customer.name}&kind=personal").get_json()["items"]
    assert [(each["id"], each["user"]) for each in found] == [(own, desk.customer.id)]
    change = {"addresses": ["n@maple.example"], "active": False}
    assert manager("PATCH", person, change, headers={"If-Match": "*"}).status_code == 403
    changed = admin("PATCH", person, change, headers=version(admin, person)).get_json()
    assert (changed["addresses"], changed["active"]) == (["n@maple.example"], False)
    assert agent("GET", person).status_code == 404
    assert admin("POST", f"{person}/invitation").status_code == 422, "they are switched off"
    self_out = {"active": False}
    me = f"/users/{desk.administrator.id}"
    assert admin("PATCH", me, self_out, headers={"If-Match": "*"}).status_code == 422
    assert admin("DELETE", f"{members}/{number}").status_code == 204
    assert admin("DELETE", group).status_code == 204
    assert admin("GET", group).status_code == 404


def test_merged_tickets_stay_where_a_restoration_is_asked(desk: Desk, program: Program) -> None:
    source, into = desk.ticket(), desk.ticket()
    tickets.merge(desk.session, desk.manager, source, into, now=desk.make.later())
    answer = program(desk.manager)("POST", f"/tickets/{source.id}/restoration")
    assert answer.status_code == 404
