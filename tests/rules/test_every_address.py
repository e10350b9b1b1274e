"""Every address that names a ticket, those of tomorrow too: they are taken from the application.

Whoever may not know of the ticket is answered as for one that does not exist, to the letter; who may
only read it changes nothing. One engine will do: what is asked of the database has tests of its own.
"""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from groupware import tokens
from groupware.blobs import store_at
from groupware.config import Settings
from groupware.models import TokenKind
from tests.conftest import SignedIn
from tests.rules.policy import STANDINGS
from tests.rules.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NOWHERE = 999_999
REFUSED = frozenset({400, 403, 404, 405, 409, 412, 415, 422, 428})
FORM = {
    "body": "Hello.", "kind": "reply", "subject": "New", "details": "words", "status": "resolved",
    "state": "resolved", "urgency": "high", "assignee": "", "due": "2030-01-01", "location": "",
    "waiting": "third_party", "categories": "", "wanted": "1", "doing": "viewing", "text": "Violet",
    "url": "https://maple.example/", "value": "Violin", "share": "1",
}  # fmt: skip
"""Something for every form: what does not fit is left."""
OF_READERS = re.compile(r"/(presence|following)$")
"""What whoever reads a ticket may do, and the ticket stays as it is."""


@pytest.fixture
def world(request: pytest.FixtureRequest, session: Session, settings: Settings) -> World:
    return World(session, STANDINGS[request.param], store_at(settings.blob_url))


class Visitor:
    """A person's browser, and their program with a token."""

    def __init__(self, world: World, app: Flask, browser: FlaskClient, secret: str) -> None:
        self.app, self.browser, self.program = app, browser, app.test_client()
        self.secret = secret
        self.token = browser.get("/csrf").get_json()["csrf_token"]
        self.parts = {
            "comment_id": world.reply.id, "item_id": world.item.id, "macro_id": world.macro.id,
            "field_id": world.field.id, "user_id": world.companion.id, "author_id": world.agent.id,
            "other_id": world.other.id, "file_id": world.file_of(world.reply).id,
        }  # fmt: skip
        self.person = world.customer.id
        world.session.commit()

    def addresses(self) -> Iterator[tuple[str, Rule]]:
        """Method and rule of every address that names a ticket."""
        for rule in self.app.url_map.iter_rules():
            if "ticket_id" in rule.arguments:
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                    yield method, rule

    def path(self, rule: Rule, ticket: int) -> str:
        values = {name: self.parts.get(name, 1) for name in rule.arguments} | {"ticket_id": ticket}
        for choices, name in re.findall(r"<any\(([^)]*)\):(\w+)>", rule.rule):
            values[name] = choices.split(",")[0].strip(" '\"")
        return re.sub(r"<(?:[^:>]*(?:\([^)]*\))?:)?(\w+)>", lambda m: str(values[m[1]]), rule.rule)

    def ask(self, method: str, path: str) -> TestResponse:
        if path.startswith("/api/"):
            headers = {"Authorization": f"Bearer {self.secret}", "If-Match": "*"}
            body = {} if method in ("GET", "DELETE") else {"json": self._json(path)}
            return self.program.open(path, method=method, headers=headers, buffered=True, **body)
        if method == "GET":
            return self.browser.get(path, buffered=True)
        return self.browser.open(
            path,
            method=method,
            data={**FORM, "person": str(self.person), "csrf_token": self.token},
            headers={"Sec-Fetch-Site": "same-origin"},
            buffered=True,
        )

    def _json(self, path: str) -> dict[str, object]:
        bodies: dict[str, dict[str, object]] = {
            "comments": {"body": "Hello."}, "checklist": {"text": "Violet"}, "draft": {"body": "Hm."},
            "links": {"ticket": self.parts["other_id"]}, "web-links": {"url": FORM["url"]},
            "macros": {"macro": self.parts["macro_id"]}, "merge": {"into": self.parts["other_id"]},
            "split": {"subject": "New"}, "tickets": {"subject": "New"}, "drafts": {"body": "Hm."},
            "move": {"into": self.parts["other_id"]}, "presence": {"doing": "viewing"},
        }  # fmt: skip
        noun = re.sub(r"/[0-9]+$", "", path).rpartition("/")[2]
        return bodies.get(noun, {})


@pytest.fixture
def visitor(world: World, app: Flask, signed_in: SignedIn) -> Visitor:
    secret = tokens.give(
        world.session, None, world.person, TokenKind.API, name="", now=world.make.now
    )
    return Visitor(world, app, signed_in(world.person), secret)


@pytest.mark.parametrize("world", ["agent of other lists", "other customer"], indirect=True)
def test_a_hidden_ticket_answers_as_none_at_every_address(world: World, visitor: Visitor) -> None:
    before, number = world.state(), world.ticket.id
    world.session.commit()
    walked = 0
    for method, rule in visitor.addresses():
        walked += 1
        there = visitor.ask(method, visitor.path(rule, number))
        missing = visitor.ask(method, visitor.path(rule, NOWHERE))
        here = f"{method} {rule.rule}"
        assert there.status_code in REFUSED, here
        assert there.status_code == missing.status_code, here
        assert _said(there) == _said(missing), f"{here} differs from none"
        for header in ("ETag", "Last-Modified", "Location", "Set-Cookie"):
            assert (header in there.headers) == (header in missing.headers), (here, header)
    assert walked > 90, "the application's addresses were not found"
    world.session.expire_all()
    assert world.state() == before, "a refusal changed something"


@pytest.mark.parametrize("world", ["agent who may read", "colleague"], indirect=True)
def test_who_may_only_read_changes_nothing_at_any_address(world: World, visitor: Visitor) -> None:
    before, number = world.state(), world.ticket.id
    world.session.commit()
    for method, rule in visitor.addresses():
        if method != "GET" and not OF_READERS.search(rule.rule):
            answer = visitor.ask(method, visitor.path(rule, number))
            assert answer.status_code in REFUSED, (method, rule.rule, answer.text[:200])
    world.session.expire_all()
    assert world.state() == before, "a refusal changed something"


def _said(answer: TestResponse) -> str:
    """What was answered, without the form's token, which is signed with its second."""
    return re.sub(r'name="csrf[-_]token" (content|value)="[^"]+"', "", answer.text)
