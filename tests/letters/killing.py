"""Writes and sends in a child that is killed at random moments, again and again.

    python -m tests.letters.killing DATABASE_URL PORT SEED

Ends when a child has found nothing more to send; prints how many were killed before.
"""

import os
import random
import signal
import sys
import time
from datetime import timedelta

from groupware import module, outbox, smtp
from groupware.database import Database, utc_now

AHEAD = timedelta(hours=1)
"""Each child's clock is so much later than the last one's: old claims are free again."""


def work(url: str, port: int, turn: int) -> None:
    """What a worker does, without waiting."""

    def clock():  # type: ignore[no-untyped-def]
        return utc_now() + turn * AHEAD

    server = smtp.server_at(f"smtp://127.0.0.1:{port}", "desk.example")
    with Database(url) as database:
        outbox.sweep(database, smtp.transport(server), clock)


def main() -> int:
    url, port, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)  # noqa: S311
    module.installed()
    kills = turn = 0
    while True:
        turn += 1
        child = os.fork()
        if child == 0:
            work(url, port, turn)
            os._exit(0)
        # The first ones never come to their end, however quick the machine is; and, however slow
        # it is, later ones live long enough to get on.
        end = time.monotonic() + chance.uniform(0.1, 0.4 if kills < 3 else 2.0 + kills / 5)
        while time.monotonic() < end:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                if status != 0:
                    return 1
                print(kills)
                return 0
            time.sleep(0.005)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        kills += 1


if __name__ == "__main__":
    sys.exit(main())
