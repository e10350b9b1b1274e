"""Files on their way into a form, sent ahead one by one; and what a text will look like."""

from datetime import timedelta

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from groupware.errors import Invalid
from groupware.web import limits
from groupware.web.request import (
    CREATE_TICKETS,
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    open_to,
    session,
)
from groupware.web.uploading import keep, sized_for_files
from groupware.web.words import prose

blueprint = Blueprint("uploads", __name__)

MOST, WITHIN = 100, timedelta(minutes=10)


@blueprint.post("/uploads")
@open_to(CREATE_TICKETS, MANAGE_TICKETS, MANAGE_SUPPORT)
@sized_for_files
def upload() -> ResponseReturnValue:
    """Keep the one file of this request for a day: `{token, name, size}`."""
    limits.count(session(), f"uploads|{actor().id}", most=MOST, within=WITHIN, now=now())
    file = next(iter(request.files.values()), None)
    if file is None or not file.filename:
        raise Invalid(attachments="There is no file in this request.")
    kept, _ = keep(session(), actor(), file)
    return jsonify(token=kept.token, name=kept.name, size=kept.size), 201


@blueprint.post("/preview")
@open_to(CREATE_TICKETS, MANAGE_TICKETS, MANAGE_SUPPORT)
def preview() -> ResponseReturnValue:
    """A text as it will be read, for the page to put in."""
    return str(prose(request.form.get("body", ""))), {"Content-Type": "text/html; charset=utf-8"}
