"""What only a browser shows of custom fields and canned replies."""

from playwright.sync_api import Page, expect

from modules.tasks.canned import texts
from modules.tasks.canned.at_hand import Label
from modules.tasks.fields import FieldKind, managing
from modules.tasks.fields.managing import Wish
from tests.browser.conftest import SignIn
from tests.factories import Desk


def test_a_field_is_asked_where_its_condition_holds_and_with_its_list(
    desk: Desk, page: Page, sign_in: SignIn
) -> None:
    session, manager, now = desk.session, desk.manager, desk.make.now
    other = desk.make.task_list(customers=[desk.customer], name="Billing")
    wish = Wish("Device", FieldKind.CHOICE, choices=["Phone", "Printer"])
    device = managing.add(session, manager, desk.list, wish, now=now)
    wish = Wish("Toner", required=True, depends_on_id=device.id, depends_value="Printer")
    managing.add(session, manager, desk.list, wish, now=now)
    managing.add(session, manager, other, Wish("Invoice"), now=now)
    session.commit()
    sign_in(page, desk.customer)
    page.goto("/tickets/add")
    toner = page.get_by_label("Toner")
    expect(toner).to_be_hidden()
    page.get_by_label("Device").select_option("Printer")
    expect(toner).to_be_visible()
    toner.fill("Black")
    page.get_by_label("Subject").fill("Typed before")
    page.get_by_label("What is it about?").select_option(label="Billing")
    expect(page.get_by_label("Invoice")).to_be_visible()
    expect(page.get_by_label("Device")).to_have_count(0)
    expect(page.get_by_label("Subject")).to_have_value("Typed before")
    page.get_by_label("Details").fill("Words")
    page.get_by_label("Invoice").fill("2026-7")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Typed before")
    expect(page.get_by_label("More details")).to_contain_text("2026-7")


def test_a_canned_reply_comes_by_a_slash_and_where_the_cursor_is(
    desk: Desk, page: Page, sign_in: SignIn
) -> None:
    ticket, now = desk.ticket(), desk.make.now
    texts.create(
        desk.session, desk.agent, Label("Thanks"), "Thank you, {customer.first_name}!", now=now
    )
    desk.session.commit()
    sign_in(page, desk.agent)
    page.goto(f"/support/tickets/{ticket.id}")
    message = page.get_by_label("Message")
    message.click()
    with page.expect_response(lambda answer: answer.url.endswith("q=tha")):
        page.keyboard.type("Well. /tha")
    expect(page.locator(".suggestions").get_by_text("Thanks")).to_be_visible()
    page.keyboard.press("Enter")
    expect(message).to_have_value("Well. Thank you, Samuel! ")
    message.evaluate("area => area.setSelectionRange(6, 6)")
    page.get_by_label("Canned replies").click()
    page.get_by_role("button", name="Insert").click()
    expect(message).to_have_value("Well. Thank you, Samuel!Thank you, Samuel! ")
