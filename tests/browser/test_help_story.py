"""An end user's story: asks for support with two files, reads the answer, responds, mends, finds it."""

import re
import struct
import zlib
from collections.abc import Callable

from playwright.sync_api import Page, expect

from groupware.database import utc_now
from modules.tasks import tickets
from modules.tasks.models import State, Task, Urgency, Waiting
from modules.tasks.queries import own_of
from tests.browser.conftest import SignIn, Variant, every_variant
from tests.browser.hand import Hand
from tests.factories import Desk

AxeCheck = Callable[[Page], None]


def picture() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xff\0\0\0\xff\0" * 2)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(*part) for part in ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    )


TWO_FILES = [
    {"name": "spinner.png", "mimeType": "image/png", "buffer": picture()},
    {"name": "log.txt", "mimeType": "text/plain", "buffer": b"it spins"},
]


def fits(page: Page) -> None:
    """Nothing hangs out of the window."""
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], f"{page.url} is {wide[0]} pixels wide"


def ticket_of(desk: Desk) -> Task:
    desk.session.rollback()
    desk.session.expire_all()
    return desk.session.scalars(own_of(desk.customer)).one()


class Story:
    """One person, one request, from asking to finding it again."""

    def __init__(self, desk: Desk, page: Page, hand: Hand, look: Callable[[], None]) -> None:
        self.desk, self.page, self.hand, self.look = desk, page, hand, look

    def asks(self) -> None:
        """What is missing is said; what was typed and sent stays."""
        page, hand = self.page, self.hand
        page.goto("/tickets/my-tickets")
        expect(page.get_by_role("heading", level=1)).to_have_text("My Support Requests")
        self.look()
        hand.press(page.get_by_role("link", name="Create Support Request"))
        hand.fill(page.get_by_label("Subject"), "Notes are not saved")
        page.get_by_label("Attachments").set_input_files(TWO_FILES)  # type: ignore[arg-type]
        hand.choose(page.get_by_role("radio", name="High"), "High")
        self.look()
        hand.press(page.get_by_role("button", name="Submit"))
        expect(page.get_by_text("Details are required.").last).to_be_visible()
        expect(page.get_by_label("Subject")).to_have_value("Notes are not saved")
        expect(page.locator(".upload-list li")).to_have_count(2)
        self.look()
        hand.fill(page.get_by_label("Details"), "It *spins* for a minute.")
        hand.press(page.get_by_role("button", name="Submit"))

    def sees_how_it_stands(self) -> None:
        page = self.page
        expect(page.get_by_role("heading", level=1)).to_have_text("Notes are not saved")
        expect(page.get_by_text("We have received your request")).to_be_visible()
        expect(page.get_by_text("We usually answer within 4 hours.").first).to_be_visible()
        expect(page.locator("[aria-current=step]")).to_have_text("Received")
        expect(page.get_by_role("link", name="spinner.png").first).to_be_visible()
        expect(page.get_by_role("link", name="log.txt")).to_be_visible()
        self.look()
        ticket = ticket_of(self.desk)
        assert (ticket.file_count, ticket.urgency) == (2, Urgency.HIGH)

    def answers(self) -> None:
        page, hand = self.page, self.hand
        page.goto("/tickets/my-tickets")
        expect(page.get_by_text("New answer")).to_be_visible()
        self.look()
        hand.press(page.get_by_role("link", name="Notes are not saved"))
        expect(page.get_by_text("In progress: Mara is on it")).to_be_visible()
        hand.fill(page.get_by_label("Add Your Response"), "Version 18.")
        hand.press(page.get_by_role("button", name="Send"))
        expect(page.get_by_text("Your response has been added.")).to_be_visible()
        expect(page.locator(".message.mine").last).to_contain_text("Version 18.")

    def mends_it(self) -> None:
        """The earlier text can still be opened."""
        page, hand = self.page, self.hand
        hand.press(page.get_by_role("link", name="Update Request"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Update Request")
        self.look()
        hand.fill(page.get_by_label("Details"), "It spins for an hour.")
        hand.press(page.get_by_role("button", name="Save"))
        expect(page.locator(".message.mine").first).to_contain_text("It spins for an hour.")
        hand.press(page.locator("summary", has_text="Earlier text"))
        expect(page.locator(".earlier")).to_contain_text("It spins for a minute.")
        self.look()

    def opens_it_again(self) -> None:
        page, hand = self.page, self.hand
        page.reload()
        expect(page.locator("[aria-current=step]")).to_have_text("Resolved")
        self.look()
        hand.fill(page.get_by_label("Add Your Response"), "Not yet, sorry.")
        hand.press(page.get_by_role("button", name="Send"))
        expect(page.locator("[aria-current=step]")).to_have_text("Received")

    def finds_it(self) -> None:
        """By a word of the conversation."""
        page = self.page
        page.goto("/tickets/my-tickets")
        self.hand.fill(page.get_by_role("searchbox"), "sorry")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("q=sorry"))
        expect(page.get_by_role("link", name="Notes are not saved")).to_be_visible()


@every_variant
def test_a_customer_asks_answers_mends_and_finds(
    desk: Desk, page: Page, sign_in: SignIn, hand: Hand, axe: AxeCheck, variant: Variant
) -> None:
    def look() -> None:
        fits(page)
        if variant.javascript:
            axe(page)

    desk.list.answer_hours = 4
    sign_in(page, desk.customer)
    story = Story(desk, page, hand, look)
    story.asks()
    story.sees_how_it_stands()
    desk.make.now = utc_now()
    desk.make.reply(ticket_of(desk), desk.agent, "Which version do you see?")
    desk.session.commit()
    story.answers()
    story.mends_it()
    tickets.set_state(desk.session, desk.agent, ticket_of(desk), State.RESOLVED, now=utc_now())
    desk.session.commit()
    story.opens_it_again()
    story.finds_it()


def test_the_answer_button_leads_to_the_answer(desk: Desk, page: Page, sign_in: SignIn) -> None:
    ticket = desk.ticket()
    desk.make.reply(ticket, desk.agent)
    tickets.wait(desk.session, desk.agent, ticket, waiting=Waiting.CUSTOMER, now=desk.make.later())
    sign_in(page, desk.customer)
    page.goto(f"/tickets/view/{ticket.id}")
    page.get_by_role("link", name="Answer").click()
    expect(page.get_by_label("Add Your Response")).to_be_focused()


def test_a_sixth_file_and_a_large_one_are_refused_before_sending(
    desk: Desk, page: Page, sign_in: SignIn
) -> None:
    sign_in(page, desk.customer)
    page.goto("/tickets/add")
    six = [{"name": f"{n}.txt", "mimeType": "text/plain", "buffer": b"x"} for n in range(6)]
    page.get_by_label("Attachments").set_input_files(six)  # type: ignore[arg-type]
    expect(page.get_by_text("At most 5 attachments.")).to_be_visible()
    page.goto("/tickets/add")
    large = {"name": "film.mov", "mimeType": "video/mp4", "buffer": b"x" * (10 * 2**20 + 1)}
    page.get_by_label("Attachments").set_input_files([large])  # type: ignore[arg-type]
    expect(page.get_by_text("film.mov is larger than 10 MB.")).to_be_visible()


def test_a_file_can_be_taken_back(desk: Desk, page: Page, sign_in: SignIn) -> None:
    sign_in(page, desk.customer)
    page.goto("/tickets/add")
    page.get_by_label("Attachments").set_input_files(TWO_FILES)  # type: ignore[arg-type]
    expect(page.locator("input[name=uploads]")).to_have_count(2)
    page.get_by_role("button", name="Remove log.txt").click()
    page.get_by_label("Subject").fill("One file")
    page.get_by_label("Details").fill("Only one.")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One file")
    assert ticket_of(desk).file_count == 1


def test_a_double_click_files_one_request(desk: Desk, page: Page, sign_in: SignIn) -> None:
    sign_in(page, desk.customer)
    page.goto("/tickets/add")
    page.get_by_label("Subject").fill("Once")
    page.get_by_label("Details").fill("Only once.")
    page.get_by_role("button", name="Submit").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Once")
    assert ticket_of(desk).summary == "Once"
