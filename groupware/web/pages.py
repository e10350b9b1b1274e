"""The few addresses that belong to the house itself: the door, its style sheet, its pulse."""

from datetime import timedelta

from flask import Blueprint, Response, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from groupware import module
from groupware.text import one_line
from groupware.web import setup
from groupware.web.request import ANYONE, SIGNED_IN, now, open_to, page, rights, services
from groupware.web.shell import organisation

blueprint = Blueprint("pages", __name__)

CONTACT_HOLDS = timedelta(days=180)


@blueprint.get("/")
@open_to(SIGNED_IN)
def home() -> ResponseReturnValue:
    """The first place that the person may use; setting up goes first."""
    if setup.unfinished():
        return redirect(url_for("setup.start"), 303)
    for part in module.installed():
        if part.home and (place := part.home(rights().permissions)):
            return redirect(url_for(place), 303)
    return page("core/nothing.html")


@blueprint.get("/csrf")
@open_to(ANYONE)
def csrf() -> ResponseReturnValue:
    """A fresh token, for a page that was open for so long that its own has expired."""
    return jsonify(csrf_token=generate_csrf())


@blueprint.get("/.well-known/security.txt")
@open_to(ANYONE)
def security_txt() -> ResponseReturnValue:
    """Whom to tell of a hole (RFC 9116)."""
    settings = services().settings
    contact = one_line(organisation().security_contact) or f"security@{settings.hostname}"
    if "@" in contact and ":" not in contact:
        contact = f"mailto:{contact}"
    expires = (now() + CONTACT_HOLDS).strftime("%Y-%m-%dT00:00:00Z")
    lines = (
        f"Contact: {contact}",
        f"Expires: {expires}",
        f"Canonical: {settings.base_url}/.well-known/security.txt",
    )
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
