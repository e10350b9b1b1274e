"""`groupware init`: the first manager of an installation."""

import argparse
import getpass
import sys

from groupware import config, migrate, people
from groupware.database import Database, utc_now
from groupware.models import Grant, Permission
from groupware.module import Command


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--email", required=True, metavar="E")
    parser.add_argument("--name", required=True, metavar="N")
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password from stdin"
    )


def run(options: argparse.Namespace) -> int:
    database = Database(config.read().database_url)
    migrate.upgrade(database)
    password = sys.stdin.readline().rstrip("\n") if options.password_stdin else getpass.getpass()
    with database.writing() as session:
        user = people.add_user(
            session, name=options.name, address=options.email, now=utc_now(), password=password
        )
        group = people.personal_group(session, user)
        session.add_all(Grant(group_id=group.id, permission=each) for each in Permission)
    return 0


commands = (Command("init", "make the first manager", arguments, run),)
