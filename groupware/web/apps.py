"""One's own secrets for programs and calendars: made here, shown once, revoked here."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.validators import DataRequired, Length

from groupware import tokens
from groupware.models import TokenKind
from groupware.web.request import (
    SIGNED_IN,
    actor,
    now,
    open_to,
    page,
    refusals,
    rights,
    see_other,
    services,
    session,
    told,
)

blueprint = Blueprint("apps", __name__, url_prefix="/profile/apps")

KINDS = {TokenKind.API: "API token", TokenKind.DAV: "App password", TokenKind.FEED: "Feed"}
HINTS = {
    "api": "For scripts and other programs",
    "dav": "For calendar and task apps (CalDAV)",
}


class NewSecret(FlaskForm):
    name = StringField("What is it for?", [DataRequired("Please name it."), Length(max=200)])
    kind = RadioField(
        "Kind", choices={str(kind): KINDS[kind] for kind in (TokenKind.API, TokenKind.DAV)},
        default="api",
    )  # fmt: skip


@blueprint.route("", methods=["GET", "POST"])
@open_to(SIGNED_IN)
def apps() -> ResponseReturnValue:
    """What there is; a new secret is shown on the answer itself, and nowhere again."""
    form = NewSecret()
    if form.validate_on_submit():
        with refusals(form):
            kind, name = TokenKind(form.kind.data), form.name.data or ""
            secret = tokens.give(session(), actor(), actor(), kind, name=name, now=now())
            return shown(NewSecret(formdata=None), 201, secret=secret, of=name, made=kind)
    return shown(form, 422 if request.method == "POST" else 200)


@blueprint.post("/<int:token_id>/revocation")
@open_to(SIGNED_IN)
def revoke(token_id: int) -> ResponseReturnValue:
    tokens.revoke(session(), actor(), actor(), token_id, now=now())
    told("Revoked. It no longer opens anything.")
    return see_other(".apps")


def shown(
    form: NewSecret, status: int, *, secret: str = "", of: str = "", made: TokenKind | None = None
) -> ResponseReturnValue:
    return page(
        "core/apps.html",
        status,
        form=form,
        hints=HINTS,
        kinds=KINDS,
        tokens=tokens.of(session(), actor()),
        secret=secret,
        of=of,
        made=made,
        base_url=services().settings.base_url,
        agent=rights().agent or rights().administrator,
    )
