"""Canned replies: written, changed, found and used."""

from datetime import datetime

from sqlalchemy import Select, or_
from sqlalchemy.orm import Session

from groupware.errors import Invalid
from groupware.models import User
from groupware.people import changed_values
from groupware.preferences import Organisation, load
from groupware.text import cleaned
from modules.tasks.canned import at_hand, placeholders
from modules.tasks.canned.at_hand import Label
from modules.tasks.canned.models import CannedReply
from modules.tasks.canned.placeholders import Occasion
from modules.tasks.models import Task

LONGEST = 20_000


def create(session: Session, actor: User, label: Label, body: str, *, now: datetime) -> CannedReply:
    """A new text, private until it is shared, or of a list that the person manages."""
    made = CannedReply(body=_checked(body))
    at_hand.begin(session, actor, made, label, now=now)
    return made


def edit(
    session: Session, actor: User, text: CannedReply, label: Label, body: str, *, now: datetime
) -> None:
    """Change a text; what was written with it stays."""
    at_hand.require_change(session, actor, text)
    before = _values(text)
    text.body = _checked(body)
    at_hand.set_label(session, actor, text, label)
    if changes := changed_values(before, _values(text)):
        text.modified = now
        at_hand.write(session, "edited", text, actor, now, **changes)


def found(query: Select[CannedReply], typed: str) -> Select[CannedReply]:
    """Those whose name, category or text holds each of the words."""
    for word in typed[:200].split():
        query = query.where(
            or_(
                CannedReply.name.icontains(word, autoescape=True),
                CannedReply.category.icontains(word, autoescape=True),
                CannedReply.body.icontains(word, autoescape=True),
            )
        )
    return query


def filled(session: Session, writer: User, ticket: Task, body: str) -> str:
    """A text as this person says it in this ticket."""
    return placeholders.expand(body, Occasion(ticket, writer, load(session, Organisation).name))


def _checked(body: str) -> str:
    body = cleaned(body).strip()
    if not body:
        raise Invalid(body="Please write something.")
    if len(body) > LONGEST:
        raise Invalid(body=f"This is longer than {LONGEST:,} characters.")
    placeholders.check(body)
    return body


def _values(text: CannedReply) -> dict[str, str]:
    task_list = text.task_list.name if text.task_list else ""
    return {
        "name": text.name,
        "category": text.category,
        "body": text.body,
        "task_list": task_list,
    }
