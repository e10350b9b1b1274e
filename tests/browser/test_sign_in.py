"""The way in, as a person sees it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.browser.conftest import SignIn, every_variant
from tests.browser.hand import Hand
from tests.factories import PASSWORD, Desk


@every_variant
def test_a_customer_signs_in_and_sees_their_requests(
    desk: Desk, session: Session, page: Page, hand: Hand
) -> None:
    desk.ticket(subject="The printer jams")
    session.commit()
    page.goto("/tickets/my-tickets")
    hand.fill(page.get_by_label("E-mail"), desk.customer.address)
    hand.fill(page.get_by_label("Password", exact=True), PASSWORD)
    hand.press(page.get_by_role("button", name="Sign in"))
    expect(page).to_have_url("/tickets/my-tickets")
    expect(page.get_by_text("The printer jams")).to_be_visible()


def test_a_wrong_password_is_said_and_the_address_stays(
    desk: Desk, session: Session, page: Page, hand: Hand, axe: Callable[[Page], None]
) -> None:
    session.commit()
    page.goto("/login")
    hand.fill(page.get_by_label("E-mail"), desk.customer.address)
    hand.fill(page.get_by_label("Password", exact=True), "a wrong password")
    hand.press(page.get_by_role("button", name="Sign in"))
    expect(page.get_by_text("Wrong e-mail or password.")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value(desk.customer.address)
    axe(page)


def test_a_session_may_be_had_past_the_form(desk: Desk, page: Page, sign_in: SignIn) -> None:
    sign_in(page, desk.agent)
    page.goto("/support")
    expect(page).to_have_url("/support")
