"""Outgoing mail, for administrators: what waits, what went, what failed, and what it says."""

from email import message_from_bytes, policy
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from groupware import journal, outbox
from groupware.models import Delivery, OutboundMail
from groupware.text import number_in
from groupware.web.request import (
    ADMINISTER,
    actor,
    afterwards,
    now,
    one,
    open_to,
    page,
    see_other,
    services,
    session,
    told,
)

blueprint = Blueprint("outgoing", __name__, url_prefix="/settings/mail/outgoing")

AT_ONCE = 50
ACCOUNT = "account"
LARGEST_ID = 2**31 - 1


@blueprint.get("")
@open_to(ADMINISTER)
def mails() -> ResponseReturnValue:
    """The newest first, a page at a time."""
    before = number_in(request.args.get("before", "")) or LARGEST_ID
    shown: tuple[Any, ...] = (
        OutboundMail.id, OutboundMail.recipient, OutboundMail.subject, OutboundMail.state,
        OutboundMail.kind, OutboundMail.created_at, OutboundMail.error,
    )  # fmt: skip
    rows = session().scalars(
        select(OutboundMail)
        .options(load_only(*shown))
        .where(OutboundMail.id < before)
        .order_by(OutboundMail.id.desc())
        .limit(AT_ONCE + 1)
    )
    found = rows.all()
    older = url_for(".mails", before=found[AT_ONCE - 1].id) if len(found) > AT_ONCE else None
    return page(
        "core/outgoing.html",
        mails=found[:AT_ONCE],
        newer=url_for(".mails") if before < LARGEST_ID else None,
        older=older,
        sending=services().settings.smtp_url is not None,
    )


@blueprint.get("/<int:mail_id>")
@open_to(ADMINISTER)
def mail(mail_id: int) -> ResponseReturnValue:
    """One mail and its text; who reads one with a link that signs somebody in is written down."""
    row = _mail(mail_id)
    if row.secret:
        person, at, of = actor(), now(), row.recipient

        def written_down(writing: Session) -> None:
            journal.record(writing, "read", "outbound_mail", mail_id, actor=person, at=at, of=of)

        afterwards(written_down)
    # What a letter says is for those who may see its ticket, and shown there.
    own = row.kind == ACCOUNT and row.message
    body = (
        message_from_bytes(row.message, policy=policy.default).get_body(("plain",)) if own else None
    )
    return page(
        "core/outgoing_mail.html",
        mail=row,
        text=body.get_content() if body else "",
        about_a_ticket=row.kind != ACCOUNT,
        sending=services().settings.smtp_url is not None,
        may_retry=row.state in (Delivery.FAILED, Delivery.HELD) and row.error != outbox.NO_ADDRESS,
    )


@blueprint.post("/<int:mail_id>/delivery")
@open_to(ADMINISTER)
def retry(mail_id: int) -> ResponseReturnValue:
    """Try a failed mail again."""
    outbox.retry(session(), _mail(mail_id), now=now())
    told("The mail is tried again.")
    return see_other(".mail", mail_id=mail_id)


def _mail(mail_id: int) -> OutboundMail:
    return one(select(OutboundMail).where(OutboundMail.id == min(mail_id, LARGEST_ID)))
