"""`groupware demo`: the example organisation, and as many more tickets as one wants."""

import argparse
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import blobs, config, migrate, preferences
from groupware.database import Database, utc_now
from groupware.errors import Conflict
from groupware.models import User
from groupware.module import Command
from modules.support.demo import at_hand, bulk, organisation
from modules.support.demo.stories import Teller
from modules.tasks.letters.telling import unwritten

AGE = timedelta(days=90)
"""For how long the example organisation has had its desk."""

SIGN_INS = {"customer": "samuel", "agent": "mara", "manager": "lena", "administrator": "ada"}


@dataclass(frozen=True)
class Demo:
    """Says that an installation is the example."""

    KEPT_AS: ClassVar[str] = "demo"

    made: bool = False


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tickets", type=_number, default=0, metavar="N", help="N more, in bulk")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the tickets in bulk")


def run(options: argparse.Namespace) -> int:
    settings, now = config.read(), utc_now()
    store = blobs.store_at(settings.blob_url)
    with Database(settings.database_url) as database:
        migrate.upgrade(database)
        with database.writing() as session:
            begin(session, store, now=now)
        if options.tickets:
            bulk.fill(database, store, options.tickets, options.seed, now=now)
            print(f"{options.tickets:,} tickets were added.")
    print(welcome(settings.base_url))
    return 0


def begin(session: Session, store: blobs.Store, *, now: datetime) -> None:
    """Make the example organisation, once; refuses where others have set up their desk."""
    if preferences.is_kept(session, Demo):
        return
    if session.scalar(select(User.id).limit(1)) is not None:
        raise Conflict(
            "This desk has people of its own; the example organisation goes into an empty one. "
            "GROUPWARE_DATA=another-folder makes one."
        )
    made = organisation.make(session, now=now - AGE)
    at_hand.make(session, made, now=now - AGE)
    with unwritten(session):
        Teller(session, store, made, now).tell()
    preferences.save(session, Demo(made=True), actor=None, now=now)


def welcome(address: str) -> str:
    """What the terminal says: where it is, and who may come in."""
    width = max(map(len, SIGN_INS))
    people = "\n".join(
        f"  {role:<{width}}  {key}@{organisation.DOMAIN}" for role, key in SIGN_INS.items()
    )
    return f"\nThe desk is at {address}\n\n{people}\n  password of all: {organisation.PASSWORD}\n"


def _number(typed: str) -> int:
    number = int(typed)
    if number < 0:
        raise ValueError
    return number


commands = (Command("demo", "the example organisation, and more tickets", arguments, run),)
