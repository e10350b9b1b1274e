"""Marks that only this desk can make: in addresses that are answered to, and in Message-IDs.

    support+t12.<sig>@maple.example        an answer to this address is about ticket 12
    support+b34.<sig>@maple.example        a report to this address is about delivery 34
    support+n12.7.3.<sig>@maple.example    person 7 answers a notice about ticket 12
    <gw.56.<nonce>.<sig>@maple.example>    a mail that carried comment 56
    <gw.t12.<nonce>.<sig>@maple.example>   a mail about ticket 12 as a whole

A signature is 80 bits of HMAC-SHA256 in base 32, so that it survives whoever writes addresses in
small letters; it covers what stands before it and, in an address, the address without the mark.
A mark tells what a mail is about. It gives nobody a right.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from groupware.text import LARGEST_NUMBER

BITS = 80
_SIGNATURE = r"[a-z2-7]{16}"
_ADDRESS = re.compile(
    rf"([^@\s]{{1,128}})\+([tb][0-9]{{1,10}}|n[0-9]{{1,10}}\.[0-9]{{1,10}}\.[0-9]{{1,10}})"
    rf"\.({_SIGNATURE})@([^@\s]{{1,253}})"
)
_MESSAGE_ID = re.compile(rf"<?gw\.(t?)([0-9]{{1,10}})\.([0-9a-f]{{16}})\.({_SIGNATURE})@[^<>\s]+>?")


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody answers to a ticket's own address."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Report:
    """A mail server reports to a delivery's own address."""

    delivery: int


@dataclass(frozen=True, slots=True)
class AgentAnswer:
    """An answer to a notice; good while the person's credential number is still this one."""

    ticket: int
    user: int
    credential_number: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail of ours that is named: it carried this comment, or was about this ticket."""

    comment: int | None = None
    ticket: int | None = None


class Marks:
    """Makes marks and knows its own again; `secret_key` is the installation's."""

    def __init__(self, secret_key: str) -> None:
        self._key = hashlib.sha256(b"groupware mail marks\0" + secret_key.encode()).digest()

    def answer_address(self, address: str, ticket: int) -> str:
        """Where answers about a ticket go: `address` is its mailbox's."""
        return self._marked(address, f"t{ticket}")

    def report_address(self, address: str, delivery: int) -> str:
        """The envelope sender of a delivery, so that a report finds back to it."""
        return self._marked(address, f"b{delivery}")

    def notice_address(self, address: str, ticket: int, user: int, credential_number: int) -> str:
        """Where an agent's answer to a notice goes: bound to that agent and their credentials."""
        return self._marked(address, f"n{ticket}.{user}.{credential_number}")

    def comment_message_id(self, comment: int, host: str) -> str:
        """A new Message-ID, with its angle brackets, for a mail that carries a comment."""
        return self._message_id(str(comment), host)

    def ticket_message_id(self, ticket: int, host: str) -> str:
        """A new Message-ID, with its angle brackets, for a mail about a ticket as a whole."""
        return self._message_id(f"t{ticket}", host)

    def of_address(self, address: str) -> Answer | Report | AgentAnswer | None:
        """What one of our marked addresses says; None where the mark is not ours."""
        match = _ADDRESS.fullmatch(address.strip().casefold())
        if match is None:
            return None
        local, mark, signature, domain = match.groups()
        if not self._is_ours(signature, "address", mark, f"{local}@{domain}"):
            return None
        numbers = [int(number) for number in mark[1:].split(".")]
        if max(numbers) > LARGEST_NUMBER:
            return None
        if mark[0] == "t":
            return Answer(numbers[0])
        return Report(numbers[0]) if mark[0] == "b" else AgentAnswer(*numbers)

    def of_message_id(self, message_id: str) -> Sent | None:
        """What one of our Message-IDs says, with or without brackets; None where it is not ours.

        Its host is not looked at: relays change it.
        """
        match = _MESSAGE_ID.fullmatch(message_id.strip().casefold())
        if match is None:
            return None
        letter, digits, nonce, signature = match.groups()
        if not self._is_ours(signature, "message", letter + digits, nonce):
            return None
        if int(digits) > LARGEST_NUMBER:
            return None
        return Sent(ticket=int(digits)) if letter else Sent(comment=int(digits))

    def _marked(self, address: str, mark: str) -> str:
        local, _, domain = address.strip().rpartition("@")
        signature = self._signature("address", mark, f"{local}@{domain}".casefold())
        return f"{local}+{mark}.{signature}@{domain}"

    def _message_id(self, what: str, host: str) -> str:
        nonce = secrets.token_hex(8)
        return f"<gw.{what}.{nonce}.{self._signature('message', what, nonce)}@{host}>"

    def _signature(self, *parts: str) -> str:
        digest = hmac.digest(self._key, "\0".join(parts).encode(), "sha256")
        return base64.b32encode(digest[: BITS // 8]).decode("ascii").lower()

    def _is_ours(self, signature: str, *parts: str) -> bool:
        return hmac.compare_digest(signature, self._signature(*parts))


def unmarked(address: str) -> str:
    """A mailbox's own address, folded, with whatever stands after a plus left out."""
    local, _, domain = address.strip().casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
