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


def test_what_is_being_written_outlives_the_session(
    desk: Desk, session: Session, page: Page, sign_in: SignIn
) -> None:
    ticket = desk.ticket()
    session.commit()
    sign_in(page, desk.customer)
    page.goto(f"/tickets/view/{ticket.id}")
    page.get_by_label("Add Your Response").fill("It took me an hour to write this.")
    page.context.clear_cookies()
    with page.expect_response(lambda answer: answer.status == 401):
        page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("What you wrote")).to_have_value("It took me an hour to write this.")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail").fill(desk.customer.address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    again = page.get_by_label("Add Your Response")
    expect(again).to_have_value("It took me an hour to write this.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#conversation")).to_contain_text("It took me an hour")
    expect(again).to_have_value("")
