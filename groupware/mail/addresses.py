"""Addresses out of a header, leniently, in one pass; and whether what it says is unambiguous.

The address in angle brackets counts, never text in front of it: `alice@a <bob@b>` is from bob,
and marked, because some programs would show alice.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from groupware.mail.headers import one_line, words

MOST = 10_000
_MOST_TOKENS = 8 * MOST
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|<[^<>]*>?|[,;:()]|[^\s"<>,;:()]+|\s+|.', re.DOTALL)
_NESTED = re.compile(r"\\.|[()]", re.DOTALL)
_ADDRESS = re.compile(r"[^\s@<>,;:()\"]{1,128}@[^\s@<>,;:()\"]{1,253}")
# What every program reads as the same address; other writings may be valid, and prove nothing.
_CLEAR = re.compile(
    r"[^\s@<>()\[\]\\,;:\"\x00-\x20\x7f]{1,128}@[^\s@<>()\[\]\\,;:\"\x00-\x20\x7f]{1,253}"
)


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address, its domain in small letters, with the name shown beside it."""

    email: str
    name: str = ""
    ambiguous: bool = False  # another reader may see another address

    @property
    def key(self) -> str:
        """The address as it is compared: case-folded, its domain as DNS knows it."""
        local, _, domain = self.email.casefold().rpartition("@")
        return f"{local}@{_in_dns(domain)}"


def addresses(text: str) -> tuple[Address, ...]:
    """Every address of a header's raw text; those in groups too, the groups' names dropped."""
    found: list[Address] = []
    for parts, grouped in _members(text):
        if (address := _one(parts, grouped=grouped)) is not None:
            found.append(address)
        if len(found) >= MOST:
            break
    if not found and "=?" in text and "@" in (plain := words(text)) and plain != text:
        # A mailer encoded the whole header, address and all.
        found = [Address(each.email, each.name, ambiguous=True) for each in addresses(plain)]
    return tuple(found)


def _members(text: str) -> Iterator[tuple[list[str], bool]]:
    """The header's tokens, cut at the commas, and whether in a group; comments stay whole."""
    parts: list[str] = []
    at, grouped = 0, False
    for _ in range(_MOST_TOKENS):
        match = _TOKEN.match(text, at)
        if match is None:
            break
        piece, at = match[0], match.end()
        if piece == "(":
            at = _comment_end(text, at)
            parts.append("(" + text[match.end() : at])
        elif piece in ",;":
            yield parts, grouped
            parts, grouped = [], grouped and piece == ","
        elif piece == ":" and not any(part[0] == "<" for part in parts):
            # A group's name goes; `mailto:` and a lone `From:` too.
            parts, grouped = [], True
        else:
            parts.append(piece)
    yield parts, grouped


def _comment_end(text: str, at: int) -> int:
    depth = 1
    for match in _NESTED.finditer(text, at):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    return len(text)


def _one(parts: list[str], *, grouped: bool) -> Address | None:
    angles = [part for part in parts if part[0] == "<"]
    comments = [part for part in parts if part[0] == "("]
    outside = [part for part in parts if part[0] not in "<("]
    phrase = "".join(outside).strip()
    bare = _ADDRESS.findall("".join(part if part[0] != '"' else " " for part in outside))
    if angles:
        inside = [found for part in angles if (found := _inside(part))]
        email = inside[-1] if inside else (bare[-1] if bare else "")
        exact = [angle[1:-1].strip() for angle in angles if angle[-1] == ">"] == [email]
        exact = exact and all(each.casefold() == email.casefold() for each in bare)
        name = _name(phrase) or _said(comments)
    else:
        local = _quoted_local(outside)
        if local is None and not bare:
            return None
        email = local or bare[0]
        exact = [part for part in outside if not part.isspace()] == [email]
        name = _said(comments)
        if not name and local is None:
            name = _name(phrase.replace(email, " "))
    local_part, _, domain = email.rpartition("@")
    domain = domain.lower().rstrip(".")
    if not local_part or not domain:
        return None
    clear = exact and not grouped and bool(_CLEAR.fullmatch(email))
    return Address(one_line(f"{local_part}@{domain}"), name, ambiguous=not clear)


def _inside(angle: str) -> str:
    """The address between angle brackets, an old route and `mailto:` dropped; may be empty."""
    text = re.sub(r"\s+", " " if '"' in angle else "", angle[1:].rstrip(">")).strip()
    if text[:7].lower() == "mailto:":
        text = text[7:]
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]
    text = text.strip("'") if text.startswith("'") and text.endswith("'") else text
    if "=?" in text:
        text = re.sub(r"\s+", "", words(text))
    text = one_line(text)
    return text if "@" in text[1:-1] and len(text) <= 320 else ""


def _quoted_local(parts: list[str]) -> str | None:
    """`"John Doe"@example.org` without brackets, or None."""
    full = [part for part in parts if not part.isspace()]
    if len(full) == 2 and full[0][0] == '"' and re.fullmatch(r"@[^\s@]{1,253}", full[1]):
        return full[0] + full[1]
    return None


def _said(comments: list[str]) -> str:
    """A name written as comments: `ann@example.org (Ann Berg)`."""
    return _name(re.sub(r"\\(.)", r"\1", " ".join(comment[1:-1] for comment in comments)))


def _name(text: str) -> str:
    text = words(text)
    if '"' in text:
        text = re.sub(r'\\(.)|"', r"\1", text)
    text = one_line(text).strip(" '") if text.strip().startswith("'") else one_line(text)
    return text[:200]


def _in_dns(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        # Labels are bounded first: the codec takes quadratic time.
        if len(domain) <= 253 and all(len(label) <= 63 for label in domain.split(".")):
            return domain.encode("idna").decode("ascii")
    except UnicodeError:
        pass
    return domain
