"""`@Mara Lindqvist` in a note: only agents of the list are meant, by their whole name."""

import re

from sqlalchemy import Select
from sqlalchemy.orm import Session

from groupware.models import Level, User
from modules.tasks.models import TaskList
from modules.tasks.people import matching, who_may_work

AT = re.compile(r"(?<![\w.@])@(?=\w)")
WORD = re.compile(r"[^\s,;:!?()\[\]{}<>\"“”*_`]+")
ENDS = ".'\u2019"
MOST_WORDS = 5
MOST_MENTIONS = 50


def mentioned(session: Session, body: str, task_list: TaskList) -> list[User]:
    """The agents of the list whose names stand behind an @; of two names the longer one is meant.

    Who has no part in the list is not mentioned, whatever is written: it stays text.
    """
    spots = [_names_at(body, at.end()) for at in AT.finditer(body)][:MOST_MENTIONS]
    names = {name for spot in spots for name in spot}
    if not names:
        return []
    found: dict[str, list[User]] = {}
    for user in session.scalars(who_may_be_mentioned(task_list).where(User.name.in_(names))):
        found.setdefault(user.name, []).append(user)
    meant = [next((name for name in spot if name in found), None) for spot in spots]
    return list({user.id: user for name in meant if name for user in found[name]}.values())


def who_may_be_mentioned(task_list: TaskList) -> Select[User]:
    """Agents who read the list's notes."""
    return who_may_work(task_list, Level.READ)


def suggestions(task_list: TaskList, typed: str) -> Select[User]:
    """Of them, those whose name has what was typed behind the @; all, where nothing was."""
    agents = who_may_be_mentioned(task_list)
    return agents.where(matching(typed)) if typed.strip() else agents


def _names_at(body: str, start: int) -> list[str]:
    """What could be a name here, the longest first: one word, two, and so on within the line."""
    line = body[start : start + 200].partition("\n")[0]
    ends = [found.end() for found in WORD.finditer(line)][:MOST_WORDS]
    names = [" ".join(line[:end].split()) for end in reversed(ends)]
    return [name for full in names for name in (full, full.rstrip(ENDS)) if name]
