"""HTML to plain text, in one pass: quotes become `>` lines, links keep their addresses.

Made for reading mail, not for showing it: what is shown is sanitised elsewhere. There is no tree,
so depth costs nothing, and nothing is looked at twice, so size costs only itself.
"""

import html
import re
from dataclasses import dataclass, field

LARGEST = 512 * 1024
LARGEST_SHOWN = 256 * 1024
DEEPEST_SHOWN = 100
DEEPEST_QUOTE = 10

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:_-]{0,30})|<!--|<[!?]")
_ATTRIBUTE = re.compile(
    r"([a-zA-Z-]{1,30})\s{0,10}=\s{0,10}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))"
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});?")
_SPACE = re.compile(r"[ \t\r\n\f]+")

_VOID = {"br", "hr", "img", "input", "meta", "link", "base", "col", "area", "wbr", "source"}
_SKIPPED = {"script", "style", "title", "noscript", "template", "textarea", "svg", "math", "xml"}
_PARAGRAPHS = {"p", "ul", "ol", "dl", "table", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS = _PARAGRAPHS | {
    "div", "tr", "li", "dt", "dd", "blockquote", "body", "html", "article", "section", "header",
    "footer", "center", "address", "form", "fieldset", "figure", "main", "nav", "aside", "caption",
    "o:p",
}  # fmt: skip
_QUOTE_BEGINS = re.compile(
    r"stopspelling|divrplyfwdmsg|reference-message|olk_src_body_section|yahoo_quoted"
    r"|yahooquotedblock|zwchr|protonmail_quote|tutanota_quote|zmail_extra|reply-intro"
    r"|name=.?quote\b|mailcontainerheader|isforwardcontent",
    re.IGNORECASE,
)
_RULE_ABOVE = re.compile(
    r"border:\s*none;\s*border-top:\s*solid\s*(?:#?[0-9a-z]{3,12})\s*1\.0pt", re.IGNORECASE
)
_HIDDEN = re.compile(r"display\s{0,5}:\s{0,5}none", re.IGNORECASE)
_CITED = re.compile(r"cite|quote|border-left|reply|gmail", re.IGNORECASE)


@dataclass
class Plain:
    """The text of an HTML body; where a client's own marks say that an earlier mail begins."""

    text: str = ""
    quote_lines: list[int] = field(default_factory=list)
    depth: int = 0


@dataclass
class _Writer:
    lines: list[str] = field(default_factory=list)
    now: list[str] = field(default_factory=list)
    quotes: int = 0
    blank: bool = True  # the line holds nothing yet
    space: bool = False  # a space waits for a word

    def add(self, text: str, *, pre: bool) -> None:
        if pre:
            first, *more = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            self.now.append(first)
            self.blank = self.blank and not first.strip()
            for each in more:
                self.end(always=True)
                self.now.append(each)
                self.blank = not each.strip()
            return
        words = _SPACE.sub(" ", text)
        core = words.strip(" ")
        if not core:
            self.space = self.space or bool(words)
            return
        if not self.blank and (self.space or words[0] == " "):
            self.now.append(" ")
        self.now.append(core)
        self.blank = False
        self.space = words[-1] == " "

    def end(self, *, always: bool = False) -> None:
        """End the line; an empty one only `always`."""
        if not self.blank or always:
            line = (self.mark + "".join(self.now)).rstrip()
            # Outlook writes an empty paragraph as one with a hard space; there is a gap already.
            if always or line.strip("> ") or not self.lines or self.lines[-1].strip("> "):
                self.lines.append(line)
        self.now, self.blank, self.space = [], True, False

    def gap(self) -> None:
        """End the line and leave one empty line."""
        self.end()
        if self.lines and self.lines[-1].strip("> "):
            self.lines.append("")
        if self.lines:
            self.lines[-1] = self.mark.rstrip()

    def rule(self) -> None:
        """A line of its own."""
        self.end()
        self.lines.append(self.mark + "_" * 32)

    @property
    def mark(self) -> str:
        depth = min(self.quotes, DEEPEST_QUOTE)
        return ">" * depth + " " * bool(depth)

    @property
    def last(self) -> str:
        return next((each for each in reversed(self.lines[-4:]) if each.strip("> ")), "")


def plain(source: str) -> Plain:
    """The plain text of HTML, however broken; the first half megabyte of it."""
    return _Reading(source[:LARGEST]).plain()


class _Reading:
    """One pass over the tags."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.out = _Writer()
        self.found = Plain()
        self.pre = self.depth = 0
        self.quoting: list[bool] = []  # for each open blockquote: is it a quote, or an indent?
        self.links: list[tuple[str, int]] = []
        self.lists: list[int] = []  # for each open list its next number, or 0 where it has none

    def plain(self) -> Plain:
        at = 0
        while match := _TAG.search(self.source, at):
            self._text(self.source[at : match.start()])
            at = self._tag(match) if match[2] else _after_comment(self.source, match)
        self._text(self.source[at:])
        self.out.end()
        text = "\n".join(self.out.lines).replace("\xa0", " ")
        self.found.text = text.strip("\n")
        lost = len(text) - len(text.lstrip("\n"))  # empty lines above the first
        self.found.quote_lines = [each - lost for each in self.found.quote_lines if each >= lost]
        return self.found

    def _text(self, piece: str) -> None:
        if piece:
            self.out.add(_unescaped(piece), pre=self.pre > 0)

    def _tag(self, match: re.Match[str]) -> int:
        name, closing = match[2].lower(), bool(match[1])
        inside, at = _attributes(self.source, match.end())
        if name in _SKIPPED and not closing:
            return _after_element(self.source, name, at)
        if name in ("div", "span", "p") and not closing and _HIDDEN.search(inside):
            # What is shown only as a preview; without an end it is no such thing.
            end = self.source.find(f"</{name}>", at, at + 4000)
            at = end if end >= 0 else at
        if name not in _VOID and not inside.endswith("/"):
            self.depth = max(0, self.depth + (-1 if closing else 1))
            self.found.depth = max(self.found.depth, self.depth)
        if inside and not closing and _begins_quote(name, inside):
            self.out.end()
            self.found.quote_lines.append(len(self.out.lines))
        if name == "blockquote":
            self._blockquote(inside, closing=closing)
        elif name in _BLOCKS:
            self._block(name, inside, closing=closing)
        else:
            self._inline(name, inside, closing=closing)
        return at

    def _blockquote(self, inside: str, *, closing: bool) -> None:
        if closing:
            self.out.end()
            if self.quoting and self.quoting.pop():
                self.out.quotes -= 1
            self.out.gap()
        else:
            self.out.gap()
            self.quoting.append(bool(_CITED.search(inside)) or self.out.last.endswith(":"))
            self.out.quotes += self.quoting[-1]

    def _block(self, name: str, inside: str, *, closing: bool) -> None:
        within = len(self.lists) > (1 if closing else 0) and name in ("ul", "ol")
        if name in _PARAGRAPHS and not within:
            self.out.gap()
        else:
            self.out.end()
        if name == "pre":
            self.pre = max(0, self.pre + (-1 if closing else 1))
        elif name in ("ul", "ol"):
            self._list(name, inside, closing=closing)
        elif name == "li" and not closing:
            self._item()

    def _list(self, name: str, inside: str, *, closing: bool) -> None:
        if closing:
            self.lists[-1:] = []
        else:
            first = _attribute(inside, "start")
            number = int(first) if first.isdecimal() and len(first) < 6 else 1
            self.lists.append(number if name == "ol" else 0)

    def _item(self) -> None:
        number = self.lists[-1] if self.lists else 0
        self.out.add("  " * (min(len(self.lists), 10) - 1), pre=True)
        self.out.add(f"{number}. " if number else "- ", pre=False)
        if number:
            self.lists[-1] += 1

    def _inline(self, name: str, inside: str, *, closing: bool) -> None:
        if name == "br":
            self.out.end(always=True)
        elif name == "hr":
            self.out.rule()
        elif name in ("td", "th") and closing:
            self.out.add("  ", pre=False)
        elif name == "a" and not closing:
            self.links.append((_attribute(inside, "href"), len(self.out.now)))
        elif name == "a" and self.links:
            _tell_link(self.out, *self.links.pop())
        elif name == "img" and (words := _attribute(inside, "alt")):
            self.out.add(f"[{words[:200]}]", pre=False)


def _begins_quote(name: str, inside: str) -> bool:
    if name not in ("div", "hr", "table", "blockquote", "span"):
        return False
    return bool(_QUOTE_BEGINS.search(inside) or (name == "div" and _RULE_ABOVE.search(inside)))


def _tell_link(out: _Writer, href: str, since: int) -> None:
    shown = "".join(out.now[since:]).strip()
    if href.startswith(("http://", "https://")) and shown and len(href) <= 2000:
        bare = href.split("//", 1)[1].rstrip("/")
        if bare not in shown and shown not in href:
            out.add(f" <{href}>", pre=False)


def _unescaped(text: str) -> str:
    # The standard function alone fails on numbers of thousands of digits.
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text


def _attributes(source: str, at: int) -> tuple[str, int]:
    """A tag's inside and where it ends; a quoted `>` is skipped, a quote never closed is not."""
    end = source.find(">", at)
    for _ in range(5):
        if end < 0 or not any(source.count(mark, at, end) % 2 for mark in "\"'"):
            break
        further = source.find(">", end + 1, at + 4000)
        if further < 0:
            break
        if not any(source.count(mark, at, further) % 2 for mark in "\"'"):
            end = further
            break
    end = len(source) if end < 0 else end
    return source[at : min(end, at + 8000)], end + 1


def _attribute(inside: str, name: str) -> str:
    for match in _ATTRIBUTE.finditer(inside[:8000]):
        if match[1].lower() == name:
            value = next((each for each in match.groups()[1:] if each is not None), "")
            return _unescaped(value).strip()
    return ""


def _after_comment(source: str, match: re.Match[str]) -> int:
    ends = "-->" if match[0] == "<!--" else ">"
    end = source.find(ends, match.end())
    return len(source) if end < 0 else end + len(ends)


def _after_element(source: str, name: str, at: int) -> int:
    match = re.compile(rf"</{name}[^>]*>", re.IGNORECASE).search(source, at)
    return match.end() if match else len(source)
