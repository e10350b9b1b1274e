"""Every page there is, in the example organisation: who looks at it, and where it is.

Pictures are taken of them, and each is tried for everybody's access.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.models import Address, Group, Location
from modules.support.demo.organisation import DOMAIN
from modules.tasks.canned.models import CannedReply
from modules.tasks.fields import CustomField
from modules.tasks.macros.models import Macro
from modules.tasks.models import Attachment, Category, Comment, Grouping, Task, TaskList


@dataclass(frozen=True)
class Place:
    """A page: `path` names rows in braces; `pictured` ones are shown in the documents."""

    name: str
    who: str | None
    path: str
    status: int = 200
    pictured: bool = False


PLACES = (
    Place("sign-in", None, "/login"),
    Place("forgotten", None, "/forgotten"),
    Place("void-link", None, "/link/void", 422),
    Place("my-requests", "samuel", "/tickets/my-tickets", pictured=True),
    Place("my-requests-none", "nadia", "/tickets/my-tickets"),
    Place("my-requests-not-found", "samuel", "/tickets/my-tickets?q=zeppelin"),
    Place("new-request", "samuel", "/tickets/add", pictured=True),
    Place("new-request-no-location", "nadia", "/tickets/add"),
    Place("request", "samuel", "/tickets/view/{ipad}", pictured=True),
    Place("request-resolved", "samuel", "/tickets/view/{update}"),
    Place("request-closed", "samuel", "/tickets/view/{archive}"),
    Place("request-arabic", "omar", "/tickets/view/{arabic}"),
    Place("request-edit", "samuel", "/tickets/edit/{ipad}"),
    Place("nothing-here", "samuel", "/tickets/view/987654", 404),
    Place("profile-customer", "samuel", "/profile"),
    Place("apps", "samuel", "/profile/apps"),
    Place("api", "mara", "/api/docs"),
    Place("connect", "samuel", "/profile/calendar"),
    Place("feeds", "mara", "/profile/feeds"),
    Place("queue", "mara", "/support", pictured=True),
    Place("queue-filtered", "mara", "/support?list={clinic}&state=all&group=assignee"),
    Place("queue-search", "mara", "/support?q=calendar"),
    Place("queue-not-found", "mara", "/support?q=zeppelin"),
    Place("queue-misunderstood", "mara", "/support?q=status:opne", 422),
    Place("split", "mara", "/support/split"),
    Place("split-ticket", "mara", "/support/tickets/{ipad}?from=/support/split"),
    Place("board", "mara", "/support/board"),
    Place("board-people", "mara", "/support/board?by=assignee"),
    Place("agenda", "mara", "/support/agenda"),
    Place("import", "mara", "/support/import"),
    Place("recent", "mara", "/support/recent"),
    Place("views", "mara", "/support/views"),
    Place("view-add", "mara", "/support/views/add?q=status:open"),
    Place("ticket", "mara", "/support/tickets/{ipad}", pictured=True),
    Place("ticket-long-word", "mara", "/support/tickets/{wifi}"),
    Place("ticket-arabic", "mara", "/support/tickets/{arabic}"),
    Place("ticket-read-only", "mara", "/support/tickets/{invoice}"),
    Place("ticket-history", "mara", "/support/tickets/{ipad}/history"),
    Place("ticket-details", "mara", "/support/tickets/{ipad}/details"),
    Place("ticket-merge", "mara", "/support/tickets/{ipad}/merge"),
    Place("ticket-merge-effects", "mara", "/support/tickets/{ipad}/merge?into={arabic}"),
    Place("ticket-files", "mara", "/support/tickets/{ipad}/files"),
    Place("ticket-file", "mara", "/support/tickets/{ipad}/files/{file}"),
    Place("ticket-split", "mara", "/support/tickets/{ipad}/comments/{said}/split"),
    Place("message-move", "mara", "/support/tickets/{ipad}/comments/{said}/move"),
    Place("ticket-print", "mara", "/support/tickets/{ipad}/print"),
    Place("request-print", "samuel", "/tickets/view/{ipad}/print"),
    Place("ticket-deletion", "ada", "/support/tickets/{ipad}/deletion"),
    Place("new-ticket", "mara", "/support/add"),
    Place("new-ticket-search", "mara", "/support/add?q=sam"),
    Place("new-ticket-form", "mara", "/support/add?customer={samuel}"),
    Place("profile", "mara", "/profile"),
    Place("notices", "mara", "/support/notices"),
    Place("notices-none", "ada", "/support/notices?unread=1"),
    Place("notice-choices", "mara", "/profile/notices"),
    Place("forbidden", "mara", "/settings/users", 403),
    Place("lists", "lena", "/settings/support", pictured=True),
    Place("list", "lena", "/settings/support/lists/{clinic}", pictured=True),
    Place("fields", "lena", "/settings/support/lists/{clinic}/fields"),
    Place("field", "lena", "/settings/support/lists/{clinic}/fields/{field}"),
    Place("field-add", "lena", "/settings/support/lists/{clinic}/fields/add"),
    Place("field-archive", "lena", "/settings/support/lists/{clinic}/fields/{field}/archive"),
    Place("canned-replies", "mara", "/settings/canned-replies"),
    Place("canned-reply", "lena", "/settings/canned-replies/{canned}"),
    Place("canned-reply-share", "lena", "/settings/canned-replies/{canned}/access/add"),
    Place("canned-reply-add", "mara", "/settings/canned-replies/add"),
    Place("canned-reply-delete", "lena", "/settings/canned-replies/{canned}/deletion"),
    Place("macros", "lena", "/settings/macros"),
    Place("macro-add", "lena", "/settings/macros/add"),
    Place("macro-delete", "lena", "/settings/macros/{macro}/deletion"),
    Place("macro-share", "lena", "/settings/macros/{macro}/access/add"),
    Place("macro", "lena", "/settings/macros/{macro}"),
    Place("list-access", "lena", "/settings/support/lists/{clinic}/access/agents/add"),
    Place("list-archive", "lena", "/settings/support/lists/{clinic}/archive"),
    Place("list-add", "lena", "/settings/support/lists/add"),
    Place("headings", "lena", "/settings/support/headings"),
    Place("heading", "lena", "/settings/support/headings/{heading}"),
    Place("heading-delete", "lena", "/settings/support/headings/{heading}/delete"),
    Place("categories", "lena", "/settings/categories"),
    Place("category", "lena", "/settings/categories/{category}"),
    Place("category-archive", "lena", "/settings/categories/{category}/archive"),
    Place("category-add", "lena", "/settings/categories/add"),
    Place("mailboxes", "lena", "/settings/mailboxes"),
    Place("mailbox", "lena", "/settings/mailboxes/1"),
    Place("mailbox-removal", "lena", "/settings/mailboxes/1/removal"),
    Place("mailbox-add", "lena", "/settings/mailboxes/add"),
    Place("webhooks", "lena", "/settings/webhooks"),
    Place("webhook-add", "lena", "/settings/webhooks/add"),
    Place("quarantine", "lena", "/settings/quarantine"),
    Place("mail-add", "mara", "/support/mail/add"),
    Place("locations", "lena", "/settings/locations"),
    Place("location", "lena", "/settings/locations/{location}"),
    Place("location-access", "lena", "/settings/locations/{location}/access/add"),
    Place("location-archive", "lena", "/settings/locations/{location}/archive"),
    Place("check", "lena", "/settings/check"),
    Place("check-person", "lena", "/settings/check?person={samuel}&list={clinic}", pictured=True),
    Place("letters", "lena", "/settings/letters"),
    Place("letter", "lena", "/settings/letters/acknowledgement/de"),
    Place("list-letters", "lena", "/settings/support/lists/{clinic}/letters"),
    Place("signature", "mara", "/support/signature"),
    Place("organisation", "ada", "/settings/organisation"),
    Place("journal", "ada", "/settings/journal"),
    Place("users", "ada", "/settings/users", pictured=True),
    Place("user", "ada", "/settings/users/{samuel}"),
    Place("user-add", "ada", "/settings/users/add"),
    Place("user-deactivate", "ada", "/settings/users/{samuel}/deactivation"),
    Place("user-join", "ada", "/settings/users/{samuel}/groups/add"),
    Place("groups", "ada", "/settings/groups", pictured=True),
    Place("group", "ada", "/settings/groups/{group}"),
    Place("group-join", "ada", "/settings/groups/{group}/members/add"),
    Place("group-delete", "ada", "/settings/groups/{group}/delete"),
    Place("outgoing-mail", "ada", "/settings/mail/outgoing"),
)

TICKETS = {
    "ipad": "Session notes not saving on iPad",
    "update": "iPad will not update",
    "archive": "Access to the supervision archive",
    "arabic": "لا أستطيع فتح تقويم الفريق",
    "wifi": "Please_rename_the_guest_network%",
    "invoice": "Invoice 2026-311%",
}


def numbers(session: Session) -> dict[str, int]:
    """The rows that the places name."""
    return dict(_numbers(session))


def _numbers(session: Session) -> Iterator[tuple[str, int]]:
    for key, subject in TICKETS.items():
        yield key, session.scalars(select(Task.id).where(Task.summary.like(subject))).one()
    ipad = select(Task.id).where(Task.summary == TICKETS["ipad"]).scalar_subquery()
    for key, table in (("file", Attachment), ("said", Comment)):
        found = select(table.id).where(table.task_id == ipad).order_by(table.id.desc()).limit(1)
        yield key, session.scalars(found).one()
    samuel = Address.folded == f"samuel@{DOMAIN}"
    yield "samuel", session.scalars(select(Address.user_id).where(samuel)).one()
    clinic = TaskList.name == "Clinic software"
    yield "clinic", session.scalars(select(TaskList.id).where(clinic)).one()
    field = select(CustomField.id).where(CustomField.name == "Browser")
    yield "field", session.scalars(field).one()
    for key, table in (
        ("heading", Grouping),
        ("category", Category),
        ("location", Location),
        ("canned", CannedReply),
        ("macro", Macro),
    ):
        yield key, session.scalars(select(table.id).order_by(table.id).limit(1)).one()
    yield "group", session.scalars(select(Group.id).where(Group.name == "IT team")).one()
    yield "comment", session.scalars(select(Comment.id).limit(1)).one()


def enter(page: Page, address: str, password: str) -> None:
    """Sign somebody in past the form, with the page's own cookies."""
    browser = page.context.request
    token = browser.get("/csrf").json()["csrf_token"]
    answer = browser.post(
        "/login",
        form={"address": address, "password": password, "csrf_token": token},
        headers={"Sec-Fetch-Site": "same-origin"},
        max_redirects=0,
    )
    assert answer.status == 303, answer.text()
