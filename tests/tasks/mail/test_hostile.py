"""Hostile mails: each is a visible ticket within its time, and the next mail is unaffected."""

import time

import pytest
from sqlalchemy.orm import Session

from groupware.mailboxes.outcome import Became
from modules.tasks.models import Task
from tests.factories import Desk
from tests.mailing import Post, mail

ANN = "From: ann@else.example\r\n"
CRLF = "\r\n"
HOSTILE = {
    "10,000 recipients": f"{ANN}To: " + ",".join(f"p{n}@x.example" for n in range(10_000)) + "\r\n\r\nx",
    "10,000 parts": f"{ANN}Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\nx\r\n" * 10_000,
    "1,000 nested": ANN + "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(1_000)
    ) + "\r\nx",
    "100,000 headers": ANN + "".join(f"X-{n}: y\r\n" for n in range(100_000)) + "\r\nx",
    "nested comments": "From: " + "(" * 100_000 + "\r\nSubject: x\r\n\r\nx",
    "20,000 parameters": f"{ANN}Content-Type: text/plain"
    + "".join(f"; p{n}=v" for n in range(20_000)) + "\r\n\r\nx",
    "deep HTML": f"{ANN}Content-Type: text/html\r\n\r\n" + "<div>" * 60_000,
    "a quote of quotes": f"{ANN}\r\n" + ">" * 40_000 + "\r\n" + "On a wrote:\r\n" * 5_000,
    "nothing": "",
    "no bytes of text": "\x00" * 10_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_hostile_mail_is_a_ticket_and_the_next_one_too(
    post: Post, desk: Desk, session: Session, name: str
) -> None:
    post(mail(desk.customer, "Warm."))  # the reader's process starts once
    begun = time.process_time(), time.monotonic()
    outcome = post(HOSTILE[name].encode())
    took = time.monotonic() - begun[1]
    assert outcome.became in (Became.TICKET, Became.UNREADABLE), outcome
    assert session.get_one(Task, outcome.ticket or 0).deleted_at is None
    assert took < 4, f"{took:.1f} s on a busy machine"
    assert post(mail(desk.customer, "Next.", subject="Next")).became == Became.TICKET
