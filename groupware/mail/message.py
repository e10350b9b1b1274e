"""A mail as it was read. Past the reader nobody sees raw headers or parts."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from groupware.mail.addresses import Address

__all__ = ["Address", "Bounce", "BounceRecipient", "File", "Message", "Passage"]


@dataclass(frozen=True, slots=True)
class File:
    """What came along: an attachment, a picture in the text, or a whole mail."""

    name: str
    content_type: str
    content: bytes = field(repr=False)
    inline: bool = False
    content_id: str = ""

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def md5(self) -> str:
        return hashlib.md5(self.content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class BounceRecipient:
    """An address that a report tells of; `status` is RFC 3463's, as 5.1.1, or empty."""

    recipient: str
    status: str = ""
    action: str = ""  # failed, delayed, delivered, relayed, expanded; RFC 3464


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report about a mail of ours, not an answer to it."""

    recipients: tuple[BounceRecipient, ...] = ()
    kind: str = "delivery"  # or complaint (RFC 5965)
    message_id: str = ""  # of the mail that it tells of, where it says so
    envelope_id: str = ""  # Original-Envelope-Id: what we sent as ENVID


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines of a mail's text that its sender wrote, or that they quote."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One mail. `headers` holds all of them in their order, decoded, names in small letters."""

    subject: str = ""
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: datetime | None = None  # aware, UTC
    sender: Address | None = None  # From, else Sender, Reply-To, Return-Path
    identified: bool = False  # exactly one From with one unambiguous address
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    text: str = ""
    html: str = ""  # as it came: to be sanitised before it is shown
    passages: tuple[Passage, ...] = ()  # joined, they are the whole text
    files: tuple[File, ...] = ()
    auto: str = ""  # why no automatic answer may go out, or empty
    bounce: Bounce | None = None
    encrypted: bool = False
    signed: bool = False  # carries a signature
    signature: str = ""  # what it proves, by groupware.mail.signatures; empty: nobody has looked
    problems: tuple[str, ...] = ()
    readable: bool = True  # False: only the original, kept as it came, tells what this is
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def reply_text(self) -> str:
        """What the sender wrote, without what they quote; never empty where there is text."""
        own = "".join(each.text for each in self.passages if not each.quoted).strip()
        return own or self.text.strip()

    def all(self, name: str) -> list[str]:
        """Every value of a header, the topmost first."""
        name = name.lower()
        return [value for each, value in self.headers if each == name]
