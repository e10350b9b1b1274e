"""Which parts are the text, and what they say: RFC 8621 section 4.1.4, RFC 3676."""

import html as escaping
import re
from dataclasses import dataclass, field

from groupware.mail import html
from groupware.mail.charsets import codec_of, decoded
from groupware.mail.mime import Part

LARGEST = 2 * 1024 * 1024
_MEDIA = ("image/", "audio/", "video/")
_META = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.IGNORECASE
)
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]"
)


@dataclass
class Chosen:
    """The parts of a mail by their use."""

    text: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)


@dataclass
class Body:
    """What the chosen parts say; `quote_lines` are marks that a client left in its HTML."""

    text: str = ""
    html: str = ""
    quote_lines: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def choose(root: Part) -> Chosen:
    """Which parts are shown as text, which as HTML, and which are files."""
    chosen = Chosen()
    _structure([root], "mixed", chosen, in_alternative=False)
    return chosen


def _structure(parts: list[Part], within: str, chosen: Chosen, *, in_alternative: bool) -> None:
    """RFC 8621's parseStructure; depth is bounded by the reader of the parts."""
    texts_before, htmls_before = len(chosen.text), len(chosen.html)
    for number, part in enumerate(parts):
        if part.children:
            subtype = part.kind.removeprefix("multipart/")
            alternative = in_alternative or subtype == "alternative"
            _structure(_in_order(part), subtype, chosen, in_alternative=alternative)
        elif not _is_inline(part, number, within) or (
            within == "alternative" and part.kind not in ("text/plain", "text/html")
        ):
            chosen.files.append(part)
        elif within == "alternative":
            (chosen.text if part.kind == "text/plain" else chosen.html).append(part)
        else:
            if not in_alternative or part.kind != "text/html":
                chosen.text.append(part)
            if not in_alternative or part.kind != "text/plain":
                chosen.html.append(part)
            named = bool(part.disposed.get("filename")) and part.depth > 0
            if part.kind.startswith(_MEDIA) or named:  # RFC 8621 would only show these
                chosen.files.append(part)
    if within == "alternative":  # one of the two alone stands for both
        if len(chosen.text) == texts_before:
            chosen.text.extend(chosen.html[htmls_before:])
        elif len(chosen.html) == htmls_before:
            chosen.html.extend(chosen.text[texts_before:])


def _in_order(part: Part) -> list[Part]:
    """A part's parts; of related ones, that first which RFC 2387 says to start with."""
    start = part.typed.get("start").strip("<> ") if part.kind == "multipart/related" else ""
    if not start:
        return part.children
    return sorted(part.children, key=lambda each: each.text_of("content-id").strip("<> ") != start)


def _is_inline(part: Part, number: int, within: str) -> bool:
    if part.disposed.value.startswith("attachment"):
        return False
    # A multipart in which no part was found is shown as the text that it is.
    textual = part.kind in ("text/plain", "text/html") or part.kind.startswith("multipart/")
    if not textual and not part.kind.startswith(_MEDIA):
        return False
    if number == 0:
        return True
    return within != "related" and (part.kind.startswith(_MEDIA) or not part.filename)


def body(chosen: Chosen) -> Body:
    """The text and the HTML of the chosen parts; HTML alone gives its text as well."""
    result = Body()
    texts = [part for part in chosen.text if not part.kind.startswith(_MEDIA)]
    htmls = [part for part in chosen.html if not part.kind.startswith(_MEDIA)]
    plain = [text_of(part) for part in texts if part.kind != "text/html"]
    if any(part.kind == "text/html" for part in htmls):
        result.html = "\n".join(
            text_of(part)
            if part.kind == "text/html"
            else f"<pre>{escaping.escape(text_of(part))}</pre>"
            for part in htmls
        )
    if result.html and not any(each.strip() for each in plain):
        found = html.plain(result.html)
        result.text, result.quote_lines = found.text, found.quote_lines
        if found.depth > html.DEEPEST_SHOWN:
            result.problems.append("The HTML is nested too deeply to be shown: its text is.")
    else:
        pieces = []
        for part in texts:
            said = text_of(part)
            pieces.append(html.plain(said).text if part.kind == "text/html" else said)
        result.text = "\n".join(pieces)
    if any(len(part.body) > LARGEST and len(part.content) > LARGEST for part in (*texts, *htmls)):
        result.problems.append("The text is too long: only its first 2 MB were read.")
    if len(result.html) > html.LARGEST_SHOWN:
        result.problems.append("The HTML is too large to be shown: its text is.")
    return result


def text_of(part: Part) -> str:
    """A text part's text with plain line ends, without controls and unseen turns of direction."""
    data, label = part.content[:LARGEST], part.typed.get("charset")
    if part.kind == "text/html" and (not codec_of(label) or codec_of(label) == "ascii"):
        meta = _META.search(data[:4096])
        label = meta[1].decode("ascii") if meta else label
    text = decoded(data, label).replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROLS.sub("", text)
    if part.kind == "text/plain" and part.typed.get("format").lower() == "flowed":
        text = unflowed(text, delete_space=part.typed.get("delsp").lower() == "yes")
    return text


def unflowed(text: str, *, delete_space: bool = False) -> str:
    """Lines that were broken to be sent, joined again; quotes keep their marks."""
    lines: list[str] = []
    pieces: list[str] = []
    depth = 0
    for line in text.split("\n"):
        rest = line.lstrip(">")
        marks = len(line) - len(rest)
        rest = rest.removeprefix(" ")  # stuffed, or set off from its marks
        flows = rest.endswith(" ") and rest != "-- "
        if pieces and (marks != depth or rest == "-- "):
            lines.append(_quoted("".join(pieces).rstrip(" "), depth))
            pieces = []
        depth = marks
        pieces.append(rest[:-1] if flows and delete_space else rest)
        if not flows:
            lines.append(_quoted("".join(pieces), depth))
            pieces = []
    if pieces:
        lines.append(_quoted("".join(pieces), depth))
    return "\n".join(lines)


def _quoted(text: str, depth: int) -> str:
    return f"{'>' * depth} {text}".rstrip() if depth else text
