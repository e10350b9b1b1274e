"""A real browser before a real server, each test with a database of its own.

    @every_variant
    def test_a_customer_files_a_request(desk, page, sign_in, hand, axe): ...

`page` fails its test on any error that the page or the console tells. `open_page` opens more of
them, for a second person. Never wait for `networkidle`: a page may hold a stream open.

Programs that are not ours take part, so a story that fails is tried once more; the run's end names it.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, Response, expect
from sqlalchemy.orm import Session
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from groupware import config
from groupware.database import Database
from groupware.live.views import hub_of
from groupware.models import User
from groupware.web.app import create_app
from tests.browser.hand import Hand, Keyboard, Mouse
from tests.browser.places import enter
from tests.factories import PASSWORD

AXE = Axe()
PATIENCE = 30_000
"""Milliseconds: a busy machine is slow, and no test asserts how slow."""

expect.set_options(timeout=PATIENCE)

COME_TO_REST = """async () => {
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    await Promise.all(document.getAnimations()
        .filter(one => one.effect.getComputedTiming().iterations !== Infinity)
        .map(one => one.finished.catch(() => null)));
}"""
"""Colours that are on their way to others are no colours to judge."""


@dataclass(frozen=True)
class Variant:
    """How somebody comes to the desk."""

    name: str = "light"
    dark: bool = False
    width: int = 1440
    javascript: bool = True
    keyboard: bool = False


LIGHT = Variant()
VARIANTS = (
    LIGHT,
    Variant("dark", dark=True),
    Variant("phone", width=390),
    Variant("keyboard", keyboard=True),
    Variant("plain", javascript=False),
)
every_variant = pytest.mark.parametrize(
    "variant", VARIANTS, indirect=True, ids=lambda variant: variant.name
)

OpenPage = Callable[..., Page]
SignIn = Callable[[Page, User], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
            item.add_marker(pytest.mark.flaky(reruns=1))


LAUNCH = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def system_chromium() -> str | None:
    """The system's Chromium, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> str:
    """The browser's program: the system's, else Playwright's own; without one, tests are skipped."""
    found = system_chromium() or playwright.chromium.executable_path
    if not Path(found).is_file():
        pytest.skip("Chromium is not installed (apt-get install chromium, or playwright install)")
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], chromium: str
) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": chromium, "args": LAUNCH}


@pytest.fixture
def database_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh database: one kind is enough here, the other tests run on both."""
    path = tmp_path / "groupware.db"
    shutil.copy(_sqlite_template, path)
    return f"sqlite:///{path}"


class Quiet(WSGIRequestHandler):
    """The server's side of a connection; it writes no log."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        pass


@contextmanager
def free_server() -> Iterator[BaseWSGIServer]:
    """A server with a free port of this machine, without an application yet."""
    server = make_server("127.0.0.1", 0, None, threaded=True, request_handler=Quiet)  # type: ignore[arg-type]
    yield server
    server.server_close()


def settings_of(server: BaseWSGIServer, database_url: str, data: Path) -> config.Settings:
    return config.read(
        {
            "GROUPWARE_DATA": str(data),
            "GROUPWARE_DATABASE_URL": database_url,
            "GROUPWARE_BASE_URL": f"http://127.0.0.1:{server.server_port}",
        }
    )


@contextmanager
def serving(server: BaseWSGIServer, app: Flask) -> Iterator[None]:
    """Let a server answer for this application."""
    server.app = app
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield
    hub_of(app).stop()
    server.shutdown()
    thread.join()


@pytest.fixture
def server() -> Iterator[BaseWSGIServer]:
    with free_server() as server:
        yield server


@pytest.fixture
def settings(server: BaseWSGIServer, database_url: str, tmp_path: Path) -> config.Settings:
    return settings_of(server, database_url, tmp_path / "data")


@pytest.fixture
def live(server: BaseWSGIServer, settings: config.Settings, database: Database) -> Iterator[str]:
    """The address of the running desk."""
    with serving(server, create_app(settings, database)):
        yield settings.base_url


@pytest.fixture
def variant(request: pytest.FixtureRequest) -> Variant:
    return getattr(request, "param", LIGHT)


@pytest.fixture
def open_page(browser: Browser, live: str, variant: Variant) -> Iterator[OpenPage]:
    """Opens pages, each with cookies of its own; `dark`, `width`, `javascript` as in Variant.

    What a page complains of fails the test; a test that provokes an error takes it out of
    `page.problems`.
    """
    opened: list[Page] = []

    def new_page(**how: Any) -> Page:
        how = {**vars(variant), **how}
        context = browser.new_context(
            base_url=live,
            color_scheme="dark" if how["dark"] else "light",
            viewport={"width": how["width"], "height": 844 if how["width"] < 500 else 900},
            has_touch=how["width"] < 500,
            java_script_enabled=how["javascript"],
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        listen(page)
        opened.append(page)
        return page

    yield new_page
    problems = [problem for page in opened for problem in page.problems]  # type: ignore[attr-defined]
    for page in opened:
        page.context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A page in the test's variant, of somebody who is not signed in yet."""
    return open_page()


@pytest.fixture
def hand(page: Page, variant: Variant) -> Hand:
    """What uses the page: a mouse, or nothing but keys."""
    return (Keyboard if variant.keyboard else Mouse)(page)


@pytest.fixture
def sign_in(session: Session) -> SignIn:
    """Signs a person in on a page, past the form; commits what the test has made so far."""

    def signed_in(page: Page, user: User) -> None:
        session.commit()
        enter(page, user.address, PASSWORD)

    return signed_in


@pytest.fixture
def axe() -> Callable[..., None]:
    """Fails where the page keeps somebody out: every rule of axe, or only those named."""

    def check(page: Page, rules: list[str] | None = None) -> None:
        page.evaluate(COME_TO_REST)
        before = len(page.problems)  # type: ignore[attr-defined]
        only = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
        options = {"resultTypes": ["violations"], **only}
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(AXE.axe_script)
        found = AxeResults(page.evaluate("options => axe.run(document, options)", options))
        del page.problems[before:]  # type: ignore[attr-defined]  # axe tries what the policy forbids
        assert found.violations_count == 0, found.generate_report()

    return check


def listen(page: Page) -> list[str]:
    """What the page will complain of; also as its `problems`."""
    problems: list[str] = []
    page.problems = problems  # type: ignore[attr-defined]

    def answered(response: Response) -> None:
        kind = response.request.resource_type
        refused = response.status >= 400 and kind not in ("document", "fetch", "xhr", "eventsource")
        full = response.status == 503 and kind == "eventsource"  # the page asks now and then
        if refused or (response.status >= 500 and not full):
            problems.append(f"{response.status} for {kind} {response.url}")

    def said(message: Any) -> None:
        # A refusal that the page shows is an answer, though the console calls it an error.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            problems.append(f"console: {message.text}")

    page.on("response", answered)
    page.on("console", said)
    page.on("pageerror", lambda error: problems.append(f"page: {error}"))
    return problems
