"""The administrators' pages: users, groups, organisation, journal."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import groups
from groupware.access import access_of
from groupware.database import Database
from groupware.models import (
    Group,
    JournalEntry,
    Level,
    Membership,
    OutboundMail,
    Permission,
    User,
)
from groupware.people import by_address, personal_group
from groupware.preferences import Organisation, load
from tests.conftest import SignedIn
from tests.factories import NOON, PASSWORD, Desk

HARD = "seven green lanterns"


@pytest.fixture
def seen(database: Database) -> Iterator[Session]:
    """A session that only reads: a writer's would keep the pages waiting."""
    with database.reading() as session:
        yield session


def base_of(page: str, action: str = "") -> str:
    form = page[page.index(f'action="{action}"') :] if action else page
    found = re.search(r'name="base" value="([0-9a-f]+)"', form)
    assert found, page
    return found[1]


def fresh(session: Session) -> Session:
    session.rollback()
    session.expire_all()
    return session


PAGES = (
    "/settings/users",
    "/settings/users/add",
    "/settings/users/1",
    "/settings/users/1/deactivation",
    "/settings/users/1/groups/add",
    "/settings/groups",
    "/settings/groups/GROUP",
    "/settings/groups/GROUP/members/add",
    "/settings/groups/GROUP/delete",
    "/settings/organisation",
    "/settings/journal",
)


@pytest.fixture
def shift(desk: Desk) -> Group:
    return desk.make.group(Permission.MANAGE_TICKETS, name="Night shift", members=[desk.agent])


def test_only_administrators_come_in(desk: Desk, shift: Group, signed_in: SignedIn) -> None:
    for name in ("customer", "agent", "manager", "administrator"):
        client = signed_in(getattr(desk, name))
        for page in PAGES:
            path = page.replace("GROUP", str(shift.id))
            expected = 200 if name == "administrator" else 403
            assert client.get(path).status_code == expected, (name, path)
        sent = client.send(f"/settings/users/{desk.stranger.id}/sessions/end")
        assert sent.status_code == (303 if name == "administrator" else 403)


def test_a_new_person_is_invited_by_mail(desk: Desk, signed_in: SignedIn, seen: Session) -> None:
    form = {"name": "Ida Berg", "address": "ida@maple.example", "organisation": "", "how": "invite"}
    answer = signed_in(desk.administrator).send("/settings/users/add", form)
    assert answer.status_code == 303
    ida = by_address(seen, "ida@maple.example")
    assert ida is not None
    assert ida.password_hash is None
    mail = seen.scalars(select(OutboundMail)).one()
    assert (mail.recipient, mail.secret) == ("ida@maple.example", True)


def test_a_new_person_may_be_given_a_password(
    desk: Desk, signed_in: SignedIn, seen: Session
) -> None:
    client = signed_in(desk.administrator)
    form = {"name": "Ida Berg", "address": "ida@maple.example", "how": "password"}
    short = client.send("/settings/users/add", form, password="short")
    assert short.status_code == 422
    assert "Ida Berg" in short.text
    assert by_address(seen, "ida@maple.example") is None
    assert client.send("/settings/users/add", form, password=HARD).status_code == 303
    ida = by_address(fresh(seen), "ida@maple.example")
    assert ida is not None
    assert ida.password_hash
    assert HARD not in ida.password_hash
    again = client.send("/settings/users/add", form, password=HARD)
    assert again.status_code == 422
    assert "Somebody has this address already." in again.text


def test_the_second_of_two_who_change_a_person_is_told(
    desk: Desk, signed_in: SignedIn, seen: Session
) -> None:
    client, path = signed_in(desk.administrator), f"/settings/users/{desk.agent.id}"
    base = base_of(client.get(path).text, path)
    assert client.send(path, base=base, name="Mara Berg", organisation="").status_code == 303
    answer = client.send(path, base=base, name="Mara Lind", organisation="Maple")
    assert answer.status_code == 409
    assert "Mara Berg" in answer.text
    assert "Mara Lind" in answer.text
    assert seen.get_one(User, desk.agent.id).name == "Mara Berg"


def test_switching_off_asks_first_tells_what_they_have_and_is_at_once(
    desk: Desk, signed_in: SignedIn, seen: Session
) -> None:
    ticket = desk.ticket()
    desk.make.reply(ticket, desk.agent)
    inside, client = signed_in(desk.agent), signed_in(desk.administrator)
    path = f"/settings/users/{desk.agent.id}/deactivation"
    page = client.get(path).text
    assert "Their tickets stay theirs" in page
    assert re.search(rf'href="/support\?assignee={desk.agent.id}".*?count">1<', page, re.DOTALL)
    assert seen.get_one(User, desk.agent.id).active
    client.send(path)
    assert not fresh(seen).get_one(User, desk.agent.id).active
    assert inside.get("/support").status_code == 302
    client.send(f"/settings/users/{desk.agent.id}/activation")
    assert fresh(seen).get_one(User, desk.agent.id).active


def test_an_administrator_does_not_shut_themselves_out(
    desk: Desk, signed_in: SignedIn, seen: Session
) -> None:
    ada = desk.administrator
    client = signed_in(ada)
    client.send(f"/settings/users/{ada.id}/deactivation")
    path = f"/settings/users/{ada.id}"
    base = base_of(client.get(path).text, f"{path}/permissions")
    answer = client.send(f"{path}/permissions", base=base, permissions=["create_tickets"])
    assert answer.status_code == 303
    page = client.get(path)
    assert page.status_code == 200
    assert "You would no longer administer this desk yourself." in page.text
    assert access_of(seen, seen.get_one(User, ada.id)).administrator


def test_permissions_are_given_and_the_second_of_two_is_told(
    desk: Desk, shift: Group, signed_in: SignedIn, seen: Session
) -> None:
    client, path = signed_in(desk.administrator), f"/settings/groups/{shift.id}"
    base = base_of(client.get(path).text, f"{path}/permissions")
    sent = {"base": base, "permissions": ["manage_tickets", "manage_support"]}
    assert client.send(f"{path}/permissions", sent).status_code == 303
    assert groups.permissions_of(seen, shift) == {
        Permission.MANAGE_TICKETS,
        Permission.MANAGE_SUPPORT,
    }
    answer = client.send(f"{path}/permissions", base=base, permissions=["administer"])
    assert answer.status_code == 409
    assert "Manage the desk" in answer.text
    assert Permission.ADMINISTER not in groups.permissions_of(fresh(seen), shift)


def test_people_join_and_leave_groups(
    desk: Desk, shift: Group, signed_in: SignedIn, seen: Session
) -> None:
    client, ids = signed_in(desk.administrator), (desk.reader.id, shift.id)
    client.send(f"/settings/groups/{shift.id}/members/add", user=desk.reader.id)
    assert seen.get(Membership, ids)
    client.send(f"/settings/groups/{shift.id}/members/remove", user=desk.reader.id)
    assert not fresh(seen).get(Membership, ids)
    client.send(f"/settings/users/{desk.reader.id}/groups/add", group=shift.id)
    assert fresh(seen).get(Membership, ids)
    client.send(f"/settings/users/{desk.reader.id}/groups/leave", group=shift.id)
    assert not fresh(seen).get(Membership, ids)
    for wrong in ("", "x", "99999", str(2**70)):
        sent = client.send(f"/settings/groups/{shift.id}/members/add", user=wrong)
        assert sent.status_code == 404


def test_deleting_a_group_tells_which_access_lists_name_it(
    desk: Desk, shift: Group, signed_in: SignedIn, seen: Session
) -> None:
    desk.make.allow(desk.list.agent_acl, shift, Level.WRITE)
    desk.make.allow(desk.location.acl, shift, Level.READ)
    client, path = signed_in(desk.administrator), f"/settings/groups/{shift.id}/delete"
    page = client.get(path).text
    assert "Clinic software: agents" in page
    assert "Maple Street" in page
    assert client.send(path).status_code == 303
    assert seen.get(Group, shift.id) is None


def test_the_group_that_stands_for_a_person_has_no_page(
    desk: Desk, signed_in: SignedIn, seen: Session
) -> None:
    client = signed_in(desk.administrator)
    own = personal_group(seen, seen.get_one(User, desk.agent.id))
    assert client.get(f"/settings/groups/{own.id}").status_code == 404


def test_users_are_searched_and_paged_without_end(
    desk: Desk, signed_in: SignedIn, seen: Session
) -> None:
    for number in range(60):
        desk.make.user(name=f"Nora {number % 7}", organisation="نور 🌷" * 20)
    client = signed_in(desk.administrator)
    found: list[str] = []
    page: str | None = "/settings/users"
    pages = 0
    while page:
        text = client.get(page).text
        found += re.findall(r'href="/settings/users/(\d+)"', text)
        more = re.search(r'href="([^"]+)" rel="next"', text)
        page = more[1].replace("&amp;", "&") if more else None
        pages += 1
    everybody = seen.scalar(select(func.count(User.id)))
    assert pages == 2
    assert len(found) == len(set(found)) == everybody
    assert client.get("/settings/users?q=nora&show=off").text.count("Nora") == 0
    for strange in ("after=x", f"after={2**70}", "q=%25_%27", "show=%00", "after=999999"):
        assert client.get(f"/settings/users?{strange}").status_code == 200


def test_the_look_is_previewed_before_it_is_saved(
    desk: Desk, signed_in: SignedIn, seen: Session
) -> None:
    client, path = signed_in(desk.administrator), "/settings/organisation"
    form: dict[str, Any] = {
        "base": base_of(client.get(path).text), "name": "Maple Support", "hue": 5,
        "about_answers": "", "security_contact": "", "locale": "de",
    }  # fmt: skip
    preview = client.send(path, form, preview="1").text
    assert 'class="hue-5"' in preview
    assert "Maple Support" in preview
    assert load(seen, Organisation).hue == 1
    assert client.send(path, form).status_code == 303
    kept = load(fresh(seen), Organisation)
    assert (kept.name, kept.locale) == ("Maple Support", "de")
    assert client.send(path, {**form, "name": "Oak Support"}).status_code == 409
    assert client.send(path, {**form, "locale": "xx"}).status_code == 422
    assert client.send(path, {**form, "hue": 13}).status_code == 422


class TestJournal:
    """Who did what to what, read by administrators."""

    def test_it_says_it_in_a_sentence_with_both_values(
        self, desk: Desk, shift: Group, signed_in: SignedIn
    ) -> None:
        groups.rename(desk.session, desk.administrator, shift, name="Late <b>shift</b>", now=NOON)
        text = signed_in(desk.administrator).get("/settings/journal").text
        assert "renamed the group Late &lt;b&gt;shift&lt;/b&gt;" in text
        assert "Night shift" in text

    def test_it_is_filtered_by_person_and_kind(
        self, desk: Desk, shift: Group, signed_in: SignedIn
    ) -> None:
        groups.rename(desk.session, desk.administrator, shift, name="Late shift", now=NOON)
        desk.ticket()
        client = signed_in(desk.administrator)
        text = client.get("/settings/journal?kind=group").text
        assert "Late shift" in text
        assert "filed ticket" not in text
        text = client.get(f"/settings/journal?person={desk.customer.id}").text
        assert "Late shift" not in text
        assert "filed ticket" in text
        assert "Late shift" in client.get("/settings/journal?q=Ada").text

    def test_an_administrator_who_is_no_agent_reads_nothing_of_tickets(
        self, desk: Desk, signed_in: SignedIn
    ) -> None:
        ticket = desk.ticket()
        desk.make.note(ticket, desk.agent)
        plain = desk.make.user(Permission.ADMINISTER, password=PASSWORD)
        client = signed_in(plain)
        for query in ("", "?kind=task", f"?person={desk.agent.id}"):
            text = client.get(f"/settings/journal{query}").text
            assert f"#{ticket.id}" not in text
            assert "left a note" not in text

    def test_it_is_paged_from_the_newest(self, desk: Desk, signed_in: SignedIn) -> None:
        for number in range(70):
            desk.session.add(
                JournalEntry(at=NOON, actor_id=desk.manager.id, act="strange_act", entity="user",
                             entity_id=number, changes={"of": f"Person-{number}."})
            )  # fmt: skip
        client = signed_in(desk.administrator)
        first = client.get("/settings/journal").text
        assert "Person-69." in first
        assert "strange act user" in first
        older = re.search(r'href="([^"]+)" rel="next"', first)
        assert older
        second = client.get(older[1].replace("&amp;", "&")).text
        assert "Person-0." in second
        assert "Person-69." not in second
