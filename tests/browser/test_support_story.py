"""The story of a ticket, told from both sides of the desk.

A customer files it with two files; an agent finds it in the queue, and replies; the customer
answers; the agent notes and resolves; the customer answers again, and it is open.
"""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from modules.tasks.models import State, Task
from modules.tasks.queries import own_of
from tests.browser.conftest import OpenPage, SignIn, Variant, every_variant
from tests.browser.hand import Hand
from tests.browser.test_help_story import TWO_FILES, fits
from tests.factories import Desk

AxeCheck = Callable[[Page], None]


def ticket_of(desk: Desk) -> Task:
    """The customer's one ticket, as it is now."""
    ticket = desk.session.scalars(
        own_of(desk.customer).execution_options(populate_existing=True)
    ).one()
    desk.session.commit()
    return ticket


class Customer:
    """What the customer does."""

    def __init__(self, page: Page, hand: Hand) -> None:
        self.page, self.hand = page, hand

    def files(self) -> None:
        page, hand = self.page, self.hand
        page.goto("/tickets/add")
        hand.fill(page.get_by_label("Subject"), "Session notes are not saved")
        hand.fill(page.get_by_label("Details"), "It *spins* for a minute.")
        hand.choose(page.get_by_role("radio", name="Urgent"), "Urgent")
        page.get_by_label("Attachments").set_input_files(TWO_FILES)  # type: ignore[arg-type]
        hand.press(page.get_by_role("button", name="Submit"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Session notes are not saved")

    def answers(self, ticket: int, words: str) -> None:
        page, hand = self.page, self.hand
        page.goto(f"/tickets/view/{ticket}")
        hand.fill(page.get_by_label("Add Your Response"), words)
        hand.press(page.get_by_role("button", name="Send", exact=True))
        expect(page.locator(".message").get_by_text(words)).to_be_visible()

    def reads(self, ticket: int, words: str, *, never: str = "") -> None:
        page = self.page
        page.goto(f"/tickets/view/{ticket}")
        expect(page.get_by_text(words)).to_be_visible()
        if never:
            assert never not in page.content()


class Agent:
    """What the agent does."""

    def __init__(self, page: Page, hand: Hand, look: Callable[[], None]) -> None:
        self.page, self.hand, self.look = page, hand, look

    def finds(self) -> None:
        page, hand = self.page, self.hand
        page.goto("/support")
        hand.press(page.get_by_role("link", name="Session notes are not saved"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Session notes are not saved")
        expect(page.locator(".thread .prose em")).to_have_text("spins")
        for name in ("spinner.png", "log.txt"):
            expect(page.get_by_role("link", name=name).first).to_be_visible()
        self.look()

    def replies(self, words: str) -> None:
        self._writes(words)
        self.hand.press(self.page.get_by_role("button", name="Send", exact=True))
        self._sees(words, "In progress")
        self.look()

    def notes(self, words: str) -> None:
        page, hand = self.page, self.hand
        hand.choose(page.get_by_role("radio", name="Internal note"))
        self._writes(words)
        hand.press(page.get_by_role("button", name="Add note", exact=True))
        expect(page.locator(".message.note").get_by_text(words)).to_be_visible()
        self.look()

    def resolves(self) -> None:
        self.hand.press(self.page.get_by_role("button", name="Resolve", exact=True))
        expect(self.page.get_by_role("button", name="Open again")).to_be_visible()

    def comes_back(self, words: str, state: str) -> None:
        self.page.reload()
        self._sees(words, state)

    def _writes(self, words: str) -> None:
        self.hand.fill(self.page.get_by_role("textbox", name="Message"), words)

    def _sees(self, words: str, state: str) -> None:
        page = self.page
        expect(page.locator(".message").get_by_text(words)).to_be_visible()
        place = page.locator(".summary-bar .status, #edit-state > summary .status")
        expect(place.filter(visible=True).first).to_have_text(state)


@every_variant
def test_a_ticket_goes_its_way(
    desk: Desk,
    page: Page,
    open_page: OpenPage,
    sign_in: SignIn,
    hand: Hand,
    variant: Variant,
    axe: AxeCheck,
) -> None:
    other = open_page()
    sign_in(page, desk.agent)
    sign_in(other, desk.customer)

    def look() -> None:
        fits(page)
        if variant.javascript:
            axe(page)

    agent = Agent(page, hand, look)
    customer = Customer(other, type(hand)(other))
    customer.files()
    ticket = ticket_of(desk)
    assert (ticket.state, ticket.file_count) == (State.OPEN, 2)

    agent.finds()
    agent.replies("Which browser is it?")
    assert ticket_of(desk).state == State.IN_PROGRESS
    assert ticket_of(desk).assignee_id == desk.agent.id

    customer.reads(ticket.id, "Which browser is it?")
    customer.answers(ticket.id, "It is Firefox.")
    agent.comes_back("It is Firefox.", "In progress")
    agent.notes("Private windows cannot store that much.")
    agent.resolves()
    assert ticket_of(desk).state == State.RESOLVED

    customer.reads(ticket.id, "Which browser is it?", never="Private windows")
    customer.answers(ticket.id, "No, it still spins.")
    agent.comes_back("No, it still spins.", "Open")
    assert ticket_of(desk).state == State.OPEN


@every_variant
def test_a_property_is_changed_where_it_stands(
    desk: Desk, page: Page, sign_in: SignIn, hand: Hand, variant: Variant
) -> None:
    ticket = desk.ticket()
    sign_in(page, desk.agent)
    page.goto(f"/support/tickets/{ticket.id}#details")
    hand.press(page.locator("#edit-urgency > summary"))
    hand.press(page.locator("#edit-urgency").get_by_role("button", name="Urgent"))
    expect(page.locator("#edit-urgency > summary")).to_have_text("Urgent")
    hand.press(page.get_by_role("button", name="Assign me"))
    expect(page.get_by_role("button", name="Assign me")).to_have_count(0)
    assert ticket_of(desk).assignee_id == desk.agent.id
