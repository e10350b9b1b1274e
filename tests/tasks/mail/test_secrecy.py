"""A note reaches no customer by the mail of an agent who quotes it."""

import pytest
from sqlalchemy.orm import Session

from modules.tasks import tickets
from modules.tasks.mail.secrecy import repeats
from modules.tasks.models import Comment, Kind
from tests.factories import Desk, Make
from tests.mailing import ADDRESS, Post, mail

NOTE = "He has not paid since March, so do not promise him anything."
QUOTED = f"\n\nOn Mon, 2 Mar 2026 at 10:00 Maple Support <{ADDRESS}> wrote:\n> Noted: Printer\n> {NOTE}\n"
BELIEVED = "Authentication-Results: mx.desk; dmarc=pass header.from=maple.example\n"
AUTOMATIC = f"{BELIEVED}Auto-Submitted: auto-replied\n"
WRAPPED = "Hello Samuel.\n\n~ He has not paid since\n~ March, so do not\n~ promise him anything.\n"
FILE = (
    "--b\nContent-Type: text/plain\n\nSee below.\n--b\nContent-Type: message/rfc822\n\n"
    f"Subject: Noted\n\n{NOTE}\n--b--"
)
OUTLOOK = FILE.replace("message/rfc822", "application/octet-stream; name=Noted.msg")
NOBODY = (Kind.NOTE, None)


@pytest.mark.parametrize(
    ("body", "headers", "participant", "kept"),
    [
        (f"A new one is on its way.{QUOTED}", BELIEVED, 0, (Kind.REPLY, "A new one is on its way.")),
        (f"A new one is on its way.{QUOTED}", BELIEVED, 1, (Kind.REPLY, "A new one is on its way.")),
        (QUOTED, BELIEVED, 0, NOBODY),
        (WRAPPED, BELIEVED, 0, NOBODY),
        (WRAPPED, BELIEVED, 1, NOBODY),
        (WRAPPED, AUTOMATIC, 1, None),  # a machine's, so that notes about it go on for ever
        (FILE, BELIEVED, 0, NOBODY),
        (OUTLOOK, BELIEVED, 1, NOBODY),
    ],
)  # fmt: skip
def test_who_reads_notes_publishes_their_own_words_alone(
    post: Post, desk: Desk, make: Make, session: Session, body: str, headers: str,
    participant: int, kept: tuple[Kind, str | None] | None,
) -> None:  # fmt: skip
    post.mailbox.authserv_id = "mx.desk"
    ticket, agent = desk.ticket(), desk.agent
    make.note(ticket, desk.colleague, NOTE)
    if participant:
        tickets.add_participant(session, desk.colleague, ticket, agent, now=make.later())
    to = post.room.marks.notice_address(ADDRESS, ticket.id, agent.id, agent.credential_number)
    raw = mail(agent, body, to=to, headers=headers)
    if body in (FILE, OUTLOOK):
        raw = raw.replace(b"text/plain; charset=utf-8", b"multipart/mixed; boundary=b", 1)
    outcome = post(raw)
    if kept is None:
        assert outcome.became == "quarantined"
        return
    comment = session.get_one(Comment, outcome.comment or 0)
    kind, text = kept
    assert comment.kind == kind, outcome
    if text:
        assert comment.body == text
    else:
        assert comment.author is None
        assert "kept as a note" in outcome.reason


def test_a_customer_s_own_quotes_stay(post: Post, desk: Desk, make: Make, session: Session) -> None:
    ticket = desk.ticket()
    make.note(ticket, desk.agent, NOTE)
    to = post.room.marks.answer_address(ADDRESS, ticket.id)
    outcome = post(mail(desk.customer, f"Thank you.{QUOTED}", to=to))
    assert "> Noted" in session.get_one(Comment, outcome.comment or 0).body


@pytest.mark.parametrize(
    ("text", "note", "same"),
    [
        ("Call me.", "Call me.", False),  # too short to be told from what anybody says
        ("We shall call him later today.", "CALL HIM LATER", True),
        ("> do not\n> promise him *anything*", "do not promise him anything", True),
        ("Nothing of it.", NOTE, False),
        (f"x{NOTE[10:60]}y", NOTE, True),
        ("客户三月以来没有付款所以不要答应他", "客户三月以来没有付款所以不要答应他", True),
    ],
)
def test_a_stretch_of_a_note_is_known_however_it_is_wrapped(
    text: str, note: str, same: object
) -> None:
    assert repeats(text, [note]) == same
