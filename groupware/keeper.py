"""A child process that is started again when it crashes, and ends with its parent.

parent --fork--> keeper --fork--> child
         the keeper looks after the child; when it is told to stop, or when its parent is gone
         (killed outright, too), it tells the child and waits for it
"""

import logging
import os
import signal
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

GRACE = 35.0
LOOK = 0.2
LONGEST_PAUSE = 60.0


def keep(run: Callable[[], int]) -> int:
    """Run this in a child of a child from now on; the keeper's process id."""
    parent = os.getpid()
    if pid := os.fork():
        return pid
    code = 1
    try:
        code = _Keeper(run, parent).keep()
    except Exception:
        log.exception("the keeper of the worker failed")
    finally:
        os._exit(code)  # nothing of the parent's must be torn down here


def end(keeper: int) -> None:
    """Tell a keeper to stop, and wait until it and its child have."""
    try:
        os.kill(keeper, signal.SIGTERM)
        os.waitpid(keeper, 0)
    except (ProcessLookupError, ChildProcessError):
        return


class _Keeper:
    def __init__(self, run: Callable[[], int], parent: int) -> None:
        self.run, self.parent = run, parent
        self.told = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
            signal.signal(number, self.tell)

    def tell(self, number: int, _frame: object) -> None:
        self.told = self.told or number != signal.SIGHUP

    @property
    def stopping(self) -> bool:
        return self.told or os.getppid() != self.parent

    def keep(self) -> int:
        pause = 1.0
        while not self.stopping:
            began = time.monotonic()
            child = self.start()
            if self.watch(child):
                break
            pause = 1.0 if time.monotonic() - began > LONGEST_PAUSE else pause
            log.error("the worker ended by itself; it starts again in %.0f s", pause)
            again = time.monotonic() + pause
            while time.monotonic() < again and not self.stopping:
                time.sleep(LOOK)
            pause = min(pause * 2, LONGEST_PAUSE)
        return 0

    def start(self) -> int:
        if child := os.fork():
            return child
        code = 1
        try:
            for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            code = self.run()
        except Exception:
            log.exception("the worker failed")
        finally:
            os._exit(code)

    def watch(self, child: int) -> bool:
        """True once the child has ended because it was told to, False where it did by itself."""
        while not self.stopping:
            if os.waitpid(child, os.WNOHANG)[0]:
                return False
            time.sleep(LOOK)
        os.kill(child, signal.SIGTERM)
        latest = time.monotonic() + GRACE
        while time.monotonic() < latest:
            if os.waitpid(child, os.WNOHANG)[0]:
                return True
            time.sleep(LOOK)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return True
