"""Deliveries on their way: claimed, sent, noted; each step a transaction of its own.

waiting -> claimed -> sent          a status from 200 to 299 came back
   ^          |
   +----------+-> waiting           anything else: after 1 min, 2, 4 ... tried MOST_TRIES times
                  failed            then

A claim runs out after CLAIMED_FOR, so a crash loses nothing; a receiver tells doubles by the id.
`Webhook-Signature` is `t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>">`.
"""

import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from groupware.database import Database
from groupware.errors import Invalid
from groupware.models import Delivery
from groupware.outgoing_http import Resolve, Unreachable, addresses_of, judged, post
from groupware.sealed import Seal, Unreadable
from modules.tasks.webhooks.models import WebhookDelivery

log = logging.getLogger(__name__)

AT_ONCE = 20
CLAIMED_FOR = timedelta(minutes=10)
FIRST_PAUSE = timedelta(minutes=1)
MOST_TRIES = 12
WELL = range(200, 300)


@dataclass(frozen=True)
class Ready:
    """What is sent, read before the transaction ended."""

    id: int
    event: str
    url: str
    sealed_secret: str
    body: str


def send_due(
    database: Database,
    seal: Seal,
    clock: Callable[[], datetime],
    *,
    resolve: Resolve = addresses_of,
    loopback: bool = False,
) -> int:
    """Send what is due; how many were taken."""
    with database.writing() as session:
        ready = _claim(session, clock())
    silent: dict[str, str] = {}
    for each in ready:
        # Who does not answer is asked once a round, so that others need not wait for them.
        status, error = None, silent.get(each.url, "")
        if not error:
            status, error = _send(each, seal, clock(), resolve, loopback=loopback)
        if error and status is None:
            silent[each.url] = error
        with database.writing() as session:
            _note(session, each.id, status, error, clock())
    return len(ready)


def signature(secret: str, body: bytes, at: datetime) -> str:
    """What a receiver compares, and how old it is."""
    seconds = str(int(at.timestamp()))
    mac = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256)
    return f"t={seconds},v1={mac.hexdigest()}"


def _claim(session: Session, now: datetime) -> list[Ready]:
    rows = session.scalars(
        select(WebhookDelivery)
        .where(
            WebhookDelivery.state.in_((Delivery.WAITING, Delivery.CLAIMED)),
            WebhookDelivery.due_at <= now,
        )
        .options(joinedload(WebhookDelivery.webhook))
        .order_by(WebhookDelivery.due_at, WebhookDelivery.id)
        .limit(AT_ONCE)
        .with_for_update(of=WebhookDelivery, skip_locked=True)
    ).all()
    for row in rows:
        row.state, row.due_at, row.tries = Delivery.CLAIMED, now + CLAIMED_FOR, row.tries + 1
    return [
        Ready(row.id, row.event, row.webhook.url, row.webhook.sealed_secret, row.body)
        for row in rows
    ]


def _send(
    ready: Ready, seal: Seal, now: datetime, resolve: Resolve, *, loopback: bool
) -> tuple[int | None, str]:
    body = ready.body.encode()
    try:
        target = judged(ready.url, resolve=resolve, loopback=loopback)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Groupware-Support",
            "Webhook-Id": str(ready.id),
            "Webhook-Event": ready.event,
            "Webhook-Signature": signature(seal.open(ready.sealed_secret), body, now),
        }
        answer = post(target, body, headers)
    except Invalid as refusal:
        return None, refusal.message
    except (Unreachable, Unreadable) as error:
        return None, str(error)[:500]
    return answer.status, "" if answer.status in WELL else f"It answered {answer.status}."


def _note(session: Session, number: int, status: int | None, error: str, now: datetime) -> None:
    row = session.get(WebhookDelivery, number)
    if row is None:
        return  # its webhook was deleted meanwhile
    row.answered, row.error = status, error
    if not error:
        row.state = Delivery.SENT
    elif row.tries >= MOST_TRIES:
        row.state = Delivery.FAILED
    else:
        row.state, row.due_at = Delivery.WAITING, now + FIRST_PAUSE * 2 ** (row.tries - 1)
    log.info("webhook delivery %s: %s", number, row.state)
