"""Check a person says what is so: over a small world, and over made-up ones."""

from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from groupware.errors import NotFound
from groupware.models import Level, Membership, Permission, User
from modules.tasks import lists, tickets
from modules.tasks.access import agent_level, may_submit
from modules.tasks.explain import LEVEL_WORDS, OfList, Place, explain_list, explain_ticket
from modules.tasks.explain_command import said
from modules.tasks.models import State, Task, TaskList
from modules.tasks.queries import lists_open_to, lists_worked_by, locations_of, visible_to
from tests.factories import Desk, Make

PEOPLE = ("customer", "stranger", "agent", "colleague", "reader", "outsider", "manager")


def agrees(session: Session, person: User, task_list: TaskList, found: OfList) -> None:
    """What is explained is what is so, and the reasons would lead to it by themselves."""
    listed = session.scalars(lists_open_to(person).where(TaskList.id == task_list.id)).all()
    works = session.scalars(lists_worked_by(person).where(TaskList.id == task_list.id)).all()
    assert found.customer.allowed == may_submit(session, person, task_list) == bool(listed)
    assert found.level == agent_level(session, person, task_list)
    assert found.agent.allowed == (found.level >= Level.READ) == bool(works)
    locations = session.scalars(locations_of(person)).all()
    files = bool(listed) and (bool(locations) or not task_list.location_required)
    assert ("file requests" in found.customer.acts) == files
    # Allowed means that nothing is missing, refused that something is, and where to give it.
    assert files == (not found.customer.missing)
    assert (found.level >= Level.WRITE) == (not found.agent.missing)
    if found.level:
        assert any(LEVEL_WORDS[found.level] in each for each in found.agent.because) or any(
            "manages the desk" in each for each in found.agent.because
        )


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_it_agrees_with_what_is_so_for_any_people_and_lists(
    data: st.DataObject, make: Make
) -> None:
    session = make.session
    with session.begin_nested() as world:
        groups = [
            make.group(*data.draw(st.sets(st.sampled_from(Permission), max_size=2)))
            for _ in range(3)
        ]
        people = []
        for _ in range(3):
            person = make.user(active=data.draw(st.integers(0, 5)) > 0)
            for group in data.draw(st.sets(st.sampled_from(groups), max_size=2)):
                session.add(Membership(user_id=person.id, group_id=group.id))
            people.append(person)
        whom = st.sampled_from([*groups, *people])
        make.location(*data.draw(st.sets(whom, max_size=2)))
        task_lists = [
            make.task_list(
                customers=data.draw(st.sets(whom, max_size=2)),
                agents=data.draw(
                    st.dictionaries(whom, st.sampled_from(list(Level)[1:]), max_size=3)
                ),
                archived=data.draw(st.integers(0, 4)) == 0,
                location_required=data.draw(st.booleans()),
            )
            for _ in range(2)
        ]
        session.flush()
        for person, task_list in product(people, task_lists):
            agrees(session, person, task_list, explain_list(session, person, task_list))
        world.rollback()


def test_it_agrees_with_what_is_so_for_each_kind_of_person_on_each_kind_of_list(make: Make) -> None:
    kinds = (
        (),
        (Permission.CREATE_TICKETS,),
        (Permission.CREATE_TICKETS, Permission.MANAGE_TICKETS),
        (Permission.MANAGE_SUPPORT, Permission.ADMINISTER),
    )
    place, people = make.location(), []
    for permissions, active, located in product(kinds, (True, False), (True, False)):
        people.append(make.user(*permissions, active=active))
        if located:
            make.allow(place.acl, people[-1], Level.READ)
    all_ = make.group(members=people)
    flags = (True, False)
    task_lists = [
        make.task_list([all_] if asks else [], {}, archived=archived, location_required=required)
        for asks, archived, required in product(flags, flags, flags)
    ] + [make.task_list([], {all_: level}) for level in list(Level)[1:]]
    for person, task_list in product(people, task_lists):
        agrees(make.session, person, task_list, explain_list(make.session, person, task_list))


def test_it_agrees_with_what_is_so_at_a_usual_desk(desk: Desk) -> None:
    for name in PEOPLE:
        person = getattr(desk, name)
        agrees(desk.session, person, desk.list, explain_list(desk.session, person, desk.list))


@pytest.mark.parametrize("name", PEOPLE)
def test_a_ticket_is_explained_as_it_is_seen(desk: Desk, name: str) -> None:
    desk.list.colleagues_see = True
    desk.customer.organisation = desk.stranger.organisation = "Maple"
    person, ticket = getattr(desk, name), desk.ticket()
    seen = desk.session.scalar(visible_to(person).where(Task.id == ticket.id)) is not None
    acts = {act.name: act for act in explain_ticket(desk.session, person, ticket)}
    assert acts["see the ticket, its replies and their files"].allowed == seen
    level = agent_level(desk.session, person, desk.list)
    assert acts["see notes, their files and the full history"].allowed == (level >= Level.READ)
    assert acts["delete or restore it"].allowed == (level >= Level.DELETE)
    assert acts["respond as a customer"].allowed == (name == "customer")
    assert all(act.because for act in acts.values())


def test_a_customer_edits_until_it_is_closed(desk: Desk) -> None:
    ticket = desk.ticket()

    def may_edit() -> bool:
        acts = explain_ticket(desk.session, desk.customer, ticket)
        return next(act for act in acts if act.name == "change subject and details").allowed

    assert may_edit()
    tickets.set_state(desk.session, desk.agent, ticket, State.CLOSED, now=desk.make.later())
    assert not may_edit()


def test_it_names_the_line_and_the_group_that_grant(desk: Desk) -> None:
    group = desk.make.group(Permission.MANAGE_TICKETS, name="Second line", members=[desk.stranger])
    desk.make.allow(desk.list.agent_acl, group, Level.DELETE)
    found = explain_list(desk.session, desk.stranger, desk.list)
    assert "May work on tickets: by Second line." in found.agent.because
    assert "Clinic software gives Second line the level Delete." in found.agent.because


def test_it_says_what_is_missing_and_where_to_give_it(desk: Desk) -> None:
    found = explain_list(desk.session, desk.outsider, desk.list)
    assert [missing.place for missing in found.agent.missing] == [Place.AGENTS]
    assert {missing.place for missing in found.customer.missing} == {
        Place.CUSTOMERS,
        Place.LOCATIONS,
    }
    desk.outsider.active = False
    desk.session.flush()
    found = explain_list(desk.session, desk.outsider, desk.list)
    assert found.agent.missing[0].text == "The person is switched off."


def test_an_archived_list_takes_no_requests(desk: Desk) -> None:
    lists.archive(desk.session, desk.manager, desk.list, now=desk.make.now)
    found = explain_list(desk.session, desk.customer, desk.list)
    assert not found.customer.allowed
    assert [missing.place for missing in found.customer.missing] == [Place.LIST]


def test_the_command_says_the_same(desk: Desk) -> None:
    text = "\n".join(said(desk.session, desk.reader.address, "clinic SOFTWARE"))
    for face in (lambda found: found.customer, lambda found: found.agent):
        shown = face(explain_list(desk.session, desk.reader, desk.list))
        for line in (shown.says, *shown.acts, *shown.because, *(m.text for m in shown.missing)):
            assert line in text
    ticket = desk.ticket()
    assert "yes  see notes" in "\n".join(said(desk.session, desk.reader.address, f"#{ticket.id}"))
    for email, what in (("no@body.example", "1"), (desk.reader.address, "#999"), ("x", "nowhere")):
        with pytest.raises(NotFound):
            list(said(desk.session, email, what))
