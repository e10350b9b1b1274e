"""Canned replies: all that one may use, and the page of one."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    open_to,
    page,
    refusals,
    see_other,
    session,
    told,
)
from groupware.web.settings.forms import filled
from groupware.web.settings.saving import overtaken
from modules.support.settings import at_hand as parts
from modules.support.settings.forms import CannedForm
from modules.tasks.canned import at_hand, texts
from modules.tasks.canned.models import CannedReply
from modules.tasks.canned.placeholders import PLACEHOLDERS

blueprint = Blueprint("support_canned", __name__, url_prefix="/settings/canned-replies")


parts.routes(
    blueprint,
    CannedReply,
    template="settings/canned_replies.html",
    what="canned reply",
    stays="What was written with it stays.",
)


@blueprint.route("/add", methods=["GET", "POST"])
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def add() -> ResponseReturnValue:
    sent = request.method == "POST"
    form = filled(CannedForm, {}, sent=sent)
    there = parts.lists_to_choose(form, None)
    if sent and form.validate():
        with refusals(form):
            label = parts.label(form, there)
            made = texts.create(session(), actor(), label, form.body.data or "", now=now())
            told(f"{made.name} was added. Share it below, or keep it to yourself.")
            return see_other(".edit", thing_id=made.id)
    return _page(form, None, 422 if sent else 200)


@blueprint.route("/<int:thing_id>", methods=["GET", "POST"])
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def edit(thing_id: int) -> ResponseReturnValue:
    sent = request.method == "POST"
    text = parts.mine(CannedReply, thing_id, to_change=sent)
    values: dict[str, Any] = {
        "name": text.name,
        "category": text.category,
        "task_list": str(text.task_list_id or ""),
        "body": text.body,
    }
    form = filled(CannedForm, values, sent=sent)
    there = parts.lists_to_choose(form, text)
    if sent and form.validate():
        if both := overtaken(form, values, keep=url_for(".edit", thing_id=thing_id)):
            return both
        with refusals(form):
            label = parts.label(form, there)
            texts.edit(session(), actor(), text, label, form.body.data or "", now=now())
            told("Saved.")
            return see_other(".edit", thing_id=thing_id)
    return _page(form, text, 422 if sent else 200)


def _page(form: CannedForm, text: CannedReply | None, status: int) -> ResponseReturnValue:
    return page(
        "settings/canned_reply.html",
        status,
        form=form,
        text=text,
        may_change=text is None or at_hand.may_change(session(), actor(), text),
        access=text and parts.control(text, "support_canned"),
        placeholders=[(name, words) for name, (words, _) in PLACEHOLDERS.items()],
    )
