"""What a mail tells of itself: a forward, a tag, a machine that answers, a signature."""

import re

from groupware.mail.message import Message
from groupware.text import number_in

_FORWARD = re.compile(
    r"\s{0,9}(?:fwd?|wg|tr|rv|i|enc|vs|doorst|пересл|转发|轉寄)\s{0,3}[:\uff1a]", re.IGNORECASE
)
_TAG = re.compile(r"\[[^\[\]#]{0,60}#([0-9]{1,10})\]")
# Why no automatic answer may go out, although a person has written.
_BY_A_PERSON = (
    "list-", "mailing-list", "x-mailing-list", "precedence: list", "feedback-id",
    "x-auto-response-suppress", "its sender wants no reply",
)  # fmt: skip


def forwards(subject: str) -> bool:
    """True where the subject begins as a forwarded mail's."""
    return _FORWARD.match(subject) is not None


def tagged(subject: str) -> int | None:
    """The number of a tag such as `[Maple Support #123]`."""
    match = _TAG.search(subject[:1000])
    return number_in(match[1]) if match else None


def marks(message: Message) -> str:
    """What a mail's page says of its signature, and that it is encrypted; nothing for most."""
    signed = "It carries a signature, which nobody has checked." if message.signed else ""
    sealed = "It is encrypted." if message.encrypted else ""
    return " ".join(filter(None, (signed, sealed)))


def automatic_answer(auto: str) -> bool:
    """True where a machine answers: an absence note, a report. `auto` is the reader's reason."""
    return bool(auto) and not auto.lower().startswith(_BY_A_PERSON)
