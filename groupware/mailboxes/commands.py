"""`groupware mail ingest | status | retry | replay | lmtp`: bringing mail in, and looking after it."""

import argparse
import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from tqdm import tqdm

from groupware import config
from groupware.ahead import one_ahead
from groupware.database import Database, utc_now
from groupware.errors import Conflict, NotFound
from groupware.mailboxes import arrivals, lmtp, processing
from groupware.mailboxes.arrivals import Arrived
from groupware.mailboxes.formats import FORMATS, of_maildir, of_mbox
from groupware.mailboxes.models import InboundMail, Mailbox, Stage
from groupware.mailboxes.outcome import Became, Outcome
from groupware.mailboxes.processing import Mailroom
from groupware.mailboxes.rooms import room_of
from groupware.people import folded

TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits.h: a mail server keeps the mail and comes again."""


class NotTaken(Exception):
    """A mail could not be journalled: whoever has it keeps it."""


def mailbox_named(session: Session, name: str) -> Mailbox:
    """The mailbox of this name or address; raises NotFound with the names that there are."""
    found = session.scalar(
        select(Mailbox).where(
            (func.lower(Mailbox.name) == name.lower()) | (Mailbox.address == folded(name))
        )
    )
    if found is None:
        names = session.scalars(select(Mailbox.name).order_by(Mailbox.name).limit(20)).all()
        there = f" There are: {', '.join(names)}." if names else " There is none yet."
        raise NotFound(f"No mailbox is called {name!r}.{there}")
    return found


def add(acts: Any) -> None:
    """Declare the subcommands."""
    ingest = acts.add_parser("ingest", help="take mail in; 0 once it is safe, 75 try again")
    ingest.add_argument("--mailbox", required=True, metavar="NAME", help="its name or address")
    ingest.add_argument("--format", choices=FORMATS, default="rfc822")
    ingest.add_argument(
        "--archive", action="store_true", help="old mail: keeps its dates, answers nobody"
    )
    ingest.add_argument("path", nargs="?", default="-", metavar="PATH", help="- is stdin")
    ingest.set_defaults(act=take_in)
    lmtp.arguments(acts.add_parser("lmtp", help="take mail from a mail server by LMTP"))
    status = acts.add_parser("status", help="each mailbox: last success, last error, what waits")
    status.set_defaults(act=show_status)
    for name, text in (
        ("retry", "process a mail that waits, now"),
        ("replay", "process a mail once more; what is in a ticket stays there"),
    ):
        one = acts.add_parser(name, help=text)
        one.add_argument("id", type=int, metavar="ID")
        one.set_defaults(act=replay)


def take_in(options: argparse.Namespace) -> int:
    """Journal mails, process them, and print a line of JSON for each.

    Whatever keeps a mail from the journal, whoever pipes it in is told to keep it and to come again.
    """
    try:
        settings = config.read()
        with Database(settings.database_url) as database:
            room = room_of(settings, database)
            with database.reading() as session:
                mailbox = mailbox_named(session, options.mailbox)
            mails = iter(tqdm(_mails(options), unit="mail", disable=_quiet(options)))
            parts = _journalled(room, mailbox, mails, archive=options.archive)
            _process(room, one_ahead(parts))
    except Conflict:
        raise  # no such file
    except Exception as error:  # a mail server that is told anything else sends the mail back
        print(f"groupware: try again later: {_said(error)}", file=sys.stderr)
        return TRY_AGAIN
    return 0


def _journalled(
    room: Mailroom, mailbox: Mailbox, mails: Iterator[bytes], *, archive: bool
) -> Iterator[list[int]]:
    """Journal mails, some in a transaction; their numbers, once they are safe."""
    try:
        while raws := list(islice(mails, processing.TOGETHER)):
            arrived = [Arrived(raw, archive=archive) for raw in raws]
            blobs = arrivals.store(room.store, arrived)
            with room.database.writing() as session:
                ids = arrivals.journal(session, mailbox, arrived, blobs, now=utc_now())
            yield ids
    except Conflict:
        raise
    except Exception as failure:  # or it would look as if it had failed after it was safe
        raise NotTaken(_said(failure)) from failure


def _process(room: Mailroom, parts: Iterator[list[int]]) -> None:
    """Process what is journalled, and tell of it; what fails there waits for the worker."""
    untold: list[int] = []

    def noted() -> Iterator[list[int]]:
        for ids in parts:
            untold.extend(ids)
            yield ids

    try:
        for outcomes in processing.process_all(room, noted(), utc_now):
            _tell_all(room, outcomes)
            del untold[: len(outcomes)]
    except (NotTaken, Conflict):
        raise
    except Exception as failure:  # it is safe: a server that is told otherwise sends it again
        for ids in itertools.chain([untold], parts):
            _tell_all(room, dict.fromkeys(ids, Outcome(Became.WAITING, _said(failure))))


def _said(error: Exception) -> str:
    return " ".join(str(getattr(error, "orig", error)).split())


def _tell_all(room: Mailroom, outcomes: Mapping[int, Outcome]) -> None:
    columns = InboundMail.id, InboundMail.message_id
    with room.database.reading() as session:
        rows = session.execute(select(*columns).where(InboundMail.id.in_(outcomes)))
        for row in sorted(rows, key=lambda each: each.id):
            tell(row.id, row.message_id, outcomes[row.id])


def tell(mail_id: int, message_id: str, outcome: Outcome) -> None:
    """Print what became of a mail, by the names that scripts rely on."""
    print(
        json.dumps(
            {
                "id": mail_id,
                "message_id": message_id,
                "outcome": outcome.became,
                "ticket": outcome.ticket,
                "comment": outcome.comment,
                "reason": outcome.reason,
            },
            ensure_ascii=True,
        ),
        flush=True,
    )


def show_status(_options: argparse.Namespace) -> int:
    """Print how each mailbox does."""
    with Database(config.read().database_url) as database, database.reading() as session:
        counts: dict[tuple[int, str], int] = {
            (mailbox_id, stage): number
            for mailbox_id, stage, number in session.execute(
                select(InboundMail.mailbox_id, InboundMail.stage, func.count())
                .where(InboundMail.stage.in_([Stage.WAITING, Stage.QUARANTINED]))
                .group_by(InboundMail.mailbox_id, InboundMail.stage)
            )
        }
        for mailbox in session.scalars(select(Mailbox).order_by(Mailbox.name)):
            print(f"{mailbox.name} <{mailbox.address}>" + (" (paused)" if mailbox.paused else ""))
            print(f"  fetched by     {mailbox.protocol}")
            print(f"  last success   {mailbox.last_success or 'never'}")
            if mailbox.last_error:
                print(f"  last error     {mailbox.last_error_at}  {mailbox.last_error}")
            print(f"  on the server  {mailbox.backlog}")
            print(f"  waiting        {counts.get((mailbox.id, Stage.WAITING), 0)}")
            print(f"  quarantined    {counts.get((mailbox.id, Stage.QUARANTINED), 0)}")
    return 0


def replay(options: argparse.Namespace) -> int:
    """Process one mail of the journal; the outcome of what was done is told again."""
    settings = config.read()
    with Database(settings.database_url) as database:
        room = room_of(settings, database)
        with database.writing() as session:
            mail = session.get(InboundMail, options.id)
            if mail is None:
                raise NotFound(f"There is no mail {options.id} in the journal.")
            if mail.stage != Stage.DONE:
                processing.again(mail, now=utc_now())
        outcome = processing.process(room, options.id, now=utc_now())
        with database.reading() as session:
            mail = session.get_one(InboundMail, options.id)
            tell(mail.id, mail.message_id, outcome)
    return 0


def _mails(options: argparse.Namespace) -> Iterator[bytes]:
    path = Path(options.path)
    if options.path == "-" and options.format != "maildir":
        yield from _of(sys.stdin.buffer, options.format)
        return
    try:
        if options.format == "maildir" or path.is_dir():
            yield from of_maildir(path)
        else:
            with path.open("rb") as file:
                yield from _of(file, options.format)
    except OSError as failure:
        raise Conflict(f"{failure.filename}: {failure.strerror}") from failure


def _of(stream: Any, kind: str) -> Iterable[bytes]:
    return of_mbox(stream) if kind == "mbox" else [stream.read()]


def _quiet(options: argparse.Namespace) -> bool:
    return options.format == "rfc822" or not sys.stderr.isatty() or sys.stdout.isatty()
