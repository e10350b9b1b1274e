"""What became of a reply's mails: to see it, to try again, to take the reply back in time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from groupware.api import ANYBODY, Noun, Says
from groupware.errors import Forbidden
from groupware.models import Delivery as State
from groupware.models import Level
from groupware.web.request import actor, now, open_to, session
from modules.tasks.access import require
from modules.tasks.api.comments import comment_of
from modules.tasks.api.faces import found, worked
from modules.tasks.letters import delivery, taking_back
from modules.tasks.models import Comment, Kind

nouns = Noun("delivery", "What became of the mails that carry a reply; for agents.")

REPLY = "/tickets/<int:ticket_id>/comments/<int:comment_id>"


@dataclass(frozen=True)
class Sending:
    """A mail that has not got through, or not yet."""

    to: str
    state: State
    error: str
    next_try: datetime | None


@dataclass(frozen=True)
class Delivery:
    """How many mails of a reply were sent, and which were not."""

    sent: int
    open: list[Sending]
    may_retry: bool
    seconds_to_take_back: Annotated[int, Says("0: it is too late, or somebody else's reply.")]


@dataclass(frozen=True)
class TakenBack:
    """A reply as it was written; it is one's own draft now."""

    body: str
    attachments: Annotated[list[str], Says("Tokens of its files, to send them again.")]


@nouns.get(f"{REPLY}/delivery")
@open_to(*ANYBODY)
def show(ticket_id: int, comment_id: int) -> Delivery:
    """What became of a reply's mails."""
    worked(ticket_id)
    reply = _reply(ticket_id, comment_id)
    told = delivery.of_replies(session(), [reply.id]).get(reply.id) or delivery.Deliveries(0, ())
    return Delivery(
        sent=told.sent,
        open=[Sending(each.to, each.state, each.error, each.next_try) for each in told.open],
        may_retry=told.may_retry,
        seconds_to_take_back=taking_back.seconds_to_take_back(reply, actor(), now())
        if told.untouched
        else 0,
    )


@nouns.post(f"{REPLY}/delivery")
@open_to(*ANYBODY)
def retry(ticket_id: int, comment_id: int) -> None:
    """Try what did not get through again, to the address that the person has now."""
    delivery.retry(session(), actor(), _reply(ticket_id, comment_id, held=True), now=now())


@nouns.post(f"{REPLY}/undo")
@open_to(*ANYBODY)
def undo(ticket_id: int, comment_id: int) -> TakenBack:
    """Take one's reply back, while none of its mails has left: the ticket is as it was before."""
    reply = _reply(ticket_id, comment_id, held=True)
    taken = taking_back.take_back(session(), actor(), reply, now=now())
    return TakenBack(taken.body, [secret for secret, _ in taken.files])


def _reply(ticket_id: int, comment_id: int, *, held: bool = False) -> Comment:
    ticket = found(ticket_id, held=held)
    comment = comment_of(ticket, comment_id)
    if held:
        require(session(), actor(), Level.WRITE, ticket.task_list)
    if comment.kind != Kind.REPLY:
        raise Forbidden("Only a reply is sent by mail.")
    return comment
