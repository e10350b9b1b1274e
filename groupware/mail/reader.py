"""Bytes to a Message. Whatever the bytes are, there is one; what went wrong is in its `problems`."""

import re

from groupware.mail import auto, bodies, bounces, headers, mime, quotes, uu
from groupware.mail.addresses import Address, addresses
from groupware.mail.files import files
from groupware.mail.html import plain
from groupware.mail.message import Message

LONGEST_SUBJECT = 2_000
MOST_REFERENCES = 200
_ID = re.compile(r"<([^<>\s]{1,990})>")


def read(raw: bytes) -> Message:
    """The message in these bytes."""
    problems: list[str] = []
    root = mime.read(raw, problems)
    uu.unpack(root)
    chosen = bodies.choose(root)
    body = bodies.body(chosen)
    found = files(chosen.files, shown=body.html)
    if not body.text.strip() and not body.html:  # all in a winmail.dat
        body.html = found.html
        converted = plain(found.html) if found.html and not found.text else None
        body.text = converted.text if converted else found.text
    charset = _charset(root)
    sender, identified = _sender(root, charset)
    identified = identified and mime.HEADER_CUT not in problems  # another From may follow
    fields = tuple(
        (name, headers.line(headers.raw_text(value, charset))) for name, value in root.fields
    )
    subject = dict(reversed(fields)).get("subject", "")[:LONGEST_SUBJECT]
    bounce = bounces.bounce(root, body.text, subject=subject, sender=sender)
    if not raw.strip():
        problems.append("The mail is empty.")
    elif sender is None:
        problems.append("Nobody is named as its sender.")
    elif not identified:
        problems.append("Its sender is not one unambiguous address in From.")
    return Message(
        subject=subject,
        message_id=_one_id(root.text_of("message-id")),
        in_reply_to=_ids(root.text_of("in-reply-to")),
        references=_ids(root.text_of("references"))[-MOST_REFERENCES:],
        date=headers.when(root.text_of("date")),
        sender=sender,
        identified=identified,
        reply_to=addresses(root.text_of("reply-to")),
        to=_all_addresses(root, "to"),
        cc=_all_addresses(root, "cc"),
        text=body.text,
        html=body.html,
        passages=tuple(quotes.passages(body.text, body.quote_lines)),
        files=tuple(found.files),
        auto=auto.reason(
            dict(reversed(fields)),
            sender=sender.email if sender else "",
            subject=subject,
            kind=root.kind,
            report=bounce is not None,
        ),
        bounce=bounce,
        encrypted=found.encrypted or root.kind == "multipart/encrypted",
        signed=found.signed or root.kind == "multipart/signed",
        problems=tuple(dict.fromkeys([*problems, *body.problems, *found.problems])),
        headers=fields,
    )


def _sender(root: mime.Part, charset: str) -> tuple[Address | None, bool]:
    """Who sent it, and whether that is one unambiguous address in one From."""
    froms = [value for name, value in root.fields if name == "from"]
    named = [each for value in froms for each in addresses(headers.raw_text(value))]
    if not all(value.isascii() for value in froms):
        shown = [each for value in froms for each in addresses(headers.raw_text(value, charset))]
        if [each.email for each in shown] == [each.email for each in named]:
            named = shown  # a charset may change a name, never an address
    if named:
        return named[0], len(froms) == 1 and len(named) == 1 and not named[0].ambiguous
    for name in ("sender", "reply-to", "return-path", "x-envelope-from", "envelope-from"):
        if found := addresses(root.text_of(name)):
            return found[0], False
    if froms and (name := headers.line(headers.raw_text(froms[0])).strip("<> ")):
        word = name.split(" (")[0]  # `root (Cron Daemon)`: a name on the sender's own machine
        return Address("" if " " in word else word[:200], name[:200], ambiguous=True), False
    return None, False


def _charset(root: mime.Part) -> str:
    """What 8-bit letters in headers are read as, where they are no UTF-8: as the text is."""
    texts = (part for part in mime.leaves(root) if part.kind.startswith("text/"))
    first = next(texts, None)
    return root.typed.get("charset") or (first.typed.get("charset") if first else "")


def _all_addresses(root: mime.Part, name: str) -> tuple[Address, ...]:
    values = [headers.raw_text(value) for each, value in root.fields if each == name]
    return tuple(each for value in values for each in addresses(value))


def _ids(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_ID.findall(text)))


def _one_id(text: str) -> str:
    found = _ID.search(text)
    return found[1] if found else text.strip("<> ")[:990] if " " not in text.strip() else ""
