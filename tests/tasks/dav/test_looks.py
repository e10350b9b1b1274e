"""What a task looks like may change though nobody does anything to its ticket."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from groupware import people
from groupware.models import User
from modules.tasks import categories, faces, lists, locations, tickets
from modules.tasks.dav.models import PersonalChange
from modules.tasks.lists import Rules
from tests.factories import Desk
from tests.tasks.dav.phone import Phone

Phones = Callable[[User], Phone]


@pytest.mark.parametrize("many", [False, True])
def test_a_new_name_is_news_to_calendars(
    desk: Desk,
    phone: Phone,
    phone_of: Phones,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    *,
    many: bool,
) -> None:
    if many:
        monkeypatch.setattr(faces, "MOST_TOUCHED", 0)
    category, ticket, other = desk.make.category(), desk.ticket(), desk.ticket()
    tickets.categorise(session, desk.agent, ticket, [category], now=desk.make.later())
    tickets.assign(session, desk.agent, ticket, to=desk.colleague, now=desk.make.later())
    other.location = None
    customer, home = phone_of(desk.customer), phone.at(desk.list)
    sequence, told = ticket.sequence, phone.lines(phone.of(ticket))

    def rename(new: str) -> None:
        if new == "Paper":
            categories.edit(
                session, desk.manager, category,
                name=new, hue=category.hue, task_lists=(), now=desk.make.now,
            )  # fmt: skip
        elif new == "Attic":
            locations.rename(session, desk.manager, desk.location, name=new, now=desk.make.now)
        else:
            people.rename(session, desk.colleague, new)

    for new in ("Paper", "Attic", "Zora Neumann"):
        before = phone.propfind(home, "d:sync-token", "cs:getctag")
        etag = phone("GET", phone.of(ticket)).headers["ETag"]
        asked = customer.propfind(customer.at(None), "cs:getctag").text("cs:getctag")
        rename(new)
        changes = phone.sync(home, before.text("d:sync-token"))
        assert phone.of(ticket) in changes.paths(), new
        assert (phone.of(other) in changes.paths()) == many, "only what bears the name, or all"
        assert phone.propfind(home, "cs:getctag").text("cs:getctag") != before.text("cs:getctag")
        answer = phone("GET", phone.of(ticket))
        assert answer.headers["ETag"] == changes.text("d:getetag", phone.of(ticket)) != etag
        assert new in answer.text
        seen = customer.propfind(customer.at(None), "cs:getctag").text("cs:getctag")
        assert (seen != asked) == (many or new == "Attic"), "categories are no customer's"
        assert not phone.sync(home, changes.token).paths()
    session.refresh(ticket)
    assert ticket.sequence == sequence, "nothing was done to it"
    # What was written before the names changed is still held against what it was written from.
    mine = [each.replace("SUMMARY:", "SUMMARY:New ") for each in told]
    assert phone.put(phone.of(ticket), "\r\n".join(mine).encode()).status_code == 204
    session.refresh(ticket)
    assert ticket.summary.startswith("New ")


def test_numbers_of_another_list_are_left_behind(
    desk: Desk, phone: Phone, session: Session
) -> None:
    there, ticket = desk.make.task_list(agents=[desk.agent]), desk.ticket()
    session.add(PersonalChange(user_id=desk.agent.id, task_id=ticket.id, change_number=900))
    desk.list.change_number = 900
    tickets.move(session, desk.agent, ticket, there, now=desk.make.later())
    first = phone.sync(phone.at(there))
    assert not phone.sync(phone.at(there), first.token).paths()


def test_a_lists_setting_is_news_to_calendars(desk: Desk, phone: Phone, session: Session) -> None:
    ticket = desk.ticket()
    before = phone("GET", phone.of(ticket)).headers["ETag"]
    rules = Rules(replies_in_calendar=True)
    lists.set_rules(session, desk.manager, desk.list, rules, now=desk.make.later())
    assert phone("GET", phone.of(ticket)).headers["ETag"] != before
