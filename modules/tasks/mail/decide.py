"""What becomes of a mail, decided from facts alone. Routing (route.py) does what is decided.

The ticket that a mail names is only a candidate; the sender's part in it opens it:

customer, participant, contact   their response; quiet where a machine answers for them
agent with a proven token        their reply to the customer
agent without                    a note with a mark: mail gives no staff powers
who reads notes, and repeats one a note with a mark, whatever their part
anybody else                     a new ticket with a link that only agents see

First matching row wins; each says why, in words that the mail's page shows.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from groupware.mail.message import Message
from groupware.mail.mime import HEADER_CUT
from modules.tasks.mail.models import Unknown
from modules.tasks.mail.words import automatic_answer, forwards, marks

MOST_TICKETS = 30
"""New tickets of one sender within an hour."""


class Act(StrEnum):
    FILE = "file"  # as a registered customer
    REGISTER = "register"  # make an account, then file
    CONTACT = "contact"  # a ticket without an account
    RESPOND = "respond"
    OVERHEAR = "overhear"  # in the ticket, but nothing moves
    REPLY = "reply"  # as staff
    NOTE = "note"
    UNREADABLE = "unreadable"
    BOUNCE = "bounce"
    QUARANTINE = "quarantine"
    REJECT = "reject"


class Part(StrEnum):
    """What the sender is to the ticket that their mail names."""

    OWN = "own"  # customer or participant
    CONTACT = "contact"
    AGENT = "agent"
    PROVEN_AGENT = "proven agent"  # by a notice's address that is bound to them
    NONE = "none"


class Standing(StrEnum):
    """Who the sender is, as far as a mail can say."""

    CUSTOMER = "customer"  # may ask in the list
    BARRED = "barred"  # known, and may not ask there
    INACTIVE = "inactive"
    UNKNOWN = "unknown"
    OURSELVES = "ourselves"
    NOBODY = "nobody"  # From holds no address


@dataclass(frozen=True, slots=True)
class Candidate:
    """The ticket that a mail names, and how it does."""

    ticket: int
    how: str
    part: Part
    tag: bool = False  # named by nothing but a number in the subject
    reads_notes: bool = False  # its sender does, so what they quote may hold one
    secret: str = ""  # why not even their own words are for customers


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose mail it is."""

    standing: Standing
    name: str = ""
    proof: str = ""  # of DMARC, by the server that we believe: pass, fail, or nothing said
    filed_lately: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why."""

    act: Act
    reason: str
    ticket: int | None = None  # the one to go into, or to link to
    doubt: str = ""
    own_words: bool = False  # what the mail quotes is left to the original


def decide(
    message: Message,
    candidate: Candidate | None,
    sender: Sender,
    *,
    unknown: Unknown = Unknown.CONTACT,
    released: bool = False,
) -> Decision:
    """What becomes of this mail; `released` lets it past what would hold it back."""
    decision = _decided(message, candidate, sender, unknown, released=released)
    told = marks(message)
    return replace(decision, reason=f"{decision.reason} {told}") if told else decision


def _decided(
    message: Message,
    candidate: Candidate | None,
    sender: Sender,
    unknown: Unknown,
    *,
    released: bool,
) -> Decision:
    if not message.readable:
        return Decision(Act.UNREADABLE, " ".join(message.problems) or "It could not be read.")
    if message.bounce is not None and not released:
        return Decision(Act.BOUNCE, "A mail server reports on another mail.")
    if sender.standing == Standing.OURSELVES and not released:
        return Decision(Act.QUARANTINE, "It comes from one of this desk's own addresses.")
    clear, doubt = _identity(message, sender)
    if not clear and not released:
        return Decision(Act.QUARANTINE, doubt)
    if candidate and not doubt and (into := _into(message, candidate, sender, released=released)):
        return into
    return _new(message, candidate, sender, unknown, doubt, released=released)


def _identity(message: Message, sender: Sender) -> tuple[bool, str]:
    """Whether the mail may go on, and what speaks against its sender's being who it says."""
    if sender.standing == Standing.NOBODY:
        return True, "Nobody is named as its sender."
    if HEADER_CUT in message.problems:
        return True, "Its header is too long to be sure of its sender."
    if not message.identified:
        return False, "Its sender is not one unambiguous address in From."
    return True, ""


def _into(  # noqa: PLR0911  # a table: the first row that fits
    message: Message, candidate: Candidate, sender: Sender, *, released: bool
) -> Decision | None:
    """Into the ticket that is named, where the sender's part allows it; else a new one."""
    how, ticket, part = candidate.how, candidate.ticket, candidate.part
    if candidate.tag and sender.proof != "pass":
        return None
    machine = automatic_answer(message.auto)
    if part == Part.NONE:
        if machine and not released:
            why = (
                f"An automatic answer ({message.auto}) to #{ticket} by somebody without part in it."
            )
            return Decision(Act.QUARANTINE, why)
        return None
    if sender.proof == "fail" and not released:
        why = f"It names #{ticket}, and its sender's domain says that it is not theirs (DMARC)."
        return Decision(Act.QUARANTINE, why)
    if candidate.secret and not machine:
        return Decision(Act.NOTE, f"{how}; its sender reads notes.", ticket, doubt=candidate.secret)
    if candidate.secret:
        return Decision(Act.QUARANTINE, f"{how}; an automatic answer: {message.auto}.")
    own = candidate.reads_notes
    if part in (Part.OWN, Part.CONTACT):
        who = "its sender is the customer or takes part" if part == Part.OWN else "its sender asked"
        reason = f"{how}; {who}."
        if machine:
            why = f"{reason} An automatic answer: {message.auto}."
            return Decision(Act.OVERHEAR, why, ticket, own_words=own)
        return Decision(Act.RESPOND, reason, ticket, own_words=own)
    if machine:
        return Decision(Act.QUARANTINE, f"{how}; an automatic answer of an agent: {message.auto}.")
    if forwards(message.subject):
        return None
    if part == Part.PROVEN_AGENT and sender.proof == "pass":
        why = f"{how}; its sender is the agent whose notice it answers."
        return Decision(Act.REPLY, why, ticket, own_words=True)
    if candidate.tag:
        return None
    return Decision(
        Act.NOTE,
        f"{how}; its sender works on the ticket.",
        ticket,
        doubt=f"By mail, and not proven to be from {sender.name}: kept as a note.",
    )


def _new(  # noqa: PLR0911  # a table: the first row that fits
    message: Message,
    candidate: Candidate | None,
    sender: Sender,
    unknown: Unknown,
    doubt: str,
    *,
    released: bool,
) -> Decision:
    link = candidate.ticket if candidate else None
    why = "It names no ticket."
    if candidate is not None:
        why = f"{candidate.how} to #{link}, but its sender has no part in that ticket."
        if candidate.tag and candidate.part != Part.NONE:
            why = f"{candidate.how} to #{link}, which proves nothing."
    if sender.filed_lately >= MOST_TICKETS and not released:
        return Decision(
            Act.QUARANTINE, f"More than {MOST_TICKETS} new tickets of its sender within an hour."
        )
    if doubt or (released and not message.identified):
        return Decision(Act.CONTACT, why, link, doubt or "Its sender is not certain.")
    if sender.proof == "fail":
        doubt = "Its sender's domain says that it is not theirs (DMARC)."
    if sender.standing == Standing.CUSTOMER:
        return Decision(Act.FILE, f"{why} Its sender is {sender.name}.", link, doubt)
    if sender.standing in (Standing.BARRED, Standing.INACTIVE) and not released:
        what = (
            "is switched off"
            if sender.standing == Standing.INACTIVE
            else "may not ask in this list"
        )
        return Decision(Act.QUARANTINE, f"{sender.name} {what}.")
    if sender.standing == Standing.UNKNOWN and not released:
        if unknown == Unknown.REGISTER and not message.auto and not doubt:
            return Decision(Act.REGISTER, f"{why} Its sender is new.", link)
        if unknown == Unknown.QUARANTINE:
            return Decision(Act.QUARANTINE, f"{why} Its sender is not registered.")
        if unknown == Unknown.REJECT:
            return Decision(Act.REJECT, f"{why} Its sender is not registered.")
    return Decision(Act.CONTACT, f"{why} Its sender is not registered.", link, doubt)
