"""Is this mail a report about one of ours, and about whom? RFC 3464, RFC 5965, and free text.

Reports come as parts made for programs, or as prose for people. Prose is believed only where a
mail server speaks: a customer who forwards a report to ask what it means is no bounce.
"""

import re

from groupware.mail import bodies, mime, prose
from groupware.mail.addresses import Address, addresses
from groupware.mail.charsets import decoded
from groupware.mail.headers import raw_text, words
from groupware.mail.message import Bounce, BounceRecipient
from groupware.mail.mime import Part, head, leaves
from groupware.mail.statuses import best_status, status_of

_MOST = 1_000
_LONGEST = 256 * 1024
_FIELD = re.compile(r"^[>\s]{0,10}([A-Za-z][A-Za-z-]{2,40})[ \t]{0,5}:[ \t]{0,5}(.*)$")
_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
_ORIGINALS = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")


def bounce(root: Part, text: str, *, subject: str, sender: Address | None) -> Bounce | None:
    """What a mail reports of another one, or None where it is none."""
    parts = leaves(root)
    original = next((part for part in parts if part.kind in _ORIGINALS), None)
    for part in parts:
        if part.kind == "message/feedback-report":
            return _complaint(part, original)
    if original and subject.startswith("complaint about message from "):
        return _complaint(None, original)  # Microsoft's reports hold the mail and nothing else
    recipients: list[BounceRecipient] = []
    envelope_id = ""
    told = prose.by_a_server(root, text, subject=subject, sender=sender)
    reports = any(part.kind in _STATUS_PARTS for part in parts)
    if not told and not reports:
        return None
    reports = reports or root.kind == "multipart/report"
    if original and not reports and head(original.content).kind == "multipart/report":
        parts = leaves(inner := mime.read(original.content))  # packed up by a gateway
        text = bodies.body(bodies.choose(inner)).text
        original = next((part for part in parts if part.kind in _ORIGINALS), None)
    about = head(original.content) if original else _copied_header(text)
    for part in parts:
        if part.kind in _STATUS_PARTS:
            groups = _groups(decoded(part.content[:_LONGEST]))
            recipients += _recipients(groups, text)
            envelope_id = envelope_id or _first(groups, "original-envelope-id")
    if not recipients and told:
        recipients = _recipients(_groups(_everything(parts, text)), text)
        recipients = recipients or prose.recipients(root, text, about)
        if not recipients and not prose.fails(text, subject):
            return None
    return Bounce(
        tuple(_without_doubles(recipients)),
        message_id=_message_id(about),
        envelope_id=envelope_id.strip("<> ")[:200],
    )


def _groups(text: str) -> list[dict[str, str]]:
    """Blocks of fields between empty lines, their names in small letters."""
    groups: list[dict[str, str]] = [{}]
    name = ""
    for line in text[:_LONGEST].splitlines():
        if match := _FIELD.match(line):
            name = match[1].lower()
            if name == "final-recipient" and name in groups[-1]:
                groups.append({})  # the empty line between two recipients was forgotten
            groups[-1].setdefault(name, match[2].strip())
        elif name and line[:1] in (" ", "\t") and line.strip():
            groups[-1][name] = f"{groups[-1].get(name, '')} {line.strip()}"[:4000]
        elif not line.strip() and groups[-1]:
            groups.append({})
            name = ""
    return groups


def _recipients(groups: list[dict[str, str]], text: str) -> list[BounceRecipient]:
    found: list[BounceRecipient] = []
    for group in groups:
        final, wished = group.get("final-recipient", ""), group.get("original-recipient", "")
        address = (
            _address(wished) or _address(final) or _address(group.get("x-actual-recipient", ""))
        )
        if not address or not (
            "action" in group or "status" in group or "diagnostic-code" in group
        ):
            continue
        diagnosis = group.get("diagnostic-code", "")
        near = prose.around(text, address, _address(final))
        status = best_status(group.get("status", ""), diagnosis, near) or status_of(diagnosis)
        action = re.match(r"[a-z]*", group.get("action", "").strip().lower())
        word = action[0] if action else ""
        found.append(BounceRecipient(address, status, word or prose.action_of(status, "")))
        if len(found) >= _MOST:
            break
    return found


def _address(value: str) -> str:
    """The address of `rfc822; ann@example.org`."""
    text = value.rpartition(";")[2] if ";" in value.split("@", maxsplit=1)[0] else value
    found = addresses(words(text.strip()[:500]))
    if found:
        return found[0].email
    bare = text.strip().strip("<>\"'")
    return (
        bare if bare and " " not in bare and len(bare) <= 320 and value.startswith("rfc822") else ""
    )


def _first(groups: list[dict[str, str]], name: str) -> str:
    return next((group[name] for group in groups if name in group), "")


def _without_doubles(recipients: list[BounceRecipient]) -> list[BounceRecipient]:
    return list({each.recipient.casefold(): each for each in reversed(recipients)}.values())[::-1]


def _everything(parts: list[Part], text: str) -> str:
    """The prose, and every part that may hold fields in spite of its type."""
    more = [
        decoded(part.content[:_LONGEST])
        for part in parts[:20]
        if part.kind.startswith("text/") and part.kind != "text/html"
    ]
    return prose.report_of(text + "\n\n" + "\n\n".join(more), keep_fields=True)


def _complaint(part: Part | None, original: Part | None) -> Bounce:
    groups = _groups(decoded(part.content[:_LONGEST])) if part else []
    found = [_first(groups, "original-rcpt-to"), _first(groups, "removal-recipient")]
    named = [_address(value) for value in found if value]
    if not any(named) and original is not None:
        named = [each.email for each in addresses(head(original.content).text_of("to"))]
    recipients = [BounceRecipient(each, "", "complaint") for each in named[:_MOST] if each]
    return Bounce(
        tuple(_without_doubles(recipients)),
        kind="complaint",
        message_id=_message_id(head(original.content)) if original else "",
    )


def _copied_header(text: str) -> Part:
    """The header of the mail that a report copies below its own words."""
    return head(prose.copy_in(text).encode("utf-8", "replace"))


def _message_id(about: Part) -> str:
    found = re.search(r"<([^<>\s]{1,990})>", raw_text(about.first.get("message-id", b"")[:2000]))
    return found[1] if found else ""
