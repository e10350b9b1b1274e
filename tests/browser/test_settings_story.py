"""A manager sets up a list, and *Check a person* agrees with what those people then see."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import select

from groupware.models import Level, Permission
from modules.tasks.models import TaskList
from tests.browser.conftest import OpenPage, SignIn, Variant, every_variant
from tests.browser.hand import Hand
from tests.factories import PASSWORD, Desk


def add_access(page: Page, hand: Hand, panel: str, group: str, level: str = "") -> None:
    """Search for a group, and give it access."""
    hand.press(page.locator(panel).get_by_role("link", name="Add user or group"))
    hand.fill(page.get_by_placeholder("Name or address"), group)
    hand.press(page.get_by_role("button", name="Search", exact=True))
    if level:
        hand.choose(page.get_by_role("radio", name=level), level)
    hand.press(page.get_by_role("button", name=f"Add {group}"))
    expect(page.locator(panel)).to_contain_text(group)


def check(page: Page, hand: Hand, person: str, task_list: str) -> None:
    hand.press(page.get_by_role("link", name="Check a person").first)
    hand.fill(page.get_by_label("Person"), person)
    hand.choose(page.get_by_label("Task list"), task_list)
    hand.press(page.get_by_role("button", name="Check", exact=True))


@every_variant
def test_a_manager_makes_a_list_and_gives_two_groups_access(
    desk: Desk,
    page: Page,
    open_page: OpenPage,
    sign_in: SignIn,
    hand: Hand,
    axe: Callable[[Page], None],
    variant: Variant,
) -> None:
    nurse = desk.make.user(name="Nora Nurse", password=PASSWORD)
    clerk = desk.make.user(name="Carl Clerk", password=PASSWORD)
    desk.make.group(Permission.CREATE_TICKETS, name="Nurses", members=[nurse])
    desk.make.group(Permission.MANAGE_TICKETS, name="Billing team", members=[clerk])
    desk.make.allow(desk.location.acl, nurse, Level.READ)
    sign_in(page, desk.manager)

    page.goto("/settings/support")
    if variant.javascript:
        axe(page)
    hand.press(page.get_by_role("link", name="New list").first)
    hand.fill(page.get_by_label("Name"), "Billing")
    hand.press(page.get_by_role("button", name="Make the list"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Billing")
    expect(page.locator("#customers")).to_contain_text("Nobody may ask here")

    check(page, hand, "nora", "Billing")
    expect(page.get_by_text("May not ask here.")).to_be_visible()
    page.go_back()
    page.go_back()

    add_access(page, hand, "#customers", "Nurses")
    add_access(page, hand, "#agents", "Billing team", "Answer")
    expect(page.get_by_role("radio", name="Billing team: Answer")).to_be_checked()
    if variant.javascript:
        axe(page)

    check(page, hand, "nora", "Billing")
    expect(page.get_by_text("May ask here.")).to_be_visible()
    expect(page.get_by_text("Billing lets Nurses ask.")).to_be_visible()
    expect(page.get_by_text("May not work here.")).to_be_visible()
    check(page, hand, "carl", "Billing")
    expect(page.get_by_text("May not ask here.")).to_be_visible()
    expect(page.get_by_text("Billing gives Billing team the level Answer.")).to_be_visible()
    if variant.javascript:
        axe(page)

    # And so it is: Nora files there, Carl finds it in his queue; neither does the other's part.
    hers, his = open_page(), open_page()
    sign_in(hers, nurse)
    hers.goto("/tickets/add")
    expect(hers.get_by_label("Subject")).to_be_visible()
    billing = desk.session.scalars(select(TaskList).where(TaskList.name == "Billing")).one()
    desk.make.ticket(nurse, billing, "The invoice is wrong", location=desk.location)
    desk.session.commit()
    hers.goto("/tickets/my-tickets")
    expect(hers.get_by_text("The invoice is wrong")).to_be_visible()
    sign_in(his, clerk)
    his.goto("/support")
    expect(his.get_by_text("The invoice is wrong").first).to_be_visible()
    assert his.goto("/tickets/add").status == 403
    assert hers.goto("/support").status == 403


@every_variant
def test_the_second_of_two_managers_keeps_what_they_typed(
    desk: Desk, page: Page, open_page: OpenPage, sign_in: SignIn, hand: Hand
) -> None:
    other = open_page()
    sign_in(page, desk.manager)
    sign_in(other, desk.administrator)
    path = f"/settings/support/lists/{desk.list.id}"
    page.goto(path)
    other.goto(path)
    other.get_by_label("Name").fill("Software")
    other.get_by_role("button", name="Save", exact=True).first.click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Software")
    hand.fill(page.get_by_label("Name"), "Clinics")
    hand.press(page.get_by_role("button", name="Save", exact=True).first)
    expect(page.get_by_role("heading", level=1)).to_contain_text("meanwhile")
    expect(page.get_by_role("row", name="Name Software Clinics")).to_be_visible()
    hand.press(page.get_by_role("button", name="Save mine"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Clinics")


@every_variant
def test_archiving_asks_first(desk: Desk, page: Page, sign_in: SignIn, hand: Hand) -> None:
    sign_in(page, desk.manager)
    page.goto(f"/settings/support/lists/{desk.list.id}")
    hand.press(page.get_by_role("link", name="Archive…"))
    hand.press(page.get_by_role("button", name="Archive"))
    expect(page.get_by_role("heading", name="Archived")).to_be_visible()
    hand.press(page.get_by_role("link", name=desk.list.name))
    hand.press(page.get_by_role("button", name="Restore"))
    expect(page.locator("#agents")).to_be_visible()
