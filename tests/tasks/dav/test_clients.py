"""Clients that others wrote, against the running server."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from groupware import migrate, tokens
from groupware.database import Database
from groupware.models import Level, TokenKind
from modules.tasks.models import State, Task
from modules.tasks.queries import worked_by
from tests.core.serving import served
from tests.factories import Desk, Make
from tests.tasks.dav.phone import task

pytestmark = pytest.mark.slow
BIN = Path(sys.executable).parent


@dataclass
class Place:
    """A running server, an agent with an app password, and a folder for their clients."""

    database: Database
    url: str
    address: str
    secret: str
    list_id: int
    home: Path

    @property
    def collection(self) -> str:
        return f"{self.url}/dav/calendars/{self.user_id}/{self.list_id}/"

    user_id: int = 0

    def run(self, *command: str, text: str = "", status: int = 0) -> str:
        """What a program prints; it knows nothing of this machine's own settings."""
        done = subprocess.run(  # noqa: S603
            command,
            input=text,
            text=True,
            capture_output=True,
            timeout=200,
            check=False,
            cwd=self.home,
            env={
                "HOME": str(self.home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8",
                "XDG_CONFIG_HOME": str(self.home / "config"), "PYTHONWARNINGS": "ignore",
            },
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def tasks(self) -> dict[str, Task]:
        """The list's tickets, by subject."""
        with Session(self.database.engine, expire_on_commit=False) as session:
            agent = tokens.holder(session, self.secret, TokenKind.DAV)
            assert agent is not None
            query = worked_by(agent[1]).where(Task.task_list_id == self.list_id)
            return {each.summary: each for each in session.scalars(query)}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("clients")
    data = folder / "data"
    data.mkdir()
    database = Database(f"sqlite:///{data}/groupware.db")
    migrate.upgrade(database)
    with Session(database.writer) as session, session.begin():
        desk = Desk(Make(session))
        desk.make.allow(desk.list.agent_acl, desk.agent, Level.DELETE)
        desk.ticket(subject="The printer jams")
        secret = tokens.give(
            session, desk.agent, desk.agent, TokenKind.DAV, name="laptop", now=desk.make.now
        )
        told = (desk.agent.address, secret, desk.list.id)
        user_id = desk.agent.id
    environment = {
        "GROUPWARE_DATA": str(data), "GROUPWARE_BASE_URL": "http://127.0.0.1",
        "GROUPWARE_DATABASE_URL": f"sqlite:///{data}/groupware.db",
    }  # fmt: skip
    with served(environment, "--workers", "1") as server:
        home = folder / "home"
        home.mkdir()
        yield Place(database, f"http://127.0.0.1:{server.port}", *told, home, user_id)
    database.engine.dispose()


LIBRARY = """
import sys, caldav
from datetime import datetime, timedelta, UTC
url, user, password = sys.argv[1:]
principal = caldav.DAVClient(url=url, username=user, password=password).principal()
calendar = next(each for each in principal.calendars() if "requests" not in str(each.url))
assert [str(each.icalendar_component["SUMMARY"]) for each in calendar.todos()] == ["The printer jams"]
soon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
todo = calendar.save_todo(summary="By the library", due=soon, priority=1)
first = calendar.objects_by_sync_token()
assert len(list(first)) == 2
todo.complete()
assert len(calendar.todos()) == 1
assert len(calendar.todos(include_completed=True)) == 2
changed = list(calendar.objects_by_sync_token(first.sync_token, load_objects=True))
assert [each.url for each in changed] == [todo.url], changed
found = calendar.search(todo=True, summary="library", include_completed=True)
assert len(found) == 1
again = calendar.todo_by_uid(todo.id)
assert str(again.icalendar_component["STATUS"]) == "COMPLETED"
again.uncomplete()
again.delete()
assert len(calendar.todos(include_completed=True)) == 1
"""


def test_the_caldav_library(place: Place) -> None:
    place.run(sys.executable, "-c", LIBRARY, place.url, place.address, place.secret)


VDIRSYNCER = """\
[general]
status_path = "{home}/status/"

[pair one]
a = "desk"
b = "first"
collections = [["tasks", "{list}", "tasks"]]
conflict_resolution = "a wins"

[pair two]
a = "desk"
b = "second"
collections = [["tasks", "{list}", "tasks"]]
conflict_resolution = "b wins"

[storage desk]
type = "caldav"
url = "{url}/"
username = "{user}"
password = "{password}"
item_types = ["VTODO"]

[storage first]
type = "filesystem"
path = "{home}/first/"
fileext = ".ics"

[storage second]
type = "filesystem"
path = "{home}/second/"
fileext = ".ics"
"""


def test_vdirsyncer_both_ways(place: Place) -> None:
    first, second = place.home / "first" / "tasks", place.home / "second" / "tasks"
    config = place.home / "vdirsyncer.conf"
    config.write_text(
        VDIRSYNCER.format(
            home=place.home, list=place.list_id, url=place.url, user=place.address,
            password=place.secret,
        )
    )  # fmt: skip
    program = str(BIN / "vdirsyncer")

    def sync() -> None:
        place.run(program, "-c", str(config), "sync")

    place.run(program, "-c", str(config), "discover", text="y\ny\ny\ny\n")
    sync()
    (given,) = first.glob("*.ics")
    assert "SUMMARY:The printer jams" in given.read_text()
    # From here to there, and on to the other copy.
    (first / "mine.ics").write_bytes(task("mine", summary="From a file", x_own="kept"))
    sync()
    sync()
    assert place.tasks()["From a file"].uid == "mine"
    other = next(each for each in second.glob("*.ics") if "From a file" in each.read_text())
    assert "X-OWN:kept" in other.read_text()
    other.write_text(other.read_text().replace("SUMMARY:From a file", "SUMMARY:Changed"))
    sync()
    sync()
    mine = next(each for each in first.glob("*.ics") if "UID:mine" in each.read_text())
    assert "SUMMARY:Changed" in mine.read_text()
    # Both at once: the first pair lets the desk win.
    other.write_text(other.read_text().replace("SUMMARY:Changed", "SUMMARY:Second"))
    place.run(program, "-c", str(config), "sync", "two")
    mine.write_text(mine.read_text().replace("SUMMARY:Changed", "SUMMARY:First"))
    sync()
    assert "SUMMARY:Second" in mine.read_text()
    # Todoman works on the files.
    settings = place.home / "config" / "todoman"
    settings.mkdir(parents=True)
    (settings / "config.py").write_text(
        f'path = "{place.home}/first/*"\ndefault_list = "tasks"\ndate_format = "%Y-%m-%d"\n'
    )
    todo = str(BIN / "todo")
    assert "Second" in place.run(todo, "list")
    place.run(todo, "new", "By todoman")
    number = next(
        line.split()[1] for line in place.run(todo, "list").splitlines() if "Second" in line
    ).strip("[]")
    place.run(todo, "done", number if number.isdigit() else "1")
    sync()
    sync()  # what the desk made of it comes back, so that the deletion meets nothing new
    states = {summary: each.state for summary, each in place.tasks().items()}
    assert states["By todoman"] == State.OPEN
    assert State.RESOLVED in states.values()
    for each in first.glob("*.ics"):
        if "UID:mine" in each.read_text():
            each.unlink()
    sync()
    sync()
    assert "mine" not in {each.uid for each in place.tasks().values()}
    assert not any("UID:mine" in each.read_text() for each in second.glob("*.ics"))


def test_cadaver(place: Place) -> None:
    if shutil.which("cadaver") is None:
        pytest.skip("cadaver is not installed")
    netrc = place.home / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {place.address} password {place.secret}\n")
    netrc.chmod(0o600)
    (place.home / "c.ics").write_bytes(task("by-cadaver", summary="By cadaver"))
    script = ("ls", "put c.ics", "get c.ics back.ics", "move c.ics d.ics", "delete d.ics", "quit")
    told = place.run("cadaver", place.collection, text="\n".join(script) + "\n")
    assert "SUMMARY:By cadaver" in (place.home / "back.ics").read_text()
    assert "succeeded" in told
    assert "By cadaver" not in place.tasks()
