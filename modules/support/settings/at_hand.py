"""Parts that the pages of canned replies and of macros share: to find, to label, to share."""

from functools import partial
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload
from wtforms.fields.choices import SelectChoice

from groupware import sharing
from groupware.access import level_in
from groupware.models import Level
from groupware.web import sharing as web_sharing
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    one,
    open_to,
    page,
    see_other,
    session,
    told,
)
from groupware.web.settings.finding import by_name, sought
from groupware.web.settings.saving import ask, locked
from groupware.web.sharing import Place
from modules.tasks.canned import at_hand
from modules.tasks.canned.at_hand import Kept, Label
from modules.tasks.canned.models import CannedReply
from modules.tasks.macros.models import Macro
from modules.tasks.models import TaskList
from modules.tasks.queries import lists_worked_by

MOST_CATEGORIES = 50


def routes(blueprint: Blueprint, model: type[Any], *, template: str, what: str, stays: str) -> None:
    """Give both kinds the same pages: all that one may use, deletion, and the access list."""
    agents = (MANAGE_TICKETS, MANAGE_SUPPORT)

    @blueprint.get("")
    @open_to(*agents)
    def all_of_them() -> ResponseReturnValue:
        return page(template, **listed(model))

    @blueprint.route("/<int:thing_id>/deletion", methods=["GET", "POST"])
    @open_to(*agents)
    def delete(thing_id: int) -> ResponseReturnValue:
        thing = mine(model, thing_id, to_change=True)
        if request.method == "GET":
            return ask(
                f"Delete {thing.name}?",
                [f"It is gone for everybody who uses it. {stays}"],
                button="Delete",
                back=url_for(".edit", thing_id=thing_id),
            )
        at_hand.delete(session(), actor(), thing, now=now())
        told(f"The {what} is deleted.")
        return see_other(".all_of_them")

    def shared(thing_id: int) -> Place:
        thing = mine(model, thing_id, to_change=True)
        return place(thing, url_for(".edit", thing_id=thing_id), url_for(".all_of_them"))

    web_sharing.routes(blueprint, "/<int:thing_id>/access", shared, *agents)


def listed(model: type[Any]) -> dict[str, Any]:
    """A page of what the person may use, by the words and the category of the address."""
    category = request.args.get("category", "")
    usable = at_hand.usable_by(actor(), model)
    query = usable.order_by(None).options(joinedload(model.task_list))
    if category:
        query = query.where(model.category == category)
    for word in sought().split():
        name = model.name.icontains(word, autoescape=True)
        text = model.body if model is CannedReply else model.category
        query = query.where(name | text.icontains(word, autoescape=True))
    rows, after = by_name(query, model)
    names = usable.order_by(None).where(model.category != "").with_only_columns(model.category)
    categories = session().scalars(names.distinct().order_by(model.category).limit(MOST_CATEGORIES))
    return {
        "rows": rows,
        "after": after,
        "q": sought(),
        "category": category,
        "categories": categories.all(),
        "private": sharing.private_among(session(), [row.acl_id for row in rows]),
    }


def mine(model: type[Any], thing_id: int, *, to_change: bool = False) -> Any:
    """One that the person may use; to be changed, it is held. 403 where they may merely use it."""
    query = at_hand.usable_by(actor(), model).order_by(None).where(model.id == thing_id)
    if not to_change:
        return one(query.options(joinedload(model.task_list)))
    found = locked(query)
    at_hand.require_change(session(), actor(), found)
    return found


def lists_to_choose(form: Any, thing: Kept | None) -> dict[str, TaskList]:
    """Put into the form the lists to which the person may give something, and the one it has."""
    query = lists_worked_by(actor(), Level.MANAGE).where(TaskList.archived.is_(False))
    there = {str(each.id): each for each in session().scalars(query.order_by(TaskList.name))}
    if thing is not None and thing.task_list is not None:
        there.setdefault(str(thing.task_list_id), thing.task_list)
    form.task_list.choices = [
        SelectChoice("", "Every list"),
        *(SelectChoice(key, each.name) for key, each in there.items()),
    ]
    return there


def label(form: Any, there: dict[str, TaskList]) -> Label:
    """What the form says it is called, and whose it is."""
    return Label(form.name.data or "", form.category.data or "", there.get(form.task_list.data))


def place(thing: CannedReply | Macro, back: str, away: str) -> Place:
    """Its access list, for the control that everything shared has."""
    share = partial(at_hand.share, session(), actor(), thing, now=now())
    return web_sharing.of(thing, name=thing.name, share=share, back=back, away=away)


def control(thing: CannedReply | Macro, endpoint: str) -> Any:
    """The control of its access list, for who may share it."""
    if level_in(session(), actor(), thing.acl_id) < sharing.CHANGE:
        return None
    action = url_for(f"{endpoint}.save_access", thing_id=thing.id)
    here = url_for(f"{endpoint}.edit", thing_id=thing.id)
    return web_sharing.control(place(thing, here, here), action)


def canned_choices() -> list[SelectChoice]:
    """The canned replies that the person may use, for a macro."""
    query = at_hand.usable_by(actor(), CannedReply).limit(at_hand.MOST)
    texts = session().execute(query.with_only_columns(CannedReply.id, CannedReply.name))
    return [SelectChoice(str(key), name) for key, name in texts]
