"""A mail's text as a ticket keeps it, with what its sender quotes marked, never deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from groupware.mail.message import Message, Passage
from groupware.text import cleaned, one_line
from modules.tasks.tickets import LONGEST_SUBJECT, LONGEST_TEXT

NO_SUBJECT = "(no subject)"
NO_TEXT = "(no text)"
SEALED = "[This mail is encrypted, or signed as a whole. The file holds what it says.]"
TOO_LONG = "[The rest of this mail is too long to be shown; the original holds it.]"
LEFT_OUT = "[Left out: {}]"
MOST_LEFT_OUT = 10


@dataclass(frozen=True, slots=True)
class Text:
    """A mail's words, and where in them it quotes."""

    body: str
    quoted: dict[str, Any]


def subject_of(message: Message) -> str:
    """Its subject as a ticket may have it."""
    subject = one_line(message.subject)
    if not any(letter.isprintable() and not letter.isspace() for letter in subject):
        return NO_SUBJECT
    return subject if len(subject) <= LONGEST_SUBJECT else subject[: LONGEST_SUBJECT - 1] + "…"


def text_of(message: Message, left_out: Sequence[str] = (), *, own: bool = False) -> Text:
    """Its whole text, or its sender's own words; then a line for each file that was left out."""
    notes = [LEFT_OUT.format(each) for each in left_out[:MOST_LEFT_OUT]]
    if len(left_out) > MOST_LEFT_OUT:
        notes.append(LEFT_OUT.format(f"{len(left_out) - MOST_LEFT_OUT} more files."))
    room = LONGEST_TEXT - sum(len(note) + 2 for note in (*notes, TOO_LONG))
    body, spans = "", []
    passages = (Passage(message.reply_text),) if own else message.passages
    for passage in passages:
        piece = cleaned(passage.text)
        piece = piece if body else piece.lstrip()
        if passage.quoted and piece.strip():
            spans.append([len(body), len(body) + len(piece)])
        body += piece
        if len(body) > room:
            body = body[:room]
            notes.insert(0, TOO_LONG)
            break
    body = body.rstrip()
    spans = [[start, min(end, len(body))] for start, end in spans if start < len(body)]
    if not any(not each.quoted and each.text.strip() for each in passages):
        spans = []  # somebody who only forwards: there is nothing else to read
    nothing = SEALED if message.encrypted or message.signed else NO_TEXT
    body = "\n\n".join([body or nothing, *notes])
    return Text(body, {"length": len(body), "spans": spans} if spans else {})
