"""Support: agents work the queue, managers set it up."""

from functools import partial

from sqlalchemy.orm import Session

from groupware.access import access_of
from groupware.models import Permission, User
from groupware.module import Link, Module, Periodic, Work
from modules.support import api, demo, first_list, sidebar
from modules.support.bulk import running as bulk_running
from modules.support.importing import running as import_running
from modules.support.letters import views as letters
from modules.support.mailboxes import oauth, quarantine
from modules.support.mailboxes import views as mailboxes
from modules.support.settings import (
    access,
    canned,
    categories,
    check,
    headings,
    lists,
    locations,
    macros,
    told,
    webhooks,
)
from modules.support.settings import fields as field_settings
from modules.support.views import (
    acts,
    add,
    at_hand,
    board,
    bulk,
    checklist,
    comments,
    deletion,
    export,
    fields,
    imports,
    joining,
    mails,
    notices,
    other_ways,
    palette,
    papers,
    saved,
    ticket,
    together,
    walking,
)
from modules.support.views import delivery as deliveries
from modules.support.views import queue as queue_page


def home(permissions: frozenset[Permission]) -> str | None:
    agents = {Permission.MANAGE_TICKETS, Permission.MANAGE_SUPPORT}
    return "support.queue" if agents & permissions else None


def works_here(session: Session, user: User) -> bool:
    return access_of(session, user).agent


module = Module(
    name="support",
    blueprints=[
        queue_page.blueprint,
        ticket.blueprint,
        acts.blueprint,
        fields.blueprint,
        at_hand.blueprint,
        comments.blueprint,
        deliveries.blueprint,
        together.blueprint,
        notices.blueprint,
        palette.blueprint,
        deletion.blueprint,
        joining.blueprint,
        mails.blueprint,
        checklist.blueprint,
        bulk.blueprint,
        walking.blueprint,
        papers.blueprint,
        add.blueprint,
        export.blueprint,
        imports.blueprint,
        saved.blueprint,
        board.blueprint,
        other_ways.blueprint,
        lists.blueprint,
        letters.blueprint,
        access.blueprint,
        field_settings.blueprint,
        canned.blueprint,
        macros.blueprint,
        webhooks.blueprint,
        headings.blueprint,
        categories.blueprint,
        locations.blueprint,
        mailboxes.blueprint,
        oauth.blueprint,
        quarantine.blueprint,
        check.blueprint,
        first_list.blueprint,
        *api.BLUEPRINTS,
    ],
    settings=[
        Link(
            "Task lists",
            "support_lists.overview",
            "layers",
            section="Support",
            shown=lists.manages_a_list,
        ),
        Link(
            "Categories",
            "support_categories.all_of_them",
            "tags",
            Permission.MANAGE_SUPPORT,
            "Support",
        ),
        Link(
            "Locations",
            "support_locations.all_of_them",
            "map-pin",
            Permission.MANAGE_SUPPORT,
            "Support",
        ),
        Link("Letters", "support_letters.overview", "mail", Permission.MANAGE_SUPPORT, "Support"),
        Link(
            "Canned replies",
            "support_canned.all_of_them",
            "message-square-text",
            section="Support",
            shown=works_here,
        ),
        Link("Macros", "support_macros.all_of_them", "zap", section="Support", shown=works_here),
        Link("Mailboxes", "mailboxes.all_of_them", "mail", Permission.MANAGE_SUPPORT, "Support"),
        Link("Quarantine", "quarantine.mails", "shield", Permission.MANAGE_SUPPORT, "Support"),
        Link(
            "Webhooks",
            "support_webhooks.all_of_them",
            "webhook",
            Permission.MANAGE_SUPPORT,
            "Support",
        ),
        Link(
            "Check a person", "support_check.check", "eye", section="Support", shown=check.may_check
        ),
    ],
    periodic=[
        Periodic("forget old acts on many tickets", 3600, bulk_running.forget_old),
        Periodic("forget what old imports said", 86400, import_running.forget_old),
    ],
    work=[
        Work("acts on many tickets", 3, bulk_running.go_on),
    ],
    works=lambda settings: [
        Work("imports", 3, partial(import_running.go_on, base_url=settings.base_url)),
    ],
    journal=told.JOURNAL,
    about=told.about,
    places=told.places,
    sidebar=sidebar.sections,
    corner=notices.corner,
    profile=[
        Link("Notifications", "notices.choices", "bell", shown=works_here),
        Link("Signature", "support_letters.signature", "square-pen", shown=works_here),
    ],
    home=home,
    first_steps=[first_list.step],
    commands=demo.commands,
)
