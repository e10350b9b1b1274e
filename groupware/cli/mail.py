"""`groupware mail`: what the program makes of mails, and bringing them in."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from groupware.mail.message import Message
from groupware.mail.mime import LARGEST
from groupware.mail.safely import read_safely
from groupware.mailboxes import commands as mailboxes
from groupware.module import Command


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(metavar="ACT", required=True)
    parse = acts.add_parser("parse", help="print how mails are read, a JSON line for each")
    parse.add_argument(
        "files", nargs="*", default=["-"], metavar="FILE", help="mails as files; - is stdin"
    )
    parse.set_defaults(act=show)
    mailboxes.add(acts)


def run(options: argparse.Namespace) -> int:
    return int(options.act(options))


def show(options: argparse.Namespace) -> int:
    """Print how each mail is read; 1 where one could not be, after all the others."""
    failed = 0
    for name, raw in _mails(options.files):
        if isinstance(raw, OSError):
            print(f"groupware: {name}: {raw.strerror}", file=sys.stderr)
            failed = 1
            continue
        message = read_safely(raw)
        print(json.dumps(described(message), ensure_ascii=not _writes_unicode()), flush=True)
        if not message.readable:
            print(f"groupware: {name}: {message.problems[0]}", file=sys.stderr)
            failed = 1
    return failed


def described(message: Message) -> dict[str, Any]:
    """A message by the names that scripts rely on."""
    sender, bounce = message.sender, message.bounce
    return {
        "message_id": message.message_id,
        "date": message.date.isoformat() if message.date else None,
        "subject": message.subject,
        "from_email": sender.email if sender else "",
        "from_name": sender.name if sender else "",
        "to": [each.email for each in message.to],
        "cc": [each.email for each in message.cc],
        "text": message.text,
        "html": message.html,
        "reply_text": message.reply_text,
        "attachments": [
            {
                "filename": each.name,
                "content_type": each.content_type,
                "size": each.size,
                "md5": each.md5,
                "inline": each.inline,
                "content_id": each.content_id,
            }
            for each in message.files
        ],
        "auto": bool(message.auto),
        "bounce": bounce
        and {
            "recipients": [
                {"recipient": each.recipient, "status": each.status, "action": each.action}
                for each in bounce.recipients
            ]
        },
        "problems": list(message.problems),
        "in_reply_to": list(message.in_reply_to),
        "references": list(message.references),
        "identified": message.identified,
    }


def _writes_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _mails(names: list[str]) -> Iterator[tuple[str, bytes | OSError]]:
    quiet = len(names) < 2 or not sys.stderr.isatty() or sys.stdout.isatty()
    for name in tqdm(names, unit="mail", disable=quiet):
        try:
            if name == "-":
                yield "stdin", sys.stdin.buffer.read(LARGEST + 1)
            else:
                with Path(name).open("rb") as file:
                    yield name, file.read(LARGEST + 1)
        except OSError as error:
            yield name, error


commands = (Command("mail", "bring mail in, look after it, see how it is read", arguments, run),)
