"""The mail behind a message, for agents of its list: as it came, and as it looked to its sender."""

import io
import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import unquote

import nh3
from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from werkzeug.wrappers import Response

from groupware.errors import NotFound
from groupware.mail.message import File
from groupware.mail.mime import LARGEST
from groupware.mail.safely import read_safely
from groupware.mailboxes.models import InboundMail
from groupware.pictures import previewable
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    one,
    open_to,
    release,
    services,
    session,
)
from modules.tasks.mail.models import Placement
from modules.tasks.models import Comment, Task
from modules.tasks.queries import worked_by

blueprint = Blueprint("mails", __name__, url_prefix="/support/tickets/<int:ticket_id>/mails")

LARGEST_HTML = 256 * 1024
MOST_PICTURES = 10 * 1024 * 1024
"""Bytes of all pictures of a mail that are shown within it."""
DEEPEST = 100
TAGS = {
    "a", "b", "blockquote", "br", "center", "code", "dd", "div", "dl", "dt", "em", "font", "h1",
    "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small", "span",
    "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
# Neither scripts nor styles, whatever gets through; the mail's own pictures, others when asked for.
# A page in a sandbox is of no origin and has no session, so what it shows has to be in it.
SANDBOX = "default-src 'none'; img-src data:{}; sandbox allow-popups; frame-ancestors 'none'"
PLAIN = "This mail has no HTML that can be shown. Its text is in the ticket."


@blueprint.get("/<int:mail_id>/original")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def original(ticket_id: int, mail_id: int) -> ResponseReturnValue:
    """The mail as it came, to be saved."""
    mail = _mail(ticket_id, mail_id)
    with services().blobs.open(mail.sha256) as file:
        answer = Response(file.read(), mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="mail-{mail.id}.eml"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@blueprint.get("/<int:mail_id>/html")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def html(ticket_id: int, mail_id: int) -> ResponseReturnValue:
    """The mail's HTML, cleaned, alone in a sandbox. Remote pictures only with `?pictures=1`."""
    mail = _mail(ticket_id, mail_id)
    remote = request.args.get("pictures") == "1"
    release()
    with services().blobs.open(mail.sha256) as file:
        message = read_safely(file.read(LARGEST + 1))
    body = cleaned(message.html, pictures(message.files), remote=remote)
    more = "" if remote or not body else '<p><a href="?pictures=1">Show remote pictures</a></p>'
    text = f"<!doctype html><meta charset=utf-8><title>Mail</title>{more}{body or PLAIN}"
    answer = Response(text, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = SANDBOX.format(" https:" if remote else "")
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def pictures(files: Iterable[File]) -> dict[str, str]:
    """The pictures that a mail brings along to stand in its text, by their ids."""
    found, left = {}, MOST_PICTURES
    for each in files:
        kind = previewable(io.BytesIO(each.content)) if each.content_id else None
        if kind and len(each.content) <= left:
            left -= len(each.content)
            found[each.content_id] = f"data:{kind};base64,{b64encode(each.content).decode()}"
    return found


def cleaned(source: str, own: dict[str, str], *, remote: bool) -> str:
    """HTML without scripts, styles and, unless asked for, anything that is fetched elsewhere."""
    if len(source) > LARGEST_HTML or _depth(source) > DEEPEST:
        return ""

    def attribute(tag: str, name: str, value: str) -> str | None:
        if tag != "img" or name != "src":
            return value
        if value.lower().startswith("cid:"):
            return own.get(unquote(value[4:]).strip("<> "))
        return value if remote and value.lower().startswith("https://") else None

    return nh3.clean(
        source,
        tags=TAGS,
        attributes={
            "a": {"href"}, "img": {"src", "alt", "width", "height"},
            "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"},
        },
        attribute_filter=attribute,
        clean_content_tags={"script", "style", "title", "template", "svg", "math"},
        url_schemes={"http", "https", "mailto", "cid"},
        link_rel="noopener noreferrer nofollow",
    )  # fmt: skip


_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})")
_EMPTY = {"br", "img", "hr", "meta", "input", "link", "col", "base", "wbr", "area"}


def _depth(source: str) -> int:
    """No element lies deeper than this: an end tag ends only what was begun just before."""
    open_tags: list[str] = []
    deepest = 0
    for match in _TAG.finditer(source):
        name = match[2].lower()
        if not match[1] and name not in _EMPTY:
            open_tags.append(name)
            deepest = max(deepest, len(open_tags))
        elif match[1] and open_tags and open_tags[-1] == name:
            open_tags.pop()
    return deepest


def _mail(ticket_id: int, mail_id: int) -> InboundMail:
    ticket = one(worked_by(actor()).where(Task.id == ticket_id))
    found = session().scalar(
        select(InboundMail)
        .join(Placement, Placement.inbound_mail_id == InboundMail.id)
        .outerjoin(Comment, Comment.id == Placement.comment_id)
        .where(
            InboundMail.id == mail_id,
            or_(
                Comment.task_id == ticket.id,
                Comment.id.is_(None) & (Placement.task_id == ticket.id),
            ),
        )
    )
    if found is None:
        raise NotFound
    return found
