"""What incoming mail did to a ticket, for whoever answers by mail."""

from dataclasses import dataclass

from groupware.events import Event
from groupware.mail.message import Bounce
from groupware.mailboxes.models import InboundMail
from modules.tasks.events import TicketEvent
from modules.tasks.mail.models import Contact
from modules.tasks.models import Comment


@dataclass(frozen=True, kw_only=True)
class TicketMailed(TicketEvent):
    """A mail is in a ticket, told after TicketFiled or TicketResponded: `comment` is None where it
    made the ticket. `quiet` says why nothing automatic may answer it, or is empty."""

    mail: InboundMail
    comment: Comment | None
    quiet: str
    contact: Contact | None = None  # of a new ticket


@dataclass(frozen=True, kw_only=True)
class DeliveryReported(Event):
    """A mail server reports on a mail of ours; `delivery` is the outbound mail's id."""

    delivery: int
    bounce: Bounce
    mail: InboundMail
