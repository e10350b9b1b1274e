"""Working together on a ticket: who is there, drafts, followers, and whom a note can mention."""

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from groupware import idempotency
from groupware.errors import Invalid
from groupware.models import Level, User
from groupware.text import number_in
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    page,
    session,
    told,
)
from modules.support.forms import DraftForm
from modules.support.views.ticket import address, back_query, to_ticket
from modules.tasks.access import agent_level, require
from modules.tasks.models import Kind, Participant, Task
from modules.tasks.people import matching, who_may_be_added
from modules.tasks.queries import worked_by
from modules.tasks.together import drafts, followers, mentions, presence
from modules.tasks.together.models import Doing, Presence
from modules.tasks.together.there import there

blueprint = Blueprint("together", __name__, url_prefix="/support")

TICKET = "/tickets/<int:ticket_id>"
GONE = "gone"
MOST_ROWS = 200
MOST_SUGGESTED = 8


@blueprint.get(f"{TICKET}/together")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def together(ticket_id: int) -> ResponseReturnValue:
    """Who is at it now, and the drafts that lie there: a part of the ticket's page."""
    ticket = _seen(ticket_id)
    return page(
        "support/ticket_together.html",
        ticket=ticket,
        here=address(ticket_id),
        query=back_query(),
        there=there(session(), actor(), ticket, now=now()),
        works=agent_level(session(), actor(), ticket.task_list) >= Level.WRITE,
    )


@blueprint.post(f"{TICKET}/presence")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def present(ticket_id: int) -> ResponseReturnValue:
    """An open page says every 20 seconds that its reader is there, and when they have gone."""
    doing = request.form.get("doing", "")
    if doing == GONE:
        presence.leave(session(), actor(), ticket_id)
    elif doing in set(Doing):
        presence.say(session(), actor(), _seen(ticket_id), Doing(doing), now=now())
    else:
        raise Invalid(doing="Either viewing, writing or gone.")
    return "", 204


@blueprint.get("/presence")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def present_in_rows() -> ResponseReturnValue:
    """Which colleagues are at these tickets, by the ticket's number."""
    numbers = [number_in(word) for word in request.args.get("tickets", "").split(",")[:MOST_ROWS]]
    rows = session().execute(
        worked_by(actor())
        .where(Task.id.in_([number for number in numbers if number]))
        .join(Presence, Presence.task_id == Task.id)
        .join(User, User.id == Presence.user_id)
        .where(Presence.at > now() - presence.LASTS, Presence.user_id != actor().id)
        .with_only_columns(Task.id, User.id.label("person"), User.name, Presence.doing)
        .order_by(User.name)
        .limit(MOST_ROWS)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.id, []).append(
            {"id": row.person, "name": row.name, "doing": str(row.doing)}
        )
    return jsonify(found)


@blueprint.post(f"{TICKET}/draft")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def keep(ticket_id: int) -> ResponseReturnValue:
    """Keep the composer's text for its writer, or hand it to the list's other agents.

    What has been sent under its key is not kept; `sent` says so.
    """
    ticket, form = _seen(ticket_id), DraftForm()
    if not form.validate():
        raise Invalid(kind="Either a reply or a note.")
    kind, body = Kind(form.kind.data or Kind.REPLY), form.body.data or ""
    if form.share.data:
        drafts.share(session(), actor(), ticket, kind, body, now=now())
        told("Your draft is there for all agents of the list.")
        return to_ticket(ticket_id)
    key = f"say:{form.idempotency_key.data}"
    # A save that was under way when the text was sent must not bring it back.
    sent = idempotency.is_used(session(), actor(), key)
    if not sent:
        drafts.keep(session(), actor(), ticket, kind, body, now=now())
    return jsonify(at=now().isoformat(), sent=sent)


@blueprint.post(f"{TICKET}/drafts/<int:author_id>/taking")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def take(ticket_id: int, author_id: int) -> ResponseReturnValue:
    """Go on with a colleague's draft: it stands in one's own composer then, after what is there."""
    ticket, form = _seen(ticket_id), DraftForm()
    if (form.body.data or "").strip() and form.validate():
        kind = Kind(form.kind.data or Kind.REPLY)
        drafts.keep(session(), actor(), ticket, kind, form.body.data or "", now=now())
    drafts.take(session(), actor(), ticket, author_id, now=now())
    return to_ticket(ticket_id, "#body")


@blueprint.post(f"{TICKET}/drafts/<int:author_id>/removal")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def drop(ticket_id: int, author_id: int) -> ResponseReturnValue:
    """Throw a shared draft away."""
    drafts.drop(session(), actor(), _seen(ticket_id), author_id)
    return to_ticket(ticket_id)


@blueprint.post(f"{TICKET}/following")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def follow(ticket_id: int) -> ResponseReturnValue:
    """Follow the ticket, or, with `wanted` empty, do so no more."""
    ticket = _seen(ticket_id)
    if request.form.get("wanted"):
        followers.follow(session(), actor(), ticket, now=now())
    else:
        followers.unfollow(session(), actor(), ticket)
    return to_ticket(ticket_id)


@blueprint.get(f"{TICKET}/colleagues")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def colleagues(ticket_id: int) -> ResponseReturnValue:
    """Whom a note in this ticket can mention: agents who read its list, and nobody else."""
    ticket = _seen(ticket_id)
    found = mentions.suggestions(ticket.task_list, request.args.get("q", "")[:100])
    people = session().execute(found.with_only_columns(User.id, User.name).limit(MOST_SUGGESTED))
    return jsonify([{"label": row.name, "value": f"@{row.name}"} for row in people])


@blueprint.get(f"{TICKET}/people")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def people(ticket_id: int) -> ResponseReturnValue:
    """Whom one could add to the ticket, by what was typed of a name or an address."""
    ticket = _seen(ticket_id)
    require(session(), actor(), Level.WRITE, ticket.task_list)
    typed = request.args.get("q", "")[:100]
    taking = select(Participant.user_id).where(Participant.task_id == ticket.id)
    wanted = who_may_be_added(ticket.task_list).where(matching(typed), User.id.not_in(taking))
    found = session().scalars(wanted.options(selectinload(User.addresses)).limit(MOST_SUGGESTED))
    return jsonify(
        [{"label": each.name, "hint": each.address, "text": each.address} for each in found]
    )


def _seen(ticket_id: int) -> Task:
    return one(worked_by(actor()).where(Task.id == ticket_id))
