"""`groupware db`: the schema of the database."""

import argparse

from groupware import config, migrate
from groupware.database import Database
from groupware.errors import Conflict
from groupware.module import Command


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("act", choices=("upgrade", "check"))


def run(options: argparse.Namespace) -> int:
    with Database(config.read().database_url) as database:
        if options.act == "upgrade":
            migrate.upgrade(database)
        elif not migrate.is_current(database):
            raise Conflict("The database is not of this version: run `groupware db upgrade`.")
    return 0


commands = (Command("db", "upgrade or check the database's schema", arguments, run),)
