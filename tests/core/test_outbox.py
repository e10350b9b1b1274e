"""Mail out: written with its cause, sent at least once, tried again with patience."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy.orm import Session

from groupware import outbox
from groupware.database import Database
from groupware.models import Delivery, OutboundMail
from groupware.outbox import Mail, Refused, Uncertain
from tests.factories import NOON, Make


def put(session: Session, **values: str) -> OutboundMail:
    values = {"to": "sam@maple.example", "subject": "Hello", "text": "Good news.", **values}
    return outbox.put(session, now=NOON, **values)  # type: ignore[arg-type]


def state_of(database: Database, mail_id: int) -> OutboundMail:
    with database.reading() as session:
        return session.get_one(OutboundMail, mail_id)


def test_a_mail_is_sent_once(database: Database, session: Session) -> None:
    row = put(session)
    session.commit()
    sent: list[Mail] = []
    for _ in range(2):
        outbox.sweep(database, sent.append, lambda: NOON)
    assert [mail.recipient for mail in sent] == ["sam@maple.example"]
    message = message_from_bytes(sent[0].message, policy=policy.default)
    assert message["Subject"] == "Hello"
    assert message["Message-ID"] == row.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().strip() == "Good news."
    kept = state_of(database, row.id)
    assert (kept.state, kept.sent_at, kept.tries) == (Delivery.SENT, NOON, 1)


def test_what_is_rolled_back_is_never_sent(database: Database, session: Session) -> None:
    put(session)
    session.rollback()
    sent: list[Mail] = []
    outbox.sweep(database, sent.append, lambda: NOON)
    assert sent == []


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?hi=0D=0ABcc=3A_eve@x.example?=",
        "hi\r\nBcc: eve@x.example",
        "hi\u2028Bcc: eve@x.example",
        "==??utf-8?q?=0D=0ABcc=3A?=",
        "\ud800 lone, \x00 nothing",
        "م" * 500,
    ],
)
def test_a_subject_makes_no_header(session: Session, subject: str) -> None:
    row = put(session, subject=subject)
    message = message_from_bytes(row.message, policy=policy.default)
    assert len(message.get_all("To", [])) == 1
    assert message["Bcc"] is None
    assert len(message.keys()) == len(set(message.keys()))
    assert b"\n" not in row.subject.encode()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@x.example <b@evil.example>",
        "a@x.example, b@x.example",
        "a@b\r\nBcc: c@d",
        "@",
    ],
)
def test_what_is_no_address_fails_without_breaking_its_cause(
    database: Database, session: Session, address: str
) -> None:
    row = put(session, to=address)
    session.commit()
    assert row.state == Delivery.FAILED
    sent: list[Mail] = []
    outbox.sweep(database, sent.append, lambda: NOON)
    assert sent == []


def test_refused_for_now_is_tried_again_until_it_is_taken(
    database: Database, session: Session
) -> None:
    row = put(session)
    session.commit()
    answers = [Refused("451 busy"), Refused("451 busy"), Refused("451 busy"), None]

    def server(_mail: Mail) -> None:
        if (answer := answers.pop(0)) is not None:
            raise answer

    clock = NOON
    for tries in (1, 2, 3):
        outbox.sweep(database, server, lambda: clock)  # noqa: B023
        kept = state_of(database, row.id)
        assert (kept.state, kept.tries, kept.error) == (Delivery.WAITING, tries, "451 busy")
        wait = kept.due_at - clock
        assert 0.8 <= wait / (timedelta(minutes=1) * 2 ** (tries - 1)) <= 1.2
        assert outbox.sweep(database, server, lambda: clock) == 0, "not before it is due"  # noqa: B023
        clock = kept.due_at
    outbox.sweep(database, server, lambda: clock)
    assert state_of(database, row.id).state == Delivery.SENT


def test_refused_for_good_is_not_tried_again(database: Database, session: Session) -> None:
    row = put(session)
    session.commit()

    def server(_mail: Mail) -> None:
        raise Refused("550 no such user", for_good=True)

    outbox.sweep(database, server, lambda: NOON)
    kept = state_of(database, row.id)
    assert (kept.state, kept.error) == (Delivery.FAILED, "550 no such user")
    assert outbox.sweep(database, server, lambda: NOON + timedelta(days=1)) == 0


def test_a_server_that_is_away_for_a_day_loses_nothing(
    database: Database, session: Session
) -> None:
    row = put(session)
    session.commit()

    def away(_mail: Mail) -> None:
        raise ConnectionRefusedError("nobody listens")

    clock = NOON
    while clock < NOON + timedelta(days=1):
        outbox.sweep(database, away, lambda: clock)  # noqa: B023
        clock += timedelta(minutes=30)
    sent: list[Mail] = []
    outbox.sweep(database, sent.append, lambda: clock + timedelta(hours=10))
    assert len(sent) == 1
    assert state_of(database, row.id).tries < 20


def test_after_five_days_it_is_given_up_and_an_administrator_may_retry(
    database: Database, session: Session
) -> None:
    row = put(session)
    session.commit()

    def away(_mail: Mail) -> None:
        raise TimeoutError

    outbox.sweep(database, away, lambda: NOON + timedelta(days=6))
    assert state_of(database, row.id).state == Delivery.FAILED
    later = NOON + timedelta(days=7)
    with database.writing() as writing:
        outbox.retry(writing, writing.get_one(OutboundMail, row.id), now=later)
    sent: list[Mail] = []
    outbox.sweep(database, sent.append, lambda: later)
    assert len(sent) == 1


def test_a_claim_older_than_ten_minutes_is_free_again(database: Database, session: Session) -> None:
    row = put(session)
    session.commit()
    with database.writing() as crashed:
        assert outbox.claim(crashed, now=NOON) == row.id
    with database.writing() as other:
        assert outbox.claim(other, now=NOON + timedelta(minutes=9)) is None
    with database.writing() as other:
        assert outbox.claim(other, now=NOON + timedelta(minutes=10)) == row.id


def test_what_may_have_arrived_is_tried_once_more_then_held(
    database: Database, session: Session
) -> None:
    row = put(session)
    session.commit()
    tried: list[bytes] = []

    def lost(mail: Mail) -> None:
        tried.append(mail.message)
        raise Uncertain

    for hours in (0, 1, 2, 3):
        outbox.sweep(database, lost, lambda: NOON + timedelta(hours=hours))  # noqa: B023
    assert len(tried) == 2
    assert tried[0] == tried[1]
    assert state_of(database, row.id).state == Delivery.HELD


def test_a_committed_mail_wakes_the_worker(
    session: Session, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[int] = []
    monkeypatch.setattr(outbox, "_wakers", [lambda: woken.append(1)])
    make.user()
    session.commit()
    assert woken == []
    with session.begin_nested():
        put(session)
    assert woken == [], "not before it is committed"
    session.commit()
    assert woken == [1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_sweep_reads_what_is_due_from_its_index(session: Session) -> None:
    query = outbox._due(NOON).compile(session.get_bind())
    plan = session.connection().exec_driver_sql(
        f"EXPLAIN QUERY PLAN {query}", ("2026-03-02 12:00:00.000000",)
    )
    assert "USING INDEX ix_outbound_mail_due" in str(plan.all())
