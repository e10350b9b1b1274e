"""Support: agents work the queue, managers set it up."""

from groupware.models import Permission
from groupware.module import Link, Module
from modules.support import demo, first_list, sidebar
from modules.support.bulk import models as bulk_models  # noqa: F401  # tables
from modules.support.settings import access, categories, check, headings, lists, locations, told
from modules.support.views import acts, add, comments, deletion, export, ticket
from modules.support.views import queue as queue_page


def home(permissions: frozenset[Permission]) -> str | None:
    agents = {Permission.MANAGE_TICKETS, Permission.MANAGE_SUPPORT}
    return "support.queue" if agents & permissions else None


module = Module(
    name="support",
    blueprints=[
        queue_page.blueprint,
        ticket.blueprint,
        acts.blueprint,
        comments.blueprint,
        deletion.blueprint,
        add.blueprint,
        export.blueprint,
        lists.blueprint,
        access.blueprint,
        headings.blueprint,
        categories.blueprint,
        locations.blueprint,
        check.blueprint,
        first_list.blueprint,
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
        Link(
            "Check a person", "support_check.check", "eye", section="Support", shown=check.may_check
        ),
    ],
    journal=told.JOURNAL,
    about=told.about,
    places=told.places,
    sidebar=sidebar.sections,
    home=home,
    first_steps=[first_list.step],
    commands=demo.commands,
)
