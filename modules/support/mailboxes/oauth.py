"""Connecting a mailbox with its provider: consent there, a code back, a refresh token kept sealed."""

from urllib.parse import urlencode

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select

from groupware import journal
from groupware.mailboxes.models import Auth, Mailbox
from groupware.mailboxes.xoauth2 import PRESETS, Grant, NoToken, exchanged
from groupware.sealed import Seal, Unreadable
from groupware.web.request import (
    MANAGE_SUPPORT,
    actor,
    now,
    open_to,
    page,
    release,
    see_other,
    services,
    session,
    told,
)
from groupware.web.settings.saving import locked
from modules.support.mailboxes.forms import ConnectForm

blueprint = Blueprint("oauth", __name__, url_prefix="/settings/mailboxes")

GOOD_FOR = 3600


@blueprint.route("/<int:mailbox_id>/connect", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def connect(mailbox_id: int) -> ResponseReturnValue:
    """Ask for the client, then lead to the provider, who leads back to `back`."""
    mailbox, form, leads = _named(mailbox_id), ConnectForm(), ""
    if form.validate_on_submit():
        provider = PRESETS[form.provider.data].of(form.tenant.data or "")
        grant = Grant(
            client_id=(form.client_id.data or "").strip(),
            client_secret=(form.client_secret.data or "").strip(),
            token_url=provider.token_url,
            scope=provider.scope,
        )
        mailbox.sealed_secret = _seal().close(grant.sealed())
        mailbox.auth = Auth.XOAUTH2
        state = _signer().dumps([mailbox.id, actor().id])
        asked = {
            "client_id": grant.client_id, "redirect_uri": _back(), "response_type": "code",
            "scope": provider.scope, "state": state, "access_type": "offline", "prompt": "consent",
            "login_hint": mailbox.user or mailbox.address,
        }  # fmt: skip
        leads = f"{provider.authorise_url}?{urlencode(asked)}"
    return page(
        "mailboxes/connect.html", 422 if form.errors else 200, form=form, mailbox=mailbox,
        leads=leads, back_url=_back(), finishing=False,
    )  # fmt: skip


@blueprint.route("/connected", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def back() -> ResponseReturnValue:
    """Back from the provider. A GET changes nothing, so a button ends it."""
    values = request.form if request.method == "POST" else request.args
    try:
        mailbox_id, person = _signer().loads(values.get("state", ""), max_age=GOOD_FOR)
    except BadSignature:
        told("This way back is no longer good. Please connect once more.", "danger")
        return see_other("mailboxes.all_of_them")
    mailbox = _named(int(mailbox_id))
    code = values.get("code", "")
    if person != actor().id or not code:
        told("The provider did not give its consent.", "danger")
        return see_other("mailboxes.show", mailbox_id=mailbox.id)
    if request.method == "GET":
        return page(
            "mailboxes/connect.html", form=None, mailbox=mailbox, finishing=True, code=code,
            state=values["state"],
        )  # fmt: skip
    sealed = mailbox.sealed_secret
    release()  # others go on writing while the provider is asked
    try:
        grant = exchanged(Grant.of(_seal().open(sealed)), code, _back())
    except (NoToken, Unreadable) as failure:
        told(str(failure), "danger")
        return see_other("mailboxes.show", mailbox_id=int(mailbox_id))
    mailbox = _named(int(mailbox_id))
    mailbox.sealed_secret = _seal().close(grant.sealed())
    mailbox.sealed_smtp_secret = mailbox.sealed_secret
    journal.record(
        session(), "connected", "mailbox", mailbox.id, actor=actor(), at=now(), of=mailbox.name
    )
    told("The mailbox is connected.")
    return see_other("mailboxes.show", mailbox_id=mailbox.id)


def _back() -> str:
    return services().settings.base_url + url_for("oauth.back")


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(services().settings.secret_key, salt="mailbox consent")


def _seal() -> Seal:
    return Seal(services().settings.secret_key)


def _named(mailbox_id: int) -> Mailbox:
    return locked(select(Mailbox).where(Mailbox.id == mailbox_id))
