"""The example's custom fields, canned replies and macros, made through the use cases."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from groupware.models import Level
from modules.support.demo.organisation import Organisation, content
from modules.tasks.canned import at_hand, texts
from modules.tasks.canned.at_hand import Label
from modules.tasks.fields import FieldKind
from modules.tasks.fields import managing as fields
from modules.tasks.fields.managing import Wish
from modules.tasks.macros import managing as macros
from modules.tasks.macros.steps import Steps

MANAGER = "lena"


def make(session: Session, made: Organisation, *, now: datetime) -> None:
    """Let a newcomer see some of each."""
    given = content("at_hand.toml")
    _fields(session, made, given["fields"], now=now)
    replies: dict[str, int] = {}
    for told in given["canned"]:
        by, label = made.people[told["by"]], _label(made, told)
        text = texts.create(session, by, label, told["body"], now=now)
        replies[text.name] = text.id
        _share(session, made, text, told, now=now)
    for told in given["macros"]:
        steps: dict[str, Any] = dict(told["steps"])
        if name := steps.pop("category", ""):
            steps["add_categories"] = (made.categories[name].id,)
        if name := steps.get("canned", ""):
            steps["canned"] = replies[name]
        by, label = made.people[told["by"]], _label(made, told)
        macro = macros.create(session, by, label, Steps(**steps), now=now)
        _share(session, made, macro, told, now=now)


def _fields(
    session: Session, made: Organisation, given: list[dict[str, Any]], *, now: datetime
) -> None:
    ids: dict[tuple[str, str], int] = {}
    for told in given:
        wish = Wish(
            told["name"],
            FieldKind(told["kind"]),
            help=told.get("help", ""),
            choices=told.get("choices", ()),
            public=told.get("public", True),
            depends_on_id=ids.get((told["list"], told.get("depends_on", ""))),
            depends_value=told.get("depends_value", ""),
        )
        by, task_list = made.people[MANAGER], made.lists[told["list"]]
        field = fields.add(session, by, task_list, wish, now=now)
        ids[told["list"], field.name] = field.id


def _label(made: Organisation, told: dict[str, Any]) -> Label:
    task_list = made.lists[told["list"]] if "list" in told else None
    return Label(told["name"], told.get("category", ""), task_list)


def _share(
    session: Session, made: Organisation, thing: Any, told: dict[str, Any], *, now: datetime
) -> None:
    levels = {made.groups[name].id: Level(level) for name, level in told.get("share", {}).items()}
    if levels:
        at_hand.share(session, made.people[told["by"]], thing, levels, now=now)
