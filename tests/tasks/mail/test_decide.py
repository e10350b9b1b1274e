"""What becomes of a mail, row by row: no database, no mail, facts only."""

from dataclasses import replace

import pytest

from groupware.mail.addresses import Address
from groupware.mail.message import Bounce, Message
from groupware.mail.mime import HEADER_CUT
from modules.tasks.mail.authenticity import proof
from modules.tasks.mail.decide import Act, Candidate, Part, Sender, Standing, decide
from modules.tasks.mail.models import Unknown
from modules.tasks.mail.text import NO_TEXT, text_of
from modules.tasks.mail.words import automatic_answer, forwards, tagged

PLAIN = Message(subject="Re: Printer", sender=Address("ann@x.example"), identified=True)
TWO_FROMS = replace(PLAIN, identified=False)
LONG = replace(PLAIN, identified=False, problems=(HEADER_CUT,))
ABSENT = replace(PLAIN, auto="Auto-Submitted: auto-replied")
FORWARD = replace(PLAIN, subject="WG: Printer")
BOUNCE = replace(PLAIN, bounce=Bounce())
BROKEN = Message(readable=False, problems=("Too much.",))
CUSTOMER = Sender(Standing.CUSTOMER, "Ann")
PROVEN = replace(CUSTOMER, proof="pass")
FORGED = replace(CUSTOMER, proof="fail")
UNKNOWN = Sender(Standing.UNKNOWN)
BUSY = replace(CUSTOMER, filed_lately=30)


def named(part: Part, *, tag: bool = False) -> Candidate:
    return Candidate(7, "Matched by In-Reply-To", part, tag=tag)


@pytest.mark.parametrize(
    ("message", "candidate", "sender", "act"),
    [
        (PLAIN, None, CUSTOMER, Act.FILE),
        (PLAIN, named(Part.OWN), CUSTOMER, Act.RESPOND),
        (PLAIN, named(Part.CONTACT), UNKNOWN, Act.RESPOND),
        (PLAIN, named(Part.NONE), CUSTOMER, Act.FILE),
        (PLAIN, named(Part.NONE), UNKNOWN, Act.CONTACT),
        (PLAIN, named(Part.AGENT), CUSTOMER, Act.NOTE),
        (PLAIN, named(Part.PROVEN_AGENT), CUSTOMER, Act.NOTE),  # a token without DMARC
        (PLAIN, named(Part.PROVEN_AGENT), PROVEN, Act.REPLY),
        (PLAIN, named(Part.AGENT), PROVEN, Act.NOTE),  # DMARC without a token
        (PLAIN, named(Part.OWN, tag=True), CUSTOMER, Act.FILE),
        (PLAIN, named(Part.OWN, tag=True), PROVEN, Act.RESPOND),
        (PLAIN, named(Part.AGENT, tag=True), PROVEN, Act.FILE),
        (PLAIN, named(Part.OWN), FORGED, Act.QUARANTINE),
        (PLAIN, None, FORGED, Act.FILE),
        (FORWARD, named(Part.AGENT), CUSTOMER, Act.FILE),
        (FORWARD, named(Part.OWN), CUSTOMER, Act.RESPOND),
        (ABSENT, named(Part.OWN), CUSTOMER, Act.OVERHEAR),
        (ABSENT, named(Part.AGENT), CUSTOMER, Act.QUARANTINE),
        (ABSENT, named(Part.NONE), UNKNOWN, Act.QUARANTINE),
        (ABSENT, None, CUSTOMER, Act.FILE),
        (TWO_FROMS, named(Part.OWN), CUSTOMER, Act.QUARANTINE),
        (LONG, named(Part.OWN), CUSTOMER, Act.CONTACT),
        (PLAIN, replace(named(Part.OWN), secret="A note."), CUSTOMER, Act.NOTE),
        (PLAIN, replace(named(Part.PROVEN_AGENT), secret="A note."), PROVEN, Act.NOTE),
        (ABSENT, replace(named(Part.OWN), secret="A note."), CUSTOMER, Act.QUARANTINE),
        (BOUNCE, named(Part.OWN), CUSTOMER, Act.BOUNCE),
        (BROKEN, None, UNKNOWN, Act.UNREADABLE),
        (PLAIN, None, BUSY, Act.QUARANTINE),
        (PLAIN, named(Part.OWN), BUSY, Act.RESPOND),
        (PLAIN, None, Sender(Standing.BARRED, "Ann"), Act.QUARANTINE),
        (PLAIN, None, Sender(Standing.INACTIVE, "Ann"), Act.QUARANTINE),
        (PLAIN, None, Sender(Standing.OURSELVES), Act.QUARANTINE),
        (PLAIN, named(Part.OWN), Sender(Standing.OURSELVES), Act.QUARANTINE),
        (Message(), None, Sender(Standing.NOBODY), Act.CONTACT),
        (Message(), named(Part.CONTACT), Sender(Standing.NOBODY), Act.CONTACT),
    ],
)
def test_a_mail_goes_where_its_facts_say(message, candidate, sender, act):
    decision = decide(message, candidate, sender)
    assert decision.act == act
    assert decision.reason


@pytest.mark.parametrize(
    ("message", "unknown", "act"),
    [
        (PLAIN, Unknown.REGISTER, Act.REGISTER),
        (PLAIN, Unknown.QUARANTINE, Act.QUARANTINE),
        (PLAIN, Unknown.REJECT, Act.REJECT),
        (ABSENT, Unknown.REGISTER, Act.CONTACT),  # a machine gets no account
    ],
)
def test_the_mailbox_says_what_becomes_of_strangers(message, unknown, act):
    assert decide(message, None, UNKNOWN, unknown=unknown).act == act


@pytest.mark.parametrize(
    ("message", "sender"),
    [(TWO_FROMS, CUSTOMER), (PLAIN, Sender(Standing.BARRED, "Ann")), (PLAIN, BUSY)],
)
def test_what_a_person_releases_becomes_a_ticket(message, sender):
    assert decide(message, None, sender).act == Act.QUARANTINE
    assert decide(message, None, sender, released=True).act in (Act.CONTACT, Act.FILE)


@pytest.mark.parametrize(("name", "told"), [("signed", "signature"), ("encrypted", "encrypted")])
def test_a_mail_s_page_says_what_its_sender_did_to_it(name, told):
    sealed = replace(PLAIN, **{name: True})
    assert told in decide(sealed, named(Part.OWN), CUSTOMER).reason
    assert told not in decide(PLAIN, named(Part.OWN), CUSTOMER).reason
    assert "The file holds" in text_of(sealed).body
    assert text_of(PLAIN).body == NO_TEXT


def results(*values: str, sender: str = "ann@x.example") -> Message:
    headers = tuple(("authentication-results", value) for value in values)
    return Message(sender=Address(sender), identified=True, headers=headers)


@pytest.mark.parametrize(
    ("message", "server", "said"),
    [
        (results("mx.desk; dkim=pass; dmarc=pass header.from=x.example"), "mx.desk", "pass"),
        (results("mx.desk; dmarc=pass header.from=x.example"), "", ""),
        (results("mx.evil; dmarc=pass header.from=x.example"), "mx.desk", ""),
        (results("mx.desk 1; dmarc=pass (p=none) header.from=X.example"), "MX.desk", "pass"),
        (results("mx.desk; dmarc=pass header.from=evil.example"), "mx.desk", ""),
        (results("mx.desk; dmarc=fail header.from=x.example"), "mx.desk", "fail"),
        (results("mx.desk; spf=pass", "mx.desk; dmarc=pass header.from=x.example"), "mx.desk", "pass"),
        (results('mx.desk; spf=pass smtp.mailfrom="a; dmarc=pass header.from=x.example"'), "mx.desk", ""),
        (results("mx.desk; spf=pass (dmarc=pass header.from=x.example)"), "mx.desk", ""),
        (results("spf=pass; dmarc=pass action=none header.from=x.example"), "microsoft", "pass"),
        (results("spf=pass; dmarc=pass header.from=x.example"), "mx.desk", ""),
    ],
)  # fmt: skip
def test_only_the_believed_server_proves_anything(message, server, said):
    assert proof(message, server) == said


def test_a_block_further_down_may_be_anybody_s():
    message = Message(
        sender=Address("ann@x.example"),
        identified=True,
        headers=(
            ("authentication-results", "mx.desk; spf=pass"),
            ("received", "from outside"),
            ("authentication-results", "mx.desk; dmarc=pass header.from=x.example"),
        ),
    )
    assert proof(message, "mx.desk") == ""


def test_words_tell_forwards_tags_and_machines():
    assert forwards("Fwd: x")
    assert forwards("WG: x")
    assert forwards("tr : x")
    assert not forwards("Re: Fwd: x")
    assert not forwards("Forward this")
    assert tagged("Re: [Maple Support #123] Printer") == 123
    assert tagged("[#99999999999] x") is None
    assert tagged("#12") is None
    assert automatic_answer("Auto-Submitted: auto-replied")
    assert not automatic_answer("List-Id")
    assert not automatic_answer("")
