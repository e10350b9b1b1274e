"""Support: agents work the queue, managers set it up."""

from groupware.models import Permission
from groupware.module import Module
from modules.support import demo
from modules.support.views import acts, add, comments, deletion, queue, ticket


def home(permissions: frozenset[Permission]) -> str | None:
    agents = {Permission.MANAGE_TICKETS, Permission.MANAGE_SUPPORT}
    return "support.queue" if agents & permissions else None


module = Module(
    name="support",
    blueprints=[
        queue.blueprint,
        ticket.blueprint,
        acts.blueprint,
        comments.blueprint,
        deletion.blueprint,
        add.blueprint,
    ],
    home=home,
    commands=demo.commands,
)
