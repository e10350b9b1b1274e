"""`groupware explain EMAIL TICKET|LIST`: why this person may, or may not, do what with it."""

import argparse
import re
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import config, people
from groupware.database import Database
from groupware.errors import NotFound
from groupware.models import User
from groupware.module import Command
from modules.tasks.explain import Face, explain_list, explain_ticket
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import numbered

NUMBER = re.compile(r"#?[0-9]{1,18}")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email", metavar="EMAIL")
    parser.add_argument("what", metavar="TICKET|LIST", help="a ticket's number or a list's name")


def run(options: argparse.Namespace) -> int:
    with Database(config.read().database_url) as database, database.reading() as session:
        for line in said(session, options.email, options.what):
            print(line)
    return 0


def said(session: Session, email: str, what: str) -> Iterator[str]:
    """The answer, line by line; raises NotFound where there is no such person, ticket or list."""
    person = people.by_address(session, email)
    if person is None:
        raise NotFound(f"Nobody has the address {email}.")
    if NUMBER.fullmatch(what):
        ticket = session.scalar(numbered(int(what.lstrip("#"))))
        if ticket is None:
            raise NotFound(f"There is no ticket {what}.")
        yield from _of_ticket(session, person, ticket)
        return
    task_list = session.scalar(select(TaskList).where(func.lower(TaskList.name) == what.lower()))
    if task_list is None:
        raise NotFound(f"There is no task list {what!r}.")
    yield from _of_list(session, person, task_list)


def _of_ticket(session: Session, person: User, ticket: Task) -> Iterator[str]:
    yield f"{person.name} and ticket #{ticket.id} in {ticket.task_list.name}"
    for act in explain_ticket(session, person, ticket):
        yield f"{'yes' if act.allowed else 'no ':3}  {act.name}: {act.because}"


def _of_list(session: Session, person: User, task_list: TaskList) -> Iterator[str]:
    found = explain_list(session, person, task_list)
    yield f"{person.name} on {task_list.name}"
    for title, face in (("As a customer", found.customer), ("As an agent", found.agent)):
        yield f"{title}: {face.says}"
        yield from _reasons(face)


def _reasons(face: Face) -> Iterator[str]:
    for act in face.acts:
        yield f"  yes      {act}"
    for reason in face.because:
        yield f"  because  {reason}"
    for missing in face.missing:
        yield f"  missing  {missing.text}"


commands = (Command("explain", "why somebody may, or may not, do what", arguments, run),)
