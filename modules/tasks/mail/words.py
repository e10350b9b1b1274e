"""What a mail tells of itself: a forward, a tag, a machine that answers, a signature."""

import re

from groupware.mail.message import Message
from groupware.mail.signatures import Verdict
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


UNCHECKED = "It carries a signature, which nobody has checked."
SIGNED: dict[str, str] = {
    Verdict.RIGHT: "It is signed by its sender, and as it was signed.",
    Verdict.WRONG: "Its signature is not right: it was changed, or somebody else has written it.",
    Verdict.ANOTHERS: "It is signed, but by somebody else than its sender.",
    Verdict.NO_KEY: "It carries a signature, and no key to check it is here.",
}


def forwards(subject: str) -> bool:
    """True where the subject begins as a forwarded mail's."""
    return _FORWARD.match(subject) is not None


def tagged(subject: str) -> int | None:
    """The number of a tag such as `[Maple Support #123]`."""
    match = _TAG.search(subject[:1000])
    return number_in(match[1]) if match else None


def marks(message: Message) -> str:
    """What a mail's page says of its signature, and that it is encrypted; nothing for most."""
    signed = SIGNED.get(message.signature, UNCHECKED) if message.signed else ""
    sealed = "It is encrypted." if message.encrypted else ""
    return " ".join(filter(None, (signed, sealed)))


def automatic_answer(auto: str) -> bool:
    """True where a machine answers: an absence note, a report. `auto` is the reader's reason."""
    return bool(auto) and not auto.lower().startswith(_BY_A_PERSON)
