"""`groupware serve`: gunicorn with this application, and the worker beside it."""

import argparse
import ctypes
import gc
import logging
import os
import socket
from pathlib import Path

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.http import wsgi
from gunicorn.workers.gthread import ThreadWorker
from sqlalchemy.orm import configure_mappers

from groupware import config, keeper, logs, migrate, outbox, worker
from groupware.database import Database, sqlite_is_sound, sqlite_version
from groupware.errors import Conflict, Invalid
from groupware.live.views import hub_of
from groupware.module import Command
from groupware.queue import Queue
from groupware.web.app import create_app

log = logging.getLogger(__name__)

GRACE = 30
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # of glibc's malloc.h
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # only for gunicorn's heartbeat, where it is memory


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn, told by arguments instead of a file."""

    def __init__(self, settings: config.Settings, options: dict[str, object]) -> None:
        self.settings, self.options = settings, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        queue = Queue(self.settings.queue_url)
        outbox.on_commit(lambda: queue.wake(worker.OUTBOX))
        return create_app(self.settings)


class Nameless(wsgi.Response):  # type: ignore[misc]
    """An answer that does not say which server gave it."""

    def default_headers(self) -> list[str]:
        return [line for line in super().default_headers() if not line.startswith("Server:")]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT")
    parser.add_argument("--workers", type=int, default=2, metavar="N")
    parser.add_argument("--no-worker", action="store_true", help="no background work here")


def run(options: argparse.Namespace) -> int:
    if options.workers < 1:
        raise Invalid("--workers: needs 1 or more.")
    settings = config.read()
    logs.configure(settings)
    check_free(options.bind)
    be_thrifty()
    prepare(settings)
    be_shared()
    # Before gunicorn listens, so that the worker never holds its port.
    child = None if options.no_worker else keeper.keep(lambda: worker.main(settings))
    wsgi.Response = Nameless
    own = os.getpid()
    try:
        Server(settings, told(settings, options.bind, options.workers)).run()
    finally:
        if child is not None and os.getpid() == own:  # gunicorn's children come by here too
            keeper.end(child)
    return 0


def be_thrifty() -> None:
    """Let large blocks go back to the system: glibc would keep each thread's last password hash."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, value in ((M_ARENA_MAX, 2), (M_MMAP_THRESHOLD, 1 << 20)):
            mallopt(parameter, value)


def be_shared() -> None:
    """Let the processes to come share what is in memory now, as long as nobody writes there.

    The collector marks what it looks at, which would copy every page: it need not look at this.
    """
    configure_mappers()
    gc.collect()
    gc.freeze()


def let_streams_end(worker: ThreadWorker) -> None:
    """Tell the live pages' streams when gunicorn wants this process to stop."""
    hub_of(worker.app.wsgi()).stopping = lambda: not worker.alive


def check_free(bind: str) -> None:
    """Refuse an address that somebody listens on already; gunicorn would try for seconds."""
    host, _, port = bind.rpartition(":")
    if not (host and port.isdecimal()) or host.startswith(("unix", "fd", "[")):
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            raise Conflict(
                f"{bind} cannot be used: {error.strerror}. --bind takes another."
            ) from error


def prepare(settings: config.Settings) -> None:
    """Bring the database to this version, and say what an administrator should know."""
    if settings.database_url.startswith("sqlite") and not sqlite_is_sound():
        log.warning(
            "SQLite %s may lose commits (fixed in 3.51.3): pip install pysqlite3, or use PostgreSQL",
            sqlite_version(),
        )
    database = Database(settings.database_url)
    migrate.upgrade(database)
    database.engine.dispose()


def told(settings: config.Settings, bind: str, workers: int) -> dict[str, object]:
    """gunicorn's settings; those that guard against smuggling are its own defaults, said aloud."""
    return {
        "bind": bind,
        "workers": workers,
        "worker_class": "gthread",
        "threads": 64,
        "graceful_timeout": GRACE,
        "timeout": 60,
        "post_worker_init": let_streams_end,
        "control_socket_disable": True,
        "forwarded_allow_ips": ",".join(settings.trusted_proxies),
        "forwarder_headers": "",
        "header_map": "drop",
        "limit_request_line": 8190,
        "limit_request_fields": 100,
        "limit_request_field_size": 8190,
        "permit_unconventional_http_method": False,
        "permit_unconventional_http_version": False,
        "permit_obsolete_folding": False,
        "strip_header_spaces": False,
        "logconfig_dict": logs.manner(settings.log_format),
        "worker_tmp_dir": str(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else None,
    }


commands = (Command("serve", "serve the desk's pages", arguments, run),)
