"""What staff does among themselves moves nothing on any page of the customer: not a byte."""

import re
from dataclasses import dataclass

from flask.testing import FlaskClient

from groupware.blobs import Blob, store_at
from groupware.config import Settings
from modules.tasks import conversation, tickets
from modules.tasks.models import Task, Urgency
from tests.conftest import SignedIn
from tests.factories import Desk

CHANGING = re.compile(
    r'((?:csrf[-_]token|idempotency_key)" (?:content|type="hidden" value|value)=")[^"]+'
)


def face_of(client: FlaskClient, ticket: Task) -> dict[str, object]:
    """All that the customer can see, with what is new each time taken out."""
    faces: dict[str, object] = {}
    for path in (
        "/tickets/my-tickets",
        "/tickets/my-tickets?state=in_progress",
        "/tickets/my-tickets?q=Secretword",
        "/tickets/add",
        f"/tickets/view/{ticket.id}",
        f"/tickets/edit/{ticket.id}",
    ):
        answer = client.get(path)
        headers = {k: v for k, v in answer.headers if k not in ("Date", "Set-Cookie")}
        text = re.sub(r"\d+ (seconds|minutes|hours) ago", "", CHANGING.sub(r"\1", answer.text))
        faces[path] = (answer.status_code, headers, text)
    return faces


@dataclass
class Incoming:
    """A file whose bytes are in the store."""

    name: str
    content_type: str
    size: int
    sha256: str


def stored(settings: Settings, content: bytes) -> Blob:
    return store_at(settings.blob_url).put([content])


def test_what_staff_does_among_themselves_changes_no_byte(
    desk: Desk, signed_in: SignedIn, settings: Settings
) -> None:
    quiet, ticket = desk.ticket(subject="Quiet"), desk.ticket(subject="Busy")
    desk.make.reply(ticket, desk.agent)
    desk.make.reply(quiet, desk.agent)
    client = signed_in(desk.customer)
    face_of(client, ticket)
    before = face_of(client, ticket)

    blob = stored(settings, b"Secretword")
    file = Incoming(
        name="secret.txt", content_type="text/plain", size=blob.size, sha256=blob.sha256
    )
    note = conversation.note(
        desk.session, desk.agent, ticket, "Secretword", incoming=[file], now=desk.make.later()
    )
    conversation.edit_comment(
        desk.session, desk.agent, note, "Secretword again", now=desk.make.later()
    )
    session, agent, now = desk.session, desk.agent, desk.make.later
    tickets.assign(session, agent, ticket, to=desk.colleague, now=now())
    tickets.set_due(session, agent, ticket, due=now(days=3), now=now())
    tickets.categorise(session, agent, ticket, [desk.make.category("hardware")], now=now())
    tickets.link(session, agent, ticket, quiet, now=now())
    conversation.delete_comment(session, desk.manager, note, now=now())
    session.commit()

    assert face_of(client, ticket) == before


def test_urgency_after_filing_is_the_one_fact_that_shows(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    tickets.set_urgency(desk.session, desk.agent, ticket, Urgency.URGENT, now=desk.make.later())
    text = signed_in(desk.customer).get(f"/tickets/view/{ticket.id}").text
    assert "Mara" not in text


def test_a_move_to_another_list_is_not_told(desk: Desk, signed_in: SignedIn) -> None:
    other = desk.make.task_list(agents=[desk.agent], name="Secret list")
    ticket = desk.ticket()
    tickets.move(desk.session, desk.agent, ticket, other, now=desk.make.later())
    client = signed_in(desk.customer)
    for path in ("/tickets/my-tickets", f"/tickets/view/{ticket.id}"):
        text = client.get(path).text
        assert "Secret list" not in text
        assert "Mara" not in text


def test_a_notes_file_is_not_found_by_its_customer(
    desk: Desk, signed_in: SignedIn, settings: Settings
) -> None:
    ticket = desk.ticket()
    blob = stored(settings, b"Secretword")
    file = Incoming(
        name="secret.txt", content_type="text/plain", size=blob.size, sha256=blob.sha256
    )
    conversation.note(desk.session, desk.agent, ticket, "", incoming=[file], now=desk.make.later())
    answer = signed_in(desk.agent).get("/attachments/1/secret.txt", buffered=True)
    assert answer.data == b"Secretword"
    for person in (desk.customer, desk.stranger, desk.outsider):
        client = signed_in(person)
        for path in ("/attachments/1/secret.txt", "/attachments/1/preview/secret.txt"):
            assert client.get(path).status_code == 404
