"""The program `groupware`: each subcommand is a function in one of the files beside this one."""

import argparse
import sys

from sqlalchemy.exc import OperationalError

from groupware import module
from groupware.cli import backup, db, doctor, init, mail, serve, user, worker
from groupware.config import BadSettings
from groupware.errors import Refusal
from groupware.module import Command

OWN = (
    *serve.commands,
    *worker.commands,
    *init.commands,
    *user.commands,
    *backup.commands,
    *db.commands,
    *doctor.commands,
    *mail.commands,
)


def main(arguments: list[str] | None = None) -> int:
    """Run a subcommand: 0 done, 1 failed with one clear line, 2 wrong usage, 75 try again."""
    parser = argparse.ArgumentParser(prog="groupware", description="A support desk.")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    commands: tuple[Command, ...] = (
        *OWN,
        *(command for part in module.installed() for command in part.commands),
    )
    for command in commands:
        sub = subparsers.add_parser(command.name, help=command.help, description=command.help)
        command.arguments(sub)
        sub.set_defaults(run=command.run)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except BadSettings as bad:
        for problem in bad.problems:
            print(problem, file=sys.stderr)
    except Refusal as refusal:
        print(f"groupware: {refusal.message}", file=sys.stderr)
    except OperationalError as error:
        print(f"groupware: the database says: {' '.join(str(error.orig).split())}", file=sys.stderr)
    except OSError as error:
        print(f"groupware: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1
