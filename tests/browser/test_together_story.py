"""Two agents and a customer at one ticket at once: who is there, what comes live, and what stays."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, Route, expect

from modules.tasks.models import Comment, State, Task
from modules.tasks.queries import comments_worked_by, own_of
from modules.tasks.together import drafts
from tests.browser.conftest import OpenPage, SignIn
from tests.browser.hand import led_away
from tests.factories import Desk

AxeCheck = Callable[[Page], None]

HALF = "Dear Samuel, this is only half of what"
SELECTION = (
    "area => [area.value, area.selectionStart, area.selectionEnd, document.activeElement === area]"
)


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def comments(desk: Desk, ticket: Task) -> list[str]:
    desk.session.expire_all()
    rows = desk.session.scalars(
        comments_worked_by(desk.agent).where(Comment.task_id == ticket.id).order_by(Comment.id)
    )
    found = [comment.body for comment in rows]
    desk.session.commit()
    return found


def until_kept(desk: Desk, ticket: Task, page: Page) -> None:
    """The draft goes to the server some seconds after the last key."""
    for _ in range(600):
        kept = drafts.own(desk.session, desk.agent, ticket)
        desk.session.commit()
        if kept is not None and kept.body == HALF:
            return
        page.wait_for_timeout(100)
    raise AssertionError("the draft has not reached the server")


def test_colleagues_see_each_other_and_what_comes_leaves_a_draft_alone(  # noqa: PLR0915  # a story
    desk: Desk, page: Page, open_page: OpenPage, sign_in: SignIn, axe: AxeCheck
) -> None:
    ticket = desk.ticket()
    for number in range(12):
        desk.make.reply(ticket, desk.agent, f"Line {number}.\n\nAnd more.")
    other, queue, customer, phone = (open_page() for _ in range(4))
    sign_in(page, desk.agent)
    sign_in(other, desk.colleague)
    sign_in(queue, desk.reader)
    sign_in(customer, desk.customer)
    sign_in(phone, desk.agent)
    address = f"/support/tickets/{ticket.id}"
    queue.goto("/support")
    customer.goto(f"/tickets/view/{ticket.id}")
    page.goto(address)
    other.goto(address)

    expect(page.get_by_role("img", name="Tomás Ferreira is viewing")).to_be_visible()
    composer(page).fill(HALF)
    composer(page).evaluate("area => area.setSelectionRange(5, 11)")
    thread = page.locator("#thread")
    thread.evaluate("one => one.scrollTop = 120")
    expect(other.get_by_text("Mara Lindqvist is writing")).to_be_visible()
    expect(queue.get_by_role("img", name="Mara Lindqvist is writing")).to_be_visible()
    axe(other)
    assert "Mara Lindqvist is writing" not in customer.content()

    other.get_by_role("radio", name="Internal note").check(force=True)
    composer(other).fill("It is the cable, @Mar")
    other.get_by_role("option", name="Mara Lindqvist").click()
    expect(composer(other)).to_have_value("It is the cable, @Mara Lindqvist ")
    with led_away(other):
        other.get_by_role("button", name="Add note", exact=True).click()
    expect(page.locator(".message.note")).to_have_count(1)
    expect(page.locator("#live-said")).to_have_text("Tomás Ferreira has written.")
    expect(page.get_by_role("link", name="Notifications", exact=True)).to_be_visible()
    other.locator("#edit-urgency > summary").click()
    with led_away(other):
        other.locator("#edit-urgency").get_by_role("button", name="Urgent").click()
    expect(page.locator("#edit-urgency > summary")).to_have_text("Urgent")
    assert composer(page).evaluate(SELECTION) == [HALF, 5, 11, True]
    assert thread.evaluate("one => one.scrollTop") == 120
    row = queue.locator(f"#ticket-{ticket.id}")
    expect(row.get_by_role("img", name="Urgent urgency")).to_be_visible()

    expect(composer(phone)).to_have_count(0)
    until_kept(desk, ticket, page)
    phone.goto(address)
    expect(composer(phone)).to_have_value(HALF)

    composer(other).fill("It will be mended today.")
    other.get_by_role("button", name="Send", exact=True).click()
    expect(customer.get_by_text("It will be mended today.")).to_be_visible()
    assert "cable" not in customer.content()
    assert composer(page).evaluate(SELECTION) == [HALF, 5, 11, True]

    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Tomás Ferreira has written meanwhile.")).to_be_visible()
    expect(composer(page)).to_have_value(HALF)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message").get_by_text(HALF)).to_be_visible()
    assert comments(desk, ticket).count(HALF) == 1
    assert drafts.own(desk.session, desk.agent, ticket) is None


def test_a_failing_and_a_slow_server_lose_nothing_and_send_nothing_twice(
    desk: Desk, page: Page, sign_in: SignIn
) -> None:
    ticket = desk.ticket()
    sign_in(page, desk.agent)
    page.goto(f"/support/tickets/{ticket.id}")
    page.route("**/draft", lambda route: route.abort())
    page.route("**/comments*", lambda route: route.fulfill(status=503, body="<p data-error-page>"))
    composer(page).fill("Keep me.")
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_function("() => document.querySelector('[data-error-page]')")
    page.problems.clear()  # type: ignore[attr-defined]
    page.unroute("**/comments*")
    page.goto(f"/support/tickets/{ticket.id}")
    expect(composer(page)).to_have_value("Keep me.")
    page.unroute("**/draft")

    def slowly(route: Route) -> None:
        page.wait_for_timeout(400)
        route.continue_()

    page.route("**/comments*", slowly)
    page.get_by_role("button", name="Send", exact=True).dblclick()
    expect(page.locator(".message").get_by_text("Keep me.")).to_be_visible()
    assert comments(desk, ticket) == ["Keep me."]
    page.goto(f"/support/tickets/{ticket.id}")
    expect(composer(page)).to_have_value("")

    def unheard(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort("aborted")

    page.route("**/comments*", unheard)
    composer(page).fill("Taken, and the answer is lost.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message").get_by_text("Taken, and")).to_be_visible()
    page.goto(f"/support/tickets/{ticket.id}")
    expect(composer(page)).to_have_value("")


def test_a_morning_by_keys_alone(desk: Desk, page: Page, sign_in: SignIn, axe: AxeCheck) -> None:
    tickets = [desk.ticket(subject=f"Number {number}") for number in range(4)]
    sign_in(page, desk.agent)
    page.goto("/support")
    keys, current = page.keyboard, page.locator(".ticket[aria-current] .c-subject a")
    keys.press("j")
    expect(current).to_have_count(1)
    first = current.inner_text()
    keys.press("j")
    expect(current).not_to_have_text(first)
    second = current.inner_text()
    keys.press("k")
    expect(current).to_have_text(first)
    keys.press("e")
    expect(page.get_by_text("is resolved.")).to_be_visible()
    expect(current).to_have_text(second)
    keys.press("a")
    expect(page.get_by_text("is assigned to you.")).to_be_visible()
    keys.press("Control+k")
    palette = page.get_by_role("combobox")
    keys.type(f"#{tickets[0].id}")
    expect(page.get_by_role("option", name="Number 0")).to_be_visible()
    axe(page)
    with led_away(page):
        keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Number 0")
    keys.press("n")
    keys.type("Seen by keys.")
    with led_away(page):
        keys.press("Control+Enter")
    expect(page.locator(".message.note").get_by_text("Seen by keys.")).to_be_visible()
    keys.press("Control+k")
    keys.type("resolve")
    expect(palette).to_have_value("resolve")
    with led_away(page):
        keys.press("Enter")
    expect(page.get_by_role("button", name="Open again")).to_be_visible()
    keys.press("?")
    with page.expect_response("**/profile/keys"):
        page.get_by_role("checkbox", name="Single keys act at once").uncheck()
    keys.press("Escape")
    page.reload()
    keys.press("n")
    expect(page.get_by_role("radio", name="Reply")).to_be_checked()
    states = [
        task.state
        for task in desk.session.scalars(
            own_of(desk.customer).order_by(Task.id).execution_options(populate_existing=True)
        )
    ]
    assert states.count(State.RESOLVED) == 2
    assert states[0] == State.RESOLVED
