"""What is sent twice is done once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from groupware import idempotency
from groupware.database import Database
from groupware.errors import Invalid
from groupware.models import JournalEntry, User
from tests.factories import NOON, Desk


def write_down(session, count=1):
    entry = JournalEntry(at=NOON, act="tried", entity="test", entity_id=count)
    session.add(entry)
    session.flush()
    return str(entry.id)


def test_the_second_is_given_the_first_ones_answer(desk: Desk) -> None:
    def send(key: str, user: User = desk.customer) -> tuple[str, bool]:
        return idempotency.once(desk.session, user, key, lambda: write_down(desk.session), now=NOON)

    first, done = send("file:a")
    assert done
    assert send("file:a") == (first, False)
    assert send("file:b") != (first, False)
    assert send("file:a", desk.stranger)[1]


def test_without_a_key_and_with_an_absurd_one_it_is_done_each_time(desk: Desk) -> None:
    for key in ("", "x" * 5000):
        for _ in range(2):
            assert idempotency.once(desk.session, desk.customer, key, lambda: "1", now=NOON)[1]


def test_what_was_refused_may_be_sent_again(desk: Desk) -> None:
    def refuse() -> str:
        raise Invalid("no")

    with pytest.raises(Invalid), desk.session.begin_nested():
        idempotency.once(desk.session, desk.customer, "k", refuse, now=NOON)
    assert idempotency.once(desk.session, desk.customer, "k", lambda: "1", now=NOON) == ("1", True)


def test_twenty_at_once_act_once(desk: Desk, database: Database) -> None:
    desk.session.commit()
    customer, start = desk.customer, Barrier(20)

    def send(_: int) -> tuple[str, bool]:
        start.wait()
        with database.writing() as session:
            return idempotency.once(
                session, customer, "file:k", lambda: write_down(session), now=NOON
            )

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert len({answer for answer, _ in answers}) == 1
    assert sum(done for _, done in answers) == 1


def test_old_keys_are_forgotten(desk: Desk) -> None:
    idempotency.once(desk.session, desk.customer, "k", lambda: "1", now=NOON)
    idempotency.forget_old(desk.session, NOON + timedelta(days=2))
    assert idempotency.once(desk.session, desk.customer, "k", lambda: "2", now=NOON) == ("2", True)
