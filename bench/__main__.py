"""`python -m bench`: prints the table; loopback only, and bounded in time."""

import argparse
import statistics
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from flask.testing import FlaskClient
from sqlalchemy import event

from bench.acts import Act, Visitor, acts
from bench.bulk import ROWS, files, work
from bench.desk import Desk, desk
from bench.mail import MAILS, taken_in
from groupware import config
from groupware.database import Database
from groupware.web.app import create_app

SIZES = "1000,10000,100000"
TIMES = 40
WARM_UP = 5
AT_ONCE = (1, 8)
RUSH = 4.0

HEAD = ("act", "p50 ms", "p95 ms", "CPU ms", "SQL", "kB", *(f"{n} client/s" for n in AT_ONCE))


@dataclass(frozen=True)
class Row:
    """What was measured of an act."""

    name: str
    p50: float
    p95: float
    cpu: float
    statements: int
    kilobytes: float
    rates: tuple[float, ...]

    def cells(self) -> tuple[str, ...]:
        return (
            self.name, f"{self.p50:.1f}", f"{self.p95:.1f}", f"{self.cpu:.1f}",
            str(self.statements), f"{self.kilobytes:.0f}", *(f"{rate:.0f}" for rate in self.rates),
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--sizes", default=SIZES, help="numbers of tickets, with commas between")
    parser.add_argument("--engines", default="sqlite,postgresql")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--times", type=int, default=TIMES, help="requests of each act")
    parser.add_argument("--rush", type=float, default=RUSH, help="seconds of counting requests")
    parser.add_argument("--mails", type=int, default=MAILS, help="of a Maildir; 0: none")
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of an import")
    options = parser.parse_args()
    for engine in options.engines.split(","):
        for size in map(int, options.sizes.split(",")):
            began = time.monotonic()
            with desk(engine, size, options.workers) as place:
                filled = time.monotonic() - began
                print(f"\n{engine}, {size:,} tickets (filled in {filled:.0f} s)\n")
                hot = acts(place.database_url)
                show([measured(place, act, options).cells() for act in hot])
                print(f"\n  memory of {options.workers} workers: {place.memory():.0f} MB")
                tell(files(place, size))
                tell(work(place.database_url, options.rows))
                tell(taken_in(place, hot[0], options.mails))


def tell(lines: Iterable[object]) -> None:
    for each in lines:
        print(f"  {each}", flush=True)


def measured(place: Desk, act: Act, options: argparse.Namespace) -> Row:
    """Time an act, then count what it asks of the database, then see how many fit in a second."""
    times: int = options.times
    visitor = Visitor(place.port, act.who)
    for _ in range(WARM_UP):
        visitor.do(act)
    took, cpu = [], place.cpu()
    size = 0
    for _ in range(times):
        began = time.perf_counter()
        size = len(visitor.do(act).encode())
        took.append((time.perf_counter() - began) * 1000)
    cpu = (place.cpu() - cpu) * 1000 / times
    rates = tuple(rushed(place, act, clients, options.rush) for clients in AT_ONCE)
    p95 = statistics.quantiles(took, n=20)[-1]
    return Row(
        act.name, statistics.median(took), p95, cpu, statements(place, act), size / 1024, rates
    )


def rushed(place: Desk, act: Act, clients: int, seconds: float) -> float:
    """Requests a second by so many clients."""
    visitors = [Visitor(place.port, act.who) for _ in range(clients)]
    counts = [0] * clients
    until = time.perf_counter() + seconds

    def go(number: int) -> None:
        while time.perf_counter() < until:
            visitors[number].do(act)
            counts[number] += 1

    threads = [threading.Thread(target=go, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds if seconds else 0.0


def statements(place: Desk, act: Act) -> int:
    """How many SQL statements the act takes once caches are warm, in an application of our own."""
    settings = config.read(
        {
            "GROUPWARE_DATA": str(place.data),
            "GROUPWARE_DATABASE_URL": place.database_url,
            "GROUPWARE_BASE_URL": f"http://127.0.0.1:{place.port}",
        }
    )
    database = Database(settings.database_url)
    client = create_app(settings, database).test_client()
    visitor = Visitor(place.port, act.who)
    name, _, value = visitor.cookie.partition("=")
    client.set_cookie(name, value, domain="127.0.0.1")
    counted: list[str] = []
    event.listen(
        database.engine, "before_cursor_execute", lambda *arguments: counted.append(arguments[2])
    )
    for _ in range(2):
        counted.clear()
        send(client, act, place, visitor.token)
    database.engine.dispose()
    return sum(not line.startswith(("BEGIN", "PRAGMA")) for line in counted)


def send(client: FlaskClient, act: Act, place: Desk, token: str) -> None:
    base = f"http://127.0.0.1:{place.port}"
    if act.secret:
        method, body = ("POST", act.form()) if act.form else ("GET", None)
        called = client.open(
            act.path(), method=method, json=body, base_url=base, headers=act.headers
        )
        assert called.status_code in (200, 201), called.text
        return
    if act.form is None:
        assert client.get(act.path(), base_url=base).status_code == 200
        return
    answer = client.post(
        act.path(),
        data={**act.form(), "csrf_token": token},
        base_url=base,
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 303, answer.text


def show(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[n]) for row in (HEAD, *rows)) for n in range(len(HEAD))]
    for row in (HEAD, *rows):
        others = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  " + "  ".join([row[0].ljust(widths[0]), *others]))


if __name__ == "__main__":
    main()
