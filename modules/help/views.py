"""End users' pages: the customer's face of tickets, whoever looks."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import BadRequest

from groupware.errors import Conflict, Forbidden, NotFound
from groupware.idempotency import new_key, once
from groupware.live.page import follow, opened_at
from groupware.text import LARGEST_NUMBER
from groupware.web.request import (
    CREATE_TICKETS,
    actor,
    afterwards,
    now,
    one,
    open_to,
    page,
    refusals,
    see_other,
    session,
    told,
)
from groupware.web.uploading import kept, received, takes_files
from modules.help import filing, forms, my_tickets, thread
from modules.help.standing import STEPS, standing_of
from modules.help.words import answer_time
from modules.tasks import conversation, fields, search, tickets
from modules.tasks.access import owns
from modules.tasks.fields import forms as field_forms
from modules.tasks.leading import led_to
from modules.tasks.live import of_request
from modules.tasks.models import Comment, State, Task
from modules.tasks.printing import sheet
from modules.tasks.queries import (
    asked_by,
    comments_asked_by,
    files_asked_by,
    own_of,
    shared_with,
)
from modules.tasks.seen import saw, seen_until

blueprint = Blueprint("help", __name__, url_prefix="/tickets")

COLLEAGUES = "organisation"
FILTERS = ((None, "All"), *((state, state.value.replace("_", " ").title()) for state in State))


@blueprint.get("/my-tickets")
@open_to(CREATE_TICKETS)
def my_requests() -> ResponseReturnValue:
    """My Support Requests."""
    words = request.args.get("q", "").strip()[: search.LONGEST]
    state, older, newer = _asked_for()
    shares = my_tickets.shares(session(), actor())
    colleagues = shares and request.args.get("of") == COLLEAGUES
    face = shared_with if colleagues else own_of
    found = my_tickets.page_of(
        session(), actor(), face=face, state=state, words=words, older=older, newer=newer
    )
    counts = my_tickets.counts(session(), actor(), face)
    here: dict[str, Any] = {"q": words or None, "of": COLLEAGUES if colleagues else None}
    return page(
        "help/my_tickets.html",
        cards=found.cards,
        words=words,
        state=state,
        total=counts[None],
        colleagues=colleagues,
        tabs=shares
        and [
            {"label": "My requests", "href": _list(), "current": not colleagues},
            {"label": "My organisation", "href": _list(of=COLLEAGUES), "current": colleagues},
        ],
        hours=answer_time(filing.promise(session(), actor())),
        filters=[
            {
                "label": label,
                "href": _list(each, **here),
                "current": each == state,
                "count": _number(counts.get(each, 0)),
            }
            for each, label in FILTERS
        ],
        newer=found.newer and _list(state, newer=found.newer, **here),
        older=found.older and _list(state, older=found.older, **here),
    )


@blueprint.route("/add", methods=["GET", "POST"])
@open_to(CREATE_TICKETS)
@takes_files
def add() -> ResponseReturnValue:
    """Get Support."""
    offer = filing.offer_to(session(), actor())
    meant = filing.list_meant(offer, request.values.get("task_list"))
    asked = field_forms.asked_in(session(), meant, public=True)
    form = field_forms.with_fields(forms.NewRequest, asked)()
    filing.prepare(form, offer, actor())
    if meant and not form.is_submitted():
        form.task_list.data = str(meant.id)

    def file() -> str:
        field_forms.require_shown(meant, asked)
        said = field_forms.said(form, asked)
        ticket = filing.file(session(), actor(), offer, form, received(), custom=said, now=now())
        return str(ticket.id)

    if form.validate_on_submit():
        with refusals(form):
            number, _ = once(session(), actor(), _key("file", form), file, now=now())
            usual = answer_time(offer.hours)
            told(
                f"We have your request #{number}."
                + (f" We usually answer {usual}." if usual else "")
            )
            return see_other(".view", ticket_id=int(number))
    form.idempotency_key.data = form.idempotency_key.data or new_key()
    return page(
        "help/add.html",
        422 if form.is_submitted() else 200,
        form=form,
        meant=meant,
        questions=field_forms.questions(form, asked),
        offer=offer,
        hours=answer_time(offer.hours),
        uploads=kept(),
    )


@blueprint.route("/view/<int:ticket_id>", methods=["GET", "POST"])
@open_to(CREATE_TICKETS)
@takes_files
def view(ticket_id: int) -> ResponseReturnValue:
    """Support Request #id, and what its customer adds to it."""
    try:
        ticket = _asked(ticket_id)
    except NotFound:
        there = led_to(session(), actor(), ticket_id, asked_by)
        if there is None or request.method != "GET":
            raise
        return see_other(".view", ticket_id=there)
    form = forms.Response()

    def respond() -> str:
        comment = conversation.respond(
            session(), actor(), ticket, form.body.data or "", incoming=received(), now=now()
        )
        return f"{comment.task_id}-{comment.id}"

    if form.validate_on_submit():
        with refusals(form):
            key = _key(f"respond {ticket_id}", form)
            answer, done = once(session(), actor(), key, respond, now=now())
            number = int(answer.split("-")[0])
            if done and number != ticket_id:
                told(f"This goes on as a new request, #{number}: #{ticket_id} was closed long ago.")
            elif done:
                told("Your response has been added.")
            return see_other(".view", ticket_id=number, _anchor=f"message-{answer.split('-')[1]}")
    form.idempotency_key.data = form.idempotency_key.data or new_key()
    return page(
        "help/view.html",
        422 if form.is_submitted() else 200,
        form=form,
        uploads=kept(),
        **_request(ticket),
    )


@blueprint.get("/view/<int:ticket_id>/print")
@open_to(CREATE_TICKETS)
def on_paper(ticket_id: int) -> ResponseReturnValue:
    """A request without anything around it, as its customer sees it."""
    ticket = _asked(ticket_id)
    it = sheet(session(), ticket, comments_asked_by(actor()), files_asked_by(actor()))
    here = url_for(".view", ticket_id=ticket_id)
    return page("tasks/print.html", it=it, here=here, internal=False)


@blueprint.route("/edit/<int:ticket_id>", methods=["GET", "POST"])
@open_to(CREATE_TICKETS)
def edit(ticket_id: int) -> ResponseReturnValue:
    """Update Request."""
    ticket = _asked(ticket_id)
    if not owns(session(), actor(), ticket):
        raise Forbidden
    cells = fields.cells(session(), ticket, public=True)
    base = filing.base_of(ticket, cells)
    asked = field_forms.asked_in(session(), ticket.task_list, public=True)
    form = field_forms.with_fields(forms.Update, asked, cells)(
        subject=ticket.summary, details=ticket.description, base=base
    )
    if ticket.state == State.CLOSED:
        raise Forbidden("This request is closed, so it can no longer be changed.")
    status = 422
    if form.validate_on_submit():
        if form.base.data and form.base.data != base:
            form.form_errors = [
                Conflict.message + " Your text is below; what stands now is under it."
            ]
            status = 409
        else:
            with refusals(form):
                tickets.edit(
                    session(),
                    actor(),
                    ticket,
                    subject=form.subject.data or "",
                    details=form.details.data or "",
                    now=now(),
                )
                said = field_forms.said(form, asked)
                fields.write(session(), actor(), ticket, said, now=now())
                told("Your request has been updated.")
                return see_other(".view", ticket_id=ticket.id)
    if form.is_submitted():
        form.base.data = base
    return page(
        "help/edit.html",
        status if form.is_submitted() else 200,
        form=form,
        questions=field_forms.questions(form, asked),
        ticket=ticket,
        conflict=status == 409,
    )


@blueprint.route("/edit/<int:ticket_id>/responses/<int:comment_id>", methods=["GET", "POST"])
@open_to(CREATE_TICKETS)
def correct(ticket_id: int, comment_id: int) -> ResponseReturnValue:
    """Change what one has just written."""
    ticket = _asked(ticket_id)
    comment = one(
        comments_asked_by(actor()).where(Comment.id == comment_id, Comment.task_id == ticket.id)
    )
    if comment.author_id != actor().id:
        raise Forbidden
    form = forms.Correction(body=comment.body)
    if form.validate_on_submit():
        with refusals(form):
            conversation.edit_comment(session(), actor(), comment, form.body.data or "", now=now())
            told("Your response has been changed.")
            return see_other(".view", ticket_id=ticket.id, _anchor=f"message-{comment.id}")
    status = 422 if form.is_submitted() else 200
    return page("help/correct.html", status, form=form, ticket=ticket)


def _asked(ticket_id: int) -> Task:
    """The request by its customer's face; to change it, it is held until the end."""
    query = (
        asked_by(actor())
        .where(Task.id == ticket_id)
        .options(joinedload(Task.customer), joinedload(Task.location), joinedload(Task.task_list))
    )
    return one(query.with_for_update(of=Task) if request.method == "POST" else query)


def _request(ticket: Task) -> dict[str, Any]:
    """What its page shows; whoever sees its newest part has seen it."""
    person, ticket_id, at = actor().id, ticket.id, ticket.public_modified
    seen = seen_until(session(), actor(), ticket)
    follow("request", ticket.id, of_request(ticket.public_modified))
    before = request.args.get("before", type=_comment)
    shown = thread.thread_of(
        session(), actor(), ticket, before=before, seen=opened_at() or seen, now=now()
    )
    if shown.newest and request.method == "GET" and (seen is None or seen < at):
        afterwards(lambda writing: saw(writing, person, ticket_id, at))
    over = conversation.is_over(ticket, now())
    takes_part = owns(session(), actor(), ticket)
    return {
        "ticket": ticket,
        "cells": fields.cells(session(), ticket, public=True),
        "thread": shown,
        "seen": seen,
        "standing": standing_of(ticket, shown.staff, over=over),
        "steps": STEPS,
        "over": over,
        "may_respond": takes_part,
        "may_edit": takes_part and ticket.state != State.CLOSED,
    }


def _asked_for() -> tuple[State | None, my_tickets.Place | None, my_tickets.Place | None]:
    """Filter and place out of the address; anything else is a bad request."""
    try:
        state = request.args.get("state")
        places = [
            my_tickets.Place.read(text) if (text := request.args.get(name)) else None
            for name in ("older", "newer")
        ]
        return State(state) if state else None, places[0], places[1]
    except ValueError as error:
        raise BadRequest from error


def _list(state: State | None = None, **rest: Any) -> str:
    """The address of the list with this filter and these words, from there on."""
    return url_for(".my_requests", state=state.value if state else None, **rest)


def _comment(text: str) -> int:
    return min(int(text), LARGEST_NUMBER)


def _key(act: str, form: Any) -> str:
    sent = form.idempotency_key.data
    return f"{act} {sent}" if sent else ""


def _number(count: int) -> str:
    return str(count) if count < my_tickets.MOST_COUNTED else f"{my_tickets.MOST_COUNTED - 1:,}+"
