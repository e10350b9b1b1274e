"""`groupware init`: the first manager of an installation."""

import argparse
import getpass
import sys

from groupware import config, migrate, setup
from groupware.database import Database, utc_now
from groupware.errors import Invalid
from groupware.module import Command
from groupware.passwords import hashed, problem


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--email", required=True, metavar="E")
    parser.add_argument("--name", required=True, metavar="N")
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password from stdin"
    )


def run(options: argparse.Namespace) -> int:
    settings = config.read()
    password = sys.stdin.readline().rstrip("\n") if options.password_stdin else getpass.getpass()
    if wrong := problem(password, [options.name, options.email]):
        raise Invalid(wrong)
    kept = hashed(password)
    with Database(settings.database_url) as database:
        migrate.upgrade(database)
        with database.writing() as session:
            setup.first_manager(
                session, name=options.name, address=options.email, password_hash=kept, now=utc_now()
            )
    return 0


commands = (Command("init", "make the first manager", arguments, run),)
