"""Fetches and processes in a child that is killed at random moments, again and again.

    python -m tests.mail.killing DATABASE_URL FILES SEED

Ends when a child has found nothing more to do; prints how many were killed before.
"""

import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

from groupware import module
from groupware.blobs import Folder
from groupware.database import Database, utc_now
from groupware.mail.ids import Marks
from groupware.mailboxes import processing
from groupware.mailboxes.collecting import Ledger, account_of
from groupware.mailboxes.imap import Imap
from groupware.mailboxes.models import Mailbox
from groupware.mailboxes.processing import Mailroom
from groupware.sealed import Seal
from tests.mailing import KEY


def work(url: str, files: str) -> None:
    """What a worker does, without waiting."""
    with Database(url) as database:
        with database.reading() as session:
            mailbox = session.query(Mailbox).one()
            account, mailbox_id = account_of(mailbox, Seal(KEY)), mailbox.id
        room = Mailroom(database, Folder(Path(files)), Marks(KEY))
        ledger = Ledger(database, room.store, mailbox_id, utc_now, lambda: None)
        with Imap(account) as server:
            while True:
                taken = server.collect(ledger)
                done = processing.sweep(room, utc_now, until=lambda: False)
                if not taken and not done:
                    return


def main() -> int:
    url, files, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
    chance = random.Random(seed)  # noqa: S311
    module.installed()
    kills = 0
    while True:
        child = os.fork()
        if child == 0:
            try:
                work(url, files)
                os._exit(0)
            except BaseException:  # told, and the parent goes on
                traceback.print_exc()
                os._exit(1)
        # The first ones never come to their end, however quick the machine is; and, however slow
        # it is, later ones live long enough to get on.
        end = time.monotonic() + chance.uniform(0.05, 0.25 if kills < 2 else 0.8 + kills / 10)
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                break
            if time.monotonic() > end:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                kills, status = kills + 1, 1
                break
            time.sleep(0.005)
        if status == 0:
            print(kills)
            return 0


if __name__ == "__main__":
    sys.exit(main())
