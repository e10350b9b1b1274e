"""A Message as bytes, between the process that reads mail and the one that asked.

JSON, with the files' bytes behind it: who takes it apart runs nothing of what is in it.
"""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from groupware.mail.message import (
    Address,
    Bounce,
    BounceRecipient,
    File,
    Message,
    Passage,
)

_ADDRESSES = ("reply_to", "to", "cc")
_TUPLES = ("in_reply_to", "references", "problems")


def packed(message: Message) -> bytes:
    """The message as bytes: the length of the JSON, the JSON, the files."""
    values = asdict(message)
    contents = [each.pop("content") for each in values["files"]]
    for each, content in zip(values["files"], contents, strict=True):
        each["size"] = len(content)
    values["date"] = message.date.isoformat() if message.date else None
    text = json.dumps(values).encode()
    return b"".join([len(text).to_bytes(8), text, *contents])


def unpacked(data: bytes) -> Message:
    """The message in these bytes; raises ValueError, KeyError or TypeError where there is none."""
    at = 8 + int.from_bytes(data[:8])
    values: dict[str, Any] = json.loads(data[8:at])
    files = []
    for each in values.pop("files"):
        size = each.pop("size")
        files.append(File(content=data[at : at + size], **each))
        at += size
    date, sender, bounce = (values.pop(name) for name in ("date", "sender", "bounce"))
    for name in _ADDRESSES:
        values[name] = tuple(Address(**each) for each in values[name])
    for name in _TUPLES:
        values[name] = tuple(values[name])
    return Message(
        files=tuple(files),
        date=datetime.fromisoformat(date) if date else None,
        sender=Address(**sender) if sender else None,
        bounce=_bounce(bounce) if bounce else None,
        passages=tuple(Passage(**each) for each in values.pop("passages")),
        headers=tuple((name, value) for name, value in values.pop("headers")),
        **values,
    )


def _bounce(values: dict[str, Any]) -> Bounce:
    recipients = tuple(BounceRecipient(**each) for each in values.pop("recipients"))
    return Bounce(recipients, **values)
