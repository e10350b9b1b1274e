"""How somebody uses a page: the same story by mouse or finger, and by keys alone."""

from typing import Protocol

from playwright.sync_api import Locator, Page

MOST_TABS = 200


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
        self.page.keyboard.press("Enter")

    def fill(self, target: Locator, text: str) -> None:
        self._go(target)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def choose(self, target: Locator, label: str = "") -> None:
        if _tag(target) == "select":
            self._go(target)
            self.page.keyboard.type(label)
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
