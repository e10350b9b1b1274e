"""Notifications: what one was told, and of what one wants to be told."""

from dataclasses import dataclass

from flask import Blueprint, g, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from groupware.access import access_of
from groupware.live.page import follow
from groupware.models import User
from groupware.module import Item
from groupware.text import number_in
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    open_to,
    page,
    see_other,
    session,
    told,
)
from modules.support.views.ticket import address
from modules.tasks.notices import choice, inbox
from modules.tasks.notices.choice import Channel
from modules.tasks.notices.inbox import Told
from modules.tasks.notices.models import Reason

blueprint = Blueprint("notices", __name__)

PATH = "/support/notices"

SAID = {
    Reason.ASSIGNED: "assigned it to you",
    Reason.MENTIONED: "mentioned you in a note",
    Reason.ANSWERED: "answered",
    Reason.NOTED: "left a note",
    Reason.FILED: "filed it",
    Reason.OVERDUE: "It is overdue",
}
CHANGED = {
    "TicketReplied": "replied to the customer",
    "TicketAssigned": "assigned it anew",
    "TicketResolved": "resolved it",
    "TicketReopened": "opened it again",
    "TicketClosed": "closed it",
    "TicketMoved": "moved it to another list",
    "NoteAdded": "left a note",
    "urgency": "changed its urgency",
    "due": "changed its due date",
    "edited": "edited its subject or details",
    "waiting": "changed what it waits for",
    "started": "started on it",
}
ASKED = {
    Reason.ASSIGNED: ("Assigned to me", "A ticket is given to you."),
    Reason.MENTIONED: ("Mentions", "A note has @ and your name."),
    Reason.ANSWERED: ("The customer answers", "On tickets assigned to you, or that you follow."),
    Reason.NOTED: ("Notes on my tickets", "A colleague leaves a note on a ticket of yours."),
    Reason.CHANGED: ("Other changes", "On tickets assigned to you, or that you follow."),
    Reason.OVERDUE: ("Overdue", "The due date of such a ticket has passed."),
    Reason.FILED: ("New tickets", "Anything new on the lists that you work on."),
}
ICONS = {
    Reason.ASSIGNED: "user-check",
    Reason.MENTIONED: "at-sign",
    Reason.ANSWERED: "reply",
    Reason.NOTED: "lock",
    Reason.CHANGED: "activity",
    Reason.OVERDUE: "clock-alert",
    Reason.FILED: "inbox",
}


@dataclass(frozen=True)
class Line:
    """A notice as it is drawn."""

    notice: Told
    text: str
    icon: str
    href: str


def corner(session: Session, user: User) -> list[Item]:
    """The bell, with how much is new: counted with the side bar, or by a bounded statement."""
    if not access_of(session, user).agent:
        return []
    follow("notices", user.id)
    here = request.path == PATH
    counted = g.get("waiting")
    new = counted.counts.unread if counted else inbox.unread_count(session, user)
    return [Item("Notifications", PATH, "bell", count=new, current=here, short="Updates")]


@blueprint.get(PATH)
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def notices() -> ResponseReturnValue:
    """What one was told, newest first."""
    unread = bool(request.args.get("unread"))
    part = inbox.listed(
        session(), actor(), below=number_in(request.args.get("below", "")), unread=unread
    )
    return page(
        "support/notices.html",
        lines=[_line(each) for each in part.notices],
        older=part.older and f"{PATH}?{'unread=1&' if unread else ''}below={part.older}",
        first=not request.args.get("below"),
        unread=unread,
    )


@blueprint.post(f"{PATH}/reading")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def read() -> ResponseReturnValue:
    """Mark one as read, or all."""
    number = number_in(request.form.get("notice", ""))
    inbox.read(session(), actor(), number, now=now())
    return redirect(f"{PATH}?unread=1" if request.form.get("unread") else PATH, 303)


@blueprint.route("/profile/notices", methods=["GET", "POST"])
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def choices() -> ResponseReturnValue:
    """Of what one is told, and how."""
    if request.method == "POST":
        wanted = {
            reason: [each for each in Channel if request.form.get(f"{reason}-{each}")]
            for reason in choice.USUAL
        }
        choice.choose(actor(), wanted)
        told("Saved.")
        return see_other(".choices")
    mine = choice.chosen(actor())
    return page(
        "support/notice_choices.html",
        rows=[(reason, *ASKED[reason], mine[reason]) for reason in choice.USUAL],
        channels=[(Channel.APP, "Here"), (Channel.MAIL, "By mail")],
    )


def _line(notice: Told) -> Line:
    text = SAID.get(notice.reason) or CHANGED.get(notice.act, "changed it")
    where = f"#comment-{notice.comment}" if notice.comment else ""
    return Line(notice, text, ICONS[notice.reason], f"{address(notice.ticket)}{where}")
