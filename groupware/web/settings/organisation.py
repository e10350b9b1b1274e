"""Whose desk this is, and how it looks."""

from dataclasses import asdict, replace

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from groupware.people import administering
from groupware.preferences import Organisation, load, save
from groupware.text import one_line
from groupware.web.request import ADMINISTER, actor, now, open_to, page, see_other, session, told
from groupware.web.settings.forms import Desk, filled
from groupware.web.settings.saving import overtaken

blueprint = Blueprint("organisation", __name__, url_prefix="/settings/organisation")

FIELDS = ("name", "hue", "about_answers", "security_contact", "locale")


@blueprint.route("", methods=["GET", "POST"])
@open_to(ADMINISTER)
def organisation() -> ResponseReturnValue:
    sent = request.method == "POST"
    if sent:
        administering(session(), actor())
    desk = load(session(), Organisation)
    values = {name: value for name, value in asdict(desk).items() if name in FIELDS}
    form = filled(Desk, values, sent=sent)
    if not sent:
        return page("settings/organisation.html", form=form)
    if not form.validate():
        return page("settings/organisation.html", 422, form=form)
    if "preview" in request.form:
        return page(
            "settings/organisation.html", form=form, preview=True, hue=form.hue.data,
            brand=one_line(form.name.data or ""),
        )  # fmt: skip
    if both := overtaken(form, values, keep=url_for(".organisation")):
        return both
    texts = {name: one_line(form[name].data or "") for name in FIELDS if name != "hue"}
    save(session(), replace(desk, hue=form.hue.data, **texts), actor=actor(), now=now())
    told("Saved.")
    return see_other(".organisation")
