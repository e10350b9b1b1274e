"""What a mail of somebody who reads notes may tell a customer: their own words, and no note.

A mail program quotes what it answers, and what it answers may be a notice that holds a note. So of
such a mail only what its sender wrote is published. Where that still repeats a note, or a whole
mail came along, in which one may be, it is kept as a note.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from groupware.mailboxes.outcome import Arrival, Kept
from groupware.models import Level, User
from modules.tasks.access import agent_level
from modules.tasks.models import Comment, Kind, Task
from modules.tasks.queries import comments_worked_by

REPEATS = "It repeats words of an internal note: kept as a note."
BRINGS = "A whole mail came along, in which internal notes may be: kept as a note."
MOST_NOTES = 100
LONGEST = 5_000
"""Letters of a note that a notice holds."""
STRETCH, SHORTEST = 30, 12
"""Letters that stand together in both; a note that is shorter has to stand there whole."""


def reads_notes(session: Session, person: User | None, ticket: Task) -> bool:
    """True where what this person has before them may hold a note."""
    return person is not None and agent_level(session, person, ticket.task_list) >= Level.READ


def why_secret(session: Session, arrival: Arrival, person: User, ticket: Task) -> str:
    """Why the words of somebody who reads notes are for agents only; nothing where they are not."""
    if any(_is_mail(each) for each in arrival.files):
        return BRINGS
    if not ticket.note_count:
        return ""
    notes = session.scalars(
        comments_worked_by(person)
        .where(Comment.task_id == ticket.id, Comment.kind == Kind.NOTE)
        .with_only_columns(Comment.body)
        .order_by(Comment.id.desc())
        .limit(MOST_NOTES)
    ).all()
    return REPEATS if repeats(arrival.message.reply_text, notes) else ""


def _is_mail(file: Kept) -> bool:
    kinds = ("message/rfc822", "message/global", "application/vnd.ms-outlook")
    return file.content_type in kinds or file.name.lower().endswith((".eml", ".msg"))


def repeats(text: str, notes: Sequence[str]) -> bool:
    """True where the text holds a stretch of a note, however it is wrapped or marked."""
    said = _letters(text)
    stretches = {said[at : at + STRETCH] for at in range(len(said) - STRETCH + 1)}
    return any(_holds(said, stretches, _letters(note[:LONGEST])) for note in notes)


def _holds(said: str, stretches: set[str], note: str) -> bool:
    if len(note) < STRETCH:
        return len(note) >= SHORTEST and note in said
    return any(note[at : at + STRETCH] in stretches for at in range(len(note) - STRETCH + 1))


def _letters(text: str) -> str:
    return "".join(each for each in text.casefold() if each.isalnum())
