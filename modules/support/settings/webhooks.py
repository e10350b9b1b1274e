"""Webhooks: all of them, and the page of one with what was sent to it lately."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms.fields.choices import SelectChoice

from groupware.sealed import Seal
from groupware.text import number_in
from groupware.web.request import (
    MANAGE_SUPPORT,
    actor,
    now,
    open_to,
    page,
    refusals,
    see_other,
    services,
    session,
    told,
)
from groupware.web.settings.forms import filled
from groupware.web.settings.saving import ask, locked, overtaken
from modules.support.settings.forms import WebhookForm
from modules.tasks.webhooks import keeping
from modules.tasks.webhooks.models import Webhook, WebhookDelivery

blueprint = Blueprint("support_webhooks", __name__, url_prefix="/settings/webhooks")

PAGE = 25
EVENTS = {
    "ticket.filed": "A request is filed",
    "ticket.replied": "Staff replies",
    "ticket.responded": "The customer responds",
    "ticket.assigned": "It is assigned",
    "ticket.changed": "Something else about it changes",
    "ticket.resolved": "It is resolved",
    "ticket.reopened": "It is opened again",
    "ticket.closed": "It is closed",
    "ticket.moved": "It goes to another list",
    "ticket.deleted": "It is deleted",
}


@blueprint.get("")
@open_to(MANAGE_SUPPORT)
def all_of_them() -> ResponseReturnValue:
    rows = session().scalars(select(Webhook).order_by(Webhook.id).limit(keeping.MOST)).all()
    return page("settings/webhooks.html", rows=rows, words=EVENTS)


@blueprint.route("/add", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def add() -> ResponseReturnValue:
    """Make one; its secret is shown on the answer itself, and nowhere again."""
    sent = request.method == "POST"
    form = _form({"url": "", "events": []}, sent=sent)
    if sent and form.validate():
        with refusals(form):
            made, secret = keeping.create(
                session(),
                actor(),
                url=form.url.data or "",
                wanted=form.events.data or [],
                seal=Seal(services().settings.secret_key),
                now=now(),
            )
            return _page(_form(_values(made), sent=False), made, 201, secret)
    return _page(form, None, 422 if sent else 200)


@blueprint.route("/<int:webhook_id>", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def edit(webhook_id: int) -> ResponseReturnValue:
    hook = named(webhook_id)
    values, sent = _values(hook), request.method == "POST"
    form = _form(values, sent=sent)
    if sent and form.validate():
        form.events.data.sort()
        if both := overtaken(form, values, keep=url_for(".edit", webhook_id=webhook_id)):
            return both
        with refusals(form):
            _change(hook, url=form.url.data or "", wanted=form.events.data)
            told("Saved.")
            return see_other(".edit", webhook_id=webhook_id)
    return _page(form, hook, 422 if sent else 200)


@blueprint.post("/<int:webhook_id>/pause")
@open_to(MANAGE_SUPPORT)
def pause(webhook_id: int) -> ResponseReturnValue:
    _change(named(webhook_id), active=False)
    told("Nothing new is noted for it. What waits is still sent.")
    return see_other(".edit", webhook_id=webhook_id)


@blueprint.post("/<int:webhook_id>/resumption")
@open_to(MANAGE_SUPPORT)
def resume(webhook_id: int) -> ResponseReturnValue:
    _change(named(webhook_id), active=True)
    told("It is told again, of what happens from now on.")
    return see_other(".edit", webhook_id=webhook_id)


@blueprint.route("/<int:webhook_id>/deletion", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def delete(webhook_id: int) -> ResponseReturnValue:
    hook = named(webhook_id)
    if request.method == "GET":
        return ask(
            "Delete this webhook?",
            [hook.url, "What waits for it is not sent, and its secret is void."],
            button="Delete",
            back=url_for(".edit", webhook_id=webhook_id),
        )
    keeping.delete(session(), actor(), hook, now=now())
    told("The webhook is deleted.")
    return see_other(".all_of_them")


@blueprint.post("/<int:webhook_id>/deliveries/<int:delivery_id>/replay")
@open_to(MANAGE_SUPPORT)
def replay(webhook_id: int, delivery_id: int) -> ResponseReturnValue:
    """Send one again, with the number that it had."""
    query = select(WebhookDelivery).where(
        WebhookDelivery.webhook_id == named(webhook_id).id, WebhookDelivery.id == delivery_id
    )
    keeping.replay(session(), actor(), locked(query), now=now())
    told("It is sent again in a moment.")
    return see_other(".edit", webhook_id=webhook_id)


def named(webhook_id: int) -> Webhook:
    return locked(select(Webhook).where(Webhook.id == webhook_id))


def _change(hook: Webhook, **wanted: Any) -> None:
    values = {"url": hook.url, "wanted": hook.events, "active": hook.active, **wanted}
    keeping.change(session(), actor(), hook, **values, now=now())


def _values(hook: Webhook) -> dict[str, Any]:
    return {"url": hook.url, "events": sorted(hook.events)}


def _form(values: dict[str, Any], *, sent: bool) -> WebhookForm:
    form = filled(WebhookForm, values, sent=sent)
    form.events.choices = [
        SelectChoice(name, EVENTS.get(name, name)) for name in keeping.NAMES.values()
    ]
    return form


def _page(
    form: WebhookForm, hook: Webhook | None, status: int, secret: str = ""
) -> ResponseReturnValue:
    sent, older = _deliveries(hook) if hook else ([], None)
    return page(
        "settings/webhook.html",
        status,
        form=form,
        hook=hook,
        secret=secret,
        sent=sent,
        older=older,
        words=EVENTS,
    )


def _deliveries(hook: Webhook) -> tuple[list[WebhookDelivery], int | None]:
    """A page of what was sent, newest first, and below which number it goes on."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == hook.id)
    if below := number_in(request.args.get("below", "")):
        query = query.where(WebhookDelivery.id < below)
    rows = session().scalars(query.order_by(WebhookDelivery.id.desc()).limit(PAGE + 1)).all()
    return list(rows[:PAGE]), rows[PAGE - 1].id if len(rows) > PAGE else None
