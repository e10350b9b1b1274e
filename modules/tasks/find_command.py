"""`groupware tasks find TERMS --as EMAIL`: what somebody finds by the words that the queue's field takes."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import BinaryIO
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from groupware import config, people
from groupware.access import access_of
from groupware.database import Database, utc_now
from groupware.errors import Forbidden, NotFound
from groupware.text import one_line
from modules.tasks.exporting import Table, as_csv, table
from modules.tasks.exporting.table import Value
from modules.tasks.queue import Asked, ask

FEW = 50
MOST = 100_000
SHOWN = ("Number", "Status", "Urgency", "Assignee", "Due", "Subject")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "terms",
        metavar="TERMS",
        nargs="*",
        help='such as status:open due:<7d "printer jam"; put -- before what begins with a dash',
    )
    parser.add_argument("--as", dest="person", metavar="EMAIL", required=True, help="who looks")
    parser.add_argument("--limit", type=_limit, default=FEW, metavar="N", help="at most so many")
    parser.add_argument("--format", choices=FORMATS, default="text", help="text, csv or json")
    parser.set_defaults(act=find)


def find(database: Database, _settings: config.Settings, options: argparse.Namespace) -> int:
    with database.reading() as session:
        asked = _asked(session, options.person, " ".join(options.terms))
        found = table(session, asked)
        some = replace(found, rows=islice(found.rows, options.limit))
        FORMATS[options.format](some, ZoneInfo(asked.zone), sys.stdout.buffer)
        sys.stdout.buffer.flush()
    return 0


def _asked(session: Session, address: str, typed: str) -> Asked:
    person = people.by_address(session, address)
    if person is None:
        raise NotFound(f"Nobody has the address {address}.")
    if not access_of(session, person).agent:
        raise Forbidden(f"{person.name} has no queue: they are no agent.")
    return ask(session, person, typed, utc_now())


def _text(found: Table, zone: ZoneInfo, out: BinaryIO) -> None:
    at = [found.names.index(name) for name in SHOWN]
    for row in found.rows:
        cells = [_plain(row[place], zone) for place in at]
        out.write(("\t".join(cells) + "\n").encode())


def _csv(found: Table, zone: ZoneInfo, out: BinaryIO) -> None:
    out.writelines(as_csv(found, zone))


def _json(found: Table, _zone: ZoneInfo, out: BinaryIO) -> None:
    """A line for each ticket; custom fields under their own names."""
    for row in found.rows:
        values = [each.isoformat() if isinstance(each, datetime) else each for each in row]
        said = dict(zip(found.names, values, strict=True))
        out.write((json.dumps(said, ensure_ascii=False) + "\n").encode())


def _plain(value: Value, zone: ZoneInfo) -> str:
    """A cell on one line, without anything that a terminal would obey."""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    text = one_line(str(value if value is not None else ""))
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _limit(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"from 1 to {MOST:,}")
    return number


FORMATS: dict[str, Callable[[Table, ZoneInfo, BinaryIO], None]] = {
    "text": _text,
    "csv": _csv,
    "json": _json,
}
