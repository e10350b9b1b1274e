"""Macros are written and changed."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from groupware.models import User
from groupware.people import changed_values
from modules.tasks.canned import at_hand
from modules.tasks.canned.at_hand import Label
from modules.tasks.macros.models import Macro
from modules.tasks.macros.steps import Steps


def create(session: Session, actor: User, label: Label, steps: Steps, *, now: datetime) -> Macro:
    """A new macro, private until it is shared, or of a list that the person manages."""
    made = Macro(steps=steps.checked().kept())
    at_hand.begin(session, actor, made, label, now=now)
    return made


def edit(
    session: Session, actor: User, macro: Macro, label: Label, steps: Steps, *, now: datetime
) -> None:
    """Change what a macro does."""
    at_hand.require_change(session, actor, macro)
    before = _values(macro)
    macro.steps = steps.checked().kept()
    at_hand.set_label(session, actor, macro, label)
    if changes := changed_values(before, _values(macro)):
        macro.modified = now
        at_hand.write(session, "edited", macro, actor, now, **changes)


def _values(macro: Macro) -> dict[str, Any]:
    task_list = macro.task_list.name if macro.task_list else ""
    return {
        "name": macro.name,
        "category": macro.category,
        "steps": dict(macro.steps),
        "task_list": task_list,
    }
