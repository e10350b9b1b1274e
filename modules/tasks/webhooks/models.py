"""The tables of webhooks and of what was, or will be, sent to each."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupware.database import Base
from groupware.models import Delivery


class Webhook(Base):
    """An address that is told of some events."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(String(2000))
    sealed_secret: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]] = mapped_column(JSON, default=list)  # empty: all
    active: Mapped[bool] = mapped_column(default=True)
    created: Mapped[datetime]


class WebhookDelivery(Base):
    """One event for one webhook: waiting -> claimed -> sent | failed, as mail goes."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(
        ForeignKey("webhooks.id", ondelete="CASCADE"), index=True
    )
    event: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[Delivery] = mapped_column(String(8), default=Delivery.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    answered: Mapped[int | None]  # the status that came back last
    error: Mapped[str] = mapped_column(String(500), default="")
    created: Mapped[datetime]

    webhook: Mapped[Webhook] = relationship()

    __table_args__ = (
        Index(
            "ix_webhook_deliveries_due",
            "due_at",
            sqlite_where=text("state IN ('waiting', 'claimed')"),
            postgresql_where=text("state IN ('waiting', 'claimed')"),
        ),
    )
