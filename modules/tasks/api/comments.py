"""Replies and notes: what is said in a ticket, by the reader's face of it."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Select
from sqlalchemy.orm import joinedload

from groupware.api import ANYBODY, Made, Noun, Page, Ref, page_of
from groupware.models import Level
from groupware.web.request import actor, now, one, open_to, session
from modules.tasks import conversation
from modules.tasks.access import agent_level, owns
from modules.tasks.api.attachments import files_of, received
from modules.tasks.api.faces import found, works_on
from modules.tasks.api.shapes import Comment as Said
from modules.tasks.api.shapes import CommentChange, CommentQuery, File, NewComment
from modules.tasks.models import Attachment, Comment, Kind, Task
from modules.tasks.queries import (
    comments_asked_by,
    comments_worked_by,
    files_asked_by,
    files_worked_by,
)
from modules.tasks.queue.filters import Order

nouns = Noun("comments", "Replies, which the customer reads, and notes, which agents do.")


@nouns.get("/tickets/<int:ticket_id>/comments")
@open_to(*ANYBODY)
def listed(ticket_id: int, query: CommentQuery) -> Page[Said]:
    """What was said in a ticket."""
    ticket = found(ticket_id)
    return page_of(
        session(),
        _comments(ticket).where(Comment.task_id == ticket.id),
        query,
        Comment.id,
        show=lambda rows: said(ticket, rows),
        descending=query.order == Order.DESCENDING,
    )


@nouns.post("/tickets/<int:ticket_id>/comments")
@open_to(*ANYBODY)
def say(ticket_id: int, body: NewComment) -> Made[Said]:
    """Reply, or add a note; a response to a ticket closed for long begins a new one."""
    ticket = found(ticket_id, held=True)
    works = agent_level(session(), actor(), ticket.task_list) >= Level.WRITE
    if body.kind == Kind.NOTE:
        act = conversation.note
    elif works or not owns(session(), actor(), ticket):
        act = conversation.reply
    else:
        act = conversation.respond
    comment = act(
        session(),
        actor(),
        ticket,
        body.body,
        incoming=received(body.attachments),
        now=now(),
        source="api",
    )
    at = f"/api/v1/tickets/{comment.task_id}/comments/{comment.id}"
    return Made(said(comment.task, [comment])[0], at)


@nouns.get("/tickets/<int:ticket_id>/comments/<int:comment_id>")
@open_to(*ANYBODY)
def show(ticket_id: int, comment_id: int) -> Said:
    """A reply or note."""
    ticket = found(ticket_id)
    return said(ticket, [comment_of(ticket, comment_id)])[0]


@nouns.patch("/tickets/<int:ticket_id>/comments/<int:comment_id>")
@open_to(*ANYBODY)
def edit(ticket_id: int, comment_id: int, body: CommentChange) -> Said:
    """Change what one wrote oneself, within 15 minutes and while nobody has answered."""
    ticket = found(ticket_id, held=True)
    comment = comment_of(ticket, comment_id)
    conversation.edit_comment(session(), actor(), comment, body.body, now=now())
    return said(ticket, [comment])[0]


@nouns.delete("/tickets/<int:ticket_id>/comments/<int:comment_id>")
@open_to(*ANYBODY)
def delete(ticket_id: int, comment_id: int) -> None:
    """Remove a reply or note for good; managers of the list may."""
    ticket = found(ticket_id, held=True)
    conversation.delete_comment(session(), actor(), comment_of(ticket, comment_id), now=now())


def _comments(ticket: Task) -> Select[Comment]:
    face = comments_worked_by if works_on(ticket) else comments_asked_by
    return face(actor()).options(joinedload(Comment.author))


def comment_of(ticket: Task, comment_id: int) -> Comment:
    """A reply or note of this ticket, by the reader's face of it."""
    return one(_comments(ticket).where(Comment.task_id == ticket.id, Comment.id == comment_id))


def said(ticket: Task, rows: Sequence[Comment]) -> list[Said]:
    """Comments of this ticket, as the reader may see them."""
    face = files_worked_by if works_on(ticket) else files_asked_by
    files: dict[int | None, list[File]] = defaultdict(list)
    ids = [each.id for each in rows]
    query = face(actor()).where(Attachment.comment_id.in_(ids)).order_by(Attachment.id)
    for file in files_of(session().scalars(query).all() if ids else []):
        files[file.comment].append(file)
    return [
        Said(
            id=each.id,
            kind=Kind(each.kind),
            body=each.body,
            author=Ref(each.author.id, each.author.name) if each.author else None,
            from_staff=each.from_staff,
            created=each.created,
            edited=each.edited,
            attachments=files[each.id],
        )
        for each in rows
    ]
