"""Access for everybody, WCAG 2.2 AA: every page, in light and in dark, on each width of screen."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from groupware import blobs, config
from groupware.database import Database, utc_now
from groupware.web.app import create_app
from modules.support import demo
from modules.support.demo.organisation import DOMAIN, PASSWORD
from tests.browser.conftest import PATIENCE, free_server, listen, serving, settings_of
from tests.browser.places import PLACES, Place, enter, numbers

WIDTHS = (320, 390, 768, 1440)
ON_A_PHONE = ["color-contrast", "target-size", "scrollable-region-focusable", "button-name"]
IN_THE_DARK = ["color-contrast", "link-in-text-block"]
LOOKED_AT = {390: ON_A_PHONE, 1440: None}
"""Every rule once; elsewhere those that can tell something else there."""

NOT_PAGES = {
    "walking.step": "leads to the neighbour in a queue",
    "bulk.report": "stands only after an act on many tickets; looked at in its story",
    "help.correct": "only within minutes of writing",
    "comments.edit": "only within minutes of writing",
    "comments.delete": "asks with the page of ticket-deletion",
    "outgoing.mail": "only where a mail waits",
    "users.remove_address": "only of a second address",
    "deletion.restore": "only of what is deleted",
    "imports.report": "only after an import",
    "support_views.edit": "only of a saved view",
    "support_views.delete": "only of a saved view",
    "support_views.add_access": "only of a saved view",
    "support_webhooks.edit": "only of a webhook",
    "support_webhooks.delete": "only of a webhook",
    "oauth.connect": "leads to a provider of mail",
    "oauth.back": "leads back from there",
    "quarantine.mail": "only of a mail that was held back",
}
"""Pages that the example has no row for; the stories come by them."""

OPENED_OTHERWISE = re.compile(
    r"^/(attachments|csrf|healthz|readyz|link|live|parts|static|setup|api/v1|dav|principals"
    r"|feeds|support/(terms|presence|palette|views/counts)|\.well-known|settings$|$)"
    r"|\.ics$|/(export|together|colleagues|people|original|html)|<int:ticket_id>/canned-replies"
)


@pytest.fixture(scope="module")
def example(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One desk of the example for all the pages: nobody does more than look."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copy(_sqlite_template, folder / "groupware.db")
    database = Database(f"sqlite:///{folder / 'groupware.db'}")
    with database.writing() as session:
        demo.begin(session, blobs.Folder(folder / "data" / "files"), now=utc_now())
    with free_server() as server:
        settings = settings_of(server, f"sqlite:///{folder / 'groupware.db'}", folder / "data")
        with serving(server, create_app(settings, database)):
            yield settings.base_url
    database.engine.dispose()


@pytest.fixture(scope="module")
def named(example: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    folder = next(tmp_path_factory.getbasetemp().glob("example*"))
    database = Database(f"sqlite:///{folder / 'groupware.db'}")
    with database.reading() as session:
        found = numbers(session)
    database.engine.dispose()
    return found


@pytest.fixture(scope="module")
def as_somebody(browser: Browser, example: str) -> Iterator[Callable[[str | None], BrowserContext]]:
    """The browser of somebody who signed in once."""
    entered: dict[str | None, BrowserContext] = {}

    def of(who: str | None) -> BrowserContext:
        if who not in entered:
            context = browser.new_context(
                base_url=example, reduced_motion="reduce", locale="en-GB", timezone_id="UTC"
            )
            context.set_default_timeout(PATIENCE)
            if who:
                enter(context.new_page(), f"{who}@{DOMAIN}", PASSWORD)
            entered[who] = context
        return entered[who]

    yield of
    for context in entered.values():
        context.close()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_is_for_everybody(
    place: Place,
    named: dict[str, int],
    as_somebody: Callable[[str | None], BrowserContext],
    axe: Callable[..., None],
) -> None:
    page = as_somebody(place.who).new_page()
    problems = listen(page)
    path = place.path.format(**named)
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == place.status
    for width in WIDTHS:
        over = too_wide(page, width)
        assert over <= 0, f"{over} px too wide at {width}"
        if width in LOOKED_AT:
            axe(page, rules=LOOKED_AT[width])
    page.emulate_media(color_scheme="dark")
    page.goto(path)  # as who comes in the dark sees it: a switch leaves some colours behind
    axe(page, rules=IN_THE_DARK)
    page.close()
    assert not problems, "\n".join(problems)


def too_wide(page: Page, width: int) -> int:
    """By how many pixels the page, or its main part, is wider than a screen of that width."""
    page.set_viewport_size({"width": width, "height": 800})
    over: int = page.evaluate(
        """() => Math.max(...[document.documentElement, ...document.querySelectorAll("#main")]
            .map(part => part.scrollWidth - part.clientWidth))"""
    )
    return over


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
