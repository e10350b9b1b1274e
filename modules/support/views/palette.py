"""What was typed into the palette: tickets by number or words, and people who have asked."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from groupware.models import Level, User
from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, actor, open_to, session
from modules.support.views.ticket import address
from modules.tasks import search
from modules.tasks.models import State, Task, TaskList
from modules.tasks.people import matching, who_may_ask
from modules.tasks.queries import lists_worked_by, worked_by

blueprint = Blueprint("palette", __name__)

LONGEST = 100
MOST_TICKETS = 6
MOST_PEOPLE = 4


@blueprint.get("/support/palette")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def palette() -> ResponseReturnValue:
    """Where it leads: label, hint, address and icon of each."""
    typed = request.args.get("q", "").strip()[:LONGEST]
    return jsonify([*_tickets(typed), *_people(typed)] if typed else [])


def _tickets(typed: str) -> list[dict[str, str]]:
    worked = lists_worked_by(actor()).with_only_columns(TaskList.id)
    lists = list(session().scalars(worked))
    numbers = search.hits(session(), search.parse(typed), lists, tuple(State), most=MOST_TICKETS)
    rows = session().execute(
        worked_by(actor()).where(Task.id.in_(numbers)).with_only_columns(Task.id, Task.summary)
    )
    subjects = {row.id: row.summary for row in rows}
    return [
        {"label": subjects[each], "hint": f"#{each}", "href": address(each), "icon": "inbox"}
        for each in numbers
        if each in subjects
    ]


def _people(typed: str) -> list[dict[str, str]]:
    """Those for whom the agent could file a ticket: whom they can find there, too."""
    lists = session().scalars(lists_worked_by(actor(), Level.CREATE)).all()
    found = who_may_ask(lists).where(matching(typed)).limit(MOST_PEOPLE)
    rows = session().execute(found.with_only_columns(User.id, User.name))
    return [
        {
            "label": row.name,
            "hint": "their requests",
            "href": f"/support?customer={row.id}&state=all",
            "icon": "user",
        }
        for row in rows
    ]
