"""`groupware user`: people, their passwords and their tokens, from the command line.

Whoever may run this may read the database, so nothing is asked; the journal names nobody as actor.
"""

import argparse
import getpass
import sys
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from groupware import config, journal, people, tokens
from groupware.database import Database, utc_now
from groupware.errors import Invalid, NotFound
from groupware.models import Grant, Group, Membership, Permission, TokenKind, User
from groupware.module import Command
from groupware.passwords import hashed, problem
from groupware.text import named


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(metavar="ACT", required=True)
    one = acts.add_parser("add", help="add a person, who may sign in once they have a password")
    _email(one)
    one.add_argument("--name", required=True, metavar="N")
    one.add_argument("--password-stdin", action="store_true", help="read a password from stdin")
    one.add_argument("--group", action="append", default=[], metavar="G", help="a group to be in")
    one.add_argument(
        "--permission", action="append", default=[], choices=[str(each) for each in Permission]
    )
    one.set_defaults(act=add)
    listing = acts.add_parser("list", help="list people: address, name, permissions, state")
    listing.set_defaults(act=show)
    off = acts.add_parser("disable", help="shut a person out, at once and everywhere")
    _email(off)
    off.set_defaults(act=disable)
    word = acts.add_parser("password", help="give a person a new password")
    _email(word)
    word.add_argument("--password-stdin", action="store_true", help="read it from stdin")
    word.set_defaults(act=password)
    token = acts.add_parser("token", help="make a secret for programs, and print it once")
    _email(token)
    token.add_argument("--scope", required=True, choices=[str(each) for each in tokens.KINDS])
    token.add_argument("--name", default="", metavar="N", help="what it is for")
    token.set_defaults(act=make_token)


def run(options: argparse.Namespace) -> int:
    if options.act is password:  # asked for before anything is locked
        options.password = _asked(hidden=not options.password_stdin)
    elif options.act is add:
        options.password = _asked() if options.password_stdin else None
    with Database(config.read().database_url) as database:
        if options.act is show:
            with database.reading() as session:
                show(session)
            return 0
        with database.writing() as session:
            secret = options.act(session, options, utc_now())
    if secret:  # shown only once it is kept
        print(secret)
    return 0


def add(session: Session, options: argparse.Namespace, now: datetime) -> None:
    groups = [_group(session, name) for name in options.group]
    user = people.add_user(
        session,
        name=named(options.name),
        address=people.checked_address(options.email),
        now=now,
        password=options.password,
    )
    session.add_all(Membership(user_id=user.id, group_id=group.id) for group in groups)
    own = people.personal_group(session, user)
    session.add_all(Grant(group_id=own.id, permission=each) for each in options.permission)
    journal.record(session, "created", "user", user.id, actor=None, at=now, of=user.name)


def show(session: Session) -> None:
    held: dict[int, set[str]] = {}
    for user_id, permission in session.execute(
        select(Membership.user_id, Grant.permission).join(
            Grant, Grant.group_id == Membership.group_id
        )
    ):
        held.setdefault(user_id, set()).add(permission)
    users = session.scalars(
        select(User)
        .options(selectinload(User.addresses))
        .order_by(User.name, User.id)
        .execution_options(yield_per=500)
    )
    for user in users:
        permissions = ",".join(sorted(held.get(user.id, ()))) or "-"
        print(user.address, user.name, permissions, "active" if user.active else "off", sep="\t")


def disable(session: Session, options: argparse.Namespace, now: datetime) -> None:
    user = _person(session, options.email)
    if user.active:
        user.active = False
        people.void_credentials(session, [user.id])
        journal.record(session, "deactivated", "user", user.id, actor=None, at=now, of=user.name)


def password(session: Session, options: argparse.Namespace, now: datetime) -> None:
    user = _person(session, options.email)
    user.password_hash = hashed(options.password)
    people.void_credentials(session, [user.id])
    journal.record(session, "password_set", "user", user.id, actor=None, at=now, of=user.name)


def make_token(session: Session, options: argparse.Namespace, now: datetime) -> str:
    user = _person(session, options.email)
    return tokens.give(session, None, user, TokenKind(options.scope), name=options.name, now=now)


def _email(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--email", required=True, metavar="E")


def _person(session: Session, address: str) -> User:
    user = people.by_address(session, address)
    if user is None:
        raise NotFound(f"Nobody has the address {address}.")
    return user


def _group(session: Session, name: str) -> Group:
    group = session.scalar(
        select(Group).where(Group.name == name, Group.user_id.is_(None)).limit(1)
    )
    if group is None:
        raise NotFound(f"There is no group {name!r}.")
    return group


def _asked(*, hidden: bool = False) -> str:
    given = getpass.getpass() if hidden else sys.stdin.readline().rstrip("\r\n")
    if wrong := problem(given):
        raise Invalid(wrong)
    return given


commands = (Command("user", "add, list, disable people; passwords and tokens", arguments, run),)
