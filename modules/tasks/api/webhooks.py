"""Webhooks, and what was sent to each; for managers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from sqlalchemy import select

from groupware.api import UNSET, Made, Noun, Page, Paging, Says, Unset, page_of
from groupware.models import Delivery
from groupware.sealed import Seal
from groupware.web.request import MANAGE_SUPPORT, actor, now, one, open_to, services, session
from modules.tasks.webhooks import keeping
from modules.tasks.webhooks.models import Webhook as Row
from modules.tasks.webhooks.models import WebhookDelivery

nouns = Noun(
    "webhooks",
    "Addresses that are told of what happens to tickets; managers keep them. What is sent has "
    "`Webhook-Signature: t=<seconds>,v1=<hex>`: the HMAC-SHA256, by the secret, of the seconds, a "
    "full stop and the body as it came. Refuse what does not match, or is older than some minutes.",
)

Url = Annotated[
    str, Says("Of the open internet.", least=1, most=2000, example="https://hooks.example.org/in")
]
Events = Annotated[list[str], Says("Such as `ticket.filed`; empty: all.", most=20)]


@dataclass(frozen=True)
class Webhook:
    """A webhook; its secret is shown once, when it is made."""

    id: int
    url: str
    events: list[str]
    active: bool
    created: datetime
    secret: Annotated[str | None, Says("What its signatures are made with; shown once.")]


@dataclass(frozen=True)
class NewWebhook:
    """What a webhook is made of."""

    url: Url
    events: Events | Unset = UNSET


@dataclass(frozen=True)
class WebhookChange:
    """What becomes of a webhook; a field that is not sent stays as it is."""

    url: Url | Unset = UNSET
    events: Events | Unset = UNSET
    active: bool | Unset = UNSET


@dataclass(frozen=True)
class Sending:
    """One event for one webhook."""

    id: Annotated[int, Says("Sent as `Webhook-Id`; the same when it is sent again.")]
    event: str
    state: Delivery
    tries: int
    answered: Annotated[int | None, Says("The status that came back last.")]
    error: str
    created: datetime


@nouns.get("/webhooks")
@open_to(MANAGE_SUPPORT)
def listed(query: Paging) -> Page[Webhook]:
    """The webhooks."""
    return page_of(session(), select(Row), query, Row.id, show=_shown)


@nouns.post("/webhooks")
@open_to(MANAGE_SUPPORT)
def create(body: NewWebhook) -> Made[Webhook]:
    """Make a webhook; the answer holds its secret, this once."""
    seal = Seal(services().settings.secret_key)
    wanted = [] if isinstance(body.events, Unset) else body.events
    made, secret = keeping.create(
        session(), actor(), url=body.url, wanted=wanted, seal=seal, now=now()
    )
    return Made(_one(made, secret), f"/api/v1/webhooks/{made.id}")


@nouns.get("/webhooks/<int:webhook_id>")
@open_to(MANAGE_SUPPORT)
def show(webhook_id: int) -> Webhook:
    """A webhook."""
    return _one(_hook(webhook_id))


@nouns.patch("/webhooks/<int:webhook_id>")
@open_to(MANAGE_SUPPORT)
def edit(webhook_id: int, body: WebhookChange) -> Webhook:
    """Change a webhook, switch it off or on."""
    row = _hook(webhook_id)
    keeping.change(
        session(),
        actor(),
        row,
        url=row.url if isinstance(body.url, Unset) else body.url,
        wanted=row.events if isinstance(body.events, Unset) else body.events,
        active=row.active if isinstance(body.active, Unset) else body.active,
        now=now(),
    )
    return _one(row)


@nouns.delete("/webhooks/<int:webhook_id>")
@open_to(MANAGE_SUPPORT)
def delete(webhook_id: int) -> None:
    """Take a webhook away, with what waits for it."""
    keeping.delete(session(), actor(), _hook(webhook_id), now=now())


@nouns.get("/webhooks/<int:webhook_id>/deliveries")
@open_to(MANAGE_SUPPORT)
def deliveries(webhook_id: int, query: Paging) -> Page[Sending]:
    """What was sent in the last 30 days, or waits; newest first."""
    sent = select(WebhookDelivery).where(WebhookDelivery.webhook_id == _hook(webhook_id).id)
    return page_of(session(), sent, query, WebhookDelivery.id, show=_sendings, descending=True)


@nouns.post("/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/replay")
@open_to(MANAGE_SUPPORT)
def replay(webhook_id: int, delivery_id: int) -> None:
    """Send a delivery again."""
    sent = one(
        select(WebhookDelivery).where(
            WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.id == delivery_id
        )
    )
    keeping.replay(session(), actor(), sent, now=now())


def _hook(webhook_id: int) -> Row:
    return one(select(Row).where(Row.id == webhook_id))


def _shown(rows: Sequence[Row]) -> list[Webhook]:
    return [_one(each) for each in rows]


def _one(row: Row, secret: str | None = None) -> Webhook:
    return Webhook(row.id, row.url, list(row.events), row.active, row.created, secret)


def _sendings(rows: Sequence[WebhookDelivery]) -> list[Sending]:
    return [
        Sending(
            each.id,
            each.event,
            Delivery(each.state),
            each.tries,
            each.answered,
            each.error,
            each.created,
        )
        for each in rows
    ]
