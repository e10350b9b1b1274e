"""Saved views: whose they are, what is seen through them, how many there is."""

import pytest
from sqlalchemy import select

from groupware import people, sharing
from groupware.errors import Forbidden, Invalid, NotFound
from groupware.models import Level
from modules.support import sidebar
from modules.tasks import fields, saved_views
from modules.tasks.models import Task, Urgency
from modules.tasks.queue import Filters, ask, cut
from modules.tasks.queue.filters import Scope
from modules.tasks.saved_views import SavedView, Wish, visible_views
from tests.bulk import fill
from tests.conftest import SignedIn, Statements
from tests.factories import Desk


def view_of(desk: Desk, text: str = "", name: str = "Mine", **values: object) -> SavedView:
    asked = ask(desk.session, desk.agent, text, desk.make.now)
    wish = Wish(name, asked.filters, **values)  # type: ignore[arg-type]
    return saved_views.save(desk.session, desk.agent, wish, now=desk.make.now)


def share(desk: Desk, view: SavedView, person: object, level: Level = sharing.USE) -> None:
    group = people.personal_group(desk.session, person)  # type: ignore[arg-type]
    saved_views.share(desk.session, desk.agent, view, {group.id: level}, now=desk.make.now)


def test_a_shared_view_shows_nobody_what_they_may_not_see(desk: Desk, signed_in: SignedIn) -> None:
    ours = desk.ticket(subject="Printer jam")
    both = desk.make.task_list(
        agents=[desk.agent, desk.outsider], customers=[desk.customer], name="Both"
    )
    theirs = desk.make.ticket(task_list=both, customer=desk.customer, subject="Printer dust")
    for text in ("status:open", f"printer list:Both,{desk.list.id}", "customer:adeyemi"):
        view = view_of(desk, text)
        share(desk, view, desk.outsider)
        for person, wanted in ((desk.agent, {ours.id, theirs.id}), (desk.outsider, {theirs.id})):
            query = saved_views.tickets_of(desk.session, person, view, desk.make.now)
            assert set(desk.session.scalars(query.with_only_columns(Task.id))) == wanted, text
            asked = saved_views.asked_by_view(desk.session, person, view, desk.make.now)
            assert set(cut(desk.session, asked).numbers) == wanted, text
            counts = saved_views.counted(
                desk.session, person, asked.list_ids, [view], desk.make.now
            )
            assert counts == {view.id: str(len(wanted))}, text
            page = signed_in(person).get(f"/support?view={view.id}").text
            assert page.count('data-id="') == len(wanted), text
            assert ("Printer jam" in page) == (ours.id in wanted)


def test_a_view_is_its_makers_alone_until_it_is_shared(desk: Desk, signed_in: SignedIn) -> None:
    view, number = view_of(desk), 4711
    client = signed_in(desk.colleague)
    for path in ("/support?view={}", "/support/views/{}", "/support/views/{}/deletion"):
        hidden, missing = (client.get(path.format(each)) for each in (view.id, number))
        assert hidden.status_code == missing.status_code == 404, path
    assert client.send(f"/support/views/{view.id}/copy").status_code == 404
    assert client.send(f"/support/views/{view.id}", name="Taken").status_code == 404
    share(desk, view, desk.colleague)
    desk.session.commit()
    assert ">Mine<" in client.get("/support").text
    assert "duplicate it to change it" in client.get(f"/support/views/{view.id}").text
    assert client.send(f"/support/views/{view.id}", name="Taken").status_code == 403
    assert client.send(f"/support/views/{view.id}/deletion").status_code == 403
    group = str(people.personal_group(desk.session, desk.stranger).id)
    desk.session.commit()
    path = f"/support/views/{view.id}/access/add"
    assert client.send(path, group=group, level="10").status_code == 403
    assert client.send(f"/support/views/{view.id}/copy").status_code == 303
    copied = desk.session.scalars(select(SavedView).where(SavedView.id != view.id)).one()
    assert (copied.name, copied.owner_id) == ("Mine (copy)", desk.colleague.id)
    with pytest.raises(NotFound):
        saved_views.delete(desk.session, desk.agent, copied, now=desk.make.now)
    with pytest.raises(Forbidden):
        saved_views.save(desk.session, desk.customer, Wish("Mine"), now=desk.make.now)
    assert signed_in(desk.customer).get("/support/views").status_code == 403


def test_a_view_is_made_changed_and_deleted_on_its_pages(desk: Desk, signed_in: SignedIn) -> None:
    desk.ticket()
    client = signed_in(desk.agent)
    assert "/support/views/add?q=status:open" in client.get("/support?q=status:open").text
    typed = 'list:"Clinic software" sort:due'
    wrong = client.send("/support/views/add", name="Clinic", query="list:Nowhere")
    assert wrong.status_code == 422
    assert "There is no task list" in wrong.text
    assert 'value="list:Nowhere"' in wrong.text
    assert client.send("/support/views/add", name="Clinic", query=typed, hue="3").status_code == 303
    view = desk.session.scalars(select(SavedView)).one()
    assert view.query == f"list:{desk.list.id} sort:due"  # a list may be renamed
    assert (
        'value="list:&#34;Clinic software&#34; sort:due"'
        in client.get(f"/support/views/{view.id}").text
    )
    page_of_view = client.get(f"/support/views/{view.id}").text
    page = client.get(f"/support?view={view.id}").text
    assert "<h1>Clinic</h1>" in page
    assert f'<a href="/support?view={view.id}" aria-current="page"' in page
    desk.session.commit()
    base = page_of_view.split('name="base" value="')[1].split('"')[0]
    sent = {
        "base": base,
        "name": "Renamed",
        "query": "is:unread",
        "hue": "0",
        "columns": ["list", "created"],
    }
    assert client.send(f"/support/views/{view.id}", sent).status_code == 303
    desk.session.refresh(view)
    assert (view.name, view.query, view.columns) == ("Renamed", "is:unread", ["list", "created"])
    desk.session.commit()
    assert client.send(f"/support/views/{view.id}/deletion").status_code == 303
    assert desk.session.scalars(select(SavedView)).all() == []


def test_views_are_in_each_ones_own_order(desk: Desk, signed_in: SignedIn) -> None:
    first, second, third = (view_of(desk, name=name) for name in "ABC")
    for view in (first, second, third):
        share(desk, view, desk.colleague)
    client = signed_in(desk.agent)
    client.send("/support/views/order", view=str(third.id), way="up")
    client.send("/support/views/order", view=str(third.id), way="up")
    names = lambda person: [each.name for each in desk.session.scalars(visible_views(person))]  # noqa: E731
    assert names(desk.agent) == ["C", "A", "B"]
    assert names(desk.colleague) == ["A", "B", "C"]


def test_what_no_view_can_be(desk: Desk) -> None:
    for wish in (Wish(" "), Wish("x" * 101), Wish("A", hue=13), Wish("A", columns=["password"])):
        with pytest.raises(Invalid):
            saved_views.save(desk.session, desk.agent, wish, now=desk.make.now)


def test_fifty_views_cost_two_statements(
    desk: Desk, signed_in: SignedIn, statements: Statements
) -> None:
    category = desk.make.category("bug")
    fill(
        desk.session,
        300,
        lists=[desk.list.id],
        customers=[desk.customer.id],
        agents=[desk.agent.id],
        location=desk.location.id,
        category=category.id,
    )
    client = signed_in(desk.agent)
    client.get("/support")
    with statements() as before:
        client.get("/support")
    texts = ("category:bug", "assignee:me due:<7d", "work", "is:unread", "-status:closed has:due")
    for number in range(sidebar.MOST_SHOWN + 3):
        view_of(desk, texts[number % len(texts)], name=f"View {number:02}")
    desk.session.commit()
    with statements() as sent:
        page = client.get("/support")
    assert len(sent) <= len(before) + 1, "\n\n".join(sent)
    assert page.text.count("?view=") == sidebar.MOST_SHOWN
    with statements() as sent:
        later = client.get("/support/views/counts").json
    assert len(sent) <= 6, "\n\n".join(sent)
    assert len(later) == sidebar.MOST_SHOWN - sidebar.COUNTED_AT_ONCE
    assert set(signed_in(desk.outsider).get("/support/views/counts").json) == set()
    assert "View 01</span>" in page.text.replace("\n", "")


def test_filters_are_kept_as_they_were(desk: Desk) -> None:
    filters = Filters.of(state=Scope.ALL, list=desk.list.id)
    wish = Wish("A", filters)
    view = saved_views.save(desk.session, desk.agent, wish, now=desk.make.now)
    assert saved_views.filters_of(view) == filters


def test_a_view_has_the_columns_that_were_chosen(desk: Desk, signed_in: SignedIn) -> None:
    wish = fields.managing.Wish("Room")
    room = fields.managing.add(desk.session, desk.manager, desk.list, wish, now=desk.make.now)
    desk.ticket(custom={str(room.id): "Cellar 7"})
    chosen = ["status", "location", f"field:{room.id}"]
    view = view_of(desk, columns=chosen)
    page = signed_in(desk.agent).get(f"/support?view={view.id}").text
    assert "Cellar 7" in page
    assert desk.location.name in page
    assert page.count('class="c-more"') == 2 * len(chosen)
    assert "Room" in signed_in(desk.agent).get("/support/views/add").text
    assert "Room" not in signed_in(desk.outsider).get("/support/views/add").text


def test_a_view_opens_as_it_was_saved(desk: Desk, signed_in: SignedIn) -> None:
    second = desk.make.task_list(name="Second", agents=[desk.agent], customers=[desk.customer])
    desk.make.ticket(task_list=second, customer=desk.customer)
    desk.ticket()
    client = signed_in(desk.agent)
    assert "group=list" in client.get("/support?group=list").text.split("/support/views/add?")[1]
    made = client.send("/support/views/add", name="By list", group="list", mode="board")
    view = desk.session.scalars(select(SavedView)).one()
    assert made.location == f"/support/board?view={view.id}"
    page = client.get(made.location).text
    assert f'<a href="/support/board?view={view.id}" aria-current="page"' in page
    listed = client.get(f"/support?view={view.id}").text
    assert [part[:6] for part in listed.split('data-group="')[1:]] == ["list-1", "list-2"]
    assert f"/support?view={view.id}&amp;group=status" in listed
    assert 'data-group="open"' in client.get(f"/support?view={view.id}&group=status").text
    copied = saved_views.copy(desk.session, desk.agent, view, now=desk.make.now)
    assert (copied.grouping, copied.mode) == ("list", "board")
    desk.session.commit()
    form = client.get(f"/support/views/{view.id}").text
    assert '<option selected value="board">' in form
    for wrong in ({"group": "colour"}, {"mode": "film"}):
        assert client.send("/support/views/add", name="A", **wrong).status_code == 422
    assert client.get("/support?group=colour").status_code == 400


def test_what_a_view_looks_for_holds_in_every_order(desk: Desk) -> None:
    urgent, _plain = desk.ticket(urgency=Urgency.URGENT), desk.ticket()
    view = view_of(desk, "urgency:urgent sort:urgency")
    query = saved_views.tickets_of(desk.session, desk.agent, view, desk.make.now)
    assert desk.session.scalars(query).all() == [urgent]
    lists = [desk.list.id]
    assert saved_views.counted(desk.session, desk.agent, lists, [view], desk.make.now) == {
        view.id: "1"
    }
