"""Help: end users file requests and follow them."""

from groupware.models import Permission
from groupware.module import Link, Module
from modules.help import views


def home(permissions: frozenset[Permission]) -> str | None:
    return "help.my_requests" if Permission.CREATE_TICKETS in permissions else None


module = Module(
    name="help",
    blueprints=[views.blueprint],
    links=[Link("My Support Requests", "help.my_requests", "inbox", Permission.CREATE_TICKETS)],
    home=home,
)
