"""What a module tells the core about itself, and how the core finds it.

A module is a package with a `Module` named `module` in its `__init__.py`, announced through the
entry-point group `groupware.modules`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from flask import Blueprint
from sqlalchemy.orm import Session

from groupware import events
from groupware.config import Settings
from groupware.database import Database
from groupware.live.topics import Topic
from groupware.mailboxes.outcome import Incoming
from groupware.models import Permission, User
from groupware.outbox import Write


@dataclass(frozen=True)
class Link:
    """A way to a page in a header, a side bar or the settings, shown to whoever may go there."""

    label: str
    endpoint: str
    icon: str = ""
    needs: Permission | None = None
    section: str = ""
    shown: Callable[[Session, User], bool] | None = None  # where `needs` is not all of it


@dataclass(frozen=True)
class Item:
    """A line of the side bar as it is drawn."""

    label: str
    href: str
    icon: str = ""
    hue: int = 0
    count: str = ""
    current: bool = False
    short: str = ""  # the label where a phone has little room


@dataclass(frozen=True)
class Section:
    """A part of the side bar."""

    title: str
    items: Sequence[Item]
    add_href: str = ""


@dataclass(frozen=True)
class Periodic:
    """Work that the worker does every so many seconds, in a transaction of its own."""

    name: str
    seconds: int
    run: Callable[[Session, datetime], None]


@dataclass(frozen=True)
class Work:
    """Work that the worker looks for every so many seconds, and does in many transactions."""

    name: str
    seconds: int
    run: Callable[[Database, Callable[[], datetime]], object]


@dataclass(frozen=True)
class Command:
    """A subcommand of the program: its name, help, arguments and act."""

    name: str
    help: str
    arguments: Callable[[Any], None]
    run: Callable[[Any], int]


@dataclass(frozen=True)
class Step:
    """A step of setting up an empty installation, on a page of the module's own below /setup."""

    title: str
    endpoint: str
    done: Callable[[Session], bool]


@dataclass(frozen=True)
class Words:
    """How the journal's readers call a kind of thing, and what was done to one.

    In a sentence `{of}` stands for the thing's name. Only holders of `needs` are shown it.
    """

    kind: str
    sentences: Mapping[str, str]
    needs: Permission = Permission.ADMINISTER


@dataclass(frozen=True)
class Module:
    """A room of the house; everything that it adds is listed here and nowhere else."""

    name: str
    blueprints: Sequence[Blueprint] = ()
    handlers: Mapping[type[events.Event], Iterable[events.Handler]] = field(default_factory=dict)
    links: Sequence[Link] = ()  # the portal's header
    settings: Sequence[Link] = ()  # the settings' side bar
    sidebar: Callable[[Session, User], Sequence[Section]] | None = None  # the agents' side bar
    # What stands at the end of the bar above agents' pages, with a number of what is new.
    corner: Callable[[Session, User], Sequence[Item]] | None = None
    profile: Sequence[Link] = ()  # pages that one's own page leads to
    periodic: Sequence[Periodic] = ()
    work: Sequence[Work] = ()
    works: Callable[[Settings], Sequence[Work]] | None = None  # such as needs a setting
    commands: Sequence[Command] = ()
    journal: Mapping[str, Words] = field(default_factory=dict)  # by the entity's name
    # What there is to say of a person on their page in the settings, to whoever looks at it.
    about: Callable[[Session, User, User], Sequence[Item]] | None = None
    # What each of these access lists belongs to.
    places: Callable[[Session, Sequence[int]], Mapping[int, Item]] | None = None
    home: Callable[[frozenset[Permission]], str | None] | None = None  # where `/` leads
    first_steps: Sequence[Step] = ()  # between the first manager and the mail
    files: Sequence[Any] = ()  # models with sha256, size and name, whose bytes must stay
    checks: Sequence[Callable[[Session], Iterable[str]]] = ()  # what `groupware verify` asks
    # Who writes each kind of mail that the module notes in the outbox.
    writers: Callable[[Settings], Mapping[str, Write]] | None = None
    incoming: Incoming | None = None  # takes mail that came in
    topics: Sequence[Topic] = ()  # what pages can follow while they are open


@cache
def installed() -> tuple[Module, ...]:
    """Every module, the ones that others stand on first; their handlers are in force from now on."""
    found = {entry.name: entry.load() for entry in entry_points(group="groupware.modules")}
    first = [found.pop(name) for name in ("core", "tasks", "support", "help") if name in found]
    modules = (*first, *(found[name] for name in sorted(found)))
    events.install(module.handlers for module in modules)
    return modules
