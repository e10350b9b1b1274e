"""The example organisation's tickets: told through the use cases, each at its time in the past."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Any

from sqlalchemy.orm import Session

from groupware import uploads
from groupware.blobs import Store
from groupware.models import Upload, User
from modules.support.demo.organisation import Organisation, content
from modules.support.demo.samples import sample
from modules.tasks import conversation, tickets
from modules.tasks.models import State, Task, Urgency, Waiting
from modules.tasks.seen import saw

READER = "mara"
"""The agent who is told to visitors: she has read most, so that what is new stands out."""

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


@dataclass
class Teller:
    """Tells the stories; what they refer to by a key is made before."""

    session: Session
    store: Store
    made: Organisation
    now: datetime

    def __post_init__(self) -> None:
        self.tickets: dict[str, Task] = {}

    def tell(self) -> None:
        """File every ticket and do what follows, in the order of time."""
        acts = [act for told in content("tickets.toml")["tickets"] for act in self._acts(told)]
        for at, act in sorted(acts, key=lambda pair: pair[0]):
            act(at)
            self.session.flush()
        self._read()

    def _read(self) -> None:
        """Let people have read what is not quite new, so that what is new stands out."""
        for ticket in self.tickets.values():
            if ticket.last_modified < self.now - timedelta(hours=1):
                saw(self.session, self.made.people[READER].id, ticket.id, ticket.last_modified)
            if ticket.customer_id and ticket.public_modified < self.now - timedelta(days=2):
                saw(self.session, ticket.customer_id, ticket.id, ticket.public_modified)

    def _acts(self, told: dict[str, Any]) -> Iterator[tuple[datetime, Callable[[datetime], None]]]:
        yield self._time(told["at"] + " ago"), partial(self._file, told)
        for step in told.get("then", ()):
            yield self._time(step["at"] + " ago"), partial(self._go_on, told["key"], step)

    def _file(self, told: dict[str, Any], at: datetime) -> None:
        customer, task_list = self.made.people[told["by"]], self.made.lists[told["list"]]
        request = tickets.Request(
            subject=told["subject"],
            details=told["details"],
            urgency=Urgency(told["urgency"]),
            location=self.made.locations[told["location"]],
            files=[self._upload(customer, name, at) for name in told.get("files", ())],
            custom=told.get("custom"),
        )
        ticket = tickets.file(self.session, customer, task_list, request, now=at)
        self.tickets[told["key"]] = ticket
        lead = self.made.people["lena"]
        if names := told.get("categories"):
            wanted = [self.made.categories[name] for name in names]
            tickets.categorise(self.session, lead, ticket, wanted, now=at)
        if due := told.get("due"):
            tickets.set_due(self.session, lead, ticket, due=self._time(due), now=at)

    def _go_on(self, key: str, step: dict[str, Any], at: datetime) -> None:
        session, ticket, by = self.session, self.tickets[key], self.made.people[step["by"]]
        for kind, value in step.items():
            match kind:
                case "reply":
                    conversation.reply(session, by, ticket, self._text(value), now=at)
                case "response":
                    conversation.respond(session, by, ticket, self._text(value), now=at)
                case "note":
                    conversation.note(session, by, ticket, self._text(value), now=at)
                case "assign":
                    tickets.assign(session, by, ticket, to=self.made.people.get(value), now=at)
                case "waiting":
                    tickets.wait(session, by, ticket, waiting=Waiting(value), now=at)
                case "resolve":
                    tickets.set_state(session, by, ticket, State.RESOLVED, now=at)
                case "close":
                    tickets.set_state(session, by, ticket, State.CLOSED, now=at)
                case "participant":
                    tickets.add_participant(session, by, ticket, self.made.people[value], now=at)
                case "link":
                    tickets.link(session, by, ticket, self.tickets[value], now=at)
                case "at" | "by":
                    pass
                case _:
                    raise ValueError(f"{key}: what is {kind}?")
        session.flush()
        saw(session, by.id, ticket.id, at)

    def _upload(self, owner: User, name: str, at: datetime) -> Upload:
        kind, content = sample(name)
        _, upload = uploads.receive(
            self.session,
            self.store,
            owner,
            name=name,
            stream=BytesIO(content),
            declared_type=kind,
            now=at,
        )
        return upload

    def _text(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: str(self.tickets[found[1]].id), text)

    def _time(self, told: str) -> datetime:
        """`1d 2h ago`, `in 50m`."""
        parts = {_UNITS[unit]: int(number) for number, unit in re.findall(r"(\d+)([dhm])\b", told)}
        away = timedelta(**parts)
        return self.now - away if told.endswith("ago") else self.now + away
