"""What every page has around it: brand, person, ways to go."""

from typing import Any

from flask import Flask, request, url_for
from flask_wtf.csrf import generate_csrf

from groupware import module
from groupware.assets import asset
from groupware.models import Permission
from groupware.module import Item, Link, Section
from groupware.web.request import rights, session, visitor


def register(app: Flask) -> None:
    """Give the layouts what they draw."""
    app.jinja_env.globals.update(
        asset=asset,
        csrf_token=generate_csrf,
        can=can,
        nav=nav,
        sidebar=sidebar,
        settings_nav=settings_nav,
    )
    app.context_processor(around)


def around() -> dict[str, Any]:
    """Values of every template."""
    return {"actor": visitor(), "brand": "Groupware Support", "hue": 1}


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


def settings_nav() -> list[Section]:
    """The settings' side bar, by section."""
    sections: dict[str, list[Item]] = {}
    for part in module.installed():
        for link in part.settings:
            if _shown(link):
                sections.setdefault(link.section, []).append(_item(link))
    return [Section(title, items) for title, items in sections.items()]


def _shown(link: Link) -> bool:
    return link.needs is None or link.needs in rights().permissions


def _item(link: Link) -> Item:
    return Item(
        link.label,
        url_for(link.endpoint),
        link.icon,
        current=request.endpoint == link.endpoint,
    )
