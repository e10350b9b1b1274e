"""Support: agents work the queue, managers set it up."""

from groupware.models import Permission
from groupware.module import Module
from modules.support import demo
from modules.support.views import queue


def home(permissions: frozenset[Permission]) -> str | None:
    agents = {Permission.MANAGE_TICKETS, Permission.MANAGE_SUPPORT}
    return "support.queue" if agents & permissions else None


module = Module(name="support", blueprints=[queue.blueprint], home=home, commands=demo.commands)
