"""The mailroom of an installation, and its work as the worker does it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from groupware.blobs import Store, store_at
from groupware.config import Settings
from groupware.database import Database, utc_now
from groupware.mail.ids import Marks
from groupware.mailboxes import processing
from groupware.mailboxes.fetching import Fetchers
from groupware.mailboxes.processing import Mailroom
from groupware.sealed import Seal

KEYS = "keys"
"""The folder of the data by which signatures of mails are checked."""
LONGEST_TURN = timedelta(minutes=5)
Work = tuple[str, timedelta, Callable[[], object]]


def room_of(settings: Settings, database: Database) -> Mailroom:
    """The mailroom of these settings."""
    return Mailroom(
        database, store_at(settings.blob_url), Marks(settings.secret_key), settings.data / KEYS
    )


def work(
    settings: Settings, database: Database, store: Store, wake: Callable[[str], object]
) -> Sequence[Work]:
    """What a worker does about incoming mail: names, how often, and how."""
    room = room_of(settings, database)
    fetchers = Fetchers(
        database, store, Seal(settings.secret_key), lambda: wake(processing.INCOMING)
    )

    def process() -> None:
        end: datetime = utc_now() + LONGEST_TURN
        processing.sweep(room, utc_now, until=lambda: utc_now() > end)

    return (
        (processing.INCOMING, timedelta(seconds=5), process),
        ("mailboxes", timedelta(seconds=5), fetchers.look),
    )
