"""`python -m scripts.film`: an agent's day by keyboard alone, in pictures, for docs/a-day-by-keyboard.md.

It fails where keys do not lead: no mouse is touched between signing in and going home.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from bench.desk import desk
from modules.support.demo.organisation import DOMAIN, PASSWORD
from scripts.screenshots import FOLDER, SCREENS, small
from tests.browser.conftest import COME_TO_REST, LAUNCH, PATIENCE, system_chromium
from tests.browser.hand import Keyboard

DAY = FOLDER / "day"
WIDTH = 1440


class Day:
    """The keys of one day, and the pictures taken meanwhile."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder, self.taken = page, folder, 0

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def picture(self, name: str) -> None:
        self.page.wait_for_load_state()
        self.page.evaluate(COME_TO_REST)
        self.taken += 1
        path = self.folder / f"{self.taken:02}-{name}.png"
        path.write_bytes(small(self.page.screenshot()))

    def says(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()
        self.page.wait_for_load_state()  # keys are heard when the scripts are there


def main() -> int:
    DAY.mkdir(parents=True, exist_ok=True)
    for old in DAY.glob("*.png"):
        old.unlink()
    with desk("sqlite", 0, 1) as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_chromium(), args=LAUNCH)
        page = browser.new_page(
            base_url=f"http://127.0.0.1:{place.port}",
            viewport={"width": WIDTH, "height": SCREENS[WIDTH]},
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        page.set_default_timeout(PATIENCE)
        day = Day(page, DAY)
        morning(day)
        triage(day)
        answer(day)
        resolve(day)
        merge(day)
        evening(day)
        browser.close()
    print(f"{day.taken} pictures in {DAY}")
    return 0


def queue(day: Day) -> None:
    """Wait for the list and its keys."""
    expect(day.page.locator("[data-queue] .ticket").first).to_be_visible()
    day.page.wait_for_load_state()


def morning(day: Day) -> None:
    day.page.goto("/login")
    day.type(f"mara@{DOMAIN}")
    day.keys("Tab")
    day.type(PASSWORD)
    day.keys("Enter")
    queue(day)
    day.picture("queue")


def triage(day: Day) -> None:
    """Ten are taken at once, and one is given its status where it stands."""
    for down in (1, 2, 1, 2, 2, 1, 1, 1, 3, 1):  # over those that others work on
        day.keys(*["j"] * down, "x")
    day.says("selected")
    day.keys("a")
    expect(day.page.locator(".bulk details[open] .menu-item").first).to_be_focused()
    day.picture("ten-at-once")
    day.keys("Enter")
    day.says("tickets changed")
    day.picture("taken")
    day.keys("j", "s")
    expect(day.page.locator("dialog[open]")).to_be_visible()
    day.keys("ArrowDown")
    day.picture("status")
    day.keys("Enter")
    day.says("is in progress")


def answer(day: Day) -> None:
    """One is opened and answered with a canned reply; a colleague is asked in a note."""
    day.keys("j", "Enter")
    day.page.wait_for_url("**/support/tickets/*")
    body = day.page.get_by_label("Message", exact=True)
    day.keys("r")
    expect(body).to_be_focused()
    suggested = day.page.locator(".suggestions .menu-item")
    day.type("/which")
    expect(suggested).to_have_count(1)  # of all letters, not of the first ones
    day.picture("canned-reply")
    day.keys("Enter")
    expect(body).not_to_have_value("/which")
    day.keys("Control+Enter")
    day.says("Undo")
    day.picture("sent")
    day.keys("n")
    expect(body).to_be_focused()
    day.type("@in")
    expect(suggested).to_have_text(["Inés Duarte", "Mara Lindqvist"])
    day.keys("Enter")
    day.type("could you have a look at this today?")
    day.picture("note")
    day.keys("Control+Enter")
    day.says("could you have a look at this today?")


def resolve(day: Day) -> None:
    """Three are resolved, each key leading on to the next."""
    for _ in range(3):
        before = day.page.url
        day.keys("Shift+E")
        day.page.wait_for_function("before => location.href !== before", arg=before)
        expect(day.page.get_by_label("Message", exact=True)).to_be_visible()
        day.page.wait_for_load_state()
    day.picture("resolved-and-next")


def merge(day: Day) -> None:
    """Two tickets of one customer become one."""
    hand = Keyboard(day.page)
    day.keys("u")
    queue(day)
    day.keys("Control+k")
    expect(day.page.locator("dialog[open]")).to_be_visible()
    day.type("supervisor")
    found = day.page.locator("dialog[open] [role=option]").filter(has_text="caseload")
    expect(found.first).to_be_visible()
    day.picture("jump")
    day.keys("Enter")
    day.page.wait_for_url("**/support/tickets/*")
    hand.press(day.page.locator("summary[aria-label=More]"))
    hand.press(day.page.get_by_role("link", name="Merge with another"))
    hand.fill(day.page.get_by_label("Number of the other ticket"), "8")
    day.keys("Enter")
    merging = day.page.get_by_role("button", name="Merge")
    expect(merging).to_be_visible()
    day.picture("merge")
    hand.press(merging)
    day.page.wait_for_url("**/support/tickets/8*")


def evening(day: Day) -> None:
    day.keys("?")
    expect(day.page.locator("dialog[open]")).to_be_visible()
    day.picture("keys")
    day.keys("Escape", "u")
    queue(day)
    day.picture("evening")


if __name__ == "__main__":
    sys.exit(main())
