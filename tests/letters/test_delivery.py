"""What becomes of a reply's mails: taken back in time, sent, refused, reported on, tried again."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from groupware.errors import Conflict, Forbidden
from groupware.events import emit
from groupware.mail.message import Bounce, BounceRecipient
from groupware.mailboxes.models import InboundMail, Mailbox
from groupware.models import Delivery, OutboundMail, Upload
from groupware.outbox import Mail, Refused, Uncertain
from modules.tasks import conversation, tickets
from modules.tasks.letters import delivery, taking_back
from modules.tasks.letters.models import Letter
from modules.tasks.mail.events import DeliveryReported
from modules.tasks.models import Comment, State, Waiting
from modules.tasks.together import drafts
from tests.conftest import SignedIn
from tests.factories import NOON, Desk
from tests.letters.office import Office


def mails(desk: Desk) -> list[OutboundMail]:
    query = select(OutboundMail).join(Letter, Letter.mail_id == OutboundMail.id)
    return list(desk.session.scalars(query.where(OutboundMail.kind == "reply")))


def told_of(desk: Desk) -> int | None:
    """The reply that a letter carries; leaves no transaction open."""
    found = desk.session.scalar(select(Letter.comment_id))
    desk.session.commit()
    return found


def test_a_reply_taken_back_leaves_everything_as_it_was(
    desk: Desk, office: Office, box: Mailbox
) -> None:
    ticket = desk.ticket()
    at = desk.make.later()
    comment = conversation.reply(desk.session, desk.agent, ticket, "Oops", now=at)
    tickets.set_state(desk.session, desk.agent, ticket, State.RESOLVED, now=at)
    assert (ticket.state, ticket.assignee) == (State.RESOLVED, desk.agent)
    taken = taking_back.take_back(desk.session, desk.agent, comment, now=at + timedelta(seconds=9))
    assert taken.body == "Oops"
    assert (ticket.state, ticket.assignee) == (State.OPEN, None)
    assert (ticket.reply_count, ticket.answered_at, ticket.last_reply_id) == (0, None, None)
    assert office.send() == []
    draft = drafts.own(desk.session, desk.agent, ticket)
    assert draft is not None
    assert draft.body == "Oops"


def test_waiting_that_a_reply_brought_ends_and_what_others_changed_stays(
    desk: Desk, box: Mailbox
) -> None:
    ticket = desk.ticket(assignee=desk.agent)
    at = desk.make.later()
    comment = conversation.reply(desk.session, desk.agent, ticket, "Oops", now=at)
    tickets.wait(desk.session, desk.agent, ticket, waiting=Waiting.CUSTOMER, now=at)
    soon = at + timedelta(seconds=3)
    tickets.assign(desk.session, desk.colleague, ticket, to=desk.colleague, now=soon)
    taking_back.take_back(desk.session, desk.agent, comment, now=soon)
    assert ticket.waiting is None
    assert ticket.state == State.OPEN
    assert ticket.assignee is desk.colleague


@pytest.mark.parametrize("why", ["late", "claimed", "answered", "other", "note"])
def test_what_has_left_or_is_not_one_s_own_cannot_be_taken_back(
    desk: Desk, office: Office, box: Mailbox, why: str
) -> None:
    ticket = desk.ticket()
    note = desk.make.note(ticket, desk.agent)
    comment = desk.make.reply(ticket, desk.agent)
    now, who = comment.created + timedelta(seconds=5), desk.agent
    if why == "late":
        now += timedelta(seconds=11)
    elif why == "claimed":
        office.send(timedelta(seconds=11), at=comment.created)
    elif why == "answered":
        conversation.respond(desk.session, desk.customer, ticket, "But", now=now)
    elif why == "other":
        who = desk.colleague
    else:
        comment = note
    with pytest.raises((Conflict, Forbidden)):
        taking_back.take_back(desk.session, who, comment, now=now)
    assert desk.session.get(Comment, comment.id) is not None


def test_the_page_offers_undo_then_says_what_became_of_it(
    desk: Desk, office: Office, box: Mailbox, signed_in: SignedIn
) -> None:
    ticket = desk.ticket()
    client = signed_in(desk.agent)
    here = f"/support/tickets/{ticket.id}"
    key = {"kind": "reply", "then": ""}
    assert client.send(f"{here}/comments", body="Mistake", **key).status_code == 303
    page = client.get(here).text
    comment_id = told_of(desk)
    assert f'action="{here}/comments/{comment_id}/undo"' in page
    assert client.send(f"{here}/comments/{comment_id}/undo").status_code == 303
    assert told_of(desk) is None
    client.send(f"{here}/comments", body="Better", **key)
    comment_id = told_of(desk)
    (mail,) = mails(desk)
    mail.state, mail.error = Delivery.FAILED, "550 <no> such user"
    desk.session.commit()
    page = client.get(here).text
    assert "550 &lt;no&gt; such user" in page
    assert client.send(f"{here}/comments/{comment_id}/delivery").status_code == 303
    assert desk.session.scalar(select(OutboundMail.state)) == Delivery.WAITING
    desk.session.commit()
    reader = signed_in(desk.reader)
    assert reader.send(f"{here}/comments/{comment_id}/delivery").status_code == 403
    assert reader.send(f"{here}/comments/{comment_id}/undo").status_code == 403
    outsider = signed_in(desk.outsider)
    assert outsider.send(f"{here}/comments/{comment_id}/delivery").status_code == 404
    shown = signed_in(desk.customer).get(f"/tickets/view/{ticket.id}").text
    assert "such user" not in shown


def test_files_come_back_with_the_text(desk: Desk, box: Mailbox, signed_in: SignedIn) -> None:
    from io import BytesIO

    ticket = desk.ticket()
    client = signed_in(desk.agent)
    here = f"/support/tickets/{ticket.id}"
    client.send(
        f"{here}/comments", body="See", kind="reply", attachments=(BytesIO(b"x"), "plan.pdf")
    )
    page = client.send(f"{here}/comments/{told_of(desk)}/undo")
    assert page.status_code == 200
    assert "plan.pdf" in page.text
    assert ">See</textarea>" in page.text
    assert desk.session.scalar(select(Upload.name)) == "plan.pdf"


def test_only_the_refused_one_of_three_is_not_sent(
    desk: Desk, office: Office, box: Mailbox
) -> None:
    ticket = desk.ticket()
    for person in (desk.stranger, desk.colleague):
        tickets.add_participant(desk.session, desk.agent, ticket, person, now=NOON)
    comment = desk.make.reply(ticket, desk.agent)
    refused = desk.stranger.address

    def server(mail: Mail) -> None:
        if mail.recipient == refused:
            raise Refused("550 no such user", for_good=True)
        office.sent.append(mail)

    office.server = server
    office.send()
    assert {mail.recipient for mail in office.sent} == {
        desk.customer.address,
        desk.colleague.address,
    }
    told = delivery.of_replies(desk.session, [comment.id])[comment.id]
    assert told.sent == 2
    assert [(each.to, each.state, each.error) for each in told.open] == [
        (refused, Delivery.FAILED, "550 no such user")
    ]
    assert told.trouble
    desk.stranger.addresses[0].address = "new@maple.example"
    office.server = None
    delivery.retry(desk.session, desk.agent, comment, now=NOON + timedelta(hours=2))
    (again,) = office.send(timedelta(hours=3))
    assert again.recipient == "new@maple.example"
    assert b"To: new@maple.example" in again.message


def test_lost_after_the_final_dot_is_tried_once_more_then_held(
    desk: Desk, office: Office, box: Mailbox
) -> None:
    comment = desk.make.reply(desk.ticket(), desk.agent)
    tried: list[bytes] = []

    def lost(mail: Mail) -> None:
        tried.append(mail.message)
        raise Uncertain

    office.server = lost
    for hours in (1, 2, 3):
        office.send(timedelta(hours=hours))
    assert len(tried) == 2
    assert tried[0] == tried[1]
    told = delivery.of_replies(desk.session, [comment.id])[comment.id]
    assert told.open[0].state == Delivery.HELD


def report(desk: Desk, box: Mailbox, number: int, status: str, action: str = "failed") -> None:
    mail = InboundMail(
        mailbox_id=box.id, uid=f"r{status}{number}", sha256="0" * 64, size=1, received_at=NOON,
        due_at=NOON,
    )  # fmt: skip
    desk.session.add(mail)
    desk.session.flush()
    told = Bounce((BounceRecipient(desk.customer.address, status, action),))
    emit(desk.session, DeliveryReported(delivery=number, bounce=told, mail=mail))


def test_a_report_of_failure_is_shown_at_the_reply_and_one_of_delay_is_written_down(
    desk: Desk, office: Office, box: Mailbox
) -> None:
    ticket = desk.ticket()
    comment = desk.make.reply(ticket, desk.agent)
    office.send()
    (row,) = mails(desk)
    report(desk, box, row.id, "4.4.1", "delayed")
    assert row.state == Delivery.SENT
    assert "delayed 4.4.1" in row.log[-1][1]
    report(desk, box, 99_999, "5.1.1")
    assert row.state == Delivery.SENT, "a report on something else changes nothing"
    before = ticket.public_modified
    report(desk, box, row.id, "5.1.1")
    told = delivery.of_replies(desk.session, [comment.id])[comment.id]
    assert told.open[0].error == "There is no such address (5.1.1)."
    assert ticket.public_modified == before, "its customer sees nothing of it"
