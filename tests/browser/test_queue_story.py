"""What only a browser shows of finding tickets: completion as one types, cards that are carried."""

from playwright.sync_api import Page, expect

from modules.tasks.models import State, Task
from tests.browser.conftest import OpenPage, SignIn
from tests.factories import Desk


def state_of(desk: Desk, number: int) -> State:
    state = desk.session.get_one(Task, number, populate_existing=True).state
    desk.session.commit()
    return state


def test_filters_are_completed_by_keys(page: Page, desk: Desk, sign_in: SignIn) -> None:
    number = desk.ticket(subject="Printer jam").id
    sign_in(page, desk.agent)
    page.goto("/support")
    field = page.get_by_role("combobox", name="Filter and search")
    field.click()
    with page.expect_response(lambda answer: "q=list%3Acli&" in answer.url):
        field.press_sequentially("list:cli")
    expect(page.get_by_role("option", name="Clinic software")).to_be_visible()
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value('list:"Clinic software" ')
    field.press_sequentially("status:res")
    option = page.get_by_role("option", name="resolved", exact=True)
    expect(option).to_be_visible()
    option.click()
    field.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    field.press("Enter")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    expect(field).to_have_value('status:resolved list:"Clinic software"')
    # Whom one adds to a ticket is completed too; taking a name adds them.
    page.goto(f"/support/tickets/{number}")
    page.locator("#edit-participants > summary").click()
    field = page.get_by_role("combobox", name="Name or address")
    with page.expect_response(lambda answer: "q=greta&" in answer.url):
        field.press_sequentially("greta")
    expect(page.get_by_role("option", name=desk.stranger.name)).to_be_visible()
    field.press("ArrowDown")
    field.press("Enter")
    expect(page.locator(".people").get_by_text(desk.stranger.name)).to_be_visible()


def test_a_card_is_carried_by_keys_pointer_and_menu(
    page: Page, desk: Desk, sign_in: SignIn
) -> None:
    number = desk.ticket(subject="Printer jam").id
    sign_in(page, desk.agent)
    page.goto("/support/board")
    column = lambda name: page.get_by_role("region", name=name, exact=True)  # noqa: E731
    card = page.get_by_role("link", name="Printer jam")
    card.focus()
    with page.expect_response("**/support/board/*"):
        card.press("Shift+ArrowRight")
    expect(column("In progress").get_by_role("link", name="Printer jam")).to_be_focused()
    assert state_of(desk, number) == State.IN_PROGRESS
    with page.expect_response("**/support/board/*"):
        page.locator(".board-card").drag_to(column("Resolved").locator("ol"))
    assert state_of(desk, number) == State.RESOLVED
    page.reload()
    page.locator(".board-card").hover()
    page.locator(".board-card summary").click()
    page.get_by_role("button", name="Closed").click()
    expect(column("Closed").get_by_role("link", name="Printer jam")).to_be_visible()
    assert state_of(desk, number) == State.CLOSED


def test_a_move_that_is_refused_is_taken_back(page: Page, desk: Desk, sign_in: SignIn) -> None:
    number = desk.ticket(subject="Printer jam").id
    sign_in(page, desk.agent)
    page.goto("/support/board")
    page.route("**/support/board/*", lambda route: route.fulfill(status=409))
    card = page.get_by_role("link", name="Printer jam")
    card.focus()
    card.press("Shift+ArrowRight")
    expect(page.get_by_text("could not be moved")).to_be_visible()
    expect(page.get_by_role("region", name="Open", exact=True).get_by_role("link")).to_have_count(1)
    assert state_of(desk, number) == State.OPEN


def test_the_board_works_without_scripts(open_page: OpenPage, desk: Desk, sign_in: SignIn) -> None:
    number = desk.ticket(subject="Printer jam").id
    page = open_page(javascript=False)
    sign_in(page, desk.agent)
    page.goto("/support/board?by=assignee")
    page.locator(".board-card").hover()
    page.locator(".board-card summary").click()
    page.get_by_role("button", name=desk.agent.name).click()
    expect(
        page.get_by_role("region", name=desk.agent.name).get_by_role("link", name="Printer jam")
    ).to_be_visible()
    assert desk.session.get_one(Task, number, populate_existing=True).assignee_id == desk.agent.id
