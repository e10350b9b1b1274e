"""What staff does among themselves moves nothing on any page of the customer: not a byte."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from flask.testing import FlaskClient

from groupware import tokens
from groupware.blobs import Blob, store_at
from groupware.config import Settings
from groupware.models import TokenKind
from modules.tasks import checklists, conversation, fields, tickets
from modules.tasks.fields import FieldKind, managing
from modules.tasks.models import Kind, Task, Urgency
from modules.tasks.together import drafts, followers, presence
from modules.tasks.together.models import Doing
from tests.conftest import SignedIn
from tests.factories import Desk

CHANGING = re.compile(
    r'((?:csrf[-_]token|idempotency_key)" (?:content|type="hidden" value|value)=")[^"]+'
)


def face_of(
    client: FlaskClient, ticket: Task, programs: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """All that the customer can see, with what is new each time taken out."""
    faces: dict[str, Any] = {}
    for path in (
        "/tickets/my-tickets",
        "/tickets/my-tickets?state=in_progress",
        "/tickets/my-tickets?q=Secretword",
        "/tickets/add",
        f"/tickets/view/{ticket.id}",
        f"/tickets/edit/{ticket.id}",
        f"/tickets/view/{ticket.id}.ics",
        f"/tickets/view/{ticket.id}/print",
        f"/live?topics=request:{ticket.id}",
        *programs,
    ):
        answer = client.get(path, headers=programs.get(path), buffered=True)
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
    wish = managing.Wish(name="Blame", kind=FieldKind.TEXT, public=False)
    managing.add(desk.session, desk.manager, desk.list, wish, now=desk.make.later())
    programs = programs_of(desk, ticket)
    client = signed_in(desk.customer)
    face_of(client, ticket, programs)
    before = face_of(client, ticket, programs)

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
    tickets.add_web_link(session, agent, ticket, "https://secretword.example/", now=now())
    fields.write(session, agent, ticket, {"blame": "Secretword"}, now=now())
    item = checklists.add_item(session, agent, ticket, "Secretword", now=now())
    checklists.check_item(session, agent, ticket, item, done=True, now=now())
    drafts.share(session, agent, ticket, Kind.REPLY, "Secretword", now=now())
    followers.follow(session, desk.colleague, ticket, now=now())
    presence.say(session, agent, ticket, Doing.WRITING, now=now())
    conversation.delete_comment(session, desk.manager, note, now=now())
    session.commit()

    after = face_of(client, ticket, programs)
    assert {path: after[path] for path in after if after[path] != before[path]} == {}
    assert {answer[0] for answer in after.values()} == {200}, "each of them is answered"


def programs_of(desk: Desk, ticket: Task) -> dict[str, Any]:
    """Addresses that the customer's programs ask, each with its secret; all of them answer."""
    api, dav, feed = (
        tokens.give(desk.session, None, desk.customer, kind, name="", now=desk.make.now)
        for kind in (TokenKind.API, TokenKind.DAV, TokenKind.FEED)
    )
    pair = base64.b64encode(f"{desk.customer.address}:{dav}".encode()).decode()
    bearer, basic = ({"Authorization": f"{how}"} for how in (f"Bearer {api}", f"Basic {pair}"))
    here = f"/api/v1/tickets/{ticket.id}"
    desk.session.commit()
    return {
        **{f"{here}{part}": bearer for part in ("", "/comments", "/journal", "/attachments")},
        "/api/v1/tickets": bearer,
        f"/dav/calendars/{desk.customer.id}/requests/{ticket.uid}.ics": basic,
        f"/calendar/{feed}.ics": None,
    }


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
