"""Where the number of a merged ticket leads."""

from collections.abc import Callable

from sqlalchemy import Select
from sqlalchemy.orm import Session

from groupware.models import User
from modules.tasks.models import Task
from modules.tasks.tickets import followed


def led_to(
    session: Session, user: User, number: int, face: Callable[[User], Select[Task]]
) -> int | None:
    """The ticket that holds what this number had, where the person may see it by that face."""
    there = followed(session, number)
    if there == number:
        return None
    return session.scalar(face(user).where(Task.id == there).with_only_columns(Task.id))
