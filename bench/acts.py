"""What is measured: the acts of a desk's day, as requests."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import tokens
from groupware.database import Database, utc_now
from groupware.models import Address, TokenKind, User
from modules.support.demo.organisation import DOMAIN, PASSWORD
from modules.tasks import saved_views
from modules.tasks.models import Task
from modules.tasks.queue import ask
from modules.tasks.saved_views import Wish

Form = dict[str, Any]
API = "/api/v1/tickets"


@dataclass(frozen=True)
class Act:
    """A request: `path` and `form` are asked anew each time; without a form it is a GET.

    With a `secret` it is a program's, and the form is sent as JSON.
    """

    name: str
    who: str
    path: Callable[[], str]
    form: Callable[[], Form] | None = None
    secret: str = ""

    @property
    def headers(self) -> Form:
        return {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}


class Visitor:
    """Somebody with a browser's patience: one connection, kept open, and a cookie."""

    def __init__(self, port: int, key: str) -> None:
        self.port = port
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookie = ""
        self.token = self._token()
        self.send("/login", {"address": f"{key}@{DOMAIN}", "password": PASSWORD})
        self.token = self._token()

    def ask(self, path: str) -> str:
        return self._request("GET", path, None, {}, 200)

    def drain(self, path: str) -> int:
        """Read a file as it comes; how many bytes it has."""
        # A workbook's first byte comes when all of it is written.
        patient = HTTPConnection("127.0.0.1", self.port, timeout=1800)
        patient.request("GET", path, None, {"Cookie": self.cookie})
        answer = patient.getresponse()
        assert answer.status == 200, f"{path}: {answer.status}"
        length = 0
        while piece := answer.read(1 << 16):
            length += len(piece)
        patient.close()
        return length

    def send(self, path: str, form: Form) -> str:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Sec-Fetch-Site": "same-origin",
        }
        body = urlencode({**form, "csrf_token": self.token})
        return self._request("POST", path, body, headers, 303)

    def do(self, act: Act) -> str:
        if act.secret:
            body = json.dumps(act.form()) if act.form else None
            method = "POST" if body else "GET"
            return self._request(method, act.path(), body, act.headers, 201 if body else 200)
        return self.send(act.path(), act.form()) if act.form else self.ask(act.path())

    def _token(self) -> str:
        found = re.search(r'"csrf_token":\s*"([^"]+)"', self.ask("/csrf"))
        assert found is not None
        return found[1]

    def _request(self, method: str, path: str, body: str | None, headers: Form, wanted: int) -> str:
        if self.cookie and "Authorization" not in headers:
            headers["Cookie"] = self.cookie
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        except ConnectionError:  # it was kept open for long enough: as browsers do, once more
            self.connection.close()
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        text = answer.read().decode()
        if cookie := answer.getheader("Set-Cookie"):
            self.cookie = cookie.split(";")[0]
        assert answer.status == wanted, f"{method} {path}: {answer.status}\n{text[:2000]}"
        return text


def acts(database_url: str) -> list[Act]:
    """The acts, on tickets spread over all there are."""
    database = Database(database_url)
    with database.reading() as session:
        last = session.scalar(select(func.max(Task.id))) or 0
        agent, customer = (_number(session, key) for key in ("mara", "samuel"))
        lists = [1, 2]
        worked = session.scalars(
            select(Task.id)
            .where(Task.task_list_id.in_(lists), Task.reply_count > 1)
            .order_by(Task.id.desc())
            .limit(400)
        ).all()
        own = session.scalars(
            select(Task.id).where(Task.customer_id == customer).order_by(Task.id.desc()).limit(50)
        ).all()
        location = session.scalar(select(Task.location_id).where(Task.customer_id == customer))
        codes = [
            found[0]
            for found in map(
                _code, session.scalars(select(Task.summary).where(Task.id > last - 2000))
            )
            if found
        ]
    view = _views(database)
    with database.writing() as session:
        program = session.get_one(User, agent)
        secret = tokens.give(session, None, program, TokenKind.API, name="bench", now=utc_now())
    database.engine.dispose()
    numbers = count(1)

    def one_of(many: Sequence[int] | Sequence[str]) -> str:
        return str(many[next(numbers) * 7 % len(many)])

    new = {
        "subject": "The projector of room 2 flickers",
        "details": "It began this morning, with each of the laptops.",
        "urgency": "normal",
        "task_list": "1",
        "customer": str(customer),
        "location": str(location),
    }
    return [
        Act("queue, first page", "mara", lambda: "/support"),
        Act("queue, filtered", "mara", lambda: f"/support?list=1&assignee={agent}&urgency=high"),
        Act("board", "mara", lambda: "/support/board"),
        Act("beside a ticket", "mara", lambda: "/support/split"),
        Act("agenda", "mara", lambda: "/support/agenda"),
        Act("queue, 50 saved views", "lena", lambda: "/support"),
        Act("a saved view", "lena", lambda: f"/support?view={view}"),
        Act("ticket with its thread", "mara", lambda: f"/support/tickets/{one_of(worked)}"),
        Act("search, rare word", "mara", lambda: f"/support?q={one_of(codes)}"),
        Act("search, common word", "mara", lambda: "/support?q=session"),
        Act("create (agent)", "mara", lambda: "/support/add",
            lambda: {**new, "subject": f"{new['subject']} ({next(numbers)})"}),
        Act("reply", "mara", lambda: f"/support/tickets/{one_of(worked)}/comments",
            lambda: {"kind": "reply", "body": f"Please try it once more ({next(numbers)})."}),
        Act("customer's own list", "samuel", lambda: "/tickets/my-tickets"),
        Act("customer's ticket", "samuel", lambda: f"/tickets/view/{one_of(own)}"),
        Act("API, list", "mara", lambda: API, secret=secret),
        Act("API, create", "mara", lambda: API,
            lambda: {"subject": f"Made by a program ({next(numbers)})", "details": "Please look.",
                     "urgency": "normal", "task_list": 1, "customer": customer,
                     "location": location}, secret),
    ]  # fmt: skip


VIEWS = ("status:open category:1", "is:unread", "assignee:me due:<7d", "calendar -session",
         "created:<30d has:files", "-status:closed urgency:high,urgent")  # fmt: skip


def _views(database: Database) -> int:
    """Fifty views in the manager's side bar; the number of one."""
    with database.writing() as session:
        manager = session.get_one(User, _number(session, "lena"))
        for number in range(50):
            filters = ask(session, manager, VIEWS[number % len(VIEWS)], utc_now()).filters
            wish = Wish(f"View {number:02}", filters)
            made = saved_views.save(session, manager, wish, now=utc_now())
        return made.id


def _number(session: Session, key: str) -> int | None:
    return session.scalar(select(Address.user_id).where(Address.folded == f"{key}@{DOMAIN}"))


def _code(subject: str) -> re.Match[str] | None:
    return re.search(r"[A-Z]{2}-\d{5}", subject)
