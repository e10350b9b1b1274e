"""Module permissions as settings pages show them: a row a permission, with what it is for."""

from collections.abc import Collection

from flask import redirect, request
from flask.typing import ResponseReturnValue

from groupware import groups
from groupware.errors import Invalid
from groupware.models import Group, Permission
from groupware.web.request import actor, now, session, told
from groupware.web.settings.saving import Difference, conflict, stale

MEANINGS = {
    Permission.CREATE_TICKETS: ("Ask for support", "File requests and follow their own."),
    Permission.MANAGE_TICKETS: (
        "Work on tickets",
        "Be an agent: on the lists whose agents' access names them.",
    ),
    Permission.MANAGE_SUPPORT: (
        "Manage the desk",
        "Set up lists, categories and locations, and work on every list.",
    ),
    Permission.ADMINISTER: (
        "Administer",
        "Change users, groups, permissions and the installation.",
    ),
}


def sent() -> set[Permission]:
    """The permissions that were ticked."""
    ticked = set(request.form.getlist("permissions"))
    return {permission for permission in Permission if permission.value in ticked}


def save(group: Group, back: str) -> ResponseReturnValue:
    """Give a group exactly what was ticked, unless somebody else changed it since; then go back."""
    there = groups.permissions_of(session(), group)
    if stale(request.form.get("base"), values_of(there)):
        return conflict(differences(there, sent()), values_of(there), keep=back)
    try:
        with session().begin_nested():
            groups.set_permissions(session(), actor(), group, sent(), now=now())
        told("The permissions are saved.")
    except Invalid as refusal:
        told(refusal.message, "error")
    return redirect(back, 303)


def values_of(permissions: Collection[Permission]) -> dict[str, list[str]]:
    """As their form is marked with them."""
    return {"permissions": sorted(permission.value for permission in permissions)}


def differences(now: Collection[Permission], yours: Collection[Permission]) -> list[Difference]:
    return [
        Difference(words, _yes(permission in now), _yes(permission in yours))
        for permission, (words, _) in MEANINGS.items()
        if (permission in now) != (permission in yours)
    ]


def _yes(value: bool) -> str:  # noqa: FBT001  # the word for it
    return "yes" if value else "no"
