"""What the module tells the core of webhooks."""

from collections.abc import Callable, Sequence
from datetime import datetime

from groupware.config import Settings
from groupware.database import Database
from groupware.models import Permission
from groupware.module import Words, Work
from groupware.sealed import Seal
from modules.tasks.webhooks.sending import send_due

JOURNAL = {
    "webhook": Words(
        "Webhook",
        {
            "created": "made the webhook {of}",
            "edited": "changed the webhook {of}",
            "deleted": "deleted the webhook {of}",
        },
        needs=Permission.MANAGE_SUPPORT,
    )
}


def works(settings: Settings) -> Sequence[Work]:
    """Sending what is due, with the key that opens the webhooks' secrets."""
    seal = Seal(settings.secret_key)

    def run(database: Database, clock: Callable[[], datetime]) -> None:
        send_due(database, seal, clock)

    return [Work("send webhooks", 5, run)]
