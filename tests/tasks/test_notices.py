"""Who is told of what, and that nobody is told of what they may not see."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import events
from groupware.errors import Forbidden
from groupware.models import Level, User
from groupware.module import installed
from modules.tasks import conversation, tickets
from modules.tasks.models import State, Task
from modules.tasks.notices import choice, inbox, overdue
from modules.tasks.notices.choice import Channel
from modules.tasks.notices.events import NoticeGiven
from modules.tasks.notices.models import Notice, Reason
from modules.tasks.together import drafts, followers
from modules.tasks.together.mentions import mentioned
from modules.tasks.together.models import Follower
from tests.factories import Desk


@pytest.fixture(autouse=True)
def _handlers() -> None:
    installed.cache_clear()
    installed()


@pytest.fixture
def ticket(desk: Desk) -> Task:
    ticket = desk.ticket()
    tickets.assign(desk.session, desk.manager, ticket, to=desk.agent, now=desk.make.later())
    followers.follow(desk.session, desk.reader, ticket, now=desk.make.now)
    desk.session.execute(Notice.__table__.delete())
    return ticket


def told(desk: Desk) -> dict[str, str]:
    """Who was told and why, since the last time."""
    rows = desk.session.execute(
        select(User.name, Notice.reason).join(Notice, Notice.user_id == User.id)
    )
    found = {name.split()[0]: str(reason) for name, reason in rows}
    desk.session.execute(Notice.__table__.delete())
    return found


def test_each_act_tells_those_whom_it_concerns_and_never_who_did_it(
    desk: Desk, ticket: Task
) -> None:
    session, make = desk.session, desk.make
    make.response(ticket)
    assert told(desk) == {"Mara": "answered", "Inés": "answered"}
    make.note(ticket, desk.colleague, "Look, @Inés Duarte: it is the cable.")
    assert told(desk) == {"Mara": "noted", "Inés": "mentioned"}
    make.reply(ticket, desk.agent)
    assert told(desk) == {"Inés": "changed", "Tomás": "changed"}, "who writes follows"
    tickets.assign(session, desk.agent, ticket, to=desk.colleague, now=make.later())
    assert told(desk) == {"Tomás": "assigned", "Inés": "changed"}
    tickets.set_state(session, desk.colleague, ticket, State.RESOLVED, now=make.later())
    assert told(desk) == {"Mara": "changed", "Inés": "changed"}
    followers.unfollow(session, desk.reader, ticket)
    tickets.set_state(session, desk.colleague, ticket, State.OPEN, now=make.later())
    assert told(desk) == {"Mara": "changed"}
    desk.ticket()
    assert told(desk) == {}, "what is new is told to who wants to know"
    choice.choose(desk.reader, {**choice.USUAL, Reason.FILED: [Channel.APP]})
    choice.choose(desk.outsider, {**choice.USUAL, Reason.FILED: [Channel.APP]})
    session.flush()
    desk.ticket()
    assert told(desk) == {"Inés": "filed"}


def test_the_mails_side_hears_of_it_once_and_as_each_chose(
    desk: Desk, ticket: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, str, bool]] = []

    def hear(_session: Session, event: NoticeGiven) -> None:
        heard.append((event.person.first_name, str(event.reason), event.mail))
        assert event.notice.id
        assert event.ticket is ticket

    monkeypatch.setitem(events._handlers, NoticeGiven, [hear])
    choice.choose(desk.reader, {**choice.USUAL, Reason.ANSWERED: [Channel.MAIL]})
    desk.make.response(ticket)
    assert sorted(heard) == [("Inés", "answered", True), ("Mara", "answered", True)]
    assert inbox.unread_count(desk.session, desk.reader) == "", "told by mail alone"
    assert inbox.unread_count(desk.session, desk.agent) == "1"
    choice.choose(desk.reader, {})
    choice.choose(desk.agent, {**choice.USUAL, Reason.ANSWERED: [Channel.APP]})
    heard.clear()
    desk.make.response(ticket)
    assert heard == [("Mara", "answered", False)]


def test_nobody_is_told_of_what_they_may_not_see_when_written_or_when_shown(
    desk: Desk, ticket: Task
) -> None:
    session, make = desk.session, desk.make
    desk.session.add(Follower(user_id=desk.outsider.id, task_id=ticket.id, at=make.now))
    with pytest.raises(Forbidden):
        followers.follow(session, desk.outsider, ticket, now=make.now)
    make.note(ticket, desk.agent, "@Jonas Okafor @Samuel Adeyemi @Inés Duarte, look.")
    assert inbox.unread_count(session, desk.reader) == "1"
    assert inbox.listed(session, desk.reader).notices[0].subject == ticket.summary
    assert told(desk) == {"Inés": "mentioned"}
    make.note(ticket, desk.agent, "@Inés Duarte")
    make.allow(desk.list.agent_acl, desk.reader, Level.NONE)
    session.flush()
    assert inbox.unread_count(session, desk.reader) == ""
    assert inbox.listed(session, desk.reader).notices == []
    make.allow(desk.list.agent_acl, desk.reader, Level.READ)
    tickets.delete(session, desk.manager, ticket, now=make.later())
    session.flush()
    assert inbox.listed(session, desk.reader).notices == []


def test_changes_that_were_not_read_are_one_line_and_reading_is_ones_own(
    desk: Desk, ticket: Task
) -> None:
    session, make = desk.session, desk.make
    for urgency in (tickets.Urgency.HIGH, tickets.Urgency.LOW, tickets.Urgency.URGENT):
        tickets.set_urgency(session, desk.agent, ticket, urgency, now=make.later())
    make.response(ticket)
    found = inbox.listed(session, desk.reader)
    assert [each.reason for each in found.notices] == ["answered", "changed"]
    inbox.read(session, desk.agent, found.notices[0].id, now=make.now)
    assert inbox.unread_count(session, desk.reader) == "2", "it is not theirs to read"
    inbox.read(session, desk.reader, found.notices[0].id, now=make.now)
    assert inbox.unread_count(session, desk.reader) == "1"
    inbox.read_of_ticket(session, desk.reader.id, ticket.id, now=make.now)
    assert inbox.unread_count(session, desk.reader) == ""
    assert inbox.unread_count(session, desk.agent) == "1"


def test_what_is_overdue_is_told_once_for_each_due_date(desk: Desk, ticket: Task) -> None:
    session, make = desk.session, desk.make
    day = timedelta(days=1)
    for due in (make.now + day, make.now + 3 * day):
        tickets.set_due(session, desk.manager, ticket, due=due, now=make.later())
        told(desk)
        overdue.run(session, due - timedelta(minutes=1))
        assert told(desk) == {}
        overdue.run(session, due + timedelta(minutes=1))
        overdue.run(session, due + timedelta(minutes=2))
        rows = session.scalars(select(Notice.user_id)).all()
        assert sorted(rows) == sorted([desk.agent.id, desk.reader.id])


MENTIONS = {
    "@Mara Lindqvist": "Mara",
    "ask @Mara Lindqvist, please": "Mara",
    "(@Mara Lindqvist)": "Mara",
    "**@Mara Lindqvist**": "Mara",
    "@Mara Lindqvist.": "Mara",
    "@Mara Lindqvist\nGomez": "Mara",
    "@Mara": "",
    "mara@Mara Lindqvist": "",
    "mail mara@maple.example": "",
    "@Jonas Okafor": "",
    "@Samuel Adeyemi": "",
    "@" * 5000: "",
    "@x " * 5000: "",
    "@Inés Duarte and @Tomás Ferreira": "Inés Tomás",
    "@Mara Lindqvist Gomez": "Mara Lindqvist Gomez",
}


def test_a_mention_is_a_whole_name_of_an_agent_of_the_list(desk: Desk) -> None:
    double = desk.make.agent(name="Mara Lindqvist Gomez")
    desk.make.allow(desk.list.agent_acl, double, Level.READ)
    names = {"Mara": desk.agent, "Inés": desk.reader, "Tomás": desk.colleague}
    for text, expected in MENTIONS.items():
        meant = [double] if expected.endswith("Gomez") else [names[n] for n in expected.split()]
        found = mentioned(desk.session, text, desk.list)
        assert {each.id for each in found} == {each.id for each in meant}, text[:60]


def test_drafts_are_kept_handed_over_and_gone_when_sent(desk: Desk, ticket: Task) -> None:
    session, make, note = desk.session, desk.make, conversation.Kind.NOTE
    drafts.keep(session, desk.agent, ticket, note, "Half a", now=make.later())
    drafts.keep(session, desk.agent, ticket, note, "Half a thought", now=make.later())
    kept = drafts.own(session, desk.agent, ticket)
    assert kept is not None
    assert (kept.body, kept.kind) == ("Half a thought", "note")
    assert drafts.own(session, desk.colleague, ticket) is None
    drafts.share(session, desk.agent, ticket, note, "Half a thought", now=make.later())
    assert drafts.own(session, desk.agent, ticket) is None
    for person, seen in ((desk.reader, 1), (desk.customer, 0), (desk.outsider, 0)):
        assert len(drafts.shared_in(session, person, ticket)) == seen
    with pytest.raises(Forbidden):
        drafts.take(session, desk.reader, ticket, desk.agent.id, now=make.later())
    drafts.keep(session, desk.colleague, ticket, note, "Mine", now=make.later())
    taken = drafts.take(session, desk.colleague, ticket, desk.agent.id, now=make.later())
    assert taken.body == "Mine\n\nHalf a thought"
    assert drafts.shared_in(session, desk.reader, ticket) == []
    make.note(ticket, desk.colleague, taken.body)
    assert drafts.own(session, desk.colleague, ticket) is None
    with pytest.raises(Forbidden):
        drafts.keep(session, desk.customer, ticket, note, "x", now=make.later())
