"""The Support panel's pages: who comes in, what they do, and two who save at once."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.database import Database
from groupware.models import AclEntry, Level, Permission, User
from groupware.people import personal_group
from modules.tasks.access import agent_level, may_submit
from modules.tasks.explain import LEVEL_WORDS
from modules.tasks.models import Category, Grouping, TaskList
from tests.conftest import SignedIn
from tests.factories import PASSWORD, Desk


def base_of(page: str, action: str = "") -> str:
    """The mark that a page's form carries."""
    form = page[page.index(f'action="{action}"') :] if action else page
    found = re.search(r'name="base" value="([0-9a-f]+)"', form)
    assert found, page
    return found[1]


def fresh(session: Session) -> Session:
    session.rollback()
    session.expire_all()
    return session


@pytest.fixture
def seen(database: Database) -> Iterator[Session]:
    """A session that only reads: a writer's would keep the pages waiting."""
    with database.reading() as session:
        yield session


def general(desk: Desk, **values: Any) -> dict[str, Any]:
    return {"name": desk.list.name, "description": "", "grouping": 0, "hue": 1, **values}


@pytest.fixture
def list_manager(desk: Desk) -> User:
    person = desk.make.agent(name="Ines Part", password=PASSWORD)
    desk.make.allow(desk.list.agent_acl, person, Level.MANAGE)
    return person


PAGES = {
    "/settings/support": "manager list_manager administrator",
    "/settings/support/lists/add": "manager administrator",
    "/settings/support/lists/1": "manager list_manager administrator",
    "/settings/support/lists/1/access/agents/add": "manager list_manager administrator",
    "/settings/support/lists/1/access/customers/add?q=sam": "manager list_manager administrator",
    "/settings/support/lists/1/archive": "manager administrator",
    "/settings/support/lists/1/fields": "manager list_manager administrator",
    "/settings/support/lists/1/fields/add": "manager list_manager administrator",
    "/settings/canned-replies": "agent reader manager list_manager administrator",
    "/settings/canned-replies/add": "agent reader manager list_manager administrator",
    "/settings/macros": "agent reader manager list_manager administrator",
    "/settings/macros/add": "agent reader manager list_manager administrator",
    "/settings/support/headings": "manager administrator",
    "/settings/categories": "manager administrator",
    "/settings/categories/add": "manager administrator",
    "/settings/locations": "manager administrator",
    "/settings/locations/1": "manager administrator",
    "/settings/locations/1/access/add": "manager administrator",
    "/settings/locations/1/archive": "manager administrator",
    "/settings/check": "manager list_manager administrator",
    "/settings/check?person=1&list=1": "manager list_manager administrator",
}


def test_each_page_opens_to_those_whom_it_is_for(
    desk: Desk, list_manager: User, signed_in: SignedIn
) -> None:
    people = {"list_manager": list_manager} | {
        name: getattr(desk, name)
        for name in ("customer", "agent", "reader", "manager", "administrator")
    }
    for name, person in people.items():
        client = signed_in(person)
        for page, who in PAGES.items():
            expected = 200 if name in who.split() else 403
            assert client.get(page).status_code == expected, (name, page)


def test_a_list_that_one_must_not_know_is_not_there(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.outsider)
    assert client.get(f"/settings/support/lists/{desk.list.id}").status_code == 404
    assert client.get("/settings/support/lists/99999").status_code == 404
    assert client.get("/settings/support/lists/99999/access/nobody/add").status_code == 404


def test_settings_lead_to_the_first_page_that_one_may_use(
    desk: Desk, list_manager: User, signed_in: SignedIn
) -> None:
    only_users = desk.make.user(Permission.ADMINISTER, password=PASSWORD)
    assert signed_in(desk.manager).get("/settings").location == "/settings/support"
    assert signed_in(list_manager).get("/settings").location == "/settings/support"
    assert signed_in(only_users).get("/settings").location == "/settings/check"
    assert signed_in(desk.agent).get("/settings").location == "/settings/canned-replies"
    assert signed_in(desk.customer).get("/settings").status_code == 403


def test_the_overview_warns_where_a_list_reaches_nobody(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    text = signed_in(desk.manager).get("/settings/support").text
    assert "2 may ask" in text
    assert "2 may answer" in text
    assert "Nobody" not in text
    for person in (desk.agent, desk.colleague, desk.customer, desk.stranger):
        person.active = False
    text = signed_in(desk.manager).get("/settings/support").text
    assert "Nobody may ask here" in text
    assert "Nobody but managers may answer here" in text


def test_a_manager_makes_a_list_and_gives_two_groups_access(
    desk: Desk, signed_in: SignedIn, seen: Session
) -> None:
    staff = desk.make.group(Permission.CREATE_TICKETS, members=[desk.reader])
    team = desk.make.group(Permission.MANAGE_TICKETS, members=[desk.outsider])
    client = signed_in(desk.manager)
    made = client.send("/settings/support/lists/add", name="Billing", description="", hue=4)
    assert made.status_code == 303
    assert client.send(f"{made.location}/access/customers/add", group=staff.id).status_code == 303
    added = client.send(
        f"{made.location}/access/agents/add", group=team.id, level=int(Level.DELETE)
    )
    assert added.status_code == 303
    billing = fresh(seen).scalar(select(TaskList).where(TaskList.name == "Billing"))
    assert billing is not None
    assert may_submit(seen, desk.reader, billing)
    assert agent_level(seen, desk.outsider, billing) == Level.DELETE


def test_a_form_that_is_refused_keeps_what_was_typed(
    desk: Desk, signed_in: SignedIn, seen: Session
) -> None:
    client, path = signed_in(desk.manager), f"/settings/support/lists/{desk.list.id}"
    base = base_of(client.get(path).text, path)
    answer = client.send(path, base=base, **general(desk, name=" ", description="Typed <b> text"))
    assert answer.status_code == 422
    assert "Typed &lt;b&gt; text" in answer.text
    base = base_of(client.get(path).text, f"{path}/rules")
    answer = client.send(f"{path}/rules", base=base, close_after_days="-3", reopen_within_days="x",
                         answer_hours="7")  # fmt: skip
    assert answer.status_code == 422
    assert 'value="7"' in answer.text
    assert fresh(seen).get_one(TaskList, desk.list.id).answer_hours == 0


def test_the_second_of_two_who_save_is_told_and_loses_nothing(
    desk: Desk, signed_in: SignedIn, seen: Session
) -> None:
    path = f"/settings/support/lists/{desk.list.id}"
    first, second = signed_in(desk.manager), signed_in(desk.administrator)
    base = base_of(second.get(path).text, path)
    assert first.send(path, base=base, **general(desk, name="Software")).status_code == 303
    answer = second.send(
        path, base=base, **general(desk, name="Clinics", description="For clinics")
    )
    assert answer.status_code == 409
    for text in ("Software", "Clinics", "For clinics"):
        assert text in answer.text
    assert fresh(seen).get_one(TaskList, desk.list.id).name == "Software"
    again = base_of(answer.text)
    assert second.send(path, base=again, **general(desk, name="Clinics")).status_code == 303
    assert fresh(seen).get_one(TaskList, desk.list.id).name == "Clinics"


def test_the_second_of_two_who_change_access_is_told(
    desk: Desk, signed_in: SignedIn, session: Session, seen: Session
) -> None:
    path = f"/settings/support/lists/{desk.list.id}"
    client = signed_in(desk.manager)
    page = client.get(path).text
    base = base_of(page, f"{path}/access/agents")
    agent = personal_group(session, desk.agent).id
    session.rollback()
    first = client.send(f"{path}/access/agents", {f"level-{agent}": 10}, base=base)
    assert first.status_code == 303
    answer = client.send(f"{path}/access/agents", {f"level-{agent}": 50}, base=base)
    assert answer.status_code == 409
    assert LEVEL_WORDS[Level.READ] in answer.text
    assert LEVEL_WORDS[Level.MANAGE] in answer.text
    assert agent_level(fresh(seen), desk.agent, desk.list) == Level.READ


def test_a_line_is_taken_off_and_the_other_levels_are_kept(
    desk: Desk, signed_in: SignedIn, session: Session, seen: Session
) -> None:
    path = f"/settings/support/lists/{desk.list.id}"
    client = signed_in(desk.manager)
    base = base_of(client.get(path).text, f"{path}/access/agents")
    agent, reader = (personal_group(session, who).id for who in (desk.agent, desk.reader))
    session.rollback()
    client.send(f"{path}/access/agents", {f"level-{agent}": 50, "remove": reader}, base=base)
    fresh(seen)
    assert agent_level(seen, desk.agent, desk.list) == Level.MANAGE
    assert agent_level(seen, desk.reader, desk.list) == Level.NONE
    assert agent_level(seen, desk.colleague, desk.list) == Level.WRITE


def test_a_level_that_does_not_exist_is_refused(
    desk: Desk, signed_in: SignedIn, session: Session, seen: Session
) -> None:
    path = f"/settings/support/lists/{desk.list.id}/access"
    client = signed_in(desk.manager)
    group = personal_group(session, desk.outsider).id
    session.rollback()
    for level in ("11", "x", "-1", "0", str(2**70)):
        assert client.send(f"{path}/agents/add", group=group, level=level).status_code == 422
    for sent in ("x", "", str(2**70), "99999"):
        assert client.send(f"{path}/agents/add", group=sent, level="30").status_code == 404
    found = fresh(seen).scalar(select(AclEntry).where(AclEntry.group_id == group))
    assert found is None


def test_who_manages_a_list_cannot_let_themselves_in_by_the_page(
    desk: Desk, list_manager: User, signed_in: SignedIn, session: Session, seen: Session
) -> None:
    own = personal_group(session, list_manager).id
    client = signed_in(list_manager)
    path = f"/settings/support/lists/{desk.list.id}/access/customers/add"
    assert client.send(path, group=own).status_code == 403
    assert not may_submit(fresh(seen), list_manager, desk.list)


def test_archiving_asks_first_and_can_be_undone(
    desk: Desk, signed_in: SignedIn, seen: Session
) -> None:
    client, path = signed_in(desk.manager), f"/settings/support/lists/{desk.list.id}"
    assert "Its tickets stay" in client.get(f"{path}/archive").text
    assert not fresh(seen).get_one(TaskList, desk.list.id).archived
    client.send(f"{path}/archive")
    assert fresh(seen).get_one(TaskList, desk.list.id).archived
    client.send(f"{path}/restore")
    assert not fresh(seen).get_one(TaskList, desk.list.id).archived


def test_categories_and_headings_are_made_changed_and_archived(
    desk: Desk, signed_in: SignedIn, seen: Session
) -> None:
    client = signed_in(desk.manager)
    client.send("/settings/categories/add", name="iPad", hue=3, task_lists=[desk.list.id])
    made = fresh(seen).scalar(select(Category).where(Category.name == "iPad"))
    assert made is not None
    assert [each.id for each in made.task_lists] == [desk.list.id]
    path = f"/settings/categories/{made.id}"
    base = base_of(client.get(path).text)
    assert client.send(path, base=base, name="Tablet", hue=5).status_code == 303
    stale = client.send(path, base=base, name="Pad", hue=5)
    assert stale.status_code == 409
    client.send(f"{path}/archive")
    assert fresh(seen).get_one(Category, made.id).archived
    assert "Tablet" in client.get("/settings/categories?show=archived").text
    client.send("/settings/support/headings", name="Products")
    heading = fresh(seen).scalar(select(Grouping))
    assert heading is not None
    path = f"/settings/support/lists/{desk.list.id}"
    base = base_of(client.get(path).text, path)
    client.send(path, base=base, **general(desk, grouping=heading.id))
    assert "Products" in client.get("/settings/support").text
    client.send(f"/settings/support/headings/{heading.id}/delete")
    assert fresh(seen).get_one(TaskList, desk.list.id).grouping_id is None


def test_a_search_finds_a_handful_however_many_there_are(desk: Desk, signed_in: SignedIn) -> None:
    for number in range(30):
        desk.make.user(name=f"Nora {number:02}")
    text = (
        signed_in(desk.manager)
        .get(f"/settings/support/lists/{desk.list.id}/access/agents/add?q=nora")
        .text
    )
    assert text.count("Nora ") <= 20 * 3
    assert "There are more" in text
    text = signed_in(desk.manager).get("/settings/check?q=%25").text
    assert "Nobody found" in text


class TestCheckAPerson:
    """The page says what `explain` says, with the way to where it can be given."""

    def checked(self, client: FlaskClient, desk: Desk, person: User) -> str:
        return client.get(f"/settings/check?person={person.id}&list={desk.list.id}").text

    def test_it_names_level_and_line(self, desk: Desk, signed_in: SignedIn) -> None:
        text = self.checked(signed_in(desk.manager), desk, desk.agent)
        assert "Has the level Answer." in text
        assert "Clinic software gives them by name the level Answer." in text

    def test_it_leads_to_where_the_missing_can_be_given(
        self, desk: Desk, signed_in: SignedIn
    ) -> None:
        text = self.checked(signed_in(desk.manager), desk, desk.customer)
        assert "No group of theirs gives the permission to work on tickets." in text
        assert f'href="/settings/support/lists/{desk.list.id}#agents"' in text
        assert "/settings/users/" not in text
        text = self.checked(signed_in(desk.administrator), desk, desk.customer)
        assert f'href="/settings/users/{desk.customer.id}"' in text

    def test_it_explains_each_act_on_a_ticket(self, desk: Desk, signed_in: SignedIn) -> None:
        ticket = desk.ticket()
        path = f"/settings/check?person={desk.reader.id}&ticket=%23{ticket.id}"
        text = signed_in(desk.manager).get(path).text
        assert "see notes, their files and the full history" in text
        assert "needs Answer on Clinic software; has Read by name" in text

    def test_who_manages_one_list_asks_about_that_list_only(
        self, desk: Desk, list_manager: User, signed_in: SignedIn
    ) -> None:
        other = desk.make.task_list(name="Secret matters")
        hidden = desk.make.ticket(task_list=other, customer=self.asking(desk, other))
        client = signed_in(list_manager)
        text = client.get(f"/settings/check?person={desk.agent.id}&list={other.id}").text
        assert "Secret matters" not in text
        text = client.get(f"/settings/check?person={desk.agent.id}&ticket={hidden.id}").text
        assert hidden.summary not in text
        assert "There is no ticket" in text

    def asking(self, desk: Desk, task_list: TaskList) -> User:
        customer = desk.make.customer()
        desk.make.allow(task_list.customer_acl, customer, Level.CREATE)
        return customer

    def test_what_is_typed_by_hand_is_answered(self, desk: Desk, signed_in: SignedIn) -> None:
        client = signed_in(desk.manager)
        assert client.get("/settings/check?person=999999").status_code == 404
        for query in ("person=x", f"person={2**70}", "list=x&ticket=x", "q=%00", "q=" + "x" * 900):
            assert client.get(f"/settings/check?{query}").status_code == 200


def test_all_lists_cost_as_many_statements_as_one(
    app: Flask, desk: Desk, signed_in: SignedIn
) -> None:
    from sqlalchemy import event

    client = signed_in(desk.manager)
    engine = app.extensions["groupware"].database.engine
    counted: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *a: counted.append(a[2]))
    client.get("/settings/support")
    counted.clear()
    client.get("/settings/support")
    before = len(counted)
    for _ in range(5):
        desk.make.task_list()
    desk.session.commit()
    counted.clear()
    client.get("/settings/support")
    assert len(counted) == before
