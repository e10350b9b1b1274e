"""`groupware serve`: gunicorn with this application."""

import argparse

from flask import Flask
from gunicorn.app.base import BaseApplication

from groupware import config, migrate
from groupware.database import Database
from groupware.module import Command
from groupware.web.app import create_app


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn, told by arguments instead of a file."""

    def __init__(self, settings: config.Settings, options: dict[str, object]) -> None:
        self.settings, self.options = settings, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app(self.settings)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bind", default="127.0.0.1:8000", metavar="HOST:PORT")
    parser.add_argument("--workers", type=int, default=2, metavar="N")
    parser.add_argument("--no-worker", action="store_true", help="no background work here")


def run(options: argparse.Namespace) -> int:
    settings = config.read()
    database = Database(settings.database_url)
    migrate.upgrade(database)
    database.engine.dispose()
    Server(
        settings,
        {
            "bind": options.bind,
            "workers": options.workers,
            "worker_class": "gthread",
            "threads": 64,
            "control_socket_disable": True,
        },
    ).run()
    return 0


commands = (Command("serve", "serve the desk's pages", arguments, run),)
