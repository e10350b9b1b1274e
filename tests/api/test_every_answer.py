"""The whole document, operation by operation: whatever is sent is answered as documented.

Each person sends each operation what keeps to the document, with numbers that exist; who may do the
most sends what breaks it, too. On PostgreSQL, which takes less than SQLite does.
"""

import io
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from sqlalchemy.orm import Session

from groupware import tokens, uploads
from groupware.api.document import document
from groupware.blobs import store_at
from groupware.config import Settings
from groupware.models import TokenKind
from modules.tasks import checklists, groupings, saved_views
from modules.tasks.canned import texts
from modules.tasks.canned.at_hand import Label
from modules.tasks.macros import managing as macros
from modules.tasks.macros.steps import Steps
from tests.factories import NOON, Desk

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
    # Its client does not close the files that it was sent.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

REFUSALS = [400, 403, 404, 412, 413, 415, 422, 428]
NAMES = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)


@pytest.fixture
def where(request: pytest.FixtureRequest) -> Settings:
    """The installation's settings, beside hypothesis's of the same name."""
    return request.getfixturevalue("settings")


@pytest.fixture
def secrets(desk: Desk, session: Session, where: Settings) -> list[str]:
    """Tokens of a customer, an agent and a manager, at a desk where something has happened."""
    store = store_at(where.blob_url)
    for number in range(8):
        _, file = uploads.receive(
            session, store, desk.customer, name="a.txt", stream=io.BytesIO(b"a"), now=NOON
        )
        ticket = desk.ticket(subject=f"Request {number}", files=[file])
        desk.make.reply(ticket, desk.agent)
        desk.make.note(ticket, desk.agent)
        desk.make.location(desk.customer)
        desk.make.task_list(customers=[desk.customer], agents=[desk.agent])
        desk.make.category(task_lists=[desk.list][: number % 2])
        checklists.add_item(session, desk.agent, ticket, f"Item {number}", now=NOON)
        label = Label(f"Text {number}")
        texts.create(session, desk.manager, label, "Hello.", now=NOON)
        macros.create(session, desk.manager, label, Steps(urgency="high"), now=NOON)
        saved_views.save(session, desk.manager, saved_views.Wish(f"View {number}"), now=NOON)
        groupings.named_so(session, desk.manager, f"Heading {number}", now=NOON)
    people = (desk.customer, desk.agent, desk.manager)
    found = [tokens.give(session, each, each, TokenKind.API, name="", now=NOON) for each in people]
    session.commit()
    return found


def _put_in_what_is_there(case: Any, number: int) -> None:
    for name in case.path_parameters or {}:
        if name.endswith("_id"):
            case.path_parameters[name] = 2 * number if name == "comment_id" else number
    if "side" in (case.path_parameters or {}):
        case.path_parameters["side"] = "customers" if number % 2 else "agents"
    if number % 2:
        case.query = {
            name: case.query[name] for name in ("per_page", "ticket") if name in case.query
        }
    if "ticket" in (case.query or {}):
        case.query["ticket"] = number
    if "If-Match" in (case.headers or {}):
        case.headers["If-Match"] = "*"
    if isinstance(case.body, dict) and number > 2:
        for name in ("location", "task_list", "customer", "ticket"):
            if name in case.body:
                case.body[name] = 1
        for name in ("attachments", "participants", "categories", "assignee", "task_lists"):
            case.body.pop(name, None)


def test_each_answer_is_as_documented(app: Flask, secrets: list[str]) -> None:
    with app.app_context():
        drawn = document(app, title="Tickets", version="1", url="http://localhost")
    config = schemathesis.Config.from_dict(
        {"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}}
    )
    schema: Any = schemathesis.openapi.from_dict(drawn, config=config)
    schema.app = app
    checks = CHECKS.get_by_names(list(NAMES))
    asked = went_well = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        kept = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        broken = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
        turns, answered = iter(secrets), set[int]()

        def ask(kept: Any, broken: Any, number: int, turns: Iterator[str], seen: set[int]) -> None:
            secret = next(turns)
            _put_in_what_is_there(kept, number)
            for case in (kept, broken) if secret == secrets[-1] else (kept,):
                headers = {"Authorization": f"Bearer {secret}"}
                seen.add(case.call_and_validate(checks=checks, headers=headers).status_code)

        settings(
            max_examples=len(secrets),
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(
            given(
                kept=kept,
                broken=broken,
                number=st.integers(1, 7),
                turns=st.just(turns),
                seen=st.just(answered),
            )(ask)
        )()
        assert next(turns, None) is None, "each of them has asked"
        asked += 1
        went_well += any(status < 300 for status in answered)
    assert asked > 100
    assert went_well > asked // 2, "what keeps to the document is not merely refused"
