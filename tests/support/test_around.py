"""Around a ticket: its neighbours, files, paper, links and checklist."""

import io

import pytest
from sqlalchemy import func, select

from groupware import blobs, uploads
from groupware.config import Settings
from groupware.errors import Invalid
from groupware.models import Level
from modules.tasks import checklists, conversation, tickets
from modules.tasks.checklists import ChecklistItem
from modules.tasks.models import Link, State, WebLink
from modules.tasks.tickets import Relation
from tests.conftest import SignedIn
from tests.factories import Desk


def test_one_walks_through_the_queue_that_one_came_from(desk: Desk, signed_in: SignedIn) -> None:
    made = [desk.ticket(subject=f"Number {n}") for n in range(4)]
    for ticket in made[:3]:
        tickets.assign(desk.session, desk.agent, ticket, to=desk.agent, now=desk.make.later())
    one, two, three, other = (ticket.id for ticket in made)
    client, outsider = signed_in(desk.agent), signed_in(desk.outsider)
    mine = "?from=/support%3Fassignee%3Dme%26sort%3Dnumber"

    def led(number: int, way: str, query: str = mine) -> str:
        return str(client.get(f"/support/tickets/{number}/{way}{query}").location)

    assert led(three, "next").startswith(f"/support/tickets/{two}?from=")
    assert led(two, "next").startswith(f"/support/tickets/{one}?")
    assert led(one, "next") == "/support?assignee=me&sort=number"
    assert led(one, "previous").startswith(f"/support/tickets/{two}?")
    assert led(three, "previous").startswith("/support?")
    assert led(other, "next").startswith(f"/support/tickets/{three}?"), "it is in no such queue"
    assert led(one, "next", "?from=/support%3Fassignee%3D%C3%A9").startswith("/support")
    answer = client.send(f"/support/tickets/{two}/resolution-and-next{mine}")
    assert answer.location.startswith(f"/support/tickets/{one}?")
    desk.session.expire_all()
    assert made[1].state == State.RESOLVED
    desk.session.commit()
    assert outsider.get(f"/support/tickets/{one}/next").status_code == 404


def test_files_are_looked_at_and_printed_by_ones_own_face(
    desk: Desk, signed_in: SignedIn, settings: Settings
) -> None:
    store = blobs.store_at(settings.blob_url)

    def file(name: str, content: bytes, kind: str = "") -> list[uploads.Upload]:
        return [uploads.receive(
            desk.session, store, desk.agent, name=name, stream=io.BytesIO(content),
            declared_type=kind, now=desk.make.now,
        )[1]]  # fmt: skip

    ticket = desk.ticket(files=file("page.html", b"<script>alert(1)</script>", "text/html"))
    said = {"now": desk.make.later()}
    conversation.note(
        desk.session, desk.agent, ticket, "Xylophone.", incoming=file("cable.txt", b"\0\1"), **said
    )
    conversation.reply(
        desk.session, desk.agent, ticket, "Zeppelin.",
        incoming=file("paper.pdf", b"%PDF-1.7", "application/pdf"), **said,
    )  # fmt: skip
    here = f"/support/tickets/{ticket.id}"
    reader, customer = signed_in(desk.reader), signed_in(desk.customer)
    panel = reader.get(f"{here}/files").text
    assert all(name in panel for name in ("page.html", "cable.txt", "paper.pdf"))
    shown = reader.get(f"{here}/files/1").text
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    for number in (2, 3):
        assert "Files of this kind are not shown here" in reader.get(f"{here}/files/{number}").text
    assert "Xylophone." in reader.get(f"{here}/print").text
    assert "Xylophone." not in reader.get(f"{here}/print?notes=0").text
    paper = customer.get(f"/tickets/view/{ticket.id}/print").text
    assert "Zeppelin." in paper
    assert "paper.pdf" in paper
    assert "Xylophone." not in paper
    assert "cable.txt" not in paper
    for path in (f"{here}/files", f"{here}/files/1", f"{here}/print"):
        assert customer.get(path).status_code == 403
        assert signed_in(desk.outsider).get(path).status_code == 404
    stranger = signed_in(desk.stranger)
    assert stranger.get(f"/tickets/view/{ticket.id}/print").status_code == 404


def test_a_link_is_told_from_both_ends_to_who_sees_both(desk: Desk, signed_in: SignedIn) -> None:
    hidden = desk.make.task_list(customers=[desk.customer], agents=[desk.agent])
    one = desk.ticket(subject="Quixotic")
    other = desk.make.ticket(desk.customer, hidden, subject="Zeppelin", location=desk.location)
    client = signed_in(desk.agent)
    form = {"link": f"#{other.id}", "relation": "child_of"}
    assert client.send(f"/support/tickets/{one.id}/links", form).status_code == 303
    assert "Child of" in client.get(f"/support/tickets/{one.id}").text
    assert "Parent of" in client.get(f"/support/tickets/{other.id}").text
    assert "Zeppelin" not in signed_in(desk.reader).get(f"/support/tickets/{one.id}").text
    form["relation"] = "blocks"
    client.send(f"/support/tickets/{one.id}/links", form)
    assert desk.session.scalars(select(Link.kind)).all() == ["blocks"]


def test_a_ticket_has_one_parent_and_no_circle(desk: Desk) -> None:
    one, two, three = (desk.ticket() for _ in range(3))
    tell = (desk.session, desk.agent)
    tickets.link(*tell, one, two, Relation.PARENT_OF, now=desk.make.later())
    tickets.link(*tell, three, two, Relation.CHILD_OF, now=desk.make.later())
    for ticket, other, word in (
        (three, one, Relation.PARENT_OF),
        (two, one, Relation.PARENT_OF),
        (three, one, Relation.CHILD_OF),
    ):
        with pytest.raises(Invalid):
            tickets.link(*tell, ticket, other, word, now=desk.make.later())
    assert desk.session.scalar(select(func.count()).select_from(Link)) == 2
    for word in Relation:
        assert word.inverse.inverse == word


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://maple.example/a?b=c#d", True),
        ("http://[::1]:8000/", True),
        ("HTTPS://maple.example", True),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,x", False),
        ("//maple.example/", False),
        ("https:maple.example", False),
        ("https://", False),
        ("https://user:word@maple.example/", False),
        ("https://[maple.example/", False),
        ("https://maple.example\\@evil.example/", False),
        ("file:///etc/passwd", False),
        (f"https://maple.example/{'a' * 2000}", False),
    ],
)
def test_a_page_is_linked_by_a_web_address(
    desk: Desk, signed_in: SignedIn, *, url: str, kept: bool
) -> None:
    ticket = desk.ticket()
    client = signed_in(desk.agent)
    answer = client.send(f"/support/tickets/{ticket.id}/links", link=url)
    assert answer.status_code == (303 if kept else 422)
    assert len(desk.session.scalars(select(WebLink)).all()) == kept
    desk.session.commit()
    if kept:
        page = client.get(f"/support/tickets/{ticket.id}").text
        assert 'rel="noopener noreferrer nofollow"' in page
        assert client.send(f"/support/tickets/{ticket.id}/web-links/1/removal").status_code == 303


def test_a_checklist_is_the_agents_and_goes_its_way(desk: Desk, signed_in: SignedIn) -> None:
    ticket, other = desk.ticket(), desk.ticket()
    at = f"/support/tickets/{ticket.id}/checklist"
    client = signed_in(desk.agent)
    for text in ("Order", "Wait", "Mount"):
        assert client.send(at, text=text).status_code == 303
    assert client.send(at, text=" ").status_code == 422
    assert client.send(f"{at}/3/up").status_code == 303
    client.send(f"{at}/1/done")
    client.send(f"{at}/1/assignee", assignee=str(desk.colleague.id))
    client.send(f"{at}/2/text", text="Wait for it")
    assert client.send(f"{at}/1/assignee", assignee=str(desk.reader.id)).status_code == 422
    elsewhere = f"/support/tickets/{other.id}/checklist/1/done"
    assert client.send(elsewhere).status_code == 404
    items = checklists.items_of(desk.session, [ticket.id, other.id])
    assert [(i.text, i.completed is not None, i.assignee) for i in items[ticket.id]] == [
        ("Order", True, desk.colleague), ("Mount", False, None), ("Wait for it", False, None)
    ]  # fmt: skip
    desk.session.commit()
    assert client.send(f"{at}/2/removal").status_code == 303
    assert "Wait for it" in client.get(f"/support/tickets/{ticket.id}/history").text
    reader, customer = signed_in(desk.reader), signed_in(desk.customer)
    assert "Mount" in reader.get(f"/support/tickets/{ticket.id}").text
    assert reader.send(at, text="No").status_code == 403
    assert "Mount" not in customer.get(f"/tickets/view/{ticket.id}").text
    assert "Mount" not in customer.get(f"/tickets/view/{ticket.id}.ics").text
    assert customer.send(at, text="No").status_code == 403
    assert signed_in(desk.outsider).send(at, text="No").status_code == 404
    assert len(desk.session.scalars(select(ChecklistItem)).all()) == 2


def test_the_number_of_a_merged_ticket_leads_on_for_who_may_see_it(
    desk: Desk, signed_in: SignedIn
) -> None:
    source, into = desk.ticket(customer=desk.stranger), desk.ticket()
    client = signed_in(desk.agent)
    page = client.get(f"/support/tickets/{source.id}/merge?into={into.id}").text
    assert "different customers" in page
    assert desk.stranger.name in page
    desk.session.commit()
    for wrong in ("", "x", "987654", str(source.id)):
        assert client.send(f"/support/tickets/{source.id}/merge", into=wrong).status_code == 422
    answer = client.send(f"/support/tickets/{source.id}/merge", into=str(into.id))
    assert answer.location == f"/support/tickets/{into.id}"
    assert client.get(f"/support/tickets/{source.id}").location == answer.location
    customer, stranger = signed_in(desk.customer), signed_in(desk.stranger)
    assert customer.get(f"/tickets/view/{source.id}").location == f"/tickets/view/{into.id}"
    assert stranger.get(f"/tickets/view/{source.id}").status_code == 404
    assert client.send(f"/support/tickets/{source.id}/separation").status_code == 303
    assert stranger.get(f"/tickets/view/{source.id}").status_code == 200
    desk.make.allow(desk.list.agent_acl, desk.colleague, Level.READ)
    assert signed_in(desk.colleague).send(
        f"/support/tickets/{source.id}/separation").status_code == 404  # fmt: skip


def test_a_message_is_split_off_on_its_page(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    said = desk.make.response(ticket, "And the lamp is broken.")
    client, reader = signed_in(desk.agent), signed_in(desk.reader)
    at = f"/support/tickets/{ticket.id}/comments/{said.id}/split"
    assert "And the lamp is broken." in client.get(at).text
    assert reader.send(at, subject="Lamp").status_code == 403
    assert client.send(at, subject=" ").status_code == 422
    answer = client.send(at, subject="Lamp")
    assert "And the lamp is broken." in client.get(answer.location).text
    assert client.get(at).status_code == 404


def test_a_request_that_was_closed_unresolved_never_came_to_be_resolved(
    desk: Desk, signed_in: SignedIn
) -> None:
    ticket = desk.ticket()
    tickets.set_state(desk.session, desk.agent, ticket, State.CLOSED, now=desk.make.later())
    client = signed_in(desk.customer)
    assert 'class="skipped">Resolved' in client.get(f"/tickets/view/{ticket.id}").text
    for state in (State.OPEN, State.RESOLVED, State.CLOSED):
        tickets.set_state(desk.session, desk.agent, ticket, state, now=desk.make.later())
    desk.session.commit()
    assert 'class="done">Resolved' in client.get(f"/tickets/view/{ticket.id}").text
