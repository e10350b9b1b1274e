"""A checklist goes out as child tasks, and comes back as a checklist."""

from groupware.models import Level
from modules.tasks import checklists, tickets
from modules.tasks.icalendar.facts import Face
from modules.tasks.icalendar.importing import Became
from modules.tasks.models import Task
from modules.tasks.queries import worked_by
from modules.tasks.tickets import Relation
from tests.factories import Desk
from tests.tasks.test_icalendar_round_trip import give, take, unfolded


def test_items_are_child_tasks_of_the_agents_face_alone(desk: Desk) -> None:
    session, ticket, other = desk.session, desk.ticket(), desk.ticket()
    item = checklists.add_item(session, desk.agent, ticket, "Order; cable", now=desk.make.later())
    tickets.link(session, desk.agent, ticket, other, Relation.CHILD_OF, now=desk.make.later())
    lines = unfolded(give(session, desk))
    assert lines.count("BEGIN:VTODO") == 3
    assert f"RELATED-TO;RELTYPE=PARENT:{ticket.uid}" in lines
    assert f"RELATED-TO;RELTYPE=PARENT:{other.uid}" in lines
    assert f"RELATED-TO;RELTYPE=CHILD:{ticket.uid}" in lines
    assert "SUMMARY:Order\\; cable" in lines
    assert item.uid not in give(session, desk, desk.customer, Face.CUSTOMER).decode()


def test_what_went_out_comes_back_as_it_was(desk: Desk) -> None:
    session, ticket = desk.session, desk.ticket()
    for text in ("Order", "Mount"):
        checklists.add_item(session, desk.agent, ticket, text, now=desk.make.later())
    ics = give(session, desk)
    assert {each.became for each in take(session, desk, ics)} == {Became.UNCHANGED}
    changed = ics.replace(
        b"SUMMARY:Order\r\nSTATUS:NEEDS-ACTION", b"SUMMARY:Buy\r\nSTATUS:COMPLETED"
    )
    assert changed != ics
    assert Became.CHANGED in {each.became for each in take(session, desk, changed)}
    items = checklists.items_of(session, [ticket.id])[ticket.id]
    assert [(i.text, i.completed is not None) for i in items] == [("Buy", True), ("Mount", False)]
    assert len(session.scalars(worked_by(desk.agent)).all()) == 1, "an item is no ticket"
    desk.make.allow(desk.list.agent_acl, desk.agent, Level.READ)
    assert {each.became for each in take(session, desk, ics)} == {Became.SKIPPED}
    assert session.scalars(worked_by(desk.agent).where(Task.summary == "Buy")).all() == []
