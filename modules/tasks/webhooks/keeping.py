"""Webhooks are kept by managers; what happens is noted for each that wants to know of it."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete as deletion
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import journal
from groupware.access import need
from groupware.errors import Invalid
from groupware.events import Event, Handler
from groupware.memory import remembered
from groupware.models import Delivery, Permission, User
from groupware.outgoing_http import Resolve, addresses_of, judged
from groupware.sealed import Seal
from groupware.secrets import new_secret
from modules.tasks import events
from modules.tasks.webhooks.models import Webhook, WebhookDelivery

NAMES: dict[type[events.TicketEvent], str] = {
    events.TicketFiled: "ticket.filed",
    events.TicketReplied: "ticket.replied",
    events.TicketResponded: "ticket.responded",
    events.TicketAssigned: "ticket.assigned",
    events.TicketChanged: "ticket.changed",
    events.TicketResolved: "ticket.resolved",
    events.TicketReopened: "ticket.reopened",
    events.TicketClosed: "ticket.closed",
    events.TicketMoved: "ticket.moved",
    events.TicketDeleted: "ticket.deleted",
}
"""What is told of. Notes, and changes of messages, are not."""

MOST = 20
ENTITY = "webhook"
LOGGED_FOR = timedelta(days=30)


def create(
    session: Session,
    actor: User,
    *,
    url: str,
    wanted: Collection[str] = (),
    seal: Seal,
    resolve: Resolve = addresses_of,
    now: datetime,
) -> tuple[Webhook, str]:
    """A new webhook, and its secret, to be shown this once."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    judged(url, resolve=resolve)
    if len(session.scalars(select(Webhook.id)).all()) >= MOST:
        raise Invalid(f"At most {MOST} webhooks.")
    secret = new_secret()
    hook = Webhook(url=url, sealed_secret=seal.close(secret), events=_known(wanted), created=now)
    session.add(hook)
    session.flush()
    journal.record(session, "created", ENTITY, hook.id, actor=actor, at=now, of=url)
    return hook, secret


def change(
    session: Session,
    actor: User,
    hook: Webhook,
    *,
    url: str,
    wanted: Collection[str],
    active: bool,
    resolve: Resolve = addresses_of,
    now: datetime,
) -> None:
    """Give a webhook another address or other events, or switch it off or on."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if url != hook.url:
        judged(url, resolve=resolve)
    hook.url, hook.events, hook.active = url, _known(wanted), active
    journal.record(session, "edited", ENTITY, hook.id, actor=actor, at=now, of=url)


def delete(session: Session, actor: User, hook: Webhook, *, now: datetime) -> None:
    """Take a webhook away, with what waits for it."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    journal.record(session, "deleted", ENTITY, hook.id, actor=actor, at=now, of=hook.url)
    session.execute(deletion(WebhookDelivery).where(WebhookDelivery.webhook_id == hook.id))
    session.delete(hook)


def replay(session: Session, actor: User, sent: WebhookDelivery, *, now: datetime) -> None:
    """Send a delivery again, with the id that it had."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if sent.state in (Delivery.SENT, Delivery.FAILED):
        sent.state, sent.tries, sent.due_at = Delivery.WAITING, 0, now


def note(session: Session, event: Event) -> None:
    """Write down what each webhook is told of this event."""
    if not isinstance(event, events.TicketEvent) or type(event) not in NAMES:
        return
    name = NAMES[type(event)]
    for hook in remembered(session, "webhooks", lambda: _active(session)):
        if not hook.events or name in hook.events:
            session.add(
                WebhookDelivery(
                    webhook_id=hook.id,
                    event=name,
                    body=_told(name, event),
                    due_at=event.at,
                    created=event.at,
                )
            )


def _active(session: Session) -> Sequence[Webhook]:
    return session.scalars(select(Webhook).where(Webhook.active).order_by(Webhook.id)).all()


HANDLERS: dict[type[Event], list[Handler]] = {kind: [note] for kind in NAMES}


def forget_old(session: Session, now: datetime) -> None:
    """Drop what was sent, or given up, long ago."""
    session.execute(
        deletion(WebhookDelivery).where(
            WebhookDelivery.created < now - LOGGED_FOR,
            WebhookDelivery.state.in_((Delivery.SENT, Delivery.FAILED)),
        )
    )


def _told(name: str, event: events.TicketEvent) -> str:
    ticket = event.ticket
    return json.dumps(
        {
            "event": name,
            "at": event.at.isoformat().replace("+00:00", "Z"),
            "by": {"id": event.by.id, "name": event.by.name} if event.by else None,
            "ticket": {
                "id": ticket.id,
                "subject": ticket.summary,
                "status": ticket.state.value,
                "urgency": ticket.urgency.value,
                "task_list": ticket.task_list_id,
            },
        }
    )


def _known(wanted: Collection[str]) -> list[str]:
    if set(wanted) - set(NAMES.values()):
        raise Invalid(events="Please choose of: " + ", ".join(NAMES.values()) + ".")
    return sorted(set(wanted))
