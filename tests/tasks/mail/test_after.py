"""What becomes of mail to tickets that are over or joined, of many mails at once, and of moved ones."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from groupware.errors import Forbidden, Invalid
from groupware.mailboxes import processing
from groupware.mailboxes.models import InboundMail, Stage
from groupware.mailboxes.outcome import Became
from modules.tasks import tickets
from modules.tasks.mail import moving
from modules.tasks.mail.decide import MOST_TICKETS
from modules.tasks.mail.models import Placement
from modules.tasks.models import Attachment, Comment, Link, State, Task
from tests.conftest import SignedIn
from tests.factories import Desk, Make
from tests.mailing import ADDRESS, Post, mail


def test_merged_tickets_are_followed(post: Post, desk: Desk, make: Make, session: Session) -> None:
    first, second, third = desk.ticket(), desk.ticket(), desk.ticket()
    to = post.room.marks.answer_address(ADDRESS, first.id)
    tickets.merge(session, desk.manager, first, second, now=make.later())
    tickets.merge(session, desk.manager, second, third, now=make.later())
    outcome = post(mail(desk.customer, "Still broken.", to=to))
    assert (outcome.became, outcome.ticket) == (Became.REPLY, third.id)


def test_an_answer_to_what_is_over_acts_by_the_list_s_rules(
    post: Post, desk: Desk, make: Make, session: Session
) -> None:
    def answered(*, resolved: bool, reopens: bool = True, limit: int = 0) -> tuple[Task, Task]:
        ticket = desk.ticket()
        desk.list.response_reopens, desk.list.reopen_within_days = reopens, limit
        tickets.change_state(session, desk.agent, ticket, State.RESOLVED, now=make.later())
        if not resolved:
            tickets.change_state(session, desk.agent, ticket, State.CLOSED, now=make.later())
            ticket.closed = make.now - timedelta(days=8)
        to = post.room.marks.answer_address(ADDRESS, ticket.id)
        outcome = post(mail(desk.customer, f"Not so, {ticket.id}.", to=to))
        return ticket, session.get_one(Task, outcome.ticket or 0)

    was, now = answered(resolved=True)
    assert now is was
    assert was.state == State.OPEN
    was, now = answered(resolved=True, reopens=False)
    assert now is was
    assert was.state == State.RESOLVED
    assert was.answered_after_resolution
    was, now = answered(resolved=False)
    assert now is was
    assert was.state == State.OPEN
    was, now = answered(resolved=False, limit=7)
    assert now is not was, "closed for too long"
    assert was.state == State.CLOSED
    assert session.scalars(select(Link).where(Link.source_id.in_([was.id, now.id]))).all()


def test_many_are_placed_at_once_and_one_that_fails_harms_no_other(
    post: Post, desk: Desk, session: Session
) -> None:
    raws = [mail(desk.customer, f"Number {n}.", message_id=f"<n{n}@x>") for n in range(6)]
    ids = [post.journal(raw) for raw in (*raws, raws[0])]
    bad = post.row(ids[2])
    place = post.room.store._place(bad.sha256)  # type: ignore[attr-defined]
    place.rename(place.with_suffix(".away"))
    now = post.make.later()
    session.commit()
    assert processing.sweep(post.room, lambda: now, until=lambda: False) == 7
    session.expire_all()
    outcomes = [post.row(number).outcome for number in ids]
    assert outcomes == ["ticket", "ticket", "", "ticket", "ticket", "ticket", "duplicate"]
    assert (bad.stage, bad.tries) == (Stage.WAITING, 1)
    assert post.row(ids[6]).told == post.row(ids[0]).told


def test_a_run_knows_what_its_own_mails_have_done(post: Post, desk: Desk, session: Session) -> None:
    who = "who@else.example"
    first = mail(who, "First.", message_id="<r0@x>")
    answer = mail(who, "And more.", headers="In-Reply-To: <r0@x>")
    rest = [mail(who, f"Number {n}.") for n in range(MOST_TICKETS + 1)]
    ids = [post.journal(raw) for raw in (first, answer, *rest)]
    now = post.make.later()
    session.commit()
    processing.sweep(post.room, lambda: now, until=lambda: False)
    session.expire_all()
    assert [post.row(each).outcome for each in ids] == [
        "ticket", "reply", *["ticket"] * (MOST_TICKETS - 1), "quarantined", "quarantined"
    ]  # fmt: skip
    assert post.row(ids[1]).told["ticket"] == post.row(ids[0]).told["ticket"]
    numbers = session.scalars(select(Task.id).order_by(Task.id)).all()
    assert numbers == list(range(numbers[0], numbers[0] + MOST_TICKETS)), "no number is left out"


def test_a_database_that_is_not_as_expected_costs_a_mail_no_try(
    post: Post, desk: Desk, session: Session
) -> None:
    ids = [post.journal(mail(desk.customer, f"{n}")) for n in range(2)]
    session.commit()
    session.execute(text("ALTER TABLE placements RENAME TO elsewhere"))
    session.commit()
    now = post.make.later()
    with pytest.raises(DBAPIError):
        processing.sweep(post.room, lambda: now, until=lambda: False)
    session.execute(text("ALTER TABLE elsewhere RENAME TO placements"))
    session.commit()
    session.expire_all()
    assert [(post.row(each).tries, post.row(each).stage) for each in ids] == [(0, "waiting")] * 2
    session.commit()
    assert processing.sweep(post.room, lambda: now, until=lambda: False) == 2
    assert session.scalar(select(func.count(Task.id))) == 2


def test_a_message_is_moved_with_its_files_and_answers_and_back(
    post: Post, desk: Desk, make: Make, session: Session
) -> None:
    ticket, right = desk.ticket(), desk.ticket()
    to = post.room.marks.answer_address(ADDRESS, ticket.id)
    raw = mail(desk.customer, "x", to=to, message_id="<wrong@home.example>").replace(
        b"text/plain; charset=utf-8\n\nx", b"multipart/mixed; boundary=b\n\n--b\n\nThe other one.\n"
        b"--b\nContent-Type: text/x-log\nContent-Disposition: attachment; filename=a.log\n\nlog\n--b--"
    )  # fmt: skip
    outcome = post(raw)
    comment = session.get_one(Comment, outcome.comment or 0)
    placed = session.scalars(select(Placement).where(Placement.comment_id == comment.id)).one()
    moving.move(session, desk.agent, comment, right, now=make.later())
    assert (comment.task, placed.task_id, placed.moved_from_id) == (right, right.id, ticket.id)
    assert session.scalars(select(Attachment)).one().task_id == right.id
    assert (ticket.reply_count, ticket.file_count) == (0, 0)
    assert (right.reply_count, right.file_count) == (1, 1)
    follow = mail(desk.customer, "More", headers="In-Reply-To: <wrong@home.example>")
    assert post(follow).ticket == right.id, "answers to it follow"
    tickets.add_participant(session, desk.agent, ticket, desk.stranger, now=make.later())
    moving.move(session, desk.agent, comment, ticket, now=make.later())
    assert (comment.task, placed.moved_from_id) == (ticket, None)
    assert (ticket.reply_count, ticket.file_count) == (1, 1)
    assert (right.reply_count, right.file_count) == (1, 0)


def test_a_message_is_moved_to_nobody_who_could_not_read_it(
    post: Post, desk: Desk, make: Make, session: Session
) -> None:
    ticket = desk.ticket()
    to = post.room.marks.answer_address(ADDRESS, ticket.id)
    comment = session.get_one(Comment, post(mail(desk.customer, "Mine.", to=to)).comment or 0)
    shared = desk.ticket()
    tickets.add_participant(session, desk.agent, shared, desk.stranger, now=make.later())
    theirs = make.ticket(desk.stranger, desk.list, location=desk.location)
    for other in (shared, theirs):
        with pytest.raises(Invalid, match="Split the message off"):
            moving.move(session, desk.agent, comment, other, now=make.later())
    same = desk.ticket()
    for person in (desk.customer, desk.outsider):
        with pytest.raises(Forbidden):
            moving.move(session, person, comment, same, now=make.later())
    spoken = make.reply(ticket, desk.agent, "Ours.")
    with pytest.raises(Invalid, match="came by mail"):
        moving.move(session, desk.agent, spoken, same, now=make.later())
    assert comment.task is ticket
    assert session.scalar(select(func.count(InboundMail.id))) == 1


def test_the_page_moves_a_message_and_offers_the_way_back(
    post: Post, desk: Desk, session: Session, signed_in: SignedIn
) -> None:
    ticket, right = desk.ticket(), desk.ticket()
    to = post.room.marks.answer_address(ADDRESS, ticket.id)
    number = post(mail(desk.customer, "Wrong place.", to=to)).comment
    here, there, agent = ticket.id, right.id, desk.agent
    agent.addresses  # noqa: B018  # read before: a session of ours must not hold the lock
    session.commit()
    client = signed_in(agent)
    way = "/support/tickets/{}/comments/{}/move"
    assert way.format(here, number) in client.get(f"/support/tickets/{here}").text
    assert "Wrong place." in client.get(way.format(here, number)).text
    wrong = client.send(way.format(here, number), into="4711")
    assert (wrong.status_code, "There is no such ticket." in wrong.text) == (422, True)
    assert client.send(way.format(here, number), into=f"#{there}").status_code == 303
    page = client.get(f"/support/tickets/{there}").text
    assert "Move it back" in page
    assert "Wrong place." in page
    assert client.send(way.format(there, number), into=f"{here}").status_code == 303
    assert "Move it back" not in client.get(f"/support/tickets/{here}").text
