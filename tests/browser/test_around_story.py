"""Around a ticket, and many at once: merging, a checklist, and an act that is taken back."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn, Variant, every_variant
from tests.browser.hand import Hand
from tests.browser.test_help_story import fits
from tests.factories import Desk

AxeCheck = Callable[[Page], None]


@every_variant
def test_a_ticket_is_merged_and_its_number_leads_on(
    desk: Desk, page: Page, sign_in: SignIn, hand: Hand, variant: Variant, axe: AxeCheck
) -> None:
    into = desk.ticket(subject="Screen flickers")
    source = desk.ticket(subject="It flickers still")
    desk.make.response(source, "Since Monday.")
    sign_in(page, desk.agent)
    page.goto(f"/support/tickets/{source.id}/merge")
    hand.press(page.get_by_role("link", name="Screen flickers"))
    merge = page.get_by_role("button", name="Merge", exact=True)
    expect(merge).to_be_visible()
    fits(page)
    if variant.javascript:
        axe(page)
    hand.press(merge)
    expect(page.get_by_role("heading", level=1)).to_have_text("Screen flickers")
    expect(page.locator(".message").get_by_text("Since Monday.")).to_be_visible()
    page.goto(f"/support/tickets/{source.id}")
    page.wait_for_url(f"**/support/tickets/{into.id}")


@every_variant
def test_a_checklist_is_written_and_checked(
    desk: Desk, page: Page, sign_in: SignIn, hand: Hand, variant: Variant, axe: AxeCheck
) -> None:
    ticket = desk.ticket()
    sign_in(page, desk.agent)
    page.goto(f"/support/tickets/{ticket.id}#details")
    hand.fill(page.get_by_role("textbox", name="What is to be done"), "Order a cable")
    hand.press(page.get_by_role("button", name="Add to the checklist"))
    box = page.get_by_role("checkbox", name="Order a cable")
    expect(box).not_to_be_checked()
    hand.press(box)
    expect(box).to_be_checked()
    fits(page)
    if variant.javascript:
        axe(page)


def test_many_tickets_are_resolved_and_it_is_taken_back(
    desk: Desk, page: Page, sign_in: SignIn, axe: AxeCheck
) -> None:
    first, *_ = [desk.ticket(subject=subject) for subject in ("One", "Two", "Three")]
    sign_in(page, desk.agent)
    page.goto("/support")
    for subject in ("One", "Three"):
        page.get_by_role("row", name=subject).get_by_role("checkbox").check(force=True)
    expect(page.locator("#bulk")).to_be_visible()
    page.locator("#bulk summary", has_text="Status").click()
    axe(page)
    page.locator("#bulk").get_by_role("button", name="Resolved").click()
    expect(page.get_by_text("2 tickets changed")).to_be_visible()
    expect(page.locator(".ticket")).to_have_count(1)
    axe(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 tickets taken back")).to_be_visible()
    expect(page.locator(".ticket")).to_have_count(3)
    page.get_by_role("row", name="Two").get_by_role("checkbox").check(force=True)
    page.locator("#bulk summary", has_text="More").click()
    into = page.get_by_label("Merge with ticket number")
    into.press("Enter")  # without a number nothing is sent, and the tick stays
    into.fill(str(first.id))
    into.press("Enter")
    expect(page.get_by_text(f"Merge with #{first.id}")).to_be_visible()
