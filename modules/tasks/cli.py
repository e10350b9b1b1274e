"""`groupware tasks`: what somebody finds; a task list as an iCalendar file, out and in."""

import argparse
import sys
from collections import Counter
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import config, people
from groupware.blobs import store_at
from groupware.database import Database, let_others, utc_now
from groupware.errors import Forbidden, Invalid, NotFound
from groupware.models import Grant, Membership, Permission, User
from groupware.module import Command
from modules.tasks import find_command
from modules.tasks.icalendar.facts import Face, Reader, facts_of
from modules.tasks.icalendar.importing import Became, Outcome, bring_in, sources
from modules.tasks.icalendar.lines import Unreadable
from modules.tasks.icalendar.writing import calendar
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import lists_worked_by, worked_by
from modules.tasks.queue import ask
from modules.tasks.saved_views.queries import tickets_found

LARGEST_FILE = 256 * 1024 * 1024
AT_ONCE = 20
"""Tasks that are brought in in one transaction."""


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(metavar="ACT", required=True)
    out = acts.add_parser("export", help="write a list's tickets as iCalendar")
    out.add_argument("list", metavar="LIST", help="its name or number")
    out.add_argument("--output", type=Path, metavar="F", help="a file; without it, stdout")
    out.add_argument(
        "--query", metavar="TERMS", help='only what these find, such as "status:open printer"'
    )
    out.set_defaults(act=export)
    into = acts.add_parser("import", help="make or change tickets from iCalendar")
    into.add_argument("list", metavar="LIST", help="its name or number")
    into.add_argument("file", type=Path, metavar="F")
    into.set_defaults(act=bring)
    find_command.arguments(acts.add_parser("find", help="list the tickets that somebody finds"))
    for each in (out, into):
        each.add_argument(
            "--as", dest="person", metavar="EMAIL", help="who does it; else the first administrator"
        )


def run(options: argparse.Namespace) -> int:
    settings = config.read()
    with Database(settings.database_url) as database:
        return int(options.act(database, settings, options))


def export(database: Database, settings: config.Settings, options: argparse.Namespace) -> int:
    with database.reading() as session, ExitStack() as stack:
        actor = _person(session, options.person)
        task_list = _list(session, actor, options.list)
        reader = Reader(actor, Face.AGENT, settings.base_url)
        query = worked_by(actor)
        if options.query is not None:
            asked = ask(session, actor, options.query, utc_now())
            query = tickets_found(session, actor, asked)
        query = query.where(Task.task_list_id == task_list.id)
        target: BinaryIO = (
            stack.enter_context(options.output.open("wb")) if options.output else sys.stdout.buffer
        )
        target.writelines(calendar(facts_of(session, query, reader), Face.AGENT))
        target.flush()
    return 0


def bring(database: Database, settings: config.Settings, options: argparse.Namespace) -> int:
    """A line per component on stdout: what became of it, ticket, summary, UID, and why."""
    if options.file.stat().st_size > LARGEST_FILE:
        raise Invalid("The file is larger than 256 MB: bring it in in parts.")
    told: Counter[Became] = Counter()
    store = store_at(settings.blob_url)
    with options.file.open("rb") as file:
        try:
            parts = sources(file)
            while some := list(islice(parts, AT_ONCE)):
                with database.writing() as session:
                    actor = _person(session, options.person)
                    task_list = _list(session, actor, options.list)
                    outcomes = [
                        each
                        if isinstance(each, Outcome)
                        else bring_in(
                            session,
                            actor,
                            task_list,
                            each,
                            now=utc_now(),
                            base_url=settings.base_url,
                            store=store,
                        )
                        for each in some
                    ]
                let_others(database)
                for outcome in outcomes:
                    told[outcome.became] += 1
                    print(outcome)
        except Unreadable as problem:
            raise Invalid(str(problem)) from problem
    print(", ".join(f"{told[each]} {each}" for each in Became))
    return 0


def _person(session: Session, address: str | None) -> User:
    if address is not None:
        person = people.by_address(session, address)
        if person is None:
            raise NotFound(f"Nobody has the address {address}.")
        return person
    person = session.scalar(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .join(Grant, Grant.group_id == Membership.group_id)
        .where(Grant.permission == Permission.ADMINISTER, User.active)
        .order_by(User.id)
        .limit(1)
    )
    if person is None:
        raise Forbidden("There is no administrator yet: say who does it by --as EMAIL.")
    return person


def _list(session: Session, actor: User, name: str) -> TaskList:
    query = lists_worked_by(actor)
    found = session.scalar(query.where(TaskList.name == name))
    if found is None and name.isascii() and name.isdigit() and len(name) < 19:
        found = session.scalar(query.where(TaskList.id == int(name)))
    if found is None:
        raise NotFound(f"There is no list {name!r} that {actor.name} works on.")
    return found


commands = (Command("tasks", "find tickets; export or import a list as iCalendar", arguments, run),)
