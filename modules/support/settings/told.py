"""What the support desk says on the core's settings pages, and in the journal."""

from collections.abc import Mapping, Sequence

from flask import url_for
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from groupware.access import access_of
from groupware.models import Location, Permission, User
from groupware.module import Item, Words
from modules.support.settings.lists import manages_a_list
from modules.tasks.canned.models import CannedReply
from modules.tasks.macros.models import Macro
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import active, worked_by
from modules.tasks.saved_views import SavedView

MOST_COUNTED = 1000


def about(session: Session, viewer: User, person: User) -> Sequence[Item]:
    """What a person has: open tickets as far as the viewer works on them, and their rights."""
    items = []
    if access_of(session, viewer).agent:
        for label, href, condition in (
            (
                "Open tickets assigned to them",
                url_for("support.queue", assignee=person.id),
                Task.assignee_id == person.id,
            ),
            (
                "Open tickets of theirs",
                url_for("support.queue", customer=person.id),
                Task.customer_id == person.id,
            ),
        ):
            items.append(Item(label, href, "inbox", count=_counted(session, viewer, condition)))
    if access_of(session, viewer).administrator or manages_a_list(session, viewer):
        href = url_for("support_check.check", person=person.id)
        items.append(Item("Check what they may do", href, "eye"))
    return items


def places(session: Session, acl_ids: Sequence[int]) -> Mapping[int, Item]:
    """Which of these access lists are a task list's, or a location's."""
    found: dict[int, Item] = {}
    for task_list in session.scalars(
        select(TaskList).where(
            or_(TaskList.customer_acl_id.in_(acl_ids), TaskList.agent_acl_id.in_(acl_ids))
        )
    ):
        href = url_for("support_lists.show", list_id=task_list.id)
        for side, acl_id in (
            ("customers", task_list.customer_acl_id),
            ("agents", task_list.agent_acl_id),
        ):
            found[acl_id] = Item(f"{task_list.name}: {side}", f"{href}#{side}", "layers")
    for view in session.scalars(select(SavedView).where(SavedView.acl_id.in_(acl_ids))):
        href = url_for("support_views.edit", view_id=view.id)
        found[view.acl_id] = Item(f"View: {view.name}", href, "star")
    at_hand = (
        (CannedReply, "support_canned", "message-square-text"),
        (Macro, "support_macros", "zap"),
    )
    for model, endpoint, icon in at_hand:
        rows = select(model.id, model.name, model.acl_id).where(model.acl_id.in_(acl_ids))
        for number, name, acl_id in session.execute(rows):
            found[acl_id] = Item(name, url_for(f"{endpoint}.edit", thing_id=number), icon)
    for location in session.scalars(select(Location).where(Location.acl_id.in_(acl_ids))):
        href = url_for("support_locations.show", location_id=location.id)
        found[location.acl_id] = Item(location.name, href, "map-pin")
    return found


_THING = {
    "created": "made the {thing} {of}",
    "edited": "changed the {thing} {of}",
    "renamed": "renamed the {thing} {of}",
    "archived": "archived the {thing} {of}",
    "restored": "restored the {thing} {of}",
    "moved": "moved the {thing} {of}",
    "deleted": "deleted the {thing} {of}",
    "access": "changed who may file for {of}",
    "rules": "changed the rules of {of}",
    "default": "made {of} the default list",
    "letters": "changed what {of} writes by e-mail",
    "customers_access": "changed who may ask in {of}",
    "agents_access": "changed who works on {of}",
}


def _thing(thing: str) -> dict[str, str]:
    return {act: text.replace("{thing}", thing) for act, text in _THING.items()}


def _shared(thing: str) -> dict[str, str]:
    return _thing(thing) | {"access": f"changed who may use the {thing} {{of}}"}


TICKET = {
    "filed": "filed ticket {of}",
    "edited": "changed the text of ticket {of}",
    "assigned": "assigned ticket {of}",
    "replied": "replied to ticket {of}",
    "responded": "responded to ticket {of}",
    "noted": "left a note on ticket {of}",
    "started": "began ticket {of}",
    "reopened": "opened ticket {of} again",
    "resolved": "resolved ticket {of}",
    "closed": "closed ticket {of}",
    "waiting": "changed what ticket {of} waits for",
    "urgency": "changed the urgency of ticket {of}",
    "due": "changed when ticket {of} is due",
    "start": "changed when ticket {of} starts",
    "percent": "changed how much of ticket {of} is done",
    "calendar": "changed what a calendar keeps of ticket {of}",
    "categories": "changed the categories of ticket {of}",
    "location": "changed the location of ticket {of}",
    "customer": "changed the customer of ticket {of}",
    "participants": "changed who takes part in ticket {of}",
    "moved": "moved ticket {of} to another list",
    "linked": "linked ticket {of}",
    "unlinked": "unlinked ticket {of}",
    "deleted": "deleted ticket {of}",
    "restored": "restored ticket {of}",
    "taken_back": "took a reply of ticket {of} back",
    "undelivered": "could not deliver a reply of ticket {of}",
    "field": "changed what ticket {of}'s fields say",
    "comment_edited": "edited a message of ticket {of}",
    "comment_deleted": "deleted a message of ticket {of}",
}

JOURNAL = {
    "task_list": Words("Task lists", _thing("task list")),
    "grouping": Words("Headings", _thing("heading")),
    "category": Words("Categories", _thing("category")),
    "location": Words("Locations", _thing("location")),
    "letter_text": Words(
        "Letters",
        {
            "letter_text": "changed the words of the letter {of}",
            "letter_reset": "took the words of the letter {of} back to the default",
        },
    ),
    "mailbox": Words(
        "Mailboxes",
        {
            **_thing("mailbox"),
            "changed": "changed the mailbox {of}",
            "deleted": "deleted the mailbox {of}",
            "paused": "paused the mailbox {of}",
            "resumed": "resumed the mailbox {of}",
            "rule_added": "added a rule to the mailbox {of}",
            "rule_removed": "removed a rule of the mailbox {of}",
            "connected": "connected the mailbox {of} with its provider",
            "mail_brought": "brought a mail in by the mailbox {of}",
        },
    ),
    "inbound_mail": Words(
        "Mail that came in",
        {
            "released": "released the mail “{of}” from quarantine",
            "replayed": "had the mail “{of}” decided on again",
            "rejected": "rejected the mail “{of}”",
        },
    ),
    "custom_field": Words("Custom fields", _thing("field")),
    "canned_reply": Words("Canned replies", _shared("canned reply")),
    "macro": Words("Macros", _shared("macro")),
    "saved_view": Words("Views", {**_thing("view"), "shared": "shared the view {of}"}),
    "tickets": Words("Downloads", {"exported": "downloaded {of}", "imported": "imported {of}"}),
    "task": Words("Tickets", TICKET, needs=Permission.MANAGE_SUPPORT),
}


def _counted(session: Session, viewer: User, condition: ColumnElement[bool]) -> str:
    there = worked_by(viewer).where(active(), condition).with_only_columns(Task.id)
    number = session.scalar(select(func.count()).select_from(there.limit(MOST_COUNTED).subquery()))
    return f"{MOST_COUNTED:,}+" if number == MOST_COUNTED else f"{number or 0:,}"
