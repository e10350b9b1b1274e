"""Saved views, and rows that become tickets: everybody tries everything, by page and by program."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import people, tokens
from groupware.errors import Refusal
from groupware.models import Level, TokenKind
from modules.support.importing.making import make as import_row
from modules.tasks import saved_views
from modules.tasks.models import Task
from modules.tasks.saved_views import SavedView, Wish
from tests.conftest import SignedIn
from tests.factories import NOON, Desk
from tests.rules.policy import IMPORT, MANAGE, READ, STANDINGS, VIEWS
from tests.rules.world import World

# One engine will do: what is asked of the database has tests of its own.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Door = tuple[str, str, dict[str, Any]]
PAGES: dict[str, Door] = {
    "use": ("GET", "/support?view={}", {}),
    "look at its page": ("GET", "/support/views/{}", {}),
    "duplicate": ("POST", "/support/views/{}/copy", {}),
    "change": ("POST", "/support/views/{}", {"name": "Taken"}),
    "share": ("POST", "/support/views/{}/access/add", {"level": "10"}),
    "delete": ("POST", "/support/views/{}/deletion", {}),
}
PROGRAMS: dict[str, Door] = {
    "use": ("GET", "/api/v1/tickets?view={}", {}),
    "look at its page": ("GET", "/api/v1/views/{}", {}),
    "count": ("GET", "/api/v1/views/{}/count", {}),
    "change": ("PATCH", "/api/v1/views/{}", {"name": "Taken"}),
    "share": ("PATCH", "/api/v1/views/{}/access", {"entries": []}),
    "delete": ("DELETE", "/api/v1/views/{}", {}),
}
HELD = {"nothing": 0, "use": READ, "change": MANAGE}


@pytest.mark.parametrize("held", HELD)
def test_views_are_used_and_changed_as_their_access_list_says(
    held: str, desk: Desk, app: Flask, signed_in: SignedIn
) -> None:
    session, colleague, customer = desk.session, desk.colleague, desk.customer
    view = saved_views.save(session, desk.agent, Wish("Ours"), now=NOON)
    levels = {
        people.personal_group(session, each).id: Level(HELD[held])
        for each in (colleague, desk.manager, customer)
    }
    saved_views.share(session, desk.agent, view, levels, now=NOON)
    group = str(people.personal_group(session, desk.stranger).id)
    programs = {
        each: _program(app, tokens.give(session, None, each, TokenKind.API, name="", now=NOON))
        for each in (colleague, desk.manager, customer)
    }
    session.commit()
    kept = (view.id, view.name, view.modified)
    doors = [(act, door) for each in (PAGES, PROGRAMS) for act, door in each.items()]
    # What takes it away comes last; each person begins with the view as it was.
    for person in (customer, colleague, desk.manager):
        browser = signed_in(person)
        for act, (method, path, sent) in doors:
            if act == "delete" and HELD[held] >= VIEWS[act] and person is not desk.manager:
                continue
            pages = path.startswith("/support")
            if pages and method == "POST":
                answer = browser.send(path.format(view.id), **{"group": group, **sent})
            elif pages:
                answer = browser.get(path.format(view.id))
            else:
                answer = programs[person](method, path.format(view.id), sent)
            wanted = _wanted(person is not customer, HELD[held], VIEWS[act])
            assert answer.status_code in wanted, (person.name, act, path, answer.text[:300])
            if 200 not in wanted:
                row = select(SavedView.id, SavedView.name, SavedView.modified)
                found = session.execute(row.where(SavedView.id == view.id)).one()
                assert found == kept, (person.name, act)
                session.commit()


def _wanted(agent: bool, has: int, needs: int) -> tuple[int, ...]:  # noqa: FBT001
    if not agent:
        return (400, 403)  # what only agents may ask is no question of theirs
    if has < READ:
        return (404,)
    # Done; or gone, or refused for what was sent: never for want of a right.
    return (200, 204, 303, 404, 409, 412, 422, 428) if has >= needs else (403,)


def _program(app: Flask, secret: str) -> Callable[[str, str, dict[str, Any]], Any]:
    headers = {"Authorization": f"Bearer {secret}", "If-Match": "*"}

    def ask(method: str, path: str, sent: dict[str, Any]) -> Any:
        body = {"json": sent} if method == "PATCH" else {}
        return app.test_client().open(path, method=method, headers=headers, **body)

    return ask


def test_rows_become_tickets_for_who_may_file_there(session: Session) -> None:
    def number() -> int | None:
        return session.scalar(select(func.count()).select_from(Task))

    for name, who in STANDINGS.items():
        beginning = session.begin_nested()
        world = World(session, who)
        said = {"subject": "Imported", "customer": world.customer.address}
        said |= {"details": "Words.", "location": world.location.name}
        before = number()
        if who.level >= IMPORT:
            made = import_row(session, world.person, world.list, said, now=world.make.later())
            assert made.task_list is world.list, name
        else:
            with pytest.raises(Refusal), session.begin_nested():
                import_row(session, world.person, world.list, said, now=world.make.later())
            assert number() == before, name
        beginning.rollback()
