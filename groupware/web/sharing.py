"""The control of an access list, the same on each page that has one.

    def shared(view_id: int) -> Place:              # loads it (404), says what can be given
        view = ...
        return sharing.of(view, name=view.name, share=partial(views.share, session(), actor(), view,
                          now=now()), back=url_for(...), away=url_for(...))

    sharing.routes(blueprint, "/<int:view_id>/access", shared, MANAGE_TICKETS, MANAGE_SUPPORT)

and on the page `{{ access_list(sharing.control(place, action)) }}` of macros/sharing.html, where
`action` is the address of those routes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from groupware import acls, sharing
from groupware.access import level_in
from groupware.errors import Invalid
from groupware.models import Group, Level, Permission
from groupware.web.request import actor, one, open_to, page, session, told
from groupware.web.settings.finding import MOST_FOUND, number, sought, to_pick
from groupware.web.settings.saving import Difference, conflict, mark, stale

Given = tuple[Level, str, str]
"""A level that can be given: its word, and what it lets one do."""

Apply = Callable[[Mapping[int, Level]], Any]

USE_OR_CHANGE: Sequence[Given] = (
    (sharing.USE, "Use", "use it in tickets"),
    (sharing.CHANGE, "Change", "use it, change it, share it and delete it"),
)


@dataclass(frozen=True)
class Place:
    """An access list, as it is spoken of, and the use case that changes it."""

    name: str  # of what it belongs to
    title: str  # over the page that adds a line: "Who works on Billing"
    acl_id: int
    apply: Apply
    back: str  # where its lines are shown
    levels: Sequence[Given] = USE_OR_CHANGE  # with one there is nothing to choose
    usual: Level = sharing.USE
    # Asked after a change: the actor can no longer see the page `back`, and goes `away`.
    given_up: Callable[[], bool] = lambda: False
    away: str = "/"


@dataclass(frozen=True)
class Control:
    """What the macro draws."""

    action: str
    lines: Sequence[acls.Line]
    base: str
    levels: Sequence[Given]
    full: bool
    private: bool


def of(thing: sharing.Shared, *, name: str, share: Apply, back: str, away: str) -> Place:
    """The place of something that is shared to be used or changed; `share` is its use case."""
    return Place(
        name,
        f"Share {name}",
        thing.acl_id,
        share,
        back,
        given_up=lambda: level_in(session(), actor(), thing.acl_id) < sharing.CHANGE,
        away=away,
    )


def control(place: Place, action: str) -> Control:
    """The lines of an access list, to be shown and changed at this address."""
    lines = acls.lines(session(), place.acl_id)
    return Control(
        action,
        lines,
        mark(_values(lines)),
        place.levels,
        len(lines) == acls.MOST_LINES,
        sharing.is_private(lines),
    )


def routes(
    blueprint: Blueprint, prefix: str, find: Callable[..., Place], *audience: Permission
) -> None:
    """Add the pages that change access lists: save or take off at `prefix`, add at `prefix`/add."""

    @blueprint.post(prefix, endpoint="save_access")
    @open_to(*audience)
    def save(**ids: Any) -> ResponseReturnValue:
        return _save(find(**ids))

    @blueprint.route(f"{prefix}/add", methods=["GET", "POST"], endpoint="add_access")
    @open_to(*audience)
    def add(**ids: Any) -> ResponseReturnValue:
        place = find(**ids)
        return _add(place) if request.method == "POST" else _pick(place)


def sent_group() -> Group:
    """The group whose id was sent."""
    return one(select(Group).where(Group.id == number(request.form.get("group"))))


def _save(place: Place) -> ResponseReturnValue:
    lines = acls.lines(session(), place.acl_id)
    values = _values(lines)
    chosen = {line.group_id: _sent(f"level-{line.group_id}", line.level) for line in lines}
    gone = request.form.get("remove", "")
    chosen.update({group: Level.NONE for group in chosen if str(group) == gone})
    if stale(request.form.get("base"), values):
        words = {level: word for level, word, _ in place.levels}
        return conflict(
            [
                Difference(line.name, words.get(line.level, ""), words.get(chosen[line.group_id], ""))
                for line in lines
                if chosen[line.group_id] != line.level
            ],
            values,
            keep=place.back,
        )  # fmt: skip
    place.apply(chosen)
    removed = next((line.name for line in lines if str(line.group_id) == gone), None)
    told(f"{removed} was removed from the list." if removed else "The access is saved.")
    return _back(place)


def _pick(place: Place) -> ResponseReturnValue:
    found = to_pick(sought())
    there = acls.levels_of(session(), place.acl_id, [row.id for row in found[:MOST_FOUND]])
    words = {level: word if len(place.levels) > 1 else act for level, word, act in place.levels}
    return page(
        "settings/access_add.html",
        place=place,
        q=sought(),
        found=found[:MOST_FOUND],
        more=len(found) > MOST_FOUND,
        there={group: words.get(level, "") for group, level in there.items()},
    )


def _add(place: Place) -> ResponseReturnValue:
    group = sent_group()
    level = _sent("level", place.usual) if len(place.levels) > 1 else place.usual
    if level == Level.NONE:
        raise Invalid("Please choose a level.")
    place.apply({group.id: level})
    word, act = next((given[1:] for given in place.levels if given[0] == level), ("", ""))
    told(
        f"{group.name} has the level {word} for {place.name}."
        if len(place.levels) > 1
        else f"{group.name} {act}: {place.name}."
    )
    return _back(place)


def _back(place: Place) -> ResponseReturnValue:
    return redirect(place.away if place.given_up() else place.back, 303)


def _sent(name: str, usual: Level) -> Level:
    """The level that was sent under this name."""
    sent = request.form.get(name)
    if sent is None:
        return usual
    try:
        return Level(int(sent))
    except ValueError:
        raise Invalid("There is no such level.") from None


def _values(lines: Sequence[acls.Line]) -> dict[str, int]:
    return {f"level-{line.group_id}": int(line.level) for line in lines}
