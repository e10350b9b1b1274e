"""Access for everybody, WCAG 2.2 AA: every page, in light and in dark, on each width of screen."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from groupware import blobs, config
from groupware.database import Database, utc_now
from groupware.web.app import create_app
from modules.support import demo
from modules.support.demo.organisation import DOMAIN, PASSWORD
from tests.browser.places import PLACES, Place, enter, numbers

WIDTHS = (320, 390, 768, 1440)
LOOKED_AT = (390, 1440)

NOT_PAGES = {
    "walking.step": "leads to the neighbour in a queue",
    "bulk.report": "stands only after an act on many tickets; looked at in its story",
    "help.correct": "only within minutes of writing",
    "comments.edit": "only within minutes of writing",
    "comments.delete": "asks with the page of ticket-deletion",
    "outgoing.mail": "only where a mail waits",
    "users.remove_address": "only of a second address",
    "deletion.restore": "only of what is deleted",
}
"""Pages that the example has no row for; the stories come by them."""

OPENED_OTHERWISE = re.compile(
    r"^/(attachments|csrf|healthz|readyz|link|static|setup|\.well-known|settings$|$)|\.ics$|/export"
)


@pytest.fixture(scope="session")
def _example(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    path = folder / "groupware.db"
    shutil.copy(_sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    with database.writing() as session:
        demo.begin(session, blobs.Folder(folder / "files"), now=utc_now())
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.engine.dispose()
    return path


@pytest.fixture
def database_url(_example: Path, tmp_path: Path) -> str:
    path = tmp_path / "groupware.db"
    shutil.copy(_example, path)
    shutil.copytree(_example.parent / "files", tmp_path / "data" / "files")
    return f"sqlite:///{path}"


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_is_for_everybody(
    place: Place, session: Session, page: Page, axe: Callable[..., None]
) -> None:
    path = place.path.format(**numbers(session))
    session.rollback()
    if place.who:
        enter(page, f"{place.who}@{DOMAIN}", PASSWORD)
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == place.status
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        over = page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert over <= 0, f"{over} px too wide at {width}"
        if width in LOOKED_AT:
            axe(page)
            page.emulate_media(color_scheme="dark")
            page.goto(path)  # as who comes in the dark sees it: a switch leaves some colours behind
            axe(page, rules=["color-contrast", "link-in-text-block"])  # the rest is the same
            page.emulate_media(color_scheme="light")


def test_no_page_is_forgotten(tmp_path: Path) -> None:
    app: Flask = create_app(config.read({"GROUPWARE_DATA": str(tmp_path)}))
    adapter = app.url_map.bind("localhost")
    shown = {
        adapter.match(re.sub(r"\{\w+\}", "1", place.path.split("?")[0]))[0] for place in PLACES
    }
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not OPENED_OTHERWISE.search(rule.rule)
    }
    assert pages - shown - set(NOT_PAGES) == set()
