"""Mail into tickets, on real databases: which one, whose, and what nobody gets into."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware.access import access_of
from groupware.mailboxes.models import InboundMail, Stage
from groupware.mailboxes.outcome import Became
from groupware.models import Grant, Level, Permission, User
from groupware.people import by_address
from modules.tasks import tickets
from modules.tasks.mail.models import Contact, IntakeRule, Placement, Unknown
from modules.tasks.models import Attachment, Comment, Kind, Link, Participant, State, Task
from tests.factories import Desk, Make
from tests.mailing import ADDRESS, Post, mail

STRANGER = "who@else.example"


def ticket_of(session: Session, number: int | None) -> Task:
    return session.get_one(Task, number or 0)


def texts(session: Session, ticket: Task) -> list[str]:
    return list(
        session.scalars(
            select(Comment.body).where(Comment.task_id == ticket.id).order_by(Comment.id)
        )
    )


def test_a_customer_s_mail_is_a_request_of_theirs(post: Post, desk: Desk, session: Session) -> None:
    outcome = post(
        mail(desk.customer, "My printer.\n\nIt burns.", subject="=?utf-8?q?Dr=C3=BCcker?=")
    )
    assert outcome.became == Became.TICKET
    ticket = ticket_of(session, outcome.ticket)
    assert (ticket.customer, ticket.summary, ticket.description) == (
        desk.customer, "Drücker", "My printer.\n\nIt burns.",
    )  # fmt: skip
    assert (ticket.task_list, ticket.location, ticket.source) == (desk.list, desk.location, "mail")
    assert ticket.state == State.OPEN


def test_an_answer_finds_its_ticket_by_each_of_its_marks(
    post: Post, desk: Desk, make: Make, session: Session
) -> None:
    ticket = desk.ticket()
    reply = make.reply(ticket, desk.agent)
    ours = post.room.marks.comment_message_id(reply.id, "maple.example")
    to = post.room.marks.answer_address(ADDRESS, ticket.id)
    first = mail(desk.customer, "One", message_id="<first@home.example>", to=to)
    ways = [
        first,
        mail(desk.customer, "Two", headers=f"In-Reply-To: {ours}"),
        mail(desk.customer, "Three", headers=f"References: <other@x> {ours} <another@x>"),
        mail(desk.customer, "Four", headers="In-Reply-To: <first@home.example>"),
        mail(desk.customer, "Five", to="list@x.example", headers=f"Delivered-To: {to}"),
    ]
    for raw in ways:
        outcome = post(raw)
        assert (outcome.became, outcome.ticket) == (Became.REPLY, ticket.id), outcome
    by_envelope = post(mail(desk.customer, "Six", to="x@y.example"), recipient=to.upper())
    assert by_envelope.ticket == ticket.id
    assert texts(session, ticket)[1:] == ["One", "Two", "Three", "Four", "Five", "Six"]


def test_nobody_without_a_part_gets_into_a_ticket(
    post: Post, desk: Desk, make: Make, session: Session
) -> None:
    post.mailbox.authserv_id = "mx.desk"
    ticket = desk.ticket(subject="Salary")
    reply = make.reply(ticket, desk.agent, "Your salary is 1.")
    post(mail(desk.customer, message_id="<known@home.example>", headers=""))
    earlier = session.scalars(select(Placement)).one()
    ours = post.room.marks.comment_message_id(reply.id, "maple.example")
    to = post.room.marks.answer_address(ADDRESS, ticket.id)
    former = desk.stranger  # was once the customer: their address is old
    believed = "Authentication-Results: mx.desk; dmarc=pass header.from={}\n"
    disbelieved = "Authentication-Results: mx.desk; dmarc=fail\n"
    tries = [
        mail(STRANGER, "a", subject=f"Re: [Maple #{ticket.id}] Salary"),
        mail(STRANGER, "b", headers=believed.format("else.example"), subject=f"[Maple #{ticket.id}]"),
        mail(STRANGER, "c", headers=f"In-Reply-To: {ours}"),
        mail(STRANGER, "d", headers=f"In-Reply-To: {ours}\nReply-To: {desk.customer.address}"),
        mail(STRANGER, "e", headers=f"References: {ours}\nSender: {desk.customer.address}"),
        mail(STRANGER, "f", to=to),
        mail(STRANGER, "g", to=to, headers=f"Cc: {desk.customer.address}"),
        mail(STRANGER, "h", headers="In-Reply-To: <known@home.example>"),
        mail(former, "i", headers=f"In-Reply-To: {ours}"),
        mail(former, "j", to=to, subject=f"[Maple #{ticket.id}]"),
        mail(desk.customer, "k", subject=f"[Maple #{ticket.id}]"),  # a claimed name proves nothing
        mail(f"{desk.customer.address} <{STRANGER}>", "l", headers=f"In-Reply-To: {ours}"),
        mail(desk.customer, "m", headers=f"In-Reply-To: {ours}\nFrom: {STRANGER}"),
        mail(desk.customer, "n", headers=f"In-Reply-To: <gw.{reply.id}.{'0' * 16}.{'a' * 16}@x>"),
        mail(desk.customer, "o", to=to.replace(".maple", "x.maple").replace("+t", "+t1")),
        mail(desk.customer, "p", headers=f"In-Reply-To: {ours}\n{disbelieved}"),
    ]  # fmt: skip
    before = texts(session, ticket)
    for number, raw in enumerate(tries):
        outcome = post(raw)
        assert outcome.became in (Became.TICKET, Became.QUARANTINED), (number, outcome)
        assert outcome.ticket not in (ticket.id, earlier.task_id), (number, outcome)
    session.expire_all()
    assert texts(session, ticket) == before
    people = session.scalars(select(Participant.user_id).where(Participant.task_id == ticket.id))
    assert list(people) == [desk.customer.id], "Cc grants nothing"
    assert session.scalar(select(func.count(User.id))) == 8, "nobody was made"
    new = session.scalars(select(Task).where(Task.id > ticket.id)).all()
    assert not any("salary is" in each.description for each in new), "no history is quoted"


def test_a_try_is_linked_for_the_agents(post: Post, desk: Desk, session: Session) -> None:
    ticket = desk.ticket()
    to = post.room.marks.answer_address(ADDRESS, ticket.id)
    outcome = post(mail(STRANGER, to=to))
    assert f"#{ticket.id}" in outcome.reason
    link = session.scalars(select(Link)).one()
    assert {link.source_id, link.target_id} == {ticket.id, outcome.ticket}


def test_a_mail_that_a_person_brings_as_a_file_proves_nothing(
    post: Post, desk: Desk, session: Session
) -> None:
    post.mailbox.authserv_id = "mx.desk"
    ticket = desk.ticket()
    domain = desk.customer.address.partition("@")[2]
    believed = f"Authentication-Results: mx.desk; dmarc=pass header.from={domain}\n"
    raws = [
        mail(desk.customer, body, subject=f"Re: [Maple #{ticket.id}] Hm", headers=believed)
        for body in ("By the server", "By hand")
    ]
    assert post(raws[0]).ticket == ticket.id
    brought = post.process(post.journal(raws[1], brought=True))
    assert brought.ticket != ticket.id, "whoever has a file could have written all of it"
    assert texts(session, ticket) == ["By the server"]


def test_nobody_registers_into_a_group_that_was_given_more(
    post: Post, make: Make, session: Session
) -> None:
    group = make.group(Permission.CREATE_TICKETS, name="Newcomers")
    make.allow(post.intake.task_list.customer_acl, group, Level.CREATE)
    post.intake.unknown, post.intake.register_group_id = Unknown.REGISTER, group.id
    session.commit()
    assert session.get_one(Task, post(mail(STRANGER)).ticket or 0).customer is not None
    session.add(Grant(group_id=group.id, permission=Permission.MANAGE_TICKETS))
    session.commit()
    outcome = post(mail("another@else.example"))
    assert session.get_one(Task, outcome.ticket or 0).customer is None
    newcomer = by_address(session, "another@else.example")
    assert newcomer is None or not access_of(session, newcomer).permissions


def test_an_agent_answers_by_mail_only_with_proof(post: Post, desk: Desk, session: Session) -> None:
    post.mailbox.authserv_id = "mx.desk"
    ticket = desk.ticket()
    agent = desk.agent
    token = post.room.marks.notice_address(ADDRESS, ticket.id, agent.id, agent.credential_number)
    believed = "Authentication-Results: mx.desk; dmarc=pass header.from=maple.example\n"
    reply = post.room.marks.answer_address(ADDRESS, ticket.id)

    def kind(raw: bytes) -> tuple[Kind, bool, User | None]:
        outcome = post(raw)
        assert outcome.ticket == ticket.id, outcome
        comment = session.get_one(Comment, outcome.comment or 0)
        return Kind(comment.kind), comment.from_staff, comment.author

    assert kind(mail(agent, "a", to=token, headers=believed)) == (Kind.REPLY, True, agent)
    unproven = (Kind.NOTE, True, None)
    assert kind(mail(agent, "b", to=token)) == unproven
    assert kind(mail(agent, "c", to=reply, headers=believed)) == unproven
    assert kind(mail(desk.colleague, "d", to=token, headers=believed)) == unproven
    agent.credential_number += 1
    assert kind(mail(agent, "e", to=token, headers=believed)) == unproven
    assert post(mail(desk.outsider, "f", to=token, headers=believed)).ticket != ticket.id
    doubts = session.scalars(select(Placement.doubt).where(Placement.doubt != ""))
    assert "not proven to be from Mara Lindqvist" in next(doubts)


def test_an_absence_note_is_kept_and_moves_nothing(
    post: Post, desk: Desk, make: Make, session: Session
) -> None:
    ticket = desk.ticket()
    tickets.set_state(session, desk.agent, ticket, State.RESOLVED, now=make.later())
    to = post.room.marks.answer_address(ADDRESS, ticket.id)
    outcome = post(mail(desk.customer, "I am away.", to=to, headers="Auto-Submitted: auto-replied"))
    assert outcome.ticket == ticket.id
    assert ticket_of(session, ticket.id).state == State.RESOLVED
    assert post(mail(desk.customer, "I am back.", to=to)).ticket == ticket.id
    assert ticket_of(session, ticket.id).state == State.OPEN


def test_who_has_no_account_is_a_contact_and_can_answer(
    post: Post, desk: Desk, session: Session
) -> None:
    first = post(mail(f"Wanda <{STRANGER}>", message_id="<w1@x>"))
    ticket = ticket_of(session, first.ticket)
    assert ticket.customer is None
    contact = session.get_one(Contact, ticket.id)
    assert (contact.name, contact.address) == ("Wanda", STRANGER)
    assert post(mail(STRANGER.upper(), "More.", headers="In-Reply-To: <w1@x>")).ticket == ticket.id
    assert post(mail("x@y.example", "Me?", headers="In-Reply-To: <w1@x>")).ticket != ticket.id
    assert session.scalar(select(func.count()).select_from(User)) == 8


def test_where_registration_is_on_a_stranger_gets_the_least(
    post: Post, desk: Desk, make: Make, session: Session
) -> None:
    group = make.group(Permission.CREATE_TICKETS)
    make.session.refresh(desk.list)
    make.allow(desk.list.customer_acl, make.customer(), 20)
    from_group = desk.list.customer_acl
    make.allow(from_group, group, 20)
    post.intake.unknown, post.intake.register_group_id = Unknown.REGISTER, group.id
    post.intake.location_id = make.location(group, name="Ward").id
    outcome = post(mail(f"Wanda <{STRANGER}>", headers="Cc: other@else.example"))
    ticket = ticket_of(session, outcome.ticket)
    assert ticket.customer is not None
    assert (ticket.customer.name, ticket.customer.verified, ticket.customer.password_hash) == (
        "Wanda", False, None,
    )  # fmt: skip
    assert ticket.location is not None
    assert ticket.location.name == "Ward"
    assert post(mail(STRANGER, "Again", subject="Another")).became == Became.TICKET
    names = session.scalars(select(User.name).where(User.id >= ticket.customer.id)).all()
    assert names == ["Wanda"], "never out of Cc, and once"


def test_rules_lead_new_mail_to_other_lists(post: Post, desk: Desk, make: Make) -> None:
    billing = make.task_list(customers=[desk.customer], name="Billing", location_required=False)
    post.intake.rules = [
        IntakeRule(field="recipient", words="billing@", task_list_id=billing.id, position=1),
        IntakeRule(field="subject", words="INVOICE", task_list_id=billing.id, position=2),
    ]
    made = [
        post(mail(desk.customer, to="Billing@maple.example")),
        post(mail(desk.customer, subject="My invoice")),
        post(mail(desk.customer, subject="My screen")),
    ]
    lists = [ticket_of(make.session, each.ticket).task_list.name for each in made]
    assert lists == ["Billing", "Billing", desk.list.name]


def test_the_same_mail_twice_is_one_ticket_and_another_with_its_id_is_taken(
    post: Post, desk: Desk, session: Session
) -> None:
    raw = mail(desk.customer, message_id="<same@x>")
    first = post(raw)
    again = post(b"Received: by another way\n" + raw)
    assert (again.became, again.ticket) == (Became.DUPLICATE, first.ticket)
    other = post(mail(desk.customer, "Something else.", message_id="<same@x>"))
    assert other.became == Became.TICKET
    assert other.ticket != first.ticket
    assert session.scalar(select(func.count(Task.id))) == 2


def test_what_is_over_the_limits_is_left_out_and_said(
    post: Post, desk: Desk, session: Session
) -> None:
    parts = "".join(
        f'--b\nContent-Type: text/x-log\nContent-Disposition: attachment; filename="f{n}.log"\n\n{n}\n'
        for n in range(7)
    )
    raw = mail(desk.customer, "PLACE").replace(
        b"Content-Type: text/plain; charset=utf-8\n\nPLACE",
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee the files.\n"
        + parts.encode()
        + b"--b--",
    )
    ticket = ticket_of(session, post(raw).ticket)
    names = session.scalars(select(Attachment.name).where(Attachment.task_id == ticket.id))
    assert list(names) == [f"f{n}.log" for n in range(5)]
    assert ticket.file_count == 5
    assert "[Left out: f6.log is one too many: at most 5.]" in ticket.description


def test_the_quoted_part_is_kept_and_marked(post: Post, desk: Desk, session: Session) -> None:
    body = "New.\n\nOn Mon, 2 Mar 2026 at 10:00 Ann <ann@x.example> wrote:\n> Old.\n> Older.\n"
    outcome = post(mail(desk.customer, body))
    ticket = ticket_of(session, outcome.ticket)
    placement = session.scalars(select(Placement)).one()
    assert "> Older." in ticket.description
    ((start, end),) = placement.quoted["spans"]
    assert ticket.description[:start].strip() == "New."
    assert placement.quoted["length"] == len(ticket.description) == end


def test_a_mail_that_fails_is_tried_three_times_and_then_seen(
    post: Post, desk: Desk, session: Session
) -> None:
    mail_id = post.journal(mail(desk.customer))
    post.intake.location_id = None
    row = post.row(mail_id)
    place = post.room.store._place(row.sha256)  # type: ignore[attr-defined]
    place.rename(place.with_suffix(".away"))  # the bytes cannot be read
    for tries in (1, 2):
        assert post.process(mail_id).became == Became.WAITING
        assert (post.row(mail_id).tries, post.row(mail_id).stage) == (tries, Stage.WAITING)
    outcome = post.process(mail_id)
    place.with_suffix(".away").rename(place)
    assert outcome.became == Became.UNREADABLE
    ticket = ticket_of(session, outcome.ticket)
    file = session.scalars(select(Attachment).where(Attachment.task_id == ticket.id)).one()
    assert (file.name, file.sha256) == (f"mail-{mail_id}.eml", row.sha256)
    assert post(mail(desk.customer, "The next one.")).became == Became.TICKET


def test_processing_again_tells_the_same_and_makes_nothing(
    post: Post, desk: Desk, session: Session
) -> None:
    mail_id = post.journal(mail(desk.customer))
    assert post.process(mail_id) == post.process(mail_id)
    assert session.scalar(select(func.count(Task.id))) == 1


def test_an_archive_keeps_its_dates(post: Post, desk: Desk, session: Session) -> None:
    outcome = post(mail(desk.customer, date="Sun, 01 Feb 2004 10:00:00 +0000"), archive=True)
    ticket = ticket_of(session, outcome.ticket)
    assert ticket.created.year == 2004
    assert ticket.source == "import"


def test_a_flood_of_one_sender_is_held_back(post: Post, desk: Desk, session: Session) -> None:
    session.commit()
    for number in range(30):
        session.add(
            InboundMail(
                mailbox_id=post.mailbox.id, uid=f"u{number}", sha256="0" * 64, size=1,
                received_at=post.make.now, due_at=post.make.now, processed_at=post.make.now,
                sender=desk.customer.address, outcome=Became.TICKET, stage=Stage.DONE,
            )
        )  # fmt: skip
    outcome = post(mail(desk.customer))
    assert outcome.became == Became.QUARANTINED
    post.make.later(hours=2)
    assert post(mail(desk.customer, "Later.")).became == Became.TICKET


@pytest.mark.parametrize("quoted", ["calendar", "commands"])
def test_a_mail_commands_nothing(post: Post, desk: Desk, session: Session, quoted: str) -> None:
    headers = "X-Ticket-Status: closed\nX-Assign: mara" if quoted == "commands" else ""
    raw = mail(
        desk.customer, "BEGIN:VCALENDAR\nMETHOD:CANCEL\n#close\n/assign mara", headers=headers
    )
    if quoted == "calendar":
        raw = raw.replace(b"text/plain", b"text/calendar; method=CANCEL")
    ticket = ticket_of(session, post(raw).ticket)
    assert (ticket.state, ticket.assignee) == (State.OPEN, None)
