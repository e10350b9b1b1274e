"""What the desk writes by itself: once, seldom, never to a machine, never a stranger's words."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from groupware import preferences
from groupware.config import Settings
from groupware.database import Database
from groupware.events import emit
from groupware.mail.ids import AgentAnswer, Marks
from groupware.mail.reader import read as read_mail
from groupware.models import User
from modules.tasks import tickets
from modules.tasks.letters.models import Acknowledge, Correspondence
from modules.tasks.letters.telling import unwritten
from modules.tasks.models import Comment, State, Task
from modules.tasks.notices.events import NoticeGiven
from modules.tasks.notices.models import Notice, Reason
from tests.factories import NOON, Desk
from tests.letters.office import Office, html_of, read, text_of
from tests.mailing import ADDRESS, Post, mail, post_to

STRANGER = "who@else.example"


@pytest.fixture
def post(desk: Desk, database: Database, tmp_path: Path, settings: Settings) -> Post:
    made = post_to(desk.make, database, tmp_path / "files", desk.list)
    return replace(made, room=replace(made.room, marks=Marks(settings.secret_key)))


def test_an_acknowledgement_is_automatic_and_repeats_nothing(
    desk: Desk, office: Office, post: Post
) -> None:
    desk.list.answer_hours = 8
    outcome = post(mail(f"BUY NOW <{STRANGER}>", "EVIL words", subject="EVIL https://evil.example"))
    (sent,) = office.send()
    message = read(sent)
    assert sent.recipient == STRANGER
    assert sent.envelope == "", "nobody is told of its failure"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["From"].addresses[0].addr_spec == ADDRESS
    assert message["In-Reply-To"].endswith("@outside.example>")
    assert str(outcome.ticket) in message["Subject"]
    assert "within 8 hours" in text_of(sent)
    for word in (b"EVIL", b"evil", b"BUY"):
        assert word not in sent.message
    assert "BUY" not in html_of(sent)
    post(mail(STRANGER, "More", headers=f"In-Reply-To: {message['Message-ID']}"))
    assert office.to(desk.customer) == []
    assert office.send(timedelta(hours=2)) == [], "once a ticket"


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-replied", "Precedence: bulk", "List-Id: <l.example>",
        "X-Auto-Response-Suppress: All", "Return-Path: <>", "X-Autoreply: yes",
    ],
)  # fmt: skip
def test_a_machine_gets_none(desk: Desk, office: Office, post: Post, headers: str) -> None:
    assert post(mail(STRANGER, headers=headers)).ticket
    assert office.send() == []


def test_an_archive_that_is_read_in_answers_nobody(desk: Desk, office: Office, post: Post) -> None:
    assert post(mail(STRANGER), archive=True).ticket
    assert office.send() == []


def test_whoever_has_chosen_no_language_is_written_to_in_the_desk_s(
    desk: Desk, office: Office, post: Post
) -> None:
    ours = preferences.Organisation(locale="de-AT")
    preferences.save(desk.session, ours, actor=desk.administrator, now=NOON)
    post(mail(STRANGER))
    (sent,) = office.send()
    assert text_of(sent).startswith("Guten Tag")
    assert desk.make.user(name="New").locale == "de-AT"


def test_an_address_gets_three_an_hour_and_ten_a_day(
    desk: Desk, office: Office, post: Post
) -> None:
    got = []
    for hour in range(6):
        for number in range(4):
            post(mail(STRANGER, f"{hour} {number}", subject=f"{hour} {number}"))
        at = desk.make.now
        got.append(len(office.send(timedelta(minutes=1), at=at)))
        desk.make.now += timedelta(hours=1, minutes=1)
    assert got == [3, 3, 3, 1, 0, 0]


@pytest.mark.parametrize(
    ("wanted", "by_mail", "by_page"),
    [(Acknowledge.MAIL, 1, 0), (Acknowledge.ALWAYS, 1, 1), (Acknowledge.NEVER, 0, 0)],
)
def test_the_list_says_what_is_acknowledged(
    desk: Desk, office: Office, post: Post, wanted: Acknowledge, by_mail: int, by_page: int
) -> None:
    desk.session.add(Correspondence(task_list_id=desk.list.id, acknowledge=wanted))
    post(mail(STRANGER))
    assert len(office.send()) == by_mail
    desk.ticket()
    assert len(office.send()) == by_page


def test_two_desks_that_acknowledge_each_other_stop(desk: Desk, office: Office, post: Post) -> None:
    """What we send comes back as mail from the other desk's mailbox."""
    post(mail(STRANGER, "The first mail."))
    rounds = 0
    while sent := office.send(timedelta(minutes=1), at=desk.make.now):
        rounds += 1
        assert rounds < 3
        for each in sent:
            assert read_mail(each.message).auto
            echoed = each.message.replace(ADDRESS.encode(), STRANGER.encode(), 1)
            echoed = echoed.replace(b"To: who@else.example", b"To: support@maple.example")
            post(echoed)
        desk.make.later(minutes=5)
    assert rounds == 1


def test_news_reach_the_customer_where_the_list_tells_them(
    desk: Desk, office: Office, post: Post
) -> None:
    desk.session.add(Correspondence(task_list_id=desk.list.id, tell_handed_over=True))
    ticket = desk.ticket(subject="Printer")
    later = desk.make.later
    tickets.assign(desk.session, desk.agent, ticket, to=desk.agent, now=later())
    tickets.set_state(desk.session, desk.agent, ticket, State.RESOLVED, now=later())
    office.send(timedelta(minutes=1), at=desk.make.now)
    tickets.change_state(desk.session, None, ticket, State.CLOSED, now=later())
    office.send(timedelta(minutes=1), at=desk.make.now)
    subjects = [read(each)["Subject"] for each in office.to(desk.customer)]
    assert subjects == [
        f"Mara Lindqvist is on it: Printer [Groupware Support #{ticket.id}]",
        f"Resolved: Printer [Groupware Support #{ticket.id}]",
        f"Closed: Printer [Groupware Support #{ticket.id}]",
    ]
    assert all(read(each)["Auto-Submitted"] == "auto-generated" for each in office.sent)


def test_what_is_opened_again_at_once_is_not_told_as_resolved(
    desk: Desk, office: Office, post: Post
) -> None:
    ticket = desk.ticket()
    now = desk.make.later()
    tickets.set_state(desk.session, desk.agent, ticket, State.RESOLVED, now=now)
    tickets.set_state(desk.session, desk.agent, ticket, State.OPEN, now=now)
    office.send()
    assert office.to(desk.customer) == []


def test_examples_and_archives_write_to_nobody(desk: Desk, office: Office, post: Post) -> None:
    ticket = desk.ticket()
    with unwritten(desk.session):
        desk.make.reply(ticket, desk.agent)
        tickets.set_state(desk.session, desk.agent, ticket, State.RESOLVED, now=NOON)
    assert office.send() == []


def test_an_agent_is_told_by_mail_and_can_answer_it(
    desk: Desk, office: Office, post: Post, settings: Settings
) -> None:
    ticket = desk.ticket(assignee=desk.agent, subject="Printer")
    comment = desk.make.response(ticket, "It is **on fire**.")
    _tell(desk, ticket, comment)
    desk.make.note(ticket, desk.agent, "SECRET")
    sent = [each for each in office.send() if each.recipient == desk.agent.address]
    assert sent
    message = read(sent[0])
    answer = Marks(settings.secret_key).of_address(message["Reply-To"])
    assert answer == AgentAnswer(ticket.id, desk.agent.id, desk.agent.credential_number)
    assert "It is **on fire**." in text_of(sent[0])
    assert f"http://localhost/support/tickets/{ticket.id}" in text_of(sent[0])
    assert sent[0].envelope == ""


def test_who_may_not_see_the_ticket_any_more_is_not_told(
    desk: Desk, office: Office, post: Post
) -> None:
    ticket = desk.ticket()
    comment = desk.make.note(ticket, desk.agent, "SECRET")
    _tell(desk, ticket, comment, to=desk.outsider)
    office.send()
    assert office.to(desk.outsider) == []


def _tell(desk: Desk, ticket: Task, comment: Comment, to: User | None = None) -> Notice:
    """A notice as the desk gives it."""
    person = to or desk.agent
    notice = Notice(
        user_id=person.id, task_id=ticket.id, comment_id=comment.id, reason=Reason.ANSWERED,
        at=desk.make.now,
    )  # fmt: skip
    desk.session.add(notice)
    desk.session.flush()
    emit(
        desk.session,
        NoticeGiven(
            notice=notice, person=person, ticket=ticket, comment=comment,
            reason=Reason.ANSWERED, mail=True,
        ),
    )  # fmt: skip
    return notice
