"""How somebody uses a page: the same story by mouse or finger, and by keys alone.

What is pressed and leads to another page has led there when `press` comes back: what was sent is
answered, and the scripts of the page that came are at work. Whoever presses past a hand, or uses
`page.keyboard`, waits for what they see of it before they go on to another page or to the database.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from playwright.sync_api import Locator, Page, expect

MOST_TABS = 200

LEADS_AWAY = """node => {
    const here = location.href.split("#")[0];
    if (node.matches("a[href]:not([download], [target])"))
        return !(node.getAttribute("href").includes("#") && node.href.split("#")[0] === here);
    if (!node.form || node.type !== "submit") return false;
    const asks = node.dataset.confirm || node.form.dataset.confirm;
    return node.form.getAttribute("method") !== "dialog" && !node.form.getAttribute("target") && !asks
        && (node.form.noValidate || node.formNoValidate || node.form.checkValidity());
}"""
"""Does a press of this lead to another page, so that it can be waited for?"""


@contextmanager
def led_away(page: Page) -> Iterator[None]:
    """What is done inside leads to another page; it has come, with its scripts, afterwards."""
    with page.expect_navigation(wait_until="domcontentloaded"):
        yield


@contextmanager
def _pressed(page: Page, target: Locator) -> Iterator[None]:
    if target.evaluate(LEADS_AWAY):
        with led_away(page):
            yield
    else:
        yield


class Hand(Protocol):
    """What a story says of the hand, whichever it is."""

    def press(self, target: Locator) -> None:
        """Use a button or link."""

    def fill(self, target: Locator, text: str) -> None:
        """Write into a field, over what was there."""

    def choose(self, target: Locator, label: str) -> None:
        """Choose from a list, tick a box or a round button."""


class Mouse:
    """A mouse, or a finger."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        with _pressed(self.page, target):
            target.click()

    def fill(self, target: Locator, text: str) -> None:
        target.fill(text)

    def choose(self, target: Locator, label: str = "") -> None:
        if _tag(target) == "select":
            target.select_option(label=label)
        else:
            target.check(force=True)  # a card covers its round button


class Keyboard:
    """Tab and what follows; it fails where keys do not lead."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        self._go(target)
        with _pressed(self.page, target):
            self.page.keyboard.press("Enter")

    def fill(self, target: Locator, text: str) -> None:
        self._go(target)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def choose(self, target: Locator, label: str = "") -> None:
        if _tag(target) == "select":
            self._go(target)
            self.page.keyboard.type(label)
            expect(target.locator("option:checked")).to_have_text(label)
            return
        # Round buttons of one name are one stop, and arrows lead between them.
        for _ in range(MOST_TABS):
            if target.is_checked():
                return
            if target.get_attribute("type") == "radio" and self._beside(target):
                self.page.keyboard.press("ArrowDown")
            elif _focused(target):
                self.page.keyboard.press("Space")
            else:
                self.page.keyboard.press("Tab")
        raise AssertionError(f"keys do not lead to {target}")

    def _go(self, target: Locator) -> None:
        target.wait_for()
        for _ in range(MOST_TABS):
            if _focused(target):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"keys do not lead to {target}")

    def _beside(self, target: Locator) -> bool:
        return target.evaluate(
            "node => document.activeElement.type === 'radio'"
            " && document.activeElement.name === node.name"
        )


def _tag(target: Locator) -> str:
    return target.evaluate("node => node.tagName.toLowerCase()")


def _focused(target: Locator) -> bool:
    return target.evaluate("node => node === document.activeElement")
