"""What every page has around it: brand, person, ways to go."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, g, request, url_for
from flask_wtf.csrf import generate_csrf
from jinja2.runtime import Macro

from groupware import module
from groupware.assets import asset, version
from groupware.models import Permission
from groupware.module import Item, Link, Section
from groupware.preferences import Organisation
from groupware.web.request import rights, services, session, visitor
from groupware.web.unsent import way_back

MOST_KEPT = 1024

SETTINGS = ("Support", "People", "System")
"""The sections of the settings' side bar, in this order; a module may add others after them."""


def register(app: Flask) -> None:
    """Give the layouts what they draw."""
    app.jinja_env.globals.update(
        asset=asset,
        csrf_token=generate_csrf,
        can=can,
        nav=nav,
        sidebar=sidebar,
        corner=corner,
        profile_links=profile_links,
        settings_nav=settings_nav,
        once=once,
        kept=kept,
        sent_from=way_back,
    )
    app.context_processor(around)


def around() -> dict[str, Any]:
    """Values of every template."""
    desk = organisation()
    return {"actor": visitor(), "brand": desk.name, "hue": desk.hue}


def organisation() -> Organisation:
    """Whose desk this is, as it was some seconds ago at most; without a database, as it was last."""
    recent = services().recent
    return recent.last(Organisation) if g.get("failed") else recent.load(session(), Organisation)


def once(macro: Macro, *arguments: Any) -> Any:
    """What a macro draws, worked out once for all pages on which it stands.

    Only for macros that depend on nothing but their arguments: times come as `t_when` has them.
    """
    return services().drawn(version(), macro, *arguments)


def kept(macro: Macro) -> Callable[..., Any]:
    """The macro, which draws the same things once: `{% set icon = kept(drawn_icon) %}`.

    Only for macros that depend on nothing but their arguments, and of which there are few kinds.
    """
    drawn = lru_cache(MOST_KEPT, typed=True)(lambda _version, *args, **named: macro(*args, **named))
    return lambda *args, **named: drawn(version(), *args, **named)


def can(permission: str) -> bool:
    """True where the person at the page has this module permission."""
    return Permission(permission) in rights().permissions


def nav() -> list[Item]:
    """The portal's header."""
    return [_item(link) for part in module.installed() for link in part.links if _shown(link)]


def sidebar() -> list[Section]:
    """The agents' side bar, module after module."""
    person = visitor()
    if person is None:
        return []
    return [
        section
        for part in module.installed()
        if part.sidebar
        for section in part.sidebar(session(), person)
    ]


def corner() -> list[Item]:
    """What stands at the end of the bar above agents' pages."""
    person = visitor()
    if person is None or g.get("failed"):
        return []
    return [
        item
        for part in module.installed()
        if part.corner
        for item in part.corner(session(), person)
    ]


def profile_links() -> list[Item]:
    """Pages of modules that one's own page leads to."""
    return [_item(link) for part in module.installed() for link in part.profile if _shown(link)]


def settings_nav() -> list[Section]:
    """The settings' side bar, by section."""
    sections: dict[str, list[Item]] = {}
    for part in module.installed():
        for link in part.settings:
            if _shown(link):
                sections.setdefault(link.section, []).append(_item(link))
    known = [title for title in SETTINGS if title in sections]
    rest = [title for title in sections if title not in SETTINGS]
    return [Section(title, sections[title]) for title in (*known, *rest)]


def _shown(link: Link) -> bool:
    person = visitor()
    if person is not None and link.shown is not None:
        return link.shown(session(), person)
    return link.needs is None or link.needs in rights().permissions


def _item(link: Link) -> Item:
    href = url_for(link.endpoint)
    here = request.path == href or request.path.startswith(f"{href}/")
    return Item(link.label, href, link.icon, current=here)
