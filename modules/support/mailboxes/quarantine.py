"""Quarantine: mail that is held back, why, and what becomes of it. Mail brought as a file."""

from collections.abc import Callable

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response

from groupware.errors import Conflict, Invalid
from groupware.mail.mime import HEADER_BLOCK
from groupware.mailboxes.models import InboundMail, Stage
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
    see_other,
    services,
    session,
    told,
)
from groupware.web.settings.saving import locked
from groupware.web.uploading import sized_for_files
from modules.tasks.access import agent_level
from modules.tasks.mail import managing
from modules.tasks.mail.models import Intake

blueprint = Blueprint("quarantine", __name__)

AT_ONCE = 50
LARGEST_ID = 2**31 - 1
LARGEST_FILE = 30 * 1024 * 1024
SHOWN = 16 * 1024
STAGES = {"held": Stage.QUARANTINED, "rejected": Stage.REJECTED, "failing": Stage.WAITING}


@blueprint.get("/settings/quarantine")
@open_to(MANAGE_SUPPORT)
def mails() -> ResponseReturnValue:
    """What is held back, the newest first."""
    shown = request.args.get("show", "held")
    shown = shown if shown in STAGES else "held"
    before = number_in(request.args.get("before", "")) or LARGEST_ID
    query = select(InboundMail).where(InboundMail.stage == STAGES[shown], InboundMail.id < before)
    if shown == "failing":
        query = query.where(InboundMail.tries > 0)
    found = session().scalars(
        query.options(joinedload(InboundMail.mailbox)).order_by(InboundMail.id.desc()).limit(AT_ONCE + 1)
    ).all()  # fmt: skip
    more = len(found) > AT_ONCE
    return page(
        "mailboxes/quarantine.html",
        mails=found[:AT_ONCE],
        shown=shown,
        newer=url_for(".mails", show=shown) if before < LARGEST_ID else None,
        older=url_for(".mails", show=shown, before=found[AT_ONCE - 1].id) if more else None,
    )


@blueprint.get("/settings/quarantine/<int:mail_id>")
@open_to(MANAGE_SUPPORT)
def mail(mail_id: int) -> ResponseReturnValue:
    """One mail: why it is here, its raw header, the beginning of its body."""
    row = one(_mail(mail_id))
    with services().blobs.open(row.sha256) as file:
        raw = file.read(HEADER_BLOCK + SHOWN)
    header, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    return page(
        "mailboxes/mail.html",
        mail=row,
        header=header[:SHOWN].decode("utf-8", "replace"),
        body=body[:SHOWN].decode("utf-8", "replace"),
        held=row.stage in (Stage.QUARANTINED, Stage.REJECTED),
    )


@blueprint.get("/settings/quarantine/<int:mail_id>/original")
@open_to(MANAGE_SUPPORT)
def original(mail_id: int) -> ResponseReturnValue:
    """The mail as it came, as a file."""
    row = one(_mail(mail_id))
    with services().blobs.open(row.sha256) as file:
        answer = Response(file.read(), mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="mail-{row.id}.eml"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@blueprint.post("/settings/quarantine/<int:mail_id>/release")
@open_to(MANAGE_SUPPORT)
def release(mail_id: int) -> ResponseReturnValue:
    return _decided(mail_id, managing.release, "It becomes a ticket in a moment.")


@blueprint.post("/settings/quarantine/<int:mail_id>/replay")
@open_to(MANAGE_SUPPORT)
def replay(mail_id: int) -> ResponseReturnValue:
    return _decided(mail_id, managing.replay, "It is decided on once more.")


@blueprint.post("/settings/quarantine/<int:mail_id>/reject")
@open_to(MANAGE_SUPPORT)
def reject(mail_id: int) -> ResponseReturnValue:
    return _decided(mail_id, managing.reject, "It is out of the way. Nobody was told.")


@blueprint.route("/support/mail/add", methods=["GET", "POST"])
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
@sized_for_files
def bring() -> ResponseReturnValue:
    """A mail that an agent has as a file, taken in as if it had come by a mailbox."""
    intakes = _open_to(session(), actor())
    problem = ""
    if request.method == "POST":
        try:
            managing.bring(session(), actor(), *_sent(intakes), services().blobs, now=now())
            told("The mail is taken in and becomes a ticket in a moment.")
            return see_other("support.queue")
        except Invalid as refusal:
            problem = refusal.message
    return page("mailboxes/bring.html", 422 if problem else 200, intakes=intakes, problem=problem)


def _sent(intakes: list[Intake]) -> tuple[Intake, bytes]:
    chosen = request.form.get("mailbox")
    intake = next((each for each in intakes if str(each.mailbox_id) == chosen), None)
    file = request.files.get("file")
    if intake is None:
        raise Invalid("Please choose a mailbox.")
    if file is None or not file.filename:
        raise Invalid("Please choose a file.")
    raw = file.stream.read(LARGEST_FILE + 1)
    if len(raw) > LARGEST_FILE:
        raise Invalid("This file is larger than 30 MB.")
    return intake, raw


def _open_to(session: Session, person: User) -> list[Intake]:
    rows = session.scalars(
        select(Intake).options(joinedload(Intake.mailbox), joinedload(Intake.task_list)).limit(200)
    )
    return [
        each
        for each in rows.unique()
        if agent_level(session, person, each.task_list) >= Level.CREATE
    ]


def _decided(mail_id: int, act: Callable[..., None], said: str) -> ResponseReturnValue:
    row = locked(_mail(mail_id))
    try:
        act(session(), actor(), row, now=now())
        told(said)
    except Conflict as refusal:
        told(refusal.message, "danger")
    return see_other(".mails")


def _mail(mail_id: int) -> Select[InboundMail]:
    return select(InboundMail).where(InboundMail.id == mail_id)
