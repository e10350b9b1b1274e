"""XML: read with everything dangerous switched off, written as text.

Names are in Clark's notation, `{DAV:}getetag`, as lxml gives them.
"""

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from flask import request
from lxml import etree

from modules.tasks.dav.answers import NotXml, refused
from modules.tasks.icalendar.lines import clean

DAV, CAL = "DAV:", "urn:ietf:params:xml:ns:caldav"
CS, ICAL = "http://calendarserver.org/ns/", "http://apple.com/ns/ical/"
PREFIXES = {DAV: "d", CAL: "c", CS: "cs", ICAL: "ic"}

Element: TypeAlias = Any  # lxml has no types
TYPES = ("", "text/xml", "application/xml", "application/x-www-form-urlencoded")


def d(name: str) -> str:
    return f"{{{DAV}}}{name}"


def c(name: str) -> str:
    return f"{{{CAL}}}{name}"


def body() -> Element | None:
    """The root of the request's body; None where there is none."""
    written = request.get_data()
    if not written.strip():
        return None
    if request.mimetype not in TYPES and not request.mimetype.endswith("+xml"):
        raise refused(415, reason="This takes XML.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    if b"<!DOCTYPE" in written:
        raise refused(403, reason="No document type, please.")
    try:
        root = etree.fromstring(written, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as problem:
        raise NotXml from problem
    if root.getroottree().docinfo.doctype:  # in an encoding in which it was not seen
        raise refused(403, reason="No document type, please.")
    return root


def children(parent: Element | None) -> list[Element]:
    """The elements directly within one."""
    return [] if parent is None else [each for each in parent if isinstance(each.tag, str)]


def text_of(element: Element | None) -> str:
    """An element's own text, without controls."""
    return clean(element.text or "").strip() if element is not None else ""


def tag(name: str) -> tuple[str, str]:
    """How a name is written as a tag: with a declaration where its namespace is not ours."""
    namespace, _, local = name[1:].rpartition("}") if name[:1] == "{" else ("", "", name)
    if prefix := PREFIXES.get(namespace):
        return f"{prefix}:{local}", ""
    if not namespace:
        return local, ' xmlns=""'
    return f"x:{local}", f' xmlns:x="{escaped(namespace)}"'


def empty(name: str) -> str:
    """An element without content."""
    written, declared = tag(name)
    return f"<{written}{declared}/>"


def element(name: str, content: str) -> str:
    """An element with this content, which is XML already."""
    written, declared = tag(name)
    return f"<{written}{declared}>{content}</{written}>" if content else empty(name)


def href(path: str) -> str:
    return f"<d:href>{escaped(path)}</d:href>"


def hrefs(paths: Iterable[str]) -> str:
    return "".join(href(path) for path in paths)


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def escaped(text: str) -> str:
    """Text as it may stand between tags, or between double quotes."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _NOT_XML.sub("", text.replace('"', "&quot;").replace("\r", "&#13;"))
