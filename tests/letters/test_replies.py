"""A public reply as mail: to whom, strung to what, with what in it, and what is never in it."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select

from groupware import preferences
from groupware.config import Settings
from groupware.mail.ids import Answer, Marks, Report, Sent
from groupware.mailboxes.models import Mailbox
from groupware.models import OutboundMail, Upload, User
from groupware.preferences import Organisation
from modules.tasks import conversation, tickets
from modules.tasks.letters.models import Correspondence, Letter
from modules.tasks.mail.models import Contact, IntakeRule
from modules.tasks.models import State
from tests.factories import NOON, Desk
from tests.letters.office import ADDRESS, Office, came, html_of, mailbox, read, text_of


def test_a_reply_goes_to_the_customer_as_text_and_html(
    desk: Desk, office: Office, box: Mailbox, settings: Settings
) -> None:
    preferences.save(desk.session, Organisation(name="Maple Support"), actor=None, now=NOON)
    ticket = desk.ticket(subject="Printer")
    came(desk.session, box, ticket, desk.customer.address, "first@maple.example")
    comment = desk.make.reply(ticket, desk.agent, "Please **restart** it.\n\n<script>x</script>")
    assert office.send(timedelta(seconds=0), at=comment.created) == [], "it can be taken back"
    (mail,) = office.send(timedelta(seconds=10), at=comment.created)
    marks, message = Marks(settings.secret_key), read(mail)
    assert mail.recipient == desk.customer.address
    assert message["To"] == desk.customer.address
    assert message["Cc"] is None
    assert message["From"].addresses[0].display_name == "Mara Lindqvist (Maple Support)"
    assert message["From"].addresses[0].addr_spec == ADDRESS
    assert marks.of_address(message["Reply-To"]) == Answer(ticket.id)
    assert marks.of_message_id(message["Message-ID"]) == Sent(comment=comment.id)
    assert isinstance(marks.of_address(mail.envelope), Report)
    assert message["Subject"] == f"Re: Printer [Maple Support #{ticket.id}]"
    assert message["In-Reply-To"] == "<first@maple.example>"
    assert message["Auto-Submitted"] is None
    assert "Please **restart** it." in text_of(mail)
    assert f"http://localhost/tickets/view/{ticket.id}" in text_of(mail)
    assert "<strong>restart</strong>" in html_of(mail)
    assert "<script>" not in html_of(mail)
    assert "style=" not in html_of(mail)
    assert "src=" not in html_of(mail)


def test_each_who_takes_part_gets_their_own_and_the_writer_none(
    desk: Desk, office: Office, box: Mailbox
) -> None:
    ticket = desk.ticket()
    for person in (desk.stranger, desk.colleague):
        tickets.add_participant(desk.session, desk.agent, ticket, person, now=NOON)
    desk.make.reply(ticket, desk.colleague, "Done.")
    mails = office.send()
    assert [mail.recipient for mail in mails] == [desk.customer.address, desk.stranger.address]
    for mail in mails:
        assert read(mail)["To"] == mail.recipient
        others = {desk.customer.address, desk.stranger.address} - {mail.recipient}
        assert not any(other.encode() in mail.message for other in others)
    assert "This mail also went to Greta Nilsen." in text_of(mails[0])
    assert read(mails[0])["Message-ID"] != read(mails[1])["Message-ID"]


@pytest.mark.parametrize("why", ["inactive", "unverified", "handed over", "left", "no rights"])
def test_who_has_no_part_any_more_gets_nothing(
    desk: Desk, office: Office, box: Mailbox, why: str
) -> None:
    ticket = desk.ticket()
    if why == "unverified":
        desk.customer.addresses[0].verified = False
    desk.make.reply(ticket, desk.agent)
    if why == "inactive":
        desk.customer.active = False
    elif why in ("handed over", "left"):
        tickets.hand_to(desk.session, desk.agent, ticket, desk.stranger, now=NOON)
    elif why == "no rights":
        from groupware.models import Grant

        for grant in desk.session.scalars(select(Grant)):
            desk.session.delete(grant)
    assert office.send() == []
    if why != "unverified":
        assert desk.session.scalars(select(OutboundMail)).all() == []


def test_an_unverified_customer_is_answered_where_they_wrote_from(
    desk: Desk, office: Office, box: Mailbox
) -> None:
    ticket = desk.ticket()
    desk.customer.addresses[0].verified = False
    came(desk.session, box, ticket, desk.customer.address, "a@b")
    desk.make.reply(ticket, desk.agent)
    assert [mail.recipient for mail in office.send()] == [desk.customer.address]


def test_a_contact_without_an_account_is_answered(desk: Desk, office: Office, box: Mailbox) -> None:
    ticket = tickets.begin(
        desk.session, desk.agent, customer=desk.customer, task_list=desk.list, location=None,
        subject="Hello", details="Hi", priority=5, now=NOON, source="mail",
    )  # fmt: skip
    from modules.tasks.models import Participant

    desk.session.flush()
    desk.session.delete(desk.session.get(Participant, (desk.customer.id, ticket.id)))
    ticket.customer = None
    desk.session.add(Contact(task_id=ticket.id, address="who@ever.example", folded="", name="Who"))
    desk.session.flush()
    desk.make.reply(ticket, desk.agent, "Hello.")
    (mail,) = office.send()
    assert mail.recipient == "who@ever.example"


def test_a_note_reaches_nobody_by_any_mail(desk: Desk, office: Office, box: Mailbox) -> None:
    ticket = desk.ticket(subject="Printer")
    tickets.add_participant(desk.session, desk.agent, ticket, desk.stranger, now=NOON)
    comment = desk.make.note(ticket, desk.agent, "SECRET words")
    # Even a row that should never be there carries no note.
    row = _letter_for(desk, ticket.id, comment.id, desk.customer)
    desk.make.reply(ticket, desk.agent, "Public words")
    tickets.set_state(desk.session, desk.agent, ticket, State.RESOLVED, now=desk.make.later())
    mails = office.send()
    assert len(mails) >= 2
    assert not any(b"SECRET" in mail.message for mail in mails)
    assert desk.session.get(OutboundMail, row) is None


def test_the_thread_s_references_are_a_person_s_own_and_bounded(
    desk: Desk, office: Office, box: Mailbox
) -> None:
    ticket = desk.ticket()
    tickets.add_participant(desk.session, desk.agent, ticket, desk.stranger, now=NOON)
    for number in range(12):
        at = NOON + timedelta(seconds=number)
        came(desk.session, box, ticket, desk.customer.address, f"{number}@maple.example", at=at)
    came(desk.session, box, ticket, desk.stranger.address, "private@else.example")
    desk.make.reply(ticket, desk.agent)
    mine, other = office.send()
    ids = read(mine)["References"].split()
    assert ids == [f"<{number}@maple.example>" for number in (0, 1, 2, 3, 6, 7, 8, 9, 10, 11)]
    assert read(mine)["In-Reply-To"] == "<11@maple.example>"
    assert read(other)["References"] == "<private@else.example>"
    desk.make.reply(ticket, desk.agent, "And again.")
    again = office.send(timedelta(hours=2))[1]
    assert read(again)["References"].split()[-1] == read(other)["Message-ID"]


def test_signatures_stand_below_and_only_own_words_are_quoted(
    desk: Desk, office: Office, box: Mailbox
) -> None:
    desk.session.add(
        Correspondence(task_list_id=desk.list.id, quote=True, signature="{brand} team, {list}")
    )
    desk.agent.preferences = {"signature": "Mara, second floor"}
    ticket = desk.ticket(details="My own words")
    desk.make.note(ticket, desk.agent, "SECRET")
    tickets.add_participant(desk.session, desk.agent, ticket, desk.stranger, now=NOON)
    desk.make.reply(ticket, desk.agent, "First")
    mine, other = office.send()
    below = "-- \nMara, second floor\nGroupware Support team, Clinic software"
    assert below in text_of(mine).replace("\r\n", "\n")
    assert "On 2 March 2026, 12:00 UTC you wrote:" in text_of(mine)
    assert "> My own words" in text_of(mine)
    assert "My own words" not in text_of(other)


def test_a_new_customer_s_mail_quotes_nothing_that_was_said_before(
    desk: Desk, office: Office, box: Mailbox
) -> None:
    desk.session.add(Correspondence(task_list_id=desk.list.id, quote=True))
    ticket = desk.ticket(details="PRIVATE details")
    came(desk.session, box, ticket, desk.customer.address, "private@maple.example")
    desk.make.reply(ticket, desk.agent, "PRIVATE answer")
    desk.make.response(ticket, "PRIVATE response")
    tickets.hand_to(desk.session, desk.agent, ticket, desk.stranger, now=NOON)
    desk.make.reply(ticket, desk.agent, "Hello Greta.")
    office.send()
    (mail,) = office.to(desk.customer, desk.stranger)
    assert mail.recipient == desk.stranger.address
    assert b"PRIVATE" not in mail.message
    assert b"private@" not in mail.message


def test_files_go_along_until_it_is_too_much(
    desk: Desk, office: Office, box: Mailbox, settings: Settings
) -> None:
    from groupware.blobs import store_at
    from groupware.mailboxes.sending import Post
    from tests.core.test_smtp import Sink

    store = store_at(settings.blob_url)
    blob = store.put([b"\x00\xff small"])
    ticket = desk.ticket()
    files = [
        Upload(token_hash=hashlib.sha256(name.encode()).digest(), user_id=desk.agent.id, name=name,
               content_type="application/pdf", size=size, sha256=blob.sha256, created_at=NOON)
        for name, size in (("räport.pdf", 7), ("huge.pdf", 10 * 1024 * 1024))
    ]  # fmt: skip
    desk.session.add_all(files)
    desk.session.flush()
    conversation.reply(
        desk.session, desk.agent, ticket, "See the file.", incoming=files, now=desk.make.later()
    )
    office.send()  # frozen, and names the bytes
    assert b"small" not in office.sent[0].message
    sink = Sink()
    box.smtp_host, box.smtp_port, box.smtp_tls = "127.0.0.1", sink.port, "plain"
    desk.session.commit()
    post = Post(settings, office.database, store)
    post.transport()(office.sent[0])
    sink.shutdown()
    sink.server_close()
    (content,) = sink.mails
    from email import message_from_bytes, policy

    message = message_from_bytes(content, policy=policy.default)
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "räport.pdf"
    assert attached.get_content() == b"\x00\xff small"
    text = message.get_body(("plain",)).get_content()
    assert "huge.pdf" in text
    assert "http://localhost/attachments/" in text


@pytest.mark.parametrize(
    "bad",
    [
        "=?utf-8?q?hi=0D=0ABcc=3A_eve@x.example?=",
        "hi\r\nBcc: eve@x.example",
        "x\u2028Bcc: eve@x.example",
        'quote" <eve@x.example>',
    ],
)
def test_no_name_or_subject_makes_a_header(
    desk: Desk, office: Office, box: Mailbox, bad: str
) -> None:
    ticket = desk.ticket()
    ticket.summary = bad
    desk.agent.name = desk.customer.name = box.from_name = bad
    desk.make.reply(ticket, desk.agent, f"{bad}")
    (mail,) = office.send()
    message = read(mail)
    assert message["Bcc"] is None
    assert len(message["From"].addresses) == 1
    assert message["From"].addresses[0].addr_spec == ADDRESS
    assert [each.addr_spec for each in message["To"].addresses] == [desk.customer.address]
    assert len(message.keys()) == len(set(message.keys()))


def test_an_address_that_python_reads_as_another_is_not_written_to(
    desk: Desk, office: Office, box: Mailbox
) -> None:
    ticket = desk.ticket()
    desk.customer.addresses[0].address = "alice@x.example <bob@evil.example>"
    desk.make.reply(ticket, desk.agent)
    assert office.send() == []


def test_a_reply_that_resolves_says_so_in_one_mail(
    desk: Desk, office: Office, box: Mailbox
) -> None:
    ticket = desk.ticket()
    comment = desk.make.reply(ticket, desk.agent, "That was it.")
    tickets.set_state(desk.session, desk.agent, ticket, State.RESOLVED, now=comment.created)
    (mail,) = office.send()
    assert "We think that this resolves your request." in text_of(mail)


def test_answers_find_their_ticket_whatever_list_has_a_mailbox(
    desk: Desk, office: Office, settings: Settings
) -> None:
    marks, make = Marks(settings.secret_key), desk.make
    others = [make.task_list(name=name, customers=[desk.customer]) for name in ("One", "Two")]
    for number, task_list in enumerate(others):
        mailbox(desk.session, task_list, f"box{number}@desk.example")
    ticket = desk.ticket()

    def answered_at() -> str:
        make.reply(ticket, desk.agent)
        (mail,) = office.send(at=make.now)
        assert marks.of_address(read(mail)["Reply-To"]) == Answer(ticket.id)
        assert isinstance(marks.of_address(mail.envelope), Report)
        return str(read(mail)["From"].addresses[0].addr_spec)

    assert answered_at() == "box0@desk.example"
    second = desk.session.scalars(select(Mailbox).where(Mailbox.name.startswith("box1"))).one()
    rule = IntakeRule(mailbox_id=second.id, field="subject", words="x", task_list_id=desk.list.id)
    desk.session.add(rule)
    assert answered_at() == "box1@desk.example", "a rule leads its mail here"


def test_without_a_mailbox_the_desk_s_own_server_names_the_sender(
    desk: Desk, office: Office
) -> None:
    desk.make.reply(desk.ticket(), desk.agent)
    (mail,) = office.send()
    assert read(mail)["From"] is None
    assert mail.envelope == ""


def _letter_for(desk: Desk, task_id: int, comment_id: int, person: User) -> int:
    from groupware import outbox

    row = outbox.note(desk.session, "reply", to=person.address, subject="x", due_at=NOON, now=NOON)
    desk.session.add(Letter(mail=row, task_id=task_id, comment_id=comment_id, user_id=person.id))
    desk.session.flush()
    return row.id
